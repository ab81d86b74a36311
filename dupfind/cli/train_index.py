"""`dupfind train` without PAIRS: train on the index's own duplicates, test the model, and adopt it on request."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dupfind.cli.model import document, figures, reasons
from dupfind.cli.progress import progress
from dupfind.cli.terminal import note, safe
from dupfind.errors import DupfindError, RankerError
from dupfind.storage.database_url import IndexPlace
from dupfind.verdict.bands import BALANCED, LIKELY_FROM
from dupfind.workspace.find_index import find_place

if TYPE_CHECKING:
    from dupfind.cli.train_options import TrainOptions
    from dupfind.collection.collection import Collection
    from dupfind.progress import StartTask
    from dupfind.storage.trained_models import TrainedModel
    from dupfind.training.mining import Mined
    from dupfind.training.recipes import Recipe

SCHEMA_VERSION = 1


def train_index(
    folder: IndexPlace | None, recipe: "Recipe", *, out: Path | None, adopt: bool, options: "TrainOptions"
) -> None:
    """Train on an index's own duplicates, print the result of the acceptance test, and adopt a better model on request.

    A model that was trained by the same settings on the same duplicates is used again. So the same command with
    --adopt, or after a kill, continues where the first one ended.
    """
    from dupfind.collection.collection import Collection

    if recipe.name != "duplicates":
        raise DupfindError(f"{recipe.name} learns from labelled pairs: name a file of PAIRS")
    path = find_place(folder)
    with Collection.open(path) as collection, progress(options.quiet) as start:
        model = _train(collection, path, recipe, out, options, start)
        current = collection.summary()["model"]
    if model is None:
        return
    is_adopted = adopt and model.is_better
    verdicts = ""
    if is_adopted:
        _adopt(path, model, options.quiet)
        verdicts = _calibrate(path, options.quiet)
    if options.as_json:
        facts = {"schema_version": SCHEMA_VERSION, "name": model.name, "adopted": is_adopted}
        if is_adopted:
            facts["verdicts"] = verdicts
        click.echo(json.dumps(facts | document(model), indent=2))
    else:
        _print(model, current, verdicts)


def _train(
    collection: "Collection",
    path: IndexPlace,
    recipe: "Recipe",
    out: Path | None,
    options: "TrainOptions",
    start: "StartTask",
) -> "TrainedModel | None":
    """Train and remember a model, or find the one that was trained before.

    Returns:
        None in all processes but the first, where several train together.
    """
    from dupfind.storage import trained_models

    try:
        from dupfind.training import index_training
    except ImportError as error:
        raise DupfindError(
            f"training needs torch and its trainer ({error}): pip install 'dupfind[train]'"
        ) from error
    plan = index_training.plan_training(
        collection,
        recipe,
        base_model=options.base_model,
        seed=options.seed,
        max_steps=options.max_steps,
        precision=options.precision,
    )
    if not options.quiet:
        note(_summary(plan.mined))
        if plan.recipe.domain_adaptation is not None:
            note(f"first adapting the model to the titles and bodies of {len(plan.mined.texts):,} records")
    model = index_training.find_trained(collection, plan)
    if model is not None:
        if not options.quiet:
            note(f"{model.name} was already trained on exactly these examples")
        return model
    model = index_training.train_on_index(
        collection, plan, out, card_examples=options.card_examples, progress=start, now=datetime.now(UTC)
    )
    if model is not None:
        from dupfind.collection.collection import Collection

        with Collection.create(path) as writable:
            trained_models.remember(writable.store, model)
    return model


def _print(model: "TrainedModel", current: str, verdicts: str) -> None:
    """Print the figures and what became of the model; `verdicts` is "" where it was not adopted."""
    for line in figures(model):
        click.echo(line)
    for reason in reasons(model):
        click.echo(reason)
    if verdicts:
        click.echo(f"the index now has vectors of {safe(model.name)}; {verdicts}")
    elif model.is_better:
        click.echo(f"{safe(model.name)} is better: run the same command with --adopt to use it in the index")
    else:
        click.echo(f"the index keeps {safe(current)}")


def _adopt(path: IndexPlace, model: "TrainedModel", quiet: bool) -> None:
    """Encode all records with a model; after a kill the index has its old vectors, and the next run continues."""
    from dupfind.collection.collection import Collection
    from dupfind.postgresql.open_store import local_folder

    with Collection.create(path, model=str(model.path(local_folder(path))), rebuild=True) as collection:
        if collection.store.encoding().model_fingerprint == model.fingerprint:
            return
        with progress(quiet) as start:
            collection.rebuild(progress=start("encoding all records", len(collection)))


def _calibrate(path: IndexPlace, quiet: bool) -> str:
    """Give the index's model levels of the verdict of its own, where the labels suffice, and say what was done.

    Issues that the model has learned from prove nothing, and are left out.
    """
    from dupfind.collection.collection import Collection
    from dupfind.evaluation import calibration

    with Collection.open(path) as collection:
        if collection.calibration() is not None:
            return "its verdicts were calibrated before"
        try:
            with progress(quiet) as start:
                result = calibration.calibrate(
                    collection, precision=LIKELY_FROM, progress=start("calibrating", len(collection))
                )
        except RankerError as error:
            return f"only copies have a verdict, because its levels cannot be calibrated yet: {error}"
    with Collection.create(path) as writable:
        writable.calibrate(result.ranker, result.verdicts)
    return (
        f"its verdicts are calibrated on {result.n_duplicates:,} duplicates that it has not learned from:"
        f" possible from {result.verdicts.possible[BALANCED]:.0%} on, likely from {result.verdicts.likely:.0%} on"
    )


def _summary(mined: "Mined") -> str:
    """Describe the examples in one line."""
    since = "" if mined.since is None else f" since {mined.since:%Y-%m-%d}"
    return (
        f"learning from {len(mined.train):,} pairs of {mined.n_clusters:,} clusters ({mined.n_confirmed:,} confirmed,"
        f" {mined.n_rejected:,} rejected negatives); testing on {mined.n_held_out:,} duplicates{since};"
        f" {mined.n_reaching:,} clusters reach into both and are left out"
    )
