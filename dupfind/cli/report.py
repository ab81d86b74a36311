"""`dupfind report`: the duplicate clusters of a whole index, as a table, a page or a file for programs."""

import shutil
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dupfind.cli.atomic_write import write_whole
from dupfind.cli.list_output import form_options
from dupfind.cli.on_option import check_alone, on_options
from dupfind.cli.pair_options import pair_options
from dupfind.cli.part_option import part_option, part_path
from dupfind.cli.progress import progress
from dupfind.cli.terminal import (
    Moment,
    Number,
    is_terminal,
    linked,
    note,
    safe,
    show_warnings,
    verdicts_option,
)
from dupfind.cli.value_completion import complete_files
from dupfind.errors import StoreError
from dupfind.reports.formats import FORMS, SUFFIXES, draw
from dupfind.storage.database_url import IndexPlace
from dupfind.verdict.bands import BALANCED, STRICT
from dupfind.workspace.find_index import find_place

if TYPE_CHECKING:
    from dupfind.collection.collection import Collection
    from dupfind.dedup.all_pairs import Pairs
    from dupfind.dedup.report import Parameters
    from dupfind.partition.share import Share

FROM_NAME = "from the name of --output, else table"
"""The default format of a report."""
_TABLE_LIMIT = 25
_WITH_COUNTS = ("table", "markdown", "html")  # formats that end in what was left out, and in the way to it


@click.command(
    "report",
    epilog="""\b
Examples:
  dupfind report
  dupfind report -o duplicates.html
  dupfind report --state open --project web -o duplicates.md
  dupfind report --across --source jira.csv
  dupfind report --new --format csv > new.csv
  dupfind report --json
  dupfind report --part 3/16 -o pairs3.dfp
  dupfind report --on ray://head.example.org:10001 -o duplicates.html""",
)
@form_options(list(FORMS), default=None, described=FROM_NAME, jsonl=True)
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    shell_complete=complete_files,
    help="Write to this file; `-` is standard output.",
)
@click.option(
    "--min-probability",
    type=Number(0, 1),
    help="Only pairs with at least this probability. [default: that of --verdicts]",
)
@click.option(
    "--across",
    is_flag=True,
    help="Only pairs from two different sources, such as a tracker and its mirror. --source and --project then choose"
    " one side of the pair.",
)
@click.option("--since", type=Moment(), help="Only pairs with an issue created on or after this day (UTC).")
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    help=f"Show at most this number of clusters. [default: all; {_TABLE_LIMIT} in a table on a terminal]",
)
@click.option("--include-known", is_flag=True, help="Also show duplicates that the tracker already marks.")
@click.option(
    "--new",
    is_flag=True,
    help="Only pairs with an issue added since the last report with the same options.",
)
@part_option
@on_options
@verdicts_option("balanced for the verdict of a pair, strict for the pairs that are shown")
@pair_options
def command(
    form: str | None,
    output: str | None,
    min_score: float,
    min_margin: float | None,
    min_probability: float | None,
    state: str,
    project: str | None,
    source: str | None,
    across: bool,
    since: datetime | None,
    limit: int | None,
    include_known: bool,
    new: bool,
    part: "Share | None",
    on: str | None,
    n_parts: int | None,
    verdicts: str | None,
    max_pairs: int,
    quiet: bool,
    folder: IndexPlace | None,
) -> None:
    """Find the duplicates in the whole index.

    All pairs of issues are compared exactly, and judged as `dupfind query` judges them. Issues that the tracker marks
    as duplicates of each other count as one. Within a cluster every two issues are similar, so a chain of look-alikes
    does not form a cluster. Clusters with an open duplicate come first, then the likeliest. dupfind never closes an
    issue.

    Pairs that differ in platform, version, number or the like, and series of one text, stand in sections of their own.
    A pair without a verdict is left out, and counted. So are possible ones that `--verdicts strict` would not call so;
    `--verdicts balanced` shows them.
    """
    if part is not None and form is not None:
        raise click.UsageError(
            "--format is for `dupfind merge`, which writes the report: leave it out with --part"
        )
    check_alone(on, n_parts, part)
    path, form, limit = (part_path(output), "json", limit) if part else place(output, form, limit)
    show_warnings()
    # Imported here: `dupfind --help` loads neither numpy nor a database.
    from dupfind.collection.collection import Collection
    from dupfind.collection.filters import check_names
    from dupfind.dedup.report import Parameters

    parameters = Parameters(
        min_score=min_score,
        min_margin=min_margin,
        min_probability=min_probability,
        state=None if state == "all" else state,
        project=project,
        source=source,
        since=since,
        limit=limit,
        include_known=include_known,
        new=new,
        across=across,
        verdicts=verdicts or BALANCED,
        # About half of these are right; the others of a backlog are shown to whoever asks for them.
        shown=verdicts or STRICT,
    )
    with Collection.open(find_place(folder)) as collection:
        check_names(collection, project, source)
        if part is not None and path is not None:
            _write_part(collection, parameters, part, path, max_pairs, quiet)
            return
        if on is not None:
            from dupfind.cli.on_cluster import pairs_on

            with pairs_on(on, collection, parameters, max_pairs, n_parts, quiet) as pairs:
                write_report(
                    collection, parameters, path, form, max_pairs=max_pairs, quiet=quiet, pairs=pairs
                )
            return
        write_report(collection, parameters, path, form, max_pairs=max_pairs, quiet=quiet)


