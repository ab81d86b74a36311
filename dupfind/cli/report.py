"""`dupfind report`: the duplicate clusters of a whole index, in the form that is asked for."""

import shutil
import sys
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import click

from dupfind.cli.atomic_write import write_whole
from dupfind.cli.progress import progress
from dupfind.cli.terminal import Moment, Number, index_option, is_terminal, note, show_warnings
from dupfind.errors import StoreError
from dupfind.reports.formats import FORMS, SUFFIXES, draw
from dupfind.workspace.find_index import find_index

_TABLE_LIMIT = 25


@click.command(
    "report",
    short_help="Find all duplicates in the index.",
    epilog="""\b
Examples:
  dupfind report
  dupfind report -o duplicates.html
  dupfind report --state open --project web -o duplicates.md
  dupfind report --across --source jira.csv
  dupfind report --new --format csv > new.csv

Pairs are compared exactly, all of them. A pair whose score does not stand out from what its two records score with
their other neighbours is left out, and counted: that is what template text looks like. Nothing is ever closed.""",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(list(FORMS)),
    help="The form. [default: by the name of --output; table]",
)
@click.option("-o", "--output", metavar="FILE", help="Write to a file; `-` is standard output.")
@click.option(
    "--min-score",
    type=Number(-1, 1),
    default=0.65,
    show_default=True,
    help="Cosine similarity from which two issues are a pair; the default is measured (docs/design.md).",
)
@click.option(
    "--min-margin",
    type=Number(-2, 2),
    default=0.06,
    show_default=True,
    help="How far a score must stand out from the neighbours'; -2 leaves nothing out.",
)
@click.option("--min-probability", type=Number(0, 1), help="Calibrated chance from which a pair counts.")
@click.option("--state", type=click.Choice(["open", "closed", "all"]), default="all", show_default=True)
@click.option("--project", help="Only issues of this project.")
@click.option("--source", help="Only issues of this source.")
@click.option(
    "--across",
    is_flag=True,
    help="Only pairs of two different sources, as a tracker and its mirror; --source and --project then name one side.",
)
@click.option("--since", type=Moment(), help="Only pairs with an issue created on this day (UTC) or later.")
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    help=f"Clusters shown. [default: all; {_TABLE_LIMIT} in a table on a terminal]",
)
@click.option("--include-known", is_flag=True, help="Show also what the tracker marks already.")
@click.option(
    "--new",
    is_flag=True,
    help="Only pairs with an issue that came after the last report with the same options.",
)
@click.option(
    "--max-pairs",
    type=click.IntRange(min=1),
    default=10_000_000,
    show_default=True,
    help="Give up beyond so many pairs, which take a gigabyte of memory.",
)
@click.option("-q", "--quiet", is_flag=True, help="No progress and no notes.")
@index_option
def command(
    form: str | None,
    output: str | None,
    min_score: float,
    min_margin: float,
    min_probability: float | None,
    state: str,
    project: str | None,
    source: str | None,
    across: bool,
    since: datetime | None,
    limit: int | None,
    include_known: bool,
    new: bool,
    max_pairs: int,
    quiet: bool,
    folder: Path | None,
) -> None:
    """Find the duplicates in the whole index, and draw them for a person or a program.

    Issues that the tracker marks as duplicates of each other count as one; what is still open comes first. In a
    cluster every two are near each other, so that a chain of look-alikes is none.
    """
    path = None if output in (None, "-") else Path(str(output))
    form = form or _form(path)
    is_screen = form == "table" and path is None and is_terminal(sys.stdout)
    show_warnings()
    say = (lambda _: None) if quiet else note
    from dupfind.cli.filters import check_names
    from dupfind.collection.collection import Collection
    from dupfind.dedup import report_builder
    from dupfind.dedup.probabilities import calibrated
    from dupfind.dedup.report import Parameters

    asked = Parameters(
        min_score=min_score,
        min_margin=min_margin,
        min_probability=min_probability,
        state=None if state == "all" else state,
        project=project,
        source=source,
        since=since,
        limit=_TABLE_LIMIT if limit is None and is_screen else limit,
        include_known=include_known,
        new=new,
        across=across,
    )
    now = datetime.now(UTC)
    with Collection.open(find_index(folder)) as collection:
        check_names(collection, project, source)
        with progress(quiet) as begin:
            report, row_id = report_builder.build_report(
                collection,
                asked,
                probabilities=calibrated(collection, partial(begin, "working out probabilities")),
                max_pairs=max_pairs,
                now=now,
                progress=begin("comparing", len(collection)),
            )
        drawn = draw(report, form)
        if path is None:
            click.echo(_fitted(drawn) if is_screen else drawn, nl=False)
        else:
            write_whole(path, drawn)
            say(f"{path}: {len(report.clusters):,} cluster{'s' * (len(report.clusters) != 1)}")
        if len(report.clusters) < report.n_clusters:
            n_more = report.n_clusters - len(report.clusters)
            say(f"not shown: {n_more:,} more cluster{'s' * (n_more != 1)}; see --limit")
            return  # what nobody has seen stays new
        try:
            report_builder.remember(collection, asked, row_id, now)
        except StoreError as error:
            say(f"the next --new will show these again, since this report could not be noted: {error}")


def _form(path: Path | None) -> str:
    if path is None:
        return "table"
    form = SUFFIXES.get(path.suffix.lower())
    if form is None:
        raise click.UsageError(
            f"{path} does not say which form it wants: pass --format, or name it {', '.join(sorted(SUFFIXES))}"
        )
    return form


def _fitted(drawn: str) -> str:
    from dupfind.cli.terminal import fit

    width = shutil.get_terminal_size().columns
    return "".join(fit(line, width) + "\n" for line in drawn.splitlines())
