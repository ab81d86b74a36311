"""Run the commands of the tutorial in an empty folder, and compare what they print with the page.

    python docs/run_tutorial.py [--page PAGE] [--install]

It needs `dupfind`, `git` and `pre-commit` on the PATH, and nothing else of a checkout. With `--install` it runs the
commands of the chapter "Install" as well; pip then chooses the version, for example by PIP_FIND_LINKS. The exit code is
1 if a command prints something else than the page shows.

Times may differ, scores by 0.004, and a line `...` of the page stands for any lines.
"""

import argparse
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

PAGE = Path(__file__).with_name("tutorial.md")
SCORE_TOLERANCE = 0.004
"""The last digit of a score is the processor's: bfloat16 where it has AMX, float32 elsewhere."""

_BLOCK = re.compile(r"(?:<!-- ([^>]*) -->\n\n)?```console\n(.*?)```", re.DOTALL)
_SECONDS = re.compile(r"\b\d+\.\d s\b")
_SCORE = re.compile(r"\b[01]\.\d{3}\b")
_MARK = "\x1e"
_ANY_LINES = "..."


class Step(NamedTuple):
    """A command of the page.

    Attributes:
        command: As a shell takes it, with the lines of its here-document.
        output: The lines that the page shows under it, or () if it shows none.
        exit_code: The expected one.
        is_install: Whether it belongs to the installation.
    """

    command: str
    output: tuple[str, ...]
    exit_code: int = 0
    is_install: bool = False


def steps(page: str) -> Iterator[Step]:
    """Yield the commands of a page: lines after `$ ` in blocks of the language console, continued after `> `.

    A block that begins with `dupfind demo` shows commands that the demo prints; they are output, not commands.
    """
    for note, block in _BLOCK.findall(page):
        lines = block.splitlines()
        if lines[0] == "$ dupfind demo":
            yield Step("dupfind demo", tuple(lines[1:]))
            continue
        found = list(_commands(lines))
        for place, (command, output) in enumerate(found):
            is_last = place == len(found) - 1
            code = re.fullmatch(r"the last command exits with (\d+)", note)
            yield Step(command, output, int(code[1]) if code and is_last else 0, note == "install")


def _commands(lines: Sequence[str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    command: list[str] = []
    output: list[str] = []
    for line in [*lines, "$ "]:
        if line.startswith("$ "):
            if command:
                yield "\n".join(command), tuple(output)
            command, output = [line[2:]], []
        elif not output and (line == ">" or line.startswith("> ")):
            command.append(line[2:])
        else:
            output.append(line)


def differs(expected: Sequence[str], printed: Sequence[str]) -> str | None:
    """Return the first expected line that is not printed in its place, or None."""
    place, is_free = 0, False
    for line in expected:
        if line == _ANY_LINES:
            is_free = True
            continue
        ends = range(place, len(printed)) if is_free else range(place, min(place + 1, len(printed)))
        found = next((at for at in ends if _is_alike(line, printed[at])), None)
        if found is None:
            return line
        place, is_free = found + 1, False
    return None if is_free or place == len(printed) else f"(no further line, but: {printed[place]})"


def _is_alike(expected: str, printed: str) -> bool:
    if expected.endswith(f" {_ANY_LINES}"):
        return printed.startswith(expected.removesuffix(_ANY_LINES))
    plain = [_SCORE.sub("S", _SECONDS.sub("T", line.rstrip())) for line in (expected, printed)]
    scores = [[float(score) for score in _SCORE.findall(line)] for line in (expected, printed)]
    return plain[0] == plain[1] and all(
        abs(one - other) <= SCORE_TOLERANCE for one, other in zip(*scores, strict=True)
    )


def run(page: str, folder: Path, *, install: bool = False) -> list[str]:
    """Run a page's commands in one shell in a folder.

    Returns:
        One line for each command that did not do what the page shows; the shell ends at the first one.
    """
    chosen = [step for step in steps(page) if install or not step.is_install]
    script = "".join(
        f"{step.command}\nstatus=$?; printf '\\n{_MARK}%d\\n' $status; [ $status = {step.exit_code} ] || exit 1\n"
        for step in chosen
    )
    process = subprocess.run(
        ["bash", "-c", f"exec 2>&1 < /dev/null\n{script}"],
        cwd=folder,
        stdout=subprocess.PIPE,
        encoding="utf-8",
        check=False,
        timeout=1800,
    )
    parts = re.split(rf"\n{_MARK}(\d+)\n", process.stdout)
    for place, step in enumerate(chosen):
        if 2 * place + 1 >= len(parts):
            return [f"$ {step.command}\nthe shell ended: {parts[-1].strip()}"]
        printed, code = parts[2 * place].rstrip().splitlines(), int(parts[2 * place + 1])
        line = differs(step.output, printed)
        if code != step.exit_code or line is not None:
            shown = "\n".join(printed)
            return [f"$ {step.command}\nexits with {code} and prints\n{shown}\nbut the page shows\n{line}"]
    return []


def main() -> int:
    """Run the tutorial; return 1 if its page is wrong."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--page", type=Path, default=PAGE)
    parser.add_argument("--install", action="store_true", help="also run the commands of the installation")
    arguments = parser.parse_args()
    page = arguments.page.read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder:
        wrong = run(page, Path(folder), install=arguments.install)
    print(*wrong or [f"{arguments.page.name}: {len(list(steps(page)))} commands print what the page shows"])
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
