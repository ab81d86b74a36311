"""Mine training examples from the duplicates that an index knows; a later slice of time stays unseen."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations
from random import Random

import numpy as np
from numpy.typing import NDArray

from dupfind.clustering.union_find import UnionFind
from dupfind.decisions import DIFFERENT, SAME
from dupfind.errors import DupfindError
from dupfind.evaluation.history import vectors_by_place
from dupfind.evaluation.time_order import UNDATED, in_time_order
from dupfind.records import RecordHead
from dupfind.storage import decisions, duplicate_links
from dupfind.storage.row_filter import Filter
from dupfind.storage.store import Store
from dupfind.training.pair_file import Example
from dupfind.vectors.base import Vectors

HELD_OUT = 0.25
"""Share of the duplicates, the latest in time, that are not learned from."""

MIN_PAIRS, MIN_HELD_OUT = 40, 20
"""Pairs to learn from, and later duplicates to test on; fewer prove nothing."""

PAIRS_OF_CLUSTER = 6
"""At most so many pairs of one cluster; a large cluster would dominate otherwise."""

NEAR, NEAR_ANYWAY = 0.95, 0.6
"""A candidate above `NEAR` of the positive's score, and above `NEAR_ANYWAY`, is probably an unmarked duplicate."""

HARDEST = 20
"""A negative is drawn from so many nearest candidates."""

MOST_TEXTS = 20_000
"""Titles with bodies for domain adaptation; of more, so many are drawn."""

MIN_TITLE, MIN_BODY = 8, 60
"""Least characters of a title and of a body for domain adaptation."""

_BLOCK = 256  # pairs scored by one product; their scores take 256 * n float32

Pair = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Mined:
    """The examples of an index.

    Attributes:
        train: Two records of one cluster and a negative each, in the layout of `texts_of`.
        test: Pairs of the later slice, without negatives.
        texts: Titles and bodies of records before the later slice: of unclustered ones, and of the first of each
            cluster that is learned from.
        since: Start of the later slice; None where nothing is held out.
        groups: For each row id in a cluster that is learned from, the group of its examples.
        n_clusters: Clusters that are learned from.
        n_reaching: Clusters with members both before and in the later slice; they are in neither part.
        n_confirmed: Pairs that people decided to be the same.
        n_rejected: Negatives that people decided to be different; the others were mined.
        n_held_out: Duplicates of the later slice, for the acceptance test.
    """

    train: list[Example]
    test: list[Example]
    texts: list[Example]
    since: datetime | None
    groups: Mapping[int, int]
    n_clusters: int
    n_reaching: int
    n_confirmed: int
    n_rejected: int
    n_held_out: int


def mine(store: Store, *, held_out: float = HELD_OUT, seed: int = 42, n_texts: int = MOST_TEXTS) -> Mined:
    """Make examples of the duplicates that an index knows.

    Clusters come from trackers' marks, with the pairs that people confirmed and without those they rejected. A
    cluster with a member in the later slice is not learned from. Negatives are records that people rejected, else
    unclustered records near by the index's own vectors that no tracker calls a duplicate. All of them are older than
    the later slice.

    Args:
        store: Of an index.
        held_out: Share of the duplicates, the latest ones, that are not learned from; 0 to test on another index.
        seed: Of the draws; the same index and seed give the same examples.
        n_texts: Most titles with bodies to draw.

    Raises:
        DupfindError: There are too few marks.
    """
    with store.reading():
        history = _LabelledHistory(store)
        clusters = history.clusters()
        # The oldest member of a cluster duplicates nothing.
        duplicates = sorted(place for members in clusters for place in members[1:])
        since = history.since(duplicates, held_out)
        first_later = len(history.heads) if since is None else bisect_left(history.times, since)
        learned = [members for members in clusters if members[-1] < first_later]
        later = [members for members in clusters if members[0] >= first_later]
        random = Random(seed)
        pairs = [pair for members in learned for pair in _some_pairs(members, random)]
        n_held_out = len(duplicates) - bisect_left(duplicates, first_later)
        _check(len(pairs), n_held_out if held_out else MIN_HELD_OUT)
        negatives = history.negatives(pairs, first_later, random)
        groups = {place: number for number, members in enumerate(learned) for place in members}
        train = [
            Example(
                texts=history.texts(*pair, negative),
                group=groups[pair[0]],
                set=history.heads[pair[0]].name[0],
            )
            for pair, negative in zip(pairs, negatives, strict=True)
        ]
        test = [
            Example(texts=history.texts(*pair)) for members in later for pair in _some_pairs(members, random)
        ]
        return Mined(
            train=train,
            test=test,
            texts=history.titles_with_bodies(first_later, learned, n_texts, Random(seed)),
            since=since,
            groups={history.heads[place].row_id: group for place, group in groups.items()},
            n_clusters=len(learned),
            n_reaching=len(clusters) - len(learned) - len(later),
            n_confirmed=sum(decision == SAME for decision in history.decided.values()),
            n_rejected=sum(
                negative in history.rejected_by(pair) for pair, negative in zip(pairs, negatives, strict=True)
            ),
            n_held_out=n_held_out,
        )


