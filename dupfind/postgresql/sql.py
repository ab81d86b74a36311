"""Translate a statement of `storage` from SQLite's SQL to PostgreSQL's."""

import re
from functools import lru_cache

_PLACE = re.compile(r"\?(\d*)")
_WORDS = (
    (re.compile(r"\bCROSS JOIN\b"), "JOIN"),  # which fixes an order of tables in SQLite alone
    (re.compile(r"value FROM json_each\(\?\) AS texts"), 'value COLLATE "C" FROM json_texts(?)'),
    (
        re.compile(r"value ->> 0, value ->> 1, value ->> 2 FROM json_each\(\?\)"),
        '(value ->> 0)::bigint, (value ->> 1) COLLATE "C", (value ->> 2) COLLATE "C"'
        " FROM json_array_elements(?::json) AS names (value)",
    ),
    (re.compile(r"json_each\((\?\d*)\)"), r"json_rows(\1)"),
    (re.compile(r"\btemp\.(seen|hidden)\b"), r"pg_temp.\1"),
    (re.compile(r"\blast_insert_rowid\(\)"), "lastval()"),
    (re.compile(r"\bINTEGER\b"), "bigint"),
)
_IGNORE = "INSERT OR IGNORE"


@lru_cache(maxsize=512)
def translated(statement: str) -> str:
    """Return a statement for PostgreSQL, with the parameters %(p1)s, %(p2)s and so on.

    Args:
        statement: SQL that SQLite reads; its parameters are "?" and "?1".
    """
    # SQLite reads a list of rows in its order.
    is_list = statement.startswith("SELECT") and "json_each(?) CROSS JOIN" in statement
    if is_list and "ORDER BY" not in statement:
        statement += " ORDER BY key"
    if statement.startswith(_IGNORE):
        statement = statement.replace(_IGNORE, "INSERT", 1) + " ON CONFLICT DO NOTHING"
    statement = statement.replace("%", "%%")
    for pattern, word in _WORDS:
        statement = pattern.sub(word, statement)
    last = 0

    def numbered(match: re.Match[str]) -> str:
        nonlocal last
        number = int(match[1]) if match[1] else last + 1  # as SQLite counts
        last = max(last, number)
        return f"%(p{number})s"

    return _PLACE.sub(numbered, statement)


def named(parameters: object) -> dict[str, object]:
    """Return the parameters of a statement by the names that `translated` gives them."""
    assert isinstance(parameters, list | tuple)
    return {f"p{number}": value for number, value in enumerate(parameters, 1)}
