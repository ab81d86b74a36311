"""Metrics of ranked lists, such as recall and MRR, with their confidence intervals (pure)."""

import math
from collections.abc import Hashable, Sequence
from statistics import NormalDist
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray


class Interval(NamedTuple):
    """A mean or share, and the bounds of its confidence interval."""

    mean: float
    low: float
    high: float


def cluster_rank(ranked: Sequence[Hashable], own: Hashable) -> int:
    """Return the rank, from 1, of the first record of one's own cluster, or 0 where the list has none.

    Args:
        ranked: The cluster of each record in a ranked list, best first; a single record is its
            own cluster. Each cluster takes one place, that of its best record (Zhang et al., TOSEM 2023).
        own: The record's own cluster.
    """
    for rank, cluster in enumerate(dict.fromkeys(ranked), start=1):
        if cluster == own:
            return rank
    return 0


def recall_at(k: int, ranks: ArrayLike) -> NDArray[np.float64]:
    """Return 1 for each rank from 1 to k, else 0; a rank of 0 stands for a miss.

    The mean over queries is recall at k.
    """
    values = np.asarray(ranks)
    return ((values >= 1) & (values <= k)).astype(np.float64)


def reciprocal_rank(ranks: ArrayLike) -> NDArray[np.float64]:
    """Return 1 / rank for each rank, 0 for a rank of 0. The mean over queries is MRR."""
    values = np.asarray(ranks, dtype=np.float64)
    return np.divide(1.0, values, out=np.zeros_like(values), where=values > 0)


def average_precision(ranked: Sequence[Hashable], relevant: Sequence[Hashable]) -> float:
    """Return the mean of the precision at each relevant entry of a ranked list.

    Args:
        ranked: Records or clusters, best first; a later copy of one is skipped.
        relevant: The relevant entries; one that the list lacks counts 0.

    Returns:
        0 to 1; NaN without relevant entries.
    """
    targets = set(relevant)
    is_hit = np.array([entry in targets for entry in dict.fromkeys(ranked)], dtype=np.float64)
    if not targets:
        return float("nan")
    precision = np.cumsum(is_hit) / np.arange(1, len(is_hit) + 1)  # (n,) precision at each rank
    return float(precision @ is_hit / len(targets))


def bootstrap(values: ArrayLike, *, seed: int, level: float = 0.95, n_draws: int = 2_000) -> Interval:
    """Return the mean of one value a query, and its percentile bootstrap interval (Efron 1979).

    For the difference of two rankings, pass the difference of each query: the interval is then paired.

    Raises:
        ValueError: There are no values.
    """
    column = np.asarray(values, dtype=np.float64).reshape(-1, 1)
    return bootstraps(column, seed=seed, level=level, n_draws=n_draws)[0]


def bootstraps(
    columns: NDArray[np.float64], *, seed: int, level: float = 0.95, n_draws: int = 2_000
) -> list[Interval]:
    """Return the mean and the interval of each column, from the same draws of queries for all.

    Args:
        columns: (queries, figures), one value a query.
        seed: Of the draws.
        level: Share of the bootstrap's means inside the interval.
        n_draws: Number of resamples of the queries, with replacement.

    Raises:
        ValueError: There are no queries.
    """
    n = len(columns)
    if n == 0:
        raise ValueError("no values: a mean needs at least one query")
    generator = np.random.default_rng(seed)
    means = np.empty((n_draws, columns.shape[1]))  # (draws, figures)
    for draw in range(n_draws):
        times = np.bincount(generator.integers(n, size=n), minlength=n)  # (n,) how often each query is drawn
        means[draw] = times @ columns / n
    # (figures,) each.
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2], axis=0)
    return [Interval(*map(float, bounds)) for bounds in zip(columns.mean(axis=0), low, high, strict=True)]


def wilson(n_right: int, n: int, *, level: float = 0.95) -> Interval:
    """Return a share and its interval, suited to small counts and to shares near 0 and 1 (Wilson 1927).

    Raises:
        ValueError: n is 0.
    """
    if n < 1:
        raise ValueError("a share of nothing has no interval")
    z = NormalDist().inv_cdf((1 + level) / 2)
    share = n_right / n
    middle = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * math.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    return Interval(share, max(0.0, middle - half), min(1.0, middle + half))
