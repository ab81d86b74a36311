"""States from columns that hold no words of states: answers of yes and no, and times of closing."""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from dupfind.sources.coerce import FIRST_YEAR, LAST_YEAR, text
from dupfind.sources.column_names import normalize, parted
from dupfind.sources.column_profile import Sample, are_dates, filled
from dupfind.sources.column_words import ASKING, CLOSED_FLAGS, NO_ANSWERS, OPEN_FLAGS, YES_ANSWERS, words
from dupfind.sources.dates import Dates

StateOf = Callable[[Any], str | None]
"""Returns the word of a state that a cell stands for; None if it stands for none."""

_RANKS = {
    normalize(name): (at, yes)
    for listed, yes in ((CLOSED_FLAGS, "closed"), (OPEN_FLAGS, "open"))
    for at, name in reversed(list(enumerate(listed.split(","))))
}
_ASKING = tuple(sorted(map(normalize, words(ASKING)), key=len, reverse=True))
_SHARE = 0.5  # of the values of a column, that are answers
_BITS = frozenset(("0", "1", "0.0", "1.0"))
_SET = re.compile(r"[1-9]")  # in a time; none is in "0000-00-00", "-" and "none"
_YEAR = re.compile(r"\s{0,9}(?:(\d{4})-\d\d?-\d\d?|\d\d?[./-]\d\d?[./-](\d{4}))(?!\d)")
_DATES = (Dates(), Dates(["1/31/2024"]))  # with the day first, and with the month


def choose(columns: Sequence[str], sample: Sample) -> str | None:
    """Return the column that says most clearly whether an issue is open or closed, by its name and values."""
    ranked = [(rank, at) for at, column in enumerate(columns) if (rank := _rank(column)) is not None]
    fitting = (columns[at] for _, at in sorted(ranked) if _are_answers(sample.get(columns[at], ())))
    return next(fitting, None)


def are_times(values: Sequence[Any]) -> bool:
    """Return whether values are times, empty for the issues that are open."""
    return are_dates([value for value in values if is_set(value)])


def is_set(cell: Any) -> bool:
    """Return whether something may have been closed at a time; programs write 0001-01-01 or 9999-12-31 for never."""
    value = text(cell)
    year = _YEAR.match(value)
    return _SET.search(value) is not None and (
        year is None or FIRST_YEAR <= int(year[1] or year[2]) <= LAST_YEAR
    )


def reader(column: str | None, sample: Sample) -> StateOf | None:
    """Return what reads the state in a column of answers or of times; None for any other column.

    Args:
        column: The name; None if there is no such column.
        sample: The first values. If none of them says no, an empty cell does.
    """
    if column is None:
        return None
    values, rank = sample.get(column, ()), _rank(column)
    if rank is not None and _are_answers(values):
        has_no = any(value.lower() in NO_ANSWERS for value in filled(values))
        return partial(_of_answer, yes=rank[1], has_no=has_no)
    return of_time if are_times(values) else None


def of_fields(values: Mapping[str, Any], closed: str | None) -> str | None:
    """Return the state that the fields of one issue stand for by an answer, or by the time in the field `closed`."""
    sample = {name: [value] for name, value in values.items()}
    column = choose(tuple(values), sample) or closed
    state_of = reader(column, sample)
    return None if column is None or state_of is None else state_of(values[column])


def _rank(column: str) -> tuple[int, str] | None:
    return rank_of(parted(normalize(column))[1])


def rank_of(bare: str) -> tuple[int, str] | None:
    """Return the place of a name among those of such columns, and what the answer yes means; None for other names.

    Args:
        bare: The name as `column_names.parted` returns it without its thing.
    """
    rank = _RANKS.get(bare)
    if rank is not None or not bare.startswith(_ASKING):
        return rank
    prefix = next(filter(bare.startswith, _ASKING))
    return _RANKS.get(bare.removeprefix(prefix).strip("_"))


def _are_answers(values: Sequence[Any]) -> bool:
    """Return whether most values are answers, and no other one is a number."""
    found = [value.lower() for value in filled(values)]
    if any(value in _BITS and "." in value for value in found) and not _BITS.issuperset(found):
        return False  # versions, or other numbers
    others = [value for value in found if value not in YES_ANSWERS and value not in NO_ANSWERS]
    return (
        len(others) < len(found)
        and len(others) <= _SHARE * len(found)
        and not any(map(str.isdecimal, others))
    )


def _of_answer(cell: Any, *, yes: str, has_no: bool) -> str | None:
    no = "open" if yes == "closed" else "closed"
    word = text(cell).strip().lower()
    if word in YES_ANSWERS:
        return yes
    return no if word in NO_ANSWERS or not (word or has_no) else None


def of_time(cell: Any) -> str:
    """Return the state that a time of closing stands for: "open" if there is none, or none that is plausible."""
    return "closed" if is_set(cell) and any(dates(cell) is not None for dates in _DATES) else "open"
