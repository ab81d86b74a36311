"""A file of two issues for each kind of JSON: number 7 is open, and number 8 is closed."""

from typing import Any

OPENED, CLOSED = "2025-02-03T09:15:00Z", "2025-02-14T09:15:00Z"
_OPENED_MS = 1738574100000


def _two(first: dict[str, Any], second: dict[str, Any], **both: Any) -> list[dict[str, Any]]:
    return [{**both, **first}, {**both, **second}]


def _trello() -> dict[str, Any]:
    cards = _two(
        {
            "id": f"{_OPENED_MS // 1000:08x}" + "0" * 16,
            "idShort": 7,
            "name": "Crash at start",
            "desc": "Open it twice.",
            "idList": "a",
        },
        {
            "id": f"{_OPENED_MS // 1000:08x}" + "1" * 16,
            "idShort": 8,
            "name": "Quiet start",
            "desc": "Less noise",
            "idList": "b",
        },
        closed=False,
    )
    comment = {"text": "Duplicate of #7", "card": {"id": cards[1]["id"]}}
    return {
        "id": "b",
        "name": "kiln",
        "desc": "The board",
        "lists": [{"id": "a", "name": "Doing"}, {"id": "b", "name": "Done"}],
        "actions": [{"type": "commentCard", "date": CLOSED, "data": comment}],
        "cards": cards,
    }


def _wekan() -> dict[str, Any]:
    cards = _two(
        {
            "_id": "a",
            "cardNumber": 7,
            "title": "Crash at start",
            "description": "Open it twice.",
            "archived": False,
        },
        {"_id": "b", "cardNumber": 8, "title": "Quiet start", "description": "Less noise", "archived": True},
        listId="l",
        createdAt=OPENED,
    )
    return {
        "title": "kiln",
        "lists": [{"_id": "l", "title": "All"}],
        "cards": cards,
        "comments": [],
        "labels": [],
    }


def _notion(number: int, title: str, body: str, status: str) -> dict[str, Any]:
    def plain(text: str) -> list[dict[str, str]]:
        return [{"plain_text": text[:3]}, {"plain_text": text[3:]}]

    return {
        "object": "page",
        "id": f"p{number}",
        "created_time": OPENED,
        "properties": {
            "Task": {"type": "title", "title": plain(title)},
            "About": {"type": "rich_text", "rich_text": plain(body)},
            "Phase": {"type": "status", "status": {"name": status}},
            "ID": {"type": "unique_id", "unique_id": {"prefix": None, "number": number}},
        },
    }


def _monday(number: int, title: str, body: str, status: str) -> dict[str, Any]:
    columns = [{"id": "status", "text": status}, {"id": "long_text_1", "text": body}]
    return {
        "id": str(number),
        "name": title,
        "state": "active",
        "created_at": OPENED,
        "column_values": columns,
    }


def _topic(number: int, title: str, body: str, is_closed: bool) -> dict[str, Any]:
    topic = {
        "id": number,
        "title": title,
        "slug": "a",
        "posts_count": 3,
        "created_at": OPENED,
        "closed": is_closed,
    }
    return {**topic, "excerpt": f"<p>{body}</p>"}


def _maniphest(title: str, body: str, status: str) -> dict[str, Any]:
    return {"name": title, "description": {"raw": body}, "status": {"value": status}}


_FIELDS = ("System.Title", "System.Description", "System.State", "System.CreatedDate")
_FIRST, _SECOND = ("Crash at start", "Open it twice."), ("Quiet start", "Less noise")
_EVENT = {"actor": {}, "repo": {"name": "o/kiln"}, "type": "IssuesEvent"}

