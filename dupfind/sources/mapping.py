"""Choose which column or key holds which field, by the user's options or by likely names."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from dupfind.errors import SourceError
from dupfind.sources import original_ids, state_flags
from dupfind.sources.column_hints import Hints, names_other, telling
from dupfind.sources.column_names import OTHER_THINGS, THINGS, normalize, parted
from dupfind.sources.column_profile import (
    N_SAMPLED,
    Sample,
    are_answers,
    are_dates,
    are_ids,
    are_keys,
    are_of_one_series,
    are_people,
    are_sentences,
    are_serials,
    are_states,
    can_be_ids,
    filled,
    have_letters,
)
from dupfind.sources.likely_names import LIKELY, VERBS


@dataclass(frozen=True)
class Mapping:
    """The user's choice of table and columns; a field that is None is chosen by likely names.

    Attributes:
        table: The table to read; in a JSON object the key of its list.
        id_column: Column or key of ids.
        title_column: Column or key of titles.
        body_column: Column or key of bodies.
        state_column: Column or key of states.
        created_column: Column or key of the times of creation.
        duplicate_of_column: Column or key of the ids of originals.
        sql: One SELECT whose columns carry the names in `FIELDS`.
        time_zone: The zone of times in a CSV file that name none, such as "Europe/Berlin"; None is UTC.
        encoding: The encoding of a text file, such as "cp1251"; None detects it.
        accept: Whether a reading that looks wrong goes on.
        strict: Whether a row or file that cannot be read ends the reading; else it is left out.
        include_restricted: Whether issues and comments that the tracker shows to some people only are read, too.
        no_comments: Whether the records have no comments; marks are read from comments in any case.
        url_template: The address of a record that has none, with `{id}` and `{project}` in it.
    """

    table: str | None = None
    id_column: str | None = None
    title_column: str | None = None
    body_column: str | None = None
    state_column: str | None = None
    created_column: str | None = None
    duplicate_of_column: str | None = None
    sql: str | None = None
    time_zone: str | None = None
    encoding: str | None = None
    accept: bool = False
    strict: bool = False
    include_restricted: bool = False
    no_comments: bool = False
    url_template: str | None = None

    def column(self, field: str) -> str | None:
        """Return the column that the user names for a field, or None."""
        name: str | None = getattr(self, f"{field}_column", None)
        return name

    @cached_property
    def is_given(self) -> bool:
        """Whether the user chooses a table, a column or a SELECT; the other options do not count."""
        return any((self.table, self.sql, *map(self.column, FIELDS)))


UNMAPPED = Mapping()
"""Everything is chosen by likely names."""

FIELDS = (
    "id",
    "title",
    "body",
    "state",
    "resolution",
    "created",
    "updated",
    "closed",
    "url",
    "project",
    "duplicate_of",
)
"""The fields of a table or file of no known tracker, in this order."""

_BODIES = frozenset(LIKELY["body"]) - {"comment", "message", "question_text", "problem"}
"""Names of columns of which the first with a text is the body."""
_OF_SEVERAL = frozenset(("aid", "nid", "tid", "artifact_id", "instance_id"))
"""Names of ids that several rows may have, as those of a topic have its id."""
_OF_CUSTOMERS = frozenset(("ticket_number", "case_number"))
"""Names of ids that some rows may have of a customer's ticket next to their own."""
_DETAILS = frozenset(("description", "details", "notes", "note"))
_CONTENTS = ("content", "text", "todo", "task", "problem")
"""Names of columns that hold the title where a column of `_DETAILS` is the body, as in lists of tasks."""
_MOST = 200  # columns that suggest the same field, of which the values are looked at
_N_PEOPLE = 3  # people's names from which a column `name` is one of people, whatever stands next to it
_MOST_SHOWN = 100  # characters of a column's name in a message
OVERRIDES = "--id-column --title-column --body-column --state-column --created-column --duplicate-of-column"


