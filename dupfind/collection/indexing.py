"""Indexing: a stream of records into the database, batch by batch, encoding only the texts that are new."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import astuple, dataclass, replace
from datetime import datetime
from hashlib import blake2b
from types import TracebackType
from typing import Self, TypeVar

from dupfind.errors import SourceError
from dupfind.records import Record, Ref, storable
from dupfind.storage.record_rows import Entry, StoredRecord
from dupfind.storage.store import Encoding
from dupfind.storage.writer import Writer
from dupfind.text import composition
from dupfind.text.boilerplate import Boilerplate
from dupfind.text.composition import ComposedText
from dupfind.vectors.base import Vectors

Item = TypeVar("Item")

BATCH = 512
"""Records at hand and not yet committed: what a kill costs at most. Half of them are encoded while the other half
is read, composed or written."""

KEPT_TITLE = 2_000
KEPT_BODY = 200_000
"""Characters of a title and of a body that are kept; what is longer is cut, and counted."""

Encode = Callable[[Sequence[str], Callable[[int], None]], Vectors]
"""Texts to unit vectors; the second argument is told how many texts each step finished."""
Progress = Callable[[float], None]
"""Told how many records were finished since the last call."""


@dataclass(slots=True)
class Counts:
    """What a run has done; see `IndexRun`."""

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
        """Count on."""
        for name, value in zip(self.__slots__, astuple(other), strict=True):
            setattr(self, name, getattr(self, name) + value)


@dataclass(slots=True)
class _Batch:
    """A batch, parted into what must be written and the rows that stand as they are.

    Attributes:
        entries: What must be written, and what the database had under its name.
        same: Rows that stand as they are.
        names: Of all records in it.
        counts: What it adds to the run.
        missing: Fingerprints of the texts that are being encoded for it.
        vectors: Theirs, in the same order, when they are ready.
    """

    entries: list[tuple[Entry, StoredRecord | None]]
    same: list[int]
    names: set[Ref]
    counts: Counts
    missing: list[str]
    vectors: "Future[Vectors] | None" = None


class _Lane:
    """One thread that encodes while the caller reads, composes and writes; a list of texts after the other."""

    def __init__(self, encode: Encode) -> None:
        self._encode = encode
        self._pool = ThreadPoolExecutor(1, "lane")
        self._is_closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: BaseException | TracebackType | None) -> None:
        self._is_closed = kind is not None
        self._pool.shutdown(wait=True, cancel_futures=True)

    def start(self, waiting: list[str], progress: Callable[[int], None]) -> "Future[Vectors]":
        """Encode texts beside; what is left of them is given up when the caller fails."""

        def advance(n_texts: int) -> None:
            if self._is_closed:
                raise KeyboardInterrupt
            progress(n_texts)

        return self._pool.submit(self._encode, waiting, advance)


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
    """Write what is new or changed, one transaction a batch, each batch encoded while the next is composed.

    Args:
        writer: The collection's only writer.
        source_id: Where the records come from; `Writer.start_run` was called for it.
        encoding: The current encoding.
        encode: Texts to unit vectors; called in a thread of its own.
        records: Read lazily; at most `BATCH` of them are at hand.
        boilerplate: What was learned from the source, and is left out of the texts.
        counts: Counted on as batches are committed.
        committed: Told after each batch how many records were committed in all.
        progress: Told how many records were finished, in any thread.
        clock: The time at which replaced rows die.

    Raises:
        SourceError: The source broke, or a record has no id; what came before is kept.
        StoreError: The database cannot be written; the batches before are kept.
    """
    ahead: _Batch | None = None

    def commit(batch: _Batch) -> None:
        vectors: Iterable[Vectors] = () if batch.vectors is None else batch.vectors.result()
        writer.write(
            source_id, encoding.id, batch.entries, dict(zip(batch.missing, vectors, strict=True)), clock()
        )
        writer.mark_seen(batch.same)
        counts.add(batch.counts)
        committed(counts.n_read)

    with _Lane(encode) as lane:
        try:
            for given in batches(records, max(1, BATCH // 2)):
                n_before = counts.n_read + (0 if ahead is None else ahead.counts.n_read)
                batch = _sift(writer, source_id, given, boilerplate, n_before, ahead)
                composed = parts(entry.text for entry, _ in batch.entries if entry.text is not None)
                under_way = set() if ahead is None else set(ahead.missing)
                batch.missing = [
                    key for key in writer.missing_embeddings(encoding.id, composed) if key not in under_way
                ]
                batch.counts.n_encoded = len(batch.missing)
                if batch.missing:
                    waiting = [composed[key] for key in batch.missing]
                    batch.vectors = lane.start(waiting, shared(progress, len(given), len(waiting)))
                else:
                    progress(len(given))
                if ahead is not None:
                    commit(ahead)
                ahead = batch
        except SourceError:
            if ahead is not None:
                commit(ahead)
            raise
        if ahead is not None:
            commit(ahead)


def kept(record: Record) -> Record:
    """What the database keeps of a record: without NUL and lone surrogates, and not longer than is useful."""
    return replace(
        record,
        id=storable(record.id),
        title=storable(record.title[:KEPT_TITLE]),
        body=storable(record.body[:KEPT_BODY]),
        project=storable(record.project or "") or None,
        state=None if record.state is None else storable(record.state),
        resolution=None if record.resolution is None else storable(record.resolution),
        url=None if record.url is None else storable(record.url),
        duplicate_of=tuple(
            ref._replace(project=storable(ref.project or "") or None, id=storable(ref.id))
            for ref in record.duplicate_of
        ),
    )


def _sift(
    writer: Writer,
    source_id: int,
    given: Sequence[Record],
    boilerplate: Boilerplate,
    n_before: int,
    ahead: _Batch | None,
) -> _Batch:
    """Part a batch; `ahead` is the one before it, which is not in the database yet."""
    batch = _Batch([], [], set(), Counts(), [])
    counts = batch.counts
    before = set() if ahead is None else ahead.names
    for whole in given:
        counts.n_read += 1
        record = kept(whole)
        if not record.id.strip():
            raise SourceError(
                f"record {n_before + counts.n_read} of the source has no id (title {record.title[:60]!r})"
            )
        known = writer.stored_record(source_id, record.ref)
        if record.ref in batch.names or record.ref in before or (known is not None and known.was_seen):
            counts.n_repeated += 1
            continue
        batch.names.add(record.ref)
        fingerprint = blake2b(repr(astuple(record)).encode(), digest_size=16).hexdigest()
        if known is not None and known.fingerprint == fingerprint:
            counts.n_same += 1
            batch.same.append(known.row_id)
            continue
        counts.n_new += known is None
        counts.n_changed += known is not None
        counts.n_cut += len(whole.title) > KEPT_TITLE or len(whole.body) > KEPT_BODY
        is_new_text = known is None or (known.title, known.body) != (record.title, record.body)
        text = composition.compose(record, boilerplate) if is_new_text else None
        counts.n_without_text += text is not None and not text.title
        batch.entries.append((Entry(record, fingerprint, text), known))
    return batch


def parts(composed: Iterable[ComposedText]) -> dict[str, str]:
    """The texts that the model reads, by fingerprint."""
    return {
        composition.fingerprint(part): part
        for text in composed
        if text.title
        for part in (text.title, text.whole)
    }


def shared(progress: Progress, n_records: int, n_texts: int) -> Callable[[int], None]:
    """Spread a batch's records over the texts that are encoded for it."""
    return lambda n_done: progress(n_done * n_records / n_texts)


def batches(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """Cut a stream into lists; what came before a source broke is given before its error."""
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
