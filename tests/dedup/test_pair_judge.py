"""A report judges a pair as a search for its newer record does."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from dupfind.collection.collection import Collection
from dupfind.collection.writable import WritableCollection
from dupfind.dedup import report_builder
from dupfind.dedup.pair_judge import PairJudge
from dupfind.dedup.report import Parameters, Report
from dupfind.ranking.ranker import shipped
from dupfind.review.reviewer import Reviewer
from dupfind.review.session import Review
from dupfind.verdict.judgement import Judgement
from dupfind.verdict.model import shipped_verdicts
from tests.support.samples import NOW, WordEncoder, corpus, record

RECORDS = [
    replace(each, project=None, created=NOW + timedelta(days=number))
    for number, each in enumerate(corpus(60))
]
PARAMETERS = Parameters(0.5, -2)


def calibrated(collection: WritableCollection) -> None:
    """Give an index the shipped weights, under its model's name."""
    encoding = collection.store.encoding()
    about = {"model_fingerprint": encoding.model_fingerprint, "recipe": encoding.text_version}
    collection.calibrate(shipped(), replace(shipped_verdicts(), about=about))


@pytest.fixture
def own(writable: WritableCollection) -> WritableCollection:
    writable.index([*RECORDS, record("short", "crash", created=NOW + timedelta(days=99))])
    calibrated(writable)
    return writable


def judgements(collection: Collection, *ids: tuple[str, str], score: float = 0.5) -> list[Judgement | None]:
    """Return the judgement of each pair of ids, as if all had one score."""
    with collection.store.reading():
        pairs = [sorted(collection.store.find(id)[0][0] for id in pair) for pair in ids]
        rows = [(first, second) for first, second in pairs]
        return PairJudge(collection.store).judgements(rows, [score] * len(rows))


def test_a_pair_has_the_probability_and_kind_of_a_search_for_its_newer_record(
    own: WritableCollection,
) -> None:
    hits = own.search(RECORDS[59], k=8)
    found = judgements(own, *(("59", hit.id) for hit in hits))
    assert [each and round(each.probability, 6) for each in found] == [hit.probability for hit in hits]


def test_both_records_of_a_pair_have_one_probability_as_query(own: WritableCollection) -> None:
    for hit in own.search(RECORDS[30], k=5):
        back = own.search(RECORDS[int(hit.id)], k=60)
        assert hit.probability == next(each.probability for each in back if each.id == RECORDS[30].id)


def test_later_records_and_the_order_of_the_pairs_change_nothing(own: WritableCollection) -> None:
    pairs = [("3", "20"), ("40", "7"), ("20", "40")]
    before = judgements(own, *pairs)
    assert judgements(own, *pairs[::-1]) == before[::-1]
    own.index([*RECORDS, record("new", "quite another thing", created=NOW + timedelta(days=200))])
    assert judgements(own, *pairs) == before


def test_a_newer_record_with_too_few_words_has_no_judgement(own: WritableCollection) -> None:
    assert judgements(own, ("short", "5"))[0] is None


def test_copies_are_known_with_any_model(writable: WritableCollection) -> None:
    text = "the worker stops when the disk is full"
    writable.index([record("1", text, created=NOW), record("2", text, created=NOW + timedelta(days=1))])
    [copy] = judgements(writable, ("1", "2"), score=1.0)
    assert copy is not None
    assert (copy.kind, copy.is_exact) == ("copy", True)


def test_a_report_shows_the_probability_of_each_pair_and_leaves_out_less_likely_ones(
    own: WritableCollection,
) -> None:
    def built(parameters: Parameters) -> Report:
        return report_builder.build_report(own, parameters, now=NOW)[0]

    everything = built(replace(PARAMETERS, min_probability=0.0))
    in_order = sorted(
        pair.probability
        for cluster in everything.clusters
        for pair in cluster.pairs
        if pair.probability is not None
    )
    assert in_order
    highest = in_order[-1]
    likely = built(replace(PARAMETERS, min_probability=highest))
    assert 0 < likely.n_clusters <= everything.n_clusters
    for cluster in likely.clusters:
        assert cluster.probability == highest


def test_a_review_begins_with_an_uncertain_pair(own: WritableCollection) -> None:
    review = Review.begin(Reviewer(own, "ann"), PARAMETERS)
    question = review.next()
    assert question is not None
    assert question.candidate.probability is not None
    distances = [
        abs(0.5 - (c.probability or 0)) for c in review._queue.pending() if c.probability is not None
    ]
    assert abs(0.5 - question.candidate.probability) <= sum(distances) / len(distances)


def test_each_text_is_compared_once(own: WritableCollection) -> None:
    calls: list[float] = []

    def begin(name: str, total: int | None, unit: str = "records") -> Callable[[float], None]:
        calls.append(total or 0)
        return lambda n_done: calls.append(-n_done)

    with own.store.reading():
        judge = PairJudge(own.store, begin)
        rows = [own.store.find(id)[0][0] for id in ("3", "4")]
        for _ in range(2):  # the second time the judgement is at hand
            judge.judgements([(min(rows), max(rows))], [0.9])
    assert calls == [1, -1]


def test_two_issues_far_nearer_to_each_other_than_to_any_other_stand_out(tmp_path: Path) -> None:
    words = [
        "alpha",
        "beta",
        "gamma",
        "delta",
        "epsilon",
        "zeta",
        "eta",
        "theta",
        "iota",
        "kappa",
        "lambda",
        "mu",
    ]
    others = [record(str(n), f"{word} {word}{n} {n}{word}", created=NOW) for n, word in enumerate(words)]
    pair = [
        record("100", "printer swallows the second page", created=NOW),
        record("101", "the second page is swallowed by our printer", created=NOW),
    ]
    with Collection.create(tmp_path / "index", encoder=WordEncoder()) as collection:
        collection.index([*others, *pair])
        calibrated(collection)
        [newer] = collection.find("101")
        [hit, *_] = collection.search(newer, k=3)
        report, _ = report_builder.build_report(collection, Parameters(0.65), now=NOW)
    assert (hit.id, hit.verdict) == ("100", "possible")
    [cluster] = report.clusters
    assert cluster.probability == hit.probability
