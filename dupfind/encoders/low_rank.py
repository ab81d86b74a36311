"""Models that come with dupfind as a small difference to MiniLM's weights."""

import hashlib
import json
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dupfind.encoders.model_folder import ModelFolder
from dupfind.encoders.model_store import CACHE, cache_folder, damaged, remove_old, store_model, stored_model
from dupfind.errors import ModelError, shortage

LEFT, RIGHT, SCALE, ADDED = ".left", ".right", ".scale", ".added"
"""Ends of the names in a file of differences, after the name of a tensor.

A matrix W becomes W + scale * (left @ right), with left (n, rank) and right (rank, m) int8, and scale (1,) float32. A
vector v becomes v + added, with added float16.
"""

_WEIGHTS = "model.safetensors"


@dataclass(frozen=True, slots=True)
class LowRankModel:
    """A model that comes with dupfind.

    Attributes:
        name: For `--model`.
        file: Of the differences, in this package.
        sha256: Of that file.
        base_fingerprint: Of the model that it is a difference to.
        fingerprint: Of the merged model.
    """

    name: str
    file: str
    sha256: str
    base_fingerprint: str
    fingerprint: str


MINILM_ISSUES = LowRankModel(
    name="MiniLM-issues",
    file="minilm_issues.safetensors",
    sha256="d187d5c71c16d6d581d0a54f55b4cb08c32f3c5f829a92ec068fc5700c2d1047",
    base_fingerprint="8a05da872b50892d74b9f84826ade9feca1146e927654ed1a1779d85c0a2bf3f",
    fingerprint="3707c3a30c1933df238aa5c7cf4f17898da8904f25251a31b67948fd514d028e",
)
"""MiniLM, trained on a tracker's issues. `benchmarks/issues_model.py` makes it; docs/model.md is its card."""


def cached_model(model: LowRankModel) -> ModelFolder | None:
    """Return a model from dupfind's cache, where no base is needed; None if it has yet to be merged.

    Raises:
        ModelError: It is damaged.
    """
    stored = stored_model(model.fingerprint, model.name)
    if stored is not None and stored.fingerprint != model.fingerprint:
        raise damaged(stored.path, "another sha256")
    return stored


def merged_model(model: LowRankModel, base: ModelFolder) -> ModelFolder:
    """Merge a model into dupfind's cache, and return it.

    Args:
        model: One that comes with dupfind.
        base: The model that it is a difference to.

    Raises:
        ModelError: The base or the file of differences is another one or damaged, or the cache cannot be written.
    """
    if base.fingerprint != model.base_fingerprint:
        raise ModelError(f"{base.path} is not the model that {model.name} is a difference to: fetch it again")
    folder = cache_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        remove_old(folder, ".merge-*")
        with tempfile.TemporaryDirectory(prefix=".merge-", dir=folder) as scratch:
            copy = Path(scratch) / "model"
            for file in base.files:
                (copy / file).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(base.path / file, copy / file)
            add_difference(copy / _WEIGHTS, _difference(model))
            made = ModelFolder(copy, model.name)
            if made.fingerprint != model.fingerprint:
                raise ModelError(
                    f"{model.name} was not merged to the bytes that it has elsewhere: report this"
                )
            return store_model(made)
    except OSError as error:
        raise shortage(error) or ModelError(
            f"{folder} cannot be written ({error.strerror}): name another folder in {CACHE}"
        ) from error


def add_difference(weights: Path, difference: Mapping[str, NDArray[Any]]) -> None:
    """Add a low-rank difference to the weights in a safetensors file, in place.

    Every machine writes the same bytes: sums of products of int8 are exact in float32 below a rank of 1,040, and each
    weight then takes one multiplication and one addition.

    Args:
        weights: The base's, all float32.
        difference: Arrays with names as at `LEFT`.
    """
    with weights.open("r+b") as file:
        size = int.from_bytes(file.read(8), "little")
        header = json.loads(file.read(size))
        for name, entry in header.items():
            if name + LEFT in difference:
                left, right = (difference[name + end].astype(np.float32) for end in (LEFT, RIGHT))
                change = (left @ right) * difference[name + SCALE]  # (n, m)
            elif name + ADDED in difference:
                change = difference[name + ADDED].astype(np.float32)  # (n,)
            else:
                continue
            start, end = (8 + size + offset for offset in entry["data_offsets"])
            file.seek(start)
            before = np.frombuffer(file.read(end - start), dtype="<f4")
            file.seek(start)
            file.write((before + change.reshape(-1)).astype("<f4").tobytes())


def _difference(model: LowRankModel) -> dict[str, NDArray[Any]]:
    """Read the file of differences.

    Raises:
        ModelError: It is missing or damaged.
    """
    from safetensors.numpy import load

    path = Path(__file__).with_name(model.file)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise shortage(error) or ModelError(
            f"{path} cannot be read ({error.strerror}): install dupfind again"
        ) from error
    if hashlib.sha256(content).hexdigest() != model.sha256:
        raise ModelError(f"{path} is damaged (another sha256): install dupfind again")
    return dict(load(content))
