"""Files that Trac, Roundup, Fossil, Redmine and github-to-sqlite wrote themselves, where a machine has them.

`tests/sources/test_corpus.py` reads the same tables as the tests build them.
"""

import json

import pytest

from dupfind.sources.open import open_source
from tests.support.paths import SHARED

TRACKERS = SHARED / "trackers"
FIXTURES = SHARED / "data" / "fixtures"
needs_trackers = pytest.mark.skipif(
    not TRACKERS.is_dir(), reason="files that trackers wrote themselves are kept outside this checkout"
)


@needs_trackers
@pytest.mark.parametrize("container", ["trac.db", "roundup", "larkq.fossil", "redmine.db", "github.db"])
def test_a_genuine_database_gives_its_issues_and_their_duplicates(container: str) -> None:
    corpus = json.loads((TRACKERS / "corpus.json").read_text(encoding="utf-8"))
    issues = {issue["title"]: issue for issue in corpus["issues"]}
    records = list(open_source(str(TRACKERS / container)))
    assert sorted(record.title for record in records) == sorted(issues)
    for record in records:
        issue = issues[record.title]
        assert record.body.replace("\r\n", "\n").strip() == issue["body"].strip()
        assert record.state == ("open" if issue["status"] == "open" else "closed")
    titles = {record.ref: record.title for record in records}
    numbers = {issue["number"]: issue["title"] for issue in corpus["issues"]}
    marked = {(record.title, titles[original]) for record in records for original in record.duplicate_of}
    assert marked == {(numbers[a], numbers[b]) for a, b in corpus["duplicates"]}


@pytest.mark.skipif(not FIXTURES.is_dir(), reason="real trackers are kept outside this checkout")
def test_a_real_trac_is_read() -> None:
    records = list(open_source(str(FIXTURES / "trac.db")))
    assert [record.id for record in records] == [str(number) for number in range(1, 11)]
    assert records[0].created is not None
    assert records[0].created.isoformat() == "2018-07-11T17:23:43.471209+00:00"
