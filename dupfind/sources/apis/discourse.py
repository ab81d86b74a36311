"""Read topics from a Discourse forum, each with its first posts."""

import os
from typing import Any

from dupfind.sources.apis.credentials import Token
from dupfind.sources.apis.listing import Listing, by_number
from dupfind.sources.apis.service_table import Project, ServiceTable
from dupfind.sources.coerce import text
from dupfind.sources.json_formats import discourse


def _credentials(token: Token) -> dict[str, str]:
    user = os.environ.get("DISCOURSE_USER", "").strip()
    key = token.header("Api-Key")
    return key | {"Api-Username": user} if key and user else key


def _with_posts(project: Project, topic: dict[str, Any]) -> dict[str, Any]:
    answer = project.api.get(f"/t/{text(topic['id'])}.json")
    if not isinstance(answer.value, dict) or not discourse.recognises(answer.value):
        raise project.api.refusal(answer, "topic")
    return {**topic, **answer.value}


def _recognises(topic: dict[str, Any]) -> bool:
    return discourse.recognises(topic) and type(topic["id"]) is int  # it becomes part of an address


SERVICE = ServiceTable(
    reader=discourse,
    id="id",
    updated="bumped_at",
    credentials=_credentials,
    order="newest first",
    listed=Listing(
        path="/latest.json",
        query={"order": "activity", "no_definitions": "true"},
        issues="topic_list.topics",
        pages=by_number("page", "topic_list.more_topics_url", first=0),
        recognises=_recognises,
    ),
    whole=_with_posts,
    address="{site}/t/{id}",
)
