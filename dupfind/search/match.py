"""The values that go into a search and come out of it: request, match, response."""

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from dupfind.records import Record
from dupfind.results import Hit
from dupfind.search.lookup import NOTHING, Lookup, lookup, part_of_a_title
from dupfind.storage.row_filter import Filter
from dupfind.text.boilerplate import Boilerplate
from dupfind.text.composition import ComposedText, compose
from dupfind.verdict.bands import BALANCED


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """A text or a record to search for, and the options of `Collection.search`."""

    query: str | Record
    k: int = 10
    min_score: float | None = None
    state: str | None = None
    project: str | None = None
    source: str | None = None
    before: datetime | None = None
    fold: bool = False
    verdicts: str = BALANCED

    @property
    def record(self) -> Record:
        """The query as a record; the first line of a text is its title."""
        return as_record(self.query)

    @property
    def lookup(self) -> Lookup | None:
        """What a typed query looks up; None for a record, and for a text that describes something."""
        if not isinstance(self.query, str):
            return None
        return lookup(self.query) or part_of_a_title(self.query)

    @property
    def options(self) -> dict[str, Any]:
        """All fields but the query, by name."""
        return {field.name: getattr(self, field.name) for field in fields(self) if field.name != "query"}

    @property
    def filter(self) -> Filter:
        """The filter that hits must pass."""
        return Filter(self.state, self.project, self.source, self.before)


@dataclass(frozen=True, slots=True)
class Match:
    """A hit with the record behind it, both as of the moment of the search.

    Attributes:
        hit: The values that a user sees.
        record: The whole record.
        stored_text: The record's text as it is indexed, without the boilerplate of its own source.
        boilerplate: The boilerplate of all sources at the moment of the search.
        held: What it holds of a lookup, such as `lookup.TITLE`.
        order: What each of `ranker.FAMILIES` adds to its place among the candidates; () for a hit after them.
        text_fingerprint: Of the record's whole text; the stored record may be cut. "" where it is not known.
        row_id: Row of an indexed record; None for a record that is only in the list that was searched together.
        place: Place of that record in the list, from 0; further candidates follow the list. None for an indexed
            record.
    """

    hit: Hit
    record: Record
    stored_text: ComposedText
    boilerplate: Boilerplate
    text_fingerprint: str
    held: int = NOTHING
    order: tuple[float, ...] = ()
    row_id: int | None = None
    place: int | None = None

    @property
    def text(self) -> ComposedText:
        """The record's text without the boilerplate of all sources, as a query is composed."""
        return _up_to_date(self.record, self.stored_text, self.boilerplate)


@dataclass(frozen=True, slots=True)
class SearchResponse:
    """The answer to one query.

    Attributes:
        text: The composed query.
        matches: Likeliest first.
        can_judge: Whether the query has enough words for a verdict.
    """

    text: ComposedText
    matches: list[Match]
    can_judge: bool

    @property
    def hits(self) -> list[Hit]:
        """The hits of the matches, in the same order."""
        return [match.hit for match in self.matches]


def as_record(query: str | Record) -> Record:
    """Return a query as a record; the first line of a text becomes the title."""
    if isinstance(query, Record):
        return query
    title, _, body = query.strip().partition("\n")
    return Record(id="", title=title, body=body)


def _up_to_date(record: Record, stored: ComposedText, boilerplate: Boilerplate) -> ComposedText:
    """Return the stored text, composed again only where it holds boilerplate of another source.

    A record is stored without the boilerplate of its own source; a query is composed without that of all sources.
    """
    if not boilerplate:
        return stored
    lines = stored.body.split("\n")
    is_stale = not boilerplate.rest(stored.title) or any(boilerplate.rest(line) != line for line in lines)
    return compose(record, boilerplate) if is_stale else stored
