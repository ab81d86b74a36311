"""Write a stream of records to the database in batches, and encode only the texts that are new."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import astuple, dataclass, field, fields, replace
from datetime import datetime
from hashlib import blake2b
from operator import attrgetter
from types import TracebackType
from typing import Self, TypeVar

from dupfind.collection.learning import RunBoilerplate
from dupfind.errors import SourceError
from dupfind.records import Comment, Record, Ref
from dupfind.storage import comment_rows
from dupfind.storage.encoding import Encoding
from dupfind.storage.record_rows import Details, Entry, StoredRecord
from dupfind.storage.stored_form import MAX_BODY, MAX_TITLE, stored_form
from dupfind.storage.stored_times import timestamp
from dupfind.storage.writer import Writer
from dupfind.text import composition
from dupfind.text.boilerplate import Boilerplate
from dupfind.text.composition import ComposedText, ReadLines
from dupfind.text.fingerprint import text_fingerprint
from dupfind.text.indexed_words import MAX_READ
from dupfind.vectors.base import Vectors

Item = TypeVar("Item")

_COMPARED = attrgetter(*[each.name for each in fields(Record)][:11])
"""Leading fields of a record, up to `duplicate_of`, by which it is the same as before. The counts after them change
with every comment and vote."""

BATCH = 512
"""Records that are composed and encoded but not committed yet; a kill loses no more. One half is encoded while the
other half is composed or written."""

AHEAD = 4_096
"""Records of a first run that are read before the first of them is composed, so that the boilerplate is known.
A kill loses them, so what a service gave is not held back.

