"""The check of new issues: which of them the index, or the list itself, has already, and a reason for each match."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from dupfind.check.likeness import LEAST_SCORE, Likeness, likeness
from dupfind.check.results import VERDICTS, CheckAnswer, CheckMatch, CheckResult
from dupfind.collection.collection import Collection
from dupfind.records import Record
from dupfind.results import Hit
from dupfind.search.match import Match, SearchResponse
from dupfind.text.composition import ComposedText, compose
from dupfind.text.explanations import Fact, compare, rarities
from dupfind.verdict.differences import Difference

if TYPE_CHECKING:
    from dupfind.check.drafts import Draft

_N_MATCHES = 20  # matches of each issue, of which some may be known or rejected
_MAX_WORDS = 6  # words in a reason
_SAME_TEXT = "both say the same, to the letter"
_NEARLY = "both say the same, but for small edits"
_EARLIEST = datetime.min.replace(tzinfo=UTC)


def check(
    collection: Collection,
    records: Sequence[Record],
    *,
    k: int = 3,
    rejects: Callable[[Record, Record], bool] | None = None,
    unindexed: "Sequence[Draft]" = (),
    outdated: Sequence[int] = (),
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

    Returns:
        One result a record, in the order of the records; most have no verdict. A copy is a likely
        duplicate with any calibration, and so is a near-copy. A match that differs in platform, version, object or
        direction has no verdict.

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
    matches = [
        match
        for match in response.matches
        if not _is_known(record, match.hit) and not (rejects is not None and rejects(record, match.record))
    ]
    compared = [_compared(match, record, response.text) for match in matches]
    # A stable sort: copies come first, then near-copies; the others stay in their order.
    compared.sort(key=lambda each: (not each[2].is_copy, not each[2].is_near_copy))
    reason_texts = reasons(response.text, [text for _, text, _ in compared], k)
    originals = []
    for (match, _, relation), why in zip(compared[:k], reason_texts, strict=True):
        hit = match.hit
        if relation.says_the_same and response.can_judge:
            hit, why = replace(hit, verdict=VERDICTS[0]), _SAME_TEXT if relation.is_copy else _NEARLY
        elif relation.difference is not None:
            hit, why = replace(hit, verdict=None), _set_apart(relation.difference, why)
        file = None if match.place is None else files.get(match.place)
        originals.append(CheckMatch(hit, match.row_id is None and file is None, why, file))
    return CheckResult(record, response.can_judge, tuple(originals))


def _compared(match: Match, record: Record, query: ComposedText) -> tuple[Match, ComposedText, Likeness]:
    """Return a match with its text, and what it is to the new issue."""
    text = _text(match, query)
    is_near = match.hit.score >= LEAST_SCORE or match.hit.verdict is not None or text == query
    return match, text, likeness(record, match.record, query, text) if is_near else Likeness()


def _set_apart(difference: Difference, why: str) -> str:
    """Return the reason of a match that differs in one thing; that thing comes first."""
    here, there = (side or "not so" for side in (difference.left, difference.right))
    apart = f"{difference.kind}: {here} here, {there} there"
    return f"{apart}; {why}" if why else apart


def _text(match: Match, query: ComposedText) -> ComposedText:
    """Return the text of a match; a match that may be a copy is composed as the query was."""
    text = match.text
    # The stored text lacks the lines that were boilerplate when it was indexed and are not any more.
    may_be_copy = text != query and text.title == query.title
    return compose(match.record, match.boilerplate) if may_be_copy else text


def document(collection: Collection, results: Sequence[CheckResult]) -> dict[str, Any]:
    """Return the JSON object that `dupfind check --json` prints.

    `calibration` is the source of the verdicts' thresholds: "own", "shipped", or null if no verdict is given.
    """
    return CheckAnswer(collection.summary(), collection.calibration(), results).document()


def reasons(text: ComposedText, others: Sequence[ComposedText], k: int) -> Iterator[str]:
    """Yield why each of the first k other texts may say the same; all of them count for how rare a word is."""
    rarity = rarities([text, *others])
    return (_reason(text, other, rarity) for other in others[:k])


def _age(record: Record) -> tuple[bool, datetime]:
    return record.created is None, record.created or _EARLIEST


def _is_known(record: Record, hit: Hit) -> bool:
    """Return whether the tracker already links the two as duplicates."""
    linked = {original.id for original in record.duplicate_of if original.project == hit.project}
    return hit.source == record.source and not linked.isdisjoint((hit.id, hit.duplicate_of, *hit.folded))


def _reason(text: ComposedText, other: ComposedText, rarity: dict[str, float]) -> str:
    compared = compare(text, other, rarity)
    codes = [code for fact in compared.facts if fact.kind == "code" for code in fact.both]
    words = list(dict.fromkeys([*codes, *compared.words]))[:_MAX_WORDS]
    parts = [f"both say {', '.join(words)}"] if words else []
    return "; ".join([*parts, *(_difference(fact) for fact in compared.facts if not fact.agrees)])


def _difference(fact: Fact) -> str:
    return f"{fact.kind} {', '.join(fact.left)} here, {', '.join(fact.right)} there"
