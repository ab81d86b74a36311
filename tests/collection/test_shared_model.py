"""An index refers to a model that has a name, and holds a copy of one that may be found nowhere else."""

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from dupfind.encoders import weights
from dupfind.encoders.low_rank import MINILM_ISSUES
from dupfind.encoders.model_folder import ModelFolder
from dupfind.encoders.model_store import stored_path
from dupfind.encoders.weights import MINILM_FINGERPRINT, shared_model
from dupfind.errors import ModelError
from dupfind.storage.model_copy import SHARED, refer_to_model
from tests.support.samples import Command
from tests.support.tiny_models import minilm, needs_minilm, write_model

ISSUES = '{"id": 1, "title": "abc def crash"}\n{"id": 2, "title": "abc def crash again"}\n'


@pytest.fixture
def hub(here: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of Hugging Face with someone/known, an empty cache of dupfind, and a file of issues."""
    import huggingface_hub
    from huggingface_hub.errors import LocalEntryNotFoundError

    folder = write_model(here / "hub")

    def download(name: str, **_: object) -> str:
        if name != "someone/known" or not folder.is_dir():
            raise LocalEntryNotFoundError("not here")
        return str(folder)

    monkeypatch.setattr(huggingface_hub, "snapshot_download", download)
    monkeypatch.setenv("DUPFIND_CACHE", str(here / "cache"))
    (here / "issues.jsonl").write_text(ISSUES, encoding="utf-8")
    return folder


def place(index: Path) -> str:
    with closing(sqlite3.connect(index / "dupfind.db")) as database:
        return str(database.execute("SELECT model_folder FROM encoding").fetchone()[0])


def weights_in(folder: Path) -> int:
    return len(list(folder.rglob("*.safetensors")))


def test_indexes_of_a_named_model_share_one_copy_in_the_users_cache(
    hub: Path, here: Path, dupfind: Command
) -> None:
    for index in ("one", "two"):
        assert dupfind("index", "issues.jsonl", "--model", "someone/known", "--index", index).code == 0
        assert (place(here / index), weights_in(here / index)) == (SHARED, 0)
    assert weights_in(here / "cache") == 1
    shutil.rmtree(hub)  # the hub's own cache may lose it, or get another revision
    assert '"id": "1"' in dupfind("query", "abc", "--index", "two", "--json").out
    assert dupfind("index", "issues.jsonl", "--rebuild", "--index", "two").code == 0
    assert (place(here / "two"), weights_in(here / "two")) == (SHARED, 0)


def test_a_model_that_is_named_by_its_folder_is_copied(
    hub: Path, here: Path, model: Path, dupfind: Command
) -> None:
    assert dupfind("index", "issues.jsonl", "--model", model).code == 0
    assert weights_in(here / ".dupfind") == 1
    assert not (here / "cache").exists()
    assert dupfind("index", "issues.jsonl", "--rebuild").code == 0
    assert weights_in(here / ".dupfind") == 1


def test_portable_copies_the_model_also_into_an_index_that_exists(
    hub: Path, here: Path, dupfind: Command
) -> None:
    assert dupfind("index", "issues.jsonl", "--model", "someone/known", "--portable").code == 0
    assert weights_in(here / ".dupfind") == 1
    assert dupfind("index", "issues.jsonl", "--model", "someone/known", "--index", "later").code == 0
    found = dupfind("query", "abc", "--jsonl", "--index", "later").out
    assert '"id": "1"' in found
    assert dupfind("index", "issues.jsonl", "--portable", "--index", "later").code == 0
    assert weights_in(here / "later") == 1
    shutil.rmtree(here / "cache")
    shutil.rmtree(hub)
    assert dupfind("query", "abc", "--jsonl", "--index", "later").out == found
    # A rebuild with its own model keeps the copy.
    assert dupfind("index", "--rebuild", "--index", "later").code == 0
    assert weights_in(here / "later") == 1


def test_an_index_without_its_model_says_in_one_line_how_to_get_it(
    hub: Path, here: Path, dupfind: Command
) -> None:
    assert dupfind("index", "issues.jsonl", "--model", "someone/known").code == 0
    shutil.rmtree(here / "cache")
    assert dupfind("query", "abc").code == 0  # the cache of Hugging Face has it, too
    shutil.rmtree(hub)
    ran = dupfind("query", "abc")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.count("\n") == 1
    assert "'someone/known', which is not on this machine: `dupfind model fetch` with that name" in ran.err
    doctor = dupfind("doctor")
    assert doctor.code == 2
    assert "dupfind model fetch someone/known" in doctor.out


def other_revision(hub: Path, stored: Path) -> None:
    shutil.rmtree(stored)
    shutil.rmtree(hub)
    write_model(hub, seed=1)


def damaged(hub: Path, stored: Path) -> None:
    path = stored / "model.safetensors"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)


def incomplete(hub: Path, stored: Path) -> None:
    (stored / "config.json").unlink()


@pytest.mark.parametrize(
    ("harm", "why"),
    [
        (other_revision, "which is not on this machine"),
        (damaged, "is damaged (another sha256): delete that folder, and try again"),
        (incomplete, "delete that folder, and try again"),
    ],
)
def test_only_the_model_that_made_the_vectors_answers(
    hub: Path, here: Path, dupfind: Command, harm: Callable[[Path, Path], None], why: str
) -> None:
    assert dupfind("index", "issues.jsonl", "--model", "someone/known").code == 0
    harm(hub, stored_path(ModelFolder(hub).fingerprint))
    ran = dupfind("query", "abc")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.count("\n") == 1
    assert why in ran.err


def test_a_cache_that_cannot_be_written_is_named_before_anything_is_indexed(
    hub: Path, here: Path, dupfind: Command
) -> None:
    (here / "cache").write_text("no folder", encoding="utf-8")
    ran = dupfind("index", "issues.jsonl", "--model", "someone/known")
    assert ran.code == 2
    assert "name another folder in DUPFIND_CACHE" in ran.err
    assert dupfind("index", "issues.jsonl", "--model", "someone/known", "--portable").code == 0


@pytest.mark.parametrize("name", ["hub", "./hub", "/etc", "../x", "a\nb", "someone/other"])
def test_the_name_of_a_foreign_index_opens_no_folder(
    hub: Path, here: Path, dupfind: Command, name: str
) -> None:
    assert dupfind("index", "issues.jsonl", "--model", "someone/known").code == 0
    shutil.rmtree(here / "cache")
    with closing(sqlite3.connect(here / ".dupfind" / "dupfind.db")) as database:
        database.execute("UPDATE encoding SET model = ?", (name,))
        database.commit()
    ran = dupfind("query", "abc")
    assert ran.code == 2
    assert "is not on this machine" in ran.err
    assert ran.err.count("\n") == 1


def test_a_command_that_reads_downloads_no_model_and_names_the_command_that_does(
    hub: Path, here: Path, dupfind: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    import huggingface_hub
    from huggingface_hub import constants
    from huggingface_hub.errors import LocalEntryNotFoundError

    downloads: list[str] = []

    def download(name: str, *, local_files_only: bool = False, **_: object) -> str:
        if local_files_only and not downloads:
            raise LocalEntryNotFoundError("not here")
        if not local_files_only:
            downloads.append(name)
        return str(hub)

    assert dupfind("index", "issues.jsonl", "--model", "someone/known").code == 0
    shutil.rmtree(here / "cache")
    monkeypatch.setitem(weights._OWN, ModelFolder(hub).fingerprint, "someone/known")
    monkeypatch.setattr(huggingface_hub, "snapshot_download", download)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    (here / "new.jsonl").write_text('{"id": 9, "title": "abc def crash once more"}\n', encoding="utf-8")
    for arguments in (("query", "abc"), ("check", "new.jsonl")):
        ran = dupfind(*arguments)
        assert (ran.code, ran.out) == (2, "")
        assert ran.err.count("\n") == 1
        assert "not on this machine: `dupfind model fetch someone/known` gets it" in ran.err
    assert dupfind("doctor").code == 2
    assert (downloads, (here / "cache").exists()) == ([], False)
    (here / "issues.jsonl").write_text(ISSUES + '{"id": 3, "title": "xyz"}\n', encoding="utf-8")
    assert dupfind("index", "issues.jsonl").code == 0
    assert downloads == ["someone/known"]


@pytest.mark.parametrize("model", [MINILM_FINGERPRINT, MINILM_ISSUES.fingerprint])
def test_the_models_of_dupfind_are_not_downloaded_either(
    here: Path, monkeypatch: pytest.MonkeyPatch, model: str
) -> None:
    monkeypatch.setenv("DUPFIND_CACHE", str(here / "cache"))
    for name in ("_packaged", "_cached"):
        monkeypatch.setattr(weights, name, lambda *_: None)
    monkeypatch.setattr(weights, "_downloaded", None)
    with pytest.raises(ModelError, match=r"`dupfind model fetch .*MiniLM.*` gets it"):
        shared_model(model, "any")
    assert not (here / "cache").exists()


@needs_minilm
def test_minilm_needs_no_cache(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (here / "cache").write_text("no folder", encoding="utf-8")
    monkeypatch.setenv("DUPFIND_CACHE", str(here / "cache"))
    model = minilm()
    assert model.fingerprint == MINILM_FINGERPRINT
    assert refer_to_model(model) == SHARED
