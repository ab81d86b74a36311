"""Every container of the shared corpus gives the same issues and marks, and loses what the docs say."""

from pathlib import Path

import pytest
from corpus import CONTAINERS, TRACKERS, needs_corpus, truth

from dupfind.records import Record
from dupfind.sources import Source, open_source, trackers

DOCS = Path(__file__).parents[2] / "docs" / "sources.md"
FIELDS = ("project", "state", "resolution", "created", "updated", "url", "duplicate_of")
containers = pytest.mark.parametrize("container", CONTAINERS)


def documented() -> dict[str, dict[str, str]]:
    """What each kind of source gives, by the table in the docs: "yes", "no" or "if there"."""
    [table] = [part for part in DOCS.read_text(encoding="utf-8").split("\n\n") if part.startswith("| kind |")]
    header, _, *rows = [
        [cell.strip(" `") for cell in line.strip("|").split("|")] for line in table.splitlines()
    ]
    return {row[0]: dict(zip(header, row, strict=True)) for row in rows}


def is_given(source: Source, field: str) -> bool:
    """Whether the docs promise a field of a source; of a plain table or file, by the columns that it has."""
    said = documented()[source.kind][field]
    return said.startswith("yes") or (said.startswith("if there") and f" {field}=" in source.notes[0])


def read(container: str) -> list[Record]:
    return list(open_source(str(TRACKERS / container)))


@needs_corpus
@containers
def test_a_container_is_known_by_its_tables_and_columns(container: str) -> None:
    source = open_source(str(TRACKERS / container))
    assert (source.kind, source.total) == (CONTAINERS[container], 24)
    assert {record.source for record in source} == {source.name} == {Path(container).name}


@needs_corpus
@containers
def test_a_container_gives_the_same_issues(container: str) -> None:
    issues = {issue["title"]: issue for issue in truth()["issues"]}
    records = read(container)
    assert sorted(record.title for record in records) == sorted(issues)
    for record in records:
        issue = issues[record.title]
        assert record.body.replace("\r\n", "\n").strip() == issue["body"].strip()
        assert record.state == ("open" if issue["status"] == "open" else "closed")


@needs_corpus
@containers
def test_a_container_gives_the_six_marked_pairs_or_says_that_it_has_none(container: str) -> None:
    records = read(container)
    titles = {record.ref: record.title for record in records}
    numbers = {issue["number"]: issue["title"] for issue in truth()["issues"]}
    marked = {(record.title, titles[original]) for record in records for original in record.duplicate_of}
    has_marks = is_given(open_source(str(TRACKERS / container)), "duplicate_of")
    assert marked == ({(numbers[a], numbers[b]) for a, b in truth()["duplicates"]} if has_marks else set())
    assert has_marks == (container != "plain.csv")


@needs_corpus
@containers
def test_a_container_loses_what_the_docs_say_and_nothing_else(container: str) -> None:
    source = open_source(str(TRACKERS / container))
    for field in FIELDS:
        assert any(getattr(record, field) for record in source) == is_given(source, field), field


def test_the_docs_tell_of_every_kind() -> None:
    assert set(documented()) == {*trackers.READERS, "table", "sql", "csv", "tsv", "json", "jsonl"}


@needs_corpus
@pytest.mark.parametrize("container", ["github.db", "trac.db", "redmine.db", "bugzilla.db"])
def test_times_are_those_of_the_corpus_in_utc(container: str) -> None:
    issues = {issue["title"]: issue for issue in truth()["issues"]}
    for record in read(container):
        assert record.created is not None
        assert record.created.isoformat() == issues[record.title]["created"].replace("Z", "+00:00")


@needs_corpus
@containers
def test_reading_leaves_no_trace(container: str) -> None:
    path = TRACKERS / container
    before = path.read_bytes(), sorted(path.parent.iterdir()), path.stat().st_mtime_ns
    read(container)
    assert (path.read_bytes(), sorted(path.parent.iterdir()), path.stat().st_mtime_ns) == before


@needs_corpus
@pytest.mark.parametrize(
    ("export", "id_key"),
    [
        ("github-rest-issues.json", "number"),
        ("gh-issue-list.json", "number"),
        ("gitlab-rest-issues.json", "iid"),
        ("gitlab-export.csv", "Issue ID"),
    ],
)
def test_what_services_export_reads_through_likely_names(export: str, id_key: str) -> None:
    source = open_source(str(TRACKERS / export))
    issues = {str(issue["number"]): issue for issue in truth()["issues"]}
    records = {record.id: record for record in source}
    assert f"id={id_key}" in source.notes[0]
    assert {id: record.title for id, record in records.items()} == {
        id: i["title"] for id, i in issues.items()
    }
    assert all(record.url and record.created for record in records.values())
    assert records["6"].state == "closed"


@needs_corpus
def test_a_real_trac_is_read() -> None:
    path = TRACKERS.parent / "data" / "fixtures" / "trac.db"
    if not path.exists():
        pytest.skip("the shared fixtures are not beside this checkout")
    records = list(open_source(str(path)))
    assert [record.id for record in records] == [str(number) for number in range(1, 11)]
    assert records[0].created is not None
    assert records[0].created.isoformat() == "2018-07-11T17:23:43.471209+00:00"
