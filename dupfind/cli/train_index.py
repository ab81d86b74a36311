"""`dupfind train` without PAIRS: the index's own duplicates, the gate, and taking the model into use."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dupfind.cli.model import document, figures, reasons
from dupfind.cli.progress import progress
from dupfind.cli.terminal import note, safe
from dupfind.errors import DupfindError
from dupfind.workspace.find_index import find_index

if TYPE_CHECKING:
    from dupfind.storage.trained_models import TrainedModel
    from dupfind.training.mining import Mined
    from dupfind.training.recipes import Recipe

SCHEMA_VERSION = 1


def specialise(
    folder: Path | None,
    recipe: "Recipe",
    *,
    out: Path | None,
    adopt: bool,
    base_model: str | None,
    precision: str,
    as_json: bool,
    quiet: bool,
    asked: dict[str, Any],
) -> None:
    """Train on an index's own duplicates, say what the gate finds, and adopt what passes it if that is asked for.

    What was trained by the same settings on the same duplicates is not trained again, so that the same command with
    --adopt, or after a kill, goes on where the first one ended.
    """
    from dupfind.collection.collection import Collection
    from dupfind.storage import trained_models

    if recipe.name != "duplicates":
        raise DupfindError(f"{recipe.name} learns from labelled pairs: name a file of PAIRS")
    path = find_index(folder)
    with Collection.open(path) as collection, progress(quiet) as begin:
        try:
            from dupfind.training import index_training
        except ImportError as error:
            raise DupfindError(
                f"training needs torch and its trainer ({error}): pip install 'dupfind[train]'"
            ) from error
        plan = index_training.plan(
            collection,
            recipe,
            base_model=base_model,
            seed=asked["seed"],
            max_steps=asked["max_steps"],
            precision=precision,
        )
        say = (lambda _: None) if quiet else note
        say(_told(plan.mined))
        if plan.recipe.adaptation is not None:
            say(f"first it learns which body belongs to a title, of {len(plan.mined.texts):,} records")
        model = index_training.known(collection, plan)
        if model is not None:
            say(f"{model.name} was trained on exactly this")
        else:
            model = index_training.train_on_index(
                collection,
                plan,
                out,
                card_examples=asked["card_examples"],
                progress=begin,
                now=datetime.now(UTC),
            )
            if model is None:  # another process goes on
                return
            with Collection.create(path) as writable:
                trained_models.remember(writable.store, model)
        current = collection.summary()["model"]
    is_adopted = adopt and model.is_better
    if is_adopted:
        _adopt(path, model, quiet)
    if as_json:
        facts = {
            "schema_version": SCHEMA_VERSION,
            "name": model.name,
            "adopted": is_adopted,
            **document(model),
        }
        click.echo(json.dumps(facts, indent=2))
        return
    for line in figures(model):
        click.echo(line)
    for reason in reasons(model):
        click.echo(reason)
    if is_adopted:
        click.echo(
            f"the index has vectors of {safe(model.name)} now: run `dupfind calibrate`, since verdicts need it"
        )
    elif model.is_better:
        click.echo(f"{safe(model.name)} is better: the same command with --adopt takes it into use")
    else:
        click.echo(f"the index keeps {safe(current)}")


def _adopt(path: Path, model: "TrainedModel", quiet: bool) -> None:
    """Encode everything anew by a model; a kill leaves the old vectors, and the next run goes on."""
    from dupfind.collection.collection import Collection

    with Collection.create(path, model=str(model.path(path)), rebuild=True) as collection:
        if collection.store.encoding().model_fingerprint == model.fingerprint:
            return
        with progress(quiet) as begin:
            collection.rebuild(progress=begin("encoding anew", len(collection)))


def _told(mined: "Mined") -> str:
    """What is learned from, in one line."""
    since = "" if mined.since is None else f" since {mined.since:%Y-%m-%d}"
    return (
        f"learning from {len(mined.train):,} pairs of {mined.n_clusters:,} clusters ({mined.n_confirmed:,} confirmed,"
        f" {mined.n_rejected:,} rejected negatives); proof on {mined.n_held_out:,} duplicates{since};"
        f" {mined.n_reaching:,} clusters reach into both and are left out"
    )
