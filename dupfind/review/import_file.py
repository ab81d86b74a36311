"""Returned: decisions that come back from people, in a report's sheet or a team's file, checked before any is kept."""

import csv
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from itertools import chain
from pathlib import Path

from dupfind.decisions import DIFFERENT, SAME, UNSURE, Decision, Decisions, Side, numbered, standing
from dupfind.errors import SourceError
from dupfind.records import Record, RecordName
from dupfind.reports.csv_table import unguarded
from dupfind.sources.files.text_file import open_text
from dupfind.storage.store import Store

Line = tuple[int, Decision]
"""A decision, and the number of the line that it stands in."""

_ANSWERS = {
    **dict.fromkeys(("same", "s", "yes", "y", "duplicate", "1", "true"), SAME),
    **dict.fromkeys(("different", "d", "no", "n", "not duplicate", "not_duplicate", "0", "false"), DIFFERENT),
    **dict.fromkeys(("unsure", "u", "?"), UNSURE),
}
_COLUMNS = (
    "decision",
    *(f"{end}_{what}" for end in ("first", "second") for what in ("source", "project", "id")),
    "fingerprints",
)


def read(path: Path, store: Store, *, decided: datetime, who: str, why: str = "") -> list[Line]:
    """Read a report's CSV with its `decision` column filled in, or a file of decisions.

    Args:
        path: The file; rows of a sheet without a decision are passed over.
        store: In a read transaction; a sheet's records are looked up here.
        decided: When, for a sheet, which does not say.
        who: Whoever decided, for a sheet.
        why: Their reason, for a sheet.

    Raises:
        SourceError: A line is broken, or names a record that is not in the index; its text says which line.
    """
    with open_text(path, newline="") as file:
        start = file.read(1_000)
    if start.lstrip().startswith("{"):
        lines = list(numbered(path))
        for line, decision in lines:
            for name in decision.names:
                _record(store, name, path, line)
        return lines
    return [
        (line, Decision.of(first, second, answer, decided=decided, who=who, why=why))
        for line, first, second, answer in _sheet(path, store)
    ]


def changes(
    path: Path, lines: Iterable[Line], kept: Iterable[Decision], *, newer: bool = False
) -> list[Decision]:
    """What an index has to change so that it holds the decisions of a file, too.

    Args:
        path: The file, for the error.
        lines: Its decisions.
        kept: What the index holds.
        newer: Whether the later of two that contradict each other stands.

    Raises:
        SourceError: A line contradicts another, or what the index holds; its text says which line.
    """
    before = {decision.names: decision for decision in kept}
    stands: dict[tuple[RecordName, RecordName], Decision] = {}
    for line, decision in lines:
        mine = stands.get(decision.names, before.get(decision.names))
        settled = decision if mine is None else standing(mine, decision, newer=newer)
        if settled is None:
            raise SourceError(
                f"{path}, line {line}: {decision}, but {mine}: mend the line, or let the later word stand with --newer"
            )
        stands[decision.names] = settled
    return [decision for names, decision in stands.items() if decision != before.get(names)]


def merged(path: Path, kept: Decisions, *, newer: bool = False) -> tuple[list[Decision], Decisions]:
    """Bring a team's file and an index to one state; the file may name records that are not in this index.

    Args:
        path: The file; it need not be there yet.
        kept: What the index holds.
        newer: Whether the later of two that contradict each other stands.

    Returns:
        What the index has to change, and what both hold then.

    Raises:
        SourceError: A line is broken, or contradicts another, or what the index holds.
    """
    changed = changes(path, numbered(path), kept, newer=newer) if path.exists() else []
    by_names = {decision.names: decision for decision in chain(kept, changed)}
    return changed, Decisions.of(by_names.values())


Row = tuple[int, Record, Record, str]
"""Number of the line, two records, and the answer."""


def _sheet(path: Path, store: Store) -> Iterator[Row]:
    """The rows of a report's CSV that hold a decision."""
    with open_text(path, newline="") as file:
        head = file.readline()
        rows = csv.DictReader(chain([head], file), delimiter=_delimiter(head), strict=True)
        missing = [name for name in _COLUMNS if name not in (rows.fieldnames or ())]
        if missing:
            raise SourceError(
                f"{path} has no column {missing[0]!r}: give the CSV of `dupfind report` with its decisions, or a file"
                " of --export"
            )
        line = 1
        try:
            for row in rows:
                begin, line = line + 1, rows.line_num
                said = (row["decision"] or "").strip().lower()
                if said:
                    yield _row(row, said, path, begin, store)
        except csv.Error as error:
            raise SourceError(
                f"{path}, line {line + 1}: the row that begins here is broken: {error}"
            ) from error


def _delimiter(head: str) -> str:
    """Spreadsheets write what their country's decimal comma leaves free."""
    return max(",;\t", key=head.count)


def _row(row: Mapping[str, str | None], said: str, path: Path, line: int, store: Store) -> Row:
    if said not in _ANSWERS:
        raise SourceError(
            f"{path}, line {line}: {said[:60]!r} is no decision: write same, different or unsure"
        )
    first, second = (_named_record(row, end, path, line, store) for end in ("first", "second"))
    if first.source == second.source and first.ref == second.ref:
        raise SourceError(f"{path}, line {line}: both records are {first.id[:80]!r}: a decision is on two")
    shown = (row["fingerprints"] or "").strip().split("-")
    for place, record in enumerate((first, second)):
        if shown[place : place + 1] != [Side.of(record).fingerprint]:
            raise SourceError(
                f"{path}, line {line}: title or body of {record.id[:80]!r} has changed since that report, or the"
                " cell `fingerprints` has: empty the decision there, and answer in `dupfind review`"
            )
    return line, first, second, _ANSWERS[said]


def _named_record(row: Mapping[str, str | None], end: str, path: Path, line: int, store: Store) -> Record:
    """The record at one end of a row."""
    source, project, id = (unguarded(row[f"{end}_{what}"] or "") for what in ("source", "project", "id"))
    return _record(store, (source, project, id), path, line)


def _record(store: Store, name: RecordName, path: Path, line: int) -> Record:
    source, project, id = name
    found = [record for _, record in store.find(id, source=source) if (record.project or "") == project]
    if not found:
        shown = f"{project}#{id}" if project else id
        raise SourceError(
            f"{path}, line {line}: {shown[:80]!r} of {source[:80]!r} is not in {store.path.parent}: index its"
            " tracker, or leave the line out"
        )
    return found[0]
