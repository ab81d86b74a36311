"""The chance of a pair is what a search for its newer record would have given the older one."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from dupfind.collection.collection import Collection
from dupfind.collection.writable import WritableCollection
from dupfind.dedup import report_builder
from dupfind.dedup.probabilities import calibrated
from dupfind.dedup.report import Parameters, Report
from dupfind.ranking.ranker import shipped
from dupfind.results import Pair
from dupfind.review.reviewer import Reviewer
from dupfind.review.session import Review
from tests.support.samples import NOW, WordEncoder, corpus, record

RECORDS = [
    replace(each, project=None, created=NOW + timedelta(days=number))
    for number, each in enumerate(corpus(60))
]
PARAMETERS = Parameters(0.8, -2)


@pytest.fixture
def own(writable: WritableCollection) -> WritableCollection:
    """An index with a calibration of its own: the shipped weights, under its model's name."""
    writable.index([*RECORDS, record("short", "crash", created=NOW + timedelta(days=99))])
    encoding = writable.store.encoding()
    about = {"model_fingerprint": encoding.model_fingerprint, "recipe": encoding.text_version}
    writable.calibrate(replace(shipped(), about=about))
    return writable


def rows(collection: Collection, *ids: str) -> Pair:
    one, other = sorted(collection.store.find(id)[0][0] for id in ids)
    return Pair(one, other, 0.9)


def chances(collection: Collection, *ids: tuple[str, str]) -> list[float | None]:
    """The chance of each pair of ids."""
    find = calibrated(collection)
    assert find is not None
    with collection.store.reading():
        return list(find([rows(collection, *pair) for pair in ids]))


def test_without_a_calibration_there_is_no_chance(writable: WritableCollection) -> None:
    writable.index(RECORDS)
    assert calibrated(writable) is None


def test_a_chance_is_that_of_the_older_record_in_a_search_for_the_newer_one(
    own: WritableCollection, tmp_path: Path
) -> None:
    with Collection.create(tmp_path / "older", encoder=WordEncoder()) as older:
        older.index(RECORDS[:59])
        encoding = older.store.encoding()
        about = {"model_fingerprint": encoding.model_fingerprint, "recipe": encoding.text_version}
        older.calibrate(replace(shipped(), about=about))
        hits = older.search(RECORDS[59], k=5)
    found = chances(own, *(("59", hit.id) for hit in hits))
    assert found == pytest.approx([hit.probability for hit in hits], abs=2e-3)


def test_what_comes_later_and_the_order_of_the_pairs_change_nothing(own: WritableCollection) -> None:
    pairs = [("3", "20"), ("40", "7"), ("20", "40")]
    before = chances(own, *pairs)
    assert chances(own, *pairs[::-1]) == before[::-1]
    own.index([*RECORDS, record("new", RECORDS[20].title, created=NOW + timedelta(days=200))])
    assert chances(own, *pairs) == pytest.approx(before, abs=1e-6)


def test_a_newer_record_of_too_few_words_gives_none(own: WritableCollection) -> None:
    assert chances(own, ("short", "5"), ("5", "6"))[0] is None


def test_a_report_shows_the_chance_of_each_pair_and_leaves_out_what_is_less_likely(
    own: WritableCollection,
) -> None:
    def made(asked: Parameters) -> Report:
        return report_builder.build_report(own, asked, probabilities=calibrated(own), now=NOW)[0]

    everything = [pair.probability for cluster in made(PARAMETERS).clusters for pair in cluster.pairs]
    known = sorted(p for p in everything if p is not None)
    assert known
    assert all(0 <= p <= 1 for p in known)
    middle = known[len(known) // 2]
    likely = made(replace(PARAMETERS, min_probability=middle))
    assert 0 < likely.n_clusters <= made(PARAMETERS).n_clusters
    for cluster in likely.clusters:
        assert any(pair.probability is not None and pair.probability >= middle for pair in cluster.pairs)


def test_a_review_asks_about_the_most_doubtful_pair_first(own: WritableCollection) -> None:
    review = Review.begin(Reviewer(own, "ann"), PARAMETERS, probabilities=calibrated(own))
    question = review.next()
    assert question is not None
    assert question.candidate.probability is not None
    doubts = [abs(0.5 - (c.probability or 0)) for c in review._queue.pending() if c.probability is not None]
    assert abs(0.5 - question.candidate.probability) <= sum(doubts) / len(doubts)


def test_each_question_that_is_worked_out_is_told(own: WritableCollection) -> None:
    told: list[int] = []

    def begin(n_questions: int) -> Callable[[int], None]:
        told.append(n_questions)
        return lambda n_done: told.append(-n_done)

    find = calibrated(own, begin)
    assert find is not None
    with own.store.reading():
        for _ in range(2):  # the second time all is known
            find([rows(own, "3", "20"), rows(own, "20", "4"), rows(own, "40", "7")])
    assert told == [2, -1, -1]
