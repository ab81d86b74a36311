"""`dupfind evaluate`: measure how well dupfind finds the duplicates that are already marked."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dupfind.cli.figure_file import check_figure_file, figure_option, sources_of, write_figures
from dupfind.cli.progress import progress
from dupfind.cli.terminal import Moment, index_option, note, safe, show_warnings
from dupfind.errors import DupfindError
from dupfind.json_output import shown_time
from dupfind.storage.database_url import IndexPlace
from dupfind.workspace.find_index import find_place

if TYPE_CHECKING:
    from dupfind.collection.collection import Collection
    from dupfind.evaluation.figures import Evaluation

SCHEMA_VERSION = 1
MIN_DUPLICATES = 10
"""With fewer duplicates an interval is useless."""

FEW_DUPLICATES = 50
"""With fewer duplicates an interval is wider than most differences."""

PROTOCOL = "tosem-2023"
PROTOCOL_DAYS = 365


class Depths(click.ParamType[tuple[int, ...]]):
    """A click type: depths of recall, separated by commas."""

    name = "k,k,..."

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, ...]:
        """Parse the depths; each is 1 to 100, and repetitions are dropped."""
        if isinstance(value, tuple):
            return value
        parts = [part.strip() for part in value.split(",")]
        # [:4], as int refuses more than 4,300 digits with an error.
        if not all(part.isascii() and part.isdigit() and 1 <= int(part[:4]) <= 100 for part in parts):
            self.fail(f"{value!r} is not a list of depths from 1 to 100 such as 1,5,10,20", param, ctx)
        return tuple(sorted({int(part) for part in parts}))


@click.command(
    "evaluate",
    epilog="""\b
Examples:
  dupfind evaluate
  dupfind evaluate --since 2024-01-01 --window 365 -o figures.svg
  dupfind evaluate --pairs labelled.csv --json""",
)
@click.option(
    "--pairs",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="CSV, TSV or JSON Lines with two ids a line, instead of the tracker's marks.",
)
@click.option(
    "--window",
    metavar="DAYS",
    type=click.IntRange(1, 100_000),
    help="Search only among the issues of so many days before.",
)
@click.option("--since", type=Moment(), help="Search only for issues created since this date or time (UTC).")
@click.option("--k", "ks", type=Depths(), default="1,5,10,20", show_default=True, help="Depths of recall.")
@click.option(
    "--protocol",
    type=click.Choice([PROTOCOL]),
    help="Published protocol: clusters with a member in the 365 days before (Zhang et al., TOSEM 2023).",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@figure_option
@click.option("-q", "--quiet", is_flag=True, help="Show no progress and no notes.")
@index_option
def command(
    pairs: Path | None,
    window: int | None,
    since: datetime | None,
    ks: tuple[int, ...],
    protocol: str | None,
    as_json: bool,
    output: Path | None,
    quiet: bool,
    folder: IndexPlace | None,
) -> None:
    """Measure how well known duplicates are found, compared with BM25 and with vectors alone.

    The tracker's history is replayed: each issue is searched for among the issues before it. A cluster of duplicates
    counts once in the ranked list. Recall, MRR and MAP count the issues with an older duplicate. The precision
    and recall of verdicts count all new issues.
    """
    from dupfind.collection.collection import Collection
    from dupfind.evaluation.figures import evaluate
    from dupfind.evaluation.replay import ReplayOptions, replay
    from dupfind.reports.evaluation import advice
    from dupfind.reports.evaluation.json_document import document
    from dupfind.reports.evaluation.text import lines

    _check_flags(protocol, window, output)
    show_warnings()
    days = PROTOCOL_DAYS if protocol is not None else window
    with Collection.open(find_place(folder)) as collection:
        options = ReplayOptions(
            pairs=None if pairs is None else _read_pairs(collection, pairs),
            window=None if days is None else timedelta(days=days),
            by_cluster=protocol is not None,
            since=since,
        )
        with progress(quiet) as start:
            results = list(replay(collection, options, progress=start("replay", len(collection))))
        n_duplicates = sum(result.is_duplicate for result in results)
        if n_duplicates < MIN_DUPLICATES:
            raise DupfindError(
                f"{n_duplicates} of {len(results)} issues have an older duplicate, and {MIN_DUPLICATES} are needed:"
                " index more of the tracker, find more with `dupfind review`, or give --pairs FILE"
            )
        evaluation = evaluate(results, ks=ks)
        index = collection.summary()
        labels = "marks" if pairs is None else str(pairs)
        if pairs is None and (n_decisions := len(_decided_pairs(collection))):
            labels = f"marks and {n_decisions:,} decision{'s' * (n_decisions > 1)}"
        names = sources_of(collection)
    facts = {
        "schema_version": SCHEMA_VERSION,
        "index": index,
        "labels": labels,
        "protocol": protocol,
        "window_days": days,
        "since": shown_time(since),
        **document(evaluation),
        "advice": advice.of_curve(evaluation.curve),
    }
    if not quiet:
        _notes(evaluation)
    if output is not None:
        title = f"How dupfind finds the duplicates of {names}"
        write_figures(output, evaluation, facts, title=title, about=_description(facts))
        if not quiet:
            note(f"wrote {output}")
    if as_json:
        click.echo(json.dumps(facts, indent=2))
    else:
        click.echo("; ".join(_description(facts)) + "\n")
        for line in (*lines(evaluation), "", facts["advice"]):
            click.echo(line)


def _check_flags(protocol: str | None, window: int | None, output: Path | None) -> None:
    """Refuse flags that exclude each other, and files that cannot be written."""
    if protocol is not None and window is not None:
        raise click.UsageError(f"--protocol {protocol} has its own window: leave --window out")
    check_figure_file(output)


def _read_pairs(collection: "Collection", path: Path) -> list[tuple[int, int]]:
    from dupfind.evaluation import label_file

    pairs = label_file.read(path)
    with collection.store.reading():
        return label_file.duplicates(pairs, collection.store, path)


def _decided_pairs(collection: "Collection") -> dict[tuple[int, int], str]:
    from dupfind.storage import decisions

    with collection.store.reading():
        return decisions.decided_pairs(collection.store)


def _description(facts: dict[str, Any]) -> tuple[str, str]:
    """Return a line on the issues that were counted, and a line on the settings."""
    n_others = facts["judged"] - facts["duplicates"]
    counts = (
        f"{facts['issues']:,} issues in the order of time: {facts['duplicates']:,} have an older duplicate by"
        f" {Path(facts['labels']).name} ({n_others:,} others, {facts['issues'] - facts['judged']:,} not judged)"
    )
    parts = [str(facts["index"]["model"])]
    if facts["since"] is not None:
        parts.append(f"since {facts['since'][:10]}")
    if facts["protocol"] is not None:
        parts.append(f"protocol {facts['protocol']}")
    elif facts["window_days"] is not None:
        parts.append(f"among the issues of {facts['window_days']:,} days before")
    return safe(counts), safe("; ".join(parts))


def _notes(evaluation: "Evaluation") -> None:
    """Print the limits of the figures."""
    if evaluation.n_duplicates < FEW_DUPLICATES:
        note(f"only {evaluation.n_duplicates} issues have an older duplicate: the intervals are wide")
    if evaluation.n_judged == evaluation.n_duplicates:
        note("every judged issue is a duplicate: the precision of verdicts on other issues is unknown")
    if len(evaluation.curve.thresholds) == 1:
        note("all first candidates have the same probability: no threshold separates them")
