"""A report as CSV: one row a pair, with a column for a person's decision."""

import csv
import io

from dupfind.dedup.report import Member, Report
from dupfind.reports.display import day, plain

COLUMNS = (
    "decision",
    "cluster",
    "score",
    "margin",
    "probability",
    "known",
    *(
        f"{end}_{what}"
        for end in ("first", "second")
        for what in ("source", "project", "id", "title", "state", "created", "url")
    ),
    "fingerprints",
)


def csv_table(report: Report) -> str:
    """One row a pair of a cluster; `decision` is empty, for "same" or "different".

    Both fingerprints stand in one cell, joined by a hyphen, which no spreadsheet takes for a number.
    """
    sheet = io.StringIO()
    writer = csv.writer(sheet)
    writer.writerow(COLUMNS)
    for number, cluster in enumerate(report.clusters, start=1):
        for pair in cluster.pairs:
            first, second = cluster.members[pair.first], cluster.members[pair.second]
            writer.writerow(
                [
                    "",
                    number,
                    f"{pair.score:.6f}",
                    f"{pair.margin:.6f}",
                    "" if pair.probability is None else f"{pair.probability:.4f}",
                    "yes" if pair.is_known else "no",
                    *_cells(first),
                    *_cells(second),
                    f"{first.fingerprint}-{second.fingerprint}",
                ]
            )
    return sheet.getvalue()


def guarded(cell: str) -> str:
    """A cell that no spreadsheet runs as a formula: an apostrophe stands before what could begin one.

    Also before an apostrophe, so that `unguarded` gives back what was there.
    """
    return f"'{cell}" if cell[:1] in _FORMULA_STARTS else cell


def unguarded(cell: str) -> str:
    """What `guarded` was given."""
    return cell[1:] if cell[:1] == "'" and cell[1:2] in _FORMULA_STARTS else cell


_FORMULA_STARTS = frozenset("=+-@\t\r\n'|%＝＋－＠")


def _cells(member: Member) -> list[str]:
    texts = [
        member.source,
        member.project or "",
        member.id,
        plain(member.title),
        plain(member.state or "", 40),
    ]
    return [*map(guarded, texts), day(member.created), guarded(plain(member.url or "", 2000))]
