"""The errors that dupfind raises; a class exists where a caller would act differently."""


class DupfindError(Exception):
    """Base of every error that dupfind raises on purpose; its text is one line for people."""


class SourceError(DupfindError):
    """A source cannot be read, or a line of it is broken."""


class TextError(DupfindError):
    """A query has no word that a model could encode."""


class ModelError(DupfindError):
    """A model cannot be found, is damaged, or no installed engine runs it."""


class EncoderMismatch(DupfindError):
    """An index was made with another model, or with another version of text composition."""


class DimensionMismatch(DupfindError):
    """Vectors do not have the width of the index."""


class StoreError(DupfindError):
    """An index is missing, damaged, or cannot be written."""


class SnapshotDamaged(StoreError):
    """A snapshot file is damaged; the same search without it has the right answer."""


class StoreTooNew(StoreError):
    """An index was written by a newer version of dupfind."""


class StoreTooOld(StoreError):
    """An index must be upgraded before it can be read."""


class StoreLocked(StoreError):
    """Another process is writing to the index."""


class RankerError(DupfindError):
    """The ranker's weights are damaged or of another version of dupfind, or there are too few labels to fit them."""


class PartError(DupfindError):
    """A part of a divided run is missing, damaged, or of another run."""


class ClusterError(DupfindError):
    """A cluster of Ray cannot be reached, or it cannot do the work."""