def place(output: str | None, form: str | None, limit: int | None) -> tuple[Path | None, str, int | None]:
    """Return the file of a report (None for standard output), its format, and how many clusters it shows."""
    path = None if output in (None, "-") else Path(str(output))
    form = form or _form_by_name(path)
    return path, form, _TABLE_LIMIT if limit is None and _is_screen(path, form) else limit


def _is_screen(path: Path | None, form: str) -> bool:
    return form == "table" and path is None and is_terminal(sys.stdout)


def write_report(
    collection: "Collection",
    parameters: "Parameters",
    path: Path | None,
    form: str,
    *,
    max_pairs: int,
    quiet: bool,
    pairs: "Callable[[], Pairs] | None" = None,
) -> None:
    """Build a report, write it, and remember how far it has come.

    Args:
        collection: The index.
        parameters: Of the report.
        path: The file; None for standard output.
        form: The format.
        max_pairs: The largest number of pairs that is accepted.
        quiet: Whether to print no progress and no notes.
        pairs: Returns all pairs, where other runs have computed them; None to compare the records here.
    """
    from dupfind.dedup import report_builder
    from dupfind.reports import text_table
    from dupfind.reports.display import way_to_more

    notify = (lambda _: None) if quiet else note
    now = datetime.now(UTC)
    with progress(quiet) as begin:
        report, row_id = report_builder.build_report(
            collection,
            parameters,
            max_pairs=max_pairs,
            pairs=pairs,
            now=now,
            progress=begin("comparing", len(collection)),
            start_task=begin,
        )
    is_screen = _is_screen(path, form)
    text = text_table.table(report, linked) if is_screen else draw(report, form)
    if (path is not None or form not in _WITH_COUNTS) and (line := way_to_more(report)):
        notify(line)
    if path is None:
        click.echo(_fit_to_screen(text) if is_screen else text, nl=False)
        if form == "table" and report.clusters:
            if is_screen:
                has_probability = any(cluster.probability is not None for cluster in report.clusters)
                per_cent = "per cent: the probability of a duplicate; " * has_probability
                notify(f"{per_cent}before an id: the score, 1 for equal texts")
            notify(
                "next: decide on the pairs with `dupfind review`, or read the reasons with -o duplicates.html"
            )
    else:
        write_whole(path, text)
        notify(f"{path}: {len(report.clusters):,} cluster{'s' * (len(report.clusters) != 1)}")
    if len(report.clusters) < report.n_clusters:
        n_more = report.n_clusters - len(report.clusters)
        notify(f"not shown: {n_more:,} more cluster{'s' * (n_more != 1)}; see --limit")
        return  # clusters that nobody has seen stay new
    try:
        report_builder.remember(collection, parameters, row_id, now)
    except StoreError as error:
        notify(f"the next --new will show these pairs again, because this report was not recorded: {error}")


def _write_part(
    collection: "Collection", parameters: "Parameters", part: "Share", path: Path, max_pairs: int, quiet: bool
) -> None:
    """Compare the records of one part of all block pairs, and write its pairs into a file."""
    from dupfind.dedup.pair_part import write_pair_part

    with progress(quiet) as begin:
        n_pairs = write_pair_part(path, part, collection, parameters, max_pairs=max_pairs, start_task=begin)
    what = "complete already" if n_pairs is None else f"{n_pairs:,} pairs"
    click.echo(f"{safe(str(path))}: part {part}: {what}")


def _form_by_name(path: Path | None) -> str:
    if path is None:
        return "table"
    form = SUFFIXES.get(path.suffix.lower())
    if form is None:
        raise click.UsageError(
            f"the name {path} does not imply a format: pass --format, or use {', '.join(sorted(SUFFIXES))}"
        )
    return form


def _fit_to_screen(text: str) -> str:
    """Cut the lines of the clusters, and wrap the counts after the last empty line: they end in advice."""
    from dupfind.cli.terminal import fit, wrapped

    width = shutil.get_terminal_size().columns
    table, between, counts = text.rpartition("\n\n")
    cut = [fit(line, width) for line in table.splitlines()]
    whole = [part for line in counts.splitlines() for part in wrapped(line, width, hanging="  ")]
    return "\n".join([*cut, *[""] * bool(between), *whole]) + "\n"
