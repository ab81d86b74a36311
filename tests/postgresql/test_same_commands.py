"""The commands that measure, review and join an index print the same for a folder and for a database."""

import json
import os
import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TextIO

import pytest

from dupfind.collection.collection import Collection
from dupfind.storage import trained_models
from dupfind.storage.database_url import index_place
from tests.cli.test_calibrate import write_tracker
from tests.postgresql.test_command_line import in_one_line, without_place
from tests.support.samples import Command, Ran
from tests.support.tiny_models import has_peer
from tests.support.training_trackers import tracker

Both = Callable[..., Ran]
_TIME = r"\d+(\.\d+)? ?m?s\b"
QUERY = "abcd efgh hgfe dcba"


@pytest.fixture
def both(dupfind: Command, here: Path, database: str, model: Path, monkeypatch: pytest.MonkeyPatch) -> Both:
    """Run a command on an index in a folder and on one in a database, which hold the same, and compare the output."""
    monkeypatch.setenv("DUPFIND_CACHE", str(here / "cache"))
    write_tracker(here / "issues.jsonl", 260, 80)
    places = (str(here / "index"), database)
    for place in places:
        assert dupfind("index", "-q", "issues.jsonl", "--index", place, "--model", model).code == 0

    def run(*command: object, stdin: str = "") -> Ran:
        found = []
        for place in places:
            with _typed(stdin) as stream:
                monkeypatch.setattr(sys, "stdin", stream)
                ran = dupfind(*command, "--index", place)
            shown = str(index_place(place))
            found.append(Ran(ran.code, ran.out.replace(shown, "INDEX"), ran.err.replace(shown, "INDEX")))
        assert _comparable(found[0]) == _comparable(found[1])
        return found[0]

    return run


def _typed(text: str) -> TextIO:
    """A pipe with lines, as standard input."""
    read, write = os.pipe()
    os.write(write, text.encode())
    os.close(write)
    return open(read, encoding="utf-8")


def _comparable(ran: Ran) -> tuple[int, Any, str]:
    """What a command printed, without times."""
    out: Any = ran.out
    if out.startswith("{\n"):
        out = without_place(json.loads(out))
    elif out.startswith("{"):
        out = re.sub(r'"decided_at": "[^"]*"', "", out)
    elif isinstance(out, str):
        out = re.sub(_TIME, "", out)
    return ran.code, out, re.sub(_TIME, "", ran.err)


@pytest.mark.slow
def test_it_is_measured_and_calibrated_alike(both: Both, here: Path) -> None:
    before = both("evaluate", "--json", "-q").json
    assert before["duplicates"] == 80
    both("evaluate", "--window", "365", "--since", "2005-01-01", "-q")
    (here / "pairs.csv").write_text("".join(f"{n},{n + 1}\n" for n in range(30)), encoding="utf-8")
    assert both("evaluate", "--pairs", "pairs.csv", "--json", "-q").json["labels"] == "pairs.csv"
    (here / "unknown.csv").write_text("1,none\n", encoding="utf-8")
    assert both("evaluate", "--pairs", "unknown.csv").code == 2
    assert "nothing was changed" in both("calibrate", "--precision", "0.6", "--dry-run").err
    [hit] = both("query", QUERY, "-k", "1", "--json").json["hits"]
    assert hit["probability"] is None
    assert both("calibrate", "--precision", "0.6", "-q").out.startswith("labels")
    [hit] = both("query", QUERY, "-k", "1", "--json").json["hits"]
    assert 0 <= hit["probability"] <= 1
    both("report", "--min-score", "0.9", "--format", "json", "-q")
    assert both("evaluate", "--json", "-q").json["advice"]


@pytest.mark.slow
def test_answers_of_a_review_count_alike(both: Both, here: Path) -> None:
    options = ("--min-score", "0.99", "--min-margin", "-2", "--who", "ann")
    ran = both("review", *options, "--limit", "5", stdin="y\nn another one\ny\nn\ny\n")
    assert ran.code == 0
    assert ran.out == ""
    decided = both("review", "--export", "-").out
    assert len(decided.splitlines()) == 5
    both("report", "--min-score", "0.99", "--include-known", "--format", "json", "-q")
    assert "decisions" in both("evaluate", "-q").out or both("evaluate", "--json", "-q").json["labels"]
    (here / "team.jsonl").write_text(decided.replace('"different"', '"same"'), encoding="utf-8")
    assert both("review", "--import", "team.jsonl", "--who", "bob").code == 2  # they contradict each other
    (here / "team.jsonl").write_text(decided, encoding="utf-8")
    assert "5 decisions" in both("review", "--merge", "team.jsonl", "--newer").err
    both("review", "--split", "241", *options, "--limit", "2", stdin="y\ny\n")
    both("review", "--export", "-")


