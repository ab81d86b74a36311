"""Questions: the JSON that clients send, checked at the door; what is unknown or of another type is refused."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from dupfind.records import Record
from dupfind.search.match import SearchRequest
from dupfind.service.responses import Refusal
from dupfind.service.webhooks import is_webhook, sent_record

MAX_K = 100
ORIGINALS = 3
"""Originals of a new issue that are told where nobody says how many."""

MAX_CHECKED = 20
"""New issues in one request."""


@dataclass(frozen=True, slots=True)
class QueryRequest:
    """What `POST /query` is asked.

    Attributes:
        text: A title line and a body, or None.
        title: A title, or None.
        body: A body beside it.
        id: An indexed record, or None.
        k: Hits wanted.
        min_score: Cosine similarity below which a record is no hit.
        state: "open" or "closed".
        project: Only of this project; with `id`, of which project the record is.
        source: Only of this source; with `id`, of which source the record is.
        before: Only what was created before.
        fold: One hit a cluster.
        why: Whether each hit tells what it has in common with the question.
        exact: Whether the vectors are those of `dupfind query`, to the last bit, and not those of the faster engine.
    """

    text: str | None = None
    title: str | None = None
    body: str | None = None
    id: str | None = None
    k: int = 10
    min_score: float | None = None
    state: str | None = None
    project: str | None = None
    source: str | None = None
    before: datetime | None = None
    fold: bool = False
    why: bool = False
    exact: bool = False

    def wanted(self, record: Record | None = None) -> SearchRequest:
        """What the search takes; where a record is meant, project and source have named it."""
        own = Record(id="", title=self.title or "", body=self.body or "") if self.text is None else self.text
        return SearchRequest(
            own if record is None else record,
            self.k,
            self.min_score,
            self.state,
            self.project if record is None else None,
            self.source if record is None else None,
            self.before,
            self.fold,
        )


def parse(body: bytes) -> dict[str, Any]:
    """A JSON object.

    Raises:
        Refusal: It is none, or not UTF-8.
    """
    try:
        fields = json.loads(body.decode("utf-8"), parse_constant=_no_number)
    except UnicodeDecodeError as error:
        raise Refusal(400, f"the body is not UTF-8 (byte {error.start})") from None
    except RecursionError:
        raise Refusal(400, "the body is no JSON that can be read: it is nested too deep") from None
    except ValueError as error:
        raise Refusal(400, f"the body is no JSON that can be read: {error}") from None
    if not isinstance(fields, dict):
        raise Refusal(400, 'send a JSON object, such as {"title": "..."}')
    return fields


def query_request(fields: Mapping[str, Any]) -> QueryRequest:
    """Check the fields of a question.

    Raises:
        Refusal: One is unknown or of another type, or they do not say what is meant.
    """
    unknown = sorted(fields.keys() - _TYPES.keys())
    if unknown:
        raise Refusal(400, f"no field {unknown[0]!r}: there are {', '.join(_TYPES)}")
    asked = QueryRequest(
        **{name: _TYPES[name](name, value) for name, value in fields.items() if value is not None}
    )
    has_parts = asked.title is not None or asked.body is not None
    if (asked.text is not None) + has_parts + (asked.id is not None) != 1:
        raise Refusal(400, "give one of text, title (with body), or id")
    return asked


@dataclass(frozen=True, slots=True)
class CheckRequest:
    """What `POST /check` is asked: the issues that are about to be filed, and how many originals of each are wanted."""

    records: tuple[Record, ...]
    k: int


def check_request(fields: Mapping[str, Any]) -> CheckRequest:
    """Check the fields of `POST /check`: one issue, a list of issues, or a tracker's webhook.

    Raises:
        Refusal: It is none of them; the text names the field.
    """
    if is_webhook(fields):
        try:
            sent = sent_record(fields)
        except ValueError as error:
            raise Refusal(400, str(error)) from None
        return CheckRequest(() if sent is None else (sent,), ORIGINALS)
    k = _k("k", fields.get("k", ORIGINALS))
    rest = {name: value for name, value in fields.items() if name != "k"}
    if "issues" not in rest:
        return CheckRequest((_new(rest),), k)
    issues = rest.pop("issues")
    if rest:
        raise Refusal(400, f"no field {min(rest)!r} beside issues: there is k")
    if not isinstance(issues, list) or not 1 <= len(issues) <= MAX_CHECKED:
        raise Refusal(400, f"issues must be a list of 1 to {MAX_CHECKED} objects")
    # An issue among others needs a name by which the answer can speak of it.
    new = (replace(it, id=it.id or f"issues:{number}") for number, it in enumerate(map(_new, issues), 1))
    return CheckRequest(tuple(new), k)


def _new(fields: object) -> Record:
    if not isinstance(fields, dict):
        raise Refusal(400, "an issue must be an object")
    unknown = sorted(fields.keys() - _NEW.keys())
    if unknown:
        raise Refusal(400, f"no field {unknown[0]!r} of an issue: there are {', '.join(_NEW)}")
    if "title" not in fields:
        raise Refusal(400, "an issue needs a title")
    known = {_NEW[name]: _check(name, value) for name, value in fields.items() if value is not None}
    return Record(**{"id": "", "title": "", **known})


def _check(name: str, value: object) -> Any:
    checks = {"created_at": _moment, "state": _state}
    return checks.get(name, _text)(name, value)


_NEW = {
    "title": "title",
    "body": "body",
    "id": "id",
    "source": "source",
    "project": "project",
    "created_at": "created",
    "state": "state",
    "url": "url",
}
"""An issue's fields in JSON, and in a Record."""


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is no number of JSON's")


def _text(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise Refusal(400, f"{name} must be a string")
    return value


def _flag(name: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise Refusal(400, f"{name} must be true or false")
    return value


def _k(name: str, value: object) -> int:
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # to JSON 10 and 10.0 are one number
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MAX_K:
        raise Refusal(400, f"{name} must be a whole number from 1 to {MAX_K}")
    return value


def _score(name: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not -1 <= value <= 1:
        raise Refusal(400, f"{name} must be a number from -1 to 1")
    return float(value)


def _state(name: str, value: object) -> str:
    if value not in ("open", "closed"):
        raise Refusal(400, f'{name} must be "open" or "closed"')
    return str(value)


def _moment(name: str, value: object) -> datetime:
    try:
        when = datetime.fromisoformat(_text(name, value))
    except ValueError:
        raise Refusal(400, f"{name} must be a date or a time, such as 2024-01-31T09:30:00Z") from None
    return when if when.tzinfo else when.replace(tzinfo=UTC)


_TYPES: dict[str, Callable[[str, object], Any]] = {
    "text": _text,
    "title": _text,
    "body": _text,
    "id": _text,
    "k": _k,
    "min_score": _score,
    "state": _state,
    "project": _text,
    "source": _text,
    "before": _moment,
    "fold": _flag,
    "why": _flag,
    "exact": _flag,
}
