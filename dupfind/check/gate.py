"""Gate: whether issues that are about to be filed are there already, and why one would think so."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from dupfind.check.results import VERDICTS, CheckAnswer, CheckMatch, CheckResult
from dupfind.collection.collection import Collection
from dupfind.records import Record
from dupfind.results import Hit
from dupfind.storage import decisions
from dupfind.text.composition import ComposedText, compose
from dupfind.text.explanations import Fact, compare, rarities

_LOOKED_AT = 20  # hits of each issue, of which some may be known or rejected
_MAX_SAID = 6  # words in a reason
_SAME = "both say the same, to the letter"
_FIRST = datetime.min.replace(tzinfo=UTC)


def check(
    collection: Collection,
    records: Sequence[Record],
    *,
    k: int = 3,
    rejects: Callable[[Record, Record], bool] | None = None,
) -> list[CheckResult]:
    """Compare new issues with an index and with each other.

    A record with the name (source, project, id) of an indexed one is that one, edited: it is not its own duplicate,
    and stands for it. Of two new issues that are near, the later one has the other among its originals. What an issue
    is marked a duplicate of is known, and no finding, nor is what a person has called different from it.

    Args:
        collection: Open for reading.
        records: The issues; the order of their dates counts, and of those without one their own.
        k: Originals of each at most.
        rejects: Whether two records are known to be different beside the index's own decisions; the new one is
            the first.

    Returns:
        One finding a record, in the order of the records; most have no verdict. Two texts that are the same to the
        letter are likely duplicates, whatever the index has learned.

    Raises:
        StoreError: The index cannot be read.
        ModelError: The index's model is gone.
    """
    by_age = sorted(range(len(records)), key=lambda place: _age(records[place]))
    found = collection.search_together([records[place] for place in by_age], max(k, _LOOKED_AT), fold=True)
    hits = dict(zip(by_age, found, strict=True))
    decided = decisions.all_decisions(collection.store)
    findings = []
    for place, record in enumerate(records):
        candidates = [
            (hit, other, at is not None)
            for hit, at in hits[place]
            if not _is_known(record, hit)
            for other in [collection.record(hit) if at is None else records[by_age[at]]]
            if other is not None
            and not decided.rejects(record, other)
            and not (rejects is not None and rejects(record, other))
        ]
        is_judged = collection.can_judge(record)
        ours, *theirs = _texts(collection, [record, *(other for _, other, _ in candidates)])
        # What says the same to the letter comes first.
        near = sorted(
            ((hit, text, is_new) for (hit, _, is_new), text in zip(candidates, theirs, strict=True)),
            key=lambda one: one[1] != ours,
        )
        whys = _whys(ours, [text for _, text, _ in near], k)
        originals = (
            CheckMatch(_judged(hit, is_copy=is_judged and text == ours), is_new, why)
            for (hit, text, is_new), why in zip(near[:k], whys, strict=True)
        )
        findings.append(CheckResult(record, is_judged, tuple(originals)))
    return findings


def document(collection: Collection, findings: Sequence[CheckResult]) -> dict[str, Any]:
    """What was found as the JSON that `dupfind check --json` prints.

    `calibration` says where verdicts come from: "own", "shipped", or null, which says that none can be given.
    """
    return CheckAnswer(collection.summary(), collection.calibration(), findings).document()


def _age(record: Record) -> tuple[bool, datetime]:
    return record.created is None, record.created or _FIRST


def _is_known(record: Record, hit: Hit) -> bool:
    """Whether the tracker says already that they are duplicates."""
    marked = {original.id for original in record.duplicate_of if original.project == hit.project}
    return hit.source == record.source and not marked.isdisjoint((hit.id, hit.duplicate_of, *hit.folded))


def reasons(collection: Collection, record: Record, others: Sequence[Record], k: int) -> Iterator[str]:
    """Why each of the first k others may say the same; all of them tell how rare a word is."""
    ours, *theirs = _texts(collection, [record, *others])
    return _whys(ours, theirs, k)


def _texts(collection: Collection, records: Sequence[Record]) -> list[ComposedText]:
    boilerplate = collection.store.boilerplate()
    return [compose(record, boilerplate) for record in records]


def _judged(hit: Hit, *, is_copy: bool) -> Hit:
    return replace(hit, verdict=VERDICTS[0]) if is_copy else hit


def _whys(ours: ComposedText, theirs: Sequence[ComposedText], k: int) -> Iterator[str]:
    rarity = rarities([ours, *theirs])
    return (_SAME if text == ours else _why(ours, text, rarity) for text in theirs[:k])


def _why(ours: ComposedText, theirs: ComposedText, rarity: dict[str, float]) -> str:
    reasons = compare(ours, theirs, rarity)
    codes = [code for fact in reasons.facts if fact.kind == "code" for code in fact.both]
    said = list(dict.fromkeys([*codes, *reasons.words]))[:_MAX_SAID]
    parts = [f"both say {', '.join(said)}"] if said else []
    return "; ".join([*parts, *(_difference(fact) for fact in reasons.facts if not fact.agrees)])


def _difference(fact: Fact) -> str:
    return f"{fact.kind} {', '.join(fact.left)} here, {', '.join(fact.right)} there"
