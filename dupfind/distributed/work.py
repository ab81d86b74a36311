"""What a worker of a cluster computes: the vectors of texts, and the pairs of two blocks of rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from dupfind.dedup.all_pairs import Pairs, within_tiles
from dupfind.encoders.encoder import encode_in_company
from dupfind.encoders.load import Encoder, load_encoder
from dupfind.encoders.model_folder import ModelFolder
from dupfind.encoders.model_store import stored_model
from dupfind.encoders.received_model import received_model
from dupfind.encoders.weights import find_model
from dupfind.errors import ModelError
from dupfind.vectors.base import RowIds, Vectors

_loaded: "dict[SentModel, Encoder]" = {}  # at most one; it stays in the process, which computes many tasks


@dataclass(frozen=True, slots=True)
class SentModel:
    """A model of a run, as it is known to workers.

    Attributes:
        name: For people.
        path: Its folder on the machine of the driver.
        fingerprint: Of its files.
        is_few: Whether the run has but a few texts, for which another engine is used.
    """

    name: str
    path: str
    fingerprint: str
    is_few: bool


class Encoded(NamedTuple):
    """Vectors of texts.

    Attributes:
        engine: Which made them.
        vectors: (n, dim) float32.
    """

    engine: str
    vectors: Vectors


def encode(model: SentModel, files: Sequence[Any], texts: Sequence[str]) -> Encoded:
    """Encode texts on one core, or on the GPU that Ray gave.

    Args:
        model: Which stays loaded in this process.
        files: The object with its files, by their paths; empty where each machine has the model itself.
        texts: In any order.

    Raises:
        ModelError: This machine cannot get the model, or cannot load it.
    """
    if model not in _loaded:
        _loaded.clear()
        engine = "quick" if model.is_few else "auto"
        _loaded[model] = load_encoder(_folder(model, files), engine=engine, threads=1)
    encoder = _loaded[model]
    return Encoded(encoder.engine, encode_in_company(encoder, texts))


def pairs_of_blocks(
    rows: tuple[RowIds, Vectors], columns: tuple[RowIds, Vectors] | None, threshold: float
) -> Pairs:
    """Return the pairs of rows in one block with those in another one, or with each other, on one core or GPU.

    Args:
        rows: (n,) int64 and (n, dim) float32; all row ids are smaller than those of the columns.
        columns: As `rows`; None for the same block.
        threshold: Cosine similarity; a pair exactly at it counts.
    """
    n_rows = len(rows[0])
    if columns is None:
        row_ids, vectors, tile = *rows, (slice(0, n_rows), slice(0, n_rows))
    else:
        row_ids = np.concatenate([rows[0], columns[0]])
        vectors = np.concatenate([rows[1], columns[1]])
        tile = slice(0, n_rows), slice(n_rows, len(row_ids))
    [pairs] = within_tiles(row_ids, vectors, threshold, [tile], threads=1)
    return pairs


def _folder(model: SentModel, files: Sequence[Any]) -> ModelFolder:
    """Return the model from this machine's cache; put it there first if it is missing.

    Raises:
        ModelError: It is not sent, and this machine has none of its name, or another one.
    """
    if (stored := stored_model(model.fingerprint, model.name)) is not None:
        return stored
    if files:
        sent = _fetched(files[0])
        return received_model(model.fingerprint, model.name, sent.items(), "the files that were sent")
    found = find_model(model.path if Path(model.path).is_dir() else model.name)
    if found.fingerprint != model.fingerprint:
        raise ModelError(
            f"{model.name} has other weights here, {found.fingerprint[:12]} and not {model.fingerprint[:12]}: put the"
            " same folder on all machines"
        )
    return found


def _fetched(ref: Any) -> Mapping[str, bytes]:
    import ray

    sent: Mapping[str, bytes] = ray.get(ref)
    return sent
