"""The word search finds the same rows as FTS5, with the same BM25 to the bit, from the database and in memory."""

import sqlite3
from pathlib import Path

import numpy as np
import pytest

from dupfind.collection.collection import Collection
from dupfind.collection.writable import WritableCollection
from dupfind.errors import StoreError
from dupfind.search import bm25
from dupfind.search.bm25 import Postings, search, state
from dupfind.search.lexicon import TITLE_WEIGHT, Lexicon, stems, tokens
from dupfind.text.composition import ComposedText
from tests.support.paths import SHARED
from tests.support.samples import WordEncoder, corpus, record

QUESTIONS = [
    ("worker crash", "the redis password holds a percent sign"),
    ("crashes crashed crashing", "CRASH"),
    ("slow", ""),
    ("to_string std::io naïve ÀÉ 0x80", "x" * 300),
    ("nothing of it", "zzz"),
    ("", ""),
    ("page " * 400, "slow query " * 3_000),
]


def by_fts5(connection: sqlite3.Connection, text: ComposedText) -> tuple[list[int], list[np.float32]]:
    """What FTS5 itself says of the words that a search asks for."""
    asked = tokens(f"{text.title}\n{text.body}")
    forms = dict(zip(stems(connection, asked), asked, strict=True))
    chosen = [forms[word.stem] for word in Lexicon(connection).informative(text)]
    if not chosen:
        return [], []
    found = connection.execute(
        "SELECT rowid, -bm25(words, ?, 1.0) FROM words WHERE words MATCH ? ORDER BY rowid",
        (TITLE_WEIGHT, " OR ".join(f'"{token}"' for token in chosen)),
    ).fetchall()
    return [row for row, _ in found], [np.float32(score) for _, score in found]


def assert_same(collection: Collection, questions: list[tuple[str, str]]) -> None:
    texts = [ComposedText(title, body) for title, body in questions]
    with collection.store.reading():
        connection = collection.store.connection
        in_memory = Postings.read(connection)
        together = search(Lexicon(connection), texts)
        for text, of_many in zip(texts, together, strict=True):
            rows, expected = by_fts5(connection, text)
            [alone] = search(Lexicon(connection), [text])
            for found, scores in (of_many, alone, in_memory.search(connection, text.title, text.body)):
                assert found.tolist() == rows
                assert scores.tolist() == expected


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


def test_a_search_is_right_while_another_thread_empties_the_cache_of_stems(
    writable: WritableCollection, monkeypatch: pytest.MonkeyPatch
) -> None:
    writable.index(corpus(20), source="one")
    monkeypatch.setattr(bm25, "_N_CACHED", 1)

    class Interrupting(str):
        """A token that runs another search each time it is looked up, as a thread may that comes in between."""

        def __hash__(self) -> int:
            with monkeypatch.context() as patch:
                patch.setattr(bm25, "tokens", tokens)
                postings.search(connection, "page slow", "")
                postings.search(connection, "redis disk", "")
            return super().__hash__()

    with writable.store.reading():
        connection = writable.store.connection
        postings = Postings.read(connection)
        expected = postings.search(connection, "crash login", "")
        monkeypatch.setattr(bm25, "tokens", lambda _: [Interrupting("crash"), "login"])
        rows, scores = postings.search(connection, "crash login", "")
    assert (rows.tolist(), scores.tolist()) == (expected[0].tolist(), expected[1].tolist())


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


@pytest.mark.parametrize(
    "damage",
    [
        "DELETE FROM words_docsize WHERE id % 2",
        "DELETE FROM words_docsize",
        "UPDATE words_docsize SET sz = x'' WHERE id = 3",
        "UPDATE words_docsize SET sz = x'ff' WHERE id = 3",
        "UPDATE words_docsize SET sz = x'010203' WHERE id = 3",
        "UPDATE words_docsize SET sz = 'text'",
        "UPDATE words_docsize SET sz = NULL WHERE id = 20",
        "UPDATE words_docsize SET sz = x'0909' WHERE id = 20",
        "DELETE FROM words_docsize WHERE id = 20",
        "DELETE FROM words_data WHERE id = 1",
        "UPDATE words_docsize SET sz = x'ffffffffffffffffffff7f01' WHERE id = 3",
    ],
)
def test_damage_is_a_clear_error(writable: WritableCollection, damage: str) -> None:
    writable.index(corpus(20), source="one", complete=True)
    writable.store.connection.execute(damage)
    with pytest.raises(StoreError, match="index again"):
        writable.search("worker crash")
    with pytest.raises(StoreError, match="index again"), writable.store.reading():
        Postings.read(writable.store.connection)