JSON_SAMPLES: dict[str, Any] = {
    "trello": _trello(),
    "wekan": _wekan(),
    "azure-rest": {
        "value": [
            {"id": 7, "fields": dict(zip(_FIELDS, (*_FIRST, "Active", OPENED), strict=True))},
            {"id": 8, "fields": dict(zip(_FIELDS, (*_SECOND, "Done", OPENED), strict=True))},
        ]
    },
    "gitlab-export": _two(
        {"iid": 7, "title": _FIRST[0], "description": _FIRST[1], "state": "opened"},
        {"iid": 8, "title": _SECOND[0], "description": _SECOND[1], "state": "closed"},
        created_at=OPENED,
        notes=[{"note": "marked this issue as a duplicate of #7", "system": True}],
    ),
    "youtrack": _two(
        {"idReadable": "K-7", "summary": _FIRST[0], "description": _FIRST[1], "resolved": None},
        {"idReadable": "K-8", "summary": _SECOND[0], "description": _SECOND[1], "resolved": _OPENED_MS},
        created=_OPENED_MS,
        links=[{"direction": "INWARD", "linkType": {"name": "Duplicate"}, "issues": [{"idReadable": "K-7"}]}],
    ),
    "github-archive": _two(
        {"url": "https://github.com/o/kiln/issues/7", "title": _FIRST[0], "body": _FIRST[1]},
        {
            "url": "https://github.com/o/kiln/issues/8",
            "title": _SECOND[0],
            "body": _SECOND[1],
            "closed_at": CLOSED,
        },
        type="issue",
        repository="https://github.com/o/kiln",
        created_at=OPENED,
        labels=["https://github.com/o/kiln/labels/bug"],
    ),
    "gh-archive": [
        {**_EVENT, "created_at": at, "payload": {"action": "edited", "issue": issue}}
        for at, issue in zip(
            (OPENED, CLOSED),
            _two(
                {"number": 7, "title": _FIRST[0], "body": _FIRST[1], "state": "open"},
                {"number": 8, "title": _SECOND[0], "body": _SECOND[1], "state": "closed"},
                created_at=OPENED,
            ),
            strict=True,
        )
    ],
    "sourceforge": {
        "tickets": _two(
            {"ticket_num": 7, "summary": _FIRST[0], "description": _FIRST[1], "status": "open-later"},
            {"ticket_num": 8, "summary": _SECOND[0], "description": _SECOND[1], "status": "gone"},
            created_date="2025-02-03 09:15:00",
            discussion_thread={"posts": [{"text": "Duplicate of [bugs:#7]"}]},
        ),
        "open_status_names": "open",
        "closed_status_names": "closed gone",
    },
    "launchpad": _two(
        {"id": 7, "description": _FIRST[1], "title": _FIRST[0], "status": "Fix Committed"},
        {"id": 8, "description": _SECOND[1], "title": f'Bug #8 in kiln: "{_SECOND[0]}"', "status": "Opinion"},
        self_link="https://api.launchpad.net/1.0/bugs/7",
        bug_link="https://api.launchpad.net/1.0/bugs/7",
        date_created=OPENED,
    ),
    "conduit": {
        "result": {
            "data": _two(
                {
                    "id": 7,
                    "fields": {
                        "name": _FIRST[0],
                        "description": {"raw": _FIRST[1]},
                        "status": {"value": "open"},
                    },
                },
                {
                    "id": 8,
                    "fields": {
                        "name": _SECOND[0],
                        "description": {"raw": _SECOND[1]},
                        "status": {"value": "spite"},
                    },
                },
                phid="PHID-TASK-a",
            )
        }
    },
    "sentry": _two(
        {"shortId": "7", "title": _FIRST[0], "metadata": {"value": _FIRST[1]}, "status": "unresolved"},
        {"shortId": "8", "title": _SECOND[0], "metadata": {"value": _SECOND[1]}, "status": "ignored"},
        firstSeen=OPENED,
        culprit="",
        project={"slug": "kiln"},
    ),
    "discourse": {
        "users": [{"id": 1}],
        "topic_list": {"topics": [_topic(7, *_FIRST, False), _topic(8, *_SECOND, True)]},
    },
    "stackexchange": {
        "has_more": False,
        "items": _two(
            {"question_id": 7, "title": _FIRST[0], "body": f"<p>{_FIRST[1]}</p>"},
            {"question_id": 8, "title": _SECOND[0], "body": f"<p>{_SECOND[1]}</p>"}
            | {"closed_date": 1738660500, "closed_reason": "Duplicate"}
            | {"closed_details": {"original_questions": [{"question_id": 7}]}},
            creation_date=1738574100,
            link="https://stackoverflow.com/questions/7",
        ),
    },
    "bitbucket": {
        "pagelen": 2,
        "values": _two(
            {"id": 7, "title": _FIRST[0], "content": {"raw": _FIRST[1]}, "state": "on hold"},
            {"id": 8, "title": _SECOND[0], "content": {"raw": _SECOND[1]}, "state": "wontfix"},
            kind="bug",
            created_on=OPENED,
        ),
    },
    "gitlab-graphql": {
        "data": {
            "project": {
                "issues": {
                    "nodes": _two(
                        {"iid": "7", "title": _FIRST[0], "description": _FIRST[1], "state": "opened"},
                        {"iid": "8", "title": _SECOND[0], "description": _SECOND[1], "state": "closed"}
                        | {
                            "notes": {
                                "nodes": [{"body": "marked this issue as a duplicate of #7", "system": True}]
                            }
                        },
                        webUrl="https://gitlab.com/kiln/fire/-/issues/7",
                        createdAt=OPENED,
                    )
                }
            }
        }
    },
    "openproject": {
        "_type": "WorkPackageCollection",
        "_embedded": {
            "elements": _two(
                {"id": 7, "subject": _FIRST[0], "description": {"format": "markdown", "raw": _FIRST[1]}}
                | {"_links": {"status": {"title": "In progress"}, "project": {"title": "Kiln"}}},
                {"id": 8, "subject": _SECOND[0], "description": {"format": "markdown", "raw": _SECOND[1]}}
                | {"_links": {"status": {"title": "Closed"}, "project": {"title": "Kiln"}}},
                createdAt=OPENED,
            )
        },
    },
    "taiga": _two(
        {"id": 901, "ref": 7, "subject": _FIRST[0], "description": _FIRST[1], "is_closed": False},
        {"id": 902, "ref": 8, "subject": _SECOND[0], "description": _SECOND[1], "is_closed": True},
        status_extra_info={"name": "Ready"},
        project_extra_info={"name": "Kiln", "slug": "kiln"},
        created_date=OPENED,
    ),
    "basecamp": _two(
        {"id": 7, "content": _FIRST[0], "description": f"<div>{_FIRST[1]}</div>", "completed": False},
        {"id": 8, "content": _SECOND[0], "description": f"<div>{_SECOND[1]}</div>", "completed": True},
        status="active",
        visible_to_clients=False,
        created_at=OPENED,
    ),
    "intercom": {
        "type": "conversation.list",
        "conversations": _two(
            {"id": "7", "title": _FIRST[0], "state": "snoozed"}
            | {"source": {"subject": "", "body": f"<p>{_FIRST[1]}</p>"}},
            {"id": "8", "title": None, "state": "closed"}
            | {"source": {"subject": _SECOND[0], "body": f"<p>{_SECOND[1]}</p>"}},
            created_at=_OPENED_MS // 1000,
        ),
    },
    "zendesk": {
        "tickets": _two(
            {"id": 7, "subject": _FIRST[0], "description": _FIRST[1], "status": "hold"},
            {"id": 8, "subject": _SECOND[0], "description": _SECOND[1], "status": "solved"},
            requester_id=1,
            via={},
            created_at=OPENED,
        )
    },
    "freshdesk": _two(
        {"id": 7, "subject": _FIRST[0], "description": f"<div>{_FIRST[1]}</div>", "status": 3},
        {"id": 8, "subject": _SECOND[0], "description_text": _SECOND[1], "status": 5},
        requester_id=1,
        responder_id=2,
        created_at=OPENED,
    ),
    "servicenow": {
        "result": _two(
            {"number": "7", "short_description": _FIRST[0], "description": _FIRST[1], "state": "2"},
            {"number": "8", "short_description": _SECOND[0], "description": _SECOND[1]}
            | {"state": {"display_value": "Closed", "value": "7"}},
            sys_id="x",
            sys_created_on="2025-02-03 09:15:00",
            parent_incident={"link": "https://example.org/x", "value": "x"},
        )
    },
    "asana": {
        "data": _two(
            {"gid": "7", "name": _FIRST[0], "notes": _FIRST[1], "completed": False},
            {"gid": "8", "name": _SECOND[0], "notes": _SECOND[1], "completed": True},
            created_at=OPENED,
        )
    },
    "clickup": {
        "tasks": _two(
            {
                "id": "7",
                "name": _FIRST[0],
                "text_content": _FIRST[1],
                "status": {"status": "live", "type": "custom"},
            },
            {
                "id": "8",
                "name": _SECOND[0],
                "text_content": _SECOND[1],
                "status": {"status": "x", "type": "done"},
            },
            date_created=str(_OPENED_MS),
        )
    },
    "pivotal": _two(
        {"id": 7, "name": _FIRST[0], "description": _FIRST[1], "current_state": "rejected"},
        {"id": 8, "name": _SECOND[0], "description": _SECOND[1], "current_state": "accepted"},
        story_type="bug",
        created_at=OPENED,
    ),
    "shortcut": _two(
        {"id": 7, "name": _FIRST[0], "description": _FIRST[1], "completed": False},
        {"id": 8, "name": _SECOND[0], "description": _SECOND[1], "completed": True},
        story_type="bug",
        workflow_state_id=1,
        created_at=OPENED,
        story_links=[{"verb": "duplicates", "subject_id": 8, "object_id": 7}],
    ),
    "notion": {"results": [_notion(7, *_FIRST, "Doing"), _notion(8, *_SECOND, "Done")]},
    "monday": {
        "data": {
            "boards": [
                {"items_page": {"items": [_monday(7, *_FIRST, "Stuck"), _monday(8, *_SECOND, "Done")]}}
            ]
        }
    },
    "message": _two(
        {"Message-ID": "<7>", "Subject": _FIRST[0], "body": {"plain": _FIRST[1]}},
        {"Message-ID": "<8>", "Subject": _SECOND[0], "body": {"plain": _SECOND[1]}},
        Date="Mon, 3 Feb 2025 09:15:00 +0000",
    ),
}
"""The value of a JSON file by the kind of source."""
