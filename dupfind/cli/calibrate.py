"""`dupfind calibrate`: fit order, probability and verdicts on the tracker's own duplicates."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dupfind.cli.figure_file import check_figure_file, figure_option, sources_of, write_figures
from dupfind.cli.progress import progress
from dupfind.cli.terminal import Number, index_option, note, show_warnings
from dupfind.storage.database_url import IndexPlace
from dupfind.verdict.bands import BALANCED, LIKELY_FROM
from dupfind.workspace.find_index import find_place

if TYPE_CHECKING:
    from dupfind.evaluation.calibration import Calibration, Level
    from dupfind.evaluation.figures import Evaluation, Verdict

SCHEMA_VERSION = 1
PRECISIONS = (0.5, 0.999)
"""The lowest and the highest `--precision`."""


@click.command(
    "calibrate",
    epilog="""\b
Examples:
  dupfind calibrate
  dupfind calibrate --precision 0.9 --dry-run -o figures.html""",
)
@click.option(
    "--precision",
    type=Number(*PRECISIONS),
    default=LIKELY_FROM,
    show_default=True,
    help='Probability from which on the verdict is "likely".',
)
@click.option("--dry-run", is_flag=True, help="Print the result without changing the index.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@figure_option
@click.option("-q", "--quiet", is_flag=True, help="Show no progress and no notes.")
@index_option
def command(
    precision: float,
    dry_run: bool,
    as_json: bool,
    output: Path | None,
    quiet: bool,
    folder: IndexPlace | None,
) -> None:
    """Raise the probabilities as far as the duplicates that this tracker has marked prove it.

    The probabilities that dupfind comes with are the least: marks leave out about half of the duplicates, so they
    lower nothing. The order of hits is fitted, too. It replaces the present one only if it is significantly better on
    later issues. Precision and recall of the verdicts are measured on the latest issues, which are not used for
    fitting. After a change of model or text version, calibrate again.
    """
    from dupfind.collection.collection import Collection
    from dupfind.evaluation import calibration
    from dupfind.evaluation.figures import evaluate

    check_figure_file(output)
    show_warnings()
    path = find_place(folder)
    if not dry_run:
        Collection.open(path).close()  # an index that is not there is not made
        with Collection.create(path) as writable:
            writable.publish()  # the levels start where they begin on this tracker
    with Collection.open(path) as collection, progress(quiet) as start:
        result = calibration.calibrate(
            collection, precision=precision, progress=start("replay", len(collection))
        )
        names = sources_of(collection)
    if not dry_run:
        with Collection.create(path) as writable:
            writable.calibrate(result.ranker, result.verdicts)
    if output is not None:
        evaluation = evaluate(result.latest)
        _write(output, result, evaluation, _facts(result, precision), names)
        if not quiet:
            note(f"wrote {output}")
    if as_json:
        click.echo(json.dumps(_facts(result, precision), indent=2))
        return
    for line in _lines(result, precision):
        click.echo(line)
    if dry_run and not quiet:
        note("nothing was changed")


def _write(
    path: Path, result: "Calibration", evaluation: "Evaluation", facts: dict[str, Any], names: str
) -> None:
    """Draw the latest slice, which nothing was fitted on, with the calibrated order and probabilities."""
    from dupfind.reports.evaluation.json_document import document

    write_figures(
        path,
        evaluation,
        {**facts, "latest_slice": document(evaluation)},
        title=f"What the calibration finds among the latest issues of {names}",
        about=(
            f"{evaluation.n_judged:,} latest issues, {evaluation.n_duplicates:,} of them duplicates by marks and"
            " decisions",
            "order and probabilities are fitted on the issues before them",
        ),
        levels={"likely": result.verdicts.likely, "possible": result.verdicts.possible[BALANCED]},
        commands=[("dupfind calibrate --precision", *PRECISIONS)],
    )


def _lines(result: "Calibration", precision: float) -> list[str]:
    from dupfind.reports.evaluation import advice

    ahead = result.ahead
    order = (
        "refitted" if result.is_refitted else "unchanged: the refitted one is not better by more than noise"
    )
    return [
        f"labels       {result.n_duplicates:,} duplicates, {result.n_others:,} others, cut in three by time",
        f"order        {order} (MRR {ahead.mean:+.3f}, 95% {ahead.low:+.3f} to {ahead.high:+.3f})",
        *(_level(level) for level in result.levels),
        "probability  "
        + ", ".join(
            f"{kind} Brier {result.brier[kind]:.4f}, calibration error {result.error[kind]:.4f}"
            for kind in sorted(result.brier)
        ),
        f"likely       {_verdict(result.verdicts.likely, result.likely)}",
        f"possible     {_verdict(result.verdicts.possible[BALANCED], result.possible)}",
        "The shares right are by marks alone, which leave out duplicates. A level rises where more of its issues are"
        " marked: `dupfind review` finds those that are not.",
        advice.of_verdicts(result.likely, result.possible),
    ]


def _level(level: "Level") -> str:
    seen = f"{level.n_right} of {level.n_flagged} right by marks" if level.n_flagged else "no issue has it"
    change = f"raised to {level.probability:.0%}" if level.probability > level.shipped else "stays"
    return f"level {level.shipped:>5.0%}  {change}: {seen}"


def _verdict(threshold: float, verdict: "Verdict | None") -> str:
    if verdict is None:
        return f"from {threshold:.3f} on; no issue of the latest slice reaches it without a copy of its text"
    precision, recall = verdict.precision, verdict.recall
    return (
        f"from {threshold:.3f} on; on the latest slice {verdict.n_right} of {verdict.n_flagged} right by marks:"
        f" precision {precision.mean:.3f} (95% {precision.low:.3f} to {precision.high:.3f}), recall {recall.mean:.3f}"
    )


def _facts(result: "Calibration", precision: float) -> dict[str, Any]:
    from dupfind.reports.evaluation import advice

    def verdict_json(threshold: float, verdict: "Verdict | None") -> dict[str, Any]:
        proof = (
            None
            if verdict is None
            else {
                "flagged": verdict.n_flagged,
                "right": verdict.n_right,
                "precision": verdict.precision._asdict(),
                "recall": verdict.recall._asdict(),
            }
        )
        return {"threshold": threshold, "latest_slice": proof}

    return {
        "schema_version": SCHEMA_VERSION,
        "precision": precision,
        "duplicates": result.n_duplicates,
        "others": result.n_others,
        "refitted": result.is_refitted,
        "mrr_ahead": result.ahead._asdict(),
        "levels": [level._asdict() for level in result.levels],
        "brier": result.brier,
        "calibration_error": result.error,
        "likely": verdict_json(result.verdicts.likely, result.likely),
        "possible": verdict_json(result.verdicts.possible[BALANCED], result.possible),
        "advice": advice.of_verdicts(result.likely, result.possible),
    }
