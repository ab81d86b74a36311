"""Which issues a tracker shows to some people only, by the keys and columns of the trackers' exports."""

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from dupfind.sources.coerce import flag, text
from dupfind.sources.column_names import normalize
from dupfind.sources.column_words import FIELD_WORDS, NO_ANSWERS, YES_ANSWERS
from dupfind.sources.json_formats.keys import inside, name, objects
from dupfind.sources.restricted_words import FLAGS, HIDDEN, PUBLIC_FLAGS, VIEWS

_FLAGS = frozenset(map(normalize, FIELD_WORDS["private"])) | FLAGS
"""Names of GitLab, Redmine, SourceForge, Launchpad, Pagure, Roundup and others that are true for such an issue."""
_SECURITY = frozenset(map(normalize, FIELD_WORDS["security"] | {"security level", "securitylevel"}))
_LEVELS = _SECURITY | frozenset(map(normalize, ("bug_group", "visible to", "viewable by", "restricted to")))
"""Names whose value says who may see such an issue, and is empty for all others."""
_GROUPS = "groups"
"""Such a name in Bugzilla, and a common one elsewhere."""
_OF_BUGS = ("product", "dupe_of", "creation_time", "bug_id", "bug_status")
"""Names of Bugzilla, of which one stands next to its groups."""
_DEGREES = frozenset(
    ("lowest", "low", "minor", "medium", "moderate", "major", "high", "highest", "critical", "severe")
)
"""Values of a security level outside of Jira that say how bad an issue is, and not who may see it."""
_OF_JIRA = frozenset(map(normalize, ("issue key", "issue id", "project key")))
_NUMBERED = frozenset(("view_state", "view_status"))
_SHARED = "share_id"
"""Sentry's key: next to it `is_public` says that an issue has a link for everybody, and false hides nothing."""
_INNER = frozenset(("meta", "metadata", "flags", "attributes", "properties", "access", "privacy"))
"""Keys of objects inside an issue that may hold its marks."""
_PRIVATE = "50"
"""MantisBT's number of the view state "private"."""

_PUBLIC = frozenset(
    (
        *("", "none", "null", "nil", "nan", "nat", "n/a", "na", "undefined", "0", "0.0", "no", "false"),
        *("public", "all", "all users", "everyone", "everybody", "anyone", "issue readers"),
        *(
            "keine",
            "keiner",
            "aucun",
            "aucune",
            "ninguno",
            "ninguna",
            "nessuno",
            "nessuna",
            "nenhum",
            "nenhuma",
        ),
        *("geen", "brak", "нет", "无", "無", "なし", "없음"),
    )
)
"""Values of a level that stand for none, without brackets, quotes and dashes around them."""
_WRAPPING = "[](){}<>\"'`,; \t\r\n-\u2013\u2014"
SEEN_BY_ALL = ("public", "users")
"""Phabricator's policies for tasks that all of its users see."""


class _Marks(NamedTuple):
    """The positions of the columns or keys by which an issue is known to be for some people only."""

    flags: Sequence[int]
    levels: Sequence[int]
    degrees: Sequence[int]
    views: Sequence[int]
    numbered: Sequence[int]
    publics: Sequence[int]

    def are_on(self, cells: Sequence[Any]) -> bool:
        """Return whether one of these cells marks its issue."""
        return (
            any(_is_true(cells[at]) for at in self.flags)
            or any(_is_level(cells[at]) for at in self.levels)
            or any(_is_level(cells[at]) and not _is_degree(cells[at]) for at in self.degrees)
            or any(_is_hidden(cells[at]) for at in self.views)
            or any(_is_false(cells[at]) for at in self.publics)
            or any(_is_numbered(cells[at]) for at in self.numbered)
        )


def _marks(columns: Sequence[str], others: Iterable[str] = ()) -> _Marks:
    """Return the marks among columns or keys; further ones help to know the tracker."""
    names = [normalize(column) for column in columns]
    known_names = {*names, *map(normalize, others)}
    levels = _LEVELS | {_GROUPS} if _are_of_bugs(known_names) else _LEVELS
    views = VIEWS - {"classification"} if _are_of_bugs(known_names) else VIEWS
    publics = PUBLIC_FLAGS if _SHARED not in known_names else frozenset()
    degrees = _SECURITY if known_names.isdisjoint(_OF_JIRA) else frozenset()
    return _Marks(
        *(
            [at for at, name in enumerate(names) if name in known]
            for known in (_FLAGS, levels - degrees, degrees, views, _NUMBERED, publics)
        )
    )


_marks_of_keys = lru_cache(maxsize=64)(_marks)
"""The objects of a file have few sets of keys."""


