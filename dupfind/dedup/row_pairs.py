"""The duplicate pairs of a table whose rows are the records of an index, each with its verdict."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from dupfind.dedup.all_pairs import Pairs
from dupfind.dedup.defaults import MIN_SCORE
from dupfind.dedup.gathered_pairs import GatheredPairs, gather
from dupfind.dedup.judged_table import JudgedTable, judged_table
from dupfind.dedup.pair_judge import PairJudge
from dupfind.dedup.report import Parameters
from dupfind.ranking.ranker import can_judge
from dupfind.search.open_index import OpenIndex
from dupfind.storage.row_filter import Filter
from dupfind.storage.same_texts import groups_of_same_text
from dupfind.storage.store import Store
from dupfind.tables.arrow_table import FLAG, NUMBER, TEXT, WHOLE
from dupfind.tables.result_list import ResultList
from dupfind.verdict.bands import BALANCED, STRICT


@dataclass(frozen=True, slots=True)
class DuplicatePair:
    """Two rows of a table that may say the same.

    Attributes:
        first: The earlier row, from 0.
        second: The later row.
        score: Cosine similarity of their texts, -1 to 1.
        probability: That they are duplicates; None where a text is too short, or the model has no calibration.
        kind: "copy", "duplicate", "sibling" or "recurring"; None where it is not known.
        difference: What sets siblings apart, such as "platform: ios ≠ android"; else None.
        is_exact: Whether both texts are the same to the letter.
        is_likely: Whether the verdict, without a threshold, calls them duplicates; copies always.
        first_text: The beginning of the earlier row's text.
        second_text: That of the later row's.
    """

    first: int
    second: int
    score: float
    probability: float | None
    kind: str | None
    difference: str | None
    is_exact: bool
    is_likely: bool
    first_text: str = ""
    second_text: str = ""


class DuplicatePairs(ResultList[DuplicatePair]):
    """Pairs of rows, the highest score first: a list that has `to_dicts`, `to_arrow` and a table for notebooks."""

    KINDS: ClassVar = {
        "first": WHOLE,
        "second": WHOLE,
        "score": NUMBER,
        "probability": NUMBER,
        "kind": TEXT,
        "difference": TEXT,
        "first_text": TEXT,
        "second_text": TEXT,
        "is_exact": FLAG,
        "is_likely": FLAG,
    }

    def rows(self) -> Iterator[dict[str, Any]]:
        """As `ResultList.rows`: a pair is a row."""
        for pair in self:
            yield {name: getattr(pair, name) for name in self.KINDS}

    def caption(self) -> str:
        """As `ResultList.caption`."""
        return f"{len(self):,} pair{'s' * (len(self) != 1)}"


@dataclass(frozen=True, slots=True)
class RowPairs:
    """All pairs of a table from a score on.

    Attributes:
        pairs: The highest score first, then by their rows.
        copies: Groups of rows with one text, in the order of the table.
        n_short: Rows whose texts are too short for a verdict.
    """

    pairs: Sequence[DuplicatePair]
    copies: Sequence[Sequence[int]]
    n_short: int


def row_pairs(
    index: OpenIndex,
    texts: Sequence[str],
    lowest: float,
    *,
    max_pairs: int,
    progress: Callable[[int], None] = lambda _: None,
) -> RowPairs:
    """Compare all rows of a table with each other.

    Args:
        index: Its records are the rows; the id of each is its row, from 0.
        texts: The beginning of each row's text.
        lowest: Cosine similarity from which on a pair is kept.
        max_pairs: Pairs that are accepted.
        progress: Called with the number of rows compared since the last call.

    Raises:
        DupfindError: There are more pairs.
        StoreError: The index cannot be read.
    """
    store = index.store
    parameters = Parameters(min_score=lowest, verdicts=BALANCED, shown=STRICT)
    with store.reading():
        judge = PairJudge(store, verdicts=BALANCED)
        gathered = gather(index, parameters, max_pairs=max_pairs, progress=progress)
        judged = judged_table(gathered, parameters, judge)
        # Lower pairs are for a threshold alone: they must not change which pairs are likely without one.
        usual = _from_default(gathered, parameters, judge) if lowest < MIN_SCORE else judged
        groups = groups_of_same_text(store, 2)
        rows = {*judged.table.rows.tolist(), *usual.table.rows.tolist()}
        row_ids = sorted(rows.union(*groups))
        place_of = {row_id: int(name[2]) for row_id, name in zip(row_ids, store.names(row_ids), strict=True)}
        n_short = _n_short(store)
    copies = sorted(sorted(place_of[row] for row in group) for group in groups)
    leader = {row: group[0] for group in copies for row in group}
    found = list(_judged_pairs(judged, place_of, texts, has_verdicts=judge.choice.fits))
    if usual is not judged:
        found = [replace(pair, is_likely=False) for pair in found]
        found += _judged_pairs(usual, place_of, texts, has_verdicts=judge.choice.fits)
    pairs = {
        (pair.first, pair.second): replace(pair, kind="copy", difference=None, is_exact=True, is_likely=True)
        if leader.get(pair.first, -1) == leader.get(pair.second, -2)
        else pair
        for pair in found
    }
    # Of many copies, the report compares the first alone.
    for group in copies:
        for row in group[1:]:
            ends = group[0], row
            if ends not in pairs:
                shown = texts[ends[0]], texts[row]
                pairs[ends] = DuplicatePair(*ends, 1.0, None, "copy", None, True, True, *shown)
    ordered = sorted(pairs.values(), key=lambda pair: (-pair.score, pair.first, pair.second))
    return RowPairs(ordered, copies, n_short)


def _from_default(gathered: GatheredPairs, parameters: Parameters, judge: PairJudge) -> JudgedTable:
    """Judge the pairs from the default threshold on, as if no others had been gathered."""
    first, second, scores = gathered.pairs
    is_usual = scores >= MIN_SCORE
    pairs = Pairs(first[is_usual], second[is_usual], scores[is_usual])
    return judged_table(replace(gathered, pairs=pairs), replace(parameters, min_score=MIN_SCORE), judge)


def _judged_pairs(
    judged: JudgedTable, place_of: dict[int, int], texts: Sequence[str], *, has_verdicts: bool
) -> Iterator[DuplicatePair]:
    table = judged.table
    is_candidate = table.is_candidate.tolist()
    for at, pair in enumerate(table.pairs(table.scores >= -1)):
        first, second = sorted((place_of[pair.first], place_of[pair.second]))
        judgement = judged.judgements.get(at)
        difference = None
        if judgement is not None and judgement.difference is not None:
            difference = judgement.difference.in_words()
        yield DuplicatePair(
            first,
            second,
            pair.score,
            round(judgement.probability, 6) if judgement is not None and has_verdicts else None,
            None if judgement is None else judgement.kind,
            difference,
            is_exact=judgement is not None and judgement.is_exact,
            is_likely=is_candidate[at],
            first_text=texts[first],
            second_text=texts[second],
        )


def _n_short(store: Store) -> int:
    """Return the number of records whose texts have words, but too few for a verdict."""
    live = store.allowed(Filter()).tolist()
    rows = [row_id for row_id, fingerprint in store.text_fingerprints(live).items() if fingerprint]
    terms = store.terms(rows)
    return sum(not can_judge(terms[place]) for place in range(len(rows)))
