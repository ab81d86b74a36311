"""`dupfind info` and `dupfind doctor` show the content and the faults of an index."""

import json
import os
import re
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from dupfind.storage.row_checksums import row_checksum
from tests.support.samples import Command


def test_info_tells_records_marks_sources_model_generation_size_and_the_last_run(
    indexed: Path, dupfind: Command
) -> None:
    info = dupfind("info", "--json").json
    assert (info["records"], info["marked_pairs"], info["model"], info["generation"]) == (4, 1, "tiny", 1)
    [source] = info["sources"]
    assert (source["name"], source["kind"], source["records"], source["marked_pairs"]) == (
        "issues.jsonl",
        "jsonl",
        4,
        1,
    )
    assert source["last_run"]["status"] == "complete"
    assert source["last_run"]["n_read"] == 4
    assert info["bytes"] == sum(p.stat().st_size for p in (indexed / ".dupfind").rglob("*") if p.is_file())
    table = dupfind("info").out
    assert "4 records, 1 marked duplicate in 1 cluster" in table
    assert "issues.jsonl (jsonl)" in table
    assert re.search(r"; last run complete \d{4}-\d\d-\d\d \d\d:\d\d UTC$", table, re.MULTILINE)


def test_info_and_doctor_show_how_much_boilerplate_was_learned(
    here: Path, model: Path, dupfind: Command
) -> None:
    body = "Please be polite.\nProduct version: {}\nabc def {}"
    issues = [{"id": n, "title": f"cab {n}", "body": body.format(n, "fed " * n)} for n in range(60)]
    (here / "issues.jsonl").write_text("\n".join(map(json.dumps, issues)), encoding="utf-8")
    assert dupfind("index", "issues.jsonl", "--model", model).code == 0
    [source] = dupfind("info", "--json").json["sources"]
    assert (source["boilerplate"], source["unsettled"]) == (3, 0)
    assert "60 records, 0 marked duplicates, 3 lines of boilerplate; last run" in dupfind("info").out
    findings = dupfind("doctor", "--json").json["findings"]
    [diagnostic] = [finding for finding in findings if finding["about"] == "boilerplate"]
    assert (diagnostic["state"], diagnostic["found"]) == ("ok", "issues.jsonl: 3 lines and labels learned")
    with closing(sqlite3.connect(here / ".dupfind" / "dupfind.db")) as connection:
        connection.execute("DELETE FROM boilerplate")
        connection.commit()
    findings = dupfind("doctor", "--json").json["findings"]
    [diagnostic] = [finding for finding in findings if finding["about"] == "boilerplate"]
    assert diagnostic["state"] == "note"
    assert "60 records not read again since" in diagnostic["found"]
    assert diagnostic["remedy"].startswith("dupfind index ")
    assert dupfind("index", "issues.jsonl").code == 0
    assert dupfind("info", "--json").json["sources"][0]["unsettled"] == 0


def test_info_counts_an_issue_of_three_sources_once(here: Path, model: Path, dupfind: Command) -> None:
    issues = [{"id": n, "title": "worker crash", "url": f"https://x.org/i/{n}"} for n in range(5)]
    lines = list(map(json.dumps, issues))
    for name in ("a.jsonl", "b.jsonl", "c.jsonl"):
        (here / name).write_text("\n".join(lines), encoding="utf-8")
        assert dupfind("index", name, "--model", model).code == 0
    assert "5 issues are in several sources; the newest record of each is shown" in dupfind("info").out
    assert dupfind("info", "--json").json["shared"] == 5


def test_info_without_an_index_is_one_line(here: Path, dupfind: Command) -> None:
    ran = dupfind("info")
    assert (ran.code, ran.out) == (2, "")


def test_doctor_finds_nothing_wrong_with_a_good_index(indexed: Path, dupfind: Command) -> None:
    ran = dupfind("doctor", "--read-data", "--json")
    findings = {finding["about"]: finding for finding in ran.json["findings"]}
    assert ran.code == 0
    for about in (
        "python",
        "packages",
        "sqlite",
        "engine",
        "index",
        "snapshot",
        "model of the index",
        "vectors",
    ):
        assert findings[about]["state"] == "ok", findings[about]


def test_doctor_names_an_interrupted_training_and_frees_an_old_one(indexed: Path, dupfind: Command) -> None:
    left = indexed / ".dupfind" / "trained" / "duplicates-1234.checkpoints"
    (left / "checkpoint-8").mkdir(parents=True)
    (left / "checkpoint-8" / "optimizer.pt").write_bytes(bytes(2_500_000))

    def training(*options: str) -> list[dict[str, str]]:
        ran = dupfind("doctor", "--json", *options)
        assert ran.code == 0, ran.err
        return [finding for finding in ran.json["findings"] if finding["about"] in ("training", "compaction")]

    [finding] = training()
    assert finding["state"] == "note"
    assert f"{left.name} has the checkpoints of a training that has not finished, 2.5 MB" in finding["found"]
    assert len(training("--compact")) == 2  # it may still run
    two_days_ago = time.time() - 2 * 24 * 60 * 60
    os.utime(left / "checkpoint-8" / "optimizer.pt", (two_days_ago, two_days_ago))
    [freed] = training("--compact")
    assert freed["found"].endswith("; 1 interrupted training removed, 2.5 MB")
    assert not left.exists()


