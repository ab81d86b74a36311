"""The matches of an answer: ranked rows, each with its record, its texts and its verdict."""

from collections.abc import Sequence
from dataclasses import replace

from dupfind.records import Record
from dupfind.results import Hit
from dupfind.search.hybrid import RankedRow
from dupfind.search.index_state import IndexState
from dupfind.search.match import Match
from dupfind.search.ranker_choice import RankerChoice
from dupfind.text.composition import NO_TEXT
from dupfind.text.fingerprint import text_fingerprint
from dupfind.verdict.judgement import APART


def matches_of(
    state: IndexState, groups: Sequence[Sequence[RankedRow]], verdicts: str, *, is_judged: bool
) -> list[Match]:
    """Return one match a group: its best row, with the ids of the others as folded.

    Args:
        state: Of the index, in one read transaction.
        groups: Rows, likeliest first; the rows of a group are shown as one.
        verdicts: How readily "possible" is said, one of `verdict.bands.MODES`.
        is_judged: Whether the matches have a verdict.
    """
    store = state.store
    row_ids = [row.row for group in groups for row in group if isinstance(row.row, int)]
    records, fingerprints = store.records(row_ids), store.text_fingerprints(row_ids)
    texts = store.composed(best.row for best, *_ in groups if isinstance(best.row, int))
    matches = []
    for rank, (best, *others) in enumerate(groups, start=1):
        folded = tuple(
            records[other.row].id if isinstance(other.row, int) else other.row.record.id for other in others
        )
        if isinstance(best.row, int):
            record, row_id, place = records[best.row], best.row, None
            text, fingerprint = texts.get(best.row, NO_TEXT), fingerprints[best.row]
        else:
            record, row_id, place = best.row.record, None, best.row.place
            text, fingerprint = best.row.text, text_fingerprint(record.title, record.body)
        hit = _hit(rank, record, best, folded)
        if is_judged:
            hit = _with_verdict(hit, best, state.choice, verdicts)
        matches.append(
            Match(
                hit,
                record,
                text,
                state.boilerplate,
                fingerprint,
                best.held,
                best.order,
                row_id,
                place,
            )
        )
    return matches


def _hit(rank: int, record: Record, row: RankedRow, folded: tuple[str, ...]) -> Hit:
    return Hit(
        rank=rank,
        id=record.id,
        source=record.source,
        project=record.project,
        title=record.title,
        state=record.state,
        url=record.url,
        created=record.created,
        score=row.score,
        lexical=round(row.lexical, 6),
        duplicate_of=record.duplicate_of[0].id if record.duplicate_of else None,
        folded=folded,
        resolution=record.resolution,
        closed=record.closed,
    )


def _with_verdict(hit: Hit, row: RankedRow, choice: RankerChoice, verdicts: str) -> Hit:
    """Return a hit with the probability of its pair, and with verdict and kind where they follow from it."""
    judgement = row.judgement
    is_known = choice.fits or (judgement is not None and judgement.kind == "copy")
    verdict = choice.verdicts.verdict(row.probability, verdicts) if is_known else None
    hit = replace(hit, probability=round(row.probability, 6) if is_known else None, verdict=verdict)
    if judgement is None or (verdict is None and judgement.kind not in APART):
        return hit
    return replace(hit, kind=judgement.kind, is_exact=judgement.is_exact, difference=judgement.difference)
