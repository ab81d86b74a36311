"""Cards of a Trello board: its export, whose lists are the states, or the cards alone as the API gives them."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from dupfind.records import Comment, Record, Ref
from dupfind.sources.coerce import flag, moment, optional, state, text
from dupfind.sources.comment_bounds import first_comments
from dupfind.sources.issue_mentions import Mention, Resolve
from dupfind.sources.json_formats.comment_objects import comments_in
from dupfind.sources.json_formats.comments import (
    is_duplicate_label,
    originals_from,
    originals_named,
    originals_of_open,
)
from dupfind.sources.json_formats.keys import counted, inside, name, objects

_WORD = re.compile(r"[^\W\d_]+")
_MAX_NAME = 200
_NOT_DONE = frozenset(("not", "to", "be", "almost", "nearly", "until", "when", "waiting", "ready"))


def holds(document: dict[str, Any]) -> bool:
    """Return whether an object is a board with its cards and lists, of which there may be none."""
    return is_board(document, recognises)


def is_board(document: dict[str, Any], is_card: Callable[[dict[str, Any]], bool]) -> bool:
    """Return whether an object has lists and cards, the first of which are of a known kind."""
    are_there = all(isinstance(document.get(key), list) for key in ("cards", "lists"))
    return are_there and all(map(is_card, objects(document.get("cards"))[:20]))


def issues(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the cards of a board, each with its list, its comments and the numbers of all cards."""
    cards = objects(document.get("cards"))
    lists = {text(one.get("id")): one for one in objects(document.get("lists"))}
    comments: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for action in objects(document.get("actions")):
        if action.get("type") == "commentCard":
            comment = {"body": inside(action, "data", "text"), "date": text(action.get("date"))}
            comments[text(inside(action, "data", "card", "id"))].append(comment)
    numbers = {text(card.get("shortLink") or card.get("id")): text(card.get("idShort")) for card in cards}
    for card in cards:
        own = sorted(comments[text(card.get("id"))], key=lambda comment: comment["date"])
        yield {
            **card,
            "list": lists.get(text(card.get("idList"))),
            "comments": own,
            "board": {"name": document.get("name"), "numbers": numbers},
        }


def recognises(issue: dict[str, Any]) -> bool:
    """Return whether an object has the keys of a card."""
    return {"idShort", "name", "desc", "idList"} <= issue.keys()


def record(issue: dict[str, Any], *, source: str, comments: Sequence[Comment] = ()) -> Record | None:
    """Return the record of a card.

    It is closed if it or its list is archived, or if the name of its list means so. A comment may then name its
    original; on an open card with a label for duplicates, a person's comment "Duplicate of" may.
    """
    comments = (*comments_in(issue.get("comments")), *comments)
    column = issue.get("list")
    is_closed = any(map(flag, (issue.get("closed"), inside(column, "closed"), issue.get("dueComplete"))))
    is_closed = is_closed or is_done(text(inside(column, "name")))
    closed = moment(issue.get("dateClosed")) if is_closed else None
    ref = Ref(optional(inside(issue, "board", "name")), text(issue["idShort"]))
    return Record(
        id=ref.id,
        title=text(issue["name"]),
        body=text(issue["desc"]),
        source=source,
        project=ref.project,
        state="closed" if is_closed else "open",
        created=created_of(text(issue.get("id"))),
        updated=moment(issue.get("dateLastActivity")),
        url=optional(issue.get("shortUrl") or issue.get("url")),
        duplicate_of=marked(
            issue, ref, comments, is_closed=is_closed, column=text(inside(column, "name")), closed=closed
        ),
        closed=closed,
        n_responses=len(comments) or counted(inside(issue, "badges", "comments")),
        comments=first_comments(comments),
    )


def is_done(column: str) -> bool:
    """Return whether the name of a list means that its cards are closed: "Done", "Done in May", "Duplicates"."""
    words = _WORD.findall(column[:_MAX_NAME].lower())
    if not words or state(column[:_MAX_NAME]) == "open" or not _NOT_DONE.isdisjoint(words):
        return False
    ends = (" ".join(words), words[0], words[-1])
    return any(state(end) == "closed" or state(end.removesuffix("s")) == "closed" for end in ends)


def marked(
    issue: dict[str, Any],
    ref: Ref,
    comments: Sequence[Comment],
    *,
    is_closed: bool,
    column: str,
    closed: datetime | None,
) -> tuple[Ref, ...]:
    """Return the originals that the comments on a card name.

    Args:
        issue: The card.
        ref: Its name.
        comments: On it.
        is_closed: Whether it is closed.
        column: The name of its list. If it or a label says "duplicate", words such as "See #12" count, too.
        closed: The time of its closing.
    """
    resolve = _resolver(ref.project, inside(issue, "board", "numbers") or {})
    labels = (text(name(label)) for label in objects(issue.get("labels")))
    is_labelled = any(map(is_duplicate_label, labels))
    if is_closed and (is_labelled or is_duplicate_label(column.strip().removesuffix("s"))):
        return originals_from(comments, ref, resolve, closed=closed)
    if is_closed:
        return originals_named(comments, ref, resolve)
    return originals_of_open(comments, ref, resolve) if is_labelled else ()


def _resolver(project: str | None, numbers: Mapping[str, str]) -> Resolve:
    """Return the resolver of a card's address, and of "#12" on the same board."""
    own = frozenset(numbers.values())

    def resolve(mention: Mention) -> Ref | None:
        id = mention.id if mention.form == "number" and mention.id in own else numbers.get(mention.id)
        return None if id is None or mention.form not in ("url", "number") else Ref(project, id)

    return resolve


def created_of(id: str) -> datetime | None:
    """Return the time in an id of MongoDB, whose first eight hexadecimal digits are seconds since 1970."""
    try:
        return moment(int(id[:8], 16)) if len(id) == 24 and id.isalnum() else None
    except ValueError:
        return None
