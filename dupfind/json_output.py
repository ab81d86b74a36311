"""Answers: what a search gives as the JSON that `dupfind query --json` prints and the service sends."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from dupfind.records import Record
from dupfind.results import Hit

SCHEMA_VERSION = 1


def answer(
    query: str, is_judged: bool, index: Mapping[str, Any], hits: Sequence[Hit], fold: bool
) -> dict[str, Any]:
    """The whole answer to a query.

    Args:
        query: What was asked: a text, or an issue's title.
        is_judged: Whether it has words enough for a verdict.
        index: `Collection.summary`.
        hits: Best first.
        fold: Whether clusters were folded, so that hits name what is folded into them.
    """
    return {
        "schema_version": SCHEMA_VERSION,
        "query": query,
        "judged": is_judged,
        "index": dict(index),
        "hits": [hit_fields(hit, fold) for hit in hits],
    }


def hit_fields(hit: Hit, fold: bool) -> dict[str, Any]:
    """One hit."""
    fields: dict[str, Any] = {
        "rank": hit.rank,
        "id": hit.id,
        "source": hit.source,
        "project": hit.project,
        "title": hit.title,
        "state": hit.state,
        "url": hit.url,
        "created_at": shown_time(hit.created),
        "score": hit.score,
        "lexical": hit.lexical,
        "probability": hit.probability,
        "verdict": hit.verdict,
        "duplicate_of": hit.duplicate_of,
    }
    return fields | {"folded": list(hit.folded)} if fold else fields


def record_fields(record: Record) -> dict[str, Any]:
    """One issue as the index has it, with its body."""
    return {
        "id": record.id,
        "source": record.source,
        "project": record.project,
        "title": record.title,
        "body": record.body,
        "state": record.state,
        "resolution": record.resolution,
        "url": record.url,
        "created_at": shown_time(record.created),
        "updated_at": shown_time(record.updated),
        "duplicate_of": [{"project": ref.project, "id": ref.id} for ref in record.duplicate_of],
    }


def shown_time(when: datetime | None) -> str | None:
    """A moment as JSON and tables show it: UTC, to the second, or to what is finer where it is given."""
    if when is None:
        return None
    return when.astimezone(UTC).isoformat().replace("+00:00", "Z")
