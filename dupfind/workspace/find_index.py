"""Find the folder of the index that a command works on."""

from pathlib import Path

from dupfind.storage.database_url import DatabaseUrl, IndexPlace, as_folder
from dupfind.workspace.trust import require_self_contained

FOLDER = ".dupfind"
"""Name of an index's folder where nobody chooses another."""


def find_place(named: IndexPlace | None, *, chosen: Path | None = None) -> IndexPlace:
    """Return the folder of the index as `find_index`, or the URL of a database that the user named.

    A repository's settings name no URL.

    Raises:
        StoreError: As `find_index`.
    """
    return named if isinstance(named, DatabaseUrl) else find_index(named, chosen=chosen)


def find_index(named: IndexPlace | None, *, chosen: Path | None = None, here: Path | None = None) -> Path:
    """Return the folder of the index, and check it unless the user named it.

    An index that the user names is trusted. One that settings choose, or that lies in a folder above, may have come
    with a cloned repository; it must not lead out of its folder.

    Args:
        named: The folder that the user named, by `--index` or `DUPFIND_INDEX`; it is returned as it is.
        chosen: The folder that the settings of the repository choose; None for the nearest `.dupfind`.
        here: Where the search for the nearest one begins; the working folder by default.

    Returns:
        The folder; it need not exist.

    Raises:
        StoreError: The index was not named, and a link in it or its model leads out of its folder. Or it is named,
            and is a database.
    """
    if named is not None:
        return as_folder(named)
    folder = chosen or nearest_index(here)
    require_self_contained(folder)
    return folder


def nearest_index(here: Path | None = None) -> Path:
    """Return the `.dupfind` in a folder or in the nearest folder above it.

    Args:
        here: The folder; the working folder by default.

    Returns:
        Its absolute path; where no folder has one, the `.dupfind` that `here` would have, as relative as `here`.
    """
    here = Path() if here is None else here
    start = here.absolute()
    for place in (start, *start.parents):
        if (place / FOLDER).is_dir():
            return place / FOLDER
    return here / FOLDER
