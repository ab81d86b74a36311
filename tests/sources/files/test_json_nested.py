import json
from pathlib import Path
from typing import Any

import pytest

from dupfind.errors import SourceError
from dupfind.sources.files.json_nested import joined, lists_under
from dupfind.sources.mapping import UNMAPPED, Mapping
from dupfind.sources.open import open_source

TASKS = [
    {"id": n, "title": f"The tap {n} drips", "description": "x", "done": n == 2, "created": "2024-02-01"}
    for n in (1, 2, 3)
]
PROJECTS = [
    {"id": 7, "title": "House", "description": "All taps", "created": "2024-01-01", "tasks": TASKS[:2]},
    {"id": 8, "title": "Garden", "description": "Hoses", "created": "2024-01-01", "tasks": TASKS[2:]},
]


def read(path: Path, value: Any, mapping: Mapping = UNMAPPED) -> list[tuple[str, str]]:
    path.write_text(json.dumps(value), encoding="utf-8")
    return [(record.id, record.title) for record in open_source(str(path), mapping)]


@pytest.mark.parametrize(
    "wrap", [lambda it: it, lambda it: {"projects": it}, lambda it: {"a.b/c": {"items": it}}]
)
def test_the_tasks_of_projects_are_refused_with_the_option_that_reads_them(wrap: Any, tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    with pytest.raises(SourceError, match=r"no state and hold a list of others: .* pass --table tasks;"):
        read(path, wrap(PROJECTS))
    tasks = [(str(task["id"]), task["title"]) for task in TASKS]
    assert read(path, wrap(PROJECTS), Mapping(table="tasks")) == tasks


def test_an_issue_with_a_state_keeps_its_tasks(tmp_path: Path) -> None:
    issues = [project | {"state": "open"} for project in PROJECTS]
    for mapping in (UNMAPPED, Mapping(table="tasks")):
        assert read(tmp_path / "a.json", issues, mapping) == [("7", "House"), ("8", "Garden")]


def test_comments_and_labels_are_no_issues_in_an_issue(tmp_path: Path) -> None:
    issues = [
        {"id": n, "title": f"The tap {n} drips", "body": "x", "labels": [{"id": 5, "title": "bug"}]}
        | {"comments": [{"body": "Same here", "created_at": "2024-02-01"}]}
        for n in (1, 2)
    ]
    assert read(tmp_path / "a.json", issues) == [("1", "The tap 1 drips"), ("2", "The tap 2 drips")]


@pytest.mark.parametrize(
    "inner",
    [
        {"attachments": [{"id": 5, "name": "kiln.png", "created": "2024-02-01"}]},
        {"history": [{"title": "Moved", "date": "2024-02-01", "message": "To the board"}]},
        {"replies": [{"subject": "Re: tap", "body": "Same here", "date": "2024-02-01"}]},
    ],
)
def test_a_list_without_states_leaves_an_issue_without_a_state_an_issue(
    inner: dict[str, Any], tmp_path: Path
) -> None:
    issues = [{"id": n, "title": f"The tap {n} drips", "body": "x"} | inner for n in (1, 2)]
    assert read(tmp_path / "a.json", issues) == [("1", "The tap 1 drips"), ("2", "The tap 2 drips")]


def test_lists_are_found_under_a_key_at_any_depth_or_under_a_path() -> None:
    document = {"items": [{"items": [1, 2]}, {"items": [3]}, {"x": {"deep": [4]}}]}
    assert lists_under(document, "items") == document["items"]
    assert lists_under(document, "items.items") == [1, 2, 3]
    assert lists_under(document, "deep") == [4]
    assert lists_under(document, "none") == lists_under(document, "items.none") == lists_under(5, "x") == []


@pytest.mark.parametrize(
    ("parts", "text"),
    [
        (["see ", {"type": "link", "text": "here"}, " now"], "see here now"),
        (["one", "two"], "one\ntwo"),
        ([{"id": 5}], [{"id": 5}]),
        (["one", 5], ["one", 5]),
    ],
)
def test_a_text_may_be_a_list_of_its_pieces(parts: list[Any], text: Any) -> None:
    assert joined(parts) == text


def test_a_chat_of_telegram_is_read_from_its_messages(tmp_path: Path) -> None:
    messages = [
        {
            "id": 1,
            "type": "service",
            "date": "2024-02-01T09:00:00",
            "actor": "Ada",
            "action": "join_group_by_link",
            "text": "",
        },
        {"id": 2, "type": "message", "date": "2024-02-01T10:00:00", "text": "The tap drips, who knows why?"},
        {
            "id": 3,
            "type": "message",
            "date": "2024-02-01T10:00:00",
            "text": ["See ", {"type": "link", "text": "it"}],
        },
    ]
    path = tmp_path / "a.json"
    chat = {"name": "Taps", "type": "private_group", "id": 7, "messages": messages}
    with pytest.raises(SourceError, match=r"if the issues are in the list, pass --table, such as 'messages'"):
        read(path, chat)
    records = list(open_source(str(path), Mapping(table="messages")))
    assert [(record.id, record.body) for record in records] == [
        ("2", "The tap drips, who knows why?"),
        ("3", "See it"),
    ]
