"""Compose and encode stored records again: with another model, or because boilerplate was learned."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

from dupfind.collection import indexing
from dupfind.collection.indexing import Counts, Encode, Progress, batches, parts, record_progress
from dupfind.storage import source_state
from dupfind.storage.store import Encoding, Filter
from dupfind.storage.stored_vectors import last_encoded_row
from dupfind.storage.writer import Writer
from dupfind.text import composition
from dupfind.text.boilerplate import Boilerplate, LineCounter
from dupfind.text.composition import ComposedText

SAMPLE = 4_096
"""Records of a source from which boilerplate is learned, spread evenly over it."""

HEAVY = 0.2
"""Share of a stored text that must be boilerplate for the text to be composed and encoded again. On titanium train a
sixth of all records contain a line that is learned late, and one in a hundred contains so much."""

RENEWED = 0.1
"""Share of new records at which a source's boilerplate is learned again."""


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
        rows = list(compositions(writer, batch))
        composed = parts(text for _, text in rows)
        missing = writer.missing_embeddings(encoding.id, composed)
        if missing:
            vectors = encode(
                [composed[key] for key in missing], record_progress(progress, len(batch), len(missing))
            )
            writer.add_vectors(encoding.id, rows, dict(zip(missing, vectors, strict=True)))
        else:
            writer.add_vectors(encoding.id, rows, {})
            progress(len(batch))


def compositions(writer: Writer, row_ids: Iterable[int]) -> Iterator[tuple[int, ComposedText]]:
    """Yield rows with their texts, composed again; records without a word are left out."""
    boilerplate = {
        name: writer.boilerplate(source_id) for name, source_id in source_state.source_ids(writer).items()
    }
    for row_id in row_ids:
        for record in writer.records([row_id]).values():
            text = composition.compose(record, boilerplate[record.source])
            if text.title:
                yield row_id, text


def without_boilerplate(
    writer: Writer,
    source_id: int,
    encoding: Encoding,
    encode: Encode,
    *,
    counts: Counts,
    progress: Callable[[int], Progress],
    clock: Callable[[], datetime],
) -> Boilerplate:
    """Learn a source's boilerplate if enough of its records are new, and remove it from texts that contain much of it.

    A stored text with a share below `HEAVY` stays until the record changes. Each batch is one transaction; an
    interrupted call is finished first.

    Args:
        writer: The index's only writer.
        source_id: The source.
        encoding: The current encoding.
        encode: Encodes texts to unit vectors.
        counts: The run's numbers; increased.
        progress: Called with the number of records to check; returns a callback for the number finished.
        clock: Returns the time at which replaced rows are marked as deleted.

    Returns:
        The present boilerplate of the source.
    """

    def recompose() -> None:
        if row_ids := writer.stale_rows(source_id).tolist():
            _recompose(writer, source_id, row_ids, encoding, encode, counts, progress(len(row_ids)), clock)

    recompose()
    _learn(writer, source_id)  # needs a source without stale rows
    recompose()
    return writer.boilerplate(source_id)


def _learn(writer: Writer, source_id: int) -> None:
    n_new = writer.n_since_boilerplate(source_id)
    if not n_new:
        return
    row_ids = writer.rows_of(source_id)
    if n_new < RENEWED * len(row_ids):
        return
    counter = LineCounter()
    # Rounded up, so that at most SAMPLE rows are read.
    for row_id in row_ids[:: -(-len(row_ids) // SAMPLE)].tolist():
        for record in writer.records([row_id]).values():
            counter.add(composition.lines(record.body))
    writer.replace_boilerplate(source_id, counter.boilerplate(writer.boilerplate(source_id)))


def _recompose(
    writer: Writer,
    source_id: int,
    row_ids: list[int],
    encoding: Encoding,
    encode: Encode,
    counts: Counts,
    progress: Progress,
    clock: Callable[[], datetime],
) -> None:
    boilerplate = writer.boilerplate(source_id)
    for batch in batches(row_ids, indexing.BATCH):
        stale = [row_id for row_id in batch if _is_stale(writer.text(row_id), boilerplate)]
        changed = [(row, text) for row, text in compositions(writer, stale) if text != writer.text(row)]
        composed = parts(text for _, text in changed)
        missing = writer.missing_embeddings(encoding.id, composed)
        vectors = encode([composed[key] for key in missing], lambda _: None) if missing else ()
        up_to = None if batch[-1] == row_ids[-1] else batch[-1]
        writer.recompose(
            source_id, encoding.id, changed, dict(zip(missing, vectors, strict=True)), up_to, clock()
        )
        counts.n_recomposed += len(changed)
        counts.n_encoded += len(missing)
        progress(len(batch))


def _is_stale(text: ComposedText, boilerplate: Boilerplate) -> bool:
    n_characters = sum(len(line) for line in text.whole.split("\n") if boilerplate.rest(line) != line)
    return n_characters > HEAVY * len(text.whole)
