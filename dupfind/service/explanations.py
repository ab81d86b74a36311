"""Whys: what each hit has in common with the question, as JSON."""

from collections.abc import Sequence
from typing import Any

from dupfind.collection.collection import Collection
from dupfind.records import Record
from dupfind.results import Hit
from dupfind.text import composition
from dupfind.text.explanations import Reasons, Segments, compare, rarities


def explanations(collection: Collection, query: str | Record, hits: Sequence[Hit]) -> list[dict[str, Any]]:
    """One why a hit; a word is as rare as it is among the question and its hits."""
    boilerplate = collection.store.boilerplate()
    title, _, body = (
        query.strip().partition("\n") if isinstance(query, str) else (query.title, "", query.body)
    )
    asked = composition.compose(Record(id="", title=title, body=body), boilerplate)
    found = [composition.compose(record, boilerplate) for record in _records(collection, hits)]
    rarity = rarities([asked, *found])
    return [explanation_fields(compare(asked, text, rarity)) for text in found]


def _records(collection: Collection, hits: Sequence[Hit]) -> list[Record]:
    """What the hits stand for; one that a writer has taken away since says its title."""
    return [collection.record(hit) or Record(id=hit.id, title=hit.title) for hit in hits]


def explanation_fields(reasons: Reasons) -> dict[str, Any]:
    """What two texts have in common, as JSON."""
    return {
        "sentences": [
            {"asked": _pieces(aligned.left), "found": _pieces(aligned.right)} for aligned in reasons.sentences
        ],
        "words": list(reasons.words),
        "facts": [
            {"kind": fact.kind, "both": list(fact.both), "asked": list(fact.left), "found": list(fact.right)}
            for fact in reasons.facts
        ],
    }


def _pieces(segments: Segments) -> list[dict[str, Any]]:
    return [{"text": text, "shared": is_shared} for text, is_shared in segments]
