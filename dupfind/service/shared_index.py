"""Warm: Collections of one process that share model, vectors and words, and answer several questions at once."""

import logging
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, fields, replace
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np

from dupfind.collection.collection import Collection, as_record
from dupfind.encoders.load import Encoder, load_encoder
from dupfind.encoders.model_folder import ModelFolder
from dupfind.errors import DupfindError, StoreError, TextError
from dupfind.ranking.features import Query
from dupfind.ranking.ranker import can_judge
from dupfind.records import Record
from dupfind.results import Hit
from dupfind.search.bm25 import Matches, Postings, state
from dupfind.search.lexicon import Lexicon
from dupfind.service.record_cache import CachedStore, RecordCache
from dupfind.storage.database import DATABASE
from dupfind.storage.model_copy import check_text_version, copied_model, verify_copy
from dupfind.storage.snapshot_rows import Snapshot
from dupfind.storage.snapshots import Part, Snapshots
from dupfind.storage.store import Encoding, Filter, Store
from dupfind.text import composition
from dupfind.text.terms import terms
from dupfind.vectors.bf16 import Bf16Index
from dupfind.vectors.flat import FlatIndex

_log = logging.getLogger("dupfind")
_NONE = np.empty(0, dtype=np.int64)


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """A text, or a record that is not of the index, and which hits are wanted: the arguments of `Collection.search`."""

    query: str | Record
    k: int = 10
    min_score: float | None = None
    state: str | None = None
    project: str | None = None
    source: str | None = None
    before: datetime | None = None
    fold: bool = False

    @property
    def options(self) -> dict[str, Any]:
        """All but the query, by name."""
        return {field.name: getattr(self, field.name) for field in fields(self) if field.name != "query"}

    @property
    def filter(self) -> Filter:
        """Which records may be found."""
        return Filter(self.state, self.project, self.source, self.before)


class SearchResponse(NamedTuple):
    """The hits of a question, and whether its text has enough words to say that it is a duplicate."""

    hits: list[Hit]
    can_judge: bool


class SharedIndex:
    """What Collections of one index share, each part of it read once."""

    def __init__(self, folder: Path, encoder: Encoder | None = None) -> None:
        """Share what an index needs.

        Args:
            folder: The index.
            encoder: What encodes queries; None for the model that the index carries.
        """
        self.folder = folder
        self.given = encoder
        self._lock = threading.Lock()
        self._beside = ThreadPoolExecutor(3, "warmth")  # words, roster and checksums
        self.record_cache = RecordCache(folder / DATABASE, self._beside)
        self.snapshots = _Shared(folder / "snapshots", self._beside)
        self.bf16_snapshots: Snapshots = (
            _Halved(self.snapshots, self._beside) if _has_halves() else self.snapshots
        )
        self.postings: Postings | None = None
        self._is_reading = False
        self._model: tuple[Encoding, ModelFolder, Encoder] | None = None

    def close(self) -> None:
        """Wait for what is being read."""
        self._beside.shutdown(wait=True, cancel_futures=True)

    def model(self, encoding: Encoding) -> Encoder:
        """The engine for bulk, on one thread: several questions are encoded at once, each by its own."""
        with self._lock:
            if self._model is None or self._model[0] != encoding:
                folder = copied_model(self.folder, encoding)
                verify_copy(encoding, folder)
                self._model = encoding, folder, load_encoder(folder, threads=1)
            return self._model[2]

    def words(self, now: bytes) -> Postings | None:
        """The words in memory if they are of this state; else None, and where there were some they are read anew."""
        with self._lock:
            if self.postings is not None and self.postings.state == now:
                return self.postings
            if self.postings is not None and not self._is_reading:
                self._is_reading = True
                self._beside.submit(self._read_words)
            return None

    def _read_words(self) -> None:
        try:
            store = Store.open(self.folder / DATABASE)
            try:
                with store.reading():
                    self.postings = Postings.read(store.connection)
            finally:
                store.close()
        except DupfindError as error:
            _log.warning("the word search stays on disk: %s", error)
        finally:
            self._is_reading = False


class _Shared(Snapshots):
    """Snapshots that several threads use; the vectors are in memory once."""

    def __init__(self, folder: Path, beside: ThreadPoolExecutor) -> None:
        super().__init__(folder, beside)
        self._lock = threading.Lock()

    def start(self, store: Store, encoding: Encoding) -> Part | None:
        with self._lock:
            return super().start(store, encoding)


