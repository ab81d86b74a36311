"""Opens the database of an index for reading, whether it is a folder's or PostgreSQL."""

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


def local_folder(place: IndexPlace) -> Path:
    """Return the folder on this machine that belongs to an index; of a shared one, one in the user's cache.

    Locations of sources are stored relative to it, so those of a shared index are absolute.
    """
    return cache_folder() / "postgresql" if isinstance(place, DatabaseUrl) else place
