"""`dupfind demo` as a person runs it first."""

import os
import shlex
from pathlib import Path

import pytest

from dupfind.cli.demo import QUESTIONS, example_tracker
from tests.support.paths import ROOT
from tests.support.samples import Command


def test_it_indexes_the_example_tracker_and_answers(here: Path, model: Path, dupfind: Command) -> None:
    ran = dupfind("demo", "--model", os.path.relpath(model))
    assert ran.code == 0
    assert f"$ cd dupfind-demo\n$ dupfind index tracker.db --model {model}\n" in ran.out
    assert "396 read, 396 new" in ran.out
    for question in QUESTIONS:
        _, _, answer = ran.out.partition(f'$ dupfind query -k 4 "{question}"\n')
        assert [line.split()[0] for line in answer.splitlines()[:4]] == ["1", "2", "3", "4"]
    [hint] = [line for line in ran.err.splitlines() if line.startswith("try: dupfind report")]
    assert dupfind(*shlex.split(hint)[2:]).code == 0  # it works where it is shown
    assert (here / "duplicates.html").is_file()
    assert (here / "dupfind-demo" / "tracker.db").read_bytes() == example_tracker().read_bytes()
    assert dupfind("info", "--index", "dupfind-demo/.dupfind").code == 0


def test_a_second_demo_takes_what_is_there(here: Path, model: Path, dupfind: Command) -> None:
    assert dupfind("demo", "place", "--model", model).code == 0
    assert "0 new, 0 changed, 396 as before" in dupfind("demo", "place").out
    assert [path.name for path in here.iterdir()] == ["place"]


def test_another_file_of_that_name_is_not_indexed_as_the_example(here: Path, dupfind: Command) -> None:
    (here / "mine").mkdir()
    (here / "mine" / "tracker.db").write_text("no tracker")
    ran = dupfind("demo", "mine")
    assert ran.code == 2
    assert "another folder" in ran.err
    assert (here / "mine" / "tracker.db").read_text() == "no tracker"


def test_a_folder_with_an_index_of_its_own_is_left_alone(here: Path, model: Path, dupfind: Command) -> None:
    (here / "a.jsonl").write_text('{"id": 1, "title": "jade ice"}\n')
    assert dupfind("index", "a.jsonl", "--model", model).code == 0
    assert dupfind("demo", ".").code == 2
    assert dupfind("info", "--json").json["records"] == 1
    assert not (here / "tracker.db").exists()


@pytest.mark.parametrize("folder", ["a file", "a file/below"])
def test_a_folder_that_cannot_be_made_is_named(here: Path, dupfind: Command, folder: str) -> None:
    (here / "a file").write_text("")
    ran = dupfind("demo", folder)
    assert ran.code == 2
    assert folder in ran.err


def test_the_report_of_the_readme_has_clusters(here: Path, model: Path, dupfind: Command) -> None:
    assert dupfind("demo", "--model", model).code == 0
    readme = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    [command] = [line for line in readme if line.startswith("$ dupfind report")]
    report = dupfind(*shlex.split(command)[2:], "--index", "dupfind-demo/.dupfind", "--format", "html")
    assert report.code == 0
    assert (here / "duplicates.html").read_text(encoding="utf-8").count('class="cluster') >= 5
