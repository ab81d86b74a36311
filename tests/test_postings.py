"""The word search in memory finds the same rows as FTS5, with the same BM25 to the bit."""

from pathlib import Path

import numpy as np
import pytest
from samples import SHARED, WordEncoder, corpus, record

from dupfind import words
from dupfind.collection import Collection
from dupfind.postings import Postings, state
from dupfind.writable import WritableCollection

QUESTIONS = [
    ("worker crash", "the redis password holds a percent sign"),
    ("crashes crashed crashing", "CRASH"),
    ("slow", ""),
    ("to_string std::io naïve ÀÉ 0x80", "x" * 300),
    ("nothing of it", "zzz"),
    ("", ""),
    ("page " * 400, "slow query " * 3_000),
]


def assert_same(collection: Collection, questions: list[tuple[str, str]]) -> None:
    with collection.store.reading():
        connection = collection.store.connection
        postings = Postings.read(connection)
        for title, body in questions:
            rows, bm25 = words.search(connection, title, body)
            found, scores = postings.search(connection, title, body)
            assert found.tolist() == rows.tolist()
            np.testing.assert_array_equal(scores, bm25)


@pytest.mark.parametrize("n", [0, 1, 3, 400])
def test_rows_and_bm25_are_those_of_fts5(writable: WritableCollection, n: int) -> None:
    writable.index(corpus(n), source="one", complete=True)
    assert_same(writable, QUESTIONS)


def test_they_are_after_edits_and_deletions_too(writable: WritableCollection) -> None:
    writable.index(corpus(100), source="one", complete=True)
    changed = [record(str(n), f"changed crash {n}", "sync file " * n) for n in range(0, 60, 2)]
    writable.index([*changed, record("new", "to_string std::io naïve")], source="one", complete=True)
    assert_same(writable, QUESTIONS)


def test_the_state_tells_every_change_of_the_words_and_no_other(writable: WritableCollection) -> None:
    connection = writable.store.connection
    seen = [state(connection)]
    for records in (
        corpus(20),
        [record("0", "changed", state="open"), *corpus(20)[1:]],
        [record("0", "changed", state="open"), *corpus(20)[1:19]],
    ):
        writable.index(records, source="one", complete=True)
        seen.append(state(connection))
    assert len(set(seen)) == len(seen)
    writable.index([record("0", "changed", state="closed"), *corpus(20)[1:19]], source="one", complete=True)
    assert state(connection) == seen[-1]


@pytest.mark.slow
@pytest.mark.skipif(not SHARED.is_dir(), reason="the real trackers are not here")
def test_they_are_on_a_real_tracker(tmp_path: Path) -> None:
    import gzip
    import json

    with gzip.open(SHARED / "data/hadoop/issues.jsonl.gz", "rt", encoding="utf-8") as lines:
        issues = [json.loads(line) for line in lines][:3_000]
    with Collection.create(tmp_path / "index", encoder=WordEncoder()) as collection:
        collection.index(
            [record(issue["id"], issue["title"], issue["body"] or "") for issue in issues], source="hadoop"
        )
        texts = [collection.store.text(row) for row in range(1, 60)]
        assert_same(collection, [(text.title, text.body) for text in texts])
