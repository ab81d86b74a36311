"""The verdict's model gives a probability in levels, and a verdict from it."""

import json
from dataclasses import replace

import numpy as np
import pytest

from dupfind.errors import RankerError
from dupfind.verdict.bands import BALANCED, EAGER, MODES, STRICT
from dupfind.verdict.evidence import NAMES
from dupfind.verdict.model import VerdictModel, shipped_verdicts


def model(**more: object) -> VerdictModel:
    plain = VerdictModel(
        weights=np.array([0.0, 4.0, 0.0]),
        intercept=-4.0,
        edges=np.array([-2.0, -1.0]),
        levels=np.array([0.1, 0.4, 0.6]),
        shares=np.array([0.2, 0.1]),
        copy=0.98,
        near_copy=0.92,
        outstanding=0.3,
        likely=0.9,
        possible={STRICT: 0.6, BALANCED: 0.4, EAGER: 0.3},
        about={"model_fingerprint": "m", "recipe": "2"},
    )
    return replace(plain, **more)  # type: ignore[arg-type]


def evidence(*whole: float) -> np.ndarray:
    return np.array([[0.0, each, 0.0] for each in whole])


def test_a_document_gives_the_model_that_it_was_made_from() -> None:
    again = VerdictModel.from_json(json.loads(json.dumps(model().to_json())))
    assert again.to_json() == model().to_json()


@pytest.mark.parametrize("key", sorted(model().to_json()))
def test_a_document_that_lacks_a_part_is_told_as_damaged(key: str) -> None:
    document = model().to_json()
    del document[key]
    with pytest.raises(RankerError, match="dupfind calibrate"):
        VerdictModel.from_json(document)


@pytest.mark.parametrize(
    "change",
    [
        {"likely": "often"},
        {"possible": {"strict": 1.5, "balanced": 0.1, "eager": 0.1}},
        {"possible": 0.5},
        {"about": ["x"]},
        {"levels": []},
        {"levels": [[None, 0.5], [1, 0.2]]},
        {"levels": [[None, 0.1], [2, 0.2], [1, 0.3]]},
        {"levels": [[None, 0.1], [float("nan"), 0.2]]},
        {"weights": dict.fromkeys(NAMES, 1.0)},
        {"shares": [0.1]},
        {"shares": [0.1, 0.2]},
        {"shares": ["few", "fewer"]},
        {"shares": [10**400, 0.1]},
        {"copy": 10**400},
        {"weights": dict.fromkeys((*NAMES, "intercept"), 10**400)},
    ],
)
def test_a_part_that_makes_no_sense_is_told_as_damaged(change: dict[str, object]) -> None:
    with pytest.raises(RankerError):
        VerdictModel.from_json(model().to_json() | change)


def test_a_level_begins_at_its_edge() -> None:
    assert model().probabilities(evidence(0, 0.49, 0.5, 0.75, 1)).tolist() == [0.1, 0.1, 0.4, 0.6, 0.6]


def test_verdicts_begin_at_their_bands_and_a_mode_moves_possible_alone() -> None:
    given = {
        mode: [model().verdict(probability, mode) for probability in (0.2, 0.3, 0.4, 0.6, 0.9)]
        for mode in MODES
    }
    assert given == {
        STRICT: [None, None, None, "possible", "likely"],
        BALANCED: [None, None, "possible", "possible", "likely"],
        EAGER: [None, "possible", "possible", "possible", "likely"],
    }


def test_levels_below_the_band_of_a_mode_are_one() -> None:
    found = evidence(0, 0.5, 0.75)
    assert model().in_mode(STRICT).probabilities(found).tolist() == [0.1, 0.1, 0.6]
    assert model().in_mode(BALANCED).probabilities(found).tolist() == [0.1, 0.4, 0.6]
    assert model(levels=np.array([0.1, 0.2, 0.25])).in_mode(EAGER).probabilities(found).tolist() == [0.1] * 3


def test_the_levels_can_begin_elsewhere_but_still_rise() -> None:
    moved = model().with_edges(np.array([-3.0, -1.5]))
    assert moved.probabilities(evidence(0, 0.25, 0.75)).tolist() == [0.1, 0.4, 0.6]
    for edges in (
        [-1.0, -2.0],
        [-1.0, -1.0],
        [-1.0],
        [-1.0, float("nan")],
        [[-2.0, -1.0]],
        [-1e308, float("inf")],
    ):
        with pytest.raises(RankerError, match="edges"):
            model().with_edges(np.array(edges))


def test_without_evidence_only_copies_have_more_than_the_lowest_probability() -> None:
    bare = model().without_evidence()
    assert bare.probabilities(evidence(0, 1)).tolist() == [0.1, 0.1]
    assert (bare.outstanding, bare.copy) == (0.1, 0.98)


def test_the_shipped_model_calls_copies_likely_and_knows_its_own_embeddings_alone() -> None:
    default = shipped_verdicts()
    assert default.verdict(default.copy) == default.verdict(default.near_copy) == "likely"
    assert default.verdict(default.lowest, EAGER) is None
    assert default.possible[EAGER] <= default.possible[BALANCED] <= default.possible[STRICT] < default.likely
    assert len(default.shares) == len(default.edges)
    assert default.fits(default.about["model_fingerprint"], default.about["recipe"])
    assert not default.fits("another", default.about["recipe"])
    assert not default.fits(default.about["model_fingerprint"], "another")


def test_nearer_texts_never_lower_the_shipped_probability() -> None:
    default = shipped_verdicts()
    assert (default.weights >= 0).all()
    assert (np.diff(default.levels) >= 0).all()
