"""The JSON of an evaluation holds its figures."""

import json

import pytest

from dupfind.evaluation.figures import evaluate
from dupfind.reports.evaluation.json_document import document
from tests.support.replays import duplicate, other


def test_the_document_holds_what_the_evaluation_holds() -> None:
    found = evaluate(
        [*[duplicate(2, 1, 1, best=0.9, score=0.8)] * 3, other(best=0.5), other(is_judged=False)], ks=[1, 5]
    )
    facts = json.loads(json.dumps(document(found)))
    assert (facts["issues"], facts["judged"], facts["duplicates"], facts["silent"]) == (5, 4, 3, 0)
    assert facts["legs"]["bm25"]["recall@1"] == {"mean": 0, "low": 0, "high": 0}
    assert list(facts["legs"]) == ["bm25", "vectors", "dupfind"]
    assert list(facts["legs"]["dupfind"]) == ["recall@1", "recall@5", "mrr", "map"]
    assert facts["ahead_of"]["bm25"]["mrr"]["mean"] == 0.5
    [corner] = facts["verdict"]["curve"]
    assert (corner["threshold"], corner["flagged"], corner["right"]) == (0.9, 3, 3)
    assert corner["precision"]["low"] == pytest.approx(0.4385, abs=5e-5)
    assert facts["verdict"]["at_precision"]["0.99"] == corner
    unsure = document(evaluate([duplicate(2, best=0.9)]))
    assert set(unsure["verdict"]["at_precision"].values()) == {None}
    assert sum(facts["scores"]["duplicates"]) == 3
    assert len(facts["scores"]["edges"]) == len(facts["scores"]["others"]) + 1
