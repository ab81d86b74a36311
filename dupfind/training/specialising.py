"""Specialising: a model fine-tuned on an index's own duplicates, and kept with what the gate says of it."""

import hashlib
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from dupfind import models
from dupfind.carried import carried_model
from dupfind.collection import Collection
from dupfind.encoders import ModelFolder, find_model, load_encoder
from dupfind.models import TrainedModel
from dupfind.training import gate
from dupfind.training.gate import Begin
from dupfind.training.labelled import Example
from dupfind.training.mining import Mined, mine
from dupfind.training.recipes import Recipe
from dupfind.training.tuning import fine_tune, fingerprint


@dataclass(frozen=True, slots=True)
class Plan:
    """What would be trained, and on what.

    Attributes:
        recipe: With what flags said otherwise.
        mined: The examples.
        base: Where the weights come from.
        seed: Of all that is random.
        max_steps: Fewer steps than the epochs of a round have.
    """

    recipe: Recipe
    mined: Mined
    base: ModelFolder
    seed: int
    max_steps: int | None = None

    @property
    def texts(self) -> Sequence[Example]:
        """Titles and bodies that the model is adapted to first; none where they would not fill a batch."""
        first = self.recipe.adaptation
        return () if first is None or len(self.mined.texts) < first.batch_size else self.mined.texts

    @property
    def run(self) -> str:
        """Hash of all that decides the weights."""
        data = fingerprint(self.mined.train, self.mined.test, self.texts)
        told = f"{data} {self.base.fingerprint} {self.recipe} {self.seed} {self.max_steps} {self.mined.since}"
        return hashlib.sha256(told.encode()).hexdigest()


def plan(
    collection: Collection,
    recipe: Recipe,
    *,
    base_model: str | None = None,
    seed: int = 42,
    max_steps: int | None = None,
) -> Plan:
    """Mine an index.

    Args:
        collection: Whose duplicates.
        recipe: `duplicates`, or one like it.
        base_model: A folder or a name; None for the model of the index.
        seed: Of all that is random.
        max_steps: Fewer steps than the epochs of a round have.

    Raises:
        DupfindError: There are too few marks.
        ModelError: The base cannot be found.
    """
    with collection.store.reading():
        encoding = collection.store.encoding()
    base = carried_model(collection.folder, encoding) if base_model is None else find_model(base_model)
    return Plan(replace(recipe, kind="records"), mine(collection.store, seed=seed), base, seed, max_steps)


def specialise(
    collection: Collection,
    wanted: Plan,
    out: Path | None,
    *,
    precision: str = "auto",
    resume: bool = False,
    card_examples: bool = False,
    begin: Begin,
    now: datetime,
) -> TrainedModel:
    """Fine-tune a model on the examples of an index, and put it to the gate. The index is not changed.

    Args:
        collection: Where the examples come from.
        wanted: What to train.
        out: A folder that does not exist; None for one inside the index, which goes on with what a kill left there.
        precision: "auto", "fp32", "fp16" or "bf16".
        resume: Whether to go on with a run that was interrupted.
        card_examples: Whether the card may show texts.
        begin: For progress.
        now: When, UTC.

    Returns:
        What `models.remember` keeps.
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
        },
        "adapted_to": len(wanted.texts),
    }
    place = (
        collection.folder / models.FOLDER / f"duplicates-{wanted.run[:8]}" if out is None else out.absolute()
    )
    n_pairs = wanted.recipe.rounds * wanted.recipe.n_seen(len(mined.train), wanted.max_steps)
    if out is not None or not place.exists():
        place.parent.mkdir(parents=True, exist_ok=True)
        start = _adapted(wanted, place, precision, begin)
        fine_tune(
            wanted.recipe,
            mined.train,
            mined.test,
            wanted.base,
            place,
            start=start,
            seed=wanted.seed,
            max_steps=wanted.max_steps,
            precision=precision,
            resume=resume or out is None,
            card_examples=card_examples,
            facts=about,
            progress=begin(f"training {place.name}", n_pairs, "pairs"),
        )
        if start is not None:
            shutil.rmtree(start.path)
    tuned = ModelFolder(place)
    judged, order = gate.judge(collection, load_encoder(tuned), since=mined.since, progress=begin)
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


def _adapted(wanted: Plan, place: Path, precision: str, begin: Begin) -> ModelFolder | None:
    """The base once it has read the index's titles and bodies, beside the model's folder until that is there.

    Domain adaptation: what a tracker is about is in all of its texts, and its duplicates are few. A title and the body
    that was written with it are the nearest that unlabelled texts come to two reports of one thing.
    """
    first = wanted.recipe.adaptation
    if first is None or not wanted.texts:
        return None
    out = place.with_name(f"{place.name}.adapted-{wanted.run[:8]}")
    if not out.exists():
        n_pairs = first.n_seen(len(wanted.texts), wanted.max_steps)
        fine_tune(
            first,
            wanted.texts,
            [replace(each, texts=each.texts[:2]) for each in wanted.mined.test],
            wanted.base,
            out,
            seed=wanted.seed,
            max_steps=wanted.max_steps,
            precision=precision,
            resume=True,
            progress=begin(f"adapting {place.name}", n_pairs, "texts"),
        )
    return ModelFolder(out)


def known(collection: Collection, wanted: Plan) -> TrainedModel | None:
    """The model that was trained by exactly this plan and is still there, or None."""
    with collection.store.reading():
        found = models.trained(collection.store)
    return next(
        (model for model in found if model.run == wanted.run and model.path(collection.folder).is_dir()), None
    )
