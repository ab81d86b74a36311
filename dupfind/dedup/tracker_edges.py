"""Where the levels of probability begin on a tracker: at the logits that given shares of its own issues reach.

On one tracker many issues are near to an older one, on another few. A share of issues carries over between trackers; a
logit does not.
"""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from dupfind.dedup.pair_judge import PairJudge, RowPair
from dupfind.storage.row_filter import Filter
from dupfind.storage.store import Store
from dupfind.storage.stored_times import timestamp
from dupfind.storage.stored_vectors import encoded_rows, iter_vectors, present_vectors, read_vectors
from dupfind.vectors.base import RowIds, Vectors
from dupfind.vectors.title_body import split
from dupfind.verdict.evidence import Embedded, Values, evidence
from dupfind.verdict.judgement import APART
from dupfind.verdict.model import VerdictModel

MIN_RECORDS = 1_000
"""Records from which on a tracker has edges of its own."""

N_SAMPLED = 600
"""Issues whose best older one is looked for: a share of a tenth is then known to .012."""

MAX_SHIFT = 0.6
"""How far an edge may lie from the one that dupfind comes with: some trackers have few duplicates, or many."""

_GROWTH = 1.5  # of the records between two measurements
_LEAST_LEFT = 0.9  # of the measured records, while they need not be measured again
_N_NEAREST = 10  # older records of an issue whose evidence is looked at
_N_JUDGED = 3  # of them, whose whole texts are compared
_BLOCK = 10_000  # heads in memory
_UNDATED = datetime.min.replace(tzinfo=UTC)


def n_measured(n_records: int, before: int = 0) -> int:
    """Return how many records the edges of a tracker rest on, the oldest ones; 0 for too few.

    It grows in steps of a half, so that a new issue rarely changes what is said of others.

    Args:
        n_records: All that have a text.
        before: How many were measured the last time: it stays while nine of ten are left.
    """
    if before * _LEAST_LEFT <= n_records < before:
        return before
    if n_records < MIN_RECORDS:
        return 0
    reached = MIN_RECORDS
    while (following := int(reached * _GROWTH)) <= n_records:
        reached = following
    return reached


class Measured(NamedTuple):
    """What was measured on the oldest records of a tracker.

    Attributes:
        edges: (k,) rising logits at which the levels begin.
        newest: When the newest of these records was created, as the database has it; "" where none has a time.
    """

    edges: Values
    newest: str


def measured_edges(store: Store, model: VerdictModel, n_oldest: int) -> Measured:
    """Measure the logits at which the levels of a model begin on a tracker.

    They follow from the oldest records alone. Issues whose best older one is a sibling or one of a series are not
    counted as flagged.

    Args:
        store: In a read transaction.
        model: The one that dupfind comes with; its evidence fits the index's model.
        n_oldest: From `n_measured`, at least 1.

    Raises:
        StoreError: The index is damaged.
    """
    timeline = _Timeline.of(store, n_oldest)
    return Measured(edges_at(model, _best_logits(store, model, timeline)), timeline.newest)


def edges_at(model: VerdictModel, logits: Values) -> Values:
    """Return the rising logits that the shares of a model's levels reach, (k,), within `MAX_SHIFT` of its own edges.

    Args:
        model: Has the shares.
        logits: (n,) of the best candidate of each issue.
    """
    falling = np.sort(logits)[::-1]
    places = np.minimum((model.shares * len(falling)).astype(np.int64), len(falling) - 1)
    edges = np.round(np.clip(falling[places], model.edges - MAX_SHIFT, model.edges + MAX_SHIFT), 2)
    for place in range(1, len(edges)):
        edges[place] = max(edges[place], edges[place - 1] + 0.01)  # equal ones would be one level
    return np.asarray(edges)


def best_logits(store: Store, model: VerdictModel, n_oldest: int) -> Values:
    """Return the highest logit that each sampled issue has with an older one, (n,): -inf without one, inf for a copy.

    Args:
        store: As for `measured_edges`.
        model: As for `measured_edges`.
        n_oldest: As for `measured_edges`.
    """
    return _best_logits(store, model, _Timeline.of(store, n_oldest))


