"""Choose which column of a table is which field of a record, by the caller's choice or by likely names."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal
from typing import Any
from uuid import UUID

from dupfind.errors import SourceError
from dupfind.sources.column_profile import cut
from dupfind.sources.mapping import FIELDS, UNMAPPED, choose, join_names, match_name
from dupfind.tables.cells import plain
from dupfind.tables.short_repr import is_short, shown

Columns = str | Sequence[str] | Mapping[str, str | None]
"""The columns of a table that hold a record's fields.

A name: the one column of texts. Several names: the title, and the parts of the body. A dict: a column for each field,
such as `{"id": "key", "title": "summary"}`; None switches a field off. Other fields are found by likely names.
"""

_WHERE = "the table"
_MANY_DIGITS = 10**18
"""Stands for a number in a sample that is too long to be written out."""


@dataclass(frozen=True, slots=True)
class ChosenColumns:
    """The columns of a table that are read.

    Attributes:
        texts: One column of texts; or the column of titles, then those of bodies.
        others: The column of each other field.
    """

    texts: tuple[str, ...]
    others: Mapping[str, str]

    @property
    def names(self) -> list[str]:
        """All columns that are read, the texts first."""
        return [*self.texts, *self.others.values()]


def layout(
    names: Sequence[str], columns: Columns | None, sample: Mapping[str, Sequence[Any]]
) -> ChosenColumns:
    """Choose the columns.

    Args:
        names: The table's columns.
        columns: The caller's choice, or None.
        sample: The first values of each column.

    Raises:
        SourceError: A column or field does not exist, or no column holds texts.
    """
    if isinstance(columns, Mapping):
        return _by_field(names, columns, sample)
    texts = () if columns is None else _named(columns, names)
    chosen = _likely([name for name in names if name not in texts], sample)
    likely_texts = [chosen.pop(field) for field in ("title", "body") if field in chosen]
    return _checked(texts or tuple(likely_texts), chosen, names)


def _by_field(
    names: Sequence[str], columns: Mapping[str, str | None], sample: Mapping[str, Sequence[Any]]
) -> ChosenColumns:
    unknown = next((field for field in columns if field not in FIELDS), None)
    if unknown is not None:
        raise SourceError(f"{shown(unknown)} is not a field of a record; fields: {', '.join(FIELDS)}")
    several = next((name for name in columns.values() if not isinstance(name, str | None)), None)
    if several is not None:
        raise SourceError(
            f"columns has {shown(several)}: give a field one name, or pass a list of names as columns"
        )
    named = {field: _named(name, names)[0] for field, name in columns.items() if name is not None}
    free = [name for name in names if name not in named.values()]
    found = _likely(free, sample)
    if "title" in named or "body" in named:  # who names the texts wants no others
        found = {field: name for field, name in found.items() if field not in ("title", "body")}
    chosen = named | {field: name for field, name in found.items() if field not in columns}
    texts = tuple(chosen.pop(field) for field in ("title", "body") if field in chosen)
    return _checked(texts, chosen, names)


def _named(columns: object, names: Sequence[str]) -> tuple[str, ...]:
    listed: list[Any] = [columns]
    if isinstance(columns, Iterable) and not isinstance(columns, str):
        listed = list(columns)
    if not all(isinstance(name, str) for name in listed):
        raise SourceError(f"columns is {shown(columns)}: give a name, a list of names, or a dict of fields")
    if not listed:
        raise SourceError("columns is empty: name a column, or leave it out")
    return tuple(
        match_name(name, names, what=f"column {shown(name)}", where=_WHERE, kind="columns") for name in listed
    )


def _likely(names: Sequence[str], sample: Mapping[str, Sequence[Any]]) -> dict[str, str]:
    plain_sample = {name: [_sampled(plain(value)) for value in sample.get(name, ())] for name in names}
    return choose(names, UNMAPPED, where=_WHERE, is_file=True, sample=plain_sample)


def _sampled(value: Any) -> Any:
    """Return a value to guess by; of a list, an object or an endless number, what a message shows of it."""
    if isinstance(value, str | bytes):
        return cut(value)
    if isinstance(value, int):
        return value if is_short(value) else _MANY_DIGITS
    return value if value is None or isinstance(value, float | Decimal | date | time | UUID) else shown(value)


def _checked(texts: tuple[str, ...], others: Mapping[str, str], names: Sequence[str]) -> ChosenColumns:
    if not texts:
        example = next((name for name in names if name not in others.values()), names[0] if names else "text")
        raise SourceError(
            f"no column of the table is known to hold texts; its columns: {join_names(names)}:"
            f" name it with columns={shown(example)}"
        )
    return ChosenColumns(texts, others)
