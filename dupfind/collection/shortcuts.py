"""The functions of one line: deduplicate a table, or index it."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from dupfind.collection.options import DEFAULT_SOURCE, checked_k, checked_share
from dupfind.collection.writable import WritableCollection
from dupfind.dedup.deduplication import Deduplication
from dupfind.dedup.defaults import MIN_SCORE
from dupfind.dedup.row_pairs import RowPairs, row_pairs
from dupfind.encoders.load import Encoder, load_encoder
from dupfind.encoders.weights import INDEX_MODEL, find_model
from dupfind.errors import StoreError
from dupfind.records import Record
from dupfind.sources.temporary_folder import TemporaryFolder
from dupfind.tables import record_reader
from dupfind.tables.columns import Columns
from dupfind.tables.frames import is_dataset, is_frame
from dupfind.tables.record_reader import Data

MAX_PAIRS = 1_000_000
"""Pairs of `dedupe`, about a gigabyte of memory. More pairs are an error, never a silent cut."""

_QUICK = 256
"""Rows up to which the numpy engine is faster than the import of torch."""
_MAX_SHOWN = 200  # characters of a row's text that a result keeps


def dedupe(
    data: Data,
    columns: Columns | None = None,
    *,
    threshold: float | None = None,
    model: str | Path | None = None,
    encoder: Encoder | None = None,
    max_pairs: int = MAX_PAIRS,
    progress: Callable[[float], None] | None = None,
) -> Deduplication:
    """Find the duplicate rows of a table. It needs no index; what it writes meanwhile is removed.

    Args:
        data: A DataFrame of pandas or polars, anything with `__arrow_c_stream__`, a dict of columns, or a list of
            dicts, texts or records.
        columns: The column of texts, such as "question"; or several, the title first; None for likely names.
        threshold: Cosine similarity at or above which two rows are duplicates, such as 0.8. None lets the verdict
            decide, as `dupfind report` does; for texts of a few words it knows exact copies alone.
        model: Name or path of a sentence-transformers model; None for MiniLM-issues.
        encoder: An encoder in place of a model. The verdict then has no calibration; a margin decides without a
            threshold.
        max_pairs: The largest number of pairs from the threshold on, or from 0.65 if it is higher.
        progress: Called with the number of rows encoded since the last call.

    Returns:
        The result: `selected` and `duplicates` are rows of the table, `kept` and `removed` their numbers; `pairs`,
        `clusters`, and `at(threshold)`. Of duplicates, the first row is kept. Rows without a word are kept.

    Raises:
        DupfindError: A value or an option is wrong, the model cannot be found, or there are too many pairs.
    """
    threshold = checked_share(threshold, "threshold")
    max_pairs = checked_k(max_pairs, "max_pairs")
    lowest = MIN_SCORE if threshold is None else min(threshold, MIN_SCORE)
    is_held = is_frame(data) or is_dataset(data) or isinstance(data, list | tuple)
    held = data if is_held else _listed(data)
    found = record_reader.records(held, columns, has_ids=False)
    # Texts alone: a repeated id, a date or a mark must not decide whether rows are compared.
    rows = [Record(str(number), row.title, row.body) for number, row in enumerate(found)]
    texts = [(row.title or row.body)[:_MAX_SHOWN] for row in rows]
    pairs = RowPairs((), (), n_short=0)
    if rows:
        temporary = _temporary_folder()
        try:
            with _created(temporary, model, encoder, len(rows)) as collection:
                collection.index(rows, progress=progress)
                pairs = row_pairs(collection, texts, lowest, max_pairs=max_pairs)
        finally:
            temporary.remove()
    return Deduplication(held, texts, pairs, lowest=lowest, threshold=threshold)


def index(
    data: Data,
    folder: str | Path | None = None,
    *,
    columns: Columns | None = None,
    source: str = DEFAULT_SOURCE,
    complete: bool = False,
    model: str | Path | None = None,
    encoder: Encoder | None = None,
    progress: Callable[[float], None] | None = None,
) -> WritableCollection:
    """Index a table, and return the open index: search it, check new texts against it, report its duplicates.

    Args:
        data: As for `dedupe`.
        folder: The index, which is created or added to; None for a temporary one, removed when it is closed.
        columns: The columns of the fields: a name, several names, or a dict such as `{"id": "key", "title":
            "summary"}`; None for likely names.
        source: Name of the data in the index; the same name and id is the same record.
        complete: Whether these are all records of the source, so that the others are deleted.
        model: Name or path of a sentence-transformers model; None for the index's, or MiniLM-issues.
        encoder: An encoder in place of a model.
        progress: Called with the number of records finished since the last call.

    Raises:
        DupfindError: A value is wrong, the model cannot be found, or the index cannot be written.
    """
    temporary = _temporary_folder() if folder is None else None
    if temporary is None:
        collection = WritableCollection.create(str(folder), model=model, encoder=encoder)
    else:
        try:
            collection = _created(temporary, model, encoder, len(data) if hasattr(data, "__len__") else None)
        except BaseException:  # which holds the folder until it is forgotten: in a notebook, to the end
            temporary.remove()
            raise
    try:
        collection.index(data, columns=columns, source=source, complete=complete, progress=progress)
    except BaseException:
        collection.close()
        raise
    return collection


def _listed(data: Any) -> Any:
    """Return what can be read only once as a list, and a single row as a list of one; anything else as it is."""
    if hasattr(data, "keys"):
        return data if hasattr(data, "iloc") else [data]
    is_one = isinstance(data, str | bytes | Record)
    return list(data) if isinstance(data, Iterable) and not is_one else data


def _temporary_folder() -> TemporaryFolder:
    """Return a folder that is removed with its last reference.

    Raises:
        StoreError: TMPDIR cannot be written.
    """
    try:
        return TemporaryFolder()
    except OSError as error:
        raise StoreError(f"no temporary folder can be made ({error}): set TMPDIR") from error


def _created(
    temporary: TemporaryFolder, model: str | Path | None, encoder: Encoder | None, n_rows: int | None
) -> WritableCollection:
    """Return an empty index in a temporary folder, which keeps no copy of its model."""
    if encoder is None:
        is_small = n_rows is not None and n_rows <= _QUICK
        found = find_model(INDEX_MODEL if model is None else str(model))
        encoder = load_encoder(found, engine="quick" if is_small else "auto")
    collection = WritableCollection.create(temporary.path / "index", encoder=encoder)
    collection.temporary = temporary
    return collection
