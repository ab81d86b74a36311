"""A list that a command prints, and its formats for programs: JSON, JSON Lines, CSV, Markdown, GitHub and SARIF."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

FORMS = ("table", "json", "jsonl", "csv", "markdown", "github")
"""The formats of every list. A command draws "table" itself."""

SARIF = "sarif"
"""The further format of a list of findings in files."""

MAX_CELL = 2_000
"""Characters of a cell of CSV."""


@dataclass(frozen=True, slots=True)
class Annotation:
    """A remark that GitHub or another program shows, if possible at a line of a file.

    Attributes:
        level: "error", "warning" or "notice".
        title: A few words.
        message: A sentence.
        file: Path of the file, from the working folder or absolute; None where there is none.
        line: Its line, 1 for the first.
        rule: Name of the rule that it breaks; "" without one.
        key: Names the finding, the same in each run.
    """

    level: str
    title: str
    message: str
    file: str | None = None
    line: int = 1
    rule: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True)
class ListAnswer:
    """A list for programs.

    Attributes:
        document: The JSON object of the whole answer.
        items: The JSON objects of the list, for JSON Lines.
        columns: Names of the columns of CSV.
        rows: A mapping from each of these names to a value; the address of a row is its "url".
        shown: The columns of Markdown; the first one becomes a link to the row's address.
        annotations: Remarks for GitHub and SARIF; None for a remark about each row.
    """

    document: Mapping[str, Any]
    items: Sequence[Mapping[str, Any]]
    columns: Sequence[str]
    rows: Sequence[Mapping[str, Any]]
    shown: Sequence[str]
    annotations: Sequence[Annotation] | None = None

    def remarks(self) -> Sequence[Annotation]:
        """Return the remarks for GitHub and SARIF."""
        if self.annotations is not None:
            return self.annotations
        return [
            Annotation(
                "notice",
                _text(row[self.shown[0]]),
                "; ".join(f"{name} {_text(row[name])}" for name in self.shown[1:] if _text(row[name])),
            )
            for row in self.rows
        ]


def draw_list(listing: ListAnswer, form: str) -> str:
    """Draw a list in one of `FORMS` but "table", or in `SARIF`.

    Returns:
        Lines, each with its end; "" for an empty list in some formats.
    """
    # The markup of a format is imported when it is drawn: a quick command prints JSON mostly.
    if form == "json":
        return json.dumps(listing.document, indent=2) + "\n"
    if form == "jsonl":
        return "".join(json.dumps(item) + "\n" for item in listing.items)
    if form == "csv":
        return _csv(listing)
    if form == "markdown":
        return _markdown(listing)
    if form == "github":
        from dupfind.reports.workflow_commands import workflow_commands

        return workflow_commands(listing.remarks())
    assert form == SARIF, form
    from dupfind.reports.sarif import sarif_log

    return json.dumps(sarif_log(listing.remarks()), indent=2) + "\n"


def _csv(listing: ListAnswer) -> str:
    from dupfind.dedup.decision_sheet import guarded
    from dupfind.reports.display import plain

    def cell(value: object) -> object:
        return guarded(plain(value, MAX_CELL)) if isinstance(value, str) else _text(value)

    sheet = io.StringIO()
    writer = csv.writer(sheet)
    writer.writerow(listing.columns)
    writer.writerows([cell(row[name]) for name in listing.columns] for row in listing.rows)
    return sheet.getvalue()


def _markdown(listing: ListAnswer) -> str:
    from dupfind.reports.display import plain
    from dupfind.reports.markdown_checklist import neutral
    from dupfind.reports.web_address import web_address

    def cells(row: Mapping[str, Any]) -> list[str]:
        first, *others = (neutral(plain(_text(row[name]))) for name in listing.shown)
        url = web_address(row.get("url"))
        # "|" would end the cell.
        linked = first if url is None else f"[{first or 'link'}](<{url.replace('|', '%7C')}>)"
        return [linked, *others]

    table = [list(listing.shown), ["---"] * len(listing.shown), *map(cells, listing.rows)]
    return "".join(f"| {' | '.join(row)} |\n" for row in table)


def _text(value: object) -> str:
    """Return a value of a row as a cell shows it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return " ".join(map(str, value))
    return str(value)
