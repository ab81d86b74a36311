"""The reason that a check gives for each match: what both say, or what sets them apart (pure)."""

from collections.abc import Sequence
from typing import NamedTuple

from dupfind.records import DECLINED, FIXED
from dupfind.results import Difference, Hit
from dupfind.search.match import Match, SearchResponse
from dupfind.text.composition import ComposedText
from dupfind.text.explanations import Fact, compare, rarities

_MAX_WORDS = 6  # words in a reason
_SAME_TEXT = "both say the same, to the letter"
_NEARLY = "both say the same, but for small edits"


class ComparedMatch(NamedTuple):
    """A match with a reason.

    Attributes:
        match: As the search returned it.
        why: The words that both share and the facts that differ; "" where they share none.
    """

    match: Match
    why: str


def compared_matches(response: SearchResponse, matches: Sequence[Match]) -> list[ComparedMatch]:
    """Return matches with their reasons, in their order.

    Args:
        response: The answer to the search for the issue.
        matches: Those to show.
    """
    rarity = rarities([response.text, *(match.text for match in matches)])
    return [ComparedMatch(match, _why(response.text, match, rarity)) for match in matches]


def _why(text: ComposedText, match: Match, rarity: dict[str, float]) -> str:
    hit = match.hit
    if hit.kind == "copy":
        return "; ".join(filter(None, (_SAME_TEXT if hit.is_exact else _NEARLY, _closing(hit))))
    if hit.kind == "recurring":
        return "a series: the same is filed again and again"
    why = _reason(text, match.text, rarity)
    if hit.difference is not None:
        return _set_apart(hit.difference, why)
    return "; ".join(filter(None, (_closing(hit), why)))


def _closing(hit: Hit) -> str:
    """Say how the original ended, where that matters for the new issue; else ""."""
    when = "" if hit.closed is None else f" on {hit.closed:%Y-%m-%d}"
    if hit.kind == "regression":
        return f"it was fixed{when}: a regression?"
    is_closed = hit.state == "closed" and hit.kind in ("copy", "declined")
    if is_closed and hit.resolution in DECLINED:
        return f"it was closed as not planned{when}"
    return f"it was fixed{when}" if is_closed and hit.resolution in FIXED else ""


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
