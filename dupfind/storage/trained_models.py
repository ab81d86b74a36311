"""Models: those that were trained for a collection, with their figures, be they in use or not."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dupfind.ranking.ranker import Ranker, shipped
from dupfind.storage.store import Store, timestamp

if TYPE_CHECKING:
    from dupfind.storage.writer import Writer

FOLDER = "trained"
"""Where they lie in a collection."""


@dataclass(frozen=True, slots=True)
class TrainedModel:
    """A model that was trained for a collection.

    Attributes:
        name: What a person calls it.
        fingerprint: Hash of all that decides its vectors.
        folder: Its files: inside the collection, or an absolute path.
        run: Hash of all that decided its weights.
        created: When, UTC.
        document: What the gate said, as `Judged.to_json` has it, its order, as `Order.to_json` has it, and where its
            examples came from.
    """

    name: str
    fingerprint: str
    folder: str
    run: str
    created: datetime
    document: Mapping[str, Any]

    @property
    def is_better(self) -> bool:
        """Whether it passed the gate."""
        return bool(self.document["gate"]["is_better"])

    def path(self, collection: Path) -> Path:
        """Where its files are."""
        return collection / self.folder  # an absolute one stays what it is


def trained_models(store: Store) -> list[TrainedModel]:
    """All that were trained for a collection, the newest first."""
    rows = store.connection.execute(
        "SELECT name, fingerprint, folder, run, created, document FROM model ORDER BY created DESC, name"
    ).fetchall()
    return [
        TrainedModel(name, fingerprint, folder, run, datetime.fromisoformat(created), json.loads(document))
        for name, fingerprint, folder, run, created, document in rows
    ]


def ranker_for(store: Store, model_fingerprint: str) -> Ranker:
    """What orders the candidates of a model: the order that was refitted to it, else the one that dupfind comes with.

    Raises:
        RankerError: It is of another dupfind, or damaged.
    """
    document = _part(store, model_fingerprint, "$.order.ranker")
    return shipped() if document is None else Ranker.from_json(json.loads(document))


def unseen_since(store: Store, model_fingerprint: str) -> datetime | None:
    """From when on a model has not learned from the collection's records; None where it has learned from none."""
    since = _part(store, model_fingerprint, "$.mined.since")
    return None if since is None else datetime.fromisoformat(since)


def _part(store: Store, model_fingerprint: str, path: str) -> Any:
    """A part of the document of the newest trained model with a fingerprint, or None."""
    row = store.connection.execute(
        "SELECT json_extract(document, ?) FROM model WHERE fingerprint = ? ORDER BY created DESC LIMIT 1",
        (path, model_fingerprint),
    ).fetchone()
    return None if row is None else row[0]


def remember(writer: "Writer", model: TrainedModel) -> None:
    """Keep a model in place of the one before of its name.

    Raises:
        StoreError: The disk is full, or the like; nothing was written.
    """
    with writer.changing():
        writer.connection.execute(
            "INSERT OR REPLACE INTO model VALUES (?, ?, ?, ?, ?, ?)",
            (
                model.name,
                model.fingerprint,
                model.folder,
                model.run,
                timestamp(model.created),
                json.dumps(model.document),
            ),
        )
