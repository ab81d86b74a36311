"""`dupfind remove`: a source and its records leave the index, and nothing else does."""

import io
import json
import sys
from pathlib import Path

import pytest

from tests.support.samples import Command


class Terminal(io.StringIO):
    """Standard input of a person."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def two(here: Path, model: Path, dupfind: Command) -> Path:
    """A folder whose index has two sources."""
    (here / "a.csv").write_text("id,title\n1,jade ice\n2,cafe face\n")
    (here / "b.csv").write_text("id,title\n1,bad cafe\n")
    assert dupfind("index", "a.csv", "b.csv", "--model", model).code == 0
    return here


def sources(dupfind: Command) -> dict[str, int]:
    info = dupfind("info", "--json").json
    return {source["name"]: source["records"] for source in info["sources"]}


@pytest.mark.parametrize("by_path", [False, True])
def test_a_removed_source_is_found_no_more_and_not_read_again(
    two: Path, dupfind: Command, by_path: bool
) -> None:
    ran = dupfind("remove", two / "a.csv" if by_path else "a.csv", "--yes")
    assert (ran.code, ran.out) == (0, "a.csv: 2 records removed\n")
    assert sources(dupfind) == {"b.csv": 1}
    assert dupfind("query", "--id", "2").code == 2
    hits = dupfind("query", "jade ice", "--json").json["hits"]
    assert {hit["source"] for hit in hits} <= {"b.csv"}
    ran = dupfind("sync")
    assert (ran.code, "a.csv" in ran.out + ran.err) == (0, False)
    assert dupfind("query", "jade ice", "--source", "a.csv").code == 2
    assert (two / "a.csv").exists()


def test_a_removed_source_can_be_indexed_again(two: Path, dupfind: Command) -> None:
    dupfind("remove", "a.csv", "--yes")
    assert "2 read" in dupfind("index", "a.csv").out
    assert sources(dupfind) == {"a.csv": 2, "b.csv": 1}
    assert dupfind("query", "--id", "2").code == 0


@pytest.mark.parametrize(
    ("answer", "code", "left"), [("y\n", 0, {"b.csv": 1}), ("n\n", 2, {"a.csv": 2, "b.csv": 1})]
)
def test_a_person_is_asked_with_the_number_of_records(
    two: Path, dupfind: Command, monkeypatch: pytest.MonkeyPatch, answer: str, code: int, left: dict[str, int]
) -> None:
    monkeypatch.setattr(sys, "stdin", Terminal(answer))
    ran = dupfind("remove", "a.csv")
    assert ran.code == code
    assert "Remove a.csv with its 2 records" in ran.err
    assert sources(dupfind) == left


def test_a_script_that_does_not_say_yes_removes_nothing(
    two: Path, dupfind: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("y\n"))
    ran = dupfind("remove", "a.csv")
    assert ran.code == 2
    assert "a.csv has 2 records" in ran.err
    assert "--yes" in ran.err
    assert sources(dupfind) == {"a.csv": 2, "b.csv": 1}


def test_records_in_whose_place_another_source_is_shown_are_counted_too(
    two: Path, dupfind: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    issue = {"number": 1, "title": "jade", "body": "", "url": "https://github.com/o/r/issues/1"}
    for name in ("old.json", "new.json"):
        (two / name).write_text(json.dumps([issue]))
        assert dupfind("index", name).code == 0
    assert sources(dupfind)["old.json"] == 0
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    assert "old.json has 1 record in" in dupfind("remove", "old.json").err
    assert dupfind("remove", "old.json", "--yes").out == "old.json: 1 record removed\n"


def test_what_is_no_source_is_refused_with_those_that_are(two: Path, dupfind: Command) -> None:
    ran = dupfind("remove", "c.csv", "--yes")
    assert ran.code == 2
    assert "c.csv is not a source of" in ran.err
    assert "its sources: a.csv, b.csv" in ran.err
    assert dupfind("remove", "a.csv", "--yes").code == 0
    assert "its sources: b.csv" in dupfind("remove", "a.csv", "--yes").err


def test_a_mark_on_a_removed_record_is_dead(two: Path, dupfind: Command) -> None:
    lines = [{"id": 1, "title": "one"}, {"id": 2, "title": "two", "duplicate_of": 1}]
    (two / "c.jsonl").write_text("\n".join(map(json.dumps, lines)))
    dupfind("index", "c.jsonl")
    assert "1 marked duplicate" in dupfind("info").out
    dupfind("remove", "c.jsonl", "--yes")
    assert "1 marked duplicate" not in dupfind("info").out


def test_two_sources_of_one_location_are_named(
    two: Path, dupfind: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    (two / "in.jsonl").write_text('{"id": 1, "title": "jade"}')
    for name in ("x", "y"):
        with (two / "in.jsonl").open() as file, monkeypatch.context() as patched:
            patched.setattr(sys, "stdin", file)
            assert dupfind("index", "-", "--as", name).code == 0
    ran = dupfind("remove", "-", "--yes")
    assert ran.code == 2
    assert "several sources: name one of x, y" in ran.err
    assert dupfind("remove", "y", "--yes").code == 0
    assert sources(dupfind) == {"a.csv": 2, "b.csv": 1, "x": 1}


def test_the_texts_of_a_removed_source_are_in_no_byte_of_the_index(two: Path, dupfind: Command) -> None:
    row = {"id": 7, "title": "zanzibar quorum", "body": "walrus " * 2_000, "url": "https://example.org/okapi"}
    comments = [{"text": "gazelle trouble", "time": "2024-05-01T12:00:00Z"}]
    lines = [{**row, "comments": comments}, {"id": 8, "title": "a lynx", "duplicate_of": "ocelot-9"}]
    (two / "c.jsonl").write_text("\n".join(map(json.dumps, lines)))
    assert dupfind("index", "c.jsonl").code == 0
    words = (b"zanzibar", b"walrus", b"okapi", b"ocelot", b"lynx", b"gazel")
    stored = (two / ".dupfind" / "dupfind.db").read_bytes()
    assert all(word in stored for word in (b"zanzibar", b"walrus", b"okapi", b"ocelot"))
    assert dupfind("remove", "c.jsonl", "--yes").code == 0
    for path in (two / ".dupfind").rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            assert [word for word in words if word in data] == [], path
    assert dupfind("query", "jade ice", "--json").json["hits"]
    assert "2 new" in dupfind("index", "c.jsonl").out
    assert dupfind("query", "--id", "7").code == 0


def test_pairs_across_sources_need_two_that_are_there(two: Path, dupfind: Command) -> None:
    assert dupfind("report", "--across").code == 0
    dupfind("remove", "a.csv", "--yes")
    ran = dupfind("report", "--across")
    assert (ran.code, "source" in ran.err) == (2, True)


def test_a_quiet_removal_prints_nothing(two: Path, dupfind: Command) -> None:
    ran = dupfind("remove", "a.csv", "--yes", "-q")
    assert (ran.code, ran.out, ran.err) == (0, "", "")
    assert sources(dupfind) == {"b.csv": 1}