def choose(
    columns: Sequence[str],
    mapping: Mapping,
    *,
    where: str,
    is_file: bool = False,
    sample: Sample | None = None,
) -> dict[str, str]:
    """Choose a column for each field that has one; one column serves two fields only as times of closing, and state.

    Args:
        columns: The existing columns.
        mapping: The user's choices.
        where: Names the table or file in the error.
        is_file: Whether `number`, `iid` and `key` are better ids than `id`.
        sample: The first values: ids must be unique, times be times, and titles not be people's names.

    Raises:
        SourceError: A column that the user named is missing.
    """
    chosen: dict[str, str] = {}
    for field in FIELDS:
        named_column = mapping.column(field)
        if named_column is not None:
            chosen[field] = match_name(
                named_column, columns, what=f"column {named_column!r}", where=where, kind="columns"
            )
    taken = set(chosen.values())
    hinted = telling(tuple(columns))
    is_personal = any(hint.is_personal for _, hint in hinted)
    for field in FIELDS:
        if field in chosen:
            continue
        free = [each for each in hinted if each[0] not in taken]
        column = _likeliest(field, free, sample or {}, is_file=is_file, is_personal=is_personal)
        if column is not None:
            chosen[field] = column
            taken.add(column)
    marks = chosen.get("duplicate_of")
    if (
        marks is not None
        and marks != mapping.duplicate_of_column
        and not _are_marks(marks, chosen, sample or {})
    ):
        del chosen["duplicate_of"]
        taken.remove(marks)
    for field, column in _by_values(columns, chosen, taken, sample or {}):
        chosen[field] = column
        taken.add(column)
    closed = chosen.get("closed")
    if "state" not in chosen and closed is not None and state_flags.are_times((sample or {}).get(closed, ())):
        chosen["state"] = closed
    return chosen


def _are_marks(column: str, chosen: dict[str, str], sample: Sample) -> bool:
    """Return whether a column whose name is that of originals holds them, where its name leaves it open."""
    name, values = normalize(column), sample.get(column, ())
    if name in original_ids.DOUBTFUL:
        return original_ids.name_originals(values, sample.get(chosen.get("id", ""), ()))
    return name not in original_ids.OF_THINGS or not original_ids.are_bits(values)


def _by_values(
    columns: Sequence[str], chosen: dict[str, str], taken: set[str], sample: Sample
) -> Iterator[tuple[str, str]]:
    """Yield columns for ids, states and titles whose names say little, as their values or neighbours say enough."""
    free = [column for column in columns[:_MOST] if column not in taken]
    if "id" not in chosen:
        own = (column for column in free if not names_other(column))
        keys = [column for column in own if are_of_one_series(sample.get(column, ()))]
        if len(keys) == 1:
            yield "id", keys[0]
            free.remove(keys[0])
    if "title" not in chosen and normalize(chosen.get("body", "")) in _DETAILS:
        named = (column for column in free if normalize(column) in _CONTENTS)
        title = next((column for column in named if have_letters(sample.get(column, ()))), None)
        if title is not None:
            yield "title", title


def other_bodies(columns: Sequence[str], chosen: dict[str, str], mapping: Mapping) -> tuple[str, ...]:
    """Return the columns that hold the body where its own column is empty, such as "Repro Steps" of a bug."""
    if mapping.body_column is not None or normalize(chosen.get("body", "")) not in _BODIES:
        return ()
    taken = set(chosen.values())
    return tuple(name for name in columns if normalize(name) in _BODIES and name not in taken)


def _likeliest(
    field: str, free: Sequence[tuple[str, Hints]], sample: Sample, *, is_file: bool, is_personal: bool
) -> str | None:
    """Return the likeliest of the columns that are free, with the hints of their names."""
    ranked = ((hint.rank(field, is_file=is_file), at, column) for at, (column, hint) in enumerate(free))
    candidates = [column for rank, _, column in sorted((r, at, c) for r, at, c in ranked if r is not None)]
    if field == "title" and is_personal:
        candidates = [
            name for name in candidates if normalize(name) != "name" or are_sentences(sample.get(name, ()))
        ]
    del candidates[_MOST:]
    fitting = next((name for name in candidates if _fits(field, name, sample.get(name))), None)
    if fitting is not None:
        return fitting
    if field == "state":
        answers = [column for column, hint in free if hint.is_answer][:_MOST]
        if (flag := state_flags.choose(answers, sample)) is not None:
            return flag
    if field == "id":
        codes = [column for column, hint in free if hint.is_code][:_MOST]
        by_values = next((column for column in codes if are_keys(sample.get(column, ()))), None)
        if by_values is not None:
            return by_values
    return next((name for name in candidates if _is_tolerable(field, name, sample.get(name, ()))), None)


