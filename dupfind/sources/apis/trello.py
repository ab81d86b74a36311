"""Read the cards of a board from Trello's API, with the lists that are their states; comments name the originals."""

from datetime import datetime
from itertools import islice
from typing import Any

from dupfind.sources.apis.credentials import Token, companion
from dupfind.sources.apis.service_table import Listed, Project, ServiceTable
from dupfind.sources.coerce import text
from dupfind.sources.json_formats import trello
from dupfind.sources.json_formats.keys import objects

PER_PAGE = 250
"""Few, as each card comes with its comments."""


def _credentials(token: Token) -> dict[str, str]:
    key = companion("TRELLO_KEY").replace("{", "{{").replace("}", "}}")
    return token.header("Authorization", f'OAuth oauth_consumer_key="{key}", oauth_token="{{}}"')


def _listed(project: Project, since: datetime | None, more: str | None, etag: str | None) -> Listed | None:
    """Request a page of cards, newest id first, whenever they changed: the API has no order by change."""
    board = project.known.get("board") or project.known.setdefault("board", _board(project))
    params = {"filter": "all", "actions": "commentCard", "limit": str(PER_PAGE)}
    answer = project.api.get(project.path("/boards/{key}/cards"), params | ({"before": more} if more else {}))
    cards = project.api.issues_in(answer, None, trello.recognises)
    actions = [action for card in cards for action in objects(card.get("actions"))]
    # The cards of the board follow for their numbers, which comments name.
    whole = {**board, "cards": [*cards, *objects(board.get("cards"))], "actions": actions}
    listed = list(islice(trello.issues(whole), len(cards)))
    return Listed(listed, min((text(card.get("id")) for card in cards), default=None))


def _board(project: Project) -> dict[str, Any]:
    """Return the board with its lists and the numbers of its cards."""
    which = {"fields": "name", "lists": "all", "cards": "all", "card_fields": "idShort,shortLink"}
    answer = project.api.get(project.path("/boards/{key}"), which)
    if not isinstance(answer.value, dict) or not isinstance(answer.value.get("lists"), list):
        raise project.api.refusal(answer, "board")
    return answer.value


SERVICE = ServiceTable(
    reader=trello,
    id="idShort",
    updated="dateLastActivity",
    base="{site}/1",
    home="https://api.trello.com/1",
    credentials=_credentials,
    order="none",
    listed=_listed,
)
