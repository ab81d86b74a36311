"""A model that comes with dupfind as a difference is MiniLM plus that difference, the same bytes everywhere."""

import os
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file

from dupfind.encoders import low_rank, weights
from dupfind.encoders.load import load_encoder
from dupfind.encoders.low_rank import MINILM_ISSUES, add_difference, merged_model
from dupfind.encoders.model_folder import ModelFolder
from dupfind.encoders.model_store import stored_path
from dupfind.encoders.weights import find_model
from dupfind.errors import ModelError
from tests.support.samples import Command
from tests.support.tiny_models import minilm, needs_minilm, write_model


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of models."""
    monkeypatch.setenv("DUPFIND_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_each_tensor_gets_its_difference_and_no_other_byte_changes(tmp_path: Path) -> None:
    path = tmp_path / "weights.safetensors"
    before = {
        "matrix": np.arange(6, dtype=np.float32).reshape(2, 3),
        "vector": np.ones(3, dtype=np.float32),
        "other": np.full(2, 7, dtype=np.float32),
    }
    save_file(before, path, metadata={"format": "pt"})
    size = path.stat().st_size
    left, right = np.array([[100], [-3]], dtype=np.int8), np.array([[1, -2, 127]], dtype=np.int8)
    scale, added = np.array([0.25], dtype=np.float32), np.array([1, -1, 0.5], dtype=np.float16)
    difference: dict[str, NDArray[Any]] = {
        "matrix.left": left,
        "matrix.right": right,
        "matrix.scale": scale,
        "vector.added": added,
    }
    add_difference(path, difference)
    after = load_file(path)
    assert path.stat().st_size == size
    assert after["matrix"].tolist() == [[25, -49, 3177], [2.25, 5.5, -90.25]]
    assert after["vector"].tolist() == [2, 0, 1.5]
    assert after["other"].tolist() == [7, 7]


@needs_minilm
def test_the_model_is_merged_once_and_then_comes_from_the_cache(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = find_model("MiniLM-issues")
    assert (model.name, model.fingerprint) == ("MiniLM-issues", MINILM_ISSUES.fingerprint)
    assert model.path == stored_path(MINILM_ISSUES.fingerprint)
    assert [path.name for path in cache.iterdir()] == ["models"]  # no scratch folder is left
    monkeypatch.setattr(low_rank, "add_difference", None)  # merging again would fail
    assert find_model("MiniLM-issues").fingerprint == model.fingerprint


@needs_minilm
def test_a_model_in_the_cache_needs_its_base_no_more(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    find_model("MiniLM-issues")
    for name in ("_packaged", "_stored", "_cached"):
        monkeypatch.setattr(weights, name, lambda *_: None)
    with pytest.raises(ModelError, match="missing or incomplete on this machine"):
        find_model(download=False)
    assert find_model("MiniLM-issues", download=False).path == stored_path(MINILM_ISSUES.fingerprint)


@needs_minilm
def test_what_a_killed_process_left_in_the_cache_is_removed_once_it_is_old(cache: Path) -> None:
    left = [
        cache / ".merge-killed",
        cache / "models" / f".{MINILM_ISSUES.fingerprint}-1",
        cache / ".merge-at-work",
    ]
    for folder in left:
        folder.mkdir(parents=True)
        (folder / "model.safetensors").write_bytes(b"half")
    for folder in left[:2]:
        os.utime(folder, (0, 0))
    find_model("MiniLM-issues")
    assert [folder.exists() for folder in left] == [False, False, True]


@needs_minilm
def test_the_model_sees_that_two_titles_describe_one_fault(cache: Path) -> None:
    titles = [
        "App crashes on launch after the update",
        "Does not start any more since 2.0",
        "Add a dark theme",
    ]
    scores = {}
    for name in ("all-MiniLM-L6-v2", "MiniLM-issues"):
        vectors = load_encoder(find_model(name), engine="numpy").encode(titles)
        scores[name] = float(vectors[0] @ vectors[1] - vectors[0] @ vectors[2])
    assert scores["MiniLM-issues"] > scores["all-MiniLM-L6-v2"] + 0.02


@needs_minilm
def test_a_damaged_copy_in_the_cache_is_refused_with_the_way_out(cache: Path) -> None:
    weights = find_model("MiniLM-issues").path / "model.safetensors"
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    with pytest.raises(ModelError, match=r"damaged .*delete that folder"):
        find_model("MiniLM-issues")


@needs_minilm
def test_a_damaged_difference_is_refused(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = Path(low_rank.__file__).with_name(MINILM_ISSUES.file)
    broken = tmp_path / "package" / own.name
    broken.parent.mkdir()
    shutil.copyfile(own, broken)
    broken.write_bytes(broken.read_bytes()[:-1] + b"x")
    monkeypatch.setattr(low_rank, "__file__", str(broken.with_name("low_rank.py")))
    with pytest.raises(ModelError, match=r"damaged .another sha256.: install dupfind again"):
        find_model("MiniLM-issues")
    broken.unlink()
    with pytest.raises(ModelError, match=r"cannot be read .*install dupfind again"):
        find_model("MiniLM-issues")


def test_another_base_is_refused(cache: Path, tmp_path: Path) -> None:
    base = ModelFolder(write_model(tmp_path / "tiny"))
    with pytest.raises(ModelError, match="is not the model that MiniLM-issues is a difference to"):
        merged_model(MINILM_ISSUES, base)


@needs_minilm
def test_a_merge_to_other_bytes_is_refused(cache: Path) -> None:
    with pytest.raises(ModelError, match="was not merged to the bytes"):
        merged_model(replace(MINILM_ISSUES, fingerprint="0" * 64), minilm())
    assert not stored_path("0" * 64).exists()


@needs_minilm
def test_a_cache_that_cannot_be_written_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("DUPFIND_CACHE", str(tmp_path / "file" / "cache"))
    with pytest.raises(ModelError, match=r"cannot be written .*DUPFIND_CACHE"):
        find_model("MiniLM-issues")


@needs_minilm
def test_without_a_cache_no_index_is_begun(
    tmp_path: Path, dupfind: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("issues.jsonl").write_text('{"id": 1, "title": "App crashes on launch after the update"}\n')
    Path("file").write_text("")
    monkeypatch.setenv("DUPFIND_CACHE", str(tmp_path / "file" / "cache"))
    ran = dupfind("index", "issues.jsonl")
    assert ran.code == 2
    assert "DUPFIND_CACHE" in ran.err
    assert not Path(".dupfind").exists()


@needs_minilm
def test_an_index_is_made_with_it_and_answers(
    cache: Path, tmp_path: Path, dupfind: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("issues.jsonl").write_text(
        '{"id": 1, "title": "App crashes on launch after the update"}\n{"id": 2, "title": "Add a dark theme"}\n'
    )
    assert dupfind("index", "issues.jsonl", "--model", "MiniLM-issues").code == 0
    assert '"model": "MiniLM-issues"' in dupfind("info", "--json").out
    assert dupfind("query", "it does not start any more", "--json", "-k", "1").out.count('"id": "1"') == 1
