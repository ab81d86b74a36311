"""Both stores give the same answers, to the last digit, and those of a comparison of everything with everything."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dupfind.collection.collection import Collection
from dupfind.collection.writable import WritableCollection
from dupfind.dedup.report import Report
from dupfind.records import Comment, Record, Ref
from dupfind.search import bm25
from dupfind.search.bm25 import Postings
from dupfind.search.lexicon import Lexicon
from dupfind.storage.row_filter import Filter
from dupfind.storage.word_index import word_index
from dupfind.text.composition import compose
from dupfind.text.indexed_words import IndexedWords, indexed_words
from dupfind.vectors.title_body import concat
from dupfind.verdict.judgement import age_key
from tests.support.samples import NOW, WORDS, WordEncoder, corpus
from tests.support.verdicts import judged
from tests.support.word_scores import counted, word_scores

SEEDS = [0, 1, 2]
TRACE = 'Traceback (most recent call last):\n  File "sync.py", line 3, in pull'
QUERIES = [
    "worker crash",
    "redis password leak\nthe worker crashes when the disk is full and the page is slow to load",
    "login",
    "memry leak",
    f"{TRACE}\nValueError: full disk",
    "unheard of",
    "日本語 検索 crash",
]


def many(n: int, seed: int = 0) -> list[Record]:
    """Records with all that a tracker may give: marks, comments, traces, other scripts, copies, missing dates."""
    rng = np.random.default_rng(seed + 100)
    records: list[Record] = []
    for number, old in enumerate(corpus(n, seed)):
        body = old.body
        if number % 7 == 0:
            body += f"\n{TRACE}\nValueError: {WORDS[number % 17]}"
        if number % 11 == 0:
            body += "\n日本語の検索が遅い"
        if number % 13 == 5:
            body = records[number - 5].body
        comments = tuple(
            Comment(
                " ".join(rng.choice(WORDS, 5)) + " workaround", NOW - timedelta(days=int(rng.integers(900)))
            )
            for _ in range(number % 3 if number % 4 == 0 else 0)
        )
        records.append(
            replace(
                old,
                title=records[number - 5].title if number % 13 == 5 else old.title,
                body=body,
                comments=comments,
                duplicate_of=(Ref("a", str(number // 2)),) if number % 9 == 4 else (),
                resolution="Duplicate" if number % 9 == 4 else None,
                created=None if number % 17 == 3 else old.created,
            )
        )
    return records


def renamed(name: str, records: list[Record]) -> list[Record]:
    """Records of other issues than those of the same ids in another source."""
    return [replace(record, id=f"{name}-{record.id}") for record in records]


@pytest.fixture
def both(tmp_path: Path, database: str) -> Iterator[list[WritableCollection]]:
    """An empty index in a folder, and one in a database."""
    with ExitStack() as stack:
        yield [
            stack.enter_context(Collection.create(place, encoder=WordEncoder()))
            for place in (tmp_path / "index", database)
        ]


def hits(collection: Collection, query: str | Record, **options: Any) -> list[dict[str, Any]]:
    return [asdict(hit) for hit in collection.search(query, 300, **options)]


def answers(collection: Collection) -> list[object]:
    """All that two indexes of the same records must answer alike."""
    found: list[object] = [hits(collection, query) for query in QUERIES]
    found += [hits(collection, QUERIES[1], state=state) for state in ("open", "closed")]
    found += [hits(collection, QUERIES[0], project="b", before="2024-01-15")]
    found += [hits(collection, QUERIES[0], fold=True), hits(collection, QUERIES[0], min_score=0.3)]
    found += [hits(collection, query, source="one") for query in QUERIES[:2]]
    records = sorted(collection, key=age_key)  # writers at one time may add their rows in any order
    found.append(sorted(map(repr, records)))
    found.append([asdict(result) for result in collection.check(records[:20])])
    found.append(
        [[(asdict(hit), at) for hit, at in each] for each in collection.search_together(records[5:15])]
    )
    found.append(comparable(collection.report(min_score=0.7, include_known=True, verdicts="eager")))
    return found


def comparable(report: Report) -> dict[str, Any]:
    return asdict(replace(report, created=NOW))


@pytest.mark.parametrize("seed", SEEDS)
def test_hits_checks_and_reports_are_the_same(both: list[WritableCollection], seed: int) -> None:
    for collection in both:
        collection.index(many(150, seed), source="one", complete=True)
        judged(collection, likely=0.9, possible=0.7)
    first, second = map(answers, both)
    assert first == second


def test_they_are_after_edits_deletions_and_a_second_source(both: list[WritableCollection]) -> None:
    records = many(120)
    later = [
        replace(record, body=f"{record.body} worker {number}", state="closed") if number % 3 == 0 else record
        for number, record in enumerate(records[:90])
    ]
    for collection in both:
        collection.index(records, source="one", complete=True)
        judged(collection, likely=0.9, possible=0.7)
        collection.index(later, source="one", complete=True)
        collection.index(renamed("two", many(40, 7)), source="two", complete=True)
        collection.index(renamed("three", many(30, 8)), source="three", complete=True)
        collection.remove("three")
    assert len(both[0]) == len(both[1]) == 130
    first, second = map(answers, both)
    assert first == second


def test_a_snapshot_of_titles_alone_gives_the_same_digits(both: list[WritableCollection]) -> None:
    titles = [replace(record, body="") for record in corpus(80)]
    for collection in both:
        collection.index(titles, source="one", complete=True)
        collection.publish(tail_limit=0)
        judged(collection, likely=0.9, possible=0.7)
    first, second = map(answers, both)
    assert first == second
    for collection in both:  # of rows that came later, title and text are compared apart
        collection.index(renamed("two", many(20, 5)), source="two", complete=True)
    first, second = map(answers, both)
    assert first == second


def test_the_facts_about_an_index_are_the_same(both: list[WritableCollection]) -> None:
    for collection in both:
        collection.index(many(60), source="one", complete=True, clock=lambda: NOW)
    infos = [{**collection.info(), "folder": "", "bytes": 0} for collection in both]
    assert infos[0] == infos[1]
    assert both[1].info()["bytes"] > 0
    assert [collection.projects() for collection in both] == [["a", "b"]] * 2
    assert both[0].newest() == both[1].newest()
    assert both[0].find("7") == both[1].find("7") != []


@pytest.mark.parametrize("n", [0, 1, 3, 200])
def test_the_nearest_rows_are_those_of_brute_force(place: str, n: int) -> None:
    records = many(n)
    with Collection.create(place, encoder=WordEncoder()) as collection:
        collection.index(records, source="one", complete=True)
        store = collection.store
        with store.reading():
            encoding = store.encoding()
            texts = {
                row: compose(old, store.boilerplate())
                for row, old in store.records(store.allowed(Filter())).items()
            }
            texts = {row: text for row, text in texts.items() if text.title}
            query = WordEncoder().encode(["worker crash", "worker crash on a full disk"])
            joint = concat(query[:1], query[1:], encoding.title_weight)
            for row_filter in (
                Filter(),
                Filter(state="open"),
                Filter(project="b", before=datetime(2024, 1, 15, tzinfo=UTC)),
            ):
                allowed = store.allowed(row_filter)
                rows = np.array([row for row in allowed.tolist() if row in texts], dtype=np.int64)
                given = None if row_filter.is_open else allowed
                opened = collection.searcher.retrieval.snapshots.opened(store, encoding, row_filter)
                found = opened.begin(joint, 20, given)()
                assert found is not None
                [(scores, row_ids)] = found
                assert len(row_ids) == min(20, len(rows))
                if not len(rows):
                    continue
                titles = WordEncoder().encode([texts[row].title for row in rows.tolist()])
                wholes = WordEncoder().encode([texts[row].whole for row in rows.tolist()])
                exact = concat(titles, wholes, encoding.title_weight).astype(np.float64) @ joint[0]
                assert sorted(exact, reverse=True)[:20] == pytest.approx(scores, abs=1e-6)
                by_row = dict(zip(rows.tolist(), exact, strict=True))
                assert [by_row[row] for row in row_ids.tolist()] == pytest.approx(scores, abs=1e-6)
                assert opened.view.scores(joint, row_ids) == pytest.approx(scores, abs=2e-6)


@pytest.mark.parametrize("n", [0, 1, 3, 200])
def test_the_words_are_those_of_the_definition(place: str, n: int) -> None:
    records = many(n)
    with Collection.create(place, encoder=WordEncoder()) as collection:
        collection.index(records, source="one", complete=True)
        # Edited and deleted rows leave nothing behind.
        collection.index(
            [replace(old, title=f"{old.title} again") for old in records[: n // 2]], source="one"
        )
        collection.index(records[: n - n // 10], source="one", complete=True)
        store = collection.store
        with store.reading():
            boilerplate = store.boilerplate()
            stored = {
                row: indexed_words(old, compose(old, boilerplate))
                for row, old in store.records(store.allowed(Filter())).items()
            }
            words = [words_of(query) for query in QUERIES]
            on_disk = bm25.search(Lexicon(store.connection), words)
            in_memory = Postings.read(store.connection)
            for text, (rows, scores) in zip(words, on_disk, strict=True):
                again = in_memory.search(store.connection, text)
                assert again.rows.tolist() == rows.tolist()
                assert again.scores.tolist() == scores.tolist()
                expected = dict(zip(stored, word_scores(text, counted(list(stored.values()))), strict=True))
                expected = {row: each for row, each in expected.items() if any(each)}
                assert rows.tolist() == sorted(expected)
                for row, own in zip(rows.tolist(), scores, strict=True):
                    assert own == pytest.approx(expected[row], rel=1e-5)
            index = word_index(store.connection)
            assert index.n_rows() == len(stored) == len(index.lengths().row_ids)


def words_of(query: str) -> IndexedWords:
    title, _, body = query.partition("\n")
    asked = Record(id="", title=title, body=body)
    return indexed_words(asked, compose(asked))


def test_a_lookup_finds_words_comments_and_misspelt_words_alike(both: list[WritableCollection]) -> None:
    records = many(80)
    for collection in both:
        collection.index(records, source="one", complete=True)
    for query in ("workaround", "memry", "leak crash", "ValueError", "検索"):
        first, second = (hits(collection, query) for collection in both)
        assert first == second
        assert first
    first, second = (hits(collection, "workaround", before="2023-06-01") for collection in both)
    assert first == second


def test_encoding_anew_gives_the_same_answers(tmp_path: Path, database: str) -> None:
    found = []
    for place in (tmp_path / "index", database):
        with Collection.create(place, encoder=WordEncoder()) as collection:
            collection.index(many(60), source="one", complete=True)
        with Collection.create(place, encoder=WordEncoder(dim=48, seed=3), rebuild=True) as collection:
            collection.rebuild()
            judged(collection, likely=0.9, possible=0.7)
            found.append(answers(collection))
            assert collection.summary()["records"] == 60
    assert found[0] == found[1]


def test_an_issue_in_two_sources_is_one_issue_in_both_stores(both: list[WritableCollection]) -> None:
    records = [
        replace(record, url=f"https://bugs.example/{record.id}", updated=record.created)
        for record in many(60)
    ]
    newer = [
        replace(record, title=f"{record.title} once more", updated=NOW, duplicate_of=(Ref("a", "3"),))
        for record in records[:20]
    ]
    for collection in both:
        collection.index(records, source="one", complete=True)
        collection.index(newer, source="two", complete=True)
        judged(collection, likely=0.9, possible=0.7)
    assert len(both[0]) == len(both[1]) == 60
    first, second = map(answers, both)
    assert first == second
    for collection in both:
        collection.remove("two")
    assert len(both[0]) == len(both[1]) == 60
    first, second = map(answers, both)
    assert first == second
