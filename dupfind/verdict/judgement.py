"""The one decision on a pair of records that every command shows: probability, verdict and kind (pure)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from dupfind.records import DECLINED, FIXED, Record
from dupfind.results import Difference
from dupfind.text.composition import ComposedText
from dupfind.verdict.bare_titles import say_nothing_alike
from dupfind.verdict.foreign_texts import have_no_words_in_common
from dupfind.verdict.model import VerdictModel
from dupfind.verdict.recurring import is_recurring
from dupfind.verdict.relation import COPY, Relation, relation

LEAST_SCORE = 0.75
"""Cosine similarity from which two texts are compared although the evidence alone says little."""

MAX_COMPARED = 40
"""Candidates of one query whose whole texts are compared. Copies to the letter are known without that."""

MAX_COMPARED_TRACES = 200
"""As `MAX_COMPARED`, for a query with a stack trace."""

APART = ("sibling", "recurring")
"""Kinds of pairs that are no duplicates although they look so."""

AgeKey = tuple[datetime, bool, str, str, str]

_NOW = datetime.max.replace(tzinfo=UTC)  # of a record without a time: it is being filed


def age_key(record: Record) -> AgeKey:
    """Return the key that sorts records oldest first; one without a time is new, and equal times go by name."""
    return record.created or _NOW, not record.id, record.source, record.project or "", record.id


@dataclass(frozen=True, slots=True)
class ComparedRecord:
    """A candidate of a query as the judge sees it.

    Attributes:
        record: As its tracker has it; the stored text may be cut.
        text: Composed with the same boilerplate as the query's.
        fingerprint: `text_fingerprint` of its whole text; "" where it is not known.
        score: Cosine similarity with the query.
        probability: By the evidence alone.
    """

    record: Record
    text: ComposedText
    fingerprint: str
    score: float
    probability: float


@dataclass(frozen=True, slots=True)
class Judgement:
    """The decision on a pair.

    Attributes:
        probability: That the two are duplicates, 0 to 1.
        kind: "copy", "regression", "declined" or "duplicate" where it may be a duplicate; "sibling" where one thing
            sets the two apart; "recurring" for a series with one text.
        is_exact: Whether both texts are the same to the letter.
        difference: What sets the two apart, or None; the query's side is `left`.
        evidence: The probability by the evidence alone, without the comparison of whole texts.
    """

    probability: float
    kind: str
    is_exact: bool = False
    difference: Difference | None = None
    evidence: float = 0.0


def judge(
    record: Record,
    text: ComposedText,
    fingerprint: str,
    others: Sequence[ComparedRecord],
    model: VerdictModel,
    times: Sequence[datetime | None] | None = None,
    *,
    knows_only_english: bool,
) -> list[Judgement]:
    """Judge a record and each of some candidates, by their whole texts and by the evidence.

    Args:
        record: The query.
        text: Its composed text.
        fingerprint: `text_fingerprint` of its whole text.
        others: The candidates that may be duplicates, and all copies to the letter that the index has.
        model: Gives copies their probability.
        times: Of all other records with the text of the query; None for those among the candidates.
        knows_only_english: Whether the model of the vectors does; nearness in other languages says little then.
    """
    is_copy = [fingerprint != "" and other.fingerprint == fingerprint for other in others]
    if times is None:
        times = [other.record.created for other, is_same in zip(others, is_copy, strict=True) if is_same]
    is_series = is_recurring(record.title, record.body, [record.created, *times])
    return [
        _judgement(record, text, other, is_same, is_series, model, knows_only_english=knows_only_english)
        for other, is_same in zip(others, is_copy, strict=True)
    ]


def _judgement(
    record: Record,
    text: ComposedText,
    other: ComparedRecord,
    is_copy: bool,
    is_series: bool,
    model: VerdictModel,
    *,
    knows_only_english: bool,
) -> Judgement:
    found = COPY if is_copy else relation(record, other.record, is_same_text=text == other.text)
    if is_copy and is_series:
        return Judgement(model.lowest, "recurring", is_exact=True, evidence=other.probability)
    if found.difference is not None:
        return Judgement(model.lowest, "sibling", difference=found.difference, evidence=other.probability)
    if found.is_near_copy and (is_series or is_recurring(other.record.title, other.record.body, ())):
        return Judgement(model.lowest, "recurring", evidence=other.probability)
    probability = _probability(found, other, model)
    is_by_evidence = not (found.is_copy or found.is_near_copy or found.has_same_trace)
    if (
        is_by_evidence
        and probability > model.lowest
        and (
            (knows_only_english and have_no_words_in_common(record, other.record))
            or say_nothing_alike(record, other.record)
        )
    ):
        probability = model.lowest
    return Judgement(
        probability,
        _kind(found, record, other.record),
        is_exact=is_copy,
        evidence=other.probability,
    )


def _probability(found: Relation, other: ComparedRecord, model: VerdictModel) -> float:
    if found.is_copy:
        return model.copy
    if found.is_near_copy:
        return max(model.near_copy, other.probability)
    if found.has_same_trace:
        return max(model.same_trace, other.probability)
    return other.probability


def _kind(found: Relation, record: Record, other: Record) -> str:
    """Return the kind of a pair that may be a duplicate; the older record's end decides, whichever is asked for."""
    if found.is_copy or found.is_near_copy:
        return "copy"
    older, newer = sorted((record, other), key=age_key)
    # An end of the older one matters to whoever has the newer one before them.
    if older.state == "closed" and newer.state != "closed":
        if older.resolution in DECLINED:
            return "declined"
        # What was filed before the fix is no regression.
        is_after = older.closed is None or older.closed <= (newer.created or _NOW)
        if older.resolution in FIXED and is_after:
            return "regression"
    return "duplicate"
