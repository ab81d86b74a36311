"""`dupfind index`: what a person reads, and what is kept."""

import json
import os
import re
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dupfind.cli import index_summary
from dupfind.collection.collection import Collection
from dupfind.storage import source_state
from tests.support.samples import Command
from tests.support.tiny_models import write_model


def test_it_says_what_it_read_encoded_and_found_marked_and_what_to_try(
    here: Path, model: Path, dupfind: Command
) -> None:
    (here / "a.jsonl").write_text('{"id": 1, "title": "abc"}\n{"id": 2, "title": "abc", "duplicate_of": 1}\n')
    ran = dupfind("index", "a.jsonl", "--model", model)
    assert ran.code == 0
    assert (
        "a.jsonl (jsonl): 2 read, 2 new, 0 changed, 0 as before; 1 text encoded; 1 marked duplicate;"
        in ran.out
    )
    assert "try: dupfind query --id 2" in ran.err


def test_a_second_run_encodes_only_what_changed(indexed: Path, dupfind: Command) -> None:
    again = dupfind("index", "issues.jsonl")
    assert "4 read, 0 new, 0 changed, 4 as before; 0 texts encoded" in again.out
    lines = (indexed / "issues.jsonl").read_text().splitlines()
    changed = json.loads(lines[1]) | {"title": "quite another"}
    (indexed / "issues.jsonl").write_text("\n".join([lines[0], json.dumps(changed), lines[2]]) + "\n")
    assert (
        "3 read, 0 new, 1 changed, 2 as before, 1 gone; 1 text encoded"
        in dupfind("index", "issues.jsonl").out
    )


def test_a_source_is_read_again_under_its_name_from_anywhere(
    indexed: Path, dupfind: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    (indexed / "below").mkdir()
    monkeypatch.chdir(indexed / "below")
    assert "4 as before" in dupfind("index", "../issues.jsonl").out
    assert dupfind("info", "--json").json["records"] == 4
    assert not (indexed / "below" / ".dupfind").exists()


def test_a_file_with_a_longer_name_is_as_before_by_index_and_by_sync(indexed: Path, dupfind: Command) -> None:
    (indexed / "other").mkdir()
    (indexed / "other" / "issues.jsonl").write_text('{"id": 1, "title": "another tracker"}\n')
    dupfind("index", "other/issues.jsonl")
    for command in (["sync", "other/issues.jsonl"], ["index", "other/issues.jsonl"]):
        assert "1 as before" in dupfind(*command).out


def test_two_files_of_one_name_are_two_sources(indexed: Path, dupfind: Command) -> None:
    (indexed / "other").mkdir()
    (indexed / "other" / "issues.jsonl").write_text('{"id": 1, "title": "another tracker"}\n')
    assert dupfind("index", "other/issues.jsonl").code == 0
    info = dupfind("info", "--json").json
    assert [(source["name"], source["records"]) for source in info["sources"]] == [
        ("issues.jsonl", 4),
        ("other/issues.jsonl", 1),
    ]


def test_json_lines_come_in_on_standard_input_and_add_to_what_is_there(here: Path, model: Path) -> None:
    def piped(lines: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "dupfind", "index", "-", "--model", model],
            input=lines,
            capture_output=True,
            text=True,
            check=True,
            env=os.environ | {"DUPFIND_INDEX": str(here / "x")},
        )

    assert "1 new" in piped('{"id": 1, "title": "abc"}\n').stdout
    assert "1 new" in piped('{"id": 2, "title": "def"}\n').stdout
    assert len(list((here / "x" / "snapshots").iterdir())) == 1


