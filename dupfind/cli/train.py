"""`dupfind train`: fine-tune a model on labelled pairs, or on the tracker's own duplicates."""

import json
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dupfind.cli.progress import progress
from dupfind.cli.terminal import Number, index_option, note, safe, show_warnings
from dupfind.cli.train_options import TrainOptions
from dupfind.errors import DupfindError
from dupfind.storage.database_url import IndexPlace
from dupfind.training.recipes import RECIPES, Recipe, recipe

if TYPE_CHECKING:
    from dupfind.training.fine_tune import FineTuned
    from dupfind.training.pair_file import Example

SCHEMA_VERSION = 1
HELD_OUT = 0.1
"""Share of PAIRS to hold out without --eval, as in the card of question-pairs."""


def _list(context: click.Context, _: click.Parameter, is_set: bool) -> None:
    if not is_set or context.resilient_parsing:
        return
    for each in RECIPES.values():
        click.echo(f"{each.name}: {each.about}")
        click.echo(
            f"    {each.loss}, batches of {each.batch_size}, {each.epochs} epochs, {each.learning_rate:g}, up to"
            f" {each.max_length} tokens{'' if each.normalize else ', no Normalize module'}"
        )
        if (adaptation := each.domain_adaptation) is not None:
            click.echo(
                f"    without PAIRS, first adapted to all records of the index ({adaptation.about}), at"
                f" {adaptation.learning_rate:g}"
            )
        click.echo(f"    from {each.source}; its reported figures: {each.reported}")
    context.exit()


