"""The ranker and the verdict's model that an index uses, and whether its probabilities may be shown."""

from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np

from dupfind.errors import RankerError
from dupfind.ranking.ranker import Ranker
from dupfind.storage import trained_models
from dupfind.storage.encoding import Encoding
from dupfind.storage.store import Store
from dupfind.verdict.model import VerdictModel, shipped_verdicts

MEASURED = "measured"
"""The part of an encoding's calibration that `dupfind index` keeps: what was measured on the tracker's own records."""

EDGES, MEASURED_WITH = "edges", "measured_with"
"""In that part: where the levels of the verdict begin, and the fingerprint of the verdict's model."""


@dataclass(frozen=True, slots=True)
class RankerChoice:
    """A ranker, and the model of the verdict.

    Attributes:
        ranker: Orders the candidates.
        verdicts: Gives probability and verdict.
        is_own: Whether both were calibrated on this index's own labels.
        fits: Whether the verdict's evidence holds for this index's model and text version. Copies are known anyway.
    """

    ranker: Ranker
    verdicts: VerdictModel
    is_own: bool
    fits: bool

    def in_mode(self, mode: str) -> Self:
        """Return the choice with the verdict's model of a mode, one of `verdict.bands.MODES`."""
        return replace(self, verdicts=self.verdicts.in_mode(mode))

    @classmethod
    def of(cls, store: Store, encoding: Encoding) -> Self:
        """Read what an encoding uses: the calibrated ones, else those of its model, else the shipped ones.

        Args:
            store: In a read transaction.
            encoding: The current one.

        Raises:
            RankerError: The calibration is of another dupfind, or damaged.
        """
        return store.cached(("choice", encoding), lambda: cls._read(store, encoding))

    @classmethod
    def _read(cls, store: Store, encoding: Encoding) -> Self:
        document = store.calibration(encoding.id)
        # A calibration is stored per encoding, so it always fits.
        if document is not None and document.keys() != {MEASURED}:
            if not document.keys() >= {"order", "verdict"}:
                raise RankerError(
                    "the calibration comes from an earlier version of dupfind: run `dupfind calibrate` again"
                )
            verdicts = VerdictModel.from_json(document["verdict"])
            return cls(Ranker.from_json(document["order"]), verdicts, is_own=True, fits=True)
        ranker = trained_models.ranker_for(store, encoding.model_fingerprint)
        if (own := starting_verdicts(encoding, document)) is not None:
            return cls(ranker, own, is_own=False, fits=True)
        nearest = shipped_verdicts(encoding.model_fingerprint)
        return cls(ranker, nearest.without_evidence(), is_own=False, fits=False)


def starting_verdicts(encoding: Encoding, document: dict[str, Any] | None) -> VerdictModel | None:
    """Return the shipped model of the verdict with the edges of this tracker, before any calibration.

    Args:
        encoding: The current one.
        document: What is stored of it, from `Store.calibration`.

    Returns:
        The model; None where the shipped evidence does not hold for the encoding.

    Raises:
        RankerError: The edges are damaged.
    """
    shipped = shipped_verdicts(encoding.model_fingerprint)
    if not shipped.fits(encoding.model_fingerprint, encoding.text_version):
        return None
    measured = None if document is None else document.get(MEASURED)
    if measured is None:
        return shipped
    try:
        if measured[EDGES] is None or measured[MEASURED_WITH] != shipped.fingerprint():
            return shipped
        return shipped.with_edges(np.array(measured[EDGES], dtype=np.float64))
    except (RankerError, TypeError, ValueError, LookupError, OverflowError) as error:
        raise RankerError(
            f"what the index has of its verdicts is damaged ({error}): `dupfind index --rebuild` makes it anew"
        ) from error
