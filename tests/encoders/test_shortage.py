"""A shortage of memory or files is no damage of a model, and a torch that cannot be loaded is one line."""

import errno
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dupfind.encoders import torch_library
from dupfind.encoders.model_folder import ModelFolder
from dupfind.encoders.model_store import CACHE, store_model, stored_model
from dupfind.errors import DupfindError, ModelError

SHORTAGES = [OSError(errno.ENOMEM, "Cannot allocate memory"), OSError(errno.EMFILE, "Too many open files")]


@pytest.fixture
def stored(model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModelFolder:
    monkeypatch.setenv(CACHE, str(tmp_path / "cache"))
    return store_model(ModelFolder(model))


def failing(error: OSError) -> Callable[..., Any]:
    def fail(*_: object, **__: object) -> Any:
        raise error

    return fail


@pytest.mark.parametrize("error", SHORTAGES, ids=lambda error: errno.errorcode[error.errno])
def test_a_shortage_at_a_stored_model_advises_no_deletion(
    error: OSError, stored: ModelFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(np, "memmap", failing(error))
    with pytest.raises(DupfindError, match="raise `ulimit") as raised:
        stored_model(stored.fingerprint, stored.name)
    assert not isinstance(raised.value, ModelError)


@pytest.mark.parametrize("error", SHORTAGES, ids=lambda error: errno.errorcode[error.errno])
def test_a_shortage_at_the_copy_of_a_model_names_no_other_folder(
    error: OSError, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(CACHE, str(tmp_path / "cache"))
    monkeypatch.setattr(shutil, "copyfile", failing(error))
    with pytest.raises(DupfindError, match="raise `ulimit"):
        store_model(ModelFolder(model))


def test_a_damaged_model_in_the_cache_is_called_damaged_still(stored: ModelFolder) -> None:
    fingerprint = stored.fingerprint
    [weights] = stored.weights
    weights.write_bytes(weights.read_bytes()[:100])
    with pytest.raises(ModelError, match=r"is damaged .*delete that folder"):
        stored_model(fingerprint, stored.name)


def test_a_torch_that_cannot_be_loaded_is_one_line_with_a_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(ModelError, match=r"torch is installed and cannot be loaded .*: install it again"):
        torch_library.load()
