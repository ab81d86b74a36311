"""`dupfind train`: a model fine-tuned on labelled pairs, or on the tracker's own duplicates."""

import json
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dupfind.cli.progress import progress
from dupfind.cli.terminal import Number, index_option, note, safe, show_warnings
from dupfind.errors import DupfindError
from dupfind.training.recipes import RECIPES, Recipe, recipe

if TYPE_CHECKING:
    from dupfind.training.fine_tune import FineTuned
    from dupfind.training.pair_file import Example

SCHEMA_VERSION = 1
HELD_OUT = 0.1
"""The share of PAIRS that is held out where no other file is given, as question-pairs has it."""


def _list(context: click.Context, _: click.Parameter, is_wanted: bool) -> None:
    if not is_wanted or context.resilient_parsing:
        return
    for each in RECIPES.values():
        click.echo(f"{each.name}: {each.about}")
        click.echo(
            f"    {each.loss}, batches of {each.batch_size}, {each.epochs} epochs, {each.learning_rate:g}, up to"
            f" {each.max_length} tokens{'' if each.normalize else ', no Normalize module'}"
        )
        if each.adaptation is not None:
            first = each.adaptation
            click.echo(
                f"    without PAIRS it learns first, of all records, {first.about}, at {first.learning_rate:g}"
            )
        click.echo(f"    from {each.source}; its reported figures: {each.reported}")
    context.exit()


