"""A tracker's export as data: the column or key of each field, and the words of its states."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from dupfind.records import Record
from dupfind.sources.coerce import moment, state, text
from dupfind.sources.generic_row import record
from dupfind.sources.mapping import FIELDS

Lookup = Callable[[str], Any]
"""Returns the value of one row or object under a name; None or "" if there is none."""


def _as_it_is(value: str) -> str:
    return value


@dataclass(frozen=True, kw_only=True, eq=False)
class TrackerTable:
    """The names of a tracker's export; several names of one field are separated by " | ", the likeliest first.

    In CSV a name is written as `mapping.normalize` writes it. In JSON it is a key, or a path such as "status.name".

    Attributes:
        known_by: Names that all have to be there; ", " separates names of which one is enough.
        fields: The names of each field of `FIELDS` that the export has.
        more_body: The names of further texts that belong to the body, a paragraph each.
        open_words: Words or numbers of its states that mean open, where `coerce.state` reads them otherwise.
        closed_words: The same for closed.
        has_line_ids: Whether the number of its line is the id of a row without one.
        markup: Converts the body to Markdown.
    """

    known_by: str
    fields: Mapping[str, str]
    more_body: tuple[str, ...] = ()
    open_words: str = ""
    closed_words: str = ""
    has_line_ids: bool = False
    markup: Callable[[str], str] = field(default=_as_it_is)

    def is_known(self, has: Callable[[str], bool]) -> bool:
        """Return whether the names are there that the table is known by."""
        return all(any(map(has, names)) for names in self._marks)

    @cached_property
    def _marks(self) -> tuple[tuple[str, ...], ...]:
        """The names of `known_by`, of which one in each group has to be there."""
        return tuple(tuple(names.split(", ")) for names in _split(self.known_by))

    def record(
        self,
        lookup: Lookup,
        *,
        source: str,
        dates: Callable[[Any], datetime | None] = moment,
        fallback_id: str = "",
    ) -> Record:
        """Make the record of a row or object.

        Args:
            lookup: Returns the value under a name.
            source: The name of the record's source.
            dates: Reads the times.
            fallback_id: The id of a row without one, if `has_line_ids`.

        Returns:
            A record with the id "" if there is no id, which the caller reports with its place.
        """
        values = {name: _first(lookup, self.fields.get(name, "")) for name in FIELDS}
        values["id"] = text(values["id"]).strip() or (fallback_id if self.has_line_ids else "")
        if not values["id"]:
            return Record(id="", title="")
        parts = (values["body"], *(_first(lookup, names) for names in self.more_body))
        bodies = (self.markup(text(part)).strip("\r\n") for part in parts)
        values["body"] = "\n\n".join(dict.fromkeys(body for body in bodies if body.strip()))
        values["state"] = self.state(values["state"], values["closed"])
        return record(source, list(values.values()), lambda: source, dates)

    def state(self, word: object, closed: object) -> str | None:
        """Return the state that a word and a time of closing stand for; an unknown word is open until then."""
        plain = text(word).strip().lower()
        if plain in _split(self.closed_words):
            return "closed"
        if plain in _split(self.open_words):
            return "open"
        known = state(plain)
        if known is not None:
            return known
        if "closed" in self.fields and text(closed).strip():
            return "closed"
        return "open" if plain or "closed" in self.fields else None


def _split(names: str) -> list[str]:
    return names.split(" | ") if names else []


def _first(lookup: Lookup, names: str) -> Any:
    """Return the first value that is not empty; None if all are."""
    values = (lookup(name) for name in _split(names))
    return next((value for value in values if value not in (None, "", [], "[]")), None)
