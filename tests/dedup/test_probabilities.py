"""The probability of a pair is that of the older record in a search for the newer one."""

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


def probabilities(collection: Collection, *ids: tuple[str, str]) -> list[float | None]:
    """Return the probability of each pair of ids."""
    estimate = calibrated(collection)
    assert estimate is not None
    with collection.store.reading():
        return list(estimate([rows(collection, *pair) for pair in ids]))


def test_without_a_calibration_there_is_no_probability(writable: WritableCollection) -> None:
    writable.index(RECORDS)
    assert calibrated(writable) is None


def test_a_probability_is_that_of_the_older_record_in_a_search_for_the_newer_one(
    own: WritableCollection, tmp_path: Path
) -> None:
    with Collection.create(tmp_path / "older", encoder=WordEncoder()) as older:
        older.index(RECORDS[:59])
        encoding = older.store.encoding()
        about = {"model_fingerprint": encoding.model_fingerprint, "recipe": encoding.text_version}
        older.calibrate(replace(shipped(), about=about))
        hits = older.search(RECORDS[59], k=5)
    pairs = [("59", hit.id) for hit in hits]
    assert probabilities(own, *pairs) == pytest.approx([hit.probability for hit in hits], abs=2e-3)


def test_later_records_and_the_order_of_the_pairs_change_nothing(own: WritableCollection) -> None:
    pairs = [("3", "20"), ("40", "7"), ("20", "40")]
    before = probabilities(own, *pairs)
    assert probabilities(own, *pairs[::-1]) == before[::-1]
    own.index([*RECORDS, record("new", RECORDS[20].title, created=NOW + timedelta(days=200))])
    assert probabilities(own, *pairs) == pytest.approx(before, abs=1e-6)


def test_a_newer_record_with_too_few_words_has_no_probability(own: WritableCollection) -> None:
    assert probabilities(own, ("short", "5"), ("5", "6"))[0] is None


def test_a_report_shows_the_probability_of_each_pair_and_leaves_out_less_likely_ones(
    own: WritableCollection,
) -> None:
    def built(parameters: Parameters) -> Report:
        return report_builder.build_report(own, parameters, probabilities=calibrated(own), now=NOW)[0]

    everything = [pair.probability for cluster in built(PARAMETERS).clusters for pair in cluster.pairs]
    in_order = sorted(p for p in everything if p is not None)
    assert in_order
    assert all(0 <= p <= 1 for p in in_order)
    middle = in_order[len(in_order) // 2]
    likely = built(replace(PARAMETERS, min_probability=middle))
    assert 0 < likely.n_clusters <= built(PARAMETERS).n_clusters
    for cluster in likely.clusters:
        assert any(pair.probability is not None and pair.probability >= middle for pair in cluster.pairs)


def test_a_review_begins_with_an_uncertain_pair(own: WritableCollection) -> None:
    review = Review.begin(Reviewer(own, "ann"), PARAMETERS, probabilities=calibrated(own))
    question = review.next()
    assert question is not None
    assert question.candidate.probability is not None
    distances = [
        abs(0.5 - (c.probability or 0)) for c in review._queue.pending() if c.probability is not None
    ]
    assert abs(0.5 - question.candidate.probability) <= sum(distances) / len(distances)


def test_progress_counts_each_query_once(own: WritableCollection) -> None:
    calls: list[int] = []

    def begin(n_queries: int) -> Callable[[int], None]:
        calls.append(n_queries)
        return lambda n_done: calls.append(-n_done)

    estimate = calibrated(own, begin)
    assert estimate is not None
    with own.store.reading():
        for _ in range(2):  # the second time, all pairs are in the cache
            estimate([rows(own, "3", "20"), rows(own, "20", "4"), rows(own, "40", "7")])
    assert calls == [2, -1, -1]
