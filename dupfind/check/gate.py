"""The check of new issues: which of them the index, or the list itself, has already, and a reason for each match."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from dupfind import interruption
from dupfind.check.comparison import compared_matches
from dupfind.check.results import CheckAnswer, CheckMatch, CheckResult
from dupfind.records import Record
from dupfind.results import Hit
from dupfind.search.match import SearchResponse
from dupfind.search.open_index import OpenIndex
from dupfind.verdict.bands import BALANCED

if TYPE_CHECKING:
    from dupfind.check.drafts import Draft

_N_MATCHES = 20  # matches of each issue, of which some may be known or rejected
_EARLIEST = datetime.min.replace(tzinfo=UTC)


def check(
    collection: OpenIndex,
    records: Sequence[Record],
    *,
    k: int = 3,
    rejects: Callable[[Record, Record], bool] | None = None,
    unindexed: "Sequence[Draft]" = (),
    outdated: Sequence[int] = (),
    verdicts: str = BALANCED,
) -> list[CheckResult]:
    """Compare new issues with an index and with each other, in one read transaction.

    A record with the name (source, project, id) of an indexed one is an edit of it: it replaces the indexed record
    and is not its own duplicate. Of two new issues that match, the later one has the other among its originals.
    An issue's originals leave out the records that it is marked a duplicate of, and those that a person called
    different from it.

    Args:
        collection: Open for reading.
        records: The issues; they are compared in order of their dates, those without a date last.
        k: Number of originals of each issue, at most.
        rejects: Returns whether two records are known to be different, in addition to the index's own decisions;
            the new one is the first argument.
        unindexed: Further issues that may be originals; none of them is checked itself.
        outdated: Rows of the index that are no originals, since their issues changed or were deleted.
        verdicts: How readily "possible" is said, one of `verdict.bands.MODES`.

    Returns:
        One result a record, in the order of the records; most have no verdict.

    Raises:
        StoreError: The index cannot be read.
        ModelError: The index's model is gone.
    """
    by_age = sorted(range(len(records)), key=lambda place: _age(records[place]))
    responses = collection.searcher.search_together(
        [records[place] for place in by_age],
        max(k, _N_MATCHES),
        fold=True,
        candidates=[issue.record for issue in unindexed],
        outdated=outdated,
        verdicts=verdicts,
    )
    by_place = dict(zip(by_age, responses, strict=True))
    files = {len(records) + number: issue.place for number, issue in enumerate(unindexed)}
    return [_result(record, by_place[place], k, rejects, files) for place, record in enumerate(records)]


def _result(
    record: Record,
    response: SearchResponse,
    k: int,
    rejects: Callable[[Record, Record], bool] | None,
    files: Mapping[int, str],
) -> CheckResult:
    """Return the result for one issue; `files` names the file of each match that is neither new nor indexed."""
    interruption.check()
    matches = [
        match
        for match in response.matches
        if not _is_known(record, match.hit) and not (rejects is not None and rejects(record, match.record))
    ]
    originals = []
    for match, why in compared_matches(response, matches[:k]):
        file = None if match.place is None else files.get(match.place)
        originals.append(CheckMatch(match.hit, match.row_id is None and file is None, why, file))
    return CheckResult(record, response.can_judge, tuple(originals))


def document(collection: OpenIndex, results: Sequence[CheckResult]) -> dict[str, Any]:
    """Return the JSON object that `dupfind check --json` prints.

    `calibration` is the source of the verdicts' thresholds: "own", "shipped", or null if no verdict is given.
    """
    return CheckAnswer(collection.summary(), collection.calibration(), results).document()


def _age(record: Record) -> tuple[bool, datetime]:
    return record.created is None, record.created or _EARLIEST


def _is_known(record: Record, hit: Hit) -> bool:
    """Return whether the tracker already links the two as duplicates."""
    linked = {original.id for original in record.duplicate_of if original.project == hit.project}
    return hit.source == record.source and not linked.isdisjoint((hit.id, hit.duplicate_of, *hit.folded))
