"""Topics of Discourse, in lists and alone with their posts, of which the first is the text."""

from collections.abc import Iterator, Sequence
from typing import Any

from dupfind.records import Comment, Record
from dupfind.sources.coerce import flag, moment, quantity, text
from dupfind.sources.comment_bounds import first_comments
from dupfind.sources.json_formats.comment_objects import comments_in
from dupfind.sources.json_formats.keys import inside, objects
from dupfind.sources.markup import hypertext

_REGULAR, _WHISPER = 1, 4


def holds(document: dict[str, Any]) -> bool:
    """Return whether an object is a list of topics, next to which the list of its authors stands."""
    return isinstance(inside(document, "topic_list", "topics"), list)


def issues(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the topics of a list."""
    yield from objects(document["topic_list"]["topics"])


def recognises(issue: dict[str, Any]) -> bool:
    """Return whether an object has the keys of a topic."""
    return {"id", "title", "slug", "posts_count"} <= issue.keys()


def record(issue: dict[str, Any], *, source: str, comments: Sequence[Comment] = ()) -> Record | None:
    """Return the record of a topic, even of a private message. An answered topic is closed."""
    is_closed = any(flag(issue.get(key)) for key in ("closed", "archived", "has_accepted_answer"))
    posts = objects(inside(issue, "post_stream", "posts"))
    first = posts[0] if posts else {}
    raw = text(first.get("raw"))
    html = text(first.get("cooked") or issue.get("excerpt"))
    return Record(
        id=text(issue["id"]),
        title=text(issue["title"]),
        body=raw or hypertext.as_text(html),
        source=source,
        state="closed" if is_closed or isinstance(issue.get("accepted_answer"), dict) else "open",
        created=moment(issue.get("created_at")),
        updated=moment(issue.get("last_posted_at") or issue.get("bumped_at")),
        n_responses=max(0, quantity(issue["posts_count"]) - 1),
        comments=first_comments((*comments_in(_replies(posts)), *comments)),
    )


def _replies(posts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the posts after the first, of people; those of type 4, whispers, only the staff may see."""
    return [
        {**post, "private": post.get("post_type") == _WHISPER}
        for post in posts[1:]
        if post.get("post_type", _REGULAR) in (_REGULAR, _WHISPER)
    ]
