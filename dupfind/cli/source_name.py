"""The name of a source in an index, and the sources whose files were moved."""

import os
import shlex
from collections.abc import Iterator, Mapping, Set
from pathlib import Path, PurePath

from dupfind.errors import SourceError


def gone_sources(locations: Mapping[str, str], index: Path) -> set[str]:
    """Return the names of the sources whose files or folders do not exist any more."""
    from dupfind.sources.locations import absolute_location

    places = {name: absolute_location(location, index) for name, location in locations.items()}
    return {name for name, place in places.items() if os.path.isabs(place) and not os.path.lexists(place)}


def move_advice(gone: Mapping[str, str], name: str, location: str) -> Iterator[str]:
    """Yield a line where a new source may be one that was moved.

    Args:
        gone: The locations of the sources of its kind that do not exist any more, by name.
        name: Of the new source.
        location: Of the new source.
    """
    file_name = PurePath(os.path.abspath(location)).name
    known = next((known for known in sorted(gone) if PurePath(gone[known]).name == file_name), None)
    if known is not None:
        remove, move = ["dupfind", "remove", name], ["dupfind", "index", location, "--as", known]
        yield (
            f"  {known} was read from {gone[known]}, which does not exist any more; if this is the same source, its"
            f" issues are now in the index twice: run `{shlex.join(remove)}`, then `{shlex.join(move)}`"
        )


def name_in_index(
    locations: Mapping[str, str], name: str, location: str, *, is_given: bool, gone: Set[str] = frozenset()
) -> str:
    """Return the name that the user gives, or the stored one, else the file's with enough of its path to be unique.

    Several sources may be at "-", standard input: there the name alone says which one is meant.

    Args:
        locations: Of the sources in the index, by name.
        name: Of the source that is read.
        location: Its location, in the form of the others.
        is_given: Whether the user gives the name.
        gone: The sources whose locations do not exist any more; to name such a one moves it.

    Raises:
        SourceError: The name is that of a source at another location, or the source has another name.
    """
    is_stream = location == "-"
    stored = next((known for known, where in locations.items() if where == location and not is_stream), None)
    if stored is not None and not is_given:
        return stored
    folders = [] if is_stream or is_given else list(Path(location).parts[:-1])
    while name in locations and folders:
        name = f"{folders.pop()}/{name}"
    if stored not in (None, name):
        raise _taken(stored or "", location, "leave --as out")
    if is_given and name in gone:
        return name
    if locations.get(name, location) != location:
        raise _taken(name, locations[name], "pass another name with --as")
    return name


def _taken(name: str, location: str, way_out: str) -> SourceError:
    where = "standard input" if location == "-" else location or "records"
    return SourceError(
        f"the index has {where} as {name}: run `dupfind remove {shlex.quote(name)}` first, or {way_out}"
    )
