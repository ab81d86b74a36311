"""`dupfind evaluate`: how well does it find the duplicates that are already marked?"""

import json
import os
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dupfind.cli.progress import progress
from dupfind.cli.terminal import Moment, index_option, note, safe, show_warnings
from dupfind.errors import DupfindError
from dupfind.json_output import shown_time
from dupfind.workspace.find_index import find_index

if TYPE_CHECKING:
    from dupfind.collection.collection import Collection
    from dupfind.evaluation.figures import Evaluation

SCHEMA_VERSION = 1
MIN_DUPLICATES = 10
"""Below so many an interval says nothing."""

FEW_DUPLICATES = 50
"""Below so many an interval is wider than most differences."""

PROTOCOL = "tosem-2023"
PROTOCOL_DAYS = 365


class Depths(click.ParamType[tuple[int, ...]]):
    """Numbers with commas between them."""

    name = "k,k,..."

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, ...]:
        """Parse them; each is 1 to 100 and counts once."""
        if isinstance(value, tuple):
            return value
        parts = [part.strip() for part in value.split(",")]
        if not all(part.isascii() and part.isdigit() and 1 <= int(part[:4]) <= 100 for part in parts):
            self.fail(f"{value!r} is not a list of depths from 1 to 100 such as 1,5,10,20", param, ctx)
        return tuple(sorted({int(part) for part in parts}))


@click.command(
    "evaluate",
    short_help="Measure search quality on known duplicates.",
    epilog="""\b
Examples:
  dupfind evaluate
  dupfind evaluate --since 2024-01-01 --window 365 -o figures.svg
  dupfind evaluate --pairs labelled.csv --json""",
)
@click.option(
    "--pairs",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="CSV, TSV or JSON Lines of two ids a line, in place of the tracker's marks.",
)
@click.option(
    "--window",
    metavar="DAYS",
    type=click.IntRange(1, 100_000),
    help="Only candidates of so many days before.",
)
@click.option("--since", type=Moment(), help="Only issues created since this day or moment (UTC).")
@click.option("--k", "ks", type=Depths(), default="1,5,10,20", show_default=True, help="Depths of recall.")
@click.option(
    "--protocol",
    type=click.Choice([PROTOCOL]),
    help="As published: clusters with a member in the 365 days before (Zhang et al., TOSEM 2023).",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="Write a picture (.svg) or the figures (.json), too.",
)
@click.option("-q", "--quiet", is_flag=True, help="No progress and no notes.")
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
    folder: Path | None,
) -> None:
    """Measure how well the duplicates that are already known are found, beside BM25 and vectors alone.

    Issues come one after the other, as they were created, and are looked for among those before them. A cluster
    of duplicates counts once in the ranked list. Recall, MRR and MAP are over the issues that have an older
    duplicate; the verdict's precision and recall are over all new issues.
    """
    from dupfind.collection.collection import Collection
    from dupfind.evaluation.figures import evaluate
    from dupfind.evaluation.replay import replay
    from dupfind.reports.evaluation.json_document import document
    from dupfind.reports.evaluation.svg import draw
    from dupfind.reports.evaluation.text import lines
    from dupfind.storage import source_state

    if protocol is not None and window is not None:
        raise click.UsageError(f"--protocol {protocol} has a window of its own: leave --window out")
    if output is not None and output.suffix not in (".svg", ".json"):
        raise click.UsageError(
            f"{str(output)!r} is neither .svg nor .json; a browser makes any other picture of an .svg"
        )
    if output is not None and not output.absolute().parent.is_dir():
        raise click.UsageError(f"{str(output.parent)!r} is no folder")
    show_warnings()
    days = PROTOCOL_DAYS if protocol is not None else window
    with Collection.open(find_index(folder)) as collection:
        with progress(quiet) as begin:
            outcomes = list(
                replay(
                    collection,
                    pairs=None if pairs is None else _labelled(collection, pairs),
                    window=None if days is None else timedelta(days=days),
                    by_cluster=protocol is not None,
                    since=since,
                    progress=begin("replay", len(collection)),
                )
            )
        n_duplicates = sum(outcome.is_duplicate for outcome in outcomes)
        if n_duplicates < MIN_DUPLICATES:
            raise DupfindError(
                f"{n_duplicates} of {len(outcomes)} issues have an older duplicate, and {MIN_DUPLICATES} are needed:"
                " index more of the tracker, find more with `dupfind review`, or give --pairs FILE"
            )
        found = evaluate(outcomes, ks=ks)
        index = collection.summary()
        labelled = "marks" if pairs is None else str(pairs)
        if pairs is None and (n_decisions := len(_decided(collection))):
            labelled = f"marks and {n_decisions:,} decision{'s' * (n_decisions > 1)}"
        with collection.store.reading():
            sources = source_state.names(collection.store)
    facts = {
        "schema_version": SCHEMA_VERSION,
        "index": index,
        "labels": labelled,
        "protocol": protocol,
        "window_days": days,
        "since": shown_time(since),
        **document(found),
    }
    if not quiet:
        _notes(found)
    if output is not None:
        more = f" and {len(sources) - 2} more" if len(sources) > 2 else ""
        title = f"How dupfind finds the duplicates of {', '.join(sources[:2])}{more}"
        _write(
            output,
            json.dumps(facts) if output.suffix == ".json" else draw(found, title=title, about=_told(facts)),
        )
        if not quiet:
            note(f"wrote {output}")
    if as_json:
        click.echo(json.dumps(facts, indent=2))
    else:
        click.echo("; ".join(_told(facts)) + "\n")
        for line in lines(found):
            click.echo(line)


def _labelled(collection: "Collection", path: Path) -> list[tuple[int, int]]:
    from dupfind.evaluation import label_file

    pairs = label_file.read(path)
    with collection.store.reading():
        return label_file.duplicates(pairs, collection.store, path)


def _decided(collection: "Collection") -> dict[tuple[int, int], str]:
    from dupfind.storage import decisions

    with collection.store.reading():
        return decisions.decided_pairs(collection.store)


def _told(facts: dict[str, Any]) -> tuple[str, str]:
    """What was counted, and how."""
    n_others = facts["judged"] - facts["duplicates"]
    counted = (
        f"{facts['issues']:,} issues in the order of time: {facts['duplicates']:,} have an older duplicate by"
        f" {Path(facts['labels']).name} ({n_others:,} others, {facts['issues'] - facts['judged']:,} not judged)"
    )
    parts = [str(facts["index"]["model"])]
    if facts["since"] is not None:
        parts.append(f"since {facts['since'][:10]}")
    if facts["protocol"] is not None:
        parts.append(f"protocol {facts['protocol']}")
    elif facts["window_days"] is not None:
        parts.append(f"among those of {facts['window_days']:,} days before")
    return safe(counted), safe("; ".join(parts))


def _notes(found: "Evaluation") -> None:
    """What a reader of the figures should know before trusting them."""
    if found.n_duplicates < FEW_DUPLICATES:
        note(f"only {found.n_duplicates} issues have an older duplicate: the intervals are wide")
    if found.n_judged == found.n_duplicates:
        note("every judged issue is a duplicate: what the verdict says of other issues cannot be seen")
    if len(found.curve.thresholds) == 1:
        note("dupfind is equally sure of all first candidates: no threshold tells them apart")


def _write(path: Path, text: str) -> None:
    """Write beside, then in its place: what was there stays until the new file is whole."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        beside.write_text(text, encoding="utf-8")
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)
