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
from tests.support.samples import WordEncoder, corpus, record

RARE = [f"ERR_{place:03} naïve foo-bar {'x' * (place % 7)} {place % 11}" for place in range(70)]


def mixed(n: int) -> list[Record]:
    """Records with common words, rare ones, punctuation and repetitions; each ninth has no word."""
    return [
        record(
            str(place),
            "" if place % 9 == 4 else f"{old.title} {RARE[place]}",
            "" if place % 9 == 4 else old.body * 2,
        )
        for place, old in enumerate(corpus(n))
    ]


@pytest.mark.parametrize("at", [1, 7, 30, 69])
def test_scores_are_those_of_a_search_among_the_older_records(tmp_path: Path, at: int) -> None:
    records = mixed(70)
    with Collection.create(tmp_path / "all", encoder=WordEncoder()) as collection:
        collection.index(records)
        with collection.store.reading():
            place = {row: int(old.id) for row, old in collection.store.records(range(1, 71)).items()}
            scores = Bm25History(collection.store.connection, place).scores(at)
    with Collection.create(tmp_path / "older", encoder=WordEncoder()) as collection:
        collection.index(records[:at])
        text = composition.compose(records[at])
        with collection.store.reading():
            [(rows, expected)] = bm25.search(Lexicon(collection.store.connection), [text])
            places = [int(old.id) for old in collection.store.records(rows).values()]
    assert scores[places] == pytest.approx(expected, rel=1e-5)
    assert np.count_nonzero(scores) == np.count_nonzero(expected)


def test_the_first_record_and_one_without_a_word_share_none(tmp_path: Path) -> None:
    with Collection.create(tmp_path, encoder=WordEncoder()) as collection:
        collection.index(mixed(6))
        with collection.store.reading():
            timeline = Bm25History(collection.store.connection, {row: row - 1 for row in range(1, 7)})
            assert timeline.scores(0).shape == (0,)
            assert timeline.scores(4).tolist() == [0] * 4
            assert timeline.scores(5).max() > 0
