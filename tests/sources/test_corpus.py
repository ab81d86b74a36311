"""Every container of the corpus gives the same issues and marks, and lacks the fields that the docs name."""

from datetime import datetime
from pathlib import Path

import pytest

from dupfind.sources.open import Mapping, Source, open_source
from tests.support.containers import CONTAINERS
from tests.support.corpus import corpus, corpus_issues
from tests.support.paths import DOCS
from tests.support.source_seeds import registered_kinds

DOC = DOCS / "sources.md"
FIELDS = ("project", "state", "resolution", "created", "updated", "url", "duplicate_of")
FRONT_MATTER = ("state", "created", "duplicate_of")
MARKLESS = {"plain.csv", "gitlab-export.csv", "MantisBT as CSV", "Backlog.md", "bzip2", "xz"}
IN_BERLIN = {"Jira as CSV", "Redmine as CSV", "MantisBT as CSV", "a spreadsheet"}
IN_MINUTES = IN_BERLIN | {"Backlog.md"}
containers = pytest.mark.parametrize("container", CONTAINERS)


def documented() -> dict[str, dict[str, str]]:
    """What each kind of source gives, by the table in the docs: "yes", "no" or "if there"."""
    [table] = [part for part in DOC.read_text(encoding="utf-8").split("\n\n") if part.startswith("| kind |")]
    header, _, *rows = [
        [cell.strip(" `") for cell in line.strip("|").split("|")] for line in table.splitlines()
    ]
    return {
        kind.strip("` "): dict(zip(header, row, strict=True)) for row in rows for kind in row[0].split(",")
    }


def is_given(container: str, source: Source, field: str) -> bool:
    """Whether the docs promise a field of a source; of a plain table or file, by the columns that it has."""
    message = documented()[source.kind][field]
    if container == "files-frontmatter":
        return field in FRONT_MATTER
    if container == "Backlog.md":
        return field in ("state", "created", "updated")
    return message.startswith("yes") or (message.startswith("if there") and f" {field}=" in source.notes[0])


def opened(container: str, folder: Path) -> Source:
    path = CONTAINERS[container].build(folder)
    return open_source(str(path), Mapping(time_zone="Europe/Berlin" if container in IN_BERLIN else None))


@containers
def test_a_container_is_known_by_what_is_in_it(container: str, tmp_path: Path) -> None:
    source = opened(container, tmp_path)
    assert source.kind == CONTAINERS[container].kind
    assert source.total in (24, None)
    assert {record.source for record in source} == {source.name}


@containers
def test_a_container_gives_the_same_issues(container: str, tmp_path: Path) -> None:
    issues = {issue["title"]: issue for issue in corpus_issues()}
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
        if container != "kiln.fossil":
            assert record.id.rpartition("-")[2] == str(issue["number"])


@containers
def test_a_container_gives_the_six_marked_pairs_or_says_that_it_has_none(
    container: str, tmp_path: Path
) -> None:
    source = opened(container, tmp_path)
    records = list(source)
    titles = {record.ref: record.title for record in records}
    numbers = {issue["number"]: issue["title"] for issue in corpus_issues()}
    marked = {(record.title, titles[original]) for record in records for original in record.duplicate_of}
    has_marks = is_given(container, source, "duplicate_of")
    assert marked == ({(numbers[a], numbers[b]) for a, b in corpus()["duplicates"]} if has_marks else set())
    assert has_marks == (container not in MARKLESS)


@containers
def test_a_container_loses_what_the_docs_say_and_nothing_else(container: str, tmp_path: Path) -> None:
    source = opened(container, tmp_path)
    for field in FIELDS:
        is_there = any(getattr(record, field) for record in source)
        assert is_there == is_given(container, source, field), field


@containers
def test_times_are_those_of_the_corpus_in_utc(container: str, tmp_path: Path) -> None:
    issues = {issue["title"]: issue for issue in corpus_issues()}
    for record in opened(container, tmp_path):
        issue = issues[record.title]
        for field in ("created", "updated"):
            time, exact = getattr(record, field), datetime.fromisoformat(issue[field])
            if time is None:
                continue
            if container == "files-frontmatter":  # which has days
                assert time.date() == exact.date()
            else:
                assert abs(time - exact).total_seconds() < (60 if container in IN_MINUTES else 0.001)


def test_the_docs_tell_of_every_kind() -> None:
    assert set(documented()) == {*registered_kinds(), "sql"}


@containers
def test_reading_leaves_no_trace(container: str, tmp_path: Path) -> None:
    def seen(path: Path) -> object:
        inside = sorted(path.rglob("*")) if path.is_dir() else path.read_bytes()
        return inside, sorted(path.parent.iterdir()), path.stat().st_mtime_ns

    path = CONTAINERS[container].build(tmp_path)
    before = seen(path)
    list(open_source(str(path)))
    assert seen(path) == before
