"""`dupfind calibrate`: fit order, probability and verdicts on the tracker's own duplicates."""

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
    help='Least precision of the verdict "likely".',
)
@click.option("--dry-run", is_flag=True, help="Print the result without changing the index.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("-q", "--quiet", is_flag=True, help="Show no progress and no notes.")
@index_option
def command(precision: float, dry_run: bool, as_json: bool, quiet: bool, folder: Any) -> None:
    """Fit probability and verdicts on the duplicates that this tracker has marked.

    The order of hits is fitted, too. It replaces the present one only if it is significantly better on later issues.
    Precision and recall of the verdicts are measured on the latest issues, which are not used for fitting. After
    a change of model or text version, calibrate again.
    """
    from dupfind.collection.collection import Collection
    from dupfind.evaluation import calibration

    show_warnings()
    path = find_index(folder)
    with Collection.open(path) as collection, progress(quiet) as start:
        result = calibration.calibrate(
            collection, precision=precision, progress=start("replay", len(collection))
        )
    if not dry_run:
        with Collection.create(path) as writable:
            writable.calibrate(result.ranker)
    if as_json:
        click.echo(json.dumps(_facts(result, precision), indent=2))
        return
    for line in _lines(result, precision):
        click.echo(line)
    if dry_run and not quiet:
        note("nothing was changed")


def _lines(result: "Calibration", precision: float) -> list[str]:
    ahead = result.ahead
    order = (
        "refitted" if result.is_refitted else "unchanged: the refitted one is not better by more than noise"
    )
    never_likely = f"no threshold has a precision of {precision:.0%}"
    return [
        f"labels       {result.n_duplicates:,} duplicates, {result.n_others:,} others, cut in three by time",
        f"order        {order} (MRR {ahead.mean:+.3f}, 95% {ahead.low:+.3f} to {ahead.high:+.3f})",
        f"probability  {result.kind}: "
        + ", ".join(
            f"{kind} Brier {result.brier[kind]:.4f}, calibration error {result.error[kind]:.4f}"
            for kind in sorted(result.brier)
        ),
        f"likely       {_verdict(result.ranker.likely, result.likely, never_likely)}",
        f"possible     {_verdict(result.ranker.possible, result.possible, 'no threshold has a precision of 50%')}",
    ]


def _verdict(threshold: float | None, verdict: "Verdict | None", why_never: str) -> str:
    if threshold is None:
        return f"never: {why_never}"
    if verdict is None:
        return f"from {threshold:.3f} on; no issue of the latest slice reaches it"
    precision, recall = verdict.precision, verdict.recall
    return (
        f"from {threshold:.3f} on; on the latest slice {verdict.n_right} of {verdict.n_flagged} right: precision"
        f" {precision.mean:.3f} (95% {precision.low:.3f} to {precision.high:.3f}), recall {recall.mean:.3f}"
    )


def _facts(result: "Calibration", precision: float) -> dict[str, Any]:
    def verdict_json(threshold: float | None, verdict: "Verdict | None") -> dict[str, Any] | None:
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
        "duplicates": result.n_duplicates,
        "others": result.n_others,
        "refitted": result.is_refitted,
        "mrr_ahead": result.ahead._asdict(),
        "probability": result.kind,
        "brier": result.brier,
        "calibration_error": result.error,
        "likely": verdict_json(result.ranker.likely, result.likely),
        "possible": verdict_json(result.ranker.possible, result.possible),
    }
