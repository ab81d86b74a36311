"""Compare an issue with its matches by their whole texts: copies first, verdicts that follow, and reasons (pure)."""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from dupfind.check.likeness import LEAST_SCORE, Likeness, likeness
from dupfind.check.results import VERDICTS
from dupfind.records import Record
from dupfind.results import Hit
from dupfind.search.match import Match, SearchResponse
from dupfind.text.composition import ComposedText, compose
from dupfind.text.explanations import Fact, compare, rarities
from dupfind.verdict.differences import Difference

_MAX_WORDS = 6  # words in a reason
_SAME_TEXT = "both say the same, to the letter"
_NEARLY = "both say the same, but for small edits"


class ComparedMatch(NamedTuple):
    """A match with its verdict by the whole texts, and a reason.

    Attributes:
        match: As the search returned it.
        hit: Its hit, with the verdict that follows from the whole texts.
        why: The words that both share and the facts that differ; "" where they share none.
    """

    match: Match
    hit: Hit
    why: str


def compared_matches(
    record: Record, response: SearchResponse, matches: Sequence[Match], k: int
) -> list[ComparedMatch]:
    """Return the first k matches of an issue: copies, then near-copies, then the others in their order.

    A copy or near-copy is a likely duplicate with any calibration. A match that differs in platform, version, object
    or direction has no verdict.

    Args:
        record: The issue.
        response: The answer to the search for it.
        matches: The matches of the response that count.
        k: Number of matches, at most.
    """
    compared = []
    for match in matches:
        text = _text(match, response.text)
        is_near = match.hit.score >= LEAST_SCORE or match.hit.verdict is not None or text == response.text
        relation = Likeness()
        if is_near:
            relation = likeness(
                record,
                match.record,
                is_same_text=text == response.text,
                fingerprint=match.text_fingerprint,
            )
        compared.append((match, text, relation))
    compared.sort(key=lambda each: (not each[2].is_copy, not each[2].is_near_copy))  # a stable sort
    rarity = rarities([response.text, *(text for _, text, _ in compared)])
    results = []
    for match, text, relation in compared[:k]:
        hit = match.hit
        if relation.says_the_same and response.can_judge:
            hit, why = replace(hit, verdict=VERDICTS[0]), _SAME_TEXT if relation.is_copy else _NEARLY
        else:
            why = _reason(response.text, text, rarity)
        if relation.difference is not None:
            hit, why = replace(hit, verdict=None), _set_apart(relation.difference, why)
        results.append(ComparedMatch(match, hit, why))
    return results


def _text(match: Match, query: ComposedText) -> ComposedText:
    """Return the text of a match; a match that may be a copy is composed as the query was."""
    text = match.text
    # The stored text lacks the lines that were boilerplate when it was indexed and are not any more.
    may_be_copy = text != query and text.title == query.title
    return compose(match.record, match.boilerplate) if may_be_copy else text


def _set_apart(difference: Difference, why: str) -> str:
    """Return the reason of a match that differs in one thing; that thing comes first."""
    here, there = (side or "not so" for side in (difference.left, difference.right))
    apart = f"{difference.kind}: {here} here, {there} there"
    return f"{apart}; {why}" if why else apart


def _reason(text: ComposedText, other: ComposedText, rarity: dict[str, float]) -> str:
    compared = compare(text, other, rarity)
    codes = [code for fact in compared.facts if fact.kind == "code" for code in fact.both]
    words = list(dict.fromkeys([*codes, *compared.words]))[:_MAX_WORDS]
    parts = [f"both say {', '.join(words)}"] if words else []
    return "; ".join([*parts, *(_difference(fact) for fact in compared.facts if not fact.agrees)])


def _difference(fact: Fact) -> str:
    return f"{fact.kind} {', '.join(fact.left)} here, {', '.join(fact.right)} there"
