"""Store where a source lies relative to its index, and find the source that a file belongs to."""

import os
from collections.abc import Mapping
from pathlib import Path, PurePath

from dupfind.sources.files import folder

_HERE = "./"


def relative_location(location: str, index: Path) -> str:
    """Return a path as an index stores it: with "./" before it if it lies below the index's parent folder.

    So an index that moves together with its sources, for example in a repository, still finds them.

    Args:
        location: A path; anything but an absolute path stays as it is.
        index: The index's folder.
    """
    home = os.path.dirname(os.path.abspath(index))
    if not os.path.isabs(location) or not PurePath(location).is_relative_to(home):
        return location
    return _HERE + PurePath(location).relative_to(home).as_posix()


def absolute_location(location: str, index: Path) -> str:
    """Return where a stored source lies now."""
    if not location.startswith(_HERE):
        return location
    return os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(index)), location))


def source_root(location: str, index: Path) -> Path | None:
    """Return the file or folder that holds the issues of a source; None for a service or standard input.

    Args:
        location: As the index stores it. The path need not exist.
        index: The index's folder.
    """
    path = Path(absolute_location(location, index))
    if not path.is_absolute():
        return None
    return folder.find(path) if path.is_dir() else path


def source_of(file: Path, sources: Mapping[str, str], index: Path) -> tuple[str, PurePath]:
    """Return the source that a file belongs to and its path there; "" and its own path if no source has it.

    Args:
        file: An absolute path; the file need not exist.
        sources: The name of each source by its stored location.
        index: The index's folder.
    """
    for location, name in sources.items():
        root = source_root(location, index)
        if root is None:
            continue
        if file == root:
            return name, PurePath(file.name)
        if file.is_relative_to(root):
            return name, file.relative_to(root)
    return "", PurePath(os.path.relpath(file))
