"""Opens the database of an index for reading, whether it is a folder's or PostgreSQL."""

from contextlib import closing
from pathlib import Path

from dupfind.encoders.model_store import cache_folder
from dupfind.storage.database import DATABASE
from dupfind.storage.database_url import DatabaseUrl, IndexPlace
from dupfind.storage.store import Store


def open_store(place: IndexPlace) -> Store:
    """Open the database of an index for reading.

    Raises:
        StoreError: There is no index, or it cannot be read.
    """
    if not isinstance(place, DatabaseUrl):
        return Store.open(place / DATABASE)
    # Imported here: an index in a folder needs none of it.
    from dupfind.postgresql.writer import PostgresStore

    return PostgresStore.connect(place)


def current_model(place: IndexPlace) -> str | None:
    """Return the fingerprint of an index's model, or None where nothing has been indexed yet.

    Raises:
        StoreError: The index cannot be read.
    """
    if not has_index(place):
        return None
    with closing(open_store(place)) as store, store.reading():
        row = store.connection.execute("SELECT model_fingerprint FROM encoding WHERE is_current").fetchone()
    return None if row is None else str(row[0])


def has_index(place: IndexPlace) -> bool:
    """Return whether there is an index, which may be empty, damaged or of another revision.

    Raises:
        StoreError: The server cannot be reached, or other tables are there.
    """
    if not isinstance(place, DatabaseUrl):
        return (place / DATABASE).exists()
    from dupfind.postgresql.schema import is_made

    return is_made(place)


def local_folder(place: IndexPlace) -> Path:
    """Return the folder on this machine that belongs to an index; of a shared one, one in the user's cache.

    Locations of sources are stored relative to it, so those of a shared index are absolute.
    """
    return cache_folder() / "postgresql" if isinstance(place, DatabaseUrl) else place
