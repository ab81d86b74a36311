"""Indexing: a stream of records into the database, batch by batch, encoding only the texts that are new."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass, replace
from datetime import datetime
from hashlib import blake2b
from itertools import islice
from typing import TypeVar

from dupfind import texts
from dupfind.errors import SourceError
from dupfind.index import Vectors
from dupfind.records import Record
from dupfind.store import Encoding, Filter, storable
from dupfind.texts import Text
from dupfind.writer import Entry, Known, Writer

Item = TypeVar("Item")

BATCH = 256
"""Records that are encoded and committed together: what a kill costs at most."""

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

    def add(self, other: "Counts") -> None:
        """Count on."""
        for name, value in zip(self.__slots__, astuple(other), strict=True):
            setattr(self, name, getattr(self, name) + value)


@dataclass(slots=True)
class _Batch:
    """A batch, parted into what must be written and the rows that stand as they are."""

    entries: list[tuple[Entry, Known | None]]
    same: list[int]
    counts: Counts


def index_records(
    writer: Writer,
    source_id: int,
    encoding: Encoding,
    encode: Encode,
    records: Iterable[Record],
    *,
    counts: Counts,
    progress: Progress,
    clock: Callable[[], datetime],
) -> None:
    """Write what is new or changed; one transaction a batch, so that a kill costs one batch of encoding.

    Args:
        writer: The collection's only writer.
        source_id: Where the records come from; `Writer.start_run` was called for it.
        encoding: The current encoding.
        encode: Texts to unit vectors.
        records: Read lazily, `BATCH` at a time.
        counts: Counted on as batches are committed.
        progress: Told how many records were finished.
        clock: The time at which replaced rows die.

    Raises:
        SourceError: The source broke, or a record has no id; the batches before are kept.
        StoreError: The database cannot be written; the batches before are kept.
    """
    for given in _batches(records):
        batch = _sift(writer, source_id, given, counts.n_read)
        composed = _composed(entry.text for entry, _ in batch.entries if entry.text is not None)
        vectors = _encode(writer, encoding, encode, composed, len(given), progress)
        writer.write(source_id, encoding.id, batch.entries, vectors, clock())
        writer.see(batch.same)
        batch.counts.n_encoded = len(vectors)
        counts.add(batch.counts)


def encode_again(writer: Writer, encoding: Encoding, encode: Encode, *, progress: Progress) -> None:
    """Give every live record its vector under another encoding, going on where an interrupted one stopped.

    Args:
        writer: The collection's only writer.
        encoding: The encoding in the making.
        encode: Texts to unit vectors, by the encoding's model.
        progress: Told how many records were finished.
    """
    row_ids = writer.allowed(Filter()).tolist()
    done = writer.last_placed(encoding.id)
    progress(sum(row_id <= done for row_id in row_ids))
    for batch in _batches(row_id for row_id in row_ids if row_id > done):
        rows = [(row_id, text) for row_id, text in compositions(writer, batch)]
        vectors = _encode(writer, encoding, encode, _composed(text for _, text in rows), len(batch), progress)
        writer.place(encoding.id, rows, vectors)


def compositions(writer: Writer, row_ids: Iterable[int]) -> Iterator[tuple[int, Text]]:
    """Compose the texts of stored records; those without a word are left out."""
    for row_id in row_ids:
        for record in writer.records([row_id]).values():
            text = texts.compose(record)
            if text.title:
                yield row_id, text


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


def _sift(writer: Writer, source_id: int, given: Sequence[Record], n_before: int) -> _Batch:
    batch = _Batch([], [], Counts())
    counts = batch.counts
    met = set()
    for whole in given:
        counts.n_read += 1
        record = kept(whole)
        if not record.id.strip():
            raise SourceError(
                f"record {n_before + counts.n_read} of the source has no id (title {record.title[:60]!r})"
            )
        known = writer.known(source_id, record.ref)
        if record.ref in met or (known is not None and known.was_seen):
            counts.n_repeated += 1
            continue
        met.add(record.ref)
        fingerprint = blake2b(repr(astuple(record)).encode(), digest_size=16).hexdigest()
        if known is not None and known.fingerprint == fingerprint:
            counts.n_same += 1
            batch.same.append(known.row_id)
            continue
        counts.n_new += known is None
        counts.n_changed += known is not None
        counts.n_cut += len(whole.title) > KEPT_TITLE or len(whole.body) > KEPT_BODY
        is_new_text = known is None or (known.title, known.body) != (record.title, record.body)
        text = texts.compose(record) if is_new_text else None
        counts.n_without_text += text is not None and not text.title
        batch.entries.append((Entry(record, fingerprint, text), known))
    return batch


def _composed(composed: Iterable[Text]) -> dict[str, str]:
    """The texts that the model reads, by fingerprint."""
    return {
        texts.fingerprint(part): part for text in composed if text.title for part in (text.title, text.whole)
    }


def _encode(
    writer: Writer,
    encoding: Encoding,
    encode: Encode,
    composed: Mapping[str, str],
    n_records: int,
    progress: Progress,
) -> dict[str, Vectors]:
    """Encode what has no vector yet, and spread the batch's records over the steps of it."""
    missing = writer.unknown(encoding.id, composed)
    if not missing:
        progress(n_records)
        return {}
    share = n_records / len(missing)
    vectors = encode([composed[key] for key in missing], lambda n_texts: progress(n_texts * share))
    return dict(zip(missing, vectors, strict=True))


def _batches(items: Iterable[Item]) -> Iterator[list[Item]]:
    source = iter(items)
    while batch := list(islice(source, BATCH)):
        yield batch
