"""What a query gives."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Hit:
    """One record that may say the same as the query.

    Attributes:
        rank: 1 for the first.
        id: The record's id in its tracker.
        source: The source it was read from.
        project: Its project there, or None.
        title: As its tracker has it.
        state: "open", "closed" or None.
        url: Where a person can read it, or None.
        created: Time of creation, UTC, or None.
        score: Cosine similarity of query and record, -1 to 1, rounded to six places.
        lexical: BM25 of the query's words, 0 where none is shared; larger is nearer.
        probability: Calibrated chance that it is a duplicate; None until there is a calibration.
        verdict: "likely", "possible" or None; None until there is a calibration.
        duplicate_of: Id of the record that the tracker marks this one a duplicate of, or None.
        folded: Ids of further hits of the same marked cluster, best first, where folding was asked for.
    """

    rank: int
    id: str
    source: str
    project: str | None
    title: str
    state: str | None
    url: str | None
    created: datetime | None
    score: float
    lexical: float
    probability: float | None = None
    verdict: str | None = None
    duplicate_of: str | None = None
    folded: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class IndexRun:
    """What one reading of a source changed.

    Attributes:
        source: Its name.
        n_read: Records read.
        n_new: Records that the index did not have.
        n_changed: Records that differ from what the index had.
        n_same: Records that were there already.
        n_gone: Records that the source no longer has; they are dead from now on.
        n_repeated: Records left out because an earlier one of this run has the same project and id.
        n_without_text: Records without a word to encode; they are kept and never found.
        n_cut: Records whose title or body was longer than what is kept.
        n_encoded: Texts that went through the model.
        marked_pairs: Duplicate pairs that the source marks, both ends in the index.
        dead_marks: Marks of the source whose target is not in the index.
        seconds: How long it took.
    """

    source: str
    n_read: int
    n_new: int
    n_changed: int
    n_same: int
    n_gone: int
    n_repeated: int
    n_without_text: int
    n_cut: int
    n_encoded: int
    marked_pairs: int
    dead_marks: int
    seconds: float
