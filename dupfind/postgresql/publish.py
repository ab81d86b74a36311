"""Keeps the half vectors of an encoding complete, and makes a graph of them in a large index."""

import logging
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dupfind.postgresql.connection import PostgresConnection
from dupfind.storage.encoding import Encoding
from dupfind.storage.publish import EXACT_LIMIT, KEPT, most_behind
from dupfind.storage.store import Store
from dupfind.storage.stored_times import timestamp
from dupfind.storage.stored_vectors import has_bodies, iter_vectors, last_encoded_row, n_vectors, read_vectors
from dupfind.storage.vector_segments import RECALL_FLOOR, spread
from dupfind.vectors.base import Vectors

if TYPE_CHECKING:
    from dupfind.postgresql.writer import PostgresWriter

MAX_GRAPH_DIM = 4_000
"""Numbers of the widest vectors of which pgvector makes a graph; wider ones are compared one by one."""

EXACT, GRAPH = "exact", "hnsw"
_M, _EF_CONSTRUCTION = 24, 200
_EF_SEARCH = 400  # rows that a search in the graph keeps; pgvector's limit is 1,000
_K = 200  # candidates of a query

_log = logging.getLogger("dupfind")


@dataclass(frozen=True, slots=True)
class Published:
    """A row of the table `snapshot`.

    Attributes:
        generation: Number of the publication.
        kind: `EXACT` or `GRAPH`.
        dim: Width of the vectors: that of titles alone, or twice as much with bodies.
        n_rows: Live rows with a vector.
        max_row_id: Highest row id that had a vector.
        recall: Recall at 200 against exact search; 1 for an exact one.
    """

    generation: int
    kind: str
    dim: int
    n_rows: int
    max_row_id: int
    recall: float


def newest(store: Store, encoding_id: int) -> Published | None:
    """Return the newest publication of an encoding, or None."""
    row = store.connection.execute(
        "SELECT generation, kind, dim, n_rows, max_row_id, recall FROM snapshot WHERE encoding_id = ?"
        " ORDER BY generation DESC LIMIT 1",
        (encoding_id,),
    ).fetchone()
    return None if row is None else Published(*row)


def refresh(
    writer: "PostgresWriter", encoding: Encoding, now: datetime, *, tail_limit: int | None = None
) -> None:
    """Publish the vectors anew if the newest publication is too far behind; as `storage.publish.refresh`."""
    before = newest(writer, encoding.id)
    n_rows = n_vectors(writer, encoding.id)
    if before is not None:
        n_live = n_rows - n_vectors(writer, encoding.id, before.max_row_id)
        behind = (n_rows - n_live) + (before.n_rows - n_live)
        if behind <= (most_behind(n_rows) if tail_limit is None else tail_limit):
            return
    if not n_rows and before is None:
        return
    _fill(writer, encoding)
    is_graph = n_rows > EXACT_LIMIT and 2 * encoding.dim <= MAX_GRAPH_DIM
    if is_graph and not has_graph(writer, encoding.id):
        _make_graph(writer, encoding)
    recall = _recall(writer, encoding, n_rows) if is_graph else 1.0
    with writer.reading():
        dim = encoding.dim * (2 if has_bodies(writer, encoding.id) else 1)
        last = last_encoded_row(writer, encoding.id)
    with writer.changing():
        writer.connection.execute(
            "INSERT INTO snapshot (encoding_id, kind, dim, n_rows, max_row_id, recall, created)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (encoding.id, GRAPH if is_graph else EXACT, dim, n_rows, last, recall, timestamp(now)),
        )
        writer.connection.execute(
            "DELETE FROM snapshot WHERE generation <= (SELECT max(generation) FROM snapshot) - ?", (KEPT,)
        )
    writer.analyze()
    if recall < RECALL_FLOOR:
        _log.warning("the graph of the vectors has a recall of %.1f %% at %d", 100 * recall, _K)


def half_text(vector: Vectors) -> str:
    """Return a vector, (n,), as pgvector reads it; a number of half precision has five digits."""
    return "[" + ",".join(map("{:.5g}".format, vector.astype(np.float16).tolist())) + "]"


def extension(store: Store) -> str:
    """Return the schema of pgvector as a statement names it, so that no other schema's objects stand before its own."""
    assert isinstance(store.connection, PostgresConnection)
    return store.connection.extension


def half_type(store: Store, encoding: Encoding) -> str:
    """Return the type of an encoding's half vectors, title and whole text."""
    return f"{extension(store)}.halfvec({2 * encoding.dim})"


def graph_name(encoding_id: int) -> str:
    """Return the name of the graph of an encoding's vectors."""
    return f"half_vector_graph_{encoding_id:d}"


def has_graph(store: Store, encoding_id: int) -> bool:
    """Return whether an encoding's vectors have a graph that is complete."""
    return bool(
        store.one(
            "SELECT EXISTS (SELECT 1 FROM pg_index WHERE indisvalid"
            " AND indexrelid = to_regclass(current_schema() || '.' || ?))",
            (graph_name(encoding_id),),
        )
    )


def search_settings() -> str:
    """Return the statement that a connection runs once, for searches in a graph."""
    return (
        f"SELECT set_config('hnsw.ef_search', '{_EF_SEARCH}', false),"
        " set_config('hnsw.iterative_scan', 'strict_order', false),"
        " set_config('hnsw.max_scan_tuples', '200000', false)"
    )


def _fill(writer: "PostgresWriter", encoding: Encoding) -> None:
    """Add the half vectors of live rows that lack one, as after an encoding was adopted."""
    with writer.changing():
        lacking = writer.ids(
            "SELECT v.row_id FROM vector v JOIN record r ON r.row_id = v.row_id WHERE v.encoding_id = ?"
            " AND died IS NULL AND NOT EXISTS (SELECT 1 FROM half_vector h"
            " WHERE h.encoding_id = v.encoding_id AND h.row_id = v.row_id) ORDER BY 1",
            (encoding.id,),
        )
        writer.add_halves(encoding.id, lacking)


def _make_graph(writer: "PostgresWriter", encoding: Encoding) -> None:
    name = graph_name(encoding.id)
    key = f"(vector::{half_type(writer, encoding)}) {extension(writer)}.halfvec_ip_ops"
    with writer.changing():
        writer.connection.execute(f"DROP INDEX IF EXISTS {name}")
        writer.connection.execute("SET LOCAL maintenance_work_mem = '1GB'")
        writer.connection.execute(
            f"CREATE INDEX {name} ON half_vector USING hnsw ({key})"
            f" WITH (m = {_M}, ef_construction = {_EF_CONSTRUCTION}) WHERE encoding_id = {encoding.id:d}"
        )


def _recall(writer: "PostgresWriter", encoding: Encoding, n_rows: int) -> float:
    """Return the share of the 200 nearest rows of some rows that a search in the graph finds."""
    from dupfind.postgresql.half_vectors import HalfView

    with writer.reading():
        queries = read_vectors(writer, encoding, True, spread(writer, encoding, n_rows))
        best: NDArray[np.float32] = np.full((len(queries), _K), -2, dtype=np.float32)
        for _, vectors in iter_vectors(writer, encoding):
            both = np.concatenate([best, queries @ vectors.T], axis=1)
            best = np.partition(both, -_K, axis=1)[:, -_K:]
        view = HalfView(writer, encoding)
        found = [hits for hits, _ in view.nearest_of_each(queries, _K)]
    least = best.min(axis=1) - 1e-5  # ties are forgiven
    n_found = sum(int((hits >= low).sum()) for hits, low in zip(found, least, strict=True))
    return n_found / max(1, int(np.count_nonzero(best > -2)))
