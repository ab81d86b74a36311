"""Fixtures: the small encoder and a collection made with it; a command line as a person runs it."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from dupfind.cli.main import run
from dupfind.collection.collection import Collection
from dupfind.collection.writable import WritableCollection
from tests.support.samples import Command, Ran, WordEncoder
from tests.support.tiny_models import write_model

# A test asks what is right; how long that takes on a busy machine is a benchmark's question.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")


@pytest.fixture
def encoder() -> WordEncoder:
    return WordEncoder()


@pytest.fixture
def writable(tmp_path: Path, encoder: WordEncoder) -> Iterator[WritableCollection]:
    with Collection.create(tmp_path / "index", encoder=encoder) as collection:
        yield collection


@pytest.fixture
def dupfind(capsys: pytest.CaptureFixture[str]) -> Command:
    """Run a command line in this process."""

    def command(*arguments: object) -> Ran:
        capsys.readouterr()
        code = run([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        return Ran(code, out, err)

    return command


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random BERT of 16 dimensions, which the numpy engine runs."""
    folder = tmp_path_factory.mktemp("models") / "tiny"
    write_model(folder)
    return folder


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder, with no index named elsewhere."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DUPFIND_INDEX", raising=False)
    return tmp_path


ISSUES = [
    {
        "id": 1,
        "title": "abc def crash",
        "body": "gab cab face",
        "state": "open",
        "created_at": "2024-01-03T09:12:00Z",
    },
    {"id": 2, "title": "bad cafe", "body": "", "state": "closed", "created_at": "2024-02-03T09:12:00Z"},
    {"id": 3, "title": "abc def crash again", "body": "", "state": "closed", "duplicate_of": 1},
    {
        "id": 4,
        "title": "feed the bee",
        "body": "decade",
        "state": "open",
        "created_at": "2024-03-03T09:12:00Z",
    },
]


@pytest.fixture
def indexed(here: Path, model: Path, dupfind: Command) -> Path:
    """A working folder with a JSON Lines tracker and its index."""
    (here / "issues.jsonl").write_text(
        "".join(json.dumps(issue) + "\n" for issue in ISSUES), encoding="utf-8"
    )
    ran = dupfind("index", "issues.jsonl", "--model", model)
    assert ran.code == 0, ran.err
    return here
