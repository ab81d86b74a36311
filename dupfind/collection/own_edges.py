"""Keeps where the levels of the verdict begin on a collection's own records."""

from datetime import datetime
from typing import Any, NamedTuple, Self

from dupfind.search.ranker_choice import EDGES, MEASURED, MEASURED_WITH
from dupfind.storage.encoding import Encoding
from dupfind.storage.store import Store
from dupfind.storage.stored_vectors import LAST_ROW, n_vectors
from dupfind.storage.writer import Writer
from dupfind.verdict.model import shipped_verdicts

N_OLDEST, NEWEST, NEWEST_ROW = "n_oldest", "newest", "newest_row"
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
        last = _Last.of((writer.calibration(encoding.id) or {}).get(MEASURED), model.fingerprint())
        n_oldest = n_measured(n_vectors(writer, encoding.id), last.n_oldest)
        if n_oldest == last.n_oldest and not (n_oldest and _many_came_later(writer, last)):
            return
        measured: dict[str, Any] = {MEASURED_WITH: model.fingerprint(), N_OLDEST: n_oldest, EDGES: None}
        if n_oldest:
            edges, newest = measured_edges(writer, model, n_oldest)
            newest_row = writer.one("SELECT coalesce(max(row_id), 0) FROM record")
            measured |= {EDGES: edges.tolist(), NEWEST: newest, NEWEST_ROW: newest_row}
    writer.calibrate(encoding.id, {MEASURED: measured}, now)


class _Last(NamedTuple):
    """What was measured the last time, with the numbers and the time that are stored of it."""

    n_oldest: int = 0
    newest_row: int = 0
    newest: str = ""

    @classmethod
    def of(cls, document: object, fingerprint: str) -> Self:
        """Read a document that may come from a stranger; what makes no sense is as if nothing had been measured."""
        if not isinstance(document, dict) or document.get(MEASURED_WITH) != fingerprint:
            return cls()
        n_oldest, newest_row, newest = (document.get(key) for key in (N_OLDEST, NEWEST_ROW, NEWEST))
        if not (isinstance(n_oldest, int) and isinstance(newest_row, int) and isinstance(newest, str)):
            return cls()
        is_right = (
            min(n_oldest, newest_row) >= 0 and max(n_oldest, newest_row) <= LAST_ROW and newest.isascii()
        )
        return cls(n_oldest, newest_row, newest) if is_right else cls()


def _many_came_later(store: Store, last: _Last) -> bool:
    """Return whether a tenth as many records have come since, which are as old as those that were measured."""
    n_later = store.one(
        "SELECT count(*) FROM record WHERE row_id > ? AND died IS NULL AND (created IS NULL OR created <= ?)",
        (last.newest_row, last.newest),
    )
    return n_later > _MANY * last.n_oldest