A text that is composed earlier is encoded twice where boilerplate is learned later. On the train parts of titanium and
rust that holds for 5 and 1.5 % of the records, and for 8 % of both if nothing is read ahead.
"""

AHEAD_CHARACTERS = 1 << 25
"""Characters of the records that are read ahead, at most."""

Encode = Callable[[Sequence[str], Callable[[int], None]], Vectors]
"""Encode texts to unit vectors, (n, dim) float32; the second argument is called with the number of texts that each
step finished."""
Progress = Callable[[float], None]
"""Called with the number of records finished since the last call."""


@dataclass(slots=True)
class Counts:
    """The numbers of a run; see `IndexRun`."""

    n_read: int = 0
    n_new: int = 0
    n_changed: int = 0
    n_same: int = 0
    n_gone: int = 0
    n_repeated: int = 0
    n_without_text: int = 0
    n_cut: int = 0
    n_partly_searched: int = 0
    n_encoded: int = 0
    n_recomposed: int = 0

    def add(self, other: "Counts") -> None:
        """Add the numbers of another."""
        for name, value in zip(self.__slots__, astuple(other), strict=True):
            setattr(self, name, getattr(self, name) + value)


@dataclass(slots=True)
class _Draft:
    """A record to write, before its text is composed.

    Attributes:
        entry: The record without its text.
        stored: The stored state of its name, or None.
        read: Its lines; None if title and body are unchanged.
    """

    entry: Entry
    stored: StoredRecord | None
    read: ReadLines | None

    def composed(self, boilerplate: Boilerplate) -> tuple[Entry, StoredRecord | None]:
        """Return the entry with its text, and the stored state."""
        if self.read is None:
            return self.entry, self.stored
        text, lines = composition.compose_observed(self.entry.record, boilerplate, self.read)
        return replace(self.entry, text=text, lines=lines), self.stored


@dataclass(slots=True)
class _Batch:
    """A batch of records, divided into records to write and rows that do not change.

    Attributes:
        drafts: The records to write.
        same: Rows that do not change.
        refreshed: Those of them whose details differ, with the present details and comments.
        names: Names of all its records.
        counts: The numbers that it adds to the run.
        entries: The drafts as they are written, once their texts are composed.
        missing: Fingerprints of the texts that are encoded for it.
        vectors: Vectors of these texts, in the same order, when they are ready.
    """

    drafts: list[_Draft] = field(default_factory=list)
    same: list[int] = field(default_factory=list)
    refreshed: list[tuple[int, Details, Sequence[Comment]]] = field(default_factory=list)
    names: set[Ref] = field(default_factory=set)
    counts: Counts = field(default_factory=Counts)
    entries: list[tuple[Entry, StoredRecord | None]] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    vectors: "Future[Vectors] | None" = None

    def n_characters(self) -> int:
        """Return the size of the texts to compose."""
        return sum(len(draft.entry.record.body) for draft in self.drafts)


class _EncodeThread:
    """A thread that encodes lists of texts, one after the other, while the caller reads, composes and writes."""

    def __init__(self, encode: Encode) -> None:
        self._encode = encode
        self._pool = ThreadPoolExecutor(1, "encode")
        self._is_closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: BaseException | TracebackType | None) -> None:
        self._is_closed = kind is not None
        self._pool.shutdown(wait=True, cancel_futures=True)

    def start(self, texts: list[str], progress: Callable[[int], None]) -> "Future[Vectors]":
        """Encode texts in the background; the rest of them is cancelled if the caller fails."""

        def advance(n_texts: int) -> None:
            if self._is_closed:
                raise KeyboardInterrupt  # a thread can be stopped only from within
            progress(n_texts)

        return self._pool.submit(self._encode, texts, advance)


@dataclass(frozen=True, slots=True)
class Prepared:
    """What is known of a source's texts before a run: no model is needed.

    Attributes:
        boilerplate: Learned from all records of the source.
        encode: Returns the vectors of the texts that are composed with it.
        dim: Width of these vectors.
    """

    boilerplate: Boilerplate
    encode: Encode
    dim: int


class IndexPipeline:
    """Writes the records of a run: reads ahead, composes and encodes in batches, one transaction a batch."""

    def __init__(
        self,
        writer: Writer,
        source_id: int,
        encoding: Encoding,
        encode: Encode,
        *,
        reads_ahead: bool,
        boilerplate: Boilerplate | None = None,
        counts: Counts,
        committed: Callable[[int], None],
        progress: Progress,
        clock: Callable[[], datetime],
    ) -> None:
        """Hold the parts of a run.

        Args:
            writer: The index's only writer.
            source_id: The records' source; a run has been started for it (`source_state.start`).
            encoding: The current encoding.
            encode: Encodes texts to unit vectors; called in another thread.
            reads_ahead: Whether the first `AHEAD` records of the source are read before one is written.
            boilerplate: Of all records of the source, where it is known; None to learn it.
            counts: The run's numbers; increased as batches are committed.
            committed: Called after each batch with the number of records committed in all.
            progress: Called with the number of records finished, in any thread.
            clock: Returns the time at which replaced rows are marked as deleted.
        """
        self._writer = writer
        self._source_id = source_id
        self._encoding = encoding
        self._encode = encode
        self._counts = counts
        self._committed = committed
        self._progress = progress
        self._clock = clock
        self._boilerplate = RunBoilerplate(writer, source_id, boilerplate)
        # A source with many records has taught its boilerplate already.
        self._ahead = max(0, AHEAD - len(writer.rows_of(source_id))) if reads_ahead else 0
        self._n_divided = 0
        self._names: set[Ref] = set()  # of the batches that are not in the database yet
        self._encoding_now: _Batch | None = None

    def write(self, records: Iterable[Record]) -> None:
        """Write new and changed records; each batch is encoded while the next is composed.

        Args:
            records: Read lazily; at most `AHEAD` and `BATCH` of them are in memory.

        Raises:
            SourceError: The source failed, or a record has no id; the records before are indexed.
            StoreError: The database cannot be written; the batches before are indexed.
        """
        waiting: deque[_Batch] = deque()
        n_characters = 0
        with _EncodeThread(self._encode) as thread:
            try:
                for part in batches(records, max(1, BATCH // 2)):
                    newest = _newest(part, self._n_divided)
                    if not self._names.isdisjoint(newest):
                        # A name comes again, and its newest state wins over the one in the database.
                        self._finish(waiting, thread)
                        n_characters = 0
                    batch = self._divide(newest, len(part))
                    waiting.append(batch)
                    n_characters += batch.n_characters()
                    while waiting and (
                        sum(each.counts.n_read for each in waiting) > self._ahead
                        or n_characters > AHEAD_CHARACTERS
                    ):
                        n_characters -= waiting[0].n_characters()
                        self._start(waiting.popleft(), thread)
            except SourceError:
                self._finish(waiting, thread)
                raise
            self._finish(waiting, thread)

    def _divide(self, records: Mapping[Ref, tuple[Record, Record]], n_read: int) -> _Batch:
        """Divide the newest states of the `n_read` records of a batch; no name waits to be written."""
        batch = _Batch(names=set(records), counts=Counts(n_read=n_read, n_repeated=n_read - len(records)))
        counts = batch.counts
        for ref, (whole, record) in records.items():
            stored = self._writer.stored_record(self._source_id, ref)
            is_repeated = stored is not None and stored.was_seen
            counts.n_repeated += is_repeated
            if is_repeated and stored is not None and _is_older(record, stored):
                continue
            fingerprint = blake2b(repr(_COMPARED(record)).encode(), digest_size=16).hexdigest()
            details = Details(
                text_fingerprint(whole.title, whole.body),
                None if record.closed is None else timestamp(record.closed),
                record.n_children,
                record.n_responses,
                comment_rows.fingerprint(record.comments),
            )
            if stored is not None and stored.fingerprint == fingerprint:
                counts.n_same += not is_repeated
                batch.same.append(stored.row_id)
                if stored.details != details:
                    batch.refreshed.append((stored.row_id, details, record.comments))
                continue
            counts.n_new += stored is None
            counts.n_changed += stored is not None and not is_repeated
            counts.n_cut += len(whole.title) > MAX_TITLE or len(whole.body) > MAX_BODY
            counts.n_partly_searched += len(record.body) > MAX_READ
            is_new_text = stored is None or (stored.title, stored.body) != (record.title, record.body)
            read = ReadLines.of(record) if is_new_text else None
            if read is not None:
                self._boilerplate.add(read.counted)
            batch.drafts.append(_Draft(Entry(record, fingerprint, details, None), stored, read))
        self._names |= batch.names
        self._n_divided += n_read
        return batch

    def _start(self, batch: _Batch, thread: _EncodeThread) -> None:
        """Compose a batch and start to encode it; commit the batch before meanwhile."""
        before = self._encoding_now
        boilerplate = self._boilerplate.present()
        batch.entries = [draft.composed(boilerplate) for draft in batch.drafts]
        texts = [entry.text for entry, _ in batch.entries if entry.text is not None]
        batch.counts.n_without_text = sum(not text.title for text in texts)
        composed = embedding_texts(texts)
        # The batch before is being encoded, but is not in the database yet.
        in_progress = set() if before is None else set(before.missing)
        batch.missing = [
            key
            for key in self._writer.missing_embeddings(self._encoding.id, composed)
            if key not in in_progress
        ]
        batch.counts.n_encoded = len(batch.missing)
        n_records = batch.counts.n_read
        if batch.missing:
            missing = [composed[key] for key in batch.missing]
            batch.vectors = thread.start(missing, record_progress(self._progress, n_records, len(missing)))
        else:
            self._progress(n_records)
        self._encoding_now = batch
        if before is not None:
            self._commit(before)

    def _finish(self, waiting: deque[_Batch], thread: _EncodeThread) -> None:
        while waiting:
            self._start(waiting.popleft(), thread)
        if self._encoding_now is not None:
            self._commit(self._encoding_now)
            self._encoding_now = None

    def _commit(self, batch: _Batch) -> None:
        vectors: Iterable[Vectors] = () if batch.vectors is None else batch.vectors.result()
        self._writer.write(
            self._source_id,
            self._encoding.id,
            batch.entries,
            dict(zip(batch.missing, vectors, strict=True)),
            self._clock(),
        )
        self._writer.mark_seen(batch.same)
        if batch.refreshed:
            self._writer.refresh(batch.refreshed)
        self._names -= batch.names
        self._counts.add(batch.counts)
        self._committed(self._counts.n_read)


def _newest(records: Sequence[Record], n_before: int) -> dict[Ref, tuple[Record, Record]]:
    """Return the records of a batch by name, whole and as stored; of one name the last change, or else the last.

    Raises:
        SourceError: A record has no id.
    """
    newest: dict[Ref, tuple[Record, Record]] = {}
    for number, whole in enumerate(records, n_before + 1):
        record = stored_form(whole)
        if not record.id.strip():
            raise SourceError(f"record {number} of the source has no id (title {record.title[:60]!r})")
        other = newest[record.ref][1].updated if record.ref in newest else None
        if other is None or record.updated is None or record.updated >= other:
            newest[record.ref] = whole, record
    return newest


def _is_older(record: Record, stored: StoredRecord) -> bool:
    """Return whether a record was changed before the one that is stored."""
    return (
        record.updated is not None
        and stored.updated is not None
        and timestamp(record.updated) < stored.updated
    )


def embedding_texts(composed: Iterable[ComposedText]) -> dict[str, str]:
    """Return the texts that the model encodes, titles and whole texts, by their `composition.embedding_key`."""
    return {
        composition.embedding_key(part): part
        for text in composed
        if text.title
        for part in (text.title, text.whole)
    }


def record_progress(progress: Progress, n_records: int, n_texts: int) -> Callable[[int], None]:
    """Return a callback that counts encoded texts as shares of a batch's records."""
    return lambda n_encoded: progress(n_encoded * n_records / n_texts)


def batches(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """Yield a stream in lists of a size; items before a `SourceError` are yielded before it is raised."""
    batch: list[Item] = []
    try:
        for item in items:
            batch.append(item)
            if len(batch) == size:
                yield batch
                batch = []
    except SourceError:
        if batch:
            yield batch
        raise
    if batch:
        yield batch
