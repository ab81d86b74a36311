"""The columns of a pair table: margins, what is left out and why, the histogram and the curve."""

import numpy as np
import pytest

from dupfind.dedup.pair_table import PairTable, n_pairs
from dupfind.dedup.report import Bin, CurvePoint
from dupfind.results import Pair
from dupfind.vectors.base import Mask


def table(pairs: list[tuple[int, int, float]], roots: dict[int, int] | None = None) -> PairTable:
    columns = [np.array(column) for column in zip(*pairs, strict=True)] or [np.empty(0, dtype=np.int64)] * 3
    return PairTable.of(columns[0], columns[1], columns[2].astype(np.float64), 0.7, roots or {})


def everything(pairs: PairTable) -> Mask:
    return np.ones(len(pairs), dtype=np.bool_)


def test_a_pair_within_one_marked_cluster_is_known() -> None:
    assert table([(1, 2, 0.9), (2, 3, 0.8)], {1: 1, 2: 1}).is_known.tolist() == [True, False]


def test_two_marked_clusters_are_joined_by_their_best_pair() -> None:
    pairs = table([(1, 3, 0.8), (2, 3, 0.9), (1, 2, 1.0), (4, 5, 0.7)], {1: 1, 2: 1})
    assert pairs.between_roots(everything(pairs)) == {Pair(1, 3, 0.9): 1, Pair(4, 5, 0.7): 3}
    assert pairs.between_roots(pairs.scores < 0.9) == {Pair(1, 3, 0.8): 0, Pair(4, 5, 0.7): 3}


def test_a_pair_s_margin_is_what_it_adds_to_its_neighbourhoods() -> None:
    assert table([(1, 2, 0.9)]).margins == pytest.approx([0.9 - 0.74])


def test_six_that_are_equally_near_have_no_margin_unless_the_tracker_has_joined_them() -> None:
    pairs = [(a, b, 0.9) for a in range(7) for b in range(a + 1, 7)]
    assert table(pairs).margins == pytest.approx(np.zeros(21))
    joined = table(pairs, dict.fromkeys(range(6), 0))  # the last is a new duplicate of an issue that has five
    assert joined.margins[~joined.is_known] == pytest.approx(np.full(6, 0.16))


def test_some_pairs_keep_the_margins_that_they_had_among_all() -> None:
    pairs = table([(1, 2, 0.9), (1, 3, 0.9)])
    assert pairs.filter(np.array([True, False])).margins.tolist() == pairs.margins[:1].tolist()


def test_a_pair_is_known_or_rejected_or_below_the_margin_or_a_candidate() -> None:
    # 1 is joined with 2, and near 3 and 4; margins: 0.13 of (1, 3), 0.03 of (1, 4), 0.18 of (5, 6).
    pairs = table([(1, 2, 0.95), (1, 3, 0.9), (1, 4, 0.8), (5, 6, 0.9)], {1: 1, 2: 1})
    judged = pairs.judged(min_margin=0.1, rejected={(5, 6)})
    assert judged.is_known.tolist() == [True, False, False, False]
    assert judged.is_rejected.tolist() == [False, False, False, True]
    assert judged.is_below_margin.tolist() == [False, False, True, False]
    assert judged.is_candidate.tolist() == [False, True, False, False]
    assert pairs.is_candidate.tolist() == [False, True, True, True]


def test_a_pair_without_a_verdict_is_no_candidate() -> None:
    pairs = table([(1, 2, 0.9), (3, 4, 0.9), (5, 6, 0.9), (7, 8, 0.9)], {1: 1, 2: 1})
    likely = pairs.decided(~pairs.is_known, [True, False, False])
    assert likely.is_candidate.tolist() == [False, True, False, False]
    assert likely.is_below_margin.tolist() == [False, False, True, True]


def test_two_tables_are_joined_row_by_row() -> None:
    joined = table([(1, 2, 0.9)]).joined(table([(3, 4, 0.8)]))
    assert (joined.first.tolist(), joined.second.tolist(), joined.scores.tolist()) == (
        [1, 3],
        [2, 4],
        [0.9, 0.8],
    )


def test_the_histogram_counts_every_pair_once() -> None:
    bins = table([(1, 2, 0.7), (1, 3, 0.709), (1, 4, 0.71), (1, 5, 1.0)], {1: 1, 3: 1}).histogram(0.7)
    assert bins[:2] == (Bin(0.7, 1, 1), Bin(0.71, 0, 1))
    assert bins[-1] == Bin(1.0, 0, 1)
    assert sum(bin.n_known + bin.n_new for bin in bins) == 4


def test_the_curve_is_precision_and_recall_at_each_score() -> None:
    pairs = table([(1, 2, 0.9), (3, 4, 0.8), (5, 6, 0.8), (7, 8, 0.7)], {1: 1, 2: 1, 3: 3, 4: 3})
    assert pairs.curve(everything(pairs), 4) == (
        CurvePoint(0.9, 1.0, 0.25),
        CurvePoint(0.8, 2 / 3, 0.5),
        CurvePoint(0.7, 0.5, 0.5),
    )
    assert pairs.curve(pairs.scores > 0.8, 4) == (CurvePoint(0.9, 1.0, 0.25),)
    assert pairs.curve(everything(pairs), 0) == ()


def test_a_curve_of_many_scores_is_thinned_and_keeps_its_ends() -> None:
    scores = np.linspace(0.7, 1, 5_000)
    pairs = table([(2 * n, 2 * n + 1, float(score)) for n, score in enumerate(scores)], {0: 0, 1: 0})
    curve = pairs.curve(everything(pairs), 1)
    assert len(curve) <= 200
    assert (curve[0].score, curve[-1].score) == (1.0, 0.7)


def test_no_pairs_have_no_histogram_and_no_curve() -> None:
    nothing = table([])
    mask = everything(nothing)
    assert (nothing.histogram(0.7), nothing.curve(mask, 3), nothing.between_roots(mask)) == ((), (), {})


def test_pairs_of_clusters_are_counted() -> None:
    assert n_pairs([1, 2, 3, 4]) == 0 + 1 + 3 + 6
