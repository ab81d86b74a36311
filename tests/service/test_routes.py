"""Tests of the routes: answers equal the library's, and invalid requests get a 4xx in one JSON format."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from dupfind.collection.collection import Collection
from dupfind.json_output import answer
from dupfind.records import Record
from dupfind.search.match import SearchRequest
from tests.support.clients import Client, serving
from tests.support.samples import WordEncoder, corpus, record


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("service") / "index"
    with Collection.create(place, encoder=WordEncoder()) as collection:
        collection.index(corpus(60), source="one")
        collection.index(
            [record("7", "Login page slow", "since the update", state="open"), record("a/b", "Odd id")],
            source="two",
        )
    return place


@pytest.fixture(scope="module")
def client(folder: Path) -> Iterator[Client]:
    with serving(folder, WordEncoder()) as client:
        yield client


def test_a_query_is_answered_as_the_library_answers_it(client: Client, folder: Path) -> None:
    with Collection.open(folder, encoder=WordEncoder()) as collection:
        for fields, query, options in (
            ({"text": "login page slow"}, "login page slow", {}),
            ({"title": "worker crash", "k": 3}, Record(id="", title="worker crash"), {"k": 3}),
            (
                {"text": "redis", "state": "open", "project": "a", "fold": True, "min_score": 0.1},
                "redis",
                {"state": "open", "project": "a", "fold": True, "min_score": 0.1},
            ),
            ({"text": "redis", "source": "two", "before": None}, "redis", {"source": "two"}),
            ({"text": "redis", "state": "all"}, "redis", {}),
        ):
            found = collection.searcher.search(SearchRequest(query, **options))
            hits = collection.search(query, **options)
            assert found.hits == hits
            text = query if isinstance(query, str) else query.title
            expected = answer(text, found.can_judge, collection.summary(), hits, bool(options.get("fold")))
            response = client.post("/query", fields)
            assert response.status == 200, response.text
            assert response.json == json.loads(json.dumps(expected))
            assert hits


def test_an_indexed_issue_is_searched_for_by_its_id(client: Client) -> None:
    response = client.post("/query", {"id": "7", "source": "two", "k": 2})
    assert response.json["query"] == "Login page slow"
    assert [hit["id"] for hit in response.json["hits"] if hit["source"] == "two"] in ([], ["a/b"])


def test_an_issue_is_shown_whole(client: Client) -> None:
    response = client.get("/issues/7?source=two")
    assert response.json["issue"] == {
        "id": "7",
        "source": "two",
        "project": None,
        "title": "Login page slow",
        "body": "since the update",
        "state": "open",
        "resolution": None,
        "url": None,
        "created_at": None,
        "updated_at": None,
        "closed_at": None,
        "duplicate_of": [],
    }
    assert client.get("/issues/a/b").json["issue"]["title"] == "Odd id"
    assert client.get("/issues/a%2Fb").json["issue"]["title"] == "Odd id"


def test_an_unknown_or_ambiguous_id_is_reported(client: Client) -> None:
    assert client.get("/issues/nowhere").status == 404
    twice = client.get("/issues/7")
    assert twice.status == 409
    assert "name the source" in twice.json["error"]
    assert client.post("/query", {"id": "7"}).status == 409
    assert client.post("/query", {"id": "nowhere"}).status == 404


def test_an_id_may_be_a_number_as_github_has_it(client: Client) -> None:
    for id in (7, "7"):
        assert client.post("/query", {"id": id, "source": "two"}).json["query"] == "Login page slow"
    assert client.post("/query", {"id": 987654321}).status == 404
    refused = client.post("/query", {"id": 1.5})
    assert (refused.status, "id must be a string or a whole number" in refused.json["error"]) == (400, True)
    assert client.post("/query", {"id": True}).status == 400


def test_the_names_to_filter_by_and_the_index_are_listed(client: Client) -> None:
    names = client.get("/names").json
    assert names["sources"] == ["one", "two"]
    assert names["projects"] == ["a", "b"]
    assert client.get("/health").json["index"]["records"] == 62


@pytest.mark.parametrize("text", ["error E0308 in the log", "Logs: the worker ends", "steps to reproduce it"])
def test_each_beginning_of_a_text_that_is_typed_has_an_answer(client: Client, text: str) -> None:
    for end in range(1, len(text) + 1):
        for field in ("title", "body"):
            answer = client.post("/query", {"title": "", "body": "", field: text[:end]})
            assert (answer.status, len(answer.json["hits"])) == (200, 10), (field, text[:end])


@pytest.mark.parametrize(
    ("body", "line"),
    [
        (b"{", "not valid JSON"),
        (b"", "not valid JSON"),
        (b"[1]", "JSON object"),
        (b'"text"', "JSON object"),
        (b'{"text": "\xff"}', "not UTF-8 (byte 10)"),
        (b'{"text": NaN}', "NaN"),
        (b"[" * 100_000, "nested"),
        (b'{"k": 1' + b"0" * 10_000 + b', "text": "a"}', "not valid JSON"),
        (b'{"text": "a", "colour": 1}', "unknown field 'colour'"),
        (b'{"text": 3}', "text must be a string"),
        (b'{"text": "a", "k": 0}', "1 to 100"),
        (b'{"text": "a", "k": true}', "1 to 100"),
        (b'{"text": "a", "k": 101}', "1 to 100"),
        (b'{"text": "a", "min_score": 2}', "-1 to 1"),
        (b'{"text": "a", "min_score": 1e999}', "-1 to 1"),
        (b'{"text": "a", "state": "new"}', "open"),
        (b'{"text": "a", "before": "soon"}', "date"),
        (b'{"text": "a", "fold": 1}', "true or false"),
        (b'{"text": "a", "title": "b"}', "one of"),
        (b"{}", "one of"),
        (b'{"text": "  "}', "no word"),
    ],
)
def test_an_invalid_query_is_a_400_with_one_clear_line(client: Client, body: bytes, line: str) -> None:
    response = client.post("/query", body)
    assert response.status == 400
    assert set(response.json) == {"schema_version", "error"}
    assert line in response.json["error"]
    assert "\n" not in response.json["error"]


def test_an_unknown_path_is_an_error_of_the_same_shape(client: Client) -> None:
    for response, status in (
        (client.get("/nothing"), 404),
        (client.get("/query"), 405),
        (client.request("DELETE", "/health"), 405),
        (client.get("/issues/7?colour=red"), 400),
    ):
        assert response.status == status
        assert set(response.json) == {"schema_version", "error"}


@pytest.mark.parametrize("text", ["\ud800 crash", "crash\0", "\u202e crash", "💥 crash", "crash " * 30_000])
def test_odd_texts_are_valid_queries(client: Client, text: str) -> None:
    response = client.post("/query", {"text": text, "project": None, "source": "one"})
    assert response.status == 200
    assert response.json["hits"]
    assert client.post("/query", {"text": text, "project": text[:8]}).json["hits"] == []


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/query", {"x" * 900_000: 1}),
        ("/query", {f"k{n}": 1 for n in range(50_000)}),
        ("/query", {"id": "x" * 900_000}),
        ("/query", {"id": 10**4_000}),
        ("/check", {"title": "a", "x" * 900_000: 1}),
        ("/check", {"issues": [], "x" * 900_000: 1}),
    ],
)
def test_a_refusal_is_short_though_the_request_is_long(client: Client, path: str, fields: object) -> None:
    answer = client.post(path, fields)
    assert answer.status in (400, 404)
    assert len(answer.text) < 500
