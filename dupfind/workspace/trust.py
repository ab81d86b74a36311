"""Check an index that was discovered rather than named by the user: it may come from an untrusted clone."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from dupfind.errors import SourceError, StoreError
from dupfind.storage import database


def require_self_contained(folder: Path) -> None:
    """Refuse an index that leads out of its folder, by a link or by the location of its model.

    The database names the folder of its model, and writing follows links. So a cloned index could choose any file of
    the user to be read or written.

    Args:
        folder: The index; it need not exist.

    Raises:
        StoreError: The index leads elsewhere.
    """
    for what, paths, home in (
        ("it", [str(folder)], folder.parent),
        ("a link in it", _links(folder), folder),
        ("its model", _model_folders(folder), folder),
    ):
        for path in paths:
            target = os.path.realpath(path)
            if not Path(target).is_relative_to(os.path.realpath(home)):
                raise StoreError(
                    f"{folder} was not named by a person, and {what} leads elsewhere, to {target}:"
                    f" pass --index {folder} if it is yours or you trust it"
                )


def require_source_inside(folder: Path, location: str, *, has_sql: bool) -> None:
    """Refuse a remembered source that a cloned index could have chosen: one outside its repository, or one with SQL.

    Args:
        folder: The index, which was discovered.
        location: The location of the source, as the index remembers it.
        has_sql: Whether a SELECT reads the source.

    Raises:
        SourceError: Git tracks the index, and the source is not a file or folder next to it, or has SQL.
    """
    from dupfind.sources import locations
    from dupfind.workspace.git import is_tracked
    from dupfind.workspace.settings import is_inside

    path = Path(locations.absolute_location(location, folder))
    is_near = path.is_absolute() and is_inside(folder.parent.absolute(), path)
    if (has_sql or not is_near) and is_tracked(folder / database.DATABASE):
        what = "has SQL" if has_sql else "lies elsewhere"
        raise SourceError(
            f"the source {what}, and the index came with the repository: pass --index {folder} if you trust it"
        )


def _links(folder: Path) -> Iterator[str]:
    # os.walk lists links to folders among the folders, and does not follow them.
    for place, folders, names in os.walk(folder):
        yield from (path for name in (*folders, *names) if os.path.islink(path := os.path.join(place, name)))


def _model_folders(folder: Path) -> Iterator[str]:
    """Return the paths of models in the database, also of an unfinished rebuild."""
    try:
        with closing(database.connect(folder / database.DATABASE)) as connection:
            _, revision = database.index_header(connection)
            database.check_schema(connection, folder / database.DATABASE, revision)
            rows = connection.execute("SELECT model_folder FROM encoding").fetchall()
    except (StoreError, sqlite3.DatabaseError):
        return  # the caller opens the database next, and reports the error
    # realpath fails at a null character.
    yield from (os.path.join(folder, path) for (path,) in rows if isinstance(path, str) and "\0" not in path)