@click.command(
    "train",
    short_help="Fine-tune a model on known duplicates.",
    epilog="""\b
Examples:
  dupfind train --list
  dupfind train --adopt
  dupfind train titles.csv --recipe issue-titles --out titles-model
  dupfind train pairs.jsonl.gz --recipe question-pairs --eval other.jsonl --out questions --max-steps 500
  dupfind index tracker.db --model titles-model --rebuild""",
)
@click.argument("pairs", type=click.Path(path_type=Path), required=False)
@click.option(
    "--recipe", "name", metavar="NAME", default="duplicates", show_default=True, help="How; see --list."
)
@click.option(
    "--out", metavar="DIR", type=click.Path(path_type=Path), help="Where the model goes; a new folder."
)
@click.option(
    "--list", is_flag=True, is_eager=True, expose_value=False, callback=_list, help="Show the recipes."
)
@click.option(
    "--eval",
    "other",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help=f"Pairs to measure on; without it {HELD_OUT:.0%} of PAIRS, which share no text with the rest.",
)
@click.option("--base-model", metavar="MODEL", help="A folder or a name; all-MiniLM-L6-v2 by default.")
@click.option("--epochs", type=click.IntRange(1, 1_000), help="Times that each pair is seen.")
@click.option("--batch-size", type=click.IntRange(2, 4_096), help="Pairs a step.")
@click.option("--learning-rate", type=Number(0, 1, min_open=True), help="At the first step.")
@click.option(
    "--head-learning-rate",
    type=Number(0, 1, min_open=True),
    help="The same for a classifier alone.",
)
@click.option("--soup", type=Number(0, 1, max_open=True), help="The base's share in the final weights.")
@click.option(
    "--no-adaptation", is_flag=True, help="Without PAIRS: do not learn first which body belongs to a title."
)
@click.option("--max-steps", type=click.IntRange(1), help="Stop after so many steps.")
@click.option(
    "--seed", type=click.IntRange(0, 2**31), default=42, show_default=True, help="Of all that is random."
)
@click.option("--fp16", "precision", flag_value="fp16", help="Half precision, for a GPU.")
@click.option("--bf16", "precision", flag_value="bf16", help="Half precision; taken where it is fast.")
@click.option("--fp32", "precision", flag_value="fp32", help="Full precision.")
@click.option(
    "--scale",
    type=Number(0, min_open=True),
    default=1.0,
    show_default=True,
    help="The largest label, where labels are similarities; 5 for those of STS.",
)
@click.option("--template", metavar="TEXT", help="For pairs of records: a text with {key} for each value.")
@click.option("--resume", is_flag=True, help="Go on with PAIRS where a run was interrupted.")
@click.option(
    "--card-examples", is_flag=True, help="Show three pairs in the model's card; else it has no texts."
)
@click.option("--adopt", is_flag=True, help="Without PAIRS: take the model into use if it passes the gate.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.option("-q", "--quiet", is_flag=True, help="No progress and no notes.")
@index_option
def command(
    pairs: Path | None,
    name: str,
    out: Path | None,
    other: Path | None,
    base_model: str | None,
    precision: str | None,
    scale: float,
    as_json: bool,
    quiet: bool,
    folder: Path | None,
    **asked: Any,
) -> None:
    """Fine-tune a model on PAIRS: two texts and a label a line, in CSV, TSV, JSON Lines or Parquet.

    Without PAIRS it learns from the duplicates that the index knows, all but the latest quarter, and is compared on
    those with the index's own model and with BM25. The index keeps its model unless the new one is better by more
    than noise.

    Columns are known by likely names, such as sentence1, sentence2 and label. The result is a folder that dupfind and
    sentence-transformers load, with a card that tells figures before and after, and no text of yours.
    """
    from dupfind.training import pair_file
    from dupfind.training.holdout import held_out
    from dupfind.training.torch_threads import sleep_while_waiting

    show_warnings()
    chosen = _chosen(recipe(name), asked)
    if pairs is None:
        from dupfind.cli.train_index import specialise

        sleep_while_waiting()
        specialise(
            folder,
            chosen,
            out=out,
            adopt=asked["adopt"],
            base_model=base_model,
            precision=precision or "auto",
            as_json=as_json,
            quiet=quiet,
            asked=asked,
        )
        return
    for flag in ("adopt", "no_adaptation"):
        if asked[flag]:
            raise click.UsageError(
                f"--{flag.replace('_', '-')} is for a model of the index's own duplicates: leave PAIRS out"
            )
    if out is None:
        raise click.UsageError("say where the model goes, with --out DIR")
    chosen = replace(chosen, adaptation=None)
    examples = pair_file.read(pairs, chosen, scale=scale)
    if other is None:
        train, test = held_out(examples, HELD_OUT, asked["seed"], where=str(pairs))
    else:
        train, test = examples, pair_file.read(other, chosen, scale=scale)
    pair_file.check(train, test, chosen, where=str(pairs))
    if not quiet:
        note(f"{chosen.name}: learning from {len(train):,} pairs, measuring on {len(test):,}")
    sleep_while_waiting()
    tuned = _tune(chosen, train, test, pairs.name, base_model, out, precision, quiet, asked)
    if tuned is None:
        return
    if as_json:
        click.echo(json.dumps(_facts(tuned, chosen), indent=2))
        return
    for line in _lines(tuned):
        click.echo(line)
    if not quiet:
        note(f"next: dupfind index --model {shlex.quote(str(out))} --rebuild")


def _chosen(chosen: Recipe, asked: dict[str, Any]) -> Recipe:
    """The recipe with what the flags say otherwise."""
    fields = ("epochs", "batch_size", "learning_rate", "head_learning_rate", "soup", "template")
    if asked["soup"] and chosen.kind == "classes":
        raise click.UsageError(
            f"--soup is not for {chosen.name}, whose classifier fits the tuned weights alone"
        )
    changed: dict[str, Any] = {field: asked[field] for field in fields if asked[field] is not None}
    if asked["no_adaptation"]:
        changed["adaptation"] = None
    return replace(chosen, **changed)


def _tune(
    chosen: Recipe,
    train: Sequence["Example"],
    test: Sequence["Example"],
    pairs: str,
    base_model: str | None,
    out: Path,
    precision: str | None,
    quiet: bool,
    asked: dict[str, Any],
) -> "FineTuned | None":
    """Train, with progress; what an interrupted run has to say is how to go on.

    Gives None in all processes but the first, where several train together.
    """
    try:
        from dupfind.training.fine_tune import fine_tune, is_first_process
    except ImportError as error:
        raise DupfindError(
            f"training needs torch and its trainer ({error}): pip install 'dupfind[train]'"
        ) from error
    from dupfind.encoders.load import find_model
    from dupfind.training import checkpoints

    n_pairs = chosen.n_seen(len(train), asked["max_steps"])
    try:
        with progress(quiet) as begin:
            tuned = fine_tune(
                chosen,
                train,
                test,
                find_model(base_model),
                out,
                seed=asked["seed"],
                max_steps=asked["max_steps"],
                precision=precision or "auto",
                resume=asked["resume"],
                card_examples=asked["card_examples"],
                facts={"pairs": pairs},
                progress=begin(f"training {out.name}", n_pairs, "pairs"),
            )
            return tuned if is_first_process() else None
    except KeyboardInterrupt:
        if checkpoints.folder(out).is_dir():
            note(
                f"{checkpoints.folder(out)} keeps its checkpoints: the same command with --resume goes on from the last"
            )
        raise


def _lines(tuned: "FineTuned") -> Iterator[str]:
    """The figures before and after."""
    yield f"{'':20} {'base':>7} {'tuned':>7}"
    for figure, after in tuned.tuned.items():
        before = tuned.base.get(figure)
        yield f"{figure.replace('_', ' '):20} {'' if before is None else f'{before:.4f}':>7} {after:7.4f}"
    yield f"{tuned.pairs_a_second:,.1f} pairs a second"
    yield f"{safe(str(tuned.model.path))} holds the model, its card and training.json"


def _facts(tuned: "FineTuned", chosen: Recipe) -> dict[str, Any]:
    return {
        "schema_version": SCHEMA_VERSION,
        "recipe": chosen.name,
        "model": str(tuned.model.path),
        "figures": {"base": tuned.base, "tuned": tuned.tuned},
        "pairs_a_second": round(tuned.pairs_a_second, 1),
    }
