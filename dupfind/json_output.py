"""Build the JSON of hits and issues, as `dupfind query --json` prints it and the service sends it."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Literal, cast

from dupfind.records import Record
from dupfind.results import Hit

if TYPE_CHECKING:
    from dupfind.json_types import AnswerJson, HitJson, IndexJson, IssueJson, Kind, Verdict

SCHEMA_VERSION: Final[Literal[1]] = 1


def answer(
    query: str, is_judged: bool, index: dict[str, Any], hits: Sequence[Hit], fold: bool
) -> "AnswerJson":
    """Return the whole answer to a query.

    Args:
        query: The text, or an issue's title.
        is_judged: Whether the query has words enough for a verdict.
        index: From `Collection.summary`.
        hits: Best first.
        fold: Whether clusters were folded; hits then list the ids folded into them.
    """
    return {
        "schema_version": SCHEMA_VERSION,
        "query": query,
        "judged": is_judged,
        "index": cast("IndexJson", dict(index)),
        "hits": [hit_fields(hit, fold) for hit in hits],
    }


def hit_fields(hit: Hit, fold: bool) -> "HitJson":
    """Return one hit."""
    fields: HitJson = {
        "rank": hit.rank,
        "id": hit.id,
        "source": hit.source,
        "project": hit.project,
        "title": hit.title,
        "state": hit.state,
        "resolution": hit.resolution,
        "url": hit.url,
        "created_at": shown_time(hit.created),
        "closed_at": shown_time(hit.closed),
        "score": hit.score,
        "lexical": hit.lexical,
        "probability": hit.probability,
        "verdict": cast("Verdict | None", hit.verdict),
        "kind": cast("Kind | None", hit.kind),
        "difference": None
        if hit.difference is None
        else {"kind": hit.difference.kind, "asked": hit.difference.left, "found": hit.difference.right},
        "duplicate_of": hit.duplicate_of,
    }
    if fold:
        fields["folded"] = list(hit.folded)
    return fields


def record_fields(record: Record) -> "IssueJson":
    """Return one issue as the index has it, with its body."""
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
        "closed_at": shown_time(record.closed),
        "duplicate_of": [{"project": ref.project, "id": ref.id} for ref in record.duplicate_of],
    }


def shown_time(when: datetime | None) -> str | None:
    """Return a moment as JSON and tables show it: UTC, to the second, or finer where the tracker is."""
    if when is None:
        return None
    return when.astimezone(UTC).isoformat().replace("+00:00", "Z")
