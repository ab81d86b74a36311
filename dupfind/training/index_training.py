"""Specialising: a model fine-tuned on an index's own duplicates, and kept with what the gate says of it."""

import hashlib
import json
import os
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from dupfind.collection.collection import Collection
from dupfind.encoders.load import ModelFolder, find_model, load_encoder
from dupfind.errors import DupfindError
from dupfind.progress import StartTask
from dupfind.storage import trained_models
from dupfind.storage.model_copy import copied_model
from dupfind.storage.trained_models import TrainedModel
from dupfind.training import acceptance, checkpoints
from dupfind.training.fine_tune import TOLD, fine_tune, fingerprint, is_first_process
from dupfind.training.mining import MOST_TEXTS, Mined, mine
from dupfind.training.recipes import Recipe


@dataclass(frozen=True, slots=True)
class Plan:
    """What would be trained, and on what.

    Attributes:
        recipe: With what flags said otherwise; without an adaptation where the texts would not fill a batch of it.
        mined: The examples.
        base: Where the weights come from.
        seed: Of all that is random.
        max_steps: Fewer steps than the epochs have, of the adaptation and of the training.
        precision: "auto", "fp32", "fp16" or "bf16".
        run: Hash of all that decides the weights.
    """

    recipe: Recipe
    mined: Mined
    base: ModelFolder
    seed: int
    max_steps: int | None
    precision: str
    run: str


def plan(
    collection: Collection,
    recipe: Recipe,
    *,
    base_model: str | None = None,
    seed: int = 42,
    max_steps: int | None = None,
    precision: str = "auto",
) -> Plan:
    """Mine an index.

    Args:
        collection: Whose duplicates.
        recipe: `duplicates`, or one like it.
        base_model: A folder or a name; None for the model of the index.
        seed: Of all that is random.
        max_steps: Fewer steps than the epochs have.
        precision: "auto", "fp32", "fp16" or "bf16".

    Raises:
        DupfindError: There are too few marks.
        ModelError: The base cannot be found.
    """
    with collection.store.reading():
        encoding = collection.store.encoding()
    base = copied_model(collection.folder, encoding) if base_model is None else find_model(base_model)
    first = recipe.adaptation
    mined = mine(collection.store, seed=seed, n_texts=MOST_TEXTS if first else 0)
    if first is not None and len(mined.texts) < first.batch_size:
        recipe = replace(recipe, adaptation=None)
    recipe = replace(recipe, kind="records")
    decisive = (mined.since, base.fingerprint, recipe, seed, max_steps, precision)
    data = fingerprint(mined.train, mined.test, mined.texts if recipe.adaptation else ())
    run = hashlib.sha256(" ".join(map(str, (data, *decisive))).encode()).hexdigest()
    return Plan(recipe, mined, base, seed, max_steps, precision, run)


