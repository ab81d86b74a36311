"""A filter is compared with the names in the index, and that costs a few small queries."""

import sqlite3
from pathlib import Path

import pytest

from dupfind.collection.collection import Collection
from dupfind.collection.filters import check_names
from dupfind.errors import DupfindError
from tests.support.clients import serving
from tests.support.samples import Command, WordEncoder, corpus, record


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with Collection.create(tmp_path / "index", encoder=WordEncoder()) as collection:
        collection.index(corpus(5), source="one")
        collection.index([record("1", "a crash", project="web")], source="two")
    return tmp_path / "index"


@pytest.fixture
def no_inventory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail where an inventory of the index is taken, which resolves all links and walks through its folder."""
    monkeypatch.setattr(Collection, "info", lambda _: pytest.fail("an inventory was taken"))


def test_a_name_that_the_index_does_not_have_is_an_error_that_lists_its_names(folder: Path) -> None:
    with Collection.open(folder, encoder=WordEncoder()) as collection:
        check_names(collection, "web", "two")
        check_names(collection, None, None)
        with pytest.raises(DupfindError, match=r"no source 'three' in .*; its sources: one, two$"):
            check_names(collection, None, "three")
        with pytest.raises(DupfindError, match=r"no project 'app' in .*; its projects: a, b, web$"):
            check_names(collection, "app", "one")


def test_names_cost_two_queries_in_one_transaction(folder: Path, no_inventory: None) -> None:
    with Collection.open(folder, encoder=WordEncoder()) as collection:
        statements: list[str] = []
        connection = collection.store.connection
        assert isinstance(connection, sqlite3.Connection)
        connection.set_trace_callback(statements.append)
        check_names(collection, "web", "two")
        connection.set_trace_callback(None)
    assert [statement.split()[0] for statement in statements] == ["BEGIN", "SELECT", "SELECT", "ROLLBACK"]


def test_the_service_names_sources_and_projects_without_an_inventory(
    folder: Path, no_inventory: None
) -> None:
    with serving(folder, WordEncoder()) as client:
        answer = client.get("/names").json
    assert (answer["sources"], answer["projects"]) == (["one", "two"], ["a", "b", "web"])


def test_an_evaluation_names_its_sources_without_an_inventory(
    here: Path, model: Path, dupfind: Command, no_inventory: None
) -> None:
    lines = (
        f'{{"id": {n}, "title": "abc def {n % 20}", "created": "2024-01-{n % 28 + 1:02}",'
        f' "duplicate_of": {n - 20 if n > 20 else "null"}}}'
        for n in range(1, 41)
    )
    (here / "issues.jsonl").write_text("\n".join(lines), encoding="utf-8")
    assert dupfind("index", "issues.jsonl", "--model", model, "--index", here / "index").code == 0
    ran = dupfind("evaluate", "-q", "-o", "figures.svg", "--index", here / "index")
    assert ran.code == 0, ran.err
    assert "duplicates of issues.jsonl" in (here / "figures.svg").read_text(encoding="utf-8")


def test_a_search_for_a_name_that_the_index_lacks_is_an_error(tmp_path: Path) -> None:
    with Collection.create(tmp_path / "index", encoder=WordEncoder()) as collection:
        collection.index([record("1", "a crash", project="web"), record("2", "slow page")], source="two")
        assert [hit.id for hit in collection.search("a crash", project="web")] == ["1"]
        assert collection.search("a crash", project="web", state="closed") == []
        for options, said in (
            ({"project": "wbe"}, "no project 'wbe'"),
            ({"source": "tow"}, "no source 'tow'"),
            ({"project": "web", "source": "tow"}, "no source 'tow'"),
        ):
            with pytest.raises(DupfindError, match=said):
                collection.search("a crash", **options)  # type: ignore[arg-type]
            with pytest.raises(DupfindError, match=said):
                collection.search_each(["a crash", "x"], **options)  # type: ignore[arg-type]
            with pytest.raises(DupfindError, match=said):
                collection.report(**options)  # type: ignore[arg-type]
        assert collection.search_each([], project="web") == []
