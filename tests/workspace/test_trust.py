"""An index that was merely found keeps to its own folder: no link in it and no model of it may lead elsewhere."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from dupfind.collection.collection import Collection
from dupfind.errors import SourceError, StoreError
from dupfind.storage import model_copy
from dupfind.workspace.git import is_tracked
from dupfind.workspace.trust import require_self_contained, require_source_inside
from tests.support.repositories import git, repository
from tests.support.samples import Command, WordEncoder, corpus

LINKS = ["dupfind.db", "writer.json", "snapshots", "models", "models/tiny/model.safetensors"]


def name_model(index: Path, place: object) -> None:
    """Say in an index's database that its model is elsewhere."""
    with closing(sqlite3.connect(index / "dupfind.db")) as database:
        database.execute("UPDATE encoding SET model_folder = ?", (place,))
        database.commit()


@pytest.fixture
def index(tmp_path: Path) -> Path:
    with Collection.create(tmp_path / "index", encoder=WordEncoder()) as collection:
        collection.index(corpus(3), source="one")
    return tmp_path / "index"


def test_an_index_of_its_own_files_and_none_at_all_are_fine(index: Path) -> None:
    require_self_contained(index)
    require_self_contained(index / "nowhere")
    name_model(index, "models/tiny-0123")
    (index / "models").mkdir()
    (index / "models/latest").symlink_to("tiny-0123")
    require_self_contained(index)


@pytest.mark.parametrize("name", LINKS)
@pytest.mark.parametrize("is_there", [True, False])
def test_a_link_out_of_it_is_refused_wherever_it_leads(index: Path, name: str, is_there: bool) -> None:
    target = index.parent / "elsewhere"
    if is_there:
        target.mkdir()
    link = index / name
    if link.is_dir():
        link.rename(index.parent / "moved")
    link.parent.mkdir(parents=True, exist_ok=True)
    link.unlink(missing_ok=True)
    link.symlink_to(target)
    with pytest.raises(
        StoreError, match=rf"a link in it leads elsewhere, to {target}: pass --index"
    ) as raised:
        require_self_contained(index)
    assert "\n" not in str(raised.value)


def test_an_index_that_is_itself_a_link_out_of_its_folder_is_refused(index: Path) -> None:
    inner = index.parent / "clone"
    inner.mkdir()
    (inner / ".dupfind").symlink_to(index)
    with pytest.raises(StoreError, match="and it leads elsewhere"):
        require_self_contained(inner / ".dupfind")
    (index.parent / ".dupfind").symlink_to(index)
    require_self_contained(index.parent / ".dupfind")


@pytest.mark.parametrize("place", ["/usr/share/model", "../model", "models/../../model"])
def test_a_model_elsewhere_is_refused(index: Path, place: str) -> None:
    name_model(index, place)
    with pytest.raises(StoreError, match="its model leads elsewhere"):
        require_self_contained(index)


@pytest.mark.parametrize("place", ["models/a\0b", 7, None])
def test_a_name_that_can_be_no_path_leads_nowhere(index: Path, place: object) -> None:
    name_model(index, place)
    require_self_contained(index)


def test_what_is_no_database_is_left_to_whoever_opens_it(index: Path) -> None:
    (index / "dupfind.db").write_bytes(b"no database at all" * 100)
    require_self_contained(index)
    (index / "loop").symlink_to("loop")
    require_self_contained(index)


@pytest.mark.parametrize(
    "location",
    ["postgresql:///tracker", "github:owner/repo", "/srv/tracker.db", "./../tracker.db", "tracker.db"],
)
def test_a_source_elsewhere_of_an_index_that_git_keeps_is_refused(index: Path, location: str) -> None:
    require_source_inside(index, location, has_sql=False)  # nobody else has made it
    git(repository(index.parent), "add", "index")
    require_source_inside(index, "./tracker.db", has_sql=False)
    with pytest.raises(
        SourceError, match="the source lies elsewhere, and the index came with the repository"
    ):
        require_source_inside(index, location, has_sql=False)
    with pytest.raises(SourceError, match="the source has SQL"):
        require_source_inside(index, "./tracker.db", has_sql=True)


COMMANDS = [
    ("query", "crash"),
    ("query", "--id", "1"),
    ("check", "--title", "abc def crash"),
    ("report",),
    ("evaluate",),
    ("calibrate",),
    ("info",),
    ("model", "list"),
    ("sync",),
    ("index", "issues.jsonl"),
    ("serve", "--port", "0"),
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_refuses_a_found_index_whose_model_is_elsewhere(
    indexed: Path, dupfind: Command, command: tuple[str, ...]
) -> None:
    name_model(indexed / ".dupfind", "/usr/share/model")
    ran = dupfind(*command)
    assert (ran.code, ran.out) == (2, "")
    assert "its model leads elsewhere, to /usr/share/model: pass --index" in ran.err
    assert "Traceback" not in ran.err


def test_an_index_of_ones_own_that_links_to_a_large_model_is_used_by_its_name(
    here: Path, model: Path, dupfind: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model_copy, "LARGE", 1)
    (here / "issues.jsonl").write_text('{"id": 1, "title": "abc def crash"}\n', encoding="utf-8")
    made = dupfind("index", "issues.jsonl", "--model", model)
    assert made.code == 0, made.err
    assert "try: dupfind query --id 1 --index .dupfind " in made.err
    name = str(here / ".dupfind")
    assert f"pass --index {name} if it is yours" in dupfind("query", "crash").err
    assert dupfind("query", "crash", "--index", name).code == 0
    monkeypatch.setenv("DUPFIND_INDEX", name)
    assert dupfind("query", "crash").code == 0


def test_the_doctor_names_it_and_reads_no_further(indexed: Path, dupfind: Command) -> None:
    name_model(indexed / ".dupfind", "/usr/share/model")
    ran = dupfind("doctor")
    assert ran.code == 2
    assert "its model leads elsewhere, to /usr/share/model: pass --index" in ran.out
    assert "model of the index" not in ran.out


def test_a_repository_within_the_folder_of_an_index_neither_answers_nor_runs_anything(tmp_path: Path) -> None:
    root = repository(tmp_path / "clone")
    folder = root / ".dupfind"
    for place in ("objects", "refs"):
        (folder / place).mkdir(parents=True)
        (folder / place / ".k").touch()
    (folder / "HEAD").write_text("ref: refs/heads/main\n", encoding="utf-8")
    ran = root / "ran"
    config = f'[core]\nbare = false\nworktree = .\nfsmonitor = "touch {ran};"\n'
    (folder / "config").write_text(config, encoding="utf-8")
    (folder / "dupfind.db").touch()
    git(root, "add", "--all")
    git(root, "commit", "-qm", "an index")
    assert is_tracked(folder / "dupfind.db")
    assert not ran.exists()


def test_where_git_does_not_answer_an_index_counts_as_the_repository_s(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = tmp_path / "clone" / ".dupfind" / "dupfind.db"
    database.parent.mkdir(parents=True)
    assert not is_tracked(database)
    (tmp_path / "clone" / ".git").write_text("gitdir: nowhere", encoding="utf-8")
    assert is_tracked(database)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert is_tracked(database)
