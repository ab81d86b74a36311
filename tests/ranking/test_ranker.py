"""A ranker's weights give an order."""

import json

import numpy as np
import pytest

from dupfind.encoders.low_rank import MINILM_ISSUES
from dupfind.errors import RankerError
from dupfind.ranking.features import NAMES
from dupfind.ranking.ranker import FAMILIES, FEW, Ranker, can_judge, order, shipped
from dupfind.text.composition import ComposedText
from dupfind.text.terms import terms


def ranker() -> Ranker:
    return Ranker(np.arange(len(NAMES), dtype=np.float64), {"fitted_on": "made up"})


def names(*ids: str) -> list[tuple[str, ...]]:
    return [("tracker", "", id) for id in ids]


def test_each_model_of_dupfind_has_weights_of_its_own_and_others_those_of_minilm() -> None:
    issues, minilm = shipped(MINILM_ISSUES.fingerprint), shipped()
    assert (issues.about["model"], minilm.about["model"]) == (MINILM_ISSUES.name, "all-MiniLM-L6-v2")
    assert not np.array_equal(issues.weights, minilm.weights)
    assert shipped("of another model") is shipped(minilm.about["model_fingerprint"]) is minilm


def test_a_document_gives_the_ranker_that_it_was_made_from() -> None:
    made = ranker()
    again = Ranker.from_json(json.loads(json.dumps(made.to_json())))
    assert again.weights.tolist() == made.weights.tolist()
    assert again.to_json() == made.to_json()


def test_an_order_that_was_fitted_before_comments_were_read_does_without_them() -> None:
    document = ranker().to_json()
    document["weights"] = {
        name: value for name, value in document["weights"].items() if "comment" not in name
    }
    weights = dict(zip(NAMES, Ranker.from_json(document).weights.tolist(), strict=True))
    assert weights == {name: 0.0 if "comment" in name else float(place) for place, name in enumerate(NAMES)}


@pytest.mark.parametrize("key", ["weights", "about"])
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


@pytest.mark.parametrize("change", [{"about": ["x"]}, {"weights": []}])
def test_a_part_that_makes_no_sense_is_told_as_damaged(change: dict[str, object]) -> None:
    with pytest.raises(RankerError):
        Ranker.from_json(ranker().to_json() | change)


def test_the_shipped_ranker_knows_every_feature() -> None:
    assert len(shipped().weights) == len(NAMES)


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


def test_among_few_candidates_the_score_half_of_bm25_and_the_shared_traces_and_names_order() -> None:
    few = np.zeros((3, len(NAMES)))
    few[:, NAMES.index("score, as is")] = [0.6, 0.5, 0.5]
    few[:, NAMES.index("search of all words, share")] = [0.25, 1, 0]
    few[:, NAMES.index("stack traces, as is")] = [0, 0, 0.4]
    few[:, NAMES.index("cover names, as is")] = [0, 0, 0.2]
    first, second, third = ranker().rank_scores(few)  # .725, 1 and .95
    assert second - first == pytest.approx(12 * 0.275)
    assert second - third == pytest.approx(12 * 0.05)
    many = np.zeros((FEW + 1, len(NAMES)))
    many[0, 1] = 2
    assert ranker().rank_scores(many)[0] == 2


def test_among_few_candidates_the_share_of_bm25_counts_what_comments_add() -> None:
    few = np.zeros((3, len(NAMES)))
    few[:, NAMES.index("search of all words, as is")] = [4, 2, 0]
    few[:, NAMES.index("search of all words, share")] = [1, 0.5, 0]
    without = ranker().rank_scores(few)
    assert without.tolist() == pytest.approx([6, 3, 0])
    few[:, NAMES.index("bm25 gained by comments, as is")] = [0, 6, -1]
    first, second, third = ranker().rank_scores(few)
    assert (first, second, third) == (pytest.approx(3), pytest.approx(6), 0)
    # What each kind of evidence adds is told of the same numbers.
    words = ranker().contributions(few)[:, FAMILIES.index("words")]
    assert words - words[2] == pytest.approx([3, 6, 0])


def test_two_words_are_too_few_to_judge() -> None:
    assert [can_judge(terms(ComposedText(*parts))) for parts in (("a b", ""), ("a b", "c"))] == [False, True]