def train_on_index(
    collection: Collection,
    wanted: Plan,
    out: Path | None,
    *,
    card_examples: bool = False,
    progress: StartTask,
    now: datetime,
) -> TrainedModel | None:
    """Fine-tune a model on the examples of an index, and put it to the gate. The index is not changed.

    What a kill left is gone on with, if it is of the same plan.

    Args:
        collection: Where the examples come from.
        wanted: What to train.
        out: A folder that does not exist; None for one inside the index.
        card_examples: Whether the card may show texts.
        progress: Starts a progress display for each stage.
        now: When, UTC.

    Returns:
        What `models.remember` keeps; None in all processes but the first, where several train together.

    Raises:
        DupfindError: Where the model is to go, there is something of another training.
    """
    mined = wanted.mined
    about = {
        "mined": {
            "pairs": len(mined.train),
            "clusters": mined.n_clusters,
            "reaching_into_the_later_slice": mined.n_reaching,
            "confirmed": mined.n_confirmed,
            "rejected_negatives": mined.n_rejected,
            "since": None if mined.since is None else mined.since.isoformat(),
        }
    }
    place = (
        collection.folder / trained_models.FOLDER / f"duplicates-{wanted.run[:8]}"
        if out is None
        else out.absolute()
    )
    if _told(place).get("run") != wanted.run:
        place.parent.mkdir(parents=True, exist_ok=True)
        start = _adapted(wanted, place, progress)
        fine_tune(
            wanted.recipe,
            mined.train,
            mined.test,
            wanted.base,
            place,
            start=start,
            seed=wanted.seed,
            max_steps=wanted.max_steps,
            precision=wanted.precision,
            resume=True,
            card_examples=card_examples,
            facts={**about, "run": wanted.run, "adapted": None if start is None else _adaptation(start)},
            progress=progress(
                f"training {place.name}", wanted.recipe.n_seen(len(mined.train), wanted.max_steps), "pairs"
            ),
        )
    checkpoints.remove(checkpoints.folder(place))  # a kill between the model and the end of them leaves some
    if not is_first_process():
        return None
    tuned = ModelFolder(place)
    judged, order = acceptance.judge(collection, load_encoder(tuned), since=mined.since, progress=progress)
    _tell(place, gate=judged.to_json())
    home = collection.folder.absolute()
    return TrainedModel(
        name=place.name,
        fingerprint=tuned.fingerprint,
        folder=place.absolute().relative_to(home).as_posix() if out is None else str(place),
        run=wanted.run,
        created=now,
        document={
            **about,
            "base": wanted.base.name,
            "seed": wanted.seed,
            "gate": judged.to_json(),
            "order": order.to_json(),
        },
    )


def _adapted(wanted: Plan, place: Path, progress: StartTask) -> ModelFolder | None:
    """The base once it has read the index's titles and bodies; it lies among the checkpoints, and goes with them.

    Domain adaptation: what a tracker is about is in all of its texts, and its duplicates are few. A title and the body
    that was written with it are the nearest that unlabelled texts come to two reports of one thing.
    """
    first, mined = wanted.recipe.adaptation, wanted.mined
    if first is None:
        return None
    home = checkpoints.folder(place)
    out = home / f"adapted-{wanted.run[:8]}"
    if not out.exists():
        if place.exists() or checkpoints.is_begun(home):
            taken = place if place.exists() else home
            raise DupfindError(
                f"{taken} is of another training: remove it, or name another folder with --out"
            )
        home.mkdir(exist_ok=True)
        fine_tune(
            first,
            mined.texts,
            [replace(each, texts=each.texts[:2]) for each in mined.test],
            wanted.base,
            out,
            seed=wanted.seed,
            max_steps=wanted.max_steps,
            precision=wanted.precision,
            resume=True,
            progress=progress(
                f"adapting {place.name}", first.n_seen(len(mined.texts), wanted.max_steps), "texts"
            ),
        )
    return ModelFolder(out)


def _adaptation(model: ModelFolder) -> dict[str, Any]:
    """What is kept of an adapted model when its folder goes."""
    told = _told(model.path)
    return {key: told[key] for key in ("data", "steps", "settings", "log")}


def _told(place: Path) -> dict[str, Any]:
    """What the training.json of a model says; nothing where there is none that dupfind has written."""
    try:
        told = json.loads((place / TOLD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return told if isinstance(told, dict) else {}


def _tell(place: Path, **more: Any) -> None:
    """Add to a model's training.json, which is the old one or the new one whenever it is read."""
    part = place / f"{TOLD}.part"
    part.write_text(json.dumps(_told(place) | more, indent=2) + "\n", encoding="utf-8")
    os.replace(part, place / TOLD)


def known(collection: Collection, wanted: Plan) -> TrainedModel | None:
    """The model that was trained by exactly this plan and is still there, or None."""
    with collection.store.reading():
        found = trained_models.trained_models(collection.store)
    return next(
        (model for model in found if model.run == wanted.run and model.path(collection.folder).is_dir()), None
    )
