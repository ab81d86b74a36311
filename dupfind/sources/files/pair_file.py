"""Read a file of pairs of questions with a label, such as Quora's: each question becomes a record, once."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

from dupfind.errors import SourceError
from dupfind.records import Record, Ref
from dupfind.sources.coerce import flag
from dupfind.sources.column_names import normalize
from dupfind.sources.entries import Entry, LeftOut

KIND = "question-pairs"

_TEXTS = (
    ("question1", "question2"),
    ("question_1", "question_2"),
    ("sentence1", "sentence2"),
    ("text1", "text2"),
)
_IDS = (("qid1", "qid2"), ("id1", "id2"), ("question1_id", "question2_id"))
_LABELS = ("is_duplicate", "duplicate", "label")

Rows = Callable[[], Iterator[tuple[int, list[str]] | LeftOut]]
"""Yields the cells of each row anew, with its line; or a broken row."""


@dataclass(frozen=True)
class PairColumns:
    """The positions of the columns of a file of pairs.

    Attributes:
        texts: Of the two texts.
        ids: Of their ids; None where a question has no id, and its text is the only name that it has.
        label: Of the label, which is true for duplicates.
    """

    texts: tuple[int, int]
    ids: tuple[int, int] | None
    label: int


def columns(header: Sequence[str]) -> PairColumns | None:
    """Return the columns of a file of pairs; None if this is the header of another file."""
    names = [normalize(name) for name in header]
    texts = _positions(names, _TEXTS)
    label = next((names.index(name) for name in _LABELS if name in names), None)
    if texts is None or label is None:
        return None
    return PairColumns(texts, _positions(names, _IDS), label)


def _positions(names: Sequence[str], pairs: Sequence[tuple[str, str]]) -> tuple[int, int] | None:
    pair = next((pair for pair in pairs if pair[0] in names and pair[1] in names), None)
    return None if pair is None else (names.index(pair[0]), names.index(pair[1]))


def records(rows: Rows, of: PairColumns, *, source: str) -> Iterator[Entry]:
    """Yield each question once, at its first row; the second question of a pair is the duplicate of the first.

    The ids of all questions are held in memory. A question without an id has the number of the line in which it first
    stands, and its place there: "12a" or "12b".

    Args:
        rows: Called twice, the first time for the marks.
        of: The columns.
        source: The name of the records' source.
    """
    originals: dict[str, dict[str, None]] = {}
    names: dict[str, str] = {}
    for line, cells in _unbroken(rows):
        first, second = _ids(line, cells, of, names)
        # Of two that name each other, the one named first stays the original.
        if flag(cells[of.label]) and first != second and second not in originals.get(first, ()):
            originals.setdefault(second, {})[first] = None
    seen: set[str] = set()
    for row in rows():
        if isinstance(row, LeftOut):
            yield row
            continue
        line, cells = row
        for id, position in zip(_ids(line, cells, of, names), of.texts, strict=True):
            if id not in seen:
                seen.add(id)
                refs = tuple(Ref(None, original) for original in originals.get(id, ()))
                yield Record(id=id, title=cells[position].strip(), source=source, duplicate_of=refs)


def _unbroken(rows: Rows) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows up to an error, which is raised when the rows are read."""
    with suppress(SourceError):
        for row in rows():
            if not isinstance(row, LeftOut):
                yield row


def _ids(line: int, cells: Sequence[str], of: PairColumns, names: dict[str, str]) -> tuple[str, str]:
    """Return the ids of the two questions of a row; `names` keeps those that a text was given."""
    if of.ids is not None:
        first, second = (cells[position].strip() for position in of.ids)
        if first and second:
            return first, second
    first, second = (cells[position].strip() for position in of.texts)
    return names.setdefault(first, f"{line}a"), names.setdefault(second, f"{line}b")
