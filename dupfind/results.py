"""What a query, a replay and a reading of a source give."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple


class Pair(NamedTuple):
    """Two row ids, the smaller first, and their cosine similarity."""

    first: int
    second: int
    score: float


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
class ReplayResult:
    """What a replay in the order of time found for one issue, among those before it.

    Attributes:
        row_id: Of the issue.
        created: Its time of creation, UTC, or None.
        is_duplicate: Whether there is an older member of its own cluster, be it among the candidates or not.
        ranks: For each leg ("bm25", "vectors", "dupfind") the rank of its own cluster, where a cluster counts
            once; 0 where it was not found. Empty where it is no duplicate.
        precision: For each leg the average precision over the older members of its cluster, each counting by
            itself. Empty where it is no duplicate.
        best: How sure dupfind is of its first candidate; larger is surer. None where there was no candidate, or
            the text is too short to judge.
        best_score: Cosine similarity of that candidate, or None.
        best_is_own: Whether that candidate is of its own cluster.
        is_judged: Whether the labels say if it is a duplicate. False where a tracker marks it a duplicate of
            something that is not there, or not older: it is then no example of a new issue.
        weight: How many issues it stands for, where others that are no duplicates were left out.
    """

    row_id: int
    created: datetime | None
    is_duplicate: bool
    ranks: Mapping[str, int]
    precision: Mapping[str, float]
    best: float | None
    best_score: float | None
    best_is_own: bool
    is_judged: bool
    weight: float = 1.0


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
        n_recomposed: Records whose text changed because the source's boilerplate was learned.
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
    n_recomposed: int
    marked_pairs: int
    dead_marks: int
    seconds: float
