"""The ids of originals in a cell, and the columns that may hold them or only the number of duplicates."""

import re
from collections.abc import Sequence
from itertools import zip_longest
from typing import Any

from dupfind.sources.coerce import text
from dupfind.sources.column_names import THINGS
from dupfind.sources.column_profile import N_SAMPLED, filled, whole_number
from dupfind.sources.column_words import NO_ANSWERS, YES_ANSWERS

DOUBTFUL = frozenset(("duplicate", "duplicates", "duplicate_ids", "dup", "dups", "dupe", "dupes"))
"""Names of columns that hold originals, the number of duplicates, their list on the original, or yes and no."""

OF_THINGS = frozenset(
    f"{beginning}_{thing}" for beginning in ("duplicate", "duplicated", "dup") for thing in THINGS
)
"""Names of columns that hold originals, or yes and no."""

_ADDRESS = re.compile(r"https?://.*[/=]")
_PARTS = re.compile(r"[,;\n]")
_TITLED = re.compile(
    r"(?:^|(?<=[\n;,]))\s{0,9}#?([A-Za-z][A-Za-z0-9_]{0,30}-?\d{1,18}|\d{1,19})(?::\s| [-\u2013] )"
)
_MOST_TITLED = 20_000  # characters of a list of ids with titles
_KEY = re.compile(r"(?:[A-Za-z][A-Za-z0-9_]{0,30}[-_]?)?\d{1,19}")
_END = re.compile(r"(.*?)(\d{1,19})")
_NOTHING = frozenset(("", "0", "none", "null", "nan", "n/a", "na", "-", "false", "no"))
_SPARSE = 0.5  # the share of rows above which a column of numbers counts something
_N_WHOLE = 99  # rows below which a table has hardly more than those that are given
_N_SURE = 20  # rows above which numbers of one digit alone are counts
_LARGE = 1_000  # a number that counts no duplicates


def ids_in(value: Any) -> list[str]:
    """Return the ids in a cell: a list, or text with commas, semicolons or lines; 0 and "none" name nothing.

    Of an address the end is the id. An id may have its title behind it, as in "#12: The tap drips", and a list may
    be written with brackets.
    """
    if isinstance(value, list | tuple):
        parts = [text(part) for part in value if not isinstance(part, dict)]
    else:
        plain = text(value).strip()
        titled = _TITLED.findall(plain[:_MOST_TITLED]) if _TITLED.match(plain) else []
        parts = titled or _PARTS.split(plain)
    ids = (_ADDRESS.sub("", part.strip(" \t\r[]'\"").rstrip("/")).removeprefix("#") for part in parts)
    return [id for id in map(whole_number, ids) if id.lower() not in _NOTHING]


def are_titles(values: Sequence[Any]) -> bool:
    """Return whether most values are titles in place of ids, as a table shows the rows that its cells lead to."""
    found = [id for value in values[:N_SAMPLED] for id in ids_in(value)]
    n_titles = sum(len(id.split()) > 2 for id in found)
    return n_titles > 0.5 * len(found)


def are_answers(values: Sequence[Any]) -> bool:
    """Return whether all values are words of yes or no, and none an id."""
    found = [value.lower() for value in filled(values)]
    return bool(found) and all(
        (value in YES_ANSWERS or value in NO_ANSWERS) and not any(map(str.isdigit, value)) for value in found
    )


def are_bits(values: Sequence[Any]) -> bool:
    """Return whether the values are 0 and 1 for no and yes; empty cells are left open."""
    return {"1"} == {value for value in filled(values) if value != "0"}


def name_originals(values: Sequence[Any], ids: Sequence[Any]) -> bool:
    """Return whether the values of a column with a doubtful name are the ids of originals.

    They are so if few rows have one, each is an id and too large for a count, most are ids of the first rows, and some
    come before their duplicate: a list of later ones is that of the duplicates of an original.

    Args:
        values: The first values.
        ids: The ids of these rows.
    """
    own = [text(id).strip() for id in ids[:N_SAMPLED]]
    rows = list(zip_longest(own, values[:N_SAMPLED]))
    named = [(id or "", ids_in(value)) for id, value in rows]
    found = [(id, other) for id, others in named for other in others]
    n_with = sum(bool(others) for _, others in named)
    if not found or n_with > _SPARSE * len(rows):
        return False
    if not all(_KEY.fullmatch(other) or other in own for _, other in found):
        return False
    if are_bits(values) or (len(rows) > _N_SURE and _are_below(10, found)):
        return False
    is_whole = len(values) < _N_WHOLE
    n_here = sum(other in own for _, other in found)
    if 2 * n_here < len(found) and (is_whole or _are_below(_LARGE, found)):
        return False
    return any(_is_before(other, id, own) for id, other in found)


def _are_below(limit: int, found: Sequence[tuple[str, str]]) -> bool:
    return all(other.isdecimal() and len(other) < 5 and int(other) < limit for _, other in found)


def _is_before(other: str, id: str, own: Sequence[str]) -> bool:
    """Return whether an id is before another one by their numbers, else by their rows."""
    first, second = _END.fullmatch(other), _END.fullmatch(id)
    if first is not None and second is not None and first[1] == second[1]:
        return int(first[2]) < int(second[2])
    return other not in own or own.index(other) < own.index(id)
