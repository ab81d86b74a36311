"""The models that were trained for a collection, with their figures, in use or not."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dupfind.ranking.ranker import Ranker, shipped
from dupfind.storage.store import Store
from dupfind.storage.stored_times import timestamp
from dupfind.storage.stored_values import stored_json, stored_moment

if TYPE_CHECKING:
    from dupfind.storage.writer import Writer

FOLDER = "trained"
"""Folder of trained models inside a collection."""


@dataclass(frozen=True, slots=True)
class TrainedModel:
    """A model that was trained for a collection.

    Attributes:
        name: The model's name for people.
        fingerprint: Hash of everything that decides its vectors.
        folder: Its files: inside the collection, or an absolute path.
        run: Hash of everything that decided its weights.
        created: Time of the training, UTC.
        document: JSON with the result of the acceptance gate ("gate"), the refitted ranker ("order") and the source of
            its examples ("mined").
    """

    name: str
    fingerprint: str
    folder: str
    run: str
    created: datetime
    document: Mapping[str, Any]

    @property
    def is_better(self) -> bool:
        """Return whether the model passed the acceptance gate."""
        return bool(self.document["gate"]["is_better"])

    def path(self, collection: Path) -> Path:
        """Return the folder of its files."""
        return collection / self.folder  # joining keeps an absolute path as it is


def trained_models(store: Store) -> list[TrainedModel]:
    """Return all models that were trained for a collection, the newest first."""
    rows = store.connection.execute(
        "SELECT name, fingerprint, folder, run, created, document FROM model ORDER BY created DESC, name"
    ).fetchall()
    return [
        TrainedModel(name, fingerprint, folder, run, stored_moment(created), stored_json(document))
        for name, fingerprint, folder, run, created, document in rows
    ]


def ranker_for(store: Store, model_fingerprint: str) -> Ranker:
    """Return the ranker for a model: the one that was refitted to it, else the one that dupfind ships for it.

    Raises:
        RankerError: The ranker is of another dupfind version, or damaged.
    """
    document = _part(store, model_fingerprint, "$.order.ranker")
    return shipped(model_fingerprint) if document is None else Ranker.from_json(stored_json(document))


def unseen_since(store: Store, model_fingerprint: str) -> datetime | None:
    """Return the time from which on records were not used to train a model; None if none were used."""
    since = _part(store, model_fingerprint, "$.mined.since")
    return None if since is None else stored_moment(since)


def _part(store: Store, model_fingerprint: str, path: str) -> Any:
    """Return a part of the document of the newest trained model with a fingerprint, or None."""
    row = store.connection.execute(
        # json_extract returns an object as JSON text, but a string without quotes.
        "SELECT json_extract(document, ?) FROM model WHERE fingerprint = ? ORDER BY created DESC LIMIT 1",
        (path, model_fingerprint),
    ).fetchone()
    return None if row is None else row[0]


def remember(writer: "Writer", model: TrainedModel) -> None:
    """Store a model in place of an earlier one with its name.

    Raises:
        StoreError: The database cannot be written; nothing was stored.
    """
    with writer.changing():
        writer.connection.execute(
            "INSERT INTO model (name, fingerprint, folder, run, created, document) VALUES (?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (name) DO UPDATE SET fingerprint = excluded.fingerprint, folder = excluded.folder,"
            " run = excluded.run, created = excluded.created, document = excluded.document",
            (
                model.name,
                model.fingerprint,
                model.folder,
                model.run,
                timestamp(model.created),
                json.dumps(model.document),
            ),
        )
