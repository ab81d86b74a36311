"""Turn what Python people hold into records: DataFrames, dicts, texts, and records with ordinary values."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from itertools import chain, count, islice
from typing import Any, TypeGuard

from dupfind.errors import SourceError
from dupfind.records import Comment, Record, Ref, counted
from dupfind.sources import generic_row
from dupfind.sources.coerce import state
from dupfind.sources.column_profile import N_SAMPLED
from dupfind.sources.dates import Dates
from dupfind.sources.mapping import FIELDS
from dupfind.tables.cells import (
    Place,
    as_count,
    as_id,
    as_names,
    as_text,
    as_time,
    plain,
)
from dupfind.tables.columns import ChosenColumns, Columns, layout
from dupfind.tables.frames import Frame, frame_of, is_dataset, is_frame
from dupfind.tables.short_repr import shown

Data = Any
"""A table: a DataFrame, anything with `__arrow_c_stream__`, or a list of dicts, of texts or of records."""

_MAX_FIRST_LINE = 300
"""Characters of the first line of a text up to which it is the title; `text.composition` reads no more of a title."""

_TIMES = ("created", "updated", "closed")
_KINDS = "a DataFrame, a list of dicts, a list of texts, or records"


def records(data: Data, columns: Columns | None = None, *, has_ids: bool = True) -> Iterator[Record]:
    """Yield the records of a table or list, lazily.

    Integers are ids as text. None, NaN, NaT and NA are empty. Times may be datetimes, dates, texts of dates, or seconds
    since 1970; one without a zone is in UTC.

    Args:
        data: A DataFrame of pandas or polars, or anything with `__arrow_c_stream__`; a dict of columns; or an iterable
            of dicts, texts and records. The first line of a text is its title.
        columns: See `Columns`; ignored for texts and records.
        has_ids: Whether a record without an id is named by its row, from 0; else its id is "".

    Raises:
        SourceError: A value cannot be a field's; the message names row, column and value.
    """
    frame = frame_of(data)
    if frame is None:
        yield from _of_items(_items(data), columns, has_ids)
    else:
        yield from _of_frame(frame, columns, has_ids)


def query(value: object) -> str | Record:
    """Return what to search for: a text as it is, a record or a dict as a record.

    Raises:
        SourceError: It is none of them, or a value in it cannot be a field's.
    """
    if isinstance(value, str):
        return str(value)
    if isinstance(value, Record):
        return checked(value, "the query")
    if _is_row(value):
        [record] = _of_items([value], None, has_ids=False, row="the query")
        return record
    raise SourceError(f"the query is {shown(value)}: give a text, a dict or a Record")


def queries(data: Data, columns: Columns | None = None) -> Iterator[str | Record]:
    """Yield what to search for, of a table or a list; a missing text is "".

    Args:
        data: As for `records`.
        columns: As for `records`.

    Raises:
        SourceError: As `records`.
    """
    frame = frame_of(data)
    if frame is not None:
        yield from _of_frame(frame, columns, has_ids=False)
    else:
        yield from _texts_and_records(_items(data), columns, has_ids=False)


def moment(value: object, name: str) -> datetime | None:
    """Return the time that an argument names, in UTC; None for None. A datetime may be of any year.

    Raises:
        SourceError: It is no time, such as "" or NaT, or a date or text outside of the years 1971 to 2200.
    """
    found = as_time(value, Place("the call", name), _bound)
    if found is None and value is not None:
        raise SourceError(f"{name} is {shown(value)}, which is no time from 1971 to 2200: give one, or None")
    return found


def _bound(value: Any) -> datetime | None:
    """Read a time as `Dates` does, but a datetime of any year: it is a bound, not a field that may be broken."""
    if not isinstance(value, datetime):
        return Dates()(value)
    try:
        return (value.replace(tzinfo=UTC) if value.tzinfo is None else value).astimezone(UTC)
    except OverflowError:
        return None


def record_id(value: object) -> str:
    """Return the id that an argument names, as text.

    Raises:
        SourceError: It is no text and no number.
    """
    return as_id(value, Place("the call", "id"))


def checked(record: Record, row: str) -> Record:
    """Return a record whose fields have the types that `Record` documents; the same object if they do already.

    Args:
        record: May hold ordinary values: `Record(id=1, title="a", created="2024-01-31")`.
        row: Names the record in messages.

    Raises:
        SourceError: A value cannot be the field's.
    """
    if _is_typed(record):
        return record

    def converted(field: str, convert: Callable[[Any, Place], Any]) -> Any:
        return convert(getattr(record, field), Place(row, field))

    project = converted("project", as_text) or None
    names = converted("duplicate_of", as_names)
    return replace(
        record,
        id=converted("id", as_id),
        title=converted("title", as_text),
        body=converted("body", as_text),
        source=converted("source", as_text),
        project=project,
        state=_state(converted("state", as_text)),
        resolution=converted("resolution", as_text) or None,
        url=converted("url", as_text) or None,
        duplicate_of=tuple(name if isinstance(name, Ref) else Ref(project, name) for name in names),
        n_children=converted("n_children", as_count),
        n_responses=converted("n_responses", as_count),
        comments=converted("comments", _as_comments),
        **{field: converted(field, partial(as_time, dates=Dates())) for field in _TIMES},
    )


def _is_typed(record: Record) -> bool:
    return (
        type(record.id) is type(record.title) is type(record.body) is type(record.source) is str
        and all(
            value is None or type(value) is str
            for value in (record.project, record.state, record.resolution, record.url)
        )
        and (record.state is None or record.state == _state(record.state))
        and all(
            value is None or (type(value) is datetime and value.tzinfo is UTC)
            for value in (record.created, record.updated, record.closed)
        )
        and type(record.n_children) is type(record.n_responses) is int
        and isinstance(record.duplicate_of, tuple)
        and isinstance(record.comments, tuple)
        and all(
            isinstance(ref, Ref) and type(ref.id) is str and (ref.project is None or type(ref.project) is str)
            for ref in record.duplicate_of
        )
        and all(
            isinstance(comment, Comment)
            and type(comment.text) is str
            and (comment.at is None or (type(comment.at) is datetime and comment.at.tzinfo is UTC))
            for comment in record.comments
        )
    )


def _as_comments(value: Any, place: Place) -> tuple[Comment, ...]:
    value = plain(value)
    if value is None:
        return ()
    listed = value if isinstance(value, list | tuple) and not isinstance(value, Comment) else [value]
    return tuple(
        one._replace(text=as_text(one.text, place), at=as_time(one.at, place, Dates()))
        if isinstance(one, Comment)
        else Comment(as_text(one, place))
        for one in listed
    )


def _state(word: str) -> str | None:
    return state(word) or word.strip() or None


def _is_row(value: Any) -> TypeGuard[Mapping[str, Any]]:
    """Return whether a value is a dict, or has keys as `sqlite3.Row` has."""
    return isinstance(value, Mapping) or (hasattr(value, "keys") and hasattr(value, "__getitem__"))


def _items(data: Data) -> Iterator[Any]:
    """Yield what a list holds.

    Raises:
        SourceError: It is no list.
    """
    if isinstance(data, str | bytes | Record) or not (_is_row(data) or isinstance(data, Iterable)):
        hint = "; `dupfind index FILE` reads files" if isinstance(data, str) else ""
        raise SourceError(f"{shown(data)} is no table: give {_KINDS}{hint}")
    if _is_row(data) and not hasattr(data, "iloc"):
        return iter([data])
    return iter(data)


def _refuse_tables(row: Any) -> None:
    """Refuse a dict of tables, such as a `datasets.DatasetDict` of splits, in place of a row.

    Raises:
        SourceError: Every value is a whole table. A dict of lists is a value of a row.
    """
    cells = dict(row)
    if cells and all(map(_is_table, cells.values())):
        raise SourceError(
            f"the {type(row).__name__} holds {counted(len(cells), 'table')}: pass one of them, such as that of"
            f" {shown(next(iter(cells)))}"
        )


def _is_table(value: Any) -> bool:
    return not isinstance(value, Mapping) and (is_frame(value) or is_dataset(value))


def _of_frame(frame: Frame, columns: Columns | None, has_ids: bool) -> Iterator[Record]:
    sample = frame.sample()
    chosen = layout(frame.names, columns, sample)
    make = _RowReader(chosen, sample, has_ids)
    for number, cells in enumerate(frame.rows(chosen.names)):
        yield make(number, cells)


def _of_items(
    items: Iterable[Any], columns: Columns | None, has_ids: bool, *, row: str | None = None
) -> Iterator[Record]:
    """Yield the records of dicts, texts and records; `row` names the only item in messages."""
    for number, item in enumerate(_texts_and_records(items, columns, has_ids, row=row)):
        yield _of_text(Record(str(number) if has_ids else "", ""), item) if isinstance(item, str) else item


def _texts_and_records(
    items: Iterable[Any], columns: Columns | None, has_ids: bool, *, row: str | None = None
) -> Iterator[str | Record]:
    """Yield texts as they are, and the records of dicts and records, all dicts by one choice of columns."""
    items = iter(items)
    make: _RowReader | None = None
    for number in count():
        # Only dicts are read ahead: a source that fails loses no record before.
        item = next(items, _END)
        if item is _END:
            return
        place = row or f"row {number}"
        if isinstance(item, Record):
            yield checked(item, place)
        elif _is_row(item):
            if make is None:
                _refuse_tables(item)
                first = [item, *islice(items, N_SAMPLED - 1)]
                items = chain(first[1:], items)
                make = _row_reader([dict(one) for one in first if _is_row(one)], columns, has_ids, row)
            cells: dict[Any, Any] = dict(item)
            yield make(number, [cells.get(name) for name in make.chosen.names])
        elif isinstance(item, bytes | bytearray | str) or plain(item) is None:
            yield as_text(item, Place(place, "text"))
        else:
            raise SourceError(f"{place} is {shown(item)}: give a dict, a text or a Record")


_END = object()


def _row_reader(
    rows: Sequence[Mapping[str, Any]], columns: Columns | None, has_ids: bool, row: str | None
) -> "_RowReader":
    names = list(dict.fromkeys(key for one in rows for key in one))
    unnamed = [name for name in names if not isinstance(name, str)]
    if unnamed:
        raise SourceError(f"a key of a dict is {shown(unnamed[0])}: give dicts whose keys are texts")
    sample = {name: [one.get(name) for one in rows] for name in names}
    return _RowReader(layout(names, columns, sample), sample, has_ids, row)


class _RowReader:
    """Makes the records of a table's rows."""

    def __init__(
        self,
        chosen: ChosenColumns,
        sample: Mapping[str, Sequence[Any]],
        has_ids: bool,
        row: str | None = None,
    ) -> None:
        self.chosen = chosen
        self._has_ids = has_ids
        self._row = row
        self._fields = list(chosen.others)
        self._dates = {
            field: Dates(value for value in sample.get(name, ()) if isinstance(value, str))
            for field, name in chosen.others.items()
            if field in _TIMES
        }

    def __call__(self, number: int, cells: Sequence[Any]) -> Record:
        """Return the record of a row whose cells are in the order of `ChosenColumns.names`.

        Raises:
            SourceError: A value cannot be a field's.
        """
        row = self._row or f"row {number}"
        names = self.chosen.names
        n_texts = len(self.chosen.texts)
        texts = [
            as_text(cell, Place(row, name))
            for cell, name in zip(cells[:n_texts], names[:n_texts], strict=True)
        ]
        values: dict[str, Any] = dict.fromkeys(FIELDS)
        for field, cell, name in zip(self._fields, cells[n_texts:], names[n_texts:], strict=True):
            values[field] = self._value(field, cell, Place(row, name))
        id = values["id"] or ""
        if not id and "id" in self._fields and self._has_ids:
            column = Place(row, self.chosen.others["id"])
            raise column.refuse(None, "is no id: fill it, or pass columns={'id': None} to number the rows")
        values["id"] = id or str(number)
        marks = values["duplicate_of"] or ()
        refs = tuple(mark for mark in marks if isinstance(mark, Ref))
        values["duplicate_of"] = [mark for mark in marks if not isinstance(mark, Ref)]
        if n_texts > 1:
            values["title"] = texts[0]
            values["body"] = "\n\n".join(filter(None, texts[1:]))
        # The times are datetimes already.
        record = generic_row.record("", [values[field] for field in FIELDS], lambda: row, lambda time: time)
        record = record if n_texts > 1 else _of_text(record, texts[0])
        record = replace(record, duplicate_of=(*refs, *record.duplicate_of)) if refs else record
        return record if id or self._has_ids else replace(record, id="")

    def _value(self, field: str, cell: Any, place: Place) -> Any:
        if field in _TIMES:
            return as_time(cell, place, self._dates[field])
        if field == "duplicate_of":
            return as_names(cell, place)
        return as_id(cell, place) if field == "id" else as_text(cell, place)


def _of_text(record: Record, text: str) -> Record:
    """Return a record with a text: a first line that is short enough is its title."""
    title, _, body = text.strip().partition("\n")
    title = title.rstrip()  # of the "\r" before a line's end
    if len(title) > _MAX_FIRST_LINE:
        return replace(record, title="", body=text)
    return replace(record, title=title, body=body)
