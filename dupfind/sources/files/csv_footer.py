"""Tell the lines below a table, as reports have them, from rows that have only a title."""

from collections.abc import Callable, Iterable, Iterator

from dupfind.sources.column_profile import are_keys
from dupfind.sources.entries import LeftOut

Row = tuple[int, list[str]]
"""The number of its first line, and its cells."""

_N_NARROW = 2  # columns of a table in which a row of one cell may always be a record
_MOST_LINES = 20  # lines of one cell that may stand below a table; more are rows


def without_footer(
    rows: Iterable[Row | LeftOut], width: int, label: Callable[[int], str], *, first: str | None
) -> Iterator[Row | LeftOut]:
    """Yield the rows as wide as the header; those of one cell that are no records are left out.

    Such a cell is a title if the first column is that of titles and a row with more cells follows, or if none came
    before. In the place of an id a cell that is none, with empty ones behind it, is a line below the table if only
    such lines follow. At most `_MOST_LINES` rows are held.

    Args:
        rows: Their cells are at least one, and may be fewer than the columns.
        width: The number of columns.
        label: Names the row in a line, for messages.
        first: The field of the first column: "title", where it holds the texts, "id", or another.
    """
    held: list[Row] = []
    is_below = False  # whether the next row of one cell may stand below the table
    for row in rows:
        if isinstance(row, LeftOut):
            yield row
            continue
        line, cells = row
        is_lone = width > _N_NARROW and len(cells) == 1
        is_padded = width > _N_NARROW and first == "id" and _is_padded(cells)
        if is_lone and first != "title":
            yield _left_out(line, cells, width, label)
            continue
        if (is_padded or (is_lone and is_below)) and len(held) < _MOST_LINES:
            held.append(row)
            continue
        is_below = not is_lone
        if held:
            yield from ((line, _as_wide(cells, width)) for line, cells in held)
            held.clear()
        yield line, cells if len(cells) == width else _as_wide(cells, width)
    for line, cells in held:
        yield _left_out(line, cells, width, label)


def _is_padded(cells: list[str]) -> bool:
    """Return whether a row has one cell, which is no id, and empty ones behind it, as spreadsheets write a line."""
    return len(cells) > 1 and not any(cells[1:]) and cells[0] != "" and not are_keys(cells[:1])


def _as_wide(cells: list[str], width: int) -> list[str]:
    return (cells + [""] * width)[:width]


def _left_out(line: int, cells: list[str], width: int, label: Callable[[int], str]) -> LeftOut:
    if len(cells) > 1:
        return LeftOut("broken", f"{label(line)} has text in its first cell alone, which is no id")
    return LeftOut("broken", f"{label(line)} has 1 cell, and the header has {width}")
