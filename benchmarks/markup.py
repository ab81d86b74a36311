"""Time the conversion of markup to text: dupfind's converters, and libraries for the same markup."""

import argparse
import time
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from itertools import islice
from pathlib import Path

from common import DATA, emit, issues

from dupfind.sources.markup import hypertext, jira, remarkup, textile, trac

OWN: dict[str, Callable[[str], str]] = {
    "jira": jira.as_text,
    "textile": textile.as_text,
    "trac": trac.as_text,
    "remarkup": remarkup.as_text,
    "html": hypertext.as_text,
}


def main() -> None:
    """Convert the bodies of titanium, which are in Jira's markup, and print milliseconds of CPU time a body."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("-n", type=int, default=2_000, help="bodies; a library converts a twentieth of them")
    arguments = parser.parse_args()
    bodies = [row["body"] or "" for row in islice(issues("titanium", "train", arguments.data), arguments.n)]
    own = {name: each_ms(convert, bodies) for name, convert in OWN.items()}
    theirs = {name: each_ms(convert, bodies[: arguments.n // 20]) for name, convert in libraries().items()}
    characters = round(sum(map(len, bodies)) / len(bodies))
    emit("markup", data="titanium train", characters=characters, own_ms=own, libraries_ms=theirs)


def libraries() -> dict[str, Callable[[str], str]]:
    """Return the installed ones: `pip install textile jira2markdown`."""
    converters: dict[str, Callable[[str], str]] = {}
    for library, function in (("textile", "textile"), ("jira2markdown", "convert")):
        with suppress(ModuleNotFoundError):
            converters[library] = getattr(import_module(library), function)
    return converters


def each_ms(convert: Callable[[str], str], bodies: list[str]) -> float:
    started = time.process_time()
    for body in bodies:
        convert(body)
    return round((time.process_time() - started) / len(bodies) * 1000, 4)


if __name__ == "__main__":
    main()
