"""Remarks: files of comments and events that lie beside a file of issues, by the issue that they are on."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from dupfind.sources import textfile
from dupfind.sources.jsontext import values
from dupfind.sources.shapes import Comment
from dupfind.sources.shapes.keys import inside
from dupfind.sources.values import moment, text

Remarks = Mapping[str, Sequence[Comment]]
"""The comments by the end of their issue's address, "/repos/O/R/issues/N", or by its number alone."""

_BESIDE = ("comments", "timeline", "events")
_MARKS = {
    *("issue_url", "noteable_type", "noteable_iid", "updateAuthor", "bug_id", "authorAssociation"),
    *("in_reply_to", "commit_id", "issue", "parent_id", "issueId", "postId"),
}


def are(keys: Collection[str]) -> bool:
    """Whether objects with such keys, and without one like a title, are comments on something."""
    return not _MARKS.isdisjoint(keys)


def beside(path: Path) -> tuple[Path, ...]:
    """The files whose name says that they hold the comments or events on the issues of this one."""
    names = (path.name.replace("issues", word) for word in _BESIDE if "issues" in path.name)
    return tuple(other for name in names if (other := path.with_name(name)).is_file())


def read(paths: Sequence[Path]) -> Remarks:
    """Read the comments in which duplicates may be marked; the others are not kept.

    Raises:
        SourceError: A file is no JSON.
    """
    kept: dict[str, list[Comment]] = defaultdict(list)
    for path in paths:
        with textfile.opened(path) as file:
            for said in _comments(file, str(path)):
                issue = text(said.get("issue_url")) or said.get("issue")
                issue = inside(issue, "url") if isinstance(issue, dict) else issue
                words = text(said.get("body") or said.get("content"))
                if issue is not None and "dup" in words.lower():
                    at = moment(said.get("created_at") or said.get("created_on"))
                    kept[_key(text(issue))].append(Comment(words, at))
    for comments in kept.values():
        comments.sort(key=lambda comment: (comment.at is not None, comment.at))
    return kept


def on(issue: dict[str, Any], said: Remarks) -> Sequence[Comment]:
    """The comments on an issue."""
    return said.get(_key(text(issue.get("url") or issue.get("id"))), ())


def _key(address: str) -> str:
    return address.partition("/repos/")[2].lower() or address


def _comments(file: Any, where: str) -> Iterator[dict[str, Any]]:
    for _, value, is_inner in values(file, where, lambda key, _: key == "comments"):
        if not isinstance(value, dict):
            continue
        inner = value.get("comments")
        for said in [value] if is_inner or not isinstance(inner, list) else inner:
            if isinstance(said, dict):
                yield said
