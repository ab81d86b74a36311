"""BM25 of the past equals the word search of that time."""

from pathlib import Path

import numpy as np
import pytest

from dupfind.collection.collection import Collection
from dupfind.evaluation.bm25_history import Bm25History
from dupfind.records import Record
from dupfind.search import bm25
from dupfind.search.lexicon import Lexicon
from dupfind.text import composition
from dupfind.text.indexed_words import indexed_words
from tests.support.samples import WordEncoder, corpus, record

RARE = [f"ERR_{place:03} naïve foo-bar {'x' * (place % 7)} {place % 11}" for place in range(70)]


def long(place: int) -> str:
    """A stack trace that some records share, and lines of which each is in one record."""
    kind, worker = "abcde"[place % 5], chr(97 + place // 4)
    frames = f"\tat org.acme.Pool{kind}.get(Pool.java)\n\tat org.acme.Worker{worker}.run(Worker.java)"
    rest = "\n".join(
        f"own{chr(97 + place // 26)}{chr(97 + place % 26)} host{n} crashes and crashed at ERR_{place}"
        for n in range(place, place + 300)
    )
    return f"\njava.lang.Error: pool{kind}\n{frames}\n\n{rest}"


def mixed(n: int) -> list[Record]:
    """Records with common words, rare ones, punctuation and repetitions; each ninth has no word, one only an emoji.

    Each second has a stack trace and words beyond the composed text.
    """
    return [
        record(
            str(place),
            "" if place % 9 == 4 else "🔥" if place == 6 else f"{old.title} {RARE[place]}",
            "" if place % 9 == 4 or place == 6 else f"{old.body * 2}{long(place) if place % 2 else ''}",
        )
        for place, old in enumerate(corpus(n))
    ]


@pytest.mark.parametrize("at", [1, 7, 29, 69])
def test_scores_are_those_of_a_search_among_the_older_records(tmp_path: Path, at: int) -> None:
    records = mixed(70)
    with Collection.create(tmp_path / "all", encoder=WordEncoder()) as collection:
        collection.index(records)
        assert not collection.store.boilerplate()  # else earlier texts are others than at their time
        with collection.store.reading():
            place = {row: int(old.id) for row, old in collection.store.records(range(1, 71)).items()}
            scores = Bm25History(collection.store.connection, place).scores(at)
    with Collection.create(tmp_path / "older", encoder=WordEncoder()) as collection:
        collection.index(records[:at])
        words = indexed_words(records[at], composition.compose(records[at]))
        with collection.store.reading():
            [(rows, expected)] = bm25.search(Lexicon(collection.store.connection), [words])
            places = [int(old.id) for old in collection.store.records(rows).values()]
    assert scores[places] == pytest.approx(expected, rel=1e-5)
    assert np.count_nonzero(scores) == np.count_nonzero(expected)
    if at > 20:
        assert (scores > 0).any(axis=0).all()  # each score has been compared


def test_the_first_record_and_one_without_a_word_share_none(tmp_path: Path) -> None:
    with Collection.create(tmp_path, encoder=WordEncoder()) as collection:
        collection.index(mixed(6))
        with collection.store.reading():
            timeline = Bm25History(collection.store.connection, {row: row - 1 for row in range(1, 7)})
            assert timeline.scores(0).shape == (0, 3)
            assert timeline.scores(4).tolist() == [[0, 0, 0]] * 4
            assert timeline.scores(5).max() > 0