@click.command(
    "train",
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
    "--recipe", "name", metavar="NAME", default="duplicates", show_default=True, help="Recipe; see --list."
)
@click.option("--out", metavar="DIR", type=click.Path(path_type=Path), help="New folder for the model.")
@click.option(
    "--list", is_flag=True, is_eager=True, expose_value=False, callback=_list, help="List the recipes."
)
@click.option(
    "--eval",
    "other",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help=f"Pairs to measure on. Default: {HELD_OUT:.0%} of PAIRS that share no text with the rest.",
)
@click.option(
    "--base-model",
    metavar="MODEL",
    help="Folder or name. Default: all-MiniLM-L6-v2; without PAIRS the index's model.",
)
@click.option("--epochs", type=click.IntRange(1, 1_000), help="Passes over the pairs.")
@click.option("--batch-size", type=click.IntRange(2, 4_096), help="Pairs a step.")
@click.option("--learning-rate", type=Number(0, 1, min_open=True), help="Learning rate of the first step.")
@click.option(
    "--head-learning-rate",
    type=Number(0, 1, min_open=True),
    help="Learning rate of a classifier's own weights.",
)
@click.option(
    "--soup", type=Number(0, 1, max_open=True), help="Share of the base model in the final weights."
)
@click.option(
    "--no-adaptation",
    is_flag=True,
    help="Without PAIRS: do not first adapt the model to the titles and bodies of all records.",
)
@click.option("--max-steps", type=click.IntRange(1), help="Stop after so many steps.")
@click.option(
    "--seed",
    type=click.IntRange(0, 2**31),
    default=42,
    show_default=True,
    help="Seed of all random choices.",
)
@click.option("--fp16", "precision", flag_value="fp16", help="Half precision, on a GPU.")
@click.option("--bf16", "precision", flag_value="bf16", help="Half precision; the default where it is fast.")
@click.option("--fp32", "precision", flag_value="fp32", help="Full precision.")
@click.option(
    "--scale",
    type=Number(0, min_open=True),
    default=1.0,
    show_default=True,
    help="Largest label, where labels are similarities; 5 for those of STS.",
)
@click.option("--template", metavar="TEXT", help="Text with {key} for each value, for pairs of records.")
@click.option("--resume", is_flag=True, help="Continue an interrupted run on PAIRS.")
@click.option("--card-examples", is_flag=True, help="Show three pairs in the model card. Default: no texts.")
@click.option(
    "--adopt", is_flag=True, help="Without PAIRS: use the model in the index if it is significantly better."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("-q", "--quiet", is_flag=True, help="Show no progress and no notes.")
@index_option
def command(
    pairs: Path | None,
    name: str,
    out: Path | None,
    other: Path | None,
    base_model: str | None,
    precision: str | None,
    seed: int,
    max_steps: int | None,
    scale: float,
    resume: bool,
    card_examples: bool,
    adopt: bool,
    no_adaptation: bool,
    as_json: bool,
    quiet: bool,
    folder: IndexPlace | None,
    **hyperparameters: Any,
) -> None:
    """Fine-tune a model on PAIRS: two texts and a label a line, in CSV, TSV, JSON Lines or Parquet.

    Without PAIRS the model learns from the duplicates that the index knows. The newest 25 % are held out. On them
    it is compared with the index's model and with BM25. The new model replaces the old one only with --adopt, and
    only if it is significantly better.

    Columns are recognised by common names, such as sentence1, sentence2 and label. The result is a folder that
    dupfind and sentence-transformers load. Its card shows figures before and after, and none of your texts.
    """
    from dupfind.training.torch_threads import sleep_while_waiting

    show_warnings()
    options = TrainOptions(base_model, precision or "auto", seed, max_steps, card_examples, as_json, quiet)
    chosen = _with_flags(recipe(name), hyperparameters)
    if no_adaptation or pairs is not None:
        chosen = replace(chosen, domain_adaptation=None)
    if pairs is None:
        from dupfind.cli.train_index import train_index

        sleep_while_waiting()
        train_index(folder, chosen, out=out, adopt=adopt, options=options)
        return
    for flag, is_set in (("--adopt", adopt), ("--no-adaptation", no_adaptation)):
        if is_set:
            raise click.UsageError(f"{flag} needs a model of the index's own duplicates: leave PAIRS out")
    if out is None:
        raise click.UsageError("name a new folder for the model with --out DIR")
    train, test = _read_pairs(pairs, other, chosen, scale, seed)
    if not quiet:
        note(f"{chosen.name}: learning from {len(train):,} pairs, measuring on {len(test):,}")
    sleep_while_waiting()
    tuned = _tune(chosen, train, test, out, options, resume=resume, source=pairs.name)
    if tuned is None:
        return
    if as_json:
        click.echo(json.dumps(_json(tuned, chosen), indent=2))
        return
    for line in _lines(tuned):
        click.echo(line)
    if not quiet:
        note(f"next: dupfind index --model {shlex.quote(str(out))} --rebuild")


def _with_flags(chosen: Recipe, hyperparameters: dict[str, Any]) -> Recipe:
    """Replace a recipe's fields by the flags that are set."""
    fields = {"soup": "base_weight"}  # the flag's name where it differs from the field's
    if hyperparameters["soup"] and chosen.kind == "classes":
        raise click.UsageError(
            f"--soup does not work with {chosen.name}, whose classifier fits the tuned weights alone"
        )
    return replace(
        chosen,
        **{fields.get(flag, flag): value for flag, value in hyperparameters.items() if value is not None},
    )


def _read_pairs(
    pairs: Path, other: Path | None, chosen: Recipe, scale: float, seed: int
) -> "tuple[list[Example], list[Example]]":
    """Read and check the training and the held-out pairs."""
    from dupfind.training import pair_file
    from dupfind.training.holdout import held_out

    examples = pair_file.read(pairs, chosen, scale=scale)
    if other is None:
        train, test = held_out(examples, HELD_OUT, seed, where=str(pairs))
    else:
        train, test = examples, pair_file.read(other, chosen, scale=scale)
    pair_file.check(train, test, chosen, where=str(pairs))
    return train, test


def _tune(
    chosen: Recipe,
    train: Sequence["Example"],
    test: Sequence["Example"],
    out: Path,
    options: TrainOptions,
    *,
    resume: bool,
    source: str,
) -> "FineTuned | None":
    """Train with progress; an interrupted run prints how to continue.

    Returns:
        None in all processes but the first, where several train together.
    """
    try:
        from dupfind.training.fine_tune import fine_tune, is_first_process
    except ImportError as error:
        raise DupfindError(
            f"training needs torch and its trainer ({error}): pip install 'dupfind[train]'"
        ) from error
    from dupfind.encoders.load import find_model
    from dupfind.training import checkpoints

    n_pairs = chosen.n_seen(len(train), options.max_steps)
    try:
        with progress(options.quiet) as start:
            tuned = fine_tune(
                chosen,
                train,
                test,
                find_model(options.base_model),
                out,
                seed=options.seed,
                max_steps=options.max_steps,
                precision=options.precision,
                resume=resume,
                card_examples=options.card_examples,
                metadata={"pairs": source},
                progress=start(f"training {out.name}", n_pairs, "pairs"),
            )
            return tuned if is_first_process() else None
    except KeyboardInterrupt:
        scratch = checkpoints.folder(out)
        if scratch.is_dir():
            note(f"{scratch} keeps the checkpoints: run the same command with --resume to continue")
        raise


def _lines(tuned: "FineTuned") -> Iterator[str]:
    """Yield a table of the figures before and after."""
    yield f"{'':20} {'base':>7} {'tuned':>7}"
    for figure, after in tuned.tuned.items():
        before = tuned.base.get(figure)
        yield f"{figure.replace('_', ' '):20} {'' if before is None else f'{before:.4f}':>7} {after:7.4f}"
    yield f"{tuned.pairs_a_second:,.1f} pairs a second"
    yield f"{safe(str(tuned.model.path))} holds the model, its card and training.json"


def _json(tuned: "FineTuned", chosen: Recipe) -> dict[str, Any]:
    return {
        "schema_version": SCHEMA_VERSION,
        "recipe": chosen.name,
        "model": str(tuned.model.path),
        "figures": {"base": tuned.base, "tuned": tuned.tuned},
        "pairs_a_second": round(tuned.pairs_a_second, 1),
    }
