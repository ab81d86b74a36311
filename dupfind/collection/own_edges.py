"""Keeps where the levels of the verdict begin on a collection's own records."""

from datetime import datetime

from dupfind.search.ranker_choice import EDGES, MEASURED_WITH, N_MEASURED
from dupfind.storage.encoding import Encoding
from dupfind.storage.stored_vectors import n_vectors
from dupfind.storage.writer import Writer
from dupfind.verdict.model import shipped_verdicts


def measure_edges(writer: Writer, encoding: Encoding, now: datetime) -> None:
    """Measure the edges and store them, if there are far more or fewer records than at the last time.

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
        known = writer.calibration(encoding.id) or {}
        n_oldest = n_measured(n_vectors(writer, encoding.id))
        measured = {N_MEASURED: n_oldest, MEASURED_WITH: model.fingerprint()}
        if known.items() >= measured.items() or not (n_oldest or known):
            return
        edges = measured_edges(writer, model, n_oldest).tolist() if n_oldest else None
    writer.calibrate(encoding.id, {**known, EDGES: edges, **measured}, now)
