"""A calibration is fitted on marked duplicates, and proved on later ones."""

from dataclasses import replace

import numpy as np
import pytest

from dupfind.errors import RankerError
from dupfind.evaluation.calibration import MIN_DUPLICATES, Calibration, fit
from dupfind.evaluation.replay_query import ReplayQuery
from dupfind.ranking.features import NAMES
from dupfind.ranking.ranker import FEW, Ranker
from dupfind.records import RecordHead
from dupfind.verdict import evidence
from dupfind.verdict.model import shipped_verdicts

pytestmark = pytest.mark.slow

N_CANDIDATES = FEW + 20
WHOLE = evidence.NAMES.index("whole x whole")
HIGHEST = float(shipped_verdicts().levels[-1])
GOOD, BAD = NAMES.index("bm25 all in all, as is"), NAMES.index("bm25 names, as is")


FIRST = np.arange(N_CANDIDATES) == 0


def base(**weights: float) -> Ranker:
    """A ranker that orders by one column."""
    order = np.zeros(len(NAMES))
    for name, weight in weights.items():
        order[{"good": GOOD, "bad": BAD}[name]] = weight
    return Ranker(order, {})


def made(n: int, *, share: float = 0.5, seed: int = 1) -> list[ReplayQuery]:
    """Issues of which a share are duplicates; the right candidate stands out in GOOD, and the surer the nearer."""
    rng = np.random.default_rng(seed)
    queries = []
    for number in range(n):
        features = rng.standard_normal((N_CANDIDATES, len(NAMES)))
        found = np.zeros((N_CANDIDATES, len(evidence.NAMES)))
        found[:, WHOLE] = rng.uniform(0, 0.5, N_CANDIDATES)
        is_right = np.zeros(N_CANDIDATES, dtype=bool)
        nearness = rng.random()
        features[0, GOOD], found[0, WHOLE] = 12, 0.8 + nearness / 2
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
                scores=found[:, WHOLE],
                features=features,
                evidence=found,
                clusters=np.arange(N_CANDIDATES),
                is_right=is_right,
                retrieved={},
            )
        )
    return queries


def fitted(
    queries: list[ReplayQuery], ranker: Ranker, precision: float = 0.9, *, fits: bool = True
) -> Calibration:
    start = shipped_verdicts() if fits else None
    return fit(queries, ranker, precision=precision, about={"fitted_on": "made up"}, start=start)


@pytest.fixture(scope="module")
def good() -> Calibration:
    return fitted(made(900), base(good=1.0))


def test_labels_raise_what_they_prove_and_lower_nothing(good: Calibration) -> None:
    for level in good.levels:
        assert level.probability >= level.shipped
    assert [level.probability for level in good.levels] == sorted(
        (level.probability for level in good.levels), reverse=True
    )
    rare = fitted(made(900, share=0.2), base(good=1.0))
    assert rare.verdicts.levels.tolist() == shipped_verdicts().levels.tolist()
    sure = fitted(
        [replace(case, is_right=case.is_right | FIRST) for case in made(900, share=1 - 1 / 8)],
        base(good=1.0),
    )
    assert sure.levels[0].probability > HIGHEST
    assert sure.brier["own"] < sure.brier["shipped"]


def test_what_is_stored_says_where_it_comes_from(good: Calibration) -> None:
    assert good.n_duplicates + good.n_others == 900
    assert good.ranker.about == good.verdicts.about == {"fitted_on": "made up"}


def test_likely_begins_at_the_precision_that_was_asked_for() -> None:
    assert fitted(made(300), base(good=1.0), precision=0.97).verdicts.likely == 0.97


def test_for_another_model_the_evidence_is_weighed_anew_and_as_many_issues_are_flagged() -> None:
    queries = made(900)
    other = fitted(queries, base(good=1.0), fits=False).verdicts
    assert other.weights.tolist() != shipped_verdicts().weights.tolist()
    best = np.array([other.logits(query.evidence).max() for query in queries])
    shares = [float((best >= edge).mean()) for edge in other.edges]
    assert shares == pytest.approx(other.shares.tolist(), abs=0.02)


def test_a_refit_is_kept_only_where_it_is_better_by_more_than_noise(good: Calibration) -> None:
    assert not good.is_refitted  # `good` is as good as can be
    better = fitted(made(600), base(bad=1.0))
    assert better.is_refitted
    assert better.ahead.low > 0
    assert better.ranker.weights[GOOD] > abs(better.ranker.weights[BAD])


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
    one, other = fitted(queries, base(good=1.0)), fitted([*spoilt, *queries], base(good=1.0))
    assert one.ranker.to_json() == other.ranker.to_json()
    assert one.verdicts.to_json() == other.verdicts.to_json()
    assert one.n_others == other.n_others


def test_duplicates_without_words_or_that_are_never_found_are_no_labels() -> None:
    silent = [replace(case, can_judge=False) for case in made(300)]
    with pytest.raises(RankerError, match="only 0 issues with enough words"):
        fitted(silent, base(good=1.0))
    lost = [replace(case, is_right=np.zeros(N_CANDIDATES, dtype=bool)) for case in made(300)]
    with pytest.raises(RankerError, match="dupfind evaluate"):
        fitted(lost, base(good=1.0))


def test_constant_features_do_no_harm() -> None:
    flat = [
        replace(
            case,
            features=np.ones_like(case.features),
            evidence=np.ones_like(case.evidence),
            scores=np.ones(N_CANDIDATES),
        )
        for case in made(300)
    ]
    calibration = fitted(flat, base(good=1.0))
    assert np.isfinite(list(calibration.brier.values())).all()