def texts_of(records: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    """Lay out the title and whole text of some records as an example: first all whole texts, then all titles."""
    return tuple(whole for _, whole in records) + tuple(title for title, _ in records)


def _some_pairs(members: Sequence[int], random: Random) -> list[Pair]:
    pairs = list(combinations(members, 2))
    return pairs if len(pairs) <= PAIRS_OF_CLUSTER else random.sample(pairs, PAIRS_OF_CLUSTER)


def _check(n_pairs: int, n_held_out: int) -> None:
    for n, least, what in (
        (n_pairs, MIN_PAIRS, "pairs of duplicates to learn from"),
        (n_held_out, MIN_HELD_OUT, "later duplicates to test on"),
    ):
        if n < least:
            raise DupfindError(
                f"the index has {n} {what}, and {least} are needed: {least - n} are missing; find more with"
                " `dupfind review`, index more of the tracker, or give a file of PAIRS"
            )


class _LabelledHistory:
    """The live records that have a vector, by their places in the order of time."""

    def __init__(self, store: Store) -> None:
        heads = in_time_order(store.heads(store.allowed(Filter())))
        vectors, has_vector = vectors_by_place(
            store, {head.row_id: place for place, head in enumerate(heads)}
        )
        self._store = store
        self.heads: list[RecordHead] = [head for head, has in zip(heads, has_vector, strict=True) if has]
        self._vectors: Vectors = vectors[has_vector]  # (n, width)
        self._place = {head.row_id: place for place, head in enumerate(self.heads)}
        self.times = [head.created or UNDATED for head in self.heads]
        self.decided = decisions.decided_pairs(store)
        self._rejected: defaultdict[int, set[int]] = defaultdict(set)  # by place
        for (a, b), decision in self.decided.items():
            if decision == DIFFERENT and a in self._place and b in self._place:
                self._rejected[self._place[a]].add(self._place[b])
                self._rejected[self._place[b]].add(self._place[a])

    def clusters(self) -> list[list[int]]:
        """Return the places of the members of each cluster of two or more, rising; clusters by their first member."""
        union = UnionFind()
        for row, targets in duplicate_links.links(self._store).targets.items():
            union.add(row, (target for target in targets if not self._is_rejected(row, target)))
        for (a, b), decision in self.decided.items():
            if decision == SAME:
                union.add(a, [b])
        members: dict[Hashable, list[int]] = {}
        for place, head in enumerate(self.heads):
            members.setdefault(union.find(head.row_id), []).append(place)
        return [places for places in members.values() if len(places) > 1]

    def since(self, duplicates: Sequence[int], held_out: float) -> datetime | None:
        """Return the start of the later slice, the first of the latest duplicates; None where nothing is held out.

        Raises:
            DupfindError: Most duplicates are undated.
        """
        if not held_out or not duplicates:
            return None
        since = self.times[duplicates[int(len(duplicates) * (1 - held_out))]]
        if since == UNDATED:
            raise DupfindError(
                "most duplicates have no creation date, so no later slice can stay unseen: index them with their dates"
                " (--created-column)"
            )
        return since

    def texts(self, *places: int) -> tuple[str, ...]:
        """Return the texts of some records, the ones that the index's vectors were made of."""
        texts = [self._store.text(self.heads[place].row_id) for place in places]
        return texts_of([(text.title, text.whole) for text in texts])

    def titles_with_bodies(
        self, first_later: int, learned: Sequence[Sequence[int]], n: int, random: Random
    ) -> list[Example]:
        """Return titles and bodies of older records, without copies and with one record of a marked cluster."""
        firsts = {members[0] for members in learned}
        clustered = {place for members in self.clusters() for place in members}
        places = [place for place in range(first_later) if place in firsts or place not in clustered]
        random.shuffle(places)
        titles: set[str] = set()
        bodies: set[str] = set()
        examples: list[Example] = []
        for place in places:
            if len(examples) == n:
                break
            text = self._store.text(self.heads[place].row_id)
            is_copy = text.title in titles or text.body in bodies
            if not is_copy and len(text.title) >= MIN_TITLE and len(text.body) >= MIN_BODY:
                titles.add(text.title)
                bodies.add(text.body)
                examples.append(Example((text.title, text.body), set=self.heads[place].name[0]))
        return examples

    def rejected_by(self, pair: Pair) -> set[int]:
        """Return the places that people decided to be different from either record of a pair."""
        return self._rejected[pair[0]] | self._rejected[pair[1]]

    def negatives(self, pairs: Sequence[Pair], first_later: int, random: Random) -> list[int]:
        """Draw for each pair the place of a record that is no duplicate of either."""
        clustered = {place for members in self.clusters() for place in members}
        marked = {
            self._place[row] for row in duplicate_links.called_duplicates(self._store) if row in self._place
        }
        is_free = np.ones(first_later, dtype=bool)
        is_free[[place for place in clustered | marked if place < first_later]] = False
        if not is_free.any():
            raise DupfindError("every older record of the index is a duplicate: index the other issues, too")
        return list(self._draw_negatives(pairs, is_free, random))

    def _draw_negatives(
        self, pairs: Sequence[Pair], is_free: NDArray[np.bool_], random: Random
    ) -> Iterator[int]:
        """Draw a rejected record of each pair, else one of the nearest free ones.

        Args:
            pairs: Places, the older first.
            is_free: (n,) for each older place whether it is known to be no duplicate.
            random: For the draws.
        """
        early = self._vectors[: len(is_free)]  # (n, width)
        for start in range(0, len(pairs), _BLOCK):
            block = pairs[start : start + _BLOCK]
            scores = early[[later for _, later in block]] @ early.T  # (len(block), n)
            for (older, later), row in zip(block, scores, strict=True):
                rejected = sorted(place for place in self.rejected_by((older, later)) if place < len(is_free))
                if rejected:
                    yield random.choice(rejected)
                    continue
                limit = max(NEAR * row[older], NEAR_ANYWAY)  # row is (n,), the scores of the later record
                eligible = np.where(is_free & (row <= limit), row, -np.inf)
                nearest = np.argsort(-eligible, kind="stable")[:HARDEST]  # (HARDEST,); ties by age, as before
                hard = nearest[eligible[nearest] > -np.inf].tolist()
                # If all free records are too near, any of them.
                yield random.choice(hard or np.flatnonzero(is_free).tolist())

    def _is_rejected(self, row: int, target: int | Hashable) -> bool:
        return isinstance(target, int) and self.decided.get((min(row, target), max(row, target))) == DIFFERENT
