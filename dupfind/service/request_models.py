"""Parse and validate the JSON that clients send; unknown fields and wrong types are refused.

The annotations of `QueryRequest` and `NewIssue` are the one definition of the fields: pydantic validates requests by
them, and `openapi` describes them.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, TypeVar

from pydantic import Field, PlainValidator, TypeAdapter, ValidationError, WithJsonSchema

from dupfind.records import Record
from dupfind.search.match import SearchRequest
from dupfind.service.responses import Refusal
from dupfind.service.webhooks import is_webhook, webhook_record
from dupfind.tables.short_repr import shown
from dupfind.verdict.bands import BALANCED, MODES

T = TypeVar("T")

MAX_K = 100
ORIGINALS = 3
"""Originals returned for each new issue unless the request says how many."""

MAX_CHECKED = 20
"""New issues in one request."""


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("must be a string")
    return value


def _id(value: object) -> str:
    if isinstance(value, int | float) and not isinstance(value, bool) and value == value // 1:
        return str(int(value))  # a number, as GitHub's JSON has it; 7.0 is a whole one in JSON
    if not isinstance(value, str):
        raise ValueError("must be a string or a whole number")
    return value


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError("must be true or false")
    return value


def _count(value: object) -> int:
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # JSON does not distinguish 10 from 10.0
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MAX_K:
        raise ValueError(f"must be a whole number from 1 to {MAX_K}")
    return value


def _cosine(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not -1 <= value <= 1:
        raise ValueError("must be a number from -1 to 1")
    return float(value)


def _state(value: object) -> str:
    if value not in ("open", "closed"):
        raise ValueError('must be "open" or "closed"')
    return str(value)


def _searched_state(value: object) -> str | None:
    if value not in ("open", "closed", "all"):
        raise ValueError('must be "open", "closed" or "all"')
    return None if value == "all" else str(value)


def _mode(value: object) -> str:
    if value not in MODES:
        raise ValueError(f"must be one of {', '.join(MODES)}")
    return str(value)


def _time(value: object) -> datetime:
    text = _text(value)
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError("must be a date or a time, such as 2024-01-31T09:30:00Z") from None
    return time if time.tzinfo else time.replace(tzinfo=UTC)


# pydantic's own types would refuse a lone surrogate, accept "10" for 10, and read dates differently.
Text = Annotated[str, PlainValidator(_text), WithJsonSchema({"type": "string"})]
Id = Annotated[str, PlainValidator(_id), WithJsonSchema({"type": ["string", "integer"]})]
Flag = Annotated[bool, PlainValidator(_flag), WithJsonSchema({"type": "boolean"})]
Count = Annotated[
    int, PlainValidator(_count), WithJsonSchema({"type": "integer", "minimum": 1, "maximum": MAX_K})
]
Cosine = Annotated[
    float, PlainValidator(_cosine), WithJsonSchema({"type": "number", "minimum": -1, "maximum": 1})
]
State = Annotated[
    Literal["open", "closed"],
    PlainValidator(_state),
    WithJsonSchema({"type": "string", "enum": ["open", "closed"]}),
]
SearchedState = Annotated[
    Literal["open", "closed"] | None,  # "all", as the command line has it, becomes None
    PlainValidator(_searched_state),
    WithJsonSchema({"type": "string", "enum": ["open", "closed", "all"]}),
]
Mode = Annotated[str, PlainValidator(_mode), WithJsonSchema({"type": "string", "enum": list(MODES)})]
Time = Annotated[datetime, PlainValidator(_time), WithJsonSchema({"type": "string", "format": "date-time"})]


@dataclass(frozen=True, slots=True)
class QueryRequest:
    """A query: one of text, title (with body) or id."""

    text: Annotated[Text | None, Field(description="A title line, and a body after it")] = None
    title: Annotated[Text | None, Field(description="The title of a new issue")] = None
    body: Annotated[Text | None, Field(description="Its body")] = None
    id: Annotated[Id | None, Field(description="An indexed issue, by its tracker's id")] = None
    k: Annotated[Count, Field(description="Number of hits")] = 10
    min_score: Annotated[Cosine | None, Field(description="Smallest cosine similarity of a hit")] = None
    state: Annotated[SearchedState | None, Field(description="Only issues in this state")] = None
    project: Annotated[
        Text | None, Field(description="Only issues of this project; with id, the project of that issue")
    ] = None
    source: Annotated[
        Text | None, Field(description="Only issues of this source; with id, the source of that issue")
    ] = None
    before: Annotated[Time | None, Field(description="Only issues created before this time")] = None
    fold: Annotated[Flag, Field(description="One hit for each cluster that the tracker links")] = False
    verdicts: Annotated[Mode, Field(description="How readily a hit is called possible")] = BALANCED
    why: Annotated[Flag, Field(description="Explain what each hit and the query have in common")] = False
    exact: Annotated[
        Flag, Field(description="Exactly the scores of `dupfind query`, by the slower engine")
    ] = False

    def search(self, record: Record | None = None) -> SearchRequest:
        """Return the search to run; for an indexed record, project and source do not filter."""
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
            self.verdicts,
        )


@dataclass(frozen=True, slots=True)
class NewIssue:
    """An issue that is about to be filed."""

    title: Annotated[Text, Field(description="Its title")]
    body: Annotated[Text, Field(description="Its text")] = ""
    id: Annotated[
        Id, Field(description="Its id in the tracker, if it has one: it is then not its own duplicate")
    ] = ""
    source: Annotated[Text, Field(description="The source in the index that it belongs to")] = ""
    project: Annotated[Text | None, Field(description="The project that it belongs to")] = None
    created_at: Annotated[Time | None, Field(description="When it was filed")] = None
    state: Annotated[
        State | None, Field(description="Shown when a later issue of the same request is similar")
    ] = None
    url: Annotated[Text | None, Field(description="Shown with the state")] = None

    def record(self) -> Record:
        """Return the issue as a record."""
        return Record(
            id=self.id,
            title=self.title,
            body=self.body,
            source=self.source,
            project=self.project,
            created=self.created_at,
            state=self.state,
            url=self.url,
        )


@dataclass(frozen=True, slots=True)
class CheckRequest:
    """The issues that are about to be filed.

    Attributes:
        records: At least one; none for a webhook that tells of no issue.
        k: Number of originals to return for each.
        verdicts: How readily "possible" is said.
    """

    records: tuple[Record, ...]
    k: int
    verdicts: str = BALANCED


QUERY = TypeAdapter(QueryRequest)
NEW_ISSUE = TypeAdapter(NewIssue)


def parse(body: bytes) -> dict[str, Any]:
    """Parse a JSON object.

    Raises:
        Refusal: The body is not a JSON object, or not UTF-8.
    """
    try:
        # Python's json accepts NaN and Infinity, which are no JSON.
        value = json.loads(body.decode("utf-8"), parse_constant=_refuse_constant)
    except UnicodeDecodeError as error:
        raise Refusal(400, f"the body is not UTF-8 (byte {error.start})") from None
    except RecursionError:
        raise Refusal(400, "the body is not valid JSON: it is nested too deep") from None
    except ValueError as error:
        raise Refusal(400, f"the body is not valid JSON: {error}") from None
    if not isinstance(value, dict):
        raise Refusal(400, 'send a JSON object, such as {"title": "..."}')
    return value


def query_request(values: Mapping[str, Any]) -> QueryRequest:
    """Validate the fields of `POST /query`.

    Raises:
        Refusal: A field is unknown or of a wrong type, or the fields name no query or several.
    """
    names = [field.name for field in fields(QueryRequest)]
    unknown = values.keys() - set(names)
    if unknown:
        raise Refusal(400, f"unknown field {shown(min(unknown))}: the fields are {', '.join(names)}")
    request = _validated(QUERY, values)
    has_parts = request.title is not None or request.body is not None
    if (request.text is not None) + has_parts + (request.id is not None) != 1:
        raise Refusal(400, "give one of text, title (with body), or id")
    return request


def check_request(values: Mapping[str, Any]) -> CheckRequest:
    """Validate the fields of `POST /check`: one issue, a list of issues, or a tracker's webhook.

    Raises:
        Refusal: They are none of these; the message names the field.
    """
    if is_webhook(values):
        try:
            record = webhook_record(values)
        except ValueError as error:
            raise Refusal(400, str(error)) from None
        return CheckRequest(() if record is None else (record,), ORIGINALS)
    try:
        k = _count(values.get("k", ORIGINALS))
    except ValueError as error:
        raise Refusal(400, f"k {error}") from None
    try:
        verdicts = _mode(values.get("verdicts", BALANCED))
    except ValueError as error:
        raise Refusal(400, f"verdicts {error}") from None
    rest = {name: value for name, value in values.items() if name not in ("k", "verdicts")}
    if "issues" not in rest:
        return CheckRequest((_new_issue(rest),), k, verdicts)
    issues = rest.pop("issues")
    if rest:
        raise Refusal(
            400, f"unknown field {shown(min(rest))} next to issues: only k and verdicts are allowed there"
        )
    if not isinstance(issues, list) or not 1 <= len(issues) <= MAX_CHECKED:
        raise Refusal(400, f"issues must be a list of 1 to {MAX_CHECKED} objects")
    # The answer refers to issues by id, so one without an id is given its place in the list.
    records = [_new_issue(issue) for issue in issues]
    numbered = (replace(record, id=record.id or f"issues:{place}") for place, record in enumerate(records, 1))
    return CheckRequest(tuple(numbered), k, verdicts)


def _new_issue(values: object) -> Record:
    if not isinstance(values, dict):
        raise Refusal(400, "an issue must be an object")
    names = [field.name for field in fields(NewIssue)]
    unknown = values.keys() - set(names)
    if unknown:
        raise Refusal(
            400, f"unknown field {shown(min(unknown))} of an issue: the fields are {', '.join(names)}"
        )
    if "title" not in values:
        raise Refusal(400, "an issue needs a title")
    title = "" if values["title"] is None else values["title"]
    return _validated(NEW_ISSUE, values | {"title": title}).record()


def _validated(adapter: TypeAdapter[T], values: Mapping[str, Any]) -> T:
    """Validate fields whose names are known; null is as good as absent.

    Raises:
        Refusal: A field is of a wrong type; the message names the first one.
    """
    try:
        return adapter.validate_python({name: value for name, value in values.items() if value is not None})
    except ValidationError as error:
        messages = {error["loc"][0]: error["ctx"]["error"] for error in error.errors(include_input=False)}
        name = next(name for name in values if name in messages)
        raise Refusal(400, f"{name} {messages[name]}") from None


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not a JSON number")
