"""Write docs/cli.md: the help of every command, as the installed command prints it.

    python docs/make_cli.py

tests/test_package.py compares the page with the commands.
"""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import click

from dupfind.cli.main import COMMANDS, dupfind

PAGE = Path(__file__).with_name("cli.md")

HEAD = """\
# Commands

The help of every command. `python docs/make_cli.py` (or `make docs`) writes this page; do not edit it.

Results go to standard output, progress and notes to standard error. The exit codes are the same everywhere:

| code | meaning |
| --- | --- |
| 0 | success |
| 1 | `dupfind check` found duplicates; no other command returns it |
| 2 | an error; one line names the cause and the way out |
| 130 | interrupted |

[stability.md](stability.md) lists which flags, codes and JSON keys stay as they are.
"""


def command_lines() -> list[tuple[str, ...]]:
    """Return the words of every command and subcommand, in the order of `dupfind --help`."""
    context = click.Context(dupfind, info_name="dupfind")
    lines: list[tuple[str, ...]] = [()]
    for name in COMMANDS:
        lines.append((name,))
        command = dupfind.get_command(context, name)
        if isinstance(command, click.Group):
            lines.extend((name, child) for child in command.list_commands(context))
    return lines


def help_text(words: tuple[str, ...]) -> str:
    """Return what `dupfind WORDS --help` prints on a terminal of 100 columns."""
    process = subprocess.run(
        [sys.executable, "-m", "dupfind", *words, "--help"],
        capture_output=True,
        encoding="utf-8",
        check=True,
        env=os.environ | {"COLUMNS": "100"},
    )
    return process.stdout.rstrip()


def page() -> str:
    """Return the whole page as Markdown."""
    lines = command_lines()
    titles = [" ".join(("dupfind", *words)) for words in lines]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        texts = list(pool.map(help_text, lines))
    links = "\n".join(f"- [{title}](#{title.replace(' ', '-')})" for title in titles)
    sections = [f"## {title}\n\n```\n{text}\n```\n" for title, text in zip(titles, texts, strict=True)]
    return "\n".join([HEAD, links, "", *sections])


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(f"wrote {PAGE}")
