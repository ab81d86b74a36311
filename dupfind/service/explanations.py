"""The reasons for each hit as JSON: the sentences, words and facts that it shares with the query."""

from typing import cast

from dupfind.json_types import FactKind, SegmentJson, WhyJson
from dupfind.ranking.ranker import FAMILIES
from dupfind.search.lookup import HOLDS
from dupfind.search.match import Match, SearchResponse
from dupfind.text.explanations import Reasons, Segments, compare, rarities


def explanations(response: SearchResponse) -> list[WhyJson]:
    """Return one explanation a match, in their order; rarity of words is counted over the query and its matches."""
    texts = [match.text for match in response.matches]
    rarity = rarities([response.text, *texts])
    return [
        {
            **explanation_fields(compare(response.text, text, rarity)),
            "holds": HOLDS[match.held],
            "order": _order(match),
        }
        for match, text in zip(response.matches, texts, strict=True)
    ]


def _order(match: Match) -> dict[str, float]:
    """Return what each kind of evidence adds to a match's place; empty for a hit after the candidates."""
    return {name: round(value, 2) for name, value in zip(FAMILIES, match.order, strict=bool(match.order))}


def explanation_fields(reasons: Reasons) -> WhyJson:
    """Return the reasons as a JSON object; "asked" is of the first text, "found" of the second."""
    return {
        "sentences": [
            {"asked": _pieces(aligned.left), "found": _pieces(aligned.right)} for aligned in reasons.sentences
        ],
        "words": list(reasons.words),
        "facts": [
            {
                "kind": cast(FactKind, fact.kind),
                "both": list(fact.both),
                "asked": list(fact.left),
                "found": list(fact.right),
            }
            for fact in reasons.facts
        ],
    }


def _pieces(segments: Segments) -> list[SegmentJson]:
    return [{"text": text, "shared": is_shared} for text, is_shared in segments]
