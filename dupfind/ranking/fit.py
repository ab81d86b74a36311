"""Fitting: from labelled lists of candidates to a ranker's weights, and from sureness to probability (pure)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
Truth = NDArray[np.bool_]

_STEPS = 100
_ENOUGH = 1e-7  # relative fall of the loss below which a fit is done


@dataclass(frozen=True, slots=True)
class Labelled:
    """The candidates of one query of which some are right.

    Attributes:
        features: (n, m) float64.
        is_right: (n,) bool, at least one of them.
        weight: How much this query counts.
    """

    features: Values
    is_right: Truth
    weight: float = 1.0


def fit_ranker(lists: Sequence[Labelled], *, penalty: float, towards: Values | None = None) -> Values:
    """Find the weights under which the right candidates of each list are the likeliest.

    The chance of a candidate is the softmax of its strength over its list, and a list's likelihood the sum over
    its right ones (conditional logit, McFadden 1974; ListMLE's top place, Xia et al. 2008). Newton's method, with
    a ridge penalty on standardised features.

    Args:
        lists: At least one.
        penalty: Of the squared weights of standardised features; larger is plainer.
        towards: (m,) weights that few lists are to change little: what is penalised is how far the result is from
            them; None for 0 each.

    Returns:
        (m,) weights of the features as they are; strength = features @ weights, up to a constant of the list.
    """
    features = np.concatenate([entry.features for entry in lists])
    known = np.zeros(features.shape[1]) if towards is None else towards
    strength_known = features @ known
    scale = features.std(axis=0)
    scale[scale < 1e-9] = np.inf  # what is the same everywhere tells nothing
    features = (features - features.mean(axis=0)) / scale
    is_right = np.concatenate([entry.is_right for entry in lists])
    sizes = np.array([len(entry.is_right) for entry in lists])
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    owner = np.repeat(np.arange(len(lists)), sizes)
    weight = np.array([entry.weight for entry in lists])

    def chances(weights: Values) -> tuple[float, Values, Values]:
        strength = strength_known + features @ weights
        raised = np.exp(strength - np.maximum.reduceat(strength, starts)[owner])
        total = np.add.reduceat(raised, starts)
        right = np.add.reduceat(raised * is_right, starts)
        # A right candidate that is hopeless leaves a list of likelihood 0; the logarithm has a floor.
        loss = -weight @ np.log(np.maximum(right / total, 1e-300)) + penalty / 2 * weights @ weights
        return float(loss), raised / total[owner], raised * is_right / np.maximum(right, 1e-300)[owner]

    def newton(weights: Values, chance: Values, target: Values) -> Values:
        counted = chance * weight[owner]
        slope = features.T @ (counted - target * weight[owner]) + penalty * weights
        means = np.add.reduceat(features * chance[:, None], starts)
        curve = features.T @ (features * counted[:, None]) - means.T @ (means * weight[:, None])
        curve[np.diag_indices_from(curve)] += penalty
        return np.asarray(np.linalg.solve(curve, slope))

    weights = np.zeros(features.shape[1])
    loss, chance, target = chances(weights)
    for _ in range(_STEPS):
        step, length = newton(weights, chance, target), 1.0
        while length > 1e-4:
            tried, *rest = chances(weights - length * step)
            if tried < loss:
                break
            length /= 2
        else:
            break
        is_done = loss - tried < _ENOUGH * abs(loss)
        weights, loss, (chance, target) = weights - length * step, tried, rest
        if is_done:
            break
    return np.asarray(known + weights / scale)


def fit_logistic(
    features: Values, is_right: Truth, *, penalty: float, weight: Values | None = None
) -> Values:
    """Fit a logistic regression by Newton's method.

    Args:
        features: (n, m) float64.
        is_right: (n,) bool, of both kinds.
        penalty: Of the squared weights of standardised features; the intercept is free.
        weight: (n,) how much each example counts; None for 1 each.

    Returns:
        (m + 1,) the weights of the features as they are, then the intercept.
    """
    weight = np.ones(len(is_right)) if weight is None else weight
    mean, scale = features.mean(axis=0), features.std(axis=0)
    scale[scale < 1e-9] = np.inf
    design = np.column_stack([(features - mean) / scale, np.ones(len(features))])
    ridge = np.append(np.full(features.shape[1], penalty), 1e-6)
    weights = np.zeros(design.shape[1])

    def loss_of(weights: Values) -> float:
        logit = design @ weights
        return float(weight @ (np.logaddexp(0, logit) - is_right * logit) + ridge @ weights**2 / 2)

    loss = loss_of(weights)
    for _ in range(_STEPS):
        chance = 1 / (1 + np.exp(-np.clip(design @ weights, -500, 500)))
        slope = design.T @ (weight * (chance - is_right)) + ridge * weights
        curve = (design * (weight * chance * (1 - chance))[:, None]).T @ design + np.diag(ridge)
        step, length = np.linalg.solve(curve, slope), 1.0
        while length > 1e-4 and loss_of(weights - length * step) >= loss:
            length /= 2
        if length <= 1e-4:
            break
        weights = weights - length * step
        before, loss = loss, loss_of(weights)
        if before - loss < _ENOUGH * abs(before):
            break
    plain = weights[:-1] / scale
    return np.append(plain, weights[-1] - plain @ mean)


def fit_rising(features: Values, is_right: Truth, *, penalty: float, weight: Values | None = None) -> Values:
    """Fit a logistic regression in which no feature counts against being right; see `fit_logistic`.

    Features whose weight would be negative are left out, the strongest first, until none is.
    """
    kept = np.arange(features.shape[1])
    scale = features.std(axis=0)
    while True:
        fitted = fit_logistic(features[:, kept], is_right, penalty=penalty, weight=weight)
        against = fitted[:-1] * scale[kept]
        if not (against < 0).any():
            weights = np.zeros(features.shape[1] + 1)
            weights[kept], weights[-1] = fitted[:-1], fitted[-1]
            return weights
        kept = np.delete(kept, against.argmin())


def fit_isotonic(values: Values, is_right: Truth, weight: Values | None = None) -> tuple[Values, Values]:
    """Fit a rising step function by pooling adjacent violators (Ayer et al. 1955).

    Args:
        values: (n,) sureness, at least one.
        is_right: (n,) bool.
        weight: (n,) how much each example counts; None for 1 each.

    Returns:
        The knots (k,) in rising order, and the share of right ones at each; in between it is linear.
    """
    weight = np.ones(len(values)) if weight is None else weight
    order = np.argsort(values, kind="stable")
    knots, places = np.unique(values[order], return_inverse=True)
    counts = np.bincount(places, weights=weight[order])
    right = np.bincount(places, weights=weight[order] * is_right[order])
    blocks: list[list[float]] = []  # weight, right, first knot, last knot
    for count, sure, knot in zip(counts.tolist(), right.tolist(), knots.tolist(), strict=True):
        blocks.append([count, sure, knot, knot])
        while len(blocks) > 1 and blocks[-2][1] * blocks[-1][0] >= blocks[-1][1] * blocks[-2][0]:
            count, sure, _, last = blocks.pop()
            blocks[-1][0] += count
            blocks[-1][1] += sure
            blocks[-1][3] = last
    ends = [(knot, sure / count) for count, sure, *span in blocks for knot in dict.fromkeys(span)]
    return np.array([knot for knot, _ in ends]), np.array([share for _, share in ends])
