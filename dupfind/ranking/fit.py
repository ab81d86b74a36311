"""Fit a ranker's weights to labelled lists of candidates, and logistic and isotonic regressions (pure)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
Truth = NDArray[np.bool_]

_MAX_STEPS = 100
_TOLERANCE = 1e-7  # a fit ends when the loss falls by less than this share


@dataclass(frozen=True, slots=True)
class Labelled:
    """The labelled candidates of one query.

    Attributes:
        features: (n, m) float64.
        is_right: (n,) bool, at least one of them.
        weight: Of this query in the loss.
    """

    features: Values
    is_right: Truth
    weight: float = 1.0


def fit_ranker(lists: Sequence[Labelled], *, penalty: float, towards: Values | None = None) -> Values:
    """Fit the weights under which the right candidates of each list are the likeliest.

    The probability of a candidate is the softmax of its rank score over its list. A list's likelihood is the sum over
    its right candidates (conditional logit, McFadden 1974; ListMLE's top place, Xia et al. 2008). Newton's method,
    with a ridge penalty on standardised features.

    Args:
        lists: At least one.
        penalty: Of the squared weights of standardised features; larger values give smaller weights.
        towards: (m,) weights to start from, where lists are few: the penalty is on the distance from them. None for 0
            each.

    Returns:
        (m,) weights of unscaled features; rank score = features @ weights, up to a constant of the list.
    """
    # All lists in one table of (n, m); `starts` and `owner` map between its rows and the lists, (k,) and (n,).
    features = np.concatenate([entry.features for entry in lists])
    start = np.zeros(features.shape[1]) if towards is None else towards
    start_scores = features @ start
    scale = features.std(axis=0)
    scale[scale < 1e-9] = np.inf  # a constant feature gets the weight 0
    features = (features - features.mean(axis=0)) / scale
    is_right = np.concatenate([entry.is_right for entry in lists])
    sizes = np.array([len(entry.is_right) for entry in lists])
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    owner = np.repeat(np.arange(len(lists)), sizes)
    weight = np.array([entry.weight for entry in lists])

    def likelihood(weights: Values) -> tuple[float, Values, Values]:
        """Return the loss, each candidate's probability, (n,), and that among the right ones alone, (n,)."""
        scores = start_scores + features @ weights
        exponentials = np.exp(scores - np.maximum.reduceat(scores, starts)[owner])  # (n,) no overflow
        total = np.add.reduceat(exponentials, starts)  # (k,)
        right = np.add.reduceat(exponentials * is_right, starts)
        # A hopeless right candidate leaves a list of likelihood 0; the logarithm has a floor.
        loss = -weight @ np.log(np.maximum(right / total, 1e-300)) + penalty / 2 * weights @ weights
        return (
            float(loss),
            exponentials / total[owner],
            exponentials * is_right / np.maximum(right, 1e-300)[owner],
        )

    def newton_step(weights: Values, probability: Values, target: Values) -> Values:
        weighted = probability * weight[owner]
        gradient = features.T @ (weighted - target * weight[owner]) + penalty * weights  # (m,)
        means = np.add.reduceat(features * probability[:, None], starts)  # (k, m)
        # The part of the right candidates is left out of the Hessian, so that it stays positive definite.
        hessian = features.T @ (features * weighted[:, None]) - means.T @ (means * weight[:, None])
        hessian[np.diag_indices_from(hessian)] += penalty
        return np.asarray(np.linalg.solve(hessian, gradient))

    weights = np.zeros(features.shape[1])
    loss, probability, target = likelihood(weights)
    for _ in range(_MAX_STEPS):
        step, length = newton_step(weights, probability, target), 1.0
        while length > 1e-4:  # halve the step until the loss falls
            new_loss, *rest = likelihood(weights - length * step)
            if new_loss < loss:
                break
            length /= 2
        else:
            break
        has_converged = loss - new_loss < _TOLERANCE * abs(loss)
        weights, loss, (probability, target) = weights - length * step, new_loss, rest
        if has_converged:
            break
    return np.asarray(start + weights / scale)  # a constant feature keeps its start: x / inf is 0


def fit_logistic(
    features: Values, is_right: Truth, *, penalty: float, weight: Values | None = None
) -> Values:
    """Fit a logistic regression by Newton's method.

    Args:
        features: (n, m) float64.
        is_right: (n,) bool, of both kinds.
        penalty: Of the squared weights of standardised features; the intercept is free.
        weight: (n,) of each example in the loss; None for 1 each.

    Returns:
        (m + 1,) the weights of unscaled features, then the intercept.
    """
    weight = np.ones(len(is_right)) if weight is None else weight
    mean, scale = features.mean(axis=0), features.std(axis=0)
    scale[scale < 1e-9] = np.inf
    design = np.column_stack([(features - mean) / scale, np.ones(len(features))])  # (n, m + 1)
    ridge = np.append(np.full(features.shape[1], penalty), 1e-6)  # 0 could make the Hessian singular
    weights = np.zeros(design.shape[1])

    def loss_of(weights: Values) -> float:
        logit = design @ weights
        return float(weight @ (np.logaddexp(0, logit) - is_right * logit) + ridge @ weights**2 / 2)

    loss = loss_of(weights)
    for _ in range(_MAX_STEPS):
        probability = 1 / (1 + np.exp(-np.clip(design @ weights, -500, 500)))  # exp overflows above 709
        gradient = design.T @ (weight * (probability - is_right)) + ridge * weights
        curvature = weight * probability * (1 - probability)
        hessian = (design * curvature[:, None]).T @ design + np.diag(ridge)
        step, length = np.linalg.solve(hessian, gradient), 1.0
        while length > 1e-4 and loss_of(weights - length * step) >= loss:
            length /= 2
        if length <= 1e-4:
            break
        weights = weights - length * step
        before, loss = loss, loss_of(weights)
        if before - loss < _TOLERANCE * abs(before):
            break
    unscaled = weights[:-1] / scale
    return np.append(unscaled, weights[-1] - unscaled @ mean)  # the intercept absorbs the centring


def fit_nonnegative(
    features: Values, is_right: Truth, *, penalty: float, weight: Values | None = None
) -> Values:
    """Fit a logistic regression without negative weights; see `fit_logistic`.

    The feature with the most negative weight is left out, again and again, until no weight is negative.
    """
    columns = np.arange(features.shape[1])
    scale = features.std(axis=0)
    while True:
        fitted = fit_logistic(features[:, columns], is_right, penalty=penalty, weight=weight)
        effects = fitted[:-1] * scale[columns]  # per standard deviation, so that they compare
        if not (effects < 0).any():
            weights = np.zeros(features.shape[1] + 1)
            weights[columns], weights[-1] = fitted[:-1], fitted[-1]
            return weights
        columns = np.delete(columns, effects.argmin())


def fit_isotonic(values: Values, is_right: Truth, weight: Values | None = None) -> tuple[Values, Values]:
    """Fit a rising step function by pooling adjacent violators (Ayer et al. 1955).

    Args:
        values: (n,) confidence, at least one.
        is_right: (n,) bool.
        weight: (n,) of each example in the loss; None for 1 each.

    Returns:
        The knots (k,) in rising order, and the share of right ones at each, (k,); linear between them.
    """
    weight = np.ones(len(values)) if weight is None else weight
    order = np.argsort(values, kind="stable")
    knots, places = np.unique(values[order], return_inverse=True)
    counts = np.bincount(places, weights=weight[order])
    right = np.bincount(places, weights=weight[order] * is_right[order])
    blocks: list[list[float]] = []  # weight, right, first knot, last knot
    for count, n_right, knot in zip(counts.tolist(), right.tolist(), knots.tolist(), strict=True):
        blocks.append([count, n_right, knot, knot])
        # Merge while the share of right ones does not rise from block to block.
        while len(blocks) > 1 and blocks[-2][1] * blocks[-1][0] >= blocks[-1][1] * blocks[-2][0]:
            count, n_right, _, last = blocks.pop()
            blocks[-1][0] += count
            blocks[-1][1] += n_right
            blocks[-1][3] = last
    # A block is flat from its first knot to its last; one knot, one point.
    ends = [(knot, n_right / count) for count, n_right, *span in blocks for knot in dict.fromkeys(span)]
    return np.array([knot for knot, _ in ends]), np.array([share for _, share in ends])
