"""An index in a database for the threads of a server: each has a connection, and all share the model.

A connection keeps what it has read until a writer commits anything. So any number of services answer alike, and one
that is killed takes nothing with it.
"""

from contextlib import closing, suppress
from dataclasses import dataclass, replace

from dupfind.collection.shared import SharedCollection
from dupfind.encoders.load import Encoder
from dupfind.encoders.model_folder import ModelFolder
from dupfind.errors import StoreError
from dupfind.postgresql import model_files
from dupfind.postgresql.writer import PostgresStore
from dupfind.search.match import SearchRequest
from dupfind.search.pipeline import Searcher
from dupfind.search.query_model import FixedModel, QueryModel
from dupfind.service.shared_index import BulkModel
from dupfind.storage.database_url import DatabaseUrl
from dupfind.storage.encoding import Encoding


class DatabaseIndex:
    """The parts of an index in a database that its readers share."""

    def __init__(self, url: DatabaseUrl, encoder: Encoder | None = None) -> None:
        """Name the index; nothing is read yet.

        Args:
            url: The index.
            encoder: Encodes queries; None for the index's own model.
        """
        self._url = url
        self._encoder = encoder
        self._model: QueryModel = BulkModel(self._find_model) if encoder is None else FixedModel(encoder)

    def open_reader(self) -> "DatabaseReader":
        """Connect for one more thread.

        Raises:
            StoreError: The server cannot be reached, or has no index there.
        """
        collection = SharedCollection.connect(self._url, self._encoder)
        searcher = collection.searcher
        bulk = replace(searcher, retrieval=replace(searcher.retrieval, model=self._model))
        return DatabaseReader(collection, bulk)

    def close(self) -> None:
        """Do nothing: each reader has its own connection."""

    def _find_model(self, encoding: Encoding) -> ModelFolder:
        with closing(PostgresStore.connect(self._url)) as store:
            return model_files.shared_model(store, encoding)


@dataclass(frozen=True, slots=True)
class DatabaseReader:
    """An open connection to an index, for one thread at a time.

    Attributes:
        collection: Gives the same answers as a `Collection` in another process, to the last bit.
        bulk: Answers several queries at once, by the bulk engine; scores may differ from the collection's by .004.
    """

    collection: SharedCollection
    bulk: Searcher

    @property
    def is_lost(self) -> bool:
        """Whether the server has closed the connection."""
        return self.collection.store.connection.is_lost

    def warm_up(self) -> None:
        """Load the model; does nothing for an index without records.

        Raises:
            ModelError: The index's model is gone.
        """
        with suppress(StoreError):
            self.bulk.search_each([SearchRequest("warm")])

    def close(self) -> None:
        """Close the connection."""
        self.collection.close()
