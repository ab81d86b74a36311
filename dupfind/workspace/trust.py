"""Borders: where an index that was merely found may not lead, since a stranger's repository may have brought it."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from dupfind.errors import SourceError, StoreError
from dupfind.storage import database


def require_self_contained(folder: Path) -> None:
    """Refuse an index that leads out of its folder, by a link or by the place of its model.

    Models are read from where the database says, and writing follows links: an index that came with a clone could so
    choose any file of whoever works there.

    Args:
        folder: The index; it need not exist.

    Raises:
        StoreError: It leads elsewhere.
    """
    for what, paths, home in (
        ("it", [str(folder)], folder.parent),
        ("a link in it", _links(folder), folder),
        ("its model", _models(folder), folder),
    ):
        for path in paths:
            target = os.path.realpath(path)
            if not Path(target).is_relative_to(os.path.realpath(home)):
                raise StoreError(
                    f"{folder} was found and not named, and {what} leads elsewhere, to {target}: pass --index {folder}"
                    " if it is yours or you trust it"
                )


def require_source_inside(folder: Path, location: str, *, has_sql: bool) -> None:
    """Refuse a source that an index remembers and that is no file or folder beside it, which git keeps with it.

    Args:
        folder: The index, which was found.
        location: As the index remembers it.
        has_sql: Whether it is read by a SELECT.

    Raises:
        SourceError: Git has the index, and the source lies elsewhere, or is read by what a stranger may have written.
    """
    from dupfind.sources import locations
    from dupfind.workspace.git import is_kept
    from dupfind.workspace.settings import inside

    place = Path(locations.absolute_location(location, folder))
    is_beside = place.is_absolute() and inside(folder.parent.absolute(), place)
    if (has_sql or not is_beside) and is_kept(folder / database.DATABASE):
        what = "has SQL" if has_sql else "lies elsewhere"
        raise SourceError(
            f"the source {what}, and the index came with the repository: pass --index {folder} if you trust it"
        )


def _links(folder: Path) -> Iterator[str]:
    for place, folders, names in os.walk(folder):
        yield from (path for name in (*folders, *names) if os.path.islink(path := os.path.join(place, name)))


def _models(folder: Path) -> Iterator[str]:
    """Where the database says that models are, also of a rebuild that is not finished."""
    try:
        with closing(database.connect(folder / database.DATABASE)) as connection:
            named = connection.execute("SELECT model_folder FROM encoding").fetchall()
    except (StoreError, sqlite3.DatabaseError):
        return  # whoever opens it says what is wrong with it
    yield from (
        os.path.join(folder, place) for (place,) in named if isinstance(place, str) and "\0" not in place
    )
