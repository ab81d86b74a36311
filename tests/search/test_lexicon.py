"""The word search finds the records that share a word, whatever is asked."""

import re
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import astuple, replace

import numpy as np
import pytest
from hypothesis import given, settings, strategies

from dupfind.collection.writable import WritableCollection
from dupfind.search import bm25
from dupfind.search.lexicon import WHOLE, Lexicon, score
from dupfind.storage import migrate
from dupfind.storage.database import connect
from dupfind.storage.fts_words import FtsWords
from dupfind.text.composition import compose
from dupfind.text.indexed_words import IndexedWords, indexed_words
from tests.support.samples import WORDS, corpus, record

Rows = list[tuple[str, str]]


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sqlite3.Connection]:
    """A database with nothing in it."""
    path = tmp_path_factory.mktemp("words") / "dupfind.db"
    migrate.upgrade(path)
    with closing(connect(path, write=True)) as connection:
        yield connection


def words_of(title: str, body: str = "") -> IndexedWords:
    """The words of a record."""
    whole = record("", title, body)
    return indexed_words(whole, compose(whole))


def put(database: sqlite3.Connection, row_id: int, words: IndexedWords) -> None:
    """Put the words of a record in."""
    database.execute(
        "INSERT INTO words (rowid, title, body, rest, names, trace) VALUES (?, ?, ?, ?, ?, ?)",
        (row_id, *astuple(words)),
    )


def search(database: sqlite3.Connection, rows: Rows, title: str, body: str = "") -> dict[int, float]:
    """Put titles and bodies in as rows 1, 2, ..., search, and take them out again."""
    database.execute("BEGIN")
    try:
        for n, row in enumerate(rows, 1):
            put(database, n, words_of(*row))
        [(row_ids, scores)] = bm25.search(Lexicon(database), [words_of(title, body)])
    finally:
        database.execute("ROLLBACK")
    assert row_ids.dtype == np.int64
    assert scores.dtype == np.float32
    assert row_ids.tolist() == sorted(set(row_ids.tolist()))
    assert (scores >= 0).all()
    assert np.isfinite(scores).all()
    return dict(zip(row_ids.tolist(), scores[:, WHOLE].tolist(), strict=True))


def sharing(rows: Rows, query: str) -> set[int]:
    """The rows that share a word with a query, by its definition; its words must be stems of one another."""
    wanted = set(re.findall(r"\w+", query.lower()))
    return {n for n, row in enumerate(rows, 1) if wanted & set(re.findall(r"\w+", " ".join(row).lower()))}


