"""Proposals: what both legs of a search propose for a query, with all that the ranking wants to know of it."""

from collections.abc import Hashable
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from dupfind.clustering.union_find import UnionFind
from dupfind.ranking.features import Candidates
from dupfind.records import RecordHead
from dupfind.storage import duplicate_links
from dupfind.storage.snapshots import ScoredRows
from dupfind.storage.store import Store
from dupfind.vectors.base import RowIds

_DAY_S = 86_400


def candidates(
    store: Store,
    compared: ScoredRows,
    row_ids: RowIds,
    lexical: NDArray[np.floating],
    nodes: list[RecordHead],
    own: RowIds,
    moment: datetime | None,
) -> Candidates:
    """Gather what is known of the rows that were proposed.

    Args:
        store: In a read transaction.
        compared: What the view of the same moment knows of the rows.
        row_ids: (n,) at least one, in order.
        lexical: (n,) BM25 of the word search.
        nodes: Of the rows.
        own: The query's own rows; what they are marked as is not known yet.
        moment: When the query was filed, or None: then it is taken for as new as the newest candidate. Marks
            that later records bear are left out.
    """
    cluster, n_members = _clusters(store, nodes, {int(row) for row in own}, moment)
    return Candidates(
        titles=compared.titles,
        wholes=compared.wholes,
        lexical=np.asarray(lexical, dtype=np.float64),
        terms=store.terms(row_ids),
        age=_ages(nodes, moment),
        cluster=cluster,
        n_members=n_members,
    )


def _ages(nodes: list[RecordHead], moment: datetime | None) -> NDArray[np.float64]:
    created = np.array([np.nan if node.created is None else node.created.timestamp() for node in nodes])
    if moment is not None:
        now = moment.timestamp()
    elif np.isnan(created).all():
        return created
    else:
        now = float(np.nanmax(created))
    return (now - created) / _DAY_S


def _clusters(
    store: Store, nodes: list[RecordHead], own: set[int], moment: datetime | None
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """One number for each cluster that was known at that moment, and how many records were in it."""

    def is_known(node: RecordHead) -> bool:
        is_later = moment is not None and node.created is not None and node.created >= moment
        return node.row_id not in own and not is_later

    marks = [
        mark for mark in duplicate_links.around(store, [node.row_id for node in nodes]) if is_known(mark[0])
    ]
    if not marks:
        return np.arange(len(nodes)), np.ones(len(nodes), dtype=np.int64)
    joined = UnionFind()
    there = {node.name for node in nodes}
    for bearer, target, original in marks:
        joined.add(bearer.name, [target])
        there |= {node.name for node in (bearer, original) if node is not None and is_known(node)}
    members: dict[Hashable, int] = {}
    for name in there:
        members[joined.find(name)] = members.get(joined.find(name), 0) + 1
    numbers: dict[Hashable, int] = {}
    roots = [joined.find(node.name) for node in nodes]
    cluster = np.array([numbers.setdefault(root, len(numbers)) for root in roots], dtype=np.int64)
    return cluster, np.array([members[root] for root in roots], dtype=np.int64)
