"""The word search scores every field by its definition, from the database and in memory, and finds FTS5's rows."""

from pathlib import Path

import numpy as np
import pytest

from dupfind.collection.collection import Collection
from dupfind.collection.writable import WritableCollection
from dupfind.errors import StoreError
from dupfind.ranking.bm25_formula import TITLE_WEIGHT, rarity, smooth_rarity
from dupfind.records import Record
from dupfind.search import bm25
from dupfind.search.bm25 import Postings, search, state
from dupfind.search.lexicon import COMPOSED, WHOLE, Lexicon, fields
from dupfind.storage.connection import Connection
from dupfind.storage.fts_words import COLUMNS
from dupfind.text.composition import compose
from dupfind.text.indexed_words import IndexedWords, indexed_words
from tests.support.paths import SHARED
from tests.support.samples import WordEncoder, corpus, record
from tests.support.word_scores import counted, word_scores

QUESTIONS = [
    ("worker crash", "the redis password holds a percent sign"),
    ("crashes crashed crashing", "CRASH"),
    ("slow", ""),
    ("to_string std::io naïve ÀÉ 0x80", "x" * 300),
    ("nothing of it", "zzz"),
    ("", ""),
    ("page " * 400, "slow query " * 3_000),
    (
        "日本語の検索 が遅い",
        "Das Öffnen der Bestellübersicht dauert, wenn der Speicher voll ist und nicht reicht",
    ),
]
TRACE = """The worker fails.

java.lang.IllegalStateException: pool {n} is closed
\tat org.acme.pool.Pool.borrow(Pool.java:{n})
\tat org.acme.worker.Worker{kind}.run(Worker.java:10)
\tat java.lang.Thread.run(Thread.java:748)
"""


def words_of(title: str, body: str = "") -> IndexedWords:
    whole = record("", title, body)
    return indexed_words(whole, compose(whole))


def with_every_field(n: int) -> list[Record]:
    """Records with words in every field: long bodies, names, stack traces, other scripts."""
    return [
        record(
            old.id,
            f"{old.title} ERR_POOL_{place % 7}",
            f"{old.body}\n{TRACE.format(n=place, kind=place % 3)}"
            + "\n".join(
                f"see std::io{place % 5}, the {word}s of host{place}" for word in old.body.split() * 20
            )
            + "\n日本語の検索" * (place % 4 == 0),
        )
        for place, old in enumerate(corpus(n))
    ]


def stored(connection: Connection) -> dict[int, IndexedWords]:
    """The words of all rows."""
    rows = connection.execute(f"SELECT rowid, {', '.join(COLUMNS)} FROM words ORDER BY rowid")
    return {row: IndexedWords(*columns) for row, *columns in rows}


def assert_right(collection: Collection, questions: list[tuple[str, str]]) -> None:
    texts = [words_of(*question) for question in questions]
    with collection.store.reading():
        connection = collection.store.connection
        in_memory = Postings.read(connection)
        together = search(Lexicon(connection), texts)
        rows = stored(connection)
        of_rows = counted(list(rows.values()))
        for text, of_many in zip(texts, together, strict=True):
            expected = dict(zip(rows, word_scores(text, of_rows), strict=True))
            expected = {row: scores for row, scores in expected.items() if any(scores)}
            [alone] = search(Lexicon(connection), [text])
            for found, scores in (of_many, alone, in_memory.search(connection, text)):
                assert found.tolist() == list(expected)
                assert scores.dtype == np.float32
                assert scores.tolist() == of_many.scores.tolist()
                wanted = np.array(list(expected.values())).reshape(scores.shape)
                np.testing.assert_allclose(scores, wanted, rtol=1e-5, atol=1e-12)


@pytest.mark.parametrize("n", [0, 1, 3, 400])
def test_rows_and_scores_are_those_of_the_definition(writable: WritableCollection, n: int) -> None:
    writable.index(corpus(n), source="one", complete=True)
    assert_right(writable, QUESTIONS)


def test_they_are_with_words_in_every_field(writable: WritableCollection) -> None:
    records = with_every_field(60)
    writable.index(records, source="one", complete=True)
    with writable.store.reading():
        rows = stored(writable.store.connection).values()
        assert all(any(getattr(row, column) for row in rows) for column in COLUMNS)
    assert_right(
        writable,
        [
            *QUESTIONS,
            *((old.title, old.body) for old in records[:4]),
            ("host17", "ERR_POOL_3"),
            ("crash", TRACE.format(n=900, kind=1)),
        ],
    )


def test_they_are_after_edits_and_deletions_too(writable: WritableCollection) -> None:
    writable.index(with_every_field(100), source="one", complete=True)
    changed = [record(str(n), f"changed crash {n}", "sync file " * n) for n in range(0, 60, 2)]
    writable.index([*changed, record("new", "to_string std::io naïve")], source="one", complete=True)
    assert_right(writable, QUESTIONS)


def test_without_other_fields_bm25_is_that_of_fts5_to_the_last_bit(writable: WritableCollection) -> None:
    connection = writable.store.connection
    connection.executemany(
        "INSERT INTO words (rowid, title, body, rest, names, trace) VALUES (?, ?, ?, '', '', '')",
        [(place, old.title, old.body) for place, old in enumerate(corpus(300), start=1)],
    )
    for query in ("worker crash", "slow redis password", "leak", "page query index memory disk"):
        expected = connection.execute(
            "SELECT rowid, -bm25(words, ?, 1.0) FROM words WHERE words MATCH ? ORDER BY rowid",
            (TITLE_WEIGHT, " OR ".join(query.split())),
        ).fetchall()
        [(rows, scores)] = search(Lexicon(connection), [words_of(query)])
        assert rows.tolist() == [row for row, _ in expected]
        assert scores[:, COMPOSED].tolist() == [np.float32(score) for _, score in expected]
        if len(query.split()) == 1:  # the rarity of a word is a factor, and a smoother one for all words
            factor = smooth_rarity(300, len(rows)) / rarity(300, len(rows))
            assert scores[:, WHOLE] == pytest.approx(factor * scores[:, COMPOSED], rel=1e-5)


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
                patch.setattr(bm25, "fields", fields)
                postings.search(connection, words_of("page slow"))
                postings.search(connection, words_of("redis disk"))
            return super().__hash__()

    with writable.store.reading():
        connection = writable.store.connection
        postings = Postings.read(connection)
        expected = postings.search(connection, words_of("crash login"))
        monkeypatch.setattr(bm25, "fields", lambda _: ([Interrupting("crash"), "login"], [], []))
        rows, scores = postings.search(connection, words_of("crash login"))
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
        assert_right(collection, [(issue["title"], issue["body"] or "") for issue in issues[:60]])


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
        "UPDATE words_docsize SET sz = x'0400090000' WHERE id = 3",
        "UPDATE words_docsize SET sz = x'0400000100' WHERE id = 3",
        "UPDATE words_docsize SET sz = x'0400000001' WHERE id = 3",
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