def _fits(field: str, column: str, values: Sequence[Any] | None) -> bool:
    """Return whether the values of a column are those of a field; unknown values fit a name that says it clearly."""
    is_thing = normalize(column) in THINGS
    if values is None or not filled(values):
        return values is None and not is_thing
    if field == "id":
        is_whole = len(filled(values)) == len(values[:N_SAMPLED])
        return are_ids(values) and (is_whole or normalize(column) not in _OF_CUSTOMERS)
    if field == "title" and _repeat(column, values):
        return False
    if field == "title":
        return have_letters(values) and (are_sentences(values) if is_thing else not are_people(values))
    if field == "body":
        return have_letters(values)
    if field == "resolution":
        return not are_answers(values)
    if field == "duplicate_of":
        return not (original_ids.are_answers(values) or original_ids.are_titles(values))
    if field == "closed":
        return state_flags.are_times(values)
    if field in ("created", "updated"):
        return are_dates(values)
    return field != "state" or are_states(values)


def _is_tolerable(field: str, column: str, values: Sequence[Any]) -> bool:
    """Return whether a column serves a field for its name although its values do not look like it."""
    name = normalize(column)
    if name in THINGS or name in VERBS:
        return False
    if field == "id":
        return not filled(values) or (can_be_ids(values) and not _is_of_several(name))
    if field == "title" and _repeat(column, values):
        return False
    if field == "state" and name in ("progress", "phase", "stage"):
        return False
    if field == "title" and name == "name":
        return not are_people(values) or len(filled(values)) < _N_PEOPLE
    if field == "duplicate_of":
        return not (original_ids.are_answers(values) or original_ids.are_titles(values))
    if field == "resolution":
        return not are_answers(values)
    return field != "closed" or not any(map(state_flags.is_set, values)) or are_serials(values)


def _repeat(column: str, values: Sequence[Any]) -> bool:
    """Return whether most values are those of other rows, too, in a column of what may have several rows."""
    found = filled(values)
    return _is_of_several(normalize(column)) and 2 * len(set(found)) < len(found)


def _is_of_several(name: str) -> bool:
    """Return whether a normalized name is that of what may have several rows, such as a topic with its posts."""
    return name in _OF_SEVERAL or parted(name)[0] in OTHER_THINGS


def match_name(name: str, names: Iterable[str], *, what: str, where: str, kind: str) -> str:
    """Find a name among others: the same spelling, or the only one that differs in case alone.

    Args:
        name: The name that the user wrote.
        names: The names to choose from.
        what: Names the thing in the error, such as "column 'x'".
        where: Names the table or file in the error.
        kind: Names the others in the error, such as "columns".

    Raises:
        SourceError: No name matches, or several do.
    """
    names = list(names)
    if name in names:
        return name
    alike = [other for other in names if other.lower() == name.lower()]
    if len(alike) == 1:
        return alike[0]
    raise SourceError(f"{where} has no {what}; its {kind}: {join_names(names)}")


def describe(chosen: dict[str, str]) -> str:
    """Describe a choice for the user: "id=id, title=subject"."""
    return ", ".join(f"{field}={_in_one_line(chosen[field])}" for field in FIELDS if field in chosen)


def join_names(names: Iterable[str], limit: int = 40) -> str:
    """Join the first `limit` names for a message."""
    names = list(names)
    more = f" and {len(names) - limit} more" if len(names) > limit else ""
    return (", ".join(map(_in_one_line, names[:limit])) or "none") + more


def _in_one_line(name: str) -> str:
    """Return a name, a long one cut, or in quotes with escapes where a line break or a control character is in it."""
    if len(name) > _MOST_SHOWN:
        name = f"{name[:_MOST_SHOWN]}..."
    return name if name.isprintable() else repr(name)
