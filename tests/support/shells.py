"""Real shells that complete a line: bash and zsh at a terminal of a test's own, and fish."""

import os
import re
import select
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

WAIT_S = 120.0
ANSWERED = "answered"
"""The file that the wrapper makes when dupfind has answered."""

SHOWN_S = 0.5
"""Time for a shell to show an answer. A key that comes before would end the completion."""

_SETUP = {
    "bash": "PS1='> '; bind 'set completion-query-items 0'; bind 'set page-completions off'\n",
    "zsh": "PROMPT='> '; unsetopt beep list_beep; autoload -U compinit; compinit -u -D\n",
}
_OPTIONS = {"bash": ["--norc", "--noprofile", "-i"], "zsh": ["-f", "-i"], "fish": ["--no-config"]}


def program(shell: str) -> str:
    """Where a shell is; the test is skipped where there is none, unless it is said that there must be."""
    path = shutil.which(shell)
    if path is None:
        missing = pytest.fail if os.environ.get("DUPFIND_NEEDS_SHELLS") else pytest.skip
        missing(f"{shell} is not installed: `make shells`")
    return path


def completed(shell: str, line: str, folder: Path, script: str) -> list[str]:
    """What a shell offers for a line in a folder, or the whole line where it offers one thing.

    Args:
        shell: "bash", "zsh" or "fish".
        line: The line up to the cursor.
        folder: The working folder, with an executable `dupfind` in `bin`.
        script: The completion script.
    """
    path = folder / f"completion.{shell}"
    path.write_text(script, encoding="utf-8")
    environment = {
        **os.environ,
        "PATH": f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(folder),
        "TERM": "dumb",
        "LC_ALL": "C.UTF-8",
        "COLUMNS": "300",
    }
    if shell == "fish":
        quoted = line.replace("'", "\\'")
        done = subprocess.run(
            [program(shell), *_OPTIONS[shell], "-c", f"source {path}; complete -C '{quoted}'"],
            capture_output=True,
            text=True,
            env=environment,
            cwd=folder,
            timeout=WAIT_S,
        )
        assert done.stderr == "", done.stderr
        return [offer.split("\t")[0] for offer in done.stdout.splitlines()]
    return _at_a_terminal(shell, line, environment, folder, path)


def wrapper(folder: Path) -> None:
    """Put an executable `dupfind` into a folder's `bin`, which runs this checkout."""
    target = folder / "bin" / "dupfind"
    target.parent.mkdir(exist_ok=True)
    paths = os.pathsep.join(filter(None, sys.path))
    run = f"PYTHONPATH='{paths}' '{sys.executable}' -m dupfind \"$@\""
    target.write_text(f"#!/bin/sh\n{run}\n: > '{folder / ANSWERED}'\n", encoding="utf-8")
    target.chmod(0o755)


def _at_a_terminal(
    shell: str, line: str, environment: dict[str, str], folder: Path, script: Path
) -> list[str]:
    """Type a line and the keys that list its completions, and return the words on the screen."""
    spawn = f"import pty; pty.spawn({[program(shell), *_OPTIONS[shell]]!r})"
    (folder / ANSWERED).unlink(missing_ok=True)
    with subprocess.Popen(
        [sys.executable, "-c", spawn],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=environment,
        cwd=folder,
        bufsize=0,
    ) as terminal:
        assert terminal.stdin is not None
        assert terminal.stdout is not None
        keys, screen = terminal.stdin, terminal.stdout.fileno()
        try:
            keys.write(f"{_SETUP[shell]}source {script}\nprintf 'rea%s\\n' dy\n".encode())
            _read_to(screen, "ready\r\n")
            keys.write(f"{line}\t".encode())
            _wait_for_answer(folder)
            if shell == "bash":  # which lists at the second key
                keys.write(b"\t")
                time.sleep(SHOWN_S)
                _wait_for_answer(folder)
            keys.write(b"\x15printf 'do%s\\n' ne\n")
            shown = _read_to(screen, "done\r\n").partition("printf")[0]
        finally:
            terminal.kill()  # a program that the shell started may hold its terminal open, and would be waited for
    return re.findall(r"\S+", shown)


def _wait_for_answer(folder: Path) -> None:
    """Wait until dupfind has answered a key, and the shell has shown it. A second key may need no answer."""
    end = time.monotonic() + WAIT_S
    while not (folder / ANSWERED).exists():
        assert time.monotonic() < end, f"no answer within {WAIT_S} s"
        time.sleep(0.05)
    time.sleep(SHOWN_S)


def _read_to(descriptor: int, mark: str) -> str:
    text, end = "", time.monotonic() + WAIT_S
    while mark not in text:
        ready, _, _ = select.select([descriptor], [], [], max(0.0, end - time.monotonic()))
        piece = os.read(descriptor, 1 << 16) if ready else b""
        assert piece, f"no {mark!r} within {WAIT_S} s: {text!r}"
        text += piece.decode("utf-8", "replace")
    return text
