"""Mining: what an index knows of duplicates, as examples to learn from; a later slice of time stays unseen."""

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
from dupfind.evaluation.replay import UNDATED, in_time, vectors_of
from dupfind.records import RecordHead
from dupfind.storage import decisions, duplicate_links
from dupfind.storage.store import Filter, Store
from dupfind.training.pair_file import Example
from dupfind.vectors.base import Vectors

HELD_OUT = 0.25
"""Share of the duplicates, the latest in time, that nothing is learned from."""

MIN_PAIRS, MIN_HELD_OUT = 40, 20
"""Pairs to learn from, and duplicates to prove it on. With fewer the proof says nothing."""

PAIRS_OF_CLUSTER = 6
"""A cluster of many would teach little else than itself."""

NEAR, NEAR_ANYWAY = 0.95, 0.6
"""A candidate that scores above so much of its positive's score, and above this, is probably a duplicate
that nobody has marked."""

HARDEST = 20
"""A negative is drawn from so many candidates, the nearest ones."""

MOST_TEXTS = 20_000
"""Titles with bodies that a model is adapted to; of more, so many are drawn."""

MIN_TITLE, MIN_BODY = 8, 60
"""Characters of a title and of a body that are worth bringing together."""

_BLOCK = 256

Pair = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Mined:
    """What an index gives.

    Attributes:
        train: Two records of one cluster and a negative each, as `texts_of` lays them out.
        test: Pairs of the later slice, without negatives.
        texts: Titles and bodies of records that are older than the later slice: of those in no cluster, and of the
            first of each cluster that is learned from.
        since: Where the later slice begins; None where nothing is held out.
        groups: By row id the group, as examples have it, of each record in a cluster that is learned from.
        n_clusters: Clusters that are learned from.
        n_reaching: Clusters that reach into the later slice with older members; they are in neither part.
        n_confirmed: Pairs that people have called the same.
        n_rejected: Negatives that people have called different from the record; the others were mined.
        n_held_out: Duplicates of the later slice, which the gate asks for.
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

    Clusters are those that trackers mark, with what people have confirmed and without what they have rejected. A
    cluster with a member in the later slice is not learned from. Negatives are what people have rejected, else
    records that are near by the index's own vectors, are in no cluster, and are no duplicates by what their tracker
    says; all of them are older than the later slice.

    Args:
        store: Of an index.
        held_out: Share of the duplicates, the latest ones, that nothing is learned from; 0 where the proof is to
            be on another index.
        seed: Of what is drawn; the same index and seed give the same examples.
        n_texts: Titles with bodies to be drawn, at most.

    Raises:
        DupfindError: There are too few marks.
    """
    with store.reading():
        past = _Past(store)
        clusters = past.clusters()
        duplicates = sorted(at for members in clusters for at in members[1:])
        since = past.since(duplicates, held_out)
        first_later = len(past.heads) if since is None else bisect_left(past.times, since)
        learned = [members for members in clusters if members[-1] < first_later]
        later = [members for members in clusters if members[0] >= first_later]
        random = Random(seed)
        pairs = [pair for members in learned for pair in _some_pairs(members, random)]
        n_held_out = len(duplicates) - bisect_left(duplicates, first_later)
        _check(len(pairs), n_held_out if held_out else MIN_HELD_OUT)
        negatives = past.negatives(pairs, first_later, random)
        groups = {at: number for number, members in enumerate(learned) for at in members}
        train = [
            Example(texts=past.texts(*pair, negative), group=groups[pair[0]], set=past.heads[pair[0]].name[0])
            for pair, negative in zip(pairs, negatives, strict=True)
        ]
        test = [
            Example(texts=past.texts(*pair)) for members in later for pair in _some_pairs(members, random)
        ]
        return Mined(
            train=train,
            test=test,
            texts=past.titles_with_bodies(first_later, learned, n_texts, Random(seed)),
            since=since,
            groups={past.heads[at].row_id: group for at, group in groups.items()},
            n_clusters=len(learned),
            n_reaching=len(clusters) - len(learned) - len(later),
            n_confirmed=sum(answer == SAME for answer in past.answers.values()),
            n_rejected=sum(
                negative in past.rejected_by(pair) for pair, negative in zip(pairs, negatives, strict=True)
            ),
            n_held_out=n_held_out,
        )


