"""Find the objects of a JSON text that are issues: its lines, or the elements of its arrays and nested lists."""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache, partial
from itertools import chain, islice
from typing import Any, TextIO

from dupfind.errors import SourceError
from dupfind.sources.coerce import text
from dupfind.sources.column_hints import telling
from dupfind.sources.column_names import THINGS, normalize
from dupfind.sources.column_profile import Sample, cut
from dupfind.sources.entries import LeftOut
from dupfind.sources.files.json_in_text import decoded
from dupfind.sources.files.json_nested import lists_under, value_at
from dupfind.sources.files.json_stream import Members, Value, values
from dupfind.sources.files.keyed_issues import N_DECIDING, KeyedIssues, first_members
from dupfind.sources.json_formats import typed_values
from dupfind.sources.json_formats.registry import detect, issues_in
from dupfind.sources.json_formats.wrappers import unwrapped
from dupfind.sources.mapping import FIELDS, UNMAPPED, Mapping, choose, join_names, match_name

_LISTS = (
    *("issues", "tickets", "bugs", "cards", "tasks", "stories", "topics", "items", "records"),
    *("results", "posts", "questions", "data", "nodes", "values", "entries", "workitems", "value", "result"),
)
_NOT_ISSUES = ("comments", "logs", "attachments", "events", "changes")
_PARTS = ("cards", "tasks", "stories", "items")  # an issue may have them, too
_OF_FAILURES = frozenset(
    [
        "message",
        "documentation_url",
        "status",
        "error",
        "errors",
        "error_messages",
        "code",
        "detail",
        "details",
        "error_description",
        "error_code",
        "error_info",
        "timestamp",
        "path",
        "status_code",
        "success",
        "ok",
        "request_id",
        "trace_id",
        "correlation_id",
    ]
)
"""Keys of the answers in which services say why there is nothing else."""
_OF_PROBLEMS = frozenset(("title", "type", "instance"))
_MARKS = frozenset(
    ("error_messages", "documentation_url", "status_code", "request_id", "trace_id", "correlation_id")
)
"""Those that no list of messages or errors has, each of which may be an issue."""
_MAX_FAILURES = 10_000
_STATUS = re.compile(r"[45]\d\d")
_REASONS = ("message", "error", "error_info", "errorMessages", "errors", "detail")
_MISSING = object()
_WIDE = 200  # keys of an object above which only those with a telling name are held and compared
_N_OTHERS = 200  # members next to an object in which a list is looked for
_DEPTH = 6  # nested objects that are searched for a list

NumberedObject = tuple[str, int, dict[str, Any]]
"""Its unit ("line" or "object"), its number, and the object."""

Numbered = NumberedObject | LeftOut
"""A numbered object, or one that is broken."""


def read_issues(file: TextIO, where: str, mapping: Mapping) -> tuple[bool, Iterator[Numbered]]:
    """Return whether each line is an issue, and the issues; pull requests are among them."""
    all_values = values(file, where, partial(_is_list, mapping), _keyed(mapping))
    if not mapping.is_given:
        all_values = decoded(all_values)
    first = next(all_values, None)
    if first is None:
        return False, iter(())
    if _is_failure(first.value) and not mapping.is_given:
        all_values = _after_failure(first.value, all_values, where)
    if not mapping.is_given and _is_of_phpmyadmin(first.value):
        raise SourceError(
            f"{where} is phpMyAdmin's export of tables, and no list of issues: export the table of issues as CSV"
        )
    of_project = None if mapping.is_given else _of_project(first.value)
    if of_project is not None or (not mapping.is_given and not first.is_inner and _is_bare(first.value)):
        second = next(all_values, None)
        if second is None and of_project is None:
            raise SourceError(
                f"{where} holds one object with a name but without an id, state or date, which is no issue; if it is"
                " one, say so with --title-column name"
            )
        if second is None:
            elements = (("object", number, element) for number, element in enumerate(of_project or (), 1))
            return False, _objects(elements, where, mapping)
        all_values = chain([second], all_values)
    is_lines = not first.is_inner and (not isinstance(first.value, dict) or _is_issue(first.value, mapping))
    if not is_lines and isinstance(first.value, dict) and not first.is_inner:
        _list_in(first.value, where, mapping)  # raises if it holds no list
    stream = chain([first], all_values)
    numbered = _lines(stream) if is_lines else _numbered(stream, where, mapping)
    return is_lines, _objects(numbered, where, mapping)


