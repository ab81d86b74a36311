"""Each kind of JSON: its ids, texts, states and times; and any damage is an error in one line, or records."""

import json
import random
from io import BufferedReader, BytesIO
from pathlib import Path
from typing import Any

import pytest

from dupfind.errors import SourceError
from dupfind.records import Record
from dupfind.sources.json_formats.registry import JSON_FORMATS, issues_in
from dupfind.sources.open import open_source
from tests.support.mutations import mutated
from tests.support.tracker_samples import JSON_SAMPLES

N_MUTATIONS = 200


def written(folder: Path, value: Any) -> str:
    path = folder / "export.json"
    path.write_text(json.dumps(value), encoding="utf-8")
    return str(path)


def read(folder: Path, value: Any) -> list[Record]:
    return list(open_source(written(folder, value)))


@pytest.mark.parametrize("kind", JSON_SAMPLES)
def test_a_sample_gives_ids_texts_states_and_times(kind: str, tmp_path: Path) -> None:
    path = written(tmp_path, JSON_SAMPLES[kind])
    assert open_source(path).kind == kind
    first, second = open_source(path)
    assert [first.id.lstrip("TK-"), second.id.lstrip("TK-")] == ["7", "8"]
    assert [first.title, second.title] == ["Crash at start", "Quiet start"]
    assert [first.body, second.body] == ["Open it twice.", "Less noise"]
    assert [first.state, second.state] == ([None, None] if kind == "message" else ["open", "closed"])
    if kind != "conduit":
        assert first.created is not None
        assert first.created.isoformat() == "2025-02-03T09:15:00+00:00"


@pytest.mark.parametrize(
    "kind", ["trello", "gitlab-export", "gitlab-graphql", "youtrack", "shortcut", "stackexchange"]
)
def test_a_sample_marks_the_second_as_a_duplicate(kind: str, tmp_path: Path) -> None:
    _, second = read(tmp_path, JSON_SAMPLES[kind])
    assert [original.id.lstrip("K-") for original in second.duplicate_of] == ["7"]


@pytest.mark.parametrize("kind", JSON_SAMPLES)
def test_damage_is_an_error_in_one_line_or_read(kind: str, tmp_path: Path) -> None:
    rng = random.Random(kind)
    n_read = 0
    errors = []
    for _ in range(N_MUTATIONS):
        try:
            n_read += len(read(tmp_path, mutated(JSON_SAMPLES[kind], rng)))
        except SourceError as error:
            errors.append(str(error))
    assert n_read > N_MUTATIONS / 2
    assert not [error for error in errors if "\n" in error]


BOARD = JSON_SAMPLES["trello"]


def test_a_board_is_never_a_record_even_if_it_is_large_or_one_of_several(tmp_path: Path) -> None:
    large = {**BOARD, "cards": [{**BOARD["cards"][0], "idShort": n, "desc": "x" * 900} for n in range(2_000)]}
    assert [record.id for record in read(tmp_path, large)] == [str(n) for n in range(2_000)]
    others = [BOARD, {**BOARD, "name": "other"}]
    assert [(record.project, record.id) for record in read(tmp_path, others)] == [
        ("kiln", "7"),
        ("kiln", "8"),
        ("other", "7"),
        ("other", "8"),
    ]


def test_cards_without_their_board_have_no_state_of_a_list(tmp_path: Path) -> None:
    assert [record.state for record in read(tmp_path, BOARD["cards"])] == ["open", "open"]


def test_only_an_archived_or_done_card_is_closed(tmp_path: Path) -> None:
    [first, _] = BOARD["cards"]
    cards = [{**first, "idShort": 1, "closed": True}, {**first, "idShort": 2, "idList": "old"}, first]
    lists = [*BOARD["lists"], {"id": "old", "name": "Doing", "closed": True}]
    records = read(tmp_path, {**BOARD, "cards": cards, "lists": lists})
    assert [record.state for record in records] == ["closed", "closed", "open"]


def test_a_wekan_card_without_a_number_has_its_inner_id(tmp_path: Path) -> None:
    board = JSON_SAMPLES["wekan"]
    cards = [{**card, "cardNumber": 0} for card in board["cards"]]
    comments = [{"cardId": "b", "createdAt": "2025-02-14", "text": "Duplicate of #7"}]
    assert [record.id for record in read(tmp_path, {**board, "cards": cards})] == ["a", "b"]
    [_, second] = read(tmp_path, {**board, "comments": comments})
    assert [original.id for original in second.duplicate_of] == ["7"]


