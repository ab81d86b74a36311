"""A record as one line of JSON, and back."""

import json
from datetime import datetime
from typing import Any

from dupfind.records import Comment, Record, Ref


def record_line(record: Record) -> bytes:
    """Return a record as JSON on one line, in ASCII, without its source."""
    fields: dict[str, Any] = {
        "id": record.id,
        "title": record.title,
        "body": record.body,
        "project": record.project,
        "state": record.state,
        "resolution": record.resolution,
        "created": _text(record.created),
        "updated": _text(record.updated),
        "url": record.url,
        "duplicate_of": [list(ref) for ref in record.duplicate_of],
        "closed": _text(record.closed),
        "n_children": record.n_children,
        "n_responses": record.n_responses,
        "comments": [
            [comment.text, _text(comment.at), comment.is_by_program, comment.is_restricted]
            for comment in record.comments
        ],
    }
    kept = {name: value for name, value in fields.items() if value is not None and value not in ([], 0)}
    return json.dumps(kept).encode("ascii")


def record_of(line: bytes, source: str) -> Record:
    """Return the record of a line.

    Args:
        line: From `record_line`; anything else is refused.
        source: Name of its source.

    Raises:
        ValueError: The line holds no record.
    """
    try:
        fields = json.loads(line)
        if not isinstance(fields, dict):
            raise ValueError("no object")
        record = Record(
            id=_str(fields["id"]),
            title=_str(fields["title"]),
            body=_str(fields.get("body", "")),
            source=source,
            project=_optional(fields.get("project")),
            state=_optional(fields.get("state")),
            resolution=_optional(fields.get("resolution")),
            created=_time(fields.get("created")),
            updated=_time(fields.get("updated")),
            url=_optional(fields.get("url")),
            duplicate_of=tuple(
                Ref(_optional(project), _str(id)) for project, id in fields.get("duplicate_of", ())
            ),
            closed=_time(fields.get("closed")),
            n_children=_int(fields.get("n_children", 0)),
            n_responses=_int(fields.get("n_responses", 0)),
            comments=tuple(
                Comment(_str(text), _time(at), _bool(is_by_program), _bool(is_restricted))
                for text, at, is_by_program, is_restricted in fields.get("comments", ())
            ),
        )
    except (KeyError, TypeError, RecursionError) as error:
        raise ValueError(str(error)) from error
    if record.state not in (None, "open", "closed"):
        raise ValueError(f"the state {record.state!r:.40}")
    return record


def _text(time: datetime | None) -> str | None:
    return None if time is None else time.isoformat()


def _time(value: object) -> datetime | None:
    if value is None:
        return None
    time = datetime.fromisoformat(_str(value))
    if time.tzinfo is None:
        raise ValueError(f"{time} without a time zone")
    return time


def _str(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{value!r:.40} is no text")
    return value


def _optional(value: object) -> str | None:
    return None if value is None else _str(value)


def _int(value: object) -> int:
    if type(value) is not int:
        raise ValueError(f"{value!r:.40} is no whole number")
    return value


def _bool(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"{value!r:.40} is neither true nor false")
    return value
