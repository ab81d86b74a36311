"""Comments as trackers write them in JSON: an object each, with a text, a time, an author and who may see it."""

from functools import lru_cache
from typing import Any

from dupfind.records import Comment
from dupfind.sources.coerce import flag, moment, text
from dupfind.sources.column_names import normalize
from dupfind.sources.json_formats.keys import inside, name, objects
from dupfind.sources.markup import adf, hypertext
from dupfind.sources.restricted import is_restricted

_TEXTS = (
    "body",
    "raw",
    "text",
    "content",
    "note",
    "notes",
    "text_body",
    "body_text",
    "plain_body",
    "comment_text",
    "comment",
    "message",
    "description",
)
_HTML = ("html_body", "cooked", "body_html", "rendered")
_TIMES = (
    "created_at",
    "createdAt",
    "created",
    "created_on",
    "createdDate",
    "creation_time",
    "created_time",
    "created_date",
    "date_created",
    "dateCreated",
    "creation_date",
    "date_submitted",
    "date",
    "timestamp",
    "time",
    "posted_at",
    "published_at",
    "submitted_at",
    "bug_when",
    "at",
)
_AUTHORS = (
    "user",
    "author",
    "actor",
    "creator",
    "reporter",
    "createdBy",
    "created_by",
    "updateAuthor",
    "memberCreator",
)


@lru_cache(maxsize=1_000)
def _plain(key: str) -> str:
    """Return a key without case and without what joins its words."""
    return normalize(key).replace("_", "")


_PRIVATE = frozenset(
    map(
        _plain,
        (
            *("internal", "private", "private_notes", "private_note", "hidden", "confidential", "restricted"),
            *("is_private", "is_internal", "is_hidden", "is_confidential", "is_restricted"),
            *("is_internal_note", "is_private_note", "internal_note", "internal_only", "staff_only"),
        ),
    )
)
"""Names of flags that are on for such a comment, in the form of `_plain`."""
_PUBLIC = frozenset(
    map(normalize, ("public", "jsd_public", "jsdpublic", "is_public", "visible", "is_visible"))
)
"""Names of flags that are off for such a comment."""
_KINDS = frozenset(
    map(_plain, ("type", "kind", "note_type", "comment_type", "privacy", "access", "visibility", "scope"))
)
"""Names whose value is a word of `_HIDDEN` for such a comment."""
_HIDDEN = frozenset(
    (
        *(
            "private",
            "internal",
            "group",
            "role",
            "staff",
            "team",
            "agents",
            "restricted",
            "confidential",
            "hidden",
        ),
        *(
            "private note",
            "internal note",
            "privatenote",
            "internalnote",
            "private comment",
            "internal comment",
        ),
    )
)
_GONE = frozenset(
    map(_plain, ("deleted", "removed", "is_deleted", "is_removed", "is_spam", "in_trash", "is_trashed"))
)
"""Names of flags that are on for a comment that is gone."""
_GONE_AT = frozenset(map(_plain, ("deleted_at", "deleted_on", "removed_at", "trashed_at")))
"""Names of times that such a comment has."""
_STATES = frozenset(("status", "state"))
_GONE_STATES = frozenset(("deleted", "removed", "spam", "trash", "trashed"))
_UNWANTED = frozenset(("spam", "abuse", "off topic", "low quality"))
"""Reasons for which GitHub hides a comment; others are "resolved", "outdated" and "duplicate"."""
_OF_PROGRAMS = """
allcontributors bors changeset-release codecov codecov-io coveralls dependabot dependabot-preview github-actions
googlebot homu hudson jenkins jirabot linear linear-app lock mergify msftbot netlify pre-commit-ci renovate
rust-highfive rustbot semantic-release snyk-io sonarcloud sonarqubecloud stale vercel vscodebot
"""
_PROGRAMS = frozenset(_OF_PROGRAMS.split())
"""Accounts of programs that an export without their kind gives like those of people."""
_BOTS = ("[bot]", "-bot", "_bot", "-robot", "_robot")


def comments_in(value: Any) -> tuple[Comment, ...]:
    """Return the comments of a list, in its order; empty if there is no list, as where GitHub writes a count.

    Args:
        value: A list, GraphQL's `nodes`, or an object with one of these under `comments`. Its elements are objects or
            texts.
    """
    inner = inside(value, "comments")
    elements = value if inner is None else inner
    if isinstance(elements, list):
        return tuple(
            _comment(element) if isinstance(element, dict) else Comment(element)
            for element in elements
            if isinstance(element, str) or (isinstance(element, dict) and not _is_gone(element))
        )
    return tuple(_comment(element) for element in objects(elements) if not _is_gone(element))