def _is_failure(value: Any) -> bool:
    """Return whether a value is the answer of a service to a request that failed, such as {"message": "Not Found"}."""
    if not isinstance(value, dict):
        return False
    said: dict[str, Any] = {}
    for key, inner in value.items():
        if inner not in (None, "", [], {}):
            said[name := normalize(key)] = inner
            if name not in _OF_FAILURES and name not in _OF_PROBLEMS:
                return False
    if "title" in said:  # of a problem by RFC 9457
        return said.keys() <= _OF_FAILURES | _OF_PROBLEMS and bool(
            _STATUS.fullmatch(text(said.get("status")))
        )
    return said.keys() <= _OF_FAILURES and not said.keys().isdisjoint(map(normalize, _REASONS))


def _is_of_phpmyadmin(value: Any) -> bool:
    """Return whether a value is the list with which phpMyAdmin begins, or that list's first object."""
    first = value[0] if isinstance(value, list) and value else value
    return (
        isinstance(first, dict)
        and first.get("type") == "header"
        and "PHPMyAdmin" in text(first.get("comment"))
    )


def _is_same_failure(value: Any, first: dict[str, Any]) -> bool:
    """Return whether a value after a failure is one, too; a list of messages alone may be of issues."""
    return _is_failure(value) and (value == first or not _MARKS.isdisjoint(map(normalize, value)))


def _of_project(value: Any) -> list[Any] | None:
    """Return the issues of a project or board that has a title itself; None of anything else.

    It is one only if it stands alone in its file, since an issue may have tasks of its own.
    """
    is_known = not isinstance(value, dict) or detect([value]) is not None or issues_in(value) is not None
    if is_known or not _has_text(value):
        return None
    has_state = keys_of(telling_keys(value), UNMAPPED)[FIELDS.index("state")] is not None
    for key in (
        ("issues", "tickets", "bugs", "cards") if has_state else ("issues", "tickets", "bugs", *_PARTS)
    ):
        inner = value.get(key)
        if (
            isinstance(inner, list)
            and inner
            and all(isinstance(it, dict) and _has_text(it) for it in inner[:20])
        ):
            return inner
    return None


def _is_bare(value: Any) -> bool:
    """Return whether a value is an object with a name and little else, as the settings of a program are."""
    if not isinstance(value, dict) or "name" not in value or detect([value]) is not None:
        return False
    chosen = dict(zip(FIELDS, keys_of(telling_keys(value), UNMAPPED), strict=True))
    known = (chosen["id"], chosen["state"], chosen["created"], chosen["updated"], chosen["duplicate_of"])
    return chosen["title"] == "name" and not any(known)


def _is_only_named(value: dict[str, Any]) -> bool:
    """Return whether an object has a name, and neither a text, nor a state, nor a date."""
    chosen = dict(zip(FIELDS, keys_of(telling_keys(value), UNMAPPED), strict=True))
    others = ("body", "state", "created", "updated", "duplicate_of")
    return chosen["title"] == "name" and detect([value]) is None and not any(map(chosen.get, others))


def _has_list(value: dict[str, Any], lone: dict[str, Any]) -> bool:
    """Return whether an object holds a list of issues, next to a lone object or in what stands next to it."""
    others = [inner for inner in value.values() if inner is not lone][:_N_OTHERS]
    lists = [*others, *(inner for other in others if isinstance(other, dict) for inner in other.values())]
    return any(
        isinstance(inner, list) and any(isinstance(it, dict) and _has_text(it) for it in inner[:20])
        for inner in lists[:_N_OTHERS]
    )


def _after_failure(value: dict[str, Any], rest: Iterator[Value], where: str) -> Iterator[Value]:
    """Return the values after one that looks like a failed request, if one of them is no failure of its kind.

    Raises:
        SourceError: All are, or the first `_MAX_FAILURES` of them.
    """
    others: list[Value] = []
    for each in islice(rest, _MAX_FAILURES):
        others.append(each)
        if not _is_same_failure(each.value, value):
            return chain(others, rest)
    by_name = {normalize(key): inner for key, inner in value.items()}
    said = next(filter(None, (text(by_name.get(normalize(key))) for key in (*_REASONS, "title"))), "")
    raise SourceError(
        f"{where} is the answer to a request that failed, and no list of issues: {said[:200]!r};"
        " if it is an issue, name its text with --body-column"
    )


