"""Re-encoding: stored records composed and encoded once more, by another model or because of their boilerplate."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

from dupfind.collection import indexing
from dupfind.collection.indexing import Counts, Encode, Progress, batches, parts, shared
from dupfind.storage import source_state
from dupfind.storage.store import Encoding, Filter
from dupfind.storage.stored_vectors import last_encoded_row
from dupfind.storage.writer import Writer
from dupfind.text import composition
from dupfind.text.boilerplate import Boilerplate, LineCounter
from dupfind.text.composition import ComposedText

SAMPLE = 4_096
"""Records of a source that boilerplate is learned from, spread evenly over it."""

HEAVY = 0.2
"""Share of a stored text that has to be boilerplate for it to be composed and encoded anew: on titanium train a sixth
of all records hold a line that is learned late, and one in a hundred so much of them."""

RENEWED = 0.1
"""Share of new records from which on a source's boilerplate is learned again."""


def encode_again(writer: Writer, encoding: Encoding, encode: Encode, *, progress: Progress) -> None:
    """Give every live record its vector under another encoding, going on where an interrupted one stopped.

    Args:
        writer: The collection's only writer.
        encoding: The encoding in the making.
        encode: Texts to unit vectors, by the encoding's model.
        progress: Told how many records were finished.
    """
    row_ids = writer.allowed(Filter()).tolist()
    done = last_encoded_row(writer, encoding.id)
    progress(sum(row_id <= done for row_id in row_ids))
    for batch in batches((row_id for row_id in row_ids if row_id > done), indexing.BATCH):
        rows = list(compositions(writer, batch))
        composed = parts(text for _, text in rows)
        missing = writer.missing_embeddings(encoding.id, composed)
        if missing:
            vectors = encode([composed[key] for key in missing], shared(progress, len(batch), len(missing)))
            writer.add_vectors(encoding.id, rows, dict(zip(missing, vectors, strict=True)))
        else:
            writer.add_vectors(encoding.id, rows, {})
            progress(len(batch))


def compositions(writer: Writer, row_ids: Iterable[int]) -> Iterator[tuple[int, ComposedText]]:
    """Compose the texts of stored records; those without a word are left out."""
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
    """Learn a source's boilerplate where enough of its records are new, and free the texts from it that hold much.

    A stored text that holds less than `HEAVY` of it stays until the record changes. One transaction a batch; what
    was interrupted is brought to its end first.

    Args:
        writer: The collection's only writer.
        source_id: Whose records.
        encoding: The current encoding.
        encode: Texts to unit vectors.
        counts: Counted on.
        progress: Told how many records there are to look at; gives what is told how many were finished.
        clock: The time at which replaced rows die.

    Returns:
        What is known of the source now.
    """

    def settle() -> None:
        if row_ids := writer.stale_rows(source_id).tolist():
            _settle(writer, source_id, row_ids, encoding, encode, counts, progress(len(row_ids)), clock)

    settle()
    _learn(writer, source_id)
    settle()
    return writer.boilerplate(source_id)


def _learn(writer: Writer, source_id: int) -> None:
    n_new = writer.n_since_boilerplate(source_id)
    if not n_new:
        return
    row_ids = writer.rows_of(source_id)
    if n_new < RENEWED * len(row_ids):
        return
    census = LineCounter()
    for row_id in row_ids[:: -(-len(row_ids) // SAMPLE)].tolist():
        for record in writer.records([row_id]).values():
            census.add(composition.lines(record.body))
    writer.replace_boilerplate(source_id, census.boilerplate(writer.boilerplate(source_id)))


def _settle(
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
        heavy = [row_id for row_id in batch if _is_heavy(writer.text(row_id), boilerplate)]
        changed = [(row, text) for row, text in compositions(writer, heavy) if text != writer.text(row)]
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


def _is_heavy(text: ComposedText, boilerplate: Boilerplate) -> bool:
    n_characters = sum(len(line) for line in text.whole.split("\n") if boilerplate.rest(line) != line)
    return n_characters > HEAVY * len(text.whole)
