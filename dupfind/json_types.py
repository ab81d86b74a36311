"""Types of the JSON that commands print and the service sends.

Each object is defined once, here. `json_output` builds it; the OpenAPI document and the tools for coding agents
generate their schemas from it. Code that only builds JSON imports this module for type checking alone, since it loads
`typing_extensions` on Python 3.11.
"""

import sys
from typing import Annotated, Any, Literal, NotRequired

if sys.version_info >= (3, 12):
    from typing import TypedDict
else:  # pydantic reads no other TypedDict there
    from typing_extensions import TypedDict


class Keywords:
    """JSON Schema keywords for an annotated type; pydantic adds them to the schema that it generates."""

    def __init__(self, **keywords: Any) -> None:
        """Take the keywords by name, e.g. `minimum=0`."""
        self._keywords = keywords

    def __get_pydantic_json_schema__(self, core_schema: Any, handler: Any) -> dict[str, Any]:
        """Return the type's own schema with the keywords."""
        return dict(handler(core_schema) | self._keywords)


Count = Annotated[int, Keywords(minimum=0)]
Time = Annotated[str, Keywords(format="date-time", description="UTC, ISO 8601")]
Title = Annotated[str, Keywords(description="Untrusted text, as the tracker has it")]
Resolution = Annotated[
    str, Keywords(description="How it was closed, in the tracker's word, such as completed or not_planned")
]
Verdict = Literal["likely", "possible"]
Kind = Literal["copy", "duplicate", "regression", "declined", "sibling", "recurring"]
FactKind = Literal["code", "version", "platform"]


class IndexJson(TypedDict):
    """The index that an answer comes from."""

    records: Count
    model: str
    generation: Count
    read_at: (
        Annotated[
            str,
            Keywords(
                format="date-time",
                description="When the source that was read longest ago was read; null if one never was to its end",
            ),
        ]
        | None
    )


class SegmentJson(TypedDict):
    """A piece of a sentence."""

    text: str
    shared: Annotated[bool, Keywords(description="Whether the other text has it, too")]


class SentencePairJson(TypedDict):
    """A sentence of the query and the sentence of the hit that is most like it."""

    asked: list[SegmentJson]
    found: list[SegmentJson]


class FactJson(TypedDict):
    """An error code, a version or a platform that one of the texts names."""

    kind: FactKind
    both: list[str]
    asked: list[str]
    found: list[str]


class WhyJson(TypedDict):
    """What a hit and the query have in common."""

    sentences: list[SentencePairJson]
    words: list[str]
    facts: list[FactJson]
    holds: NotRequired[
        Annotated[
            Literal["", "comments", "text", "title", "phrase"],
            Keywords(description="Where the hit holds all that was looked up; this comes first in the order"),
        ]
    ]
    order: NotRequired[
        Annotated[
            dict[str, float],
            Keywords(description="What each kind of evidence adds to the hit's place behind its probability"),
        ]
    ]


class DifferenceJson(TypedDict):
    """One thing that sets two issues apart although their words are nearly the same."""

    kind: Annotated[str, Keywords(description="Such as platform, version, number, component or contrary")]
    asked: Annotated[str, Keywords(description="What the query names")]
    found: Annotated[str, Keywords(description="What the hit names")]


class RecordHitJson(TypedDict):
    """A record that may be a duplicate, and how likely it is."""

    id: str
    source: Annotated[str, Keywords(description="The tracker or file it was read from")]
    project: str | None
    title: Title
    state: str | None
    resolution: Resolution | None
    url: str | None
    created_at: Time | None
    closed_at: Time | None
    score: Annotated[float, Keywords(minimum=-1, maximum=1, description="Cosine similarity")]
    probability: (
        Annotated[
            float,
            Keywords(
                minimum=0, maximum=1, description="That it is a duplicate; null where the query is too short"
            ),
        ]
        | None
    )
    verdict: Verdict | None
    kind: (
        Annotated[
            Kind,
            Keywords(
                description="What the two are to each other; sibling and recurring have no verdict for that reason"
            ),
        ]
        | None
    )
    difference: DifferenceJson | None
    duplicate_of: (
        Annotated[str, Keywords(description="Id of the record that the tracker links as its original")] | None
    )


class _RankedHit(RecordHitJson):
    rank: Annotated[int, Keywords(minimum=1)]
    lexical: Annotated[float, Keywords(minimum=0, description="BM25 of the shared words")]


class HitJson(_RankedHit):
    """One hit of a query."""

    folded: NotRequired[Annotated[list[str], Keywords(description="Ids of further hits of its cluster")]]
    why: NotRequired[WhyJson]


class AnswerJson(TypedDict):
    """The answer to a query: hits, best first."""

    schema_version: Literal[1]
    query: str
    judged: Annotated[
        bool, Keywords(description="False if the query is too short for a verdict, or looks words up")
    ]
    index: IndexJson
    hits: list[HitJson]


class OriginalJson(_RankedHit):
    """A record that a new issue may be a duplicate of."""

    folded: list[str]
    new: Annotated[bool, Keywords(description="Whether it came with the same request")]
    indexed: Annotated[bool, Keywords(description="Whether the index has it; a new issue it has not")]
    file: (
        Annotated[str, Keywords(description="Its file in the repository, if it is neither new nor indexed")]
        | None
    )
    why: Annotated[str, Keywords(description="What both texts share and where they differ, in a few words")]


class FindingJson(TypedDict):
    """What the check found for one new issue."""

    id: str
    source: str
    project: str | None
    title: Title
    judged: bool
    verdict: Verdict | None
    originals: list[OriginalJson]


class FindingsJson(TypedDict):
    """The answer to a check: one finding for each issue."""

    schema_version: Literal[1]
    verdict: Annotated[Verdict | None, Keywords(description="The surest verdict of all findings")]
    index: IndexJson
    calibration: Annotated[Literal["own", "shipped"] | None, Keywords(description="Where verdicts come from")]
    findings: list[FindingJson]


class RefJson(TypedDict):
    """The name of an issue in its tracker."""

    project: str | None
    id: str


class IssueTextJson(TypedDict):
    """The name and the text of an indexed issue."""

    id: str
    source: str
    project: str | None
    title: Title
    body: Annotated[str, Keywords(description="Untrusted text, as the tracker has it")]


class IssueStateJson(TypedDict):
    """The rest of an indexed issue."""

    state: str | None
    resolution: Resolution | None
    url: str | None
    created_at: Time | None
    updated_at: Time | None
    closed_at: Time | None
    duplicate_of: list[RefJson]


class IssueJson(IssueTextJson, IssueStateJson):
    """One indexed issue."""


class IssueAnswerJson(TypedDict):
    """The answer to a request for one issue."""

    schema_version: Literal[1]
    issue: IssueJson


class NamesJson(TypedDict):
    """The names that a query can filter by."""

    schema_version: Literal[1]
    sources: list[str]
    projects: list[str]


class HealthJson(TypedDict):
    """A sign of life."""

    schema_version: Literal[1]
    status: Literal["ok"]
    version: str
    index: IndexJson


class ErrorJson(TypedDict):
    """A refused request."""

    schema_version: Literal[1]
    error: Annotated[str, Keywords(description="One line: the reason and the way out")]
