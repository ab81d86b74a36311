"""What can go wrong, and how a caller may tell the cases apart."""


class DupfindError(Exception):
    """Base of every error that dupfind raises on purpose; its text is one line for a person."""


class SourceError(DupfindError):
    """A source cannot be read, or a line of it is broken."""


class TextError(DupfindError):
    """A text that was asked about holds nothing that a model could read."""


class ModelError(DupfindError):
    """A model cannot be found, is damaged, or is of a kind that no installed engine runs."""


class EncoderMismatch(DupfindError):
    """An index was made by another model than the one at hand."""


class DimensionMismatch(DupfindError):
    """Vectors are not as wide as the index they meet."""


class StoreError(DupfindError):
    """A collection is missing, damaged, or cannot be written."""


class StoreTooNew(StoreError):
    """A collection was written by a newer dupfind."""


class StoreTooOld(StoreError):
    """A collection must be upgraded before it can be read."""


class StoreLocked(StoreError):
    """Another process is writing to the collection."""


class RankerError(DupfindError):
    """A ranking's weights are of another dupfind or damaged, or there are too few labels to fit them."""
