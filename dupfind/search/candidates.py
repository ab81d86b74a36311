"""The candidates of a query with the data that the ranking compares: embeddings, words, ages, known clusters."""

from collections.abc import Hashable, Sequence
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from dupfind.clustering.union_find import UnionFind
from dupfind.ranking.features import Candidates, Query
from dupfind.records import RecordHead
from dupfind.search.record_facts import DuplicateLink, RecordFacts
from dupfind.storage.vector_view import ScoredRows
from dupfind.text.comment_terms import UNKNOWN_TIME, CommentLists
from dupfind.vectors.base import RowIds
from dupfind.verdict.evidence import Embedded, evidence

_DAY_S = 86_400


def candidates(
    facts: RecordFacts,
    compared: ScoredRows,
    row_ids: RowIds,
    words: NDArray[np.floating],
    heads: list[RecordHead],
    own: RowIds,
    moment: datetime | None,
) -> Candidates:
    """Collect the features' inputs for the candidate rows of one query.

    Args:
        facts: Of the present read transaction.
        compared: Scores and embeddings of the rows, of the same moment.
        row_ids: (n,) int64, at least one.
        words: (n, 3) of the word search.
        heads: (n,) heads of the rows.
        own: The query's own rows; their duplicate links are ignored.
        moment: Time at which the query was filed; None for the time of the newest candidate. Links of records
            that are not older are ignored, and so are comments.
    """
    comments = facts.comments(row_ids)
    if moment is not None:
        comments = comments.before(moment.timestamp())
    now = _now(heads, moment)
    links = facts.links([head.row_id for head in heads])
    cluster, n_members = _clusters(links, heads, {int(row) for row in own}, moment)
    return Candidates(
        titles=compared.titles,
        wholes=compared.wholes,
        words=np.asarray(words, dtype=np.float64),
        terms=facts.terms(row_ids),
        age=_ages(heads, now),
        cluster=cluster,
        n_members=n_members,
        comments=comments,
        quiet=quiet_days(comments, now),
    )


def evidence_of(query: Query, compared: Candidates) -> NDArray[np.float64]:
    """Return the evidence that a query and each candidate are duplicates, (n, len(evidence.NAMES))."""
    record = Embedded(query.title, query.whole, query.terms)
    return evidence(record, compared.titles, compared.wholes, compared.terms)


def quiet_days(comments: CommentLists, now: float) -> NDArray[np.float64]:
    """Return the days since the last comment on each record, (n,); NaN where there is none, or no time.

    Args:
        comments: On the n records.
        now: Unix time in seconds; NaN if it is unknown.
    """
    last = np.full(comments.n_records, UNKNOWN_TIME)
    np.maximum.at(last, comments.owners, comments.times)
    return np.where(last == UNKNOWN_TIME, np.nan, (now - last) / _DAY_S)


def _now(heads: list[RecordHead], moment: datetime | None) -> float:
    """Return the Unix time of a moment, in seconds; for None that of the newest record, NaN if none has a time."""
    if moment is not None:
        return moment.timestamp()
    return max((head.created.timestamp() for head in heads if head.created is not None), default=np.nan)


def _ages(heads: list[RecordHead], now: float) -> NDArray[np.float64]:
    """Return the age of each record in days, (n,); NaN where its creation time is unknown."""
    # (n,) Unix time in seconds
    created = np.array([np.nan if head.created is None else head.created.timestamp() for head in heads])
    return (now - created) / _DAY_S


def _clusters(
    links: Sequence[DuplicateLink], heads: list[RecordHead], own: set[int], moment: datetime | None
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Number the clusters that duplicate links formed at a moment.

    Returns:
        The cluster's number of each record, (n,), and the number of records in that cluster, (n,).
    """

    def is_visible(head: RecordHead) -> bool:
        # A later record's link was unknown when the query was filed.
        is_later = moment is not None and head.created is not None and head.created >= moment
        return head.row_id not in own and not is_later

    links = [link for link in links if is_visible(link[0])]
    if not links:
        return np.arange(len(heads)), np.ones(len(heads), dtype=np.int64)  # each is a cluster by itself
    joined = UnionFind()
    members = {head.name for head in heads}
    for bearer, target, original in links:
        # The target joins the records that mark it, even where it is missing; it is a member only where it is visible.
        joined.add(bearer.name, [target])
        members |= {head.name for head in (bearer, original) if head is not None and is_visible(head)}
    sizes: dict[Hashable, int] = {}
    for name in members:
        sizes[joined.find(name)] = sizes.get(joined.find(name), 0) + 1
    numbers: dict[Hashable, int] = {}
    roots = [joined.find(head.name) for head in heads]
    cluster = np.array([numbers.setdefault(root, len(numbers)) for root in roots], dtype=np.int64)
    return cluster, np.array([sizes[root] for root in roots], dtype=np.int64)
