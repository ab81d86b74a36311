"""Read a folder of numbered JSON files: the parts of a GitHub archive, or a file for each issue."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from dupfind.sources.entries import Entry
from dupfind.sources.source import Source

_PART = re.compile(r"issues_\d{6}\.json|\d{1,18}\.json")
_FOLDERS = ("", "issues")


def find(folder: Path) -> list[Path]:
    """Return the numbered files in a folder or in its folder "issues", in the order of their numbers."""
    for name in _FOLDERS:
        inner = folder / name
        paths = [path for path in inner.iterdir() if _PART.fullmatch(path.name)] if inner.is_dir() else []
        if paths:
            return sorted(paths, key=lambda path: (len(path.name), path.name))
    return []


def source(paths: list[Path], look: Callable[[Path], Source], *, name: str, location: str) -> Source:
    """Open files as one source, in their order.

    Args:
        paths: One file or more.
        look: Opens a path as a source.
        name: The name of the records' source.
        location: The path of their folder.

    Raises:
        SourceError: The first file holds no issues that can be read.
    """
    first = look(paths[0])

    def read() -> Iterator[Entry]:
        yield from first.read()
        for path in paths[1:]:
            yield from look(path).read()

    note = f"{len(paths):,} files, {paths[0].name} to {paths[-1].name}"
    return replace(first, name=name, location=location, total=None, notes=(*first.notes, note), read=read)
