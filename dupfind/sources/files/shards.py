"""Read a folder of numbered JSON files as one source: the parts of a GitHub archive, or a file for each issue."""

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import NamedTuple

from dupfind.errors import SourceError
from dupfind.sources.entries import Entry, LeftOut
from dupfind.sources.files import json_file, sidecar_comments, text_file
from dupfind.sources.files.json_layout import Layout
from dupfind.sources.mapping import Mapping
from dupfind.sources.project_lookup import ONE_SERIES, with_projects
from dupfind.sources.source import Source

_PART = re.compile(r"issues_\d{6}\.json|\d{1,18}\.json")
_FOLDERS = ("", "issues")
_SIDECAR_WORDS = ("comments", "timeline", "events")


class _Parts(NamedTuple):
    """The files of a source.

    Attributes:
        paths: One or more, in the order of their numbers.
        kind: The format of the first one that can be read.
        sidecars: The files of comments next to them, each once.
    """

    paths: list[Path]
    kind: str
    sidecars: tuple[Path, ...]


def find(folder: Path) -> list[Path]:
    """Return the numbered files in a folder or in its folder "issues", in the order of their numbers."""
    for name in _FOLDERS:
        inner = folder / name
        paths = [path for path in inner.iterdir() if _PART.fullmatch(path.name)] if inner.is_dir() else []
        if paths:
            return sorted(paths, key=lambda path: (len(path.name), path.name))
    return []


def source(paths: list[Path], mapping: Mapping, *, name: str, location: str) -> Source:
    """Open files as one source, in their order: what one says of an issue in another holds, too.

    Args:
        paths: One file or more.
        mapping: The user's choices, which hold for each.
        name: The name of the records' source.
        location: The path of their folder.

    Raises:
        SourceError: No file holds issues that can be read; the message is of the first one.
    """
    first_path, layout = _first_readable(paths, mapping)
    with_comments = sidecars(paths, layout.kind)
    parts = _Parts(paths, layout.kind, with_comments)
    read = partial(_read, parts, mapping, name)
    return Source(
        name=name,
        kind=layout.kind,
        location=location,
        notes=(
            *layout.notes,
            *text_file.notes(first_path, mapping.encoding),
            *([f"with {len(with_comments):,} files of comments next to them"] if with_comments else []),
            f"{len(paths):,} files, {paths[0].name} to {paths[-1].name}",
        ),
        read=partial(with_projects, read) if layout.kind in ONE_SERIES else read,
        expected=replace(
            layout.expected,
            doubts=(*layout.expected.doubts, *text_file.doubts(first_path, mapping.encoding)),
            n_bytes=sum(path.stat().st_size for path in paths),
            reads_encoding=True,
        ),
    )


def sidecars(paths: list[Path], kind: str) -> tuple[Path, ...]:
    """Return the files of comments next to all files, each once."""
    names = {path.name for path in paths[0].parent.iterdir()}
    # Each search lists the folder, and the first one finds all comments that are numbered apart.
    with_own = [
        path
        for path in paths[1:]
        if "issues" in path.name
        and any(path.name.replace("issues", word) in names for word in _SIDECAR_WORDS)
    ]
    found = (sidecar for path in (paths[0], *with_own) for sidecar in json_file.sidecars_of(path, kind))
    return tuple(dict.fromkeys(found))


def _layout_of(path: Path, mapping: Mapping) -> Layout:
    if not path.stat().st_size:
        raise SourceError(f"{path} is empty: there is nothing to read")
    return json_file.layout_of(path, mapping)[0]


def _first_readable(paths: list[Path], mapping: Mapping) -> tuple[Path, Layout]:
    """Return the first file with issues, and its format."""
    errors = []
    for path in paths:
        try:
            layout = _layout_of(path, mapping)
        except SourceError as error:
            errors.append(error)
            continue
        if layout.n_first:
            return path, layout
    if errors:
        raise errors[0]
    return paths[0], _layout_of(paths[0], mapping)


def _read(parts: _Parts, mapping: Mapping, name: str) -> Iterator[Entry]:
    """Yield the entries of all files; a broken one is left out from its fault on."""
    in_issues = parts.kind == "bitbucket"
    comments = sidecar_comments.read(
        parts.paths if in_issues else parts.sidecars,
        encoding=mapping.encoding,
        no_comments=mapping.no_comments,
    )
    complete = json_file.completion(parts.paths, mapping, parts.kind)
    for path in parts.paths:
        try:
            layout = _layout_of(path, mapping)
            own = complete if layout.kind == parts.kind else None
            yield from json_file.entries(path, mapping, name, layout, comments, own)
        except SourceError as error:
            yield LeftOut("broken", str(error))