def texts_of(records: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    """How an example holds records, each title and whole text: first all whole texts, then all titles."""
    return tuple(whole for _, whole in records) + tuple(title for title, _ in records)


def _some_pairs(members: Sequence[int], random: Random) -> list[Pair]:
    pairs = list(combinations(members, 2))
    return pairs if len(pairs) <= PAIRS_OF_CLUSTER else random.sample(pairs, PAIRS_OF_CLUSTER)


def _check(n_pairs: int, n_held_out: int) -> None:
    for found, wanted, what in (
        (n_pairs, MIN_PAIRS, "pairs of duplicates to learn from"),
        (n_held_out, MIN_HELD_OUT, "later duplicates to prove it on"),
    ):
        if found < wanted:
            raise DupfindError(
                f"the index gives {found} {what}, and {wanted} are needed: {wanted - found} are missing; find more with"
                " `dupfind review`, index more of the tracker, or give a file of PAIRS"
            )


class _Past:
    """The live records that have a vector, by their places in the order of time."""

    def __init__(self, store: Store) -> None:
        nodes = in_time(store.heads(store.allowed(Filter())))
        vectors, has_vector = vectors_of(store, {node.row_id: at for at, node in enumerate(nodes)})
        self._store = store
        self.heads: list[RecordHead] = [node for node, has in zip(nodes, has_vector, strict=True) if has]
        self._vectors: Vectors = vectors[has_vector]
        self._place = {node.row_id: at for at, node in enumerate(self.heads)}
        self.times = [node.created or UNDATED for node in self.heads]
        self.answers = decisions.decided_pairs(store)
        self._rejected: defaultdict[int, set[int]] = defaultdict(set)
        for (a, b), answer in self.answers.items():
            if answer == DIFFERENT and a in self._place and b in self._place:
                self._rejected[self._place[a]].add(self._place[b])
                self._rejected[self._place[b]].add(self._place[a])

    def clusters(self) -> list[list[int]]:
        """The places of each cluster's members, at least two, in order; clusters by their first."""
        growing = UnionFind()
        for row, targets in duplicate_links.links(self._store).targets.items():
            growing.add(row, (target for target in targets if not self._is_rejected(row, target)))
        for (a, b), answer in self.answers.items():
            if answer == SAME:
                growing.add(a, [b])
        members: dict[Hashable, list[int]] = {}
        for at, node in enumerate(self.heads):
            members.setdefault(growing.find(node.row_id), []).append(at)
        return [places for places in members.values() if len(places) > 1]

    def since(self, duplicates: Sequence[int], held_out: float) -> datetime | None:
        """When the later slice begins: with the first of the latest duplicates; None for never.

        Raises:
            DupfindError: Most duplicates are undated.
        """
        if not held_out or not duplicates:
            return None
        since = self.times[duplicates[int(len(duplicates) * (1 - held_out))]]
        if since == UNDATED:
            raise DupfindError(
                "most duplicates have no time of creation, so that no later slice can be kept unseen: index them"
                " with their times (--created-column)"
            )
        return since

    def texts(self, *places: int) -> tuple[str, ...]:
        """The texts of some records, as the index's vectors were made of them."""
        found = [self._store.text(self.heads[at].row_id) for at in places]
        return texts_of([(text.title, text.whole) for text in found])

    def titles_with_bodies(
        self, first_later: int, learned: Sequence[Sequence[int]], n: int, random: Random
    ) -> list[Example]:
        """Titles and bodies of older records, no two of which a tracker or a copy tells to be of one thing."""
        firsts = {members[0] for members in learned}
        clustered = {at for members in self.clusters() for at in members}
        places = [at for at in range(first_later) if at in firsts or at not in clustered]
        random.shuffle(places)
        titles: set[str] = set()
        bodies: set[str] = set()
        found: list[Example] = []
        for at in places:
            if len(found) == n:
                break
            text = self._store.text(self.heads[at].row_id)
            is_copy = text.title in titles or text.body in bodies
            if not is_copy and len(text.title) >= MIN_TITLE and len(text.body) >= MIN_BODY:
                titles.add(text.title)
                bodies.add(text.body)
                found.append(Example((text.title, text.body), set=self.heads[at].name[0]))
        return found

    def rejected_by(self, pair: Pair) -> set[int]:
        """What people have called different from either record of a pair."""
        return self._rejected[pair[0]] | self._rejected[pair[1]]

    def negatives(self, pairs: Sequence[Pair], first_later: int, random: Random) -> list[int]:
        """A record for each pair that is no duplicate of either."""
        clustered = {at for members in self.clusters() for at in members}
        called = {
            self._place[row] for row in duplicate_links.called_duplicates(self._store) if row in self._place
        }
        is_free = np.ones(first_later, dtype=bool)
        is_free[[at for at in clustered | called if at < first_later]] = False
        if not is_free.any():
            raise DupfindError("every older record of the index is a duplicate: index the others, too")
        return list(self._drawn(pairs, is_free, random))

    def _drawn(self, pairs: Sequence[Pair], is_free: NDArray[np.bool_], random: Random) -> Iterator[int]:
        early = self._vectors[: len(is_free)]
        for start in range(0, len(pairs), _BLOCK):
            block = pairs[start : start + _BLOCK]
            scores = early[[later for _, later in block]] @ early.T
            for (older, later), row in zip(block, scores, strict=True):
                rejected = sorted(at for at in self.rejected_by((older, later)) if at < len(is_free))
                if rejected:
                    yield random.choice(rejected)
                    continue
                limit = max(NEAR * row[older], NEAR_ANYWAY)
                passing = np.where(is_free & (row <= limit), row, -np.inf)
                nearest = np.argsort(-passing, kind="stable")[:HARDEST]
                hard = nearest[passing[nearest] > -np.inf].tolist() or np.flatnonzero(is_free).tolist()
                yield random.choice(hard)

    def _is_rejected(self, row: int, target: int | Hashable) -> bool:
        return isinstance(target, int) and self.answers.get((min(row, target), max(row, target))) == DIFFERENT