def _lines(stream: Iterable[Value]) -> Iterator[tuple[str, int, Any]]:
    return (("line", line, value) for line, value, _ in stream)


def _numbered(stream: Iterable[Value], where: str, mapping: Mapping) -> Iterator[tuple[str, int, Any]]:
    """Yield the elements of all lists with continuous numbers, since paging tools write one list after the other."""
    number = 0
    for _, value, is_inner in stream:
        page = None if mapping.is_given else issues_in(value)
        if page is None:
            is_one = is_inner or not isinstance(value, dict) or _is_issue(value, mapping)
            # `gh api --paginate --slurp` puts the pages into one more list.
            page = (
                value if isinstance(value, list) else [value] if is_one else _list_in(value, where, mapping)
            )
        if mapping.table is not None and (is_inner or isinstance(value, list)):
            page = [inner for element in page for inner in _inside(element, mapping.table)]
        for element in page:
            number += 1
            yield "object", number, element


def _inside(element: Any, table: str) -> list[Any]:
    """Return the issues in an element without a state, such as a project; else the element, which is an issue."""
    state = FIELDS.index("state")
    if not isinstance(element, dict) or _names(element, UNMAPPED)[state] is not None:
        return [element]
    return lists_under(element, table) or [element]


def _objects(numbered: Iterable[tuple[str, int, Any]], where: str, mapping: Mapping) -> Iterator[Numbered]:
    for unit, number, value in numbered:
        if isinstance(value, dict):
            if not mapping.is_given:
                value = typed_values.plain(unwrapped(typed_values.plain(value), _has_text))
            yield unit, number, value
        elif isinstance(value, SourceError):
            yield LeftOut("broken", str(value))
        else:
            yield LeftOut(
                "broken", f"{where}, {unit} {number} is no JSON object: write one object for each record"
            )


def _is_issue(value: dict[str, Any], mapping: Mapping) -> bool:
    """Return whether a lone object is an issue: it has a key like title or body, or a known format."""
    if mapping.table is not None:
        return False
    if not mapping.is_given:
        if issues_in(value) is not None:
            return False
        inner = unwrapped(value, _has_text)
        if inner is not value and _is_only_named(inner) and _has_list(value, inner):
            return False  # as a board next to its cards
        value = inner
    return _has_text(value, mapping)


def _has_text(value: dict[str, Any], mapping: Mapping = UNMAPPED) -> bool:
    """Return whether an object has a key like title or body, or a known format."""
    keys = _names(value, mapping)
    texts = (keys[FIELDS.index(field)] for field in ("title", "body"))
    has_text = any(key is not None and value_at(value, key, _MISSING) is not _MISSING for key in texts)
    return has_text or (not mapping.is_given and detect([value]) is not None)


def _keyed(mapping: Mapping) -> KeyedIssues:
    return KeyedIssues(
        partial(_is_titled, mapping=mapping),
        lambda members: mapping.table is not None or _is_issue(members, mapping),
        lambda value: _names(value, mapping)[0],
    )


def _is_titled(value: dict[str, Any], mapping: Mapping) -> bool:
    """Return whether a value under an id is an issue: it has a title, and one called name is not all that it has."""
    if mapping.is_given:
        return _has_text(value, mapping)
    value = unwrapped(value, _has_text)
    if detect([value]) is not None:
        return True
    keys = telling_keys(value)
    if not _may_have_title(keys):
        return False
    sample = {key: [cut(value[key])] for key in keys}
    chosen = dict(zip(FIELDS, keys_of(keys, mapping, sample), strict=True))
    others = ("body", "state", "created", "updated", "duplicate_of")
    return chosen["title"] is not None and (
        normalize(chosen["title"]) != "name" or any(map(chosen.get, others))
    )


@lru_cache(maxsize=256)
def _may_have_title(object_keys: tuple[str, ...]) -> bool:
    """Return whether a key is one of titles by its name; names of things are so only for some values."""
    title = _names_of(object_keys, UNMAPPED)[FIELDS.index("title")]
    return title is not None or not set(THINGS).isdisjoint(map(normalize, object_keys))