def test_repeated_ids_empty_texts_and_marks_into_the_void_are_told(
    here: Path, model: Path, dupfind: Command
) -> None:
    rows = [{"id": 1, "title": "abc"}, {"id": 1, "title": "def"}, {"id": 2, "title": " ", "duplicate_of": 99}]
    (here / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    ran = dupfind("index", "a.jsonl", "--model", model)
    assert "1 record with the id of another one: of each id the newest is kept" in ran.err
    assert "2 records: " not in ran.err
    assert "3 records: 1 without a title, 3 without a body, 3 without a date, 3 without a state" in ran.err
    assert "1 record without text" in ran.err
    assert "1 mark of an issue that is not in the index" in ran.err


def test_what_is_left_out_is_said_with_quiet_too(here: Path, model: Path, dupfind: Command) -> None:
    rows = [
        {"id": 1, "title": "abc"},
        {"id": 1, "title": "abd"},
        {"id": "", "title": "x"},
        {"id": 3, "title": "secret", "private": True},
        {"id": 4, "title": "merge it", "pull_request": {"url": "u"}},
    ]
    (here / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    ran = dupfind("index", "a.jsonl", "--model", model, "-q")
    assert ran.code == 0
    assert "1 record with the id of another one" in ran.err
    assert "1 pull request left out" in ran.err
    assert "1 issues left out, which the tracker shows to some people only (--include-restricted" in ran.err
    assert "left out: a.jsonl, line 3 has no id" in ran.err
    assert dupfind("index", "a.jsonl", "--strict").code == 2


def test_a_source_that_looks_wrong_is_refused_and_accepted_on_request(
    here: Path, model: Path, dupfind: Command
) -> None:
    (here / "a.csv").write_text("id,title\n" + "".join(f"{n},{'a' * (n % 2)}\n" for n in range(10)))
    ran = dupfind("index", "a.csv", "--model", model)
    assert (ran.code, ran.out) == (2, "")
    assert "5 of 10 records have no title: name their column with --title-column" in ran.err
    assert not (here / ".dupfind").exists()
    assert dupfind("index", "a.csv", "--model", model, "--accept").code == 0
    assert dupfind("sync").code == 0  # the choice is kept


def test_restricted_issues_that_were_included_are_shown_by_info(
    here: Path, model: Path, dupfind: Command
) -> None:
    (here / "a.jsonl").write_text('{"id": 3, "title": "secret", "private": true}\n')
    ran = dupfind("index", "a.jsonl", "--model", model, "--include-restricted")
    assert "1 issues that the tracker shows to some people only are in the index" in ran.err
    assert "1 record, 0 marked duplicates, with issues that the tracker shows to some people only" in (
        dupfind("info").out
    )


def test_a_source_that_seems_wholly_restricted_buries_nothing(
    here: Path, model: Path, dupfind: Command
) -> None:
    (here / "a.csv").write_text("id,title,private\n1,jade ice,\n2,cafe face,\n")
    assert dupfind("index", "a.csv", "--model", model).code == 0
    (here / "a.csv").write_text("id,title,private\n1,jade ice,yes\n2,cafe face,yes\n")
    for command in (["index", "a.csv"], ["index", "a.csv", "--accept"], ["sync"]):
        ran = dupfind(*command)
        assert (ran.code, "--include-restricted" in ran.err) == (2, True)
    assert dupfind("info", "--json").json["records"] == 2
    assert "2 as before" in dupfind("index", "a.csv", "--include-restricted").out


def test_comments_are_left_out_on_request_and_by_each_later_reading(
    here: Path, model: Path, dupfind: Command
) -> None:
    (here / "a.jsonl").write_text('{"id": 3, "title": "t", "comments": [{"text": "hot"}]}\n')
    assert dupfind("index", "a.jsonl", "--model", model, "--no-comments").code == 0
    with Collection.open(here / ".dupfind") as collection:
        [reading] = source_state.readings(collection.store)
    assert reading.mapping["no_comments"] is True
    assert dupfind("sync").code == 0


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda path: None, "does not exist"),
        (lambda path: path.write_bytes(b""), "empty"),
        (lambda path: path.write_bytes(bytes(range(256)) * 9), ""),
        (lambda path: path.mkdir(), "folder"),
    ],
)
def test_a_source_that_is_none_is_one_line_and_leaves_nothing(
    here: Path, model: Path, dupfind: Command, make: Callable[[Path], object], said: str
) -> None:
    path = here / "tracker.db"
    make(path)
    existed = path.exists()
    ran = dupfind("index", "tracker.db", "--model", model)
    assert ran.code == 2
    assert ran.out == ""
    assert ran.err.count("\n") == 1
    assert "tracker.db" in ran.err
    assert said in ran.err.lower() or "director" in ran.err
    assert path.exists() == existed
    assert not (here / ".dupfind").exists()


def test_without_a_source_it_says_what_to_name(here: Path, dupfind: Command) -> None:
    ran = dupfind("index")
    assert ran.code == 2
    assert "name a SOURCE" in ran.err


