"""Train a model on an index's own duplicates, and test it against the index's model."""

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
from dupfind.storage.database_url import DatabaseUrl
from dupfind.storage.trained_models import TrainedModel
from dupfind.training import acceptance, checkpoints
from dupfind.training.fine_tune import METADATA, fine_tune, fingerprint, is_first_process
from dupfind.training.mining import MOST_TEXTS, Mined, mine
from dupfind.training.recipes import Recipe


@dataclass(frozen=True, slots=True)
class TrainingPlan:
    """Everything that decides the weights of a model for an index.

    Attributes:
        recipe: Without domain adaptation where the index has too few texts for a batch of it.
        mined: The examples.
        base: The model to start from.
        seed: Of all random choices.
        max_steps: Stop after so many steps, of the domain adaptation and of the training; None for all epochs.
        precision: "auto", "fp32", "fp16" or "bf16".
        run: Hash of all of these.
    """

    recipe: Recipe
    mined: Mined
    base: ModelFolder
    seed: int
    max_steps: int | None
    precision: str
    run: str


def plan_training(
    collection: Collection,
    recipe: Recipe,
    *,
    base_model: str | None = None,
    seed: int = 42,
    max_steps: int | None = None,
    precision: str = "auto",
) -> TrainingPlan:
    """Mine the examples of an index, and plan a training on them.

    Args:
        collection: Holds the duplicates.
        recipe: `duplicates`, or a variant of it.
        base_model: A folder or a name; None for the model of the index.
        seed: Of all random choices.
        max_steps: Stop after so many steps; None for all epochs.
        precision: "auto", "fp32", "fp16" or "bf16".

    Raises:
        DupfindError: There are too few marks.
        ModelError: The base cannot be found.
    """
    base = collection.model() if base_model is None else find_model(base_model)
    adaptation = recipe.domain_adaptation
    mined = mine(collection.store, seed=seed, n_texts=MOST_TEXTS if adaptation else 0)
    if adaptation is not None and len(mined.texts) < adaptation.batch_size:
        recipe = replace(recipe, domain_adaptation=None)
    recipe = replace(recipe, kind="records")
    data = fingerprint(mined.train, mined.test, mined.texts if recipe.domain_adaptation else ())
    decisive = (data, mined.since, base.fingerprint, recipe.to_json(), seed, max_steps, precision)
    run = hashlib.sha256(" ".join(map(str, decisive)).encode()).hexdigest()
    return TrainingPlan(recipe, mined, base, seed, max_steps, precision, run)


def find_trained(collection: Collection, plan: TrainingPlan) -> TrainedModel | None:
    """Return the model that was trained by exactly this plan and still exists, or None."""
    with collection.store.reading():
        models = trained_models.trained_models(collection.store)
    return next(
        (model for model in models if model.run == plan.run and model.path(collection.folder).is_dir()), None
    )


def train_on_index(
    collection: Collection,
    plan: TrainingPlan,
    out: Path | None,
    *,
    card_examples: bool = False,
    progress: StartTask,
    now: datetime,
) -> TrainedModel | None:
    """Fine-tune a model on the examples of an index, and test it. The index is not changed.

    A killed training of the same plan is continued.

    Args:
        collection: The source of the examples.
        plan: Of `plan_training`.
        out: A folder that does not exist; None for one inside the index, or of a shared one inside the user's cache.
        card_examples: Whether the card may show texts.
        progress: Starts a progress display for each stage.
        now: The present time, UTC.

    Returns:
        The model, for `trained_models.remember`; None in all processes but the first, where several train together.

    Raises:
        DupfindError: The folder, or that of its checkpoints, belongs to another training.
    """
    folder = (
        collection.folder / trained_models.FOLDER / f"duplicates-{plan.run[:8]}"
        if out is None
        else out.absolute()
    )
    origin = {"mined": _mined_json(plan.mined)}
    if _read_metadata(folder).get("run") != plan.run:
        _train(plan, folder, origin, card_examples, progress)
    # A kill after the model was finished, and before its checkpoints were removed, leaves some.
    checkpoints.remove(checkpoints.folder(folder))
    if not is_first_process():
        return None
    tuned = ModelFolder(folder)
    accepted, order = acceptance.judge(
        collection, load_encoder(tuned), since=plan.mined.since, progress=progress
    )
    _add_metadata(folder, gate=accepted.to_json())
    return TrainedModel(
        name=folder.name,
        fingerprint=tuned.fingerprint,
        folder=str(folder)
        if out is not None or isinstance(collection.place, DatabaseUrl)
        else folder.absolute().relative_to(collection.folder.absolute()).as_posix(),
        run=plan.run,
        created=now,
        document={
            **origin,
            "base": plan.base.name,
            "seed": plan.seed,
            "gate": accepted.to_json(),
            "order": order.to_json(),
        },
    )


