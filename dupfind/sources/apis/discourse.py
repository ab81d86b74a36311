"""Read topics from a Discourse forum, each with its first posts."""

from datetime import datetime
from typing import Any

from dupfind.sources.apis.api_client import Refused
from dupfind.sources.apis.credentials import Token, companion
from dupfind.sources.apis.listing import Listing, by_number
from dupfind.sources.apis.service_table import Listed, Project, ServiceTable
from dupfind.sources.coerce import text
from dupfind.sources.json_formats import discourse
from dupfind.sources.json_formats.keys import inside


def _credentials(token: Token) -> dict[str, str]:
    user = companion("DISCOURSE_USER")
    key = token.header("Api-Key")
    return key | {"Api-Username": user} if key and user else key


def _with_posts(project: Project, topic: dict[str, Any]) -> dict[str, Any]:
    answer = project.api.get(f"/t/{text(topic['id'])}.json")
    if not isinstance(answer.value, dict) or not discourse.recognises(answer.value):
        raise project.api.refusal(answer, "topic")
    return {**topic, **answer.value}


def _recognises(topic: dict[str, Any]) -> bool:
    return discourse.recognises(topic) and type(topic["id"]) is int  # it becomes part of an address


_TOPICS = Listing(
    path="/latest.json",
    query={"order": "activity", "no_definitions": "true"},
    issues="topic_list.topics",
    pages=by_number("page", "topic_list.more_topics_url", first=0),
    recognises=_recognises,
)


def _listed(project: Project, since: datetime | None, more: str | None, etag: str | None) -> Listed | None:
    """Request a page; a topic in a category that only some people may read is marked as such."""
    listed = _TOPICS(project, since, more, etag)
    if listed is None:
        return None
    hidden = {id for id in map(_category, listed.issues) if id is not None and _is_hidden(project, id)}
    topics = [{**topic, "private": True} if _category(topic) in hidden else topic for topic in listed.issues]
    return listed._replace(issues=topics)


def _category(topic: dict[str, Any]) -> int | None:
    id = topic.get("category_id")
    return id if type(id) is int else None


def _is_hidden(project: Project, category: int) -> bool:
    """Return whether only some people may read a category; each is requested once."""
    key = f"category {category}"
    if key not in project.known:
        try:
            answer = project.api.get(f"/c/{category}/show.json")
            project.known[key] = inside(answer.value, "category", "read_restricted") is not False
        except Refused:
            project.known[key] = True
    return bool(project.known[key])


SERVICE = ServiceTable(
    reader=discourse,
    id="id",
    updated="bumped_at",
    credentials=_credentials,
    order="newest first",
    listed=_listed,
    whole=_with_posts,
    address="{site}/t/{id}",
)
