"""The CSV of a report's pairs, which a person fills in and `dupfind review --import` reads: its columns and cells."""

RECORD_COLUMNS = ("source", "project", "id", "title", "state", "created", "url")
"""The columns of each record; their names begin with `first_` or `second_`."""

COLUMNS = (
    "decision",
    "cluster",
    "score",
    "margin",
    "probability",
    "known",
    *(f"{end}_{column}" for end in ("first", "second") for column in RECORD_COLUMNS),
    "fingerprints",
)
"""All columns. `decision` is empty in a report; `fingerprints` joins both with a hyphen."""

_FORMULA_STARTS = frozenset("=+-@\t\r\n'|%＝＋－＠")


def guarded(cell: str) -> str:
    """Return a cell that no spreadsheet runs as a formula: an apostrophe precedes a character that may start one.

    It also precedes an apostrophe, so that `unguarded` restores every cell.
    """
    return f"'{cell}" if cell[:1] in _FORMULA_STARTS else cell


def unguarded(cell: str) -> str:
    """Undo `guarded`."""
    return cell[1:] if cell[:1] == "'" and cell[1:2] in _FORMULA_STARTS else cell
