"""A ranker's weights give an order, a probability and a verdict."""

import json
from dataclasses import replace

import numpy as np
import pytest

from dupfind.errors import RankerError
from dupfind.ranking.features import NAMES
from dupfind.ranking.ranker import CONFIDENCE_FEATURES, FEW, Ranker, can_judge, leads, order, shipped
from dupfind.text.composition import ComposedText
from dupfind.text.terms import terms


def ranker(**more: object) -> Ranker:
    plain = Ranker(
        weights=np.arange(len(NAMES), dtype=np.float64),
        lead_weight=1.0,
        confidence_weights=np.zeros(len(CONFIDENCE_FEATURES)),
        intercept=0.0,
        knots=None,
        likely=0.9,
        possible=0.5,
        about={"model_fingerprint": "m", "recipe": "2"},
    )
    return replace(plain, **more)  # type: ignore[arg-type]


def names(*ids: str) -> list[tuple[str, ...]]:
    return [("tracker", "", id) for id in ids]


def test_a_document_gives_the_ranker_that_it_was_made_from() -> None:
    made = ranker(knots=(np.array([-1.0, 2.0]), np.array([0.0, 0.75])))
    again = Ranker.from_json(json.loads(json.dumps(made.to_json())))
    assert again.weights.tolist() == made.weights.tolist()
    assert again.to_json() == made.to_json()


@pytest.mark.parametrize("key", ["weights", "sureness", "probability", "likely", "about"])
def test_a_document_that_lacks_a_part_is_told_as_damaged(key: str) -> None:
    document = ranker().to_json()
    del document[key]
    with pytest.raises(RankerError, match="dupfind calibrate"):
        Ranker.from_json(document)


def test_a_weight_that_is_unknown_or_no_number_is_told_as_damaged() -> None:
    for change in ({"title x title, squared": 1.0}, {NAMES[0]: "x"}, {NAMES[0]: float("nan")}):
        document = ranker().to_json()
        document["weights"] |= change
        with pytest.raises(RankerError):
            Ranker.from_json(document)


@pytest.mark.parametrize(
    "change",
    [
        {"likely": "often"},
        {"possible": 1.5},
        {"about": ["x"]},
        {"probability": []},
        {"probability": [[0, 0.5], [1, 0.2]]},
        {"probability": [[0, float("nan")]]},
        {"sureness": []},
    ],
)
def test_a_part_that_makes_no_sense_is_told_as_damaged(change: dict[str, object]) -> None:
    with pytest.raises(RankerError):
        Ranker.from_json(ranker().to_json() | change)


def test_the_shipped_ranker_knows_every_feature_and_its_own_model_alone() -> None:
    default = shipped()
    assert len(default.weights) == len(NAMES)
    assert default.likely is not None
    assert default.possible is not None
    assert 0 < default.possible < default.likely < 1
    assert default.fits(default.about["model_fingerprint"], default.about["recipe"])
    assert not default.fits("another", default.about["recipe"])
    assert not default.fits(default.about["model_fingerprint"], "another")


def test_a_lead_is_over_other_clusters_and_not_over_ones_own() -> None:
    # 3 is ahead of 2 by one, and of its own cluster's 3 by nothing that counts
    default = leads(np.array([3.0, 3.0, 2.0]), np.array([0, 0, 1]))
    assert default == pytest.approx([1, 1, 2 - 3 - np.log(2)])


def test_to_lead_over_nothing_is_to_lead_by_the_most_that_counts() -> None:
    [alone] = leads(np.array([7.0]), np.array([0]))
    far, _ = leads(np.array([100.0, 0.0]), np.array([0, 1]))
    assert alone == far == 4


def test_verdicts_begin_at_their_bands() -> None:
    verdicts = [ranker().verdict(probability) for probability in (None, 0.49, 0.5, 0.89, 0.9)]
    assert verdicts == [None, None, "possible", "possible", "likely"]
    assert ranker(likely=None, possible=None).verdict(1.0) is None


def test_probabilities_rise_with_sureness_and_stay_within_bounds() -> None:
    sureness = np.array([-1e6, -1.0, 0.0, 1.0, 1e6])
    assert ranker().probabilities(sureness)[[0, 2, 4]] == pytest.approx([0, 0.5, 1])
    stepped = ranker(knots=(np.array([-1.0, 1.0]), np.array([0.2, 0.6]))).probabilities(sureness)
    assert stepped == pytest.approx([0.2, 0.2, 0.4, 0.6, 0.6])


def test_equal_strengths_come_by_score_and_then_by_name() -> None:
    assert order(np.array([1.0, 2, 2, 2]), np.array([0.9, 0.1, 0.5, 0.5]), names("a", "b", "d", "c")) == [
        3,
        2,
        1,
        0,
    ]


def test_equal_infinite_strengths_are_ties_too() -> None:
    strengths = np.array([-np.inf, np.inf, np.inf, -np.inf])
    assert order(strengths, np.zeros(4), names("d", "b", "a", "c")) == [2, 1, 3, 0]


def test_among_few_candidates_the_score_and_half_of_bm25_order() -> None:
    few = np.zeros((2, len(NAMES)))
    few[:, NAMES.index("score, as is")] = [0.6, 0.5]
    few[:, NAMES.index("word search, share")] = [0.25, 1]
    first, second = ranker().rank_scores(few)  # .725 and 1
    assert second - first == pytest.approx(12 * 0.275)
    many = np.zeros((FEW + 1, len(NAMES)))
    many[0, 1] = 2
    assert ranker().rank_scores(many)[0] == 2


def test_two_words_are_too_few_to_judge() -> None:
    assert [can_judge(terms(ComposedText(*parts))) for parts in (("a b", ""), ("a b", "c"))] == [False, True]
