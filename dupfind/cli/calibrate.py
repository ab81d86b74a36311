"""`dupfind calibrate`: the order, the probability and the bands, fitted on this tracker's own duplicates."""

import json
from typing import TYPE_CHECKING, Any

import click

from dupfind.cli.progress import progress
from dupfind.cli.terminal import Number, index_option, note, show_warnings
from dupfind.workspace.find_index import find_index

if TYPE_CHECKING:
    from dupfind.evaluation.calibration import Calibration
    from dupfind.evaluation.figures import Verdict

SCHEMA_VERSION = 1


@click.command(
    "calibrate",
    short_help="Fit probabilities and verdicts to your tracker.",
    epilog="""\b
Examples:
  dupfind calibrate
  dupfind calibrate --precision 0.9 --dry-run""",
)
@click.option(
    "--precision",
    type=Number(0.5, 0.999),
    default=0.95,
    show_default=True,
    help="Share of right ones among the issues that are called likely duplicates.",
)
@click.option("--dry-run", is_flag=True, help="Tell what would be found, and keep the index as it is.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.option("-q", "--quiet", is_flag=True, help="No progress and no notes.")
@index_option
def command(precision: float, dry_run: bool, as_json: bool, quiet: bool, folder: Any) -> None:
    """Fit probability and verdicts on the duplicates that this tracker has marked.

    The order of hits is fitted, too, and kept only if it is better on later issues by more than noise. What the
    bands come to is measured on the latest issues, which nothing was fitted on. Another model or text recipe asks
    for another calibration.
    """
    from dupfind.collection.collection import Collection
    from dupfind.evaluation import calibration

    show_warnings()
    path = find_index(folder)
    with Collection.open(path) as collection, progress(quiet) as begin:
        found = calibration.calibrate(
            collection, precision=precision, progress=begin("replay", len(collection))
        )
    if not dry_run:
        with Collection.create(path) as writable:
            writable.calibrate(found.ranker)
    if as_json:
        click.echo(json.dumps(_facts(found, precision), indent=2))
        return
    for line in _lines(found, precision):
        click.echo(line)
    if dry_run and not quiet:
        note("nothing was changed")


def _lines(found: "Calibration", precision: float) -> list[str]:
    ahead = found.ahead
    order = (
        "fitted here" if found.is_refitted else "as it was: the refitted one is not better by more than noise"
    )
    return [
        f"labels       {found.n_duplicates:,} duplicates, {found.n_others:,} others, cut in three by time",
        f"order        {order} (MRR {ahead.mean:+.3f}, 95% {ahead.low:+.3f} to {ahead.high:+.3f})",
        f"probability  {found.kind}: "
        + ", ".join(
            f"{kind} Brier {found.brier[kind]:.4f}, calibration error {found.error[kind]:.4f}"
            for kind in sorted(found.brier)
        ),
        f"likely       {_band(found.ranker.likely, found.likely, f'nothing is right {precision:.0%} of the time')}",
        f"possible     {_band(found.ranker.possible, found.possible, 'nothing is right half of the time')}",
    ]


def _band(threshold: float | None, verdict: "Verdict | None", otherwise: str) -> str:
    if threshold is None:
        return f"never: {otherwise}"
    if verdict is None:
        return f"from {threshold:.3f} on; no issue of the latest slice is so sure"
    precision, recall = verdict.precision, verdict.recall
    return (
        f"from {threshold:.3f} on; on the latest slice {verdict.n_right} of {verdict.n_flagged} right: precision"
        f" {precision.mean:.3f} (95% {precision.low:.3f} to {precision.high:.3f}), recall {recall.mean:.3f}"
    )


def _facts(found: "Calibration", precision: float) -> dict[str, Any]:
    def band(threshold: float | None, verdict: "Verdict | None") -> dict[str, Any] | None:
        if threshold is None:
            return None
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
        "duplicates": found.n_duplicates,
        "others": found.n_others,
        "refitted": found.is_refitted,
        "mrr_ahead": found.ahead._asdict(),
        "probability": found.kind,
        "brier": found.brier,
        "calibration_error": found.error,
        "likely": band(found.ranker.likely, found.likely),
        "possible": band(found.ranker.possible, found.possible),
    }
