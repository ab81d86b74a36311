"""The live vectors in PostgreSQL: pgvector chooses rows in half precision, and their own vectors give the scores.

A number in half precision is off by at most 2 ** -11 of its size. So the scores of two unit vectors are off by at most
`_ERROR`: rows are added until no other row can be among the nearest. Only the graph of a large index may miss some.
"""

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
from numpy.typing import NDArray

from dupfind.postgresql.publish import extension, half_text, half_type, has_graph, newest
from dupfind.storage.encoding import Encoding
from dupfind.storage.row_filter import Filter
from dupfind.storage.store import Store
from dupfind.storage.stored_vectors import present_vectors
from dupfind.storage.vector_view import Hits, ScoredRows, Scores, best_hits, products, rounded
from dupfind.vectors.base import RowIds, Vectors
from dupfind.vectors.title_body import fold, split

_ERROR = 1.1e-3
_SPARE = 30  # rows that are chosen beyond a quarter more than are needed


class HalfVectors:
    """The vectors of a schema, for one reader or for several."""

    def opened(self, store: Store, encoding: Encoding, row_filter: Filter | None = None) -> "OpenedHalves":
        """Return the live vectors of this read transaction that pass a filter.

        Args:
            store: In a read transaction.
            encoding: The current one.
            row_filter: Rows that may be returned; None for all.
        """
        return OpenedHalves(HalfView(store, encoding, row_filter))

    def nearest(
        self, store: Store, encoding: Encoding, queries: Vectors, k: int, allowed: RowIds | None = None
    ) -> tuple["HalfView", list[Hits]]:
        """As `Snapshots.nearest`."""
        view = HalfView(store, encoding)
        return view, view.nearest_of_each(queries, k, allowed)


class OpenedHalves:
    """As `snapshots.Opened`, of vectors in a database."""

    def __init__(self, view: "HalfView") -> None:
        """Use a view."""
        self.view = view

    def begin(self, queries: Vectors, k: int, allowed: RowIds | None) -> Callable[[], list[Hits] | None]:
        """As `snapshots.Opened.begin`; all work is left to the result, because it needs the connection."""
        return partial(self.view.nearest_of_each, queries, k, allowed)


class HalfView:
    """As `vector_view.View`, of vectors in a database."""

    def __init__(self, store: Store, encoding: Encoding, row_filter: Filter | None = None) -> None:
        """Use a store in a read transaction.

        Args:
            store: Its connection is to PostgreSQL.
            encoding: The current one.
            row_filter: Passed by every row that a search returns; None for all rows.
        """
        self._store = store
        self._encoding = encoding
        self._filter = Filter() if row_filter is None else row_filter
        self._known: dict[int, Vectors] = {}  # of rows that were compared: (dim,) or (2 * dim,)
        published = store.cached(("published", encoding.id), lambda: newest(store, encoding.id))
        # Rows of titles alone, as in a snapshot file without bodies.
        self._titles_up_to = published.max_row_id if published and published.dim == encoding.dim else 0
        self._is_graph = store.cached(("graph", encoding.id), lambda: has_graph(store, encoding.id))

    def nearest(self, query: Vectors, k: int, allowed: RowIds | None = None) -> Hits:
        """As `View.nearest`."""
        [nearest] = self.nearest_of_each(query, k, allowed)
        return nearest

    def nearest_of_each(self, queries: Vectors, k: int, allowed: RowIds | None = None) -> list[Hits]:
        """As `View.nearest_of_each`; the database applies the filter that gave `allowed`."""
        return [self._nearest(queries[place : place + 1], k, allowed) for place in range(len(queries))]

    def scores(self, query: Vectors, row_ids: RowIds) -> Scores:
        """As `View.scores`."""
        return rounded(self._products(query, row_ids))

    def scored(self, query: Vectors, row_ids: RowIds) -> ScoredRows:
        """As `View.scored`."""
        dim, weight = self._encoding.dim, self._encoding.title_weight
        titles, wholes = np.zeros((2, len(row_ids), dim), dtype=np.float32)
        for places, vectors in self._vectors(row_ids):
            if vectors.shape[1] == dim:
                titles[places] = wholes[places] = vectors
            else:
                titles[places], wholes[places] = split(vectors, weight)
        return ScoredRows(self.scores(query, row_ids), titles, wholes)

    def _products(self, query: Vectors, row_ids: RowIds) -> Scores:
        """Return the scores of rows before they are rounded, (n,)."""
        scores: Scores = np.zeros(len(row_ids))
        for places, vectors in self._vectors(row_ids):
            is_joint = vectors.shape[1] == query.shape[1]
            fitted = query if is_joint else fold(query, self._encoding.title_weight)
            scores[places] = products(vectors, fitted[0])
        return scores

    def _nearest(self, query: Vectors, k: int, allowed: RowIds | None) -> Hits:
        n_chosen = k + k // 4 + _SPARE
        while True:
            row_ids, halves = self._chosen(query, n_chosen, allowed)
            hits = best_hits(self._products(query, row_ids).astype(np.float32), row_ids, k)
            is_all = len(row_ids) < n_chosen
            if is_all or self._is_graph or hits[0][-1] >= halves[-1] + _ERROR:
                return hits
            n_chosen *= 2

    def _chosen(self, query: Vectors, n_rows: int, allowed: RowIds | None) -> tuple[RowIds, Vectors]:
        """Return rows with their scores in half precision, (n,) each, highest first."""
        kind = half_type(self._store, self._encoding)
        product = f"(vector::{kind} OPERATOR({extension(self._store)}.<#>) ?::{kind})"
        tests, values = "", list[object]()
        if not self._filter.is_open:
            inner, inner_values = self._store.filter_tests(self._filter)
            tests, values = f" AND row_id IN (SELECT row_id FROM record WHERE {inner})", [*inner_values]  # noqa: S608
        elif allowed is not None:
            tests, values = " AND row_id = ANY(?)", [allowed.tolist()]
        text = half_text(query[0])
        rows = self._store.connection.execute(
            f"SELECT row_id, - {product} FROM half_vector"  # noqa: S608
            f" WHERE encoding_id = {self._encoding.id:d}{tests}"
            f" ORDER BY {product} LIMIT ?",
            (text, *values, text, n_rows),
        ).fetchall()
        return (
            np.array([row for row, _ in rows], dtype=np.int64),
            np.array([score for _, score in rows], dtype=np.float32),
        )

    def _vectors(self, row_ids: RowIds) -> Iterator[tuple[NDArray[np.intp], Vectors]]:
        """Yield the places of rows that have a vector, (m,), and these vectors; of titles alone, and joint ones."""
        titles = row_ids <= self._titles_up_to
        for is_joint, mask in ((False, titles), (True, ~titles)):
            self._read(row_ids[mask], is_joint)
            places = [place for place in np.flatnonzero(mask).tolist() if int(row_ids[place]) in self._known]
            if places:
                vectors = np.stack([self._known[int(row_ids[place])] for place in places])
                yield np.array(places, dtype=np.intp), vectors

    def _read(self, row_ids: RowIds, is_joint: bool) -> None:
        """Read the vectors of rows that are not known yet; a row may have none."""
        wanted = [row for row in row_ids.tolist() if row not in self._known]
        if not wanted:
            return
        rows, read = present_vectors(self._store, self._encoding, is_joint, wanted)
        self._known.update(zip(rows, read, strict=True))
