"""Trackers' tables on SQLite and on real servers, each started for the test on loopback."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from dupfind.errors import SourceError
from dupfind.sources.open import open_source
from tests.support import servers
from tests.support.corpus import corpus, corpus_issues
from tests.support.schemas import FILL, filled


@pytest.fixture(scope="module", params=["sqlite", "postgresql", "mariadb"])
def url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path_factory.mktemp('sqlite')}/tracker.db"
    else:
        with {"postgresql": servers.postgresql, "mariadb": servers.mariadb}[request.param]() as server:
            yield server


@pytest.mark.parametrize("tracker", FILL)
def test_a_tracker_s_database_gives_the_corpus(url: str, tracker: str) -> None:
    issues = {issue["title"]: issue for issue in corpus_issues()}
    with filled(url, tracker):
        source = open_source(url)
        assert source.kind == tracker
        records = list(source)
    assert sorted(record.title for record in records) == sorted(issues)
    for record in records:
        issue = issues[record.title]
        assert record.id == ("T" if tracker == "phabricator" else "") + str(issue["number"])
        assert record.body == issue["body"]
        assert record.state == ("open" if issue["status"] == "open" else "closed")
        assert (record.created, record.updated) == (
            datetime.fromisoformat(issue["created"]),
            datetime.fromisoformat(issue["updated"]),
        )
        if tracker in ("mantisbt", "phabricator", "bugzilla"):
            assert (record.resolution == "duplicate") == (issue.get("resolution") == "duplicate")
    numbers = {record.ref: int(record.id.lstrip("T")) for record in records}
    pairs = [[numbers[record.ref], numbers[ref]] for record in records for ref in record.duplicate_of]
    assert pairs == corpus()["duplicates"]


def test_a_tracker_s_tables_may_be_called_otherwise(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/tracker.db"
    with filled(url, "mantisbt"):
        from sqlalchemy import create_engine, text

        with create_engine(url).begin() as connection:
            for kind in ("bug", "bug_text", "bug_relationship", "project"):
                connection.execute(text(f"ALTER TABLE mantis_{kind}_table RENAME TO x_{kind}"))
        source = open_source(url)
        assert (source.kind, len(list(source))) == ("mantisbt", 24)


def test_a_server_that_does_not_answer_is_an_error_in_one_line() -> None:
    pytest.importorskip("psycopg2")
    port = servers.free_port()
    with pytest.raises(
        SourceError, match=rf"^postgresql\+psycopg2://me@127\.0\.0\.1:{port}/x cannot be read: "
    ) as raised:
        open_source(f"postgresql+psycopg2://me:secret@127.0.0.1:{port}/x")
    assert "\n" not in str(raised.value)
    assert "secret" not in str(raised.value)
