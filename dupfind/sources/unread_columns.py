"""Doubts about a table of no known tracker: columns that hold what was found nowhere, or that hold nothing."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import Any

from dupfind.sources.column_hints import hints
from dupfind.sources.column_profile import (
    Sample,
    are_dates,
    are_ids,
    are_keys,
    are_sentences,
    filled,
)
from dupfind.sources.dates import Dates

_N_FEW = 20  # records from which ids by line number are a doubt
_DISTINCT = 0.5  # the share of different ids under which they are not those of the records
_MOST = 500  # columns that are looked at
_NO_DATE = ("0", "-", "none", "null", "n/a", "nan", "nat")
_LONG = 60  # characters of the texts of a column that can be bodies


def doubts(
    columns: Sequence[str],
    chosen: Mapping[str, str],
    sample: Sample,
    read: Collection[str] = (),
    dates: Dates | None = None,
    *,
    has_line_ids: bool = False,
) -> tuple[str, ...]:
    """Return what looks wrong about a choice of columns, a sentence each, with the way out.

    Args:
        columns: All columns.
        chosen: The column for each field.
        sample: The first values, by column.
        read: Further columns that are read.
        dates: Reads the times.
        has_line_ids: Whether such tables often have no ids: then a few keys in another column are no doubt.
    """

    def values_of(field: str) -> Sequence[Any]:
        return sample.get(chosen[field], ()) if field in chosen else ()

    used = {*chosen.values(), *read}
    unread = {name: sample[name] for name in _first(columns, used, sample)}
    found = []
    if "id" not in chosen:
        ids = [name for name, values in unread.items() if are_ids(values) and not are_dates(values)]
        keys = [name for name in ids if are_keys(sample[name]) and not filled(sample[name])[0].isdecimal()]
        n_records = max(map(len, sample.values()), default=0)
        if (keys and not has_line_ids) or (ids and n_records >= _N_FEW):
            found.append(
                f"ids are line numbers: name their column with --id-column, such as {(keys or ids)[0]!r}"
            )
    repeated = filled(values_of("id"))
    is_repeated = len(repeated) >= _N_FEW and len(set(repeated)) < _DISTINCT * len(repeated)
    if is_repeated and "title" not in chosen:
        found.append(
            f"most ids in the column {chosen['id']!r} repeat, as those of comments or events do:"
            " name another with --id-column"
        )
    if "title" not in chosen:
        title = next((name for name, values in unread.items() if are_sentences(values)), None)
        if title is not None:
            found.append(f"no column is known as titles: name it with --title-column, such as {title!r}")
    nested = next((name for name, values in unread.items() if _are_lists_of_records(values)), None)
    if nested is not None and "state" not in chosen:
        found.append(
            f"most records have no state and hold a list of others: if these are the issues, pass --table {nested}"
        )
    elif "title" in chosen and not filled(values_of("body")):
        texts = (name for name, values in unread.items() if _are_long(values) and are_sentences(values))
        if (body := next(texts, None)) is not None:
            is_list = any(isinstance(value, list) for value in unread[body])
            by_table = "if the issues are in the list, pass --table"
            way_out = by_table if is_list else "name their column with --body-column"
            found.append(f"no bodies are read: {way_out}, such as {body!r}")
    created = [value for value in filled(values_of("created")) if value.lower() not in _NO_DATE]
    parse = dates or Dates(created)
    if created and not any(parse(value) is not None for value in created):
        found.append(
            f"no date in the column {chosen['created']!r} can be read, such as {created[0][:40]!r}:"
            " name another with --created-column"
        )
    return tuple(found)


def _first(columns: Sequence[str], used: Collection[str], sample: Sample) -> Iterator[str]:
    """Yield the first columns that are not read."""
    unread = (name for name in columns if name not in used and name in sample)
    return islice(unread, _MOST)


def _are_lists_of_records(values: Sequence[object]) -> bool:
    """Return whether most values are lists of objects with a title and a state."""
    lists = [value for value in values[:_MOST] if isinstance(value, list) and value]
    return (
        bool(lists) and len(lists) >= _DISTINCT * len(values[:_MOST]) and all(map(_is_record, chain(*lists)))
    )


def _is_record(value: object) -> bool:
    if not isinstance(value, dict):
        return False
    found = [hint for key in value if (hint := hints(key)) is not None]
    fields = {field for hint in found for field in hint.ranks}
    return "title" in fields and ("state" in fields or any(hint.is_answer for hint in found))


def _are_long(values: Sequence[object]) -> bool:
    found = filled(values)
    return bool(found) and sum(map(len, found)) >= _LONG * len(found)