def test_another_model_asks_for_a_rebuild_and_gets_it(
    indexed: Path, dupfind: Command, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = write_model(tmp_path_factory.mktemp("models") / "other", seed=1)
    refused = dupfind("index", "issues.jsonl", "--model", other)
    assert refused.code == 2
    assert "--rebuild" in refused.err
    before = dupfind("query", "abc def", "--json").json["hits"]
    rebuilt = dupfind("index", "--rebuild", "--model", other)
    assert (rebuilt.code, rebuilt.out) == (0, "4 records encoded again by other\n")
    after = dupfind("query", "abc def", "--json").json
    assert after["index"]["model"] == "other"
    assert {hit["id"]: hit["score"] for hit in before} != {hit["id"]: hit["score"] for hit in after["hits"]}
    assert [path.name.partition("-")[0] for path in (indexed / ".dupfind" / "models").iterdir()] == ["other"]


def test_the_index_works_after_the_model_and_the_tracker_are_gone(
    here: Path, dupfind: Command, tmp_path_factory: pytest.TempPathFactory
) -> None:
    model = write_model(tmp_path_factory.mktemp("models") / "gone")
    (here / "a.jsonl").write_text('{"id": 1, "title": "abc"}\n')
    dupfind("index", "a.jsonl", "--model", model)
    for path in sorted(model.rglob("*"), reverse=True):
        path.unlink() if path.is_file() else path.rmdir()
    (here / "a.jsonl").unlink()
    (here / ".dupfind").rename(here / "carried")
    assert dupfind("query", "abc", "--index", here / "carried").code == 0


def test_a_model_that_is_damaged_inside_the_index_is_no_silent_answer(
    indexed: Path, dupfind: Command
) -> None:
    [weights] = (indexed / ".dupfind" / "models").rglob("model.safetensors")
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    ran = dupfind("query", "abc")
    assert ran.code == 2
    assert "is damaged" in ran.err
    assert dupfind("doctor").code == 2


def test_a_rebuild_of_nothing_makes_nothing(here: Path, dupfind: Command) -> None:
    ran = dupfind("index", "--rebuild", "--index", "mistyped")
    assert (ran.code, ran.out) == (2, "")
    assert "no index at mistyped" in ran.err
    assert list(here.iterdir()) == []


def test_a_model_that_is_not_there_leaves_nothing(here: Path, dupfind: Command) -> None:
    (here / "a.jsonl").write_text('{"id": 1, "title": "abc"}\n')
    assert dupfind("index", "a.jsonl", "--model", "./no-such-model").code == 2
    assert [path.name for path in here.iterdir()] == ["a.jsonl"]


def test_a_tracker_without_issues_is_indexed_and_answers_with_nothing(
    here: Path, model: Path, dupfind: Command
) -> None:
    with sqlite3.connect(here / "tracker.db") as database:
        database.execute("CREATE TABLE issues (id INTEGER PRIMARY KEY, title TEXT, body TEXT)")
    database.close()
    ran = dupfind("index", "tracker.db", "--model", model)
    assert (ran.code, "0 read" in ran.out, "holds no issues" in ran.err) == (0, True, True)
    asked = dupfind("query", "abc")
    assert (asked.code, asked.out) == (0, "")
    assert "holds no issues" in asked.err


def test_a_source_has_the_name_that_as_gives_it(here: Path, model: Path, dupfind: Command) -> None:
    (here / "export-7.csv").write_text("id,title\n1,jade ice\n")
    assert dupfind("index", "export-7.csv", "--as", "web", "--model", model).out.startswith("web (csv)")
    assert "1 as before" in dupfind("index", "export-7.csv").out
    assert "1 as before" in dupfind("sync", "web").out
    [hit] = dupfind("query", "jade ice", "--source", "web", "--json").json["hits"]
    assert hit["source"] == "web"


def test_a_name_stands_for_one_source_and_a_source_has_one_name(
    here: Path, model: Path, dupfind: Command
) -> None:
    for name in ("a.csv", "b.csv"):
        (here / name).write_text("id,title\n1,jade ice\n")
    dupfind("index", "a.csv", "--as", "web", "--model", model)
    for command in (["a.csv", "--as", "app"], ["b.csv", "--as", "web"]):
        ran = dupfind("index", *command)
        assert ran.code == 2
        assert "the index has ./a.csv as web: run `dupfind remove web` first" in ran.err
    assert "--as names one SOURCE" in dupfind("index", "a.csv", "b.csv", "--as", "web").err
    for name in ("", "  ", "two\nlines"):
        assert "--as names one SOURCE" in dupfind("index", "a.csv", "--as", name).err
    assert dupfind("info", "--json").json["records"] == 1


@pytest.fixture
def pipe(here: Path, dupfind: Command, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Index an issue with this title from standard input."""

    def run(title: str, *options: str) -> Any:
        (here / "in.jsonl").write_text(json.dumps({"id": title, "title": title}) + "\n")
        with (here / "in.jsonl").open() as file, monkeypatch.context() as patched:
            patched.setattr(sys, "stdin", file)
            return dupfind("index", "-", *options)

    return run


def n_records(dupfind: Command) -> dict[str, int]:
    return {source["name"]: source["records"] for source in dupfind("info", "--json").json["sources"]}


def test_standard_input_does_not_take_over_the_source_of_a_file(
    here: Path, model: Path, dupfind: Command, pipe: Callable[..., Any]
) -> None:
    (here / "a.csv").write_text("id,title\n1,jade ice\n")
    dupfind("index", "a.csv", "--model", model)
    ran = pipe("cafe", "--as", "a.csv")
    assert ran.code == 2
    assert "the index has ./a.csv as a.csv: run `dupfind remove a.csv` first, or pass another name" in ran.err
    assert n_records(dupfind) == {"a.csv": 1}
    assert "1 as before" in dupfind("sync").out


@pytest.mark.parametrize(
    ("name", "text", "has_line_ids"),
    [
        ("a.csv", "title,body\njade ice,cold\n", True),
        ("b.jsonl", '{"title": "jade ice"}\n', True),
        ("c.csv", "id,title\n1,jade ice\n", False),
        ("d.csv", "title,url\njade ice,https://x.org/i/1\n", False),
        ("e.jsonl", '{"id": 1, "title": "jade ice"}\n', False),
    ],
)
def test_ids_that_are_line_numbers_are_said_after_the_reading(
    here: Path, model: Path, dupfind: Command, name: str, text: str, has_line_ids: bool
) -> None:
    (here / name).write_text(text, encoding="utf-8")
    for command in (["index", name, "--model", model, "-q"], ["sync", "-q"]):
        ran = dupfind(*command)
        assert ran.code == 0, ran.err
        note = "  ids are line numbers: name a column with --id-column"
        assert (note in ran.err.splitlines()) == has_line_ids


@pytest.fixture
def moved(here: Path, model: Path, dupfind: Command) -> Path:
    """A file that was indexed in another folder before it was moved."""
    (here / "mv.tsv").write_text("id\ttitle\n1\tjade ice\n2\tface cafe\n", encoding="utf-8")
    assert dupfind("index", "mv.tsv", "--model", model).code == 0
    (here / "new").mkdir()
    return (here / "mv.tsv").rename(here / "new" / "mv.tsv")


def test_a_name_moves_the_source_whose_file_was_moved(moved: Path, dupfind: Command) -> None:
    ran = dupfind("sync")
    assert ran.code == 2
    assert "mv.tsv does not exist: if it was moved, run `dupfind index PATH --as mv.tsv`" in ran.err
    ran = dupfind("index", "new/mv.tsv", "--as", "mv.tsv")
    assert ran.code == 0, ran.err
    assert "2 read, 0 new, 0 changed, 2 as before" in ran.out
    assert n_records(dupfind) == {"mv.tsv": 2}
    ran = dupfind("sync")
    assert (ran.code, "2 as before" in ran.out) == (0, True)


def test_a_file_of_the_name_of_one_that_is_gone_is_noted_with_the_way_out(
    moved: Path, dupfind: Command
) -> None:
    ran = dupfind("index", "new/mv.tsv", "-q")
    assert ran.code == 0
    assert n_records(dupfind) == {"mv.tsv": 2, "new/mv.tsv": 2}
    [line] = [line for line in ran.err.splitlines() if "does not exist any more" in line]
    assert "mv.tsv was read from ./mv.tsv" in line
    assert line.endswith("run `dupfind remove new/mv.tsv`, then `dupfind index new/mv.tsv --as mv.tsv`")
    assert dupfind("remove", "new/mv.tsv", "--yes").code == 0
    assert dupfind("index", "new/mv.tsv", "--as", "mv.tsv").code == 0
    assert n_records(dupfind) == {"mv.tsv": 2}


def test_a_source_whose_file_is_there_is_not_moved(moved: Path, here: Path, dupfind: Command) -> None:
    (here / "mv.tsv").write_text("id\ttitle\n1\tjade ice\n", encoding="utf-8")
    ran = dupfind("index", "new/mv.tsv", "--as", "mv.tsv")
    assert (ran.code, "the index has ./mv.tsv as mv.tsv" in ran.err) == (2, True)
    ran = dupfind("index", "new/mv.tsv")
    assert (ran.code, "any more" in ran.err) == (0, False)


def test_a_file_does_not_take_over_a_source_of_standard_input(
    here: Path, model: Path, dupfind: Command, pipe: Callable[..., Any]
) -> None:
    pipe("cafe", "--as", "a.csv", "--model", str(model))
    pipe("face", "--as", "other")
    (here / "a.csv").write_text("id,title\n1,jade ice\n")
    for options in ([], ["--as", "a.csv"], ["--as", "other"]):
        ran = dupfind("index", "a.csv", *options)
        assert (ran.code, "the index has standard input as" in ran.err) == (2, True)
    assert n_records(dupfind) == {"a.csv": 1, "other": 1}
    assert dupfind("index", "a.csv", "--as", "file").code == 0
    assert n_records(dupfind) == {"a.csv": 1, "other": 1, "file": 1}


def test_standard_input_without_a_name_has_its_own(
    here: Path, model: Path, dupfind: Command, pipe: Callable[..., Any]
) -> None:
    pipe("cafe", "--as", "one", "--model", str(model))
    pipe("face")
    pipe("jade", "--as", "one")
    pipe("ice")
    assert n_records(dupfind) == {"one": 2, "stdin": 2}
    (here / "stdin").write_text("id,title\n1,jade ice\n")
    assert dupfind("index", "stdin").code == 2


def test_issues_without_an_address_get_one_from_the_template_and_keep_it(
    here: Path, model: Path, dupfind: Command
) -> None:
    rows = ["id,title,url", "A-1/x y,jade ice,", "A-2,cafe face,https://example.org/2"]
    (here / "a.csv").write_text("\n".join(rows) + "\n")
    template = "https://jira.example.org/browse/{id}"
    assert (
        dupfind("index", "a.csv", "--id-column", "id", "--url-template", template, "--model", model).code == 0
    )
    for _ in range(2):
        hits = dupfind("query", "jade ice", "--json", "-k", "2").json["hits"]
        assert {hit["id"]: hit["url"] for hit in hits} == {
            "A-1/x y": "https://jira.example.org/browse/A-1%2Fx%20y",
            "A-2": "https://example.org/2",
        }
        assert "2 as before" in dupfind("sync").out


@pytest.mark.parametrize(("has_torch", "many"), [(False, 2), (False, 3), (True, 2)])
def test_after_many_texts_without_torch_one_line_says_the_rate_and_what_torch_would_save(
    here: Path, model: Path, dupfind: Command, monkeypatch: pytest.MonkeyPatch, has_torch: bool, many: int
) -> None:
    monkeypatch.setattr(index_summary, "_MANY_TEXTS", many)
    monkeypatch.setattr(index_summary, "find_spec", lambda name: object() if has_torch else None)
    (here / "a.jsonl").write_text('{"id": 1, "title": "abc"}\n{"id": 2, "title": "bad cafe"}\n')
    lines = dupfind("index", "a.jsonl", "--model", model).err.splitlines()
    advice = [line for line in lines if re.search(r"without torch at \d+ texts/s: .*dupfind\[train\]", line)]
    assert len(advice) == (not has_torch and many == 2)
    assert not any("texts/s" in line for line in dupfind("index", "a.jsonl").err.splitlines())


def test_rows_that_are_no_issues_are_counted(here: Path, model: Path, dupfind: Command) -> None:
    (here / "a.csv").write_text("id,title,is_deleted\n1,jade ice,0\n2,cafe face,1\n3,bad cafe,0\n")
    ran = dupfind("index", "a.csv", "--model", model)
    assert ran.code == 0
    assert "1 row left out, deleted in the tracker, or answers and notices" in ran.out + ran.err
