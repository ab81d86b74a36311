"""The result of deduplicating a table: which rows stay, which are duplicates, at any threshold."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, ClassVar, NamedTuple, Self

from dupfind.clustering.cohesive import cohesive
from dupfind.dedup.row_pairs import DuplicatePair, DuplicatePairs, RowPairs
from dupfind.errors import DupfindError
from dupfind.records import counted
from dupfind.results import Pair
from dupfind.tables.arrow_table import FLAG, NUMBER, TEXT, WHOLE, ArrowTable
from dupfind.tables.html_table import html_table
from dupfind.tables.result_list import ResultList
from dupfind.tables.row_choice import chosen_rows
from dupfind.tables.short_repr import shown


class RowGroup(NamedTuple):
    """Rows that say the same.

    Attributes:
        kept: The first of them in the table.
        duplicates: The others, in the order of the table.
        scores: The score of each duplicate with the kept row; None where these two are no pair.
        texts: The beginning of each row's text, the kept one first.
    """

    kept: int
    duplicates: tuple[int, ...]
    scores: tuple[float | None, ...]
    texts: tuple[str, ...]


class RowGroups(ResultList[RowGroup]):
    """Groups of duplicate rows, in the order of the kept ones; each row of the table is a row here."""

    KINDS: ClassVar = {"cluster": WHOLE, "row": WHOLE, "is_kept": FLAG, "score": NUMBER, "text": TEXT}

    def rows(self) -> Iterator[dict[str, Any]]:
        """As `ResultList.rows`: the kept row of a cluster first; clusters are counted from 1."""
        for number, group in enumerate(self, 1):
            rows = (group.kept, *group.duplicates)
            for row, score, text in zip(rows, (None, *group.scores), group.texts, strict=True):
                yield {
                    "cluster": number,
                    "row": row,
                    "is_kept": row == group.kept,
                    "score": score,
                    "text": text,
                }

    def caption(self) -> str:
        """As `ResultList.caption`."""
        return f"{len(self):,} cluster{'s' * (len(self) != 1)}"


class Deduplication:
    """The duplicates of a table, at one threshold; `at` gives those at another without computing again.

    Attributes:
        threshold: The score at or above which two rows are a pair; None where the verdict decides.
        lowest: The lowest threshold that `at` takes.
        n_rows: Rows of the table.
        n_short: Rows whose texts are too short for a verdict; without a threshold, only their copies are duplicates.
    """

    def __init__(
        self, data: Any, texts: Sequence[str], found: RowPairs, *, lowest: float, threshold: float | None
    ) -> None:
        """Hold what was found; use `dupfind.dedupe`.

        Args:
            data: The table.
            texts: The beginning of each row's text.
            found: All pairs at or above `lowest`.
            lowest: See above.
            threshold: See above.
        """
        self._data = data
        self._texts = texts
        self._found = found
        self.lowest = lowest
        self.threshold = threshold
        self.n_rows = len(texts)
        self.n_short = found.n_short

    def at(self, threshold: float | None) -> Self:
        """Return the result at another threshold; nothing is computed again but the clusters.

        Args:
            threshold: Cosine similarity; a pair exactly at it counts. None lets the verdict decide.

        Raises:
            DupfindError: It is no number, or lower than `lowest`, below which no pair was kept.
        """
        if threshold is not None:
            threshold = self._checked(threshold)
        return type(self)(self._data, self._texts, self._found, lowest=self.lowest, threshold=threshold)

    @cached_property
    def pairs(self) -> DuplicatePairs:
        """The pairs of duplicate rows, the highest score first.

        Of 20 or more rows with one text, only the first is in pairs with the others.
        """
        return DuplicatePairs(pair for pair in self._found.pairs if self._is_chosen(pair))

    @cached_property
    def clusters(self) -> RowGroups:
        """The groups of duplicate rows. Every two rows of a group are a pair, or copies of such rows."""
        copies = {group[0]: group for group in self._found.copies}
        leader = {row: first for first, group in copies.items() for row in group}
        best: dict[tuple[int, int], float] = {}
        scores: dict[tuple[int, int], float] = {}
        for pair in self.pairs:
            ends = leader.get(pair.first, pair.first), leader.get(pair.second, pair.second)
            scores[pair.first, pair.second] = pair.score
            if ends[0] != ends[1]:
                key = min(ends), max(ends)
                best[key] = max(pair.score, best.get(key, -1.0))
        rank = {row: row for ends in best for row in ends}
        groups = [cluster.members for cluster in cohesive((Pair(*ends, best[ends]) for ends in best), rank)]
        clustered = {row for members in groups for row in members}
        groups += [(first,) for first in copies if first not in clustered]
        found = []
        for members in groups:
            rows = sorted(row for member in members for row in copies.get(member, [member]))
            kept, *others = rows
            found.append(
                RowGroup(
                    kept,
                    tuple(others),
                    tuple(scores.get((kept, row)) for row in others),
                    tuple(self._texts[row] for row in rows),
                )
            )
        return RowGroups(sorted(found, key=lambda group: group.kept))

    @property
    def removed(self) -> list[int]:
        """The numbers of the duplicate rows, from 0, in the order of the table."""
        return sorted(row for group in self.clusters for row in group.duplicates)

    @property
    def kept(self) -> list[int]:
        """The numbers of the rows that stay: for pandas `frame.iloc[result.kept]`, for polars `frame[result.kept]`."""
        removed = set(self.removed)
        return [row for row in range(self.n_rows) if row not in removed]

    @property
    def selected(self) -> Any:
        """The rows that stay, in the form of the table that was given.

        Raises:
            DupfindError: The rows of such a table cannot be chosen by their numbers; use `kept`.
        """
        return chosen_rows(self._data, self.kept)

    @property
    def duplicates(self) -> Any:
        """The duplicate rows, in the form of the table that was given.

        Raises:
            DupfindError: As for `selected`; use `removed`.
        """
        return chosen_rows(self._data, self.removed)

    def to_dicts(self) -> list[dict[str, Any]]:
        """Return a dict for each row of the table: its number, text and cluster, and whether it is kept."""
        cluster_of = {
            row: (number, group.kept)
            for number, group in enumerate(self.clusters, 1)
            for row in (group.kept, *group.duplicates)
        }
        return [
            {
                "row": row,
                "text": text,
                "cluster": cluster_of[row][0] if row in cluster_of else None,
                "duplicate_of": cluster_of[row][1]
                if row in cluster_of and cluster_of[row][1] != row
                else None,
                "is_kept": row not in cluster_of or cluster_of[row][1] == row,
            }
            for row, text in enumerate(self._texts)
        ]

    def to_arrow(self) -> ArrowTable:
        """Return the rows of `to_dicts` for a DataFrame: `polars.DataFrame(result.to_arrow())`."""
        return ArrowTable(_ROW_KINDS, self.to_dicts())

    def __repr__(self) -> str:
        """Return the numbers of rows, duplicates and clusters."""
        return f"<Deduplication: {self._summary()}>"

    def _repr_html_(self) -> str:
        return html_table(self._summary(), self.clusters.to_dicts())

    def _checked(self, threshold: Any) -> float:
        try:
            number = float(threshold)
        except (TypeError, ValueError, OverflowError):
            raise DupfindError(f"threshold is {shown(threshold)}, but must be a number") from None
        if not self.lowest <= number <= 1:  # NaN, too
            raise DupfindError(
                f"threshold {shown(threshold)} is not between {self.lowest} and 1: pass a lower one to dedupe itself"
            )
        return number

    def _is_chosen(self, pair: DuplicatePair) -> bool:
        if self.threshold is None:
            return pair.is_likely
        return pair.is_exact or pair.score >= self.threshold

    def _summary(self) -> str:
        n_removed = len(self.removed)
        parts = [
            f"{counted(self.n_rows, 'row')}, {counted(n_removed, 'duplicate')} in"
            f" {counted(len(self.clusters), 'cluster')}",
            "by verdict" if self.threshold is None else f"at a score of {self.threshold:g}",
        ]
        if self.threshold is None and self.n_short:
            parts.append(f"{self.n_short:,} too short for a verdict: pass a threshold")
        return "; ".join(parts)


_ROW_KINDS: Mapping[str, str] = {
    "row": WHOLE,
    "text": TEXT,
    "cluster": WHOLE,
    "duplicate_of": WHOLE,
    "is_kept": FLAG,
}
