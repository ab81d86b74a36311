"""Import decisions from a report's CSV or a team's JSON Lines; every line is checked before any is saved."""

import csv
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from itertools import chain
from pathlib import Path

from dupfind.decisions import DIFFERENT, SAME, UNSURE, Decision, Decisions, Side, numbered, standing
from dupfind.dedup.decision_sheet import unguarded
from dupfind.errors import SourceError
from dupfind.records import Record, RecordName
from dupfind.sources.files.text_file import open_text
from dupfind.storage.store import Store

Line = tuple[int, Decision]
"""A decision, and the number of its line."""

_ANSWERS = {
    **dict.fromkeys(("same", "s", "yes", "y", "duplicate", "1", "true"), SAME),
    **dict.fromkeys(("different", "d", "no", "n", "not duplicate", "not_duplicate", "0", "false"), DIFFERENT),
    **dict.fromkeys(("unsure", "u", "?"), UNSURE),
}
_REQUIRED_COLUMNS = (
    "decision",
    *(f"{end}_{column}" for end in ("first", "second") for column in ("source", "project", "id")),
    "fingerprints",
)


def read(path: Path, store: Store, *, decided: datetime, who: str, why: str = "") -> list[Line]:
    """Read a report's CSV with its `decision` column filled in, or a file of decisions.

    Args:
        path: The file. CSV rows without a decision are skipped.
        store: In a read transaction; the records are looked up here.
        decided: Time of the decisions in a CSV, which does not contain it.
        who: Who made the decisions in a CSV.
        why: The reason for the decisions in a CSV.

    Raises:
        SourceError: A line is invalid, or names a record that is not in the index; the message has the line number.
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
        for line, first, second, answer in _decided_rows(path, store)
    ]


def changes(
    path: Path, lines: Iterable[Line], current: Iterable[Decision], *, newer: bool = False
) -> list[Decision]:
    """Return the decisions that an index must save to agree with a file.

    Args:
        path: The file, for the error message.
        lines: The decisions of the file.
        current: The decisions of the index.
        newer: On conflict, keep the newer decision.

    Raises:
        SourceError: A line contradicts another line or the index; the message has the line number.
    """
    before = {decision.names: decision for decision in current}
    after: dict[tuple[RecordName, RecordName], Decision] = {}
    for line, decision in lines:
        other = after.get(decision.names, before.get(decision.names))
        stands = decision if other is None else standing(other, decision, newer=newer)
        if stands is None:
            raise SourceError(
                f"{path}, line {line}: {decision}, but {other}: correct the line, or pass --newer to keep the newer"
                " decision"
            )
        after[decision.names] = stands
    return [decision for names, decision in after.items() if decision != before.get(names)]


def merged(path: Path, current: Decisions, *, newer: bool = False) -> tuple[list[Decision], Decisions]:
    """Merge a team's file with the decisions of an index. The file may name records that are not in this index.

    Args:
        path: The file; it need not exist yet.
        current: The decisions of the index.
        newer: On conflict, keep the newer decision.

    Returns:
        The decisions that the index must save, and all decisions that both hold afterwards.

    Raises:
        SourceError: A line is invalid, or contradicts another line or the index.
    """
    changed = changes(path, numbered(path), current, newer=newer) if path.exists() else []
    by_names = {decision.names: decision for decision in chain(current, changed)}
    return changed, Decisions.of(by_names.values())


DecidedRow = tuple[int, Record, Record, str]
"""The number of a line, two records, and the answer."""


def _decided_rows(path: Path, store: Store) -> Iterator[DecidedRow]:
    """Yield the rows of a report's CSV that have a decision."""
    with open_text(path, newline="") as file:
        head = file.readline()
        rows = csv.DictReader(chain([head], file), delimiter=_delimiter(head), strict=True)
        missing = [name for name in _REQUIRED_COLUMNS if name not in (rows.fieldnames or ())]
        if missing:
            raise SourceError(
                f"{path} has no column {missing[0]!r}: pass the CSV of `dupfind report` with its decisions, or a file"
                " of --export"
            )
        last_line = 1
        try:
            for row in rows:
                # A cell may hold line breaks, so a row begins after the last line of the row before it.
                line, last_line = last_line + 1, rows.line_num
                answer = (row["decision"] or "").strip().lower()
                if answer:
                    yield _decided_row(row, answer, path, line, store)
        except csv.Error as error:
            raise SourceError(
                f"{path}, line {last_line + 1}: the row that begins here is broken: {error}"
            ) from error


def _delimiter(head: str) -> str:
    """Return the delimiter of a header. Spreadsheets avoid the comma in countries that use it as decimal mark."""
    return max(",;\t", key=head.count)


def _decided_row(
    row: Mapping[str, str | None], answer: str, path: Path, line: int, store: Store
) -> DecidedRow:
    if answer not in _ANSWERS:
        raise SourceError(
            f"{path}, line {line}: {answer[:60]!r} is not a decision: write same, different or unsure"
        )
    first, second = (_named_record(row, end, path, line, store) for end in ("first", "second"))
    if first.source == second.source and first.ref == second.ref:
        raise SourceError(
            f"{path}, line {line}: both records are {first.id[:80]!r}: a decision needs two records"
        )
    fingerprints = (row["fingerprints"] or "").strip().split("-")
    for place, record in enumerate((first, second)):
        # A slice, because an edited cell may hold fewer than two.
        if fingerprints[place : place + 1] != [Side.of(record).fingerprint]:
            raise SourceError(
                f"{path}, line {line}: title or body of {record.id[:80]!r} has changed since that report, or its cell"
                " `fingerprints` was edited: clear the decision there, and decide in `dupfind review`"
            )
    return line, first, second, _ANSWERS[answer]


def _named_record(row: Mapping[str, str | None], end: str, path: Path, line: int, store: Store) -> Record:
    """Look up the record at one end of a row."""
    source, project, id = (unguarded(row[f"{end}_{column}"] or "") for column in ("source", "project", "id"))
    return _record(store, (source, project, id), path, line)


def _record(store: Store, name: RecordName, path: Path, line: int) -> Record:
    source, project, id = name
    records = [record for _, record in store.find(id, source=source) if (record.project or "") == project]
    if not records:
        shown = f"{project}#{id}" if project else id
        raise SourceError(
            f"{path}, line {line}: {shown[:80]!r} of {source[:80]!r} is not in {store.path.parent}: index its"
            " tracker, or delete the line"
        )
    return records[0]
