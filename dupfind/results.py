"""The results of a query, of a replay, and of indexing a source."""

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
class Difference:
    """One thing in which two records differ although their words are nearly the same.

    Attributes:
        kind: "contrary", "platform", "date", "version", "code", "number", "name", "component", "object",
            "stack trace" or "reference", where one names the other as another matter.
        left: What the first record names; "" where only the other negates.
        right: What the second one names.
    """

    kind: str
    left: str
    right: str

    def in_words(self) -> str:
        """Return it on one line: "platform: ios ≠ android"."""
        left, right = (side or "without it" for side in (self.left, self.right))
        return f"{self.kind}: {left} ≠ {right}"


@dataclass(frozen=True, slots=True)
class Hit:
    """One record that may be a duplicate of the query.

    Attributes:
        rank: 1 for the first.
        id: Id of the record in its tracker.
        source: Name of its source.
        project: Its project, or None.
        title: Its title in its tracker.
        state: "open", "closed" or None.
        url: Address of its page, or None.
        created: Time of creation, UTC, or None.
        score: Cosine similarity of query and record, -1 to 1, rounded to six places.
        lexical: BM25 of the query's words, 0 where no word is shared; larger is nearer.
        probability: Probability, 0 to 1, that it is a duplicate; None where the query has too few words, or where the
            index's model has no calibration.
        verdict: "likely", "possible" or None.
        duplicate_of: Id of the record that the tracker marks it a duplicate of, or None.
        folded: Ids of further hits of the same marked cluster, best first; empty without folding.
        resolution: The tracker's word for how it was closed, in lower case, such as "not_planned"; or None.
        closed: Time of its closing, UTC, or None.
        kind: "copy", "duplicate", "regression" (of an issue that was fixed) or "declined" (closed as not planned) where
            there is a verdict; "sibling" or "recurring" where there is none for that reason; else None.
        is_exact: Whether both texts are the same to the letter.
        difference: What sets a sibling apart, or None.
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
    resolution: str | None = None
    closed: datetime | None = None
    kind: str | None = None
    is_exact: bool = False
    difference: Difference | None = None


@dataclass(frozen=True, slots=True)
class ReplayResult:
    """The result of a replay in order of time for one issue, among the issues before it.

    Attributes:
        row_id: Of the issue.
        created: Its time of creation, UTC, or None.
        is_duplicate: Whether its cluster has an older member, among the candidates or not.
        ranks: For each search ("bm25", "vectors", "dupfind") the rank of its own cluster, where a cluster counts
            once; 0 where the search did not find it. Empty where it is no duplicate.
        precision: For each search the average precision over the older members of its cluster, each counted
            by itself. Empty where it is no duplicate.
        best: Confidence in its first candidate; larger is surer. None without a candidate, or where the text is
            too short to judge.
        best_score: Cosine similarity of that candidate, or None.
        best_is_own: Whether that candidate belongs to its own cluster.
        is_judged: Whether the labels decide if it is a duplicate. False where a tracker marks it a duplicate of a
            record that is missing or not older: it is then no example of a new issue.
        weight: Number of issues that it stands for, where a sample of those that are no duplicates is replayed.
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
    """The changes that indexing a source made.

    Attributes:
        source: Its name.
        n_read: Records read.
        n_new: Records that were not in the index.
        n_changed: Records that differ from their state in the index.
        n_same: Records that did not change.
        n_gone: Records that the source no longer has; they are marked as deleted.
        n_repeated: Records whose project and id another record of this run has, too; the one changed last is kept.
        n_without_text: Records without a word to encode; they are stored, but no search finds them.
        n_cut: Records whose title or body was longer than the stored part.
        n_partly_searched: New and changed records whose body is so long that words in the middle are not found.
        n_encoded: Texts that went through the model.
        n_recomposed: Records whose text changed because boilerplate of the source was learned.
        marked_pairs: Duplicate pairs that the source marks, both ends in the index.
        dead_marks: Duplicate marks of the source whose target is not in the index.
        seconds: Duration.
        n_shared: Issues of the source that are in another source, too; the newest record of each is shown.
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
    n_partly_searched: int
    n_encoded: int
    n_recomposed: int
    marked_pairs: int
    dead_marks: int
    seconds: float
    n_shared: int = 0