@pytest.mark.parametrize(
    ("kind", "hidden"),
    [
        ("gitlab-export", {"confidential": True}),
        ("youtrack", {"visibility": {"$type": "LimitedVisibility"}}),
        ("sourceforge", {"private": True}),
        ("launchpad", {"private": True}),
        ("launchpad", {"information_type": "Private Security"}),
        ("freshdesk", {"spam": True}),
        ("notion", {"in_trash": True}),
        ("monday", {"state": "deleted"}),
    ],
)
def test_what_is_not_for_everybody_is_left_out(kind: str, hidden: dict[str, Any], tmp_path: Path) -> None:
    value = json.loads(json.dumps(JSON_SAMPLES[kind]))
    if kind == "monday":
        issues = value["data"]["boards"][0]["items_page"]["items"]
    else:
        issues = (
            value if isinstance(value, list) else next(it for it in value.values() if isinstance(it, list))
        )
    issues[0].update(hidden)
    assert [record.id.lstrip("K-") for record in read(tmp_path, value)] == ["8"]


def test_a_task_that_not_all_may_see_is_left_out_in_both_forms_of_conduit(tmp_path: Path) -> None:
    value = json.loads(json.dumps(JSON_SAMPLES["conduit"]))
    value["result"]["data"][0]["fields"]["policy"] = {"view": "PHID-PROJ-a"}
    value["result"]["data"][1]["fields"]["policy"] = {"view": "users"}
    assert [record.id for record in read(tmp_path, value)] == ["T8"]
    task = {
        "id": "7",
        "phid": "a",
        "title": "Crash",
        "description": "Twice",
        "status": "resolved",
        "isClosed": True,
    }
    [record] = read(tmp_path, {"result": {"a": task}, "error_code": None})
    assert (record.id, record.title, record.body, record.state) == ("T7", "Crash", "Twice", "closed")


def test_the_newest_event_of_an_issue_counts_wherever_it_stands(tmp_path: Path) -> None:
    first, second = JSON_SAMPLES["gh-archive"]
    issue = second["payload"]["issue"]
    later = {
        **second,
        "created_at": "2025-03-01T00:00:00Z",
        "payload": {"issue": {**issue, "title": "Silent"}},
    }
    for events in ([first, second, later], [later, second, first]):
        titles = {record.id: record.title for record in read(tmp_path, events)}
        assert titles == {"7": "Crash at start", "8": "Silent"}
    gone = {**later, "payload": {**later["payload"], "action": "deleted"}}
    assert [record.id for record in read(tmp_path, [first, second, gone])] == ["7"]


def test_an_issue_is_taken_out_of_what_is_around_it(tmp_path: Path) -> None:
    issue = {"id": 7, "title": "Crash at start", "body": "Open it twice."}
    for wrapped in (
        {"data": issue},
        {"node": issue},
        {"type": "bugs", "id": 7, "attributes": {"title": "x"}},
    ):
        assert [record.id for record in read(tmp_path, [wrapped, wrapped])] == ["7", "7"]
    with pytest.raises(SourceError, match="holds comments, not issues"):
        read(tmp_path, [{"event": "closed", "issue": issue, "created_at": "2025-01-01"}])


@pytest.mark.parametrize(
    "answer",
    [
        {"message": "Not Found", "documentation_url": "https://example.org", "status": "404"},
        {"error": "invalid_token", "error_description": "It has expired"},
        {"errorMessages": ["No such project"], "errors": {}},
        {"message": "401 Unauthorized"},
    ],
)
def test_the_answer_to_a_failed_request_is_no_issue(answer: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="is the answer to a request that failed"):
        read(tmp_path, answer)


def test_the_settings_of_a_program_are_no_issue(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="holds one object with a name but without an id, state or date"):
        read(tmp_path, {"name": "kiln", "version": "1.0", "description": "Makes sites", "scripts": {}})
    assert len(read(tmp_path, [{"name": "Crash"}])) == 1


def test_a_board_without_cards_gives_no_records(tmp_path: Path) -> None:
    assert read(tmp_path, {**BOARD, "cards": []}) == []


def test_what_perceval_fetched_besides_issues_is_left_out(tmp_path: Path) -> None:
    item = {"backend_name": "GitHub", "uuid": "x", "data": {"id": 1, "title": "Crash", "message": "Mend it"}}
    values = [{**item, "category": category} for category in ("issue", "pull_request", "commit")]
    assert [record.title for record in read(tmp_path, values)] == ["Crash"]


def test_two_lines_of_messages_are_records(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"message": "It fails"}\n{"message": "It works"}\n', encoding="utf-8")
    assert [record.body for record in open_source(str(tmp_path / "a.jsonl"))] == ["It fails", "It works"]