@pytest.mark.parametrize(
    ("file", "about"),
    [("snapshots/*.faiss", "snapshot"), ("models/*/model.safetensors", "model of the index")],
)
def test_doctor_names_the_damaged_part_and_the_remedy(
    indexed: Path, dupfind: Command, file: str, about: str
) -> None:
    [path] = (indexed / ".dupfind").glob(file)
    content = bytearray(path.read_bytes())
    content[-1] ^= 255
    path.write_bytes(content)
    ran = dupfind("doctor", "--json")
    [bad] = [finding for finding in ran.json["findings"] if finding["state"] == "bad"]
    assert ran.code == 2
    assert bad["about"] == about
    assert "dupfind index" in bad["remedy"]


@pytest.mark.parametrize(
    "damage",
    [
        "DELETE FROM words_docsize WHERE id = 1",
        "DELETE FROM words WHERE rowid = 1",
        "DELETE FROM composed WHERE row_id = 1",
        "DELETE FROM terms WHERE row_id = 1",
        f"INSERT INTO composed VALUES (999, 'a', 'b', {row_checksum(999, b'a', b'b')})",
        "DELETE FROM words_data WHERE id > 10",
    ],
)
def test_doctor_reads_the_lists_of_words_and_the_composed_texts(
    indexed: Path, dupfind: Command, damage: str
) -> None:
    with closing(sqlite3.connect(indexed / ".dupfind" / "dupfind.db")) as connection, connection:
        connection.execute(damage)
    ran = dupfind("doctor", "--read-data", "--json")
    assert ran.code == 2
    [bad] = [finding for finding in ran.json["findings"] if finding["state"] == "bad"]
    assert bad["about"] == "words"
    assert "index again" in bad["remedy"]


def test_info_and_doctor_show_cycles_and_links_to_missing_issues(
    here: Path, model: Path, dupfind: Command
) -> None:
    marks = {1: 2, 2: 1, 3: 1, 4: 99, 5: 99, 6: None}
    (here / "issues.jsonl").write_text(
        "".join(
            json.dumps({"id": id, "title": f"abc {id}", "duplicate_of": of}) + "\n"
            for id, of in marks.items()
        ),
        encoding="utf-8",
    )
    assert dupfind("index", "issues.jsonl", "--model", model).code == 0
    info = dupfind("info", "--json").json
    assert (info["marked_clusters"], info["mark_cycles"], info["dead_marks"]) == (2, 1, 2)
    assert "1 cycles, 2 with a target that is not here" in dupfind("info").out
    ran = dupfind("doctor", "--json")
    findings = {finding["about"]: finding for finding in ran.json["findings"]}
    assert ran.code == 0
    assert findings["marked duplicates"]["found"] == "3 in 2 clusters"
    assert findings["marks in a cycle"]["found"] == "1: 1 / 2"
    assert findings["marks of what is not here"]["found"] == "2: 4 -> 99, 5 -> 99"


def test_doctor_does_not_count_a_missing_index_as_a_fault(here: Path, dupfind: Command) -> None:
    ran = dupfind("doctor")
    assert ran.code == 0
    assert "note  index" in ran.out


def test_doctor_reports_a_broken_database_as_a_fault(here: Path, dupfind: Command) -> None:
    (here / "dupfind.db").write_bytes(b"not a database, but long enough to be looked at as one" * 40)
    ran = dupfind("doctor", "--index", here)
    assert ran.code == 2
    assert "BAD   index" in ran.out


def test_doctor_compacts_an_index(here: Path, model: Path, dupfind: Command) -> None:
    (here / "a.csv").write_text("id,title\n1,jade ice\n2,cafe face\n")
    assert dupfind("index", "a.csv", "--model", model).code == 0
    (here / "a.csv").write_text("id,title\n1,jade cafe\n2,cafe face\n")
    assert dupfind("index", "a.csv").code == 0
    found = {
        each["about"]: each["found"] for each in dupfind("doctor", "--compact", "--json").json["findings"]
    }
    assert found["compaction"].startswith("1 dead rows and 1 vectors deleted")
    assert dupfind("query", "jade cafe", "--json").json["hits"][0]["id"] == "1"


def test_doctor_compacts_no_index_that_is_not_there(here: Path, dupfind: Command) -> None:
    ran = dupfind("doctor", "--compact", "--index", "none")
    assert ran.code == 2
    assert "no index at none" in ran.err
    assert not (here / "none").exists()