def _best_logits(store: Store, model: VerdictModel, timeline: "_Timeline") -> Values:
    encoding = store.encoding()
    near = _nearest_older(store, timeline)
    rows = np.unique(np.array([row for key, older in near.items() for row in (key, *older)], dtype=np.int64))
    titles, wholes = split(read_vectors(store, encoding, True, rows), encoding.title_weight)
    terms = store.terms(rows)
    wide = model.with_edges(model.edges - MAX_SHIFT)
    logits: dict[RowPair, float] = {}
    scores: dict[RowPair, float] = {}
    for row, older in near.items():
        own, others = int(np.searchsorted(rows, row)), np.searchsorted(rows, [*older])
        query = Embedded(titles[own], wholes[own], terms[own])
        of_pair = model.logits(evidence(query, titles[others], wholes[others], terms.take(others)))
        for place in np.argsort(-of_pair, kind="stable")[:_N_JUDGED].tolist():
            if of_pair[place] >= wide.edges[0]:
                pair = row, int(rows[others[place]])
                logits[pair], scores[pair] = float(of_pair[place]), older[pair[1]]
    best = dict.fromkeys(timeline.sampled.tolist(), -np.inf)
    judgements = PairJudge(store, model=wide).judgements([*logits], [*scores.values()])
    for (row, other), judgement in zip(logits, judgements, strict=True):
        if judgement is not None and judgement.kind not in APART and judgement.probability > wide.lowest:
            # Than any evidence: a copy, or one stack trace.
            is_surer = judgement.probability > wide.levels[-1]
            best[row] = max(best[row], np.inf if is_surer else logits[row, other])
    return np.array([*best.values()])


@dataclass(frozen=True, slots=True)
class _Timeline:
    """The oldest records of a tracker and a sample of them, whatever the order in which they were indexed.

    Attributes:
        rows: (n,) in order of their row ids.
        times: (n,) their places in the order of time.
        sampled: (m,) row ids.
        newest: See `Measured`.
    """

    rows: RowIds
    times: NDArray[np.int64]
    sampled: RowIds
    newest: str

    @classmethod
    def of(cls, store: Store, n_oldest: int) -> Self:
        allowed = np.intersect1d(store.allowed(Filter()), encoded_rows(store, store.encoding().id))
        created, ties, draws = np.empty((3, len(allowed)))
        for start in range(0, len(allowed), _BLOCK):
            for place, head in enumerate(store.heads(allowed[start : start + _BLOCK]), start):
                created[place] = (head.created or _UNDATED).timestamp()
                digest = hashlib.sha256("\0".join(head.name).encode("utf-8", "surrogatepass")).digest()
                ties[place], draws[place] = (int.from_bytes(part) for part in (digest[:6], digest[6:12]))
        in_time = np.lexsort((ties, created))[:n_oldest]
        times = np.full(len(allowed), -1)
        times[in_time] = np.arange(len(in_time))
        oldest = np.flatnonzero(times >= 0)
        drawn = oldest[np.argsort(draws[oldest], kind="stable")[:N_SAMPLED]]
        [newest] = store.heads(allowed[in_time[-1:]])
        return cls(
            allowed[oldest],
            times[oldest],
            np.sort(allowed[drawn]),
            "" if newest.created is None else timestamp(newest.created),
        )


def _nearest_older(store: Store, timeline: _Timeline) -> dict[int, dict[int, float]]:
    """Return the nearest older rows of each sampled one, with their scores; a row without a text has no entry."""
    encoding = store.encoding()
    found, vectors = present_vectors(store, encoding, True, timeline.sampled.tolist())
    sampled = np.array(found, dtype=np.int64)
    own_times = timeline.times[np.searchsorted(timeline.rows, sampled)]
    rows = np.full((len(sampled), _N_NEAREST), -1)
    scores = np.full((len(sampled), _N_NEAREST), -np.inf, dtype=np.float32)
    for row_ids, block in iter_vectors(store, encoding):
        is_old = np.isin(row_ids, timeline.rows)
        block_rows, times = row_ids[is_old], timeline.times[np.searchsorted(timeline.rows, row_ids[is_old])]
        of_block: Vectors = vectors @ block[is_old].T  # (m, rows)
        of_block[times >= own_times[:, None]] = -np.inf
        all_rows = np.hstack([rows, np.broadcast_to(block_rows, of_block.shape)])
        all_scores = np.hstack([scores, of_block])
        kept = np.argpartition(-all_scores, _N_NEAREST - 1, axis=1)[:, :_N_NEAREST]
        rows, scores = (np.take_along_axis(table, kept, axis=1) for table in (all_rows, all_scores))
    return {
        row: {
            older: float(score)
            for older, score in zip(rows[at].tolist(), scores[at], strict=True)
            if score > -1
        }
        for at, row in enumerate(sampled.tolist())
        if np.isfinite(scores[at]).any()
    }