@pytest.mark.parametrize("seed", range(8))
def test_a_short_query_finds_every_row_that_shares_a_word_and_no_other(
    database: sqlite3.Connection, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    rows = [
        (" ".join(rng.choice(WORDS, 2)), " ".join(rng.choice(WORDS, int(rng.integers(4))))) for _ in range(60)
    ]
    for n_words in (1, 2, 5, 8):
        query = " ".join(rng.choice(WORDS, n_words))
        found = search(database, rows, query)
        assert set(found) == sharing(rows, query)
        assert all(score > 0 for score in found.values())


def test_rarer_words_and_words_of_the_title_weigh_more(database: sqlite3.Connection) -> None:
    rows = [("slow page", ""), ("slow login", ""), ("slow query", "page"), ("disk full", "slow redis")]
    found = search(database, rows, "slow redis")
    assert max(found, key=found.__getitem__) == 4
    found = search(database, rows, "page")
    assert found[1] > found[3]


def test_forms_of_one_word_are_one_word(database: sqlite3.Connection) -> None:
    rows = [("worker crashes", ""), ("it crashed", ""), ("Crashing workers", ""), ("slow page", "")]
    assert set(search(database, rows, "crash")) == {1, 2, 3}
    assert search(database, rows, "crash crashes crashed") == search(database, rows, "crash")


def test_case_and_accents_are_of_no_account(database: sqlite3.Connection) -> None:
    rows = [("Überprüfung", ""), ("İstanbul", ""), ("ΟΔΟΣ", ""), ("straße", "")]
    for query, row in (("uberprufung", 1), ("ÜBERPRÜFUNG", 1), ("İstanbul", 2), ("istanbul", 2), ("οδος", 3)):
        assert set(search(database, rows, query)) == {row}, query
    assert set(search(database, rows, "ΟΔΟΣ")) == {3}


def test_a_word_is_found_next_to_a_compound_that_ends_in_it(database: sqlite3.Connection) -> None:
    rows = [("the zoo", ""), ("foo_zoo", ""), ("foo", "")]
    assert set(search(database, rows, "foo_zoo zoo")) >= {1, 2}
    assert set(search(database, rows, "zoo foo_zoo")) >= {1, 2}
    assert set(search(database, rows, "zoo_keeper")) >= {1, 2}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ('"', set()),
        ('"worker', {1}),
        ('worker"" OR "page', {1, 2}),
        ("NEAR(worker page)", {1, 2}),
        ("worker AND page", {1, 2}),
        ("worker NOT crash", {1}),
        ("title:page", {2}),
        ("{title body} : page", {2}),
        ("-title:page", {2}),
        ("^page", {2}),
        ("work*", set()),
        ("*", set()),
        ("page*", {2}),
        ("worker + crash", {1}),
        ("words MATCH 'x'; DROP TABLE words", set()),
        ("'", set()),
        ("\0", set()),
        ("", set()),
        ("  \n\t ", set()),
        ("!?…()[]", set()),
        ("rank", set()),
        ("日本語", {3}),
        ("検索", {4}),
        ("👩‍👩‍👧‍👦", set()),
        ("crash 🔥", {1}),
        ("مشكلة", {5}),
        ("\u202epage\u202c", {2}),
        ("\ud800 page", {2}),
    ],
)
def test_the_syntax_of_the_word_search_and_every_script_are_only_words(
    database: sqlite3.Connection, query: str, found: set[int]
) -> None:
    rows = [
        ("worker crash", ""),
        ("slow page", ""),
        ("日本語", ""),
        ("検索 が 遅い", ""),
        ("مشكلة في الشبكة", ""),
    ]
    assert set(search(database, rows, query)) == found


@settings(max_examples=150)
@given(strategies.text(strategies.characters()), strategies.text(strategies.characters()))
def test_no_text_is_too_strange_to_search_for(database: sqlite3.Connection, title: str, body: str) -> None:
    search(database, [("worker crash", ""), ("slow page", "the login")], title, body)


@settings(max_examples=200)
@given(
    strategies.text(
        strategies.characters(categories=["L", "N", "P", "Z"], max_codepoint=0x18FF)
        | strategies.just("\u0303"),
        max_size=30,
    )
)
def test_a_text_finds_itself(database: sqlite3.Connection, text: str) -> None:
    rows = [("worker crash", ""), (text, ""), ("slow page", "")]
    has_words = bool(words_of(text).title)
    # Without a letter or digit there is nothing to find it by.
    assert has_words or not any(char.isalnum() for char in text)
    found = search(database, rows, text)
    assert (2 in found) == has_words


def test_a_query_of_a_megabyte_asks_for_its_rarest_words_only(database: sqlite3.Connection) -> None:
    rng = np.random.default_rng(0)
    rows = [(f"word{n} common", " ".join(f"noise{i}" for i in rng.integers(0, 50, 5))) for n in range(12_000)]
    frequent = [f"noise{n}" for n in range(10)]
    long = " ".join(
        [*frequent, "common", *(f"word{n}" for n in range(5_000)), *("noise1 " * 100_000).split()]
    )
    assert len(long) > 700_000
    found = search(database, rows, "common", long)
    assert 1_000 < len(found) < len(rows)  # "common" is in every row, and not asked for beside the others


def test_the_order_of_a_query_s_words_is_of_no_account(database: sqlite3.Connection) -> None:
    rng = np.random.default_rng(0)
    rows = [(found.title, found.body) for found in corpus(200)]
    query = list(rng.choice(WORDS, 12))
    expected = search(database, rows, " ".join(query))
    for _ in range(3):
        rng.shuffle(query)
        assert search(database, rows, " ".join(query)) == expected


