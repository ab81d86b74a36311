"""What the name of a column or key suggests by itself: which fields it may hold, and what stands next to it."""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import NamedTuple

from dupfind.sources import further_languages, state_flags
from dupfind.sources.column_names import OTHER_THINGS, THINGS, normalize, parted
from dupfind.sources.column_words import FIELD_WORDS
from dupfind.sources.likely_names import FILE_IDS, LIKELY

Rank = tuple[int, int]
"""How likely a name is for a field; the least is the likeliest."""

BY_VALUES = 4
"""The first number of the rank of a name that suggests a field only together with its values."""
_LAST = 1_000  # the place of a name in another language after a thing, behind all English ones
_TOO_SHORT = 6  # letters up to which a name is not looked for as one word
_CACHED = 4_096  # names whose hints are kept; the records of a file have the same few
_TIMES = ("created", "updated", "closed")
_SUFFIXES = ("text", "name", "value", "raw", "plain", "html", "markdown", "md", "utc", "label")
_PERSONAL = frozenset(
    (
        "email",
        "e_mail",
        "mail",
        "phone",
        "telephone",
        "mobile",
        "first_name",
        "last_name",
        "surname",
        "age",
        "gender",
        "customer_email",
        "contact",
        "department",
        "username",
        "user_name",
        "employee_id",
        "customer_id",
    )
)
"""Columns of a person: a column `name` next to one is the person's."""
_OTHERS = """
parent duplicate duplicates duplicated dup dupe original merged related linked blocks blocked epic
user customer requester reporter author owner assignee account contact agent
project sprint order phone zip postal
"""
_OF_OTHERS = frozenset(_OTHERS.split())
"""Words of a column whose id is that of another issue, of a person or of a thing."""
_ID_WORDS = frozenset(["id", "key", "no", "nr", "num", "number", "code"])

_WORDS = {field: frozenset(map(normalize, FIELD_WORDS.get(field, ()))) for field in LIKELY}
_FURTHER = {
    field: {normalize(word): place for place, word in enumerate(listed.split(","), 1)}
    for field, listed in further_languages.FIELD_WORDS.items()
}
"""The place of each word among those of its field; the words of all other languages come before them."""
_KEYS = frozenset(map(normalize, FIELD_WORDS["key"] | FIELD_WORDS["issue_key"]))


def _places(names: Iterable[str]) -> Mapping[str, int]:
    """Return the first place of each name."""
    return {name: at for at, name in reversed(list(enumerate(names)))}


def _squeezed(places: Mapping[str, int]) -> Mapping[str, int]:
    """Return the places of names, and of those whose words some programs write as one, such as "opendate"."""
    listed = reversed(list(places.items()))
    joined = {name.replace("_", ""): at for name, at in listed if len(name) > _TOO_SHORT}
    return {**joined, **places}


_LIKELY = {field: _squeezed(_places(names)) for field, names in LIKELY.items()}
_FILE_IDS = _squeezed(_places((*FILE_IDS, *LIKELY["id"])))
KNOWN = frozenset(name for places in _LIKELY.values() for name in places).union(*_WORDS.values())
"""All names that suggest a field."""
_TELLING = KNOWN | _KEYS | frozenset((*_FILE_IDS, *THINGS))


class Hints(NamedTuple):
    """What a name suggests.

    Attributes:
        ranks: Its rank for each field that it may hold.
        file_id: Its rank for ids in the exports of services.
        is_personal: Whether it is a column of a person.
        is_code: Whether it is called an id, a key or a number, though not that of another thing.
        is_answer: Whether it asks if an issue is open or closed.
    """

    ranks: Mapping[str, Rank]
    file_id: Rank | None
    is_personal: bool
    is_code: bool
    is_answer: bool

    def rank(self, field: str, *, is_file: bool) -> Rank | None:
        """Return the rank for a field; None if the name does not suggest it."""
        return self.file_id if is_file and field == "id" else self.ranks.get(field)


@lru_cache(maxsize=_CACHED)
def hints(column: str) -> Hints | None:
    """Return what a name suggests; None if it suggests nothing, as most names do."""
    name = normalize(column)
    thing, bare = parted(name)
    stem, _, suffix = bare.rpartition("_")
    parts = (bare, stem) if suffix in _SUFFIXES else (bare,)
    ranks: dict[str, Rank] = {}
    file_id = None
    if name in _TELLING or not _TELLING.isdisjoint(parts):
        found = {field: _rank(field, _LIKELY[field], name, thing, parts) for field in LIKELY}
        ranks = {field: rank for field, rank in found.items() if rank is not None}
        file_id = _rank("id", _FILE_IDS, name, thing, parts)
        if name in _KEYS and name not in _FILE_IDS:
            file_id = 1, _FILE_IDS["key"]
    words = name.split("_")
    is_code = not _ID_WORDS.isdisjoint(words) and _OF_OTHERS.isdisjoint(words)
    is_answer = state_flags.rank_of(bare) is not None
    if not (ranks or file_id or is_code or is_answer or name in _PERSONAL):
        return None
    return Hints(ranks, file_id, name in _PERSONAL, is_code, is_answer)


@lru_cache(maxsize=16)
def telling(columns: tuple[str, ...]) -> tuple[tuple[str, Hints], ...]:
    """Return the columns whose names suggest something, each with its hints, in their order."""
    return tuple((column, hint) for column in columns if (hint := hints(column)) is not None)


def names_other(column: str) -> bool:
    """Return whether a column's name is one of another issue, a person or a thing."""
    return not _OF_OTHERS.isdisjoint(normalize(column).split("_"))


def names_text(column: str) -> bool:
    """Return whether a column's name is one of titles or bodies, in any way."""
    hint = hints(column)
    ranks = () if hint is None else (hint.ranks.get("title"), hint.ranks.get("body"))
    return any(rank is not None and rank[0] < BY_VALUES for rank in ranks)


def _rank(
    field: str, likely: Mapping[str, int], name: str, thing: str | None, parts: tuple[str, ...]
) -> Rank | None:
    """Return the rank for a field of a name, which is a thing and what is left of it, without and with a suffix."""
    # `created_at` next to `issue_created_at` is the time when the row was copied.
    if field in _TIMES and thing is not None and thing not in OTHER_THINGS and parts[0] in likely:
        return 0, likely[parts[0]]
    if name in likely:
        return 1, likely[name]
    words = _WORDS[field]
    if name in words:
        return 2, _FURTHER.get(field, {}).get(name, 0)
    for part in parts:
        if part in likely:
            return 3, likely[part]
        if part in words:
            return 3, _LAST
    if name in THINGS and field in ("id", "title"):
        return BY_VALUES, THINGS.index(name)
    return None
