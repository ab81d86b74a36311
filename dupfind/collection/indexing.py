"""Write a stream of records to the database in batches, and encode only the texts that are new."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import astuple, dataclass
from datetime import datetime
from hashlib import blake2b
from types import TracebackType
from typing import Self, TypeVar

from dupfind.errors import SourceError
from dupfind.records import Record, Ref
from dupfind.storage.record_rows import Details, Entry, StoredRecord
from dupfind.storage.store import Encoding, timestamp
from dupfind.storage.stored_form import MAX_BODY, MAX_TITLE, stored_form
from dupfind.storage.writer import Writer
from dupfind.text import composition
from dupfind.text.boilerplate import Boilerplate
from dupfind.text.composition import ComposedText
from dupfind.text.fingerprint import text_fingerprint
from dupfind.vectors.base import Vectors

Item = TypeVar("Item")

_N_COMPARED = 11
"""Leading fields of a record, up to `duplicate_of`, by which it is the same as before. The counts after them change
with every comment and vote."""

BATCH = 512
"""Records in memory that are not committed yet; a kill loses no more. One half is encoded while the other half is
read, composed or written."""

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
    n_encoded: int = 0
    n_recomposed: int = 0

    def add(self, other: "Counts") -> None:
        """Add the numbers of another."""
        for name, value in zip(self.__slots__, astuple(other), strict=True):
            setattr(self, name, getattr(self, name) + value)


@dataclass(slots=True)
class _Batch:
    """A batch of records, divided into entries to write and rows that do not change.

    Attributes:
        entries: The entries to write, each with the stored state of its name, or None.
        same: Rows that do not change.
        refreshed: Those of them whose details differ, with the present details.
        names: Names of all its records.
        counts: The numbers that it adds to the run.
        missing: Fingerprints of the texts that are encoded for it.
        vectors: Vectors of these texts, in the same order, when they are ready.
    """

    entries: list[tuple[Entry, StoredRecord | None]]
    same: list[int]
    refreshed: list[tuple[int, Details]]
    names: set[Ref]
    counts: Counts
    missing: list[str]
    vectors: "Future[Vectors] | None" = None


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


def index_records(
    writer: Writer,
    source_id: int,
    encoding: Encoding,
    encode: Encode,
    records: Iterable[Record],
    *,
    boilerplate: Boilerplate,
    counts: Counts,
    committed: Callable[[int], None],
    progress: Progress,
    clock: Callable[[], datetime],
) -> None:
    """Write new and changed records, one transaction a batch; each batch is encoded while the next is composed.

    Args:
        writer: The index's only writer.
        source_id: The records' source; a run has been started for it (`source_state.start`).
        encoding: The current encoding.
        encode: Encodes texts to unit vectors; called in another thread.
        records: Read lazily; at most `BATCH` of them are in memory.
        boilerplate: Boilerplate of the source, which is left out of the texts.
        counts: The run's numbers; increased as batches are committed.
        committed: Called after each batch with the number of records committed in all.
        progress: Called with the number of records finished, in any thread.
        clock: Returns the time at which replaced rows are marked as deleted.

    Raises:
        SourceError: The source failed, or a record has no id; the records before are indexed.
        StoreError: The database cannot be written; the batches before are indexed.
    """
    ahead: _Batch | None = None

    def commit(batch: _Batch) -> None:
        vectors: Iterable[Vectors] = () if batch.vectors is None else batch.vectors.result()
        writer.write(
            source_id, encoding.id, batch.entries, dict(zip(batch.missing, vectors, strict=True)), clock()
        )
        writer.mark_seen(batch.same)
        if batch.refreshed:
            writer.refresh(batch.refreshed)
        counts.add(batch.counts)
        committed(counts.n_read)

    with _EncodeThread(encode) as thread:
        try:
            for batch_records in batches(records, max(1, BATCH // 2)):
                n_before = counts.n_read + (0 if ahead is None else ahead.counts.n_read)
                newest = _newest(batch_records, n_before)
                if ahead is not None and not ahead.names.isdisjoint(newest):
                    commit(ahead)  # a name of it comes again, and the newest state of a name wins
                    ahead = None
                batch = _divide(writer, source_id, newest, boilerplate)
                batch.counts.n_read = len(batch_records)
                batch.counts.n_repeated += len(batch_records) - len(newest)
                composed = parts(entry.text for entry, _ in batch.entries if entry.text is not None)
                # The batch before is being encoded, but is not in the database yet.
                in_progress = set() if ahead is None else set(ahead.missing)
                batch.missing = [
                    key for key in writer.missing_embeddings(encoding.id, composed) if key not in in_progress
                ]
                batch.counts.n_encoded = len(batch.missing)
                if batch.missing:
                    texts = [composed[key] for key in batch.missing]
                    batch.vectors = thread.start(
                        texts, record_progress(progress, len(batch_records), len(texts))
                    )
                else:
                    progress(len(batch_records))
                if ahead is not None:
                    commit(ahead)  # while the thread encodes this batch
                ahead = batch
        except SourceError:
            if ahead is not None:
                commit(ahead)
            raise
        if ahead is not None:
            commit(ahead)


def _divide(
    writer: Writer, source_id: int, records: Mapping[Ref, tuple[Record, Record]], boilerplate: Boilerplate
) -> _Batch:
    """Divide a batch, none of whose names is in the batch before it, which may not be in the database yet."""
    batch = _Batch([], [], [], set(records), Counts(), [])
    counts = batch.counts
    for ref, (whole, record) in records.items():
        stored = writer.stored_record(source_id, ref)
        is_repeated = stored is not None and stored.was_seen
        counts.n_repeated += is_repeated
        if is_repeated and stored is not None and _is_older(record, stored):
            continue
        fingerprint = blake2b(repr(astuple(record)[:_N_COMPARED]).encode(), digest_size=16).hexdigest()
        details = Details(
            text_fingerprint(whole.title, whole.body),
            None if record.closed is None else timestamp(record.closed),
            record.n_children,
            record.n_responses,
        )
        if stored is not None and stored.fingerprint == fingerprint:
            counts.n_same += not is_repeated
            batch.same.append(stored.row_id)
            if stored.details != details:
                batch.refreshed.append((stored.row_id, details))
            continue
        counts.n_new += stored is None
        counts.n_changed += stored is not None and not is_repeated
        counts.n_cut += len(whole.title) > MAX_TITLE or len(whole.body) > MAX_BODY
        is_new_text = stored is None or (stored.title, stored.body) != (record.title, record.body)
        text = composition.compose(record, boilerplate) if is_new_text else None
        counts.n_without_text += text is not None and not text.title
        batch.entries.append((Entry(record, fingerprint, details, text), stored))
    return batch


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


def parts(composed: Iterable[ComposedText]) -> dict[str, str]:
    """Return the texts that the model encodes, by fingerprint."""
    return {
        composition.fingerprint(part): part
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