def test_what_is_dead_or_was_edited_away_is_found_by_no_word(writable: WritableCollection) -> None:
    def found(query: str) -> set[str]:
        with writable.store.reading():
            [(row_ids, _)] = bm25.search(Lexicon(writable.store.connection), [words_of(query)])
            return {other.id for other in writable.store.records(row_ids).values()}

    writable.index(
        [record("1", "worker crash"), record("2", "slow crash"), record("3", "full disk")], complete=True
    )
    assert found("crash") == {"1", "2"}
    writable.index([record("1", "worker stalls"), record("3", "full disk")], complete=True)
    assert found("crash") == set()
    assert found("stalls") == {"1"}
    assert found("disk") == {"3"}
    dead = writable.store.deleted_rows(1_000).tolist()
    assert len(dead) == 2
    assert (
        writable.store.connection.execute("SELECT rowid FROM words WHERE rowid IN (?, ?)", dead).fetchall()
        == []
    )
    writable.rebuild()
    assert found("crash") == set()
    assert found("stalls") == {"1"}


def test_a_search_leaves_nothing_behind_in_the_database(writable: WritableCollection) -> None:
    writable.index(corpus(20))
    before = writable.store.connection.execute("SELECT name FROM sqlite_schema ORDER BY 1").fetchall()
    writable.search("worker crash")
    assert writable.store.connection.execute("SELECT name FROM sqlite_schema ORDER BY 1").fetchall() == before


FAR = "\n".join(f"Nothing happens here for the {n}th time." for n in range(200))
TRACE = """
java.lang.IllegalStateException: pool {n} is closed
\tat org.acme.pool.Pool.borrow(Pool.java:{n})
\tat org.acme.worker.Worker.run(Worker.java:10)
"""


def test_a_text_that_is_not_in_the_database_scores_as_if_it_were(database: sqlite3.Connection) -> None:
    rows = [
        words_of(
            f"redis worker {n % 7}",
            f"the password ERR_{n % 9} is wrong\n{'It holds a percent sign. ' * 200}\nfound at {n}{TRACE.format(n=n)}"
            if n % 3
            else "",
        )
        for n in range(200)
    ]
    others = [
        words_of("workers crashed", "redis crashes when a passwords expires"),
        words_of("pool", f"{FAR}\ncrash crashes crashing ERR_3{TRACE.format(n=1)}"),
        words_of("日本語の検索", "遅い"),
        words_of("nothing alike"),
        IndexedWords("", "", "", "", ""),
    ]
    assert others[1].rest
    query = words_of("redis worker crashing ERR_3", f"the passwords expire\n日本語{TRACE.format(n=7)}")
    database.execute("BEGIN")
    for n, row in enumerate(rows, start=1):
        put(database, n, row)
    database.execute("COMMIT")
    together = score(Lexicon(database), query, others)
    assert score(Lexicon(database), words_of("quite unlike"), others).tolist() == [[0, 0, 0]] * len(others)
    assert score(Lexicon(database), query, []).shape == (0, 3)
    database.execute("BEGIN")
    for n, other in enumerate(others, start=901):
        put(database, n, other)
    [(row_ids, scores)] = bm25.search(Lexicon(database), [query])
    database.execute("DELETE FROM words")
    database.execute("COMMIT")
    indexed = dict(zip(row_ids.tolist(), scores.tolist(), strict=True))
    for n, alone in enumerate(together.tolist(), start=901):
        assert alone == pytest.approx(indexed.get(n, [0, 0, 0]), rel=1e-5)
    assert (together > 0).any(axis=0).all()  # each score has been compared


def test_the_words_of_a_text_are_read_once_however_many_are_compared_with_it(
    writable: WritableCollection, monkeypatch: pytest.MonkeyPatch
) -> None:
    stemmed: list[int] = []
    real = FtsWords.stems

    def counting(index: FtsWords, words: Sequence[str]) -> list[str | None]:
        stemmed.append(len(words))
        return real(index, words)

    writable.index(corpus(20))
    monkeypatch.setattr(FtsWords, "stems", counting)
    n_tokens = {}
    for n in (5, 10, 20):
        stemmed.clear()
        writable.search_together([replace(old, id=f"new {old.id}") for old in corpus(n, seed=9)])
        n_tokens[n] = sum(stemmed)
    # Twice the list reads twice the words, not four times as many.
    assert n_tokens[20] - n_tokens[10] < 2.5 * (n_tokens[10] - n_tokens[5])