def _is_list(mapping: Mapping, key: str, before: Members) -> bool | None:
    """Return whether the list under a key of a large object holds the issues; None for lists of comments and such."""
    if mapping.table is not None:
        return key == mapping.table
    name = key.lower()
    if (name in _LISTS or name in _NOT_ISSUES) and not _is_issue(before, mapping):
        return None if name in _NOT_ISSUES else True
    return False


def _list_in(value: dict[str, Any], where: str, mapping: Mapping) -> list[Any]:
    """Return the list of issues in an object or in its inner objects, or the one issue in it.

    Raises:
        SourceError: No list has a telling name, or the list that the user named is missing.
    """
    keyed = _keyed(mapping)
    if mapping.table is not None:
        inner = value_at(value, mapping.table)
        if isinstance(inner, list):
            return inner
        if found := lists_under(value, mapping.table):
            return found
        if isinstance(inner, dict) and (found := keyed.elements(inner)):
            return found
        lists = [key for key, inner in value.items() if isinstance(inner, list)]
        key = match_name(mapping.table, lists, what=f"list {mapping.table!r}", where=where, kind="lists")
        return list(value[key])
    if not mapping.is_given and (issues := issues_in(value)) is not None:
        return issues
    level = [value]
    for _ in range(_DEPTH):
        for outer in level:
            if (issues := _issues_of(outer, keyed)) is not None:
                return issues
        level = [inner for outer in level for inner in outer.values() if isinstance(inner, dict)]
        if not mapping.is_given and any(detect([inner]) is not None for inner in level[:N_DECIDING]):
            return [inner for inner in level if detect([inner]) is not None]  # as in {"issue": {...}}
    raise SourceError(
        f"{where} holds an object with no key like title or body, and no list with a known name;"
        f" its keys: {join_names(value)}; name the list with --table, or a key with --title-column"
    )


def _issues_of(outer: dict[str, Any], keyed: KeyedIssues) -> list[Any] | None:
    """Return the issues of an object: under a known name, under their ids, or in its only list; None without any."""
    own = keyed.elements(outer)
    # A large object that holds issues under their ids is read no further before they are known.
    seen = first_members(outer) if own else outer
    by_name = {key.lower(): inner for key, inner in seen.items() if isinstance(inner, list | dict)}
    named = [by_name[name] for name in _LISTS if name in by_name]
    for inner in named:
        if isinstance(inner, list) and any(isinstance(it, dict | list) for it in inner):
            return inner
        if isinstance(inner, dict) and (found := keyed.elements(inner)):
            return found
    lists = [inner for inner in outer.values() if isinstance(inner, list)]
    if own and not (len(own) == 1 and len(lists) == 1 and _are_issues(lists[0], keyed)):
        return own
    of_values = (inner for inner in named if isinstance(inner, list))
    return next(of_values, lists[0] if len(lists) == 1 else None)


def _are_issues(elements: list[Any], keyed: KeyedIssues) -> bool:
    """Return whether a list without a known name holds several issues, by its first elements."""
    return len(elements) > 1 and all(isinstance(it, dict) and keyed.is_issue(it) for it in elements[:20])


def telling_keys(value: dict[str, Any]) -> tuple[str, ...]:
    """Return the keys of an object; of a wide one those whose names suggest something, which alone are chosen."""
    keys = tuple(value)
    return keys if len(keys) <= _WIDE else tuple(key for key, _ in telling(keys))


def _names(value: dict[str, Any], mapping: Mapping) -> tuple[str | None, ...]:
    """Return the key for each field of an object by the names alone."""
    return _names_of(telling_keys(value), mapping)


@lru_cache(maxsize=256)
def _names_of(object_keys: tuple[str, ...], mapping: Mapping) -> tuple[str | None, ...]:
    """Return the key for each field; the objects of a file have few sets of keys."""
    return tuple(keys_of(object_keys, mapping))


def keys_of(object_keys: tuple[str, ...], mapping: Mapping, sample: Sample | None = None) -> list[str | None]:
    """Return the key for each field in an object with these keys; one that the user named may be missing."""
    named_keys = [key for key in map(mapping.column, FIELDS) if key is not None]
    keys = tuple(dict.fromkeys((*object_keys, *named_keys)))
    chosen = choose(keys, mapping, where="", is_file=True, sample=sample)
    return [chosen.get(field) for field in FIELDS]
