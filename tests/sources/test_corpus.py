"""Every container of the shared corpus gives the same issues and marks, and loses what the docs say."""

from datetime import datetime
from pathlib import Path

import pytest

from dupfind.sources.csv_formats.registry import SHEETS
from dupfind.sources.databases import registry
from dupfind.sources.json_formats.registry import SHAPES
from dupfind.sources.open import Mapping, Source, open_source
from tests.support.containers import MADE
from tests.support.corpus import CONTAINERS, needs_corpus, truth
from tests.support.paths import DOCS, TRACKERS

DOC = DOCS / "sources.md"
FIELDS = ("project", "state", "resolution", "created", "updated", "url", "duplicate_of")
FRONT_MATTER = ("state", "created", "duplicate_of")  # which the corpus has
KINDS = {**CONTAINERS, **{name: kind for name, (kind, _) in MADE.items()}}
MARKLESS = {"plain.csv", "gitlab-export.csv", "MantisBT as CSV", "Backlog.md", "bzip2", "xz"}
IN_BERLIN = {"Jira as CSV", "Redmine as CSV", "MantisBT as CSV", "a spreadsheet"}
IN_MINUTES = IN_BERLIN | {"Backlog.md"}
NOT_OF_THEN = {
    *(
        (tracker, "updated")
        for tracker in ("trac.db", "roundup", "roundup/db/db", "larkq.fossil", "redmine.db")
    ),
    *((tracker, "created") for tracker in ("roundup", "roundup/db/db", "larkq.fossil")),
}
"""Times that the tracker's own software wrote when the issues were put in."""
containers = pytest.mark.parametrize("container", KINDS)


def documented() -> dict[str, dict[str, str]]:
    """What each kind of source gives, by the table in the docs: "yes", "no" or "if there"."""
    [table] = [part for part in DOC.read_text(encoding="utf-8").split("\n\n") if part.startswith("| kind |")]
    header, _, *rows = [
        [cell.strip(" `") for cell in line.strip("|").split("|")] for line in table.splitlines()
    ]
    return {row[0]: dict(zip(header, row, strict=True)) for row in rows}


def is_given(container: str, source: Source, field: str) -> bool:
    """Whether the docs promise a field of a source; of a plain table or file, by the columns that it has."""
    said = documented()[source.kind][field]
    if container == "files-frontmatter":
        return field in FRONT_MATTER
    if container == "Backlog.md":
        return field in ("state", "created", "updated")
    return said.startswith("yes") or (said.startswith("if there") and f" {field}=" in source.notes[0])


def opened(container: str, folder: Path) -> Source:
    path = MADE[container][1](folder) if container in MADE else TRACKERS / container
    return open_source(str(path), Mapping(time_zone="Europe/Berlin" if container in IN_BERLIN else None))


@needs_corpus
@containers
def test_a_container_is_known_by_what_is_in_it(container: str, tmp_path: Path) -> None:
    source = opened(container, tmp_path)
    assert source.kind == KINDS[container]
    assert source.total in (24, None)
    assert {record.source for record in source} == {source.name}


@needs_corpus
@containers
def test_a_container_gives_the_same_issues(container: str, tmp_path: Path) -> None:
    issues = {issue["title"]: issue for issue in truth()["issues"]}
    records = list(opened(container, tmp_path))
    assert sorted(record.title for record in records) == sorted(issues)
    assert len({record.ref for record in records}) == 24
    for record in records:
        issue = issues[record.title]
        body = record.body.replace("\r\n", "\n").strip()
        if container == "Stack Exchange":  # whose paragraphs are one line each
            body, issue["body"] = (" ".join(text.split()) for text in (body, issue["body"]))
        assert body == issue["body"].strip()
        assert record.state == ("open" if issue["status"] == "open" else "closed")
        if "larkq.fossil" not in container:
            assert record.id.rpartition("-")[2] == str(issue["number"])


@needs_corpus
@containers
def test_a_container_gives_the_six_marked_pairs_or_says_that_it_has_none(
    container: str, tmp_path: Path
) -> None:
    source = opened(container, tmp_path)
    records = list(source)
    titles = {record.ref: record.title for record in records}
    numbers = {issue["number"]: issue["title"] for issue in truth()["issues"]}
    marked = {(record.title, titles[original]) for record in records for original in record.duplicate_of}
    has_marks = is_given(container, source, "duplicate_of")
    assert marked == ({(numbers[a], numbers[b]) for a, b in truth()["duplicates"]} if has_marks else set())
    assert has_marks == (container not in MARKLESS)


@needs_corpus
@containers
def test_a_container_loses_what_the_docs_say_and_nothing_else(container: str, tmp_path: Path) -> None:
    source = opened(container, tmp_path)
    for field in FIELDS:
        is_there = any(getattr(record, field) for record in source)
        assert is_there == is_given(container, source, field), field


@needs_corpus
@containers
def test_times_are_those_of_the_corpus_in_utc(container: str, tmp_path: Path) -> None:
    issues = {issue["title"]: issue for issue in truth()["issues"]}
    for record in opened(container, tmp_path):
        issue = issues[record.title]
        for field in ("created", "updated"):
            time, exact = getattr(record, field), datetime.fromisoformat(issue[field])
            if time is None or (container, field) in NOT_OF_THEN:
                continue
            if container == "files-frontmatter":  # which has days
                assert time.date() == exact.date()
            else:
                assert abs(time - exact).total_seconds() < (60 if container in IN_MINUTES else 0.001)


def test_the_docs_tell_of_every_kind() -> None:
    plain = {
        "table",
        "sql",
        "csv",
        "tsv",
        "json",
        "jsonl",
        "parquet",
        "markdown",
        "stack-exchange",
        "mantisbt-xml",
    }
    assert set(documented()) == {*registry.READERS, *SHAPES, *SHEETS, *plain}


@needs_corpus
@pytest.mark.parametrize("container", CONTAINERS)
def test_reading_leaves_no_trace(container: str, tmp_path: Path) -> None:
    def seen(path: Path) -> object:
        inside = sorted(path.rglob("*")) if path.is_dir() else path.read_bytes()
        return inside, sorted(path.parent.iterdir()), path.stat().st_mtime_ns

    path = TRACKERS / container
    before = seen(path)
    list(opened(container, tmp_path))
    assert seen(path) == before


@needs_corpus
def test_a_real_trac_is_read() -> None:
    path = TRACKERS.parent / "data" / "fixtures" / "trac.db"
    if not path.exists():
        pytest.skip("the shared fixtures are not beside this checkout")
    records = list(open_source(str(path)))
    assert [record.id for record in records] == [str(number) for number in range(1, 11)]
    assert records[0].created is not None
    assert records[0].created.isoformat() == "2018-07-11T17:23:43.471209+00:00"
