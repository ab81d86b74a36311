"""A report as CSV: one row for each pair, with a column for a person's decision."""

import csv
import io

from dupfind.dedup.decision_sheet import COLUMNS, guarded
from dupfind.dedup.report import Member, Report
from dupfind.reports.display import day, plain


def csv_table(report: Report) -> str:
    """Return one row for each pair of a cluster. `decision` is empty, for "same" or "different".

    Both fingerprints share one cell, joined by a hyphen, because no spreadsheet mistakes that for a number.
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


def _cells(member: Member) -> list[str]:
    """Return the cells of a record, in the order of `RECORD_COLUMNS`."""
    texts = [
        member.source,
        member.project or "",
        member.id,
        plain(member.title),
        plain(member.state or "", 40),
    ]
    return [*map(guarded, texts), day(member.created), guarded(plain(member.url or "", 2000))]