class _Halved(Snapshots):
    """The same snapshots, searched through a copy in bfloat16."""

    def __init__(self, whole: _Shared, beside: ThreadPoolExecutor) -> None:
        super().__init__(whole.folder, beside)
        self._whole = whole
        self._lock = threading.Lock()
        self._made: tuple[Part, Part] | None = None

    def start(self, store: Store, encoding: Encoding) -> Part | None:
        part = self._whole.start(store, encoding)
        if part is None or not isinstance(part.index, FlatIndex):
            return part
        with self._lock:
            if self._made is None or self._made[0] is not part:
                self._made = part, replace(part, index=Bf16Index(part.index))
            return self._made[1]

    def reject(self, snapshot: Snapshot, why: object) -> None:
        self._whole.reject(snapshot, why)


def _has_halves() -> bool:
    """Whether a copy in bfloat16 is searched faster here."""
    if find_spec("torch") is None:
        return False
    from dupfind.encoders.devices import has_fast_bf16

    return has_fast_bf16()


class SharedCollection(Collection):
    """A Collection with a part in a Warmth."""

    def __init__(self, warmth: SharedIndex, store: Store) -> None:
        """Use `SharedCollection.of`."""
        super().__init__(warmth.folder, store, warmth.given)
        self._warmth = warmth
        self._snapshots: Snapshots = warmth.snapshots
        self._is_exact = True

    @classmethod
    def of(cls, warmth: SharedIndex) -> Self:
        """Open the index of a Warmth for reading.

        Raises:
            StoreError: There is none, or it cannot be read.
        """
        store = CachedStore.open(warmth.folder / DATABASE)
        try:
            store.follow(warmth.record_cache)
            return cls(warmth, store)
        except BaseException:
            store.close()
            raise

    def search_each(self, asked: Sequence[SearchRequest]) -> list[SearchResponse | TextError]:
        """Answer questions that have nothing to do with each other, in one pass over the vectors.

        The model runs in the engine for bulk, so that a score may differ by .004 from what `search` says.

        Returns:
            For each the answer, or why there is none.

        Raises:
            StoreError: The index cannot be read.
            ModelError: The index's model is gone.
        """
        records = [as_record(one.query) for one in asked]
        answers: dict[int, SearchResponse] = {}
        self._is_exact, self._snapshots = False, self._warmth.bf16_snapshots
        try:
            with self.store.reading():
                encoding, boilerplate = self.store.encoding(), self.store.boilerplate()
                check_text_version(encoding, self.folder)
                judge = self._judge(encoding)
                composed = [composition.compose(record, boilerplate) for record in records]
                alike: dict[Filter, list[int]] = {}
                for place, one in enumerate(asked):
                    if composed[place].title:
                        alike.setdefault(one.filter, []).append(place)
                for wanted, places in alike.items():
                    allowed = None if wanted.is_open else self.store.allowed(wanted)
                    alike_texts = [composed[place] for place in places]
                    lexicon = Lexicon(self.store.connection)
                    found = self._legs(encoding, alike_texts, allowed, _NONE, lexicon)
                    for place, (encoded, legs) in zip(places, found, strict=True):
                        one = asked[place]
                        said = terms(composed[place])
                        about = Query(encoded[0], encoded[1], said, encoding.title_weight)
                        options = one.k, one.min_score, one.before, one.fold
                        hits = self._shown(judge, records[place], about, legs, _NONE, *options)
                        answers[place] = SearchResponse(hits, can_judge(said))
        finally:
            self._is_exact, self._snapshots = True, self._warmth.snapshots
        wordless = TextError("the query has no word in it: give a title or a text")
        return [answers.get(place, wordless) for place in range(len(asked))]

    def warm(self) -> None:
        """Read what the first question would wait for; an index that holds nothing yet needs nothing.

        Raises:
            ModelError: The index's model is gone.
        """
        with suppress(StoreError):
            self.search_each([SearchRequest("warm")])
            roster = self._warmth.record_cache.want()
            with self.store.reading():
                self._warmth.postings = Postings.read(self.store.connection)
            roster.result()

    def _begin_words(
        self, composed: Sequence[composition.ComposedText], lexicon: Lexicon
    ) -> Callable[[], list[Matches]]:
        postings = self._warmth.words(state(self.store.connection))
        if postings is None:
            return super()._begin_words(composed, lexicon)
        # Two threads would wait for each other longer than this takes.
        return lambda: [postings.search(self.store.connection, text.title, text.body) for text in composed]

    def _query_model(self, encoding: Encoding) -> Encoder:
        if self._is_exact or self._given is not None:
            return super()._query_model(encoding)
        return self._warmth.model(encoding)

    def _confirm(self, encoding: Encoding) -> None:
        if self._is_exact:  # the other model was confirmed when it was loaded
            super()._confirm(encoding)