@pytest.mark.slow
def test_parts_are_merged_alike(dupfind: Command, both: Both, here: Path, database: str, model: Path) -> None:
    parts = []
    for number in (1, 2):
        parts.append(f"part{number}.dfp")
        arguments = ("--part", f"{number}/2", "-o", parts[-1], "--model", model)
        assert dupfind("index", "issues.jsonl", *arguments).code == 0
    # Into an index that is there, and into a new one.
    assert "260 read" in both("merge", *parts, "-q").out
    empty = f"{database}&schema=empty"
    assert "the parts are of the model tiny" in in_one_line(dupfind, "merge", *parts, "--index", empty)
    merged = dupfind("merge", *parts, "--index", empty, "--model", model)
    assert merged.code == 0, merged.err
    assert "260 new" in merged.out
    hits = dupfind("query", QUERY, "--index", empty, "--json").json["hits"]
    assert hits == both("query", QUERY, "--json").json["hits"]
    pairs = []
    for number in (1, 2):
        pairs.append(f"pairs{number}.dfp")
        options = ("--part", f"{number}/2", "-o", pairs[-1], "--min-score", "0.95", "--include-known")
        assert dupfind("report", *options, "--index", database).code == 0
    ran = both("merge", *pairs, "--format", "json", "-q")
    assert ran.json["clusters"]


@pytest.mark.slow
@pytest.mark.skipif(not has_peer, reason="sentence-transformers is not installed")
def test_a_model_is_adopted_alike(
    dupfind: Command, here: Path, database: str, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = ("--learning-rate", "0.02", "--epochs", "10", "--batch-size", "32", "--no-adaptation", "-q")
    found: list[tuple[Any, Any, Any]] = []
    for place in (str(here / "index"), database):
        monkeypatch.setenv("DUPFIND_CACHE", str(here / "cache"))
        with Collection.create(place, model=model) as collection:
            collection.index(tracker(280))
            folder = collection.folder / trained_models.FOLDER
        if found:
            # A training with the same plan is taken as it is. So the weights are the same, to the last bit.
            shutil.copytree(here / "index" / trained_models.FOLDER, folder)
        trained = dupfind("train", "--index", place, *options, "--adopt", "--json")
        assert trained.code == 0, trained.err
        assert trained.json["adopted"], trained.out
        assert [path.name for path in folder.iterdir() if path.is_dir()] == [trained.json["name"]]
        listed = dupfind("model", "list", "--index", place, "--json").json
        for each in listed["trained"]:
            del each["folder"], each["created_at"]
        monkeypatch.setenv(
            "DUPFIND_CACHE", str(here / "another machine")
        )  # the database has the model's files
        hits = dupfind("query", "crash of the sync", "--index", place, "--json").json["hits"]
        found.append((trained.json, listed, hits))
        assert dupfind("doctor", "--read-data", "--index", place).code == 0
    assert found[0] == found[1]
    assert len(found[1][2]) == 10


@pytest.mark.slow
@pytest.mark.skipif(not has_peer, reason="sentence-transformers is not installed")
def test_a_model_is_trained_on_a_database(
    dupfind: Command, here: Path, database: str, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DUPFIND_CACHE", str(here / "cache"))
    with Collection.create(database, model=model) as collection:
        collection.index(tracker(280))
    trained = dupfind("train", "--index", database, "--max-steps", "3", "--no-adaptation", "-q", "--json")
    assert trained.code == 0, trained.err
    assert trained.json["mined"]["pairs"] == 210
    [listed] = dupfind("model", "list", "--index", database, "--json").json["trained"]
    assert listed["name"] == trained.json["name"]
    assert dupfind("model", "show", listed["name"], "--index", database).code == 0
