"""Which issues a tracker shows to some people only, by the keys and columns of the trackers' exports."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from dupfind.sources.coerce import flag, text
from dupfind.sources.column_words import FIELD_WORDS, YES
from dupfind.sources.json_formats.keys import inside, name, objects

_FLAGS = (
    "confidential",
    "is_private",
    "isPrivate",
    "private",
    "is_confidential",
    "restricted",
    "is_restricted",
)
"""Keys of GitLab, Redmine, SourceForge, Launchpad, Pagure, Roundup and others that are true for such an issue."""
_PUBLIC = frozenset(("", "none", "null", "public", "-", "0", "all users", "everyone", "issue readers"))
_HIDDEN = frozenset(
    (
        "private",
        "restricted",
        "internal",
        "confidential",
        "proprietary",
        "embargoed",
        "private security",
        "user data",
    )
)
_SEEN_BY_ALL = ("public", "users")
"""Phabricator's policies for tasks that all of its users see."""
_VIEWS = ("view_state", "view_status", "information_type")
"""Keys of MantisBT and Launchpad whose value is a word of `_HIDDEN` for such an issue."""

_FLAG_COLUMNS = FIELD_WORDS["private"] | {key.lower() for key in _FLAGS} | {"is private", "is confidential"}
_LEVEL_COLUMNS = FIELD_WORDS["security"] | {
    "security_level",
    "securitylevel",
    "groups",
    "bug_group",
    "visible to",
}
_VIEW_COLUMNS = frozenset(("view status", "view state", "information type", "visibility", *_VIEWS))


def is_restricted(issue: dict[str, Any]) -> bool:
    """Return whether an object of JSON is an issue that its tracker shows to some people only.

    These are the marks of Jira (`fields.security`), GitLab, Redmine, Bugzilla (`groups`), MantisBT, YouTrack
    (`visibility`), SourceForge, Launchpad, Pagure and Phabricator (`fields.policy.view`). Spam and deleted tickets of
    Freshdesk are such issues, too.
    """
    bug = issue.get("bug_data")  # of a task of Launchpad
    if isinstance(bug, dict) and is_restricted({**bug, "bug_data": None}):
        return True
    if "requester_id" in issue and any(_is_true(issue.get(key)) for key in ("spam", "deleted")):
        return True
    view = inside(issue, "fields", "policy", "view")
    if view is not None and view not in _SEEN_BY_ALL:
        return True
    if any(_is_true(issue.get(key)) for key in _FLAGS):
        return True
    if any(text(name(issue.get(key))).strip().lower() in _HIDDEN for key in _VIEWS if key in issue):
        return True
    if inside(issue, "fields", "security"):
        return True
    is_bug = "summary" in issue and ("product" in issue or "resolution" in issue)
    return (is_bug and bool(issue.get("groups"))) or _is_limited(issue.get("visibility"))


def _is_true(value: Any) -> bool:
    return isinstance(value, bool | int | str) and flag(value)


def _is_limited(visibility: Any) -> bool:
    """Return whether a visibility of YouTrack names groups or people."""
    if isinstance(visibility, str):
        return visibility.strip().lower() in _HIDDEN
    permitted = (objects(inside(visibility, key)) for key in ("permittedGroups", "permittedUsers"))
    return any(permitted) or inside(visibility, "$type") == "LimitedVisibility"


def restricted_rows(columns: Iterable[str]) -> Callable[[Sequence[Any]], bool]:
    """Return the check for rows with these columns: whether a row is an issue for some people only.

    Args:
        columns: The names, in any language of `column_words`; they may repeat.
    """
    names = [column.strip().lower() for column in columns]
    flags, levels, views = (
        [at for at, column in enumerate(names) if column in known]
        for known in (_FLAG_COLUMNS, _LEVEL_COLUMNS, _VIEW_COLUMNS)
    )

    def is_restricted_row(cells: Sequence[Any]) -> bool:
        return (
            any(_word(cells[at]) in YES or flag(cells[at]) for at in flags)
            or any(_word(cells[at]) not in _PUBLIC for at in levels)
            or any(_word(cells[at]) in _HIDDEN for at in views)
        )

    return is_restricted_row


def columns_of(columns: Sequence[str]) -> list[str]:
    """Return the columns that `restricted_rows` looks at."""
    known = _FLAG_COLUMNS | _LEVEL_COLUMNS | _VIEW_COLUMNS
    return [column for column in columns if column.strip().lower() in known]


def _word(cell: Any) -> str:
    return text(cell).strip().lower()