def _are_of_bugs(names: set[str]) -> bool:
    """Return whether these are columns or keys of Bugzilla, whose groups are people's."""
    return not names.isdisjoint(("summary", "short_desc")) and not names.isdisjoint(_OF_BUGS)


def _is_bug(issue: dict[str, Any]) -> bool:
    """Return whether an object is a bug of which few fields are exported: Bugzilla writes its words in capitals."""
    if not {"summary", "resolution", _GROUPS} <= issue.keys():
        return False
    words = text(issue["resolution"]) + text(issue.get("status"))
    return words == words.upper()


def is_restricted(issue: dict[str, Any]) -> bool:
    """Return whether an object of JSON is an issue that its tracker shows to some people only.

    These are the marks of Jira (`fields.security`), GitLab, Redmine, Bugzilla (`groups`), MantisBT, YouTrack
    (`visibility`), SourceForge, Launchpad, Pagure and Phabricator (`fields.policy.view`). Spam and deleted tickets of
    Freshdesk are such issues, too, and so are private messages and unlisted topics of Discourse. Keys are compared
    like the columns of a table, in any case. Marks in an object such as `meta` count like those next to it.
    """
    bug = issue.get("bug_data")  # of a task of Launchpad
    if isinstance(bug, dict) and is_restricted({**bug, "bug_data": None}):
        return True
    if "requester_id" in issue and any(_is_true(issue.get(key)) for key in ("spam", "deleted")):
        return True
    if issue.get("archetype") == "private_message" or (
        "posts_count" in issue and issue.get("visible") is False
    ):
        return True
    view = inside(issue, "fields", "policy", "view")
    if view is not None and view not in SEEN_BY_ALL:
        return True
    if _is_level(inside(issue, "fields", "security")) or _is_limited(issue.get("visibility")):
        return True
    if _is_bug(issue) and _is_level(issue[_GROUPS]):
        return True
    for key in _INNER.intersection(issue):
        inner = issue[key]
        if isinstance(inner, dict) and _are_marked(inner):
            return True
    return _are_marked(issue)


def _are_marked(members: dict[str, Any]) -> bool:
    return _marks_of_keys(tuple(members)).are_on(tuple(members.values()))


def restricted_rows(columns: Sequence[str], *, others: Iterable[str] = ()) -> Callable[[Sequence[Any]], bool]:
    """Return the check for rows with these columns: whether a row is an issue for some people only.

    Args:
        columns: The names, in any language of `column_words`; they may repeat.
        others: Further columns of the table, which help to know its tracker.
    """
    marks = _marks(columns, others)
    return marks.are_on if any(marks) else lambda _: False


def columns_of(columns: Sequence[str]) -> list[str]:
    """Return the columns that `restricted_rows` looks at."""
    used = {at for positions in _marks(columns) for at in positions}
    return [columns[at] for at in sorted(used)]


def _is_true(value: Any) -> bool:
    if isinstance(value, dict | list | tuple):
        return False
    plain = _word(value)
    if isinstance(value, int | float) and value != 1:
        return False  # a number of something
    return plain not in _PUBLIC and (plain in YES_ANSWERS or flag(value))


def _is_false(value: Any) -> bool:
    return not isinstance(value, dict | list | tuple) and _word(value) in NO_ANSWERS


def _is_hidden(value: Any) -> bool:
    """Return whether the value of a visibility is a word for some people only."""
    return " ".join(_word(name(value)).replace("_", " ").replace("-", " ").split()) in HIDDEN


def _is_level(value: Any) -> bool:
    """Return whether the value of a level names groups or people; empty lists and words for none do not."""
    values = value if isinstance(value, list | tuple) else [value]
    named = (each.get("name") or each if isinstance(each, dict) else each for each in values)
    return any(_word(each).strip(_WRAPPING) not in _PUBLIC for each in named)


def _is_degree(value: Any) -> bool:
    """Return whether a level is a number or a degree such as "high"."""
    plain = _word(value.get("name") if isinstance(value, dict) else value)
    return plain in _DEGREES or (plain.isascii() and plain.replace(".", "", 1).isdecimal())


def _is_numbered(value: Any) -> bool:
    """Return whether a view state is MantisBT's number for private issues, or an object with it."""
    return _word(value.get("id") if isinstance(value, dict) else value) == _PRIVATE


def _is_limited(visibility: Any) -> bool:
    """Return whether a visibility of YouTrack names groups or people."""
    permitted = (objects(inside(visibility, key)) for key in ("permittedGroups", "permittedUsers"))
    return any(permitted) or inside(visibility, "$type") == "LimitedVisibility"


def _word(value: Any) -> str:
    return text(value).strip().lower()
