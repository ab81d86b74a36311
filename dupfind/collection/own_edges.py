"""Keeps where the levels of the verdict begin on a collection's own records."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from dupfind.search.ranker_choice import EDGES, MEASURED, MEASURED_WITH
from dupfind.storage.encoding import Encoding
from dupfind.storage.store import Store
from dupfind.storage.stored_vectors import n_vectors
from dupfind.storage.writer import Writer
from dupfind.verdict.model import shipped_verdicts

N_OLDEST, NEWEST, LAST_ROW = "n_oldest", "newest", "last_row"
"""Also kept: how many of the oldest records were measured, when the newest of them was created, and the last row of all
that there were."""

_MANY = 0.1  # of the measured records: so many that came later with an earlier time


def measure_edges(writer: Writer, encoding: Encoding, now: datetime) -> None:
    """Measure the edges and store them, if there are far more or other old records than at the last time.

    They are measured again after an update of dupfind that comes with another verdict. Nothing is measured for a model
    of which dupfind has no evidence, nor with fewer than `tracker_edges.MIN_RECORDS`.

    Args:
        writer: The index, whose records are published.
        encoding: The current one.
        now: UTC.

    Raises:
        StoreError: The index is damaged, or cannot be written.
    """
    from dupfind.dedup.tracker_edges import measured_edges, n_measured

    model = shipped_verdicts(encoding.model_fingerprint)
    if not model.fits(encoding.model_fingerprint, encoding.text_version):
        return
    with writer.reading():
        known = (writer.calibration(encoding.id) or {}).get(MEASURED)
        last = known if isinstance(known, dict) and known.get(MEASURED_WITH) == model.fingerprint() else {}
        before = last.get(N_OLDEST, 0)
        n_oldest = n_measured(n_vectors(writer, encoding.id), before if isinstance(before, int) else 0)
        if n_oldest == before and not _many_came_later(writer, last, n_oldest):
            return
        measured: dict[str, Any] = {MEASURED_WITH: model.fingerprint(), N_OLDEST: n_oldest, EDGES: None}
        if n_oldest:
            edges, newest = measured_edges(writer, model, n_oldest)
            last_row = writer.one("SELECT coalesce(max(row_id), 0) FROM record")
            measured |= {EDGES: edges.tolist(), NEWEST: newest, LAST_ROW: last_row}
    writer.calibrate(encoding.id, {MEASURED: measured}, now)


def _many_came_later(store: Store, known: Mapping[str, Any], n_oldest: int) -> bool:
    """Return whether a tenth as many records have come since, which are as old as those that were measured."""
    if not n_oldest:
        return False
    last_row, newest = known.get(LAST_ROW), known.get(NEWEST)
    if not (isinstance(last_row, int) and isinstance(newest, str)):
        return True  # what is stored is damaged
    n_later = store.one(
        "SELECT count(*) FROM record WHERE row_id > ? AND died IS NULL AND (created IS NULL OR created <= ?)",
        (last_row, newest),
    )
    return n_later > _MANY * n_oldest