def test_events_of_gh_archive_come_in_on_standard_input(tmp_path: Path) -> None:
    data = json.dumps(JSON_SAMPLES["gh-archive"] * 2).encode()
    records = list(open_source("-", stdin=BufferedReader(BytesIO(data))))
    assert [(record.id, record.state) for record in records] == [("7", "open"), ("8", "closed")]


def test_a_message_that_answers_another_is_no_record(tmp_path: Path) -> None:
    first, second = JSON_SAMPLES["message"]
    assert [record.id for record in read(tmp_path, [first, {**second, "In-Reply-To": "<7>"}])] == ["7"]


@pytest.mark.parametrize(
    ("name", "state"),
    [
        *(("Done", "closed"), ("\u2705 Done", "closed"), ("Done in May", "closed"), ("Duplicates", "closed")),
        *(
            ("Sprint 3: finished", "closed"),
            ("WON'T FIX", "closed"),
            ("Not done", "open"),
            ("To be closed", "open"),
        ),
        *(("Doing", "open"), ("Ready for release", "open"), ("Ideas", "open"), ("", "open"), ("!", "open")),
    ],
)
def test_the_name_of_a_list_says_whether_its_cards_are_closed(name: str, state: str, tmp_path: Path) -> None:
    board = {**BOARD, "lists": [{"id": "a", "name": name}]}
    assert read(tmp_path, board)[0].state == state


def test_a_project_with_a_title_of_its_own_is_no_issue(tmp_path: Path) -> None:
    issues = [{"id": 7, "title": "Crash", "tasks": [{"title": "Find it"}]}, {"id": 8, "title": "Quiet"}]
    for key in ("issues", "tickets", "tasks", "cards"):
        project = {"id": 1, "name": "Kiln", "description": "All of it", key: issues}
        assert [record.id for record in read(tmp_path, project)] == ["7", "8"]
    large = {"name": "Kiln", "issues": [{"id": n, "title": "x" * 500} for n in range(3_000)]}
    assert len(read(tmp_path, large)) == 3_000


def test_an_issue_with_tasks_of_its_own_stays_one(tmp_path: Path) -> None:
    issue = {
        "id": 7,
        "title": "Crash",
        "state": "open",
        "tasks": [{"title": "Find it"}, {"title": "Mend it"}],
    }
    assert [record.id for record in read(tmp_path, issue)] == ["7"]
    lines = "".join(json.dumps({"id": n, "title": "Crash", "tasks": issue["tasks"]}) + "\n" for n in (7, 8))
    (tmp_path / "a.jsonl").write_text(lines, encoding="utf-8")
    assert [record.id for record in open_source(str(tmp_path / "a.jsonl"))] == ["7", "8"]


@pytest.mark.parametrize(
    ("column", "labels", "originals"),
    [
        ("Done", [], ()),
        ("Done", [{"name": "duplicate"}], ("2",)),
        ("Duplicates", [], ("2",)),
        ("Doing", [{"name": "duplicate"}], ()),
    ],
)
def test_a_closed_card_that_refers_to_another_is_its_duplicate_only_by_a_list_or_label(
    column: str, labels: list[dict[str, str]], originals: tuple[str, ...]
) -> None:
    cards = [
        {"id": id, "idShort": n, "name": "lamp", "desc": "", "idList": "l", "labels": labels}
        for n, id in ((2, "c2"), (3, "c3"))
    ]
    said = {"text": "See #2.", "card": {"id": "c3"}}
    action = {"type": "commentCard", "date": "2024-05-01T12:00:00Z", "data": said}
    lists = [{"id": "l", "name": column}]
    board = {"name": "B", "cards": cards, "lists": lists, "actions": [action]}
    assert made(board, "trello")["3"] == originals
    cards_of_wekan = [
        {"_id": id, "title": "lamp", "listId": "l", "archived": False, "cardNumber": n, "labelIds": ["x"]}
        for n, id in ((2, "c2"), (3, "c3"))
    ]
    of_wekan = {
        "title": "B",
        "cards": cards_of_wekan,
        "lists": [{"_id": "l", "title": column}],
        "labels": [{"_id": "x", **label} for label in labels],
        "comments": [{"cardId": "c3", "text": "See #2.", "createdAt": "2024-05-01T12:00:00Z"}],
    }
    assert made(of_wekan, "wekan")["3"] == originals


def made(board: dict[str, Any], kind: str) -> dict[str, tuple[str, ...]]:
    records = [JSON_FORMATS[kind].record(card, source="s") for card in issues_in(board) or []]
    return {record.id: tuple(ref.id for ref in record.duplicate_of) for record in records if record}
