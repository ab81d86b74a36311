"""`--on` with an index in a folder or a database: the same answers as without."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from dupfind.cli import on_cluster
from dupfind.distributed import work
from tests.cli.test_merge import without_times
from tests.support.samples import Command
from tests.support.this_process import ThisProcess


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> ThisProcess:
    here = ThisProcess()

    @contextmanager
    def connected(address: str) -> Iterator[ThisProcess]:
        assert address == "ray://head:1"
        yield here

    monkeypatch.setattr(on_cluster, "connected", connected)
    monkeypatch.setattr(work, "_loaded", {})
    monkeypatch.setattr(work, "_fetched", lambda ref: ref)
    return here


def test_index_and_report_on_a_cluster(
    place: str, indexed: Path, model: Path, cluster: ThisProcess, dupfind: Command
) -> None:
    options = ["--on", "ray://head:1", "--index", place]
    ran = dupfind("index", "issues.jsonl", "--model", model, "--parts", 3, *options)
    assert ran.code == 0, ran.err
    assert "issues.jsonl (jsonl): 4 read, 4 new, 0 changed, 0 as before; 6 texts from the parts;" in ran.out
    assert "computed on 1 machine of the Ray cluster" in ran.err
    assert cluster.n_run == 4  # one of them for the width of a vector
    query = ["query", "abc def crash", "--json", "--index"]
    here, there = dupfind(*query, ".dupfind"), dupfind(*query, place)
    assert without_times(there.out, Path(place)) == without_times(here.out, Path(".dupfind"))
    report = ["report", "--format", "json", "--min-score", ".2", "-q"]
    here, there = dupfind(*report, "--index", place), dupfind(*report, *options)
    assert (there.code, there.err) == (0, "")
    assert without_times(there.out, Path(place)) == without_times(here.out, Path(place))
    assert cluster.n_run == 5

    with Path("issues.jsonl").open("a", encoding="utf-8") as file:
        file.write('{"id": 9, "title": "a fee"}\n')
    ran = dupfind("index", "issues.jsonl", "--parts", 1, *options)
    assert ran.code == 0, ran.err
    assert "5 read, 1 new, 0 changed, 4 as before; 1 text from the parts;" in ran.out