def _is_gone(comment: dict[str, Any]) -> bool:
    """Return whether a comment is deleted, spam, or hidden for what it says, so that a tracker shows nothing of it."""
    by_name = {_plain(key): value for key, value in comment.items()}
    if any(by_name[key] is True or _is_set(key, by_name[key]) for key in _GONE & by_name.keys()):
        return True
    if any(moment(by_name[key]) is not None for key in _GONE_AT & by_name.keys()):
        return True
    if any(_word(by_name[key]) in _GONE_STATES for key in _STATES & by_name.keys()):
        return True
    return by_name.get("isminimized") is True and _word(by_name.get("minimizedreason")) in _UNWANTED


def _is_set(key: str, value: Any) -> bool:
    """Return whether a database wrote a flag as 1 or "t"; `deleted` alone may be a count."""
    return key.startswith("is") and _is_flag(value) and flag(value)


def _comment(comment: dict[str, Any]) -> Comment:
    return Comment(_text(comment), _time(comment), _is_by_program(comment), is_hidden(comment))


def _text(comment: dict[str, Any]) -> str:
    for key in _TEXTS:
        value = comment.get(key)
        if isinstance(value, dict):
            value = adf.as_text(value) if value.get("type") == "doc" else _inner_text(value)
        if isinstance(value, str) and value:
            return value
    html = next((text(comment[key]) for key in _HTML if isinstance(comment.get(key), str)), "")
    return hypertext.as_text(html)


def _inner_text(value: dict[str, Any]) -> str:
    """Return the text in an object such as {"raw": "...", "html": "..."}."""
    plain = next(
        (value[key] for key in ("raw", "text", "plain", "body") if isinstance(value.get(key), str)), ""
    )
    return plain or hypertext.as_text(text(value.get("html")))


def _time(comment: dict[str, Any]) -> Any:
    times = (moment(comment[key]) for key in _TIMES if comment.get(key))
    return next((time for time in times if time is not None), None)


def _is_by_program(comment: dict[str, Any]) -> bool:
    """Return whether a bot wrote a comment, by the tracker's mark or by the name of its author."""
    if comment.get("system") is True or comment.get("botActor"):
        return True
    if text(comment.get("role") or comment.get("author_type")).strip().lower() == "bot":
        return True
    author = next((comment[key] for key in _AUTHORS if comment.get(key)), None)
    if isinstance(author, dict):
        kind = author.get("type") or author.get("__typename") or author.get("role")
        if text(kind).lower() in ("bot", "app") or any(
            author.get(key) is True for key in ("bot", "is_bot", "isBot")
        ):
            return True
        author = author.get("login") or author.get("username") or author.get("name")
    login = text(author).strip().lower()[:100]
    return login in _PROGRAMS or login.endswith(_BOTS)


def is_hidden(comment: dict[str, Any]) -> bool:
    """Return whether a comment is one that the tracker shows to some people only.

    These are the marks of Bugzilla, GitLab, Redmine, MantisBT, Jira (`visibility`), Jira Service Management
    (`properties`), YouTrack, Zendesk, Freshdesk and others. Keys are compared like the columns of a table.
    """
    by_name = {_plain(key): value for key, value in comment.items()}
    if any(_is_flag(by_name[key]) and flag(by_name[key]) for key in _PRIVATE & by_name.keys()):
        return True
    if any(_is_flag(by_name[key]) and not flag(by_name[key]) for key in _PUBLIC & by_name.keys()):
        return True
    if any(_word(by_name[key]) in _HIDDEN for key in _KINDS & by_name.keys()):
        return True
    if any(
        each.get("key") == "sd.public.comment" and flag(inside(each, "value", "internal"))
        for each in objects(by_name.get("properties"))
    ):
        return True
    view = comment.get("view_state")
    return is_restricted({**comment, "view_state": name(view)} if view is not None else comment)


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool | int | float) or (isinstance(value, str) and bool(value.strip()))


def _word(value: Any) -> str:
    """Return a value in lower case with spaces between its words; of an object, its type or name."""
    if isinstance(value, dict):
        value = value.get("type") or value.get("name")
    return text(value).strip().lower().replace("_", " ").replace("-", " ") if isinstance(value, str) else ""