def _mined_json(mined: Mined) -> dict[str, Any]:
    """Return the counts of the examples for training.json."""
    return {
        "pairs": len(mined.train),
        "clusters": mined.n_clusters,
        "reaching_into_the_later_slice": mined.n_reaching,
        "confirmed": mined.n_confirmed,
        "rejected_negatives": mined.n_rejected,
        "since": None if mined.since is None else mined.since.isoformat(),
    }


def _train(
    plan: TrainingPlan, folder: Path, origin: dict[str, Any], card_examples: bool, progress: StartTask
) -> None:
    """Adapt the base to the domain if the recipe does, then fine-tune it on the duplicates."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    start = _adapt(plan, folder, progress)
    n_pairs = plan.recipe.n_seen(len(plan.mined.train), plan.max_steps)
    fine_tune(
        plan.recipe,
        plan.mined.train,
        plan.mined.test,
        plan.base,
        folder,
        start=start,
        seed=plan.seed,
        max_steps=plan.max_steps,
        precision=plan.precision,
        resume=True,
        card_examples=card_examples,
        metadata={
            **origin,
            "run": plan.run,
            "adapted": None if start is None else _adaptation_metadata(start),
        },
        progress=progress(f"training {folder.name}", n_pairs, "pairs"),
    )


def _adapt(plan: TrainingPlan, folder: Path, progress: StartTask) -> ModelFolder | None:
    """Return the base after domain adaptation to the index; None where the recipe has none.

    All texts of a tracker show its domain, and its duplicates are few. A title and the body that was written with it
    are, among unlabelled texts, most like two reports of one problem. The adapted model is kept with the
    checkpoints, and is removed with them.
    """
    recipe, mined = plan.recipe.domain_adaptation, plan.mined
    if recipe is None:
        return None
    scratch = checkpoints.folder(folder)
    adapted = scratch / f"adapted-{plan.run[:8]}"
    if not adapted.exists():
        if folder.exists() or checkpoints.is_begun(scratch):
            taken = folder if folder.exists() else scratch
            raise DupfindError(
                f"{taken} belongs to another training: remove it, or name another folder with --out"
            )
        scratch.mkdir(exist_ok=True)
        n_texts = recipe.n_seen(len(mined.texts), plan.max_steps)
        fine_tune(
            recipe,
            mined.texts,
            # The two whole texts; the titles follow them.
            [replace(example, texts=example.texts[:2]) for example in mined.test],
            plan.base,
            adapted,
            seed=plan.seed,
            max_steps=plan.max_steps,
            precision=plan.precision,
            resume=True,
            progress=progress(f"adapting {folder.name}", n_texts, "texts"),
        )
    return ModelFolder(adapted)


def _adaptation_metadata(model: ModelFolder) -> dict[str, Any]:
    """Return the metadata to keep of an adapted model whose folder will be removed."""
    metadata = _read_metadata(model.path)
    return {key: metadata[key] for key in ("data", "steps", "settings", "log")}


def _read_metadata(folder: Path) -> dict[str, Any]:
    """Return the training.json of a model; an empty dict where dupfind has written none."""
    try:
        metadata = json.loads((folder / METADATA).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return metadata if isinstance(metadata, dict) else {}


def _add_metadata(folder: Path, **more: Any) -> None:
    """Add keys to a model's training.json; a reader sees the old file or the new one, never a part."""
    part = folder / f"{METADATA}.part"
    part.write_text(json.dumps(_read_metadata(folder) | more, indent=2) + "\n", encoding="utf-8")
    os.replace(part, folder / METADATA)
