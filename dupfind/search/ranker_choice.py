"""The ranker that an index uses, and whether its probabilities and verdicts may be shown."""

from dataclasses import dataclass
from typing import Self

from dupfind.ranking.ranker import Ranker
from dupfind.storage import trained_models
from dupfind.storage.store import Encoding, Store


@dataclass(frozen=True, slots=True)
class RankerChoice:
    """A ranker, and the state of its calibration.

    Attributes:
        ranker: Orders the candidates.
        is_own: Whether it was calibrated on this index's own labels, so that its probabilities hold.
        fits: Whether its verdicts hold for this index's model and text version.
    """

    ranker: Ranker
    is_own: bool
    fits: bool

    @classmethod
    def of(cls, store: Store, encoding: Encoding) -> Self:
        """Read the ranker of an encoding: the calibrated one, else the one of its model, else the shipped one.

        Args:
            store: In a read transaction.
            encoding: The current one.

        Raises:
            RankerError: The calibration is of another dupfind, or damaged.
        """
        document = store.calibration(encoding.id)
        # A calibration is stored per encoding, so it always fits.
        if document is not None:
            return cls(Ranker.from_json(document), is_own=True, fits=True)
        ranker = trained_models.ranker_for(store, encoding.model_fingerprint)
        return cls(ranker, is_own=False, fits=ranker.fits(encoding.model_fingerprint, encoding.text_version))
