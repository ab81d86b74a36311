"""Lists of clusters for coding agents, kept for as long as nobody changes the index."""

import threading

from dupfind.collection.collection import Collection
from dupfind.errors import DupfindError
from dupfind.integrations.cluster_list import MAX_CLUSTERS, ClusterList, cluster_list
from dupfind.storage.database import DATABASE
from dupfind.storage.database_url import DatabaseUrl, IndexPlace

_MOST = 32
"""Lists that are kept; each has 20 clusters at most."""


class KeptClusters:
    """The lists of one index at its present state; each is computed once, by whichever thread needs it first.

    It keeps a connection open, because only within one connection a database says that others have changed it.
    """

    def __init__(self, verdicts: str | None) -> None:
        """Set how readily a pair is shown, as for `Collection.report`; nothing is read yet."""
        self._verdicts = verdicts
        self._lock = threading.Lock()
        self._collection: Collection | None = None
        self._identity: object = None
        self._version: object = None
        self._lists: dict[tuple[str | None, str | None], ClusterList] = {}

    def clusters(
        self, place: IndexPlace, k: int, *, source: str | None = None, project: str | None = None
    ) -> ClusterList:
        """Return `cluster_list` of the report of an index; a second caller waits for the first.

        Args:
            place: The index's folder or URL; another one than before replaces what is kept.
            k: Number of clusters, at most.
            source: Only issues of this source.
            project: Only issues of this project.

        Raises:
            DupfindError: The index cannot be read, or has too many pairs.
            OSError: Its file is gone.
        """
        with self._lock:
            collection, version = self._now(place)
            if self._version != version:
                self._version = version
                self._lists.clear()
            listed = self._lists.get((source, project))
            if listed is None:
                report = collection.report(source=source, project=project, verdicts=self._verdicts)
                listed = cluster_list(report, MAX_CLUSTERS)
                if version is not None and _version(collection) == version:
                    # Nothing was committed between both moments, so the report is of this version.
                    self._lists[source, project] = listed
                    while len(self._lists) > _MOST:
                        del self._lists[next(iter(self._lists))]
        return {**listed, "clusters": listed["clusters"][:k]}

    def close(self) -> None:
        """Close the connection, unless a list is being computed."""
        if self._lock.acquire(blocking=False):
            try:
                self._forget()
            finally:
                self._lock.release()

    def _now(self, place: IndexPlace) -> tuple[Collection, object]:
        """Return the open index and its version; open it where another one is open, or the connection was lost."""
        identity = _identity(place)
        if self._collection is not None and self._identity == identity:
            try:
                return self._collection, _version(self._collection)
            except DupfindError:
                pass
        self._forget()
        collection = self._collection = Collection.open(place)
        self._identity = identity
        return collection, _version(collection)

    def _forget(self) -> None:
        collection, self._collection = self._collection, None
        self._version = None
        self._lists.clear()
        if collection is not None:
            collection.close()


def _version(collection: Collection) -> object:
    with collection.store.reading():
        return collection.store.version()


def _identity(place: IndexPlace) -> object:
    """Return a value that differs where another file has taken the place of an index."""
    if isinstance(place, DatabaseUrl):
        return place
    file = (place / DATABASE).stat()
    return place, file.st_dev, file.st_ino
