"""Compose and encode stored records again: with another model, or because boilerplate was learned."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

from dupfind.collection import indexing
from dupfind.collection.indexing import Counts, Encode, Progress, batches, embedding_texts, record_progress
from dupfind.collection.learning import learn
from dupfind.storage import source_state
from dupfind.storage.encoding import Encoding
from dupfind.storage.line_rows import SourceLines
from dupfind.storage.row_filter import Filter
from dupfind.storage.stored_vectors import last_encoded_row
from dupfind.storage.writer import Writer
from dupfind.text import composition
from dupfind.text.composition import ComposedText
from dupfind.text.line_keys import LineKeys


def encode_again(writer: Writer, encoding: Encoding, encode: Encode, *, progress: Progress) -> None:
    """Give every live record its vectors in another encoding; an interrupted call is continued.

    Args:
        writer: The index's only writer.
        encoding: The new encoding, which is not current yet.
        encode: Encodes texts to unit vectors with the encoding's model.
        progress: Called with the number of records finished.
    """
    row_ids = writer.allowed(Filter()).tolist()
    last = last_encoded_row(writer, encoding.id)  # rows get their vectors in order of row ids
    progress(sum(row_id <= last for row_id in row_ids))
    for batch in batches((row_id for row_id in row_ids if row_id > last), indexing.BATCH):
        rows = [(row_id, text) for row_id, text, _ in compositions(writer, batch) if text.title]
        composed = embedding_texts(text for _, text in rows)
        missing = writer.missing_embeddings(encoding.id, composed)
        if missing:
            vectors = encode(
                [composed[key] for key in missing], record_progress(progress, len(batch), len(missing))
            )
            writer.add_vectors(encoding.id, rows, dict(zip(missing, vectors, strict=True)))
        else:
            writer.add_vectors(encoding.id, rows, {})
            progress(len(batch))


def compositions(writer: Writer, row_ids: Iterable[int]) -> Iterator[tuple[int, ComposedText, LineKeys]]:
    """Yield rows with their texts, composed again, and the keys of their lines."""
    boilerplate = {
        name: writer.boilerplate(source_id) for name, source_id in source_state.source_ids(writer).items()
    }
    for row_id in row_ids:
        for record in writer.records([row_id]).values():
            yield row_id, *composition.compose_observed(record, boilerplate[record.source])


def recompose_source(
    writer: Writer,
    source_id: int,
    encoding: Encoding,
    encode: Encode,
    *,
    counts: Counts,
    progress: Callable[[int], Progress],
    clock: Callable[[], datetime],
) -> None:
    """Learn a source's boilerplate from all its records, and compose and encode those again whose texts it changes.

    Each batch is one transaction; a call after an interruption does the rest.

    Args:
        writer: The index's only writer.
        source_id: The source.
        encoding: The current encoding.
        encode: Encodes texts to unit vectors.
        counts: The run's numbers; increased.
        progress: Called with the number of records to check; returns a callback for the number finished.
        clock: Returns the time at which replaced rows are marked as deleted.
    """
    lines = SourceLines.read(writer, source_id)
    row_ids = lines.stale(learn(writer, source_id, lines)).tolist()
    if not row_ids:
        return
    advance = progress(len(row_ids))
    for batch in batches(row_ids, indexing.BATCH):
        rows = list(compositions(writer, batch))
        changed = [text for row_id, text, _ in rows if not writer.is_as_stored(encoding.id, row_id, text)]
        counts.n_encoded += recompose_rows(writer, encoding, encode, rows, changed, clock())
        counts.n_recomposed += len(changed)
        advance(len(batch))


def recompose_rows(
    writer: Writer,
    encoding: Encoding,
    encode: Encode,
    rows: Iterable[tuple[int, ComposedText, LineKeys]],
    texts: Iterable[ComposedText],
    now: datetime,
) -> int:
    """Store how rows are composed now, in one transaction, as `Writer.recompose`; return how many texts were encoded.

    Args:
        writer: The index's only writer.
        encoding: The current encoding.
        encode: Encodes texts to unit vectors; called only with those that have no embedding.
        rows: From `compositions`.
        texts: Those of the rows that may have no embedding.
        now: Time at which replaced rows are marked as deleted.
    """
    composed = embedding_texts(texts)
    missing = writer.missing_embeddings(encoding.id, composed)
    vectors = encode([composed[key] for key in missing], lambda _: None) if missing else ()
    writer.recompose(encoding.id, rows, dict(zip(missing, vectors, strict=True)), now)
    return len(missing)
