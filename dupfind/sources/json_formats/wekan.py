"""Cards of a Wekan board's export, whose lists are the states."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from dupfind.records import Comment, Record, Ref
from dupfind.sources.coerce import flag, moment, optional, text
from dupfind.sources.comment_bounds import first_comments
from dupfind.sources.json_formats import trello
from dupfind.sources.json_formats.comment_objects import comments_in
from dupfind.sources.json_formats.keys import inside, objects


def holds(document: dict[str, Any]) -> bool:
    """Return whether an object is a board with its cards and lists, of which there may be none."""
    return trello.is_board(document, recognises)


def issues(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the cards of a board, each with its list and its comments.

    The number of a card is its id. Old versions number no cards, and there the inner id is it.
    """
    cards = objects(document.get("cards"))
    lists = {text(one.get("_id")): one for one in objects(document.get("lists"))}
    comments: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for comment in objects(document.get("comments")):
        comments[text(comment.get("cardId"))].append({**comment, "body": comment.get("text")})
    of_cards = [text(card.get("cardNumber")) for card in cards]
    are_numbered = len(set(of_cards)) == len(cards) and not {"", "0"} & set(of_cards)
    numbers = {
        text(card.get("_id")): number if are_numbered else text(card.get("_id"))
        for card, number in zip(cards, of_cards, strict=True)
    }
    labels = {text(label.get("_id")): label for label in objects(document.get("labels"))}
    for card in cards:
        ids = card.get("labelIds")
        yield {
            **card,
            "list": lists.get(text(card.get("listId"))),
            "comments": sorted(
                comments[text(card.get("_id"))], key=lambda comment: text(comment.get("createdAt"))
            ),
            "labels": [labels[text(id)] for id in ids if text(id) in labels] if isinstance(ids, list) else [],
            "board": {"name": document.get("title"), "numbers": numbers},
        }


def recognises(issue: dict[str, Any]) -> bool:
    """Return whether an object has the keys of a card."""
    return {"_id", "title", "listId", "archived"} <= issue.keys()


def record(issue: dict[str, Any], *, source: str, comments: Sequence[Comment] = ()) -> Record | None:
    """Return the record of a card, closed and marked as a card of Trello."""
    comments = (*comments_in(issue.get("comments")), *comments)
    id = text(issue["_id"])
    ref = Ref(optional(inside(issue, "board", "name")), text(inside(issue, "board", "numbers", id)) or id)
    column = issue.get("list")
    is_closed = flag(issue["archived"]) or flag(inside(column, "archived")) or bool(issue.get("endAt"))
    is_closed = is_closed or trello.is_done(text(inside(column, "title")))
    return Record(
        id=ref.id,
        title=text(issue["title"]),
        body=text(issue.get("description")),
        source=source,
        project=ref.project,
        state="closed" if is_closed else "open",
        created=moment(issue.get("createdAt")),
        updated=moment(issue.get("modifiedAt") or issue.get("dateLastActivity")),
        duplicate_of=trello.marked(
            issue,
            ref,
            comments,
            is_closed=is_closed,
            column=text(inside(column, "title")),
            closed=moment(issue.get("endAt")),
        ),
        closed=moment(issue.get("endAt")),
        n_responses=len(comments),
        comments=first_comments(comments),
    )
