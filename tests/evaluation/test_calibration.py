"""A calibration is fitted on marked duplicates, and proved on later ones."""

from dataclasses import replace

import numpy as np
import pytest

from dupfind.errors import RankerError
from dupfind.evaluation.calibration import MIN_DUPLICATES, Calibration, fit
from dupfind.evaluation.replay_query import ReplayQuery
from dupfind.ranking.features import NAMES
from dupfind.ranking.ranker import CONFIDENCE_COLUMNS, FEW, Ranker
from dupfind.records import RecordHead

pytestmark = pytest.mark.slow

N_CANDIDATES = FEW + 20
WHOLE = CONFIDENCE_COLUMNS[1]  # whole x whole
GOOD, BAD = NAMES.index("bm25 all in all, as is"), NAMES.index("bm25 names, as is")


def base(**weights: float) -> Ranker:
    """A ranker that orders by one column."""
    order = np.zeros(len(NAMES))
    for name, weight in weights.items():
        order[{"good": GOOD, "bad": BAD}[name]] = weight
    return Ranker(order, 1.0, np.zeros(3), 0.0, None, None, None, {})


def made(n: int, *, share: float = 0.5, seed: int = 1) -> list[ReplayQuery]:
    """Issues of which a share are duplicates; the right candidate stands out in GOOD, and the surer the nearer."""
    rng = np.random.default_rng(seed)
    queries = []
    for number in range(n):
        features = rng.standard_normal((N_CANDIDATES, len(NAMES)))
        features[:, WHOLE] = rng.uniform(0, 0.5, N_CANDIDATES)
        is_right = np.zeros(N_CANDIDATES, dtype=bool)
        nearness = rng.random()
        features[0, GOOD], features[0, WHOLE] = 12, nearness
        is_duplicate = rng.random() < share
        is_right[0] = is_duplicate and rng.random() < nearness
        queries.append(
            ReplayQuery(
                head=RecordHead(number, ("s", "", str(number))),
                n_older=int(is_duplicate),
                is_judged=True,
                can_judge=True,
                weight=1.0,
                heads=[
                    RecordHead(1_000_000 + place, ("s", "", f"c{place}")) for place in range(N_CANDIDATES)
                ],
                scores=features[:, WHOLE],
                features=features,
                clusters=np.arange(N_CANDIDATES),
                is_right=is_right,
                retrieved={},
            )
        )
    return queries


def fitted(queries: list[ReplayQuery], ranker: Ranker, precision: float = 0.6) -> Calibration:
    return fit(queries, ranker, precision=precision, about={"fitted_on": "made up"})


@pytest.fixture(scope="module")
def good() -> Calibration:
    return fitted(made(900), base(good=1.0))


def test_the_probability_is_calibrated_on_issues_that_nothing_was_fitted_on(good: Calibration) -> None:
    assert good.error[good.kind] < 0.08
    assert good.brier[good.kind] == min(good.brier.values())
    assert (good.n_duplicates + good.n_others, good.ranker.about) == (900, {"fitted_on": "made up"})


def test_the_bands_reach_what_was_asked_for_on_later_issues() -> None:
    # The nearest of nine in ten duplicates are right nine times in ten, so a precision of .6 is within reach.
    calibration = fitted(made(900, share=0.9), base(good=1.0))
    assert calibration.likely is not None
    assert calibration.likely.precision.high >= 0.6
    assert calibration.ranker.likely is not None
    assert calibration.ranker.possible is not None
    assert calibration.ranker.possible <= calibration.ranker.likely


def test_a_refit_is_kept_only_where_it_is_better_by_more_than_noise(good: Calibration) -> None:
    assert not good.is_refitted  # `good` is as good as can be
    better = fitted(made(600), base(bad=1.0))
    assert better.is_refitted
    assert better.ahead.low > 0
    assert better.ranker.weights[GOOD] > abs(better.ranker.weights[BAD])


def test_a_precision_that_no_threshold_reaches_leaves_likely_out() -> None:
    calibration = fitted(made(400, share=0.3), base(good=1.0), precision=0.99)
    assert (calibration.ranker.likely, calibration.likely) == (None, None)


def test_too_few_labels_are_counted() -> None:
    queries = [replace(case, n_older=int(number < 7)) for number, case in enumerate(made(200))]
    with pytest.raises(
        RankerError, match=f"only 7 issues with enough words .* {MIN_DUPLICATES - 7} are missing"
    ):
        fitted(queries, base(good=1.0))


def test_one_class_alone_says_nothing() -> None:
    queries = [replace(case, n_older=1) for case in made(200)]
    with pytest.raises(RankerError, match="only 0 issues are no duplicates"):
        fitted(queries, base(good=1.0))


def test_what_is_not_judged_is_no_example() -> None:
    queries = made(300)
    spoilt = [replace(case, is_judged=False, is_right=~case.is_right) for case in made(50, seed=2)]
    first, second = fitted(queries, base(good=1.0)), fitted([*spoilt, *queries], base(good=1.0))
    assert first.ranker.to_json() == second.ranker.to_json()
    assert first.n_others == second.n_others


def test_duplicates_without_words_or_that_are_never_found_are_no_labels() -> None:
    silent = [replace(case, can_judge=False) for case in made(300)]
    with pytest.raises(RankerError, match="only 0 issues with enough words"):
        fitted(silent, base(good=1.0))
    lost = [replace(case, is_right=np.zeros(N_CANDIDATES, dtype=bool)) for case in made(300)]
    with pytest.raises(RankerError, match="dupfind evaluate"):
        fitted(lost, base(good=1.0))


def test_constant_features_do_no_harm() -> None:
    flat = [
        replace(case, features=np.ones_like(case.features), scores=np.ones(N_CANDIDATES))
        for case in made(300)
    ]
    calibration = fitted(flat, base(good=1.0))
    assert calibration.ranker.likely is None
    assert np.isfinite(list(calibration.brier.values())).all()
