"""Tests that the API and its OpenAPI document agree: routes, null, and generated requests and answers."""

import warnings
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, seed, settings

from dupfind.collection.collection import Collection
from dupfind.service.openapi import DOCUMENT
from dupfind.service.routes import ROUTES
from dupfind.service.static import PAGE
from tests.support.clients import Client, serving
from tests.support.samples import WordEncoder, corpus, record

pytestmark = pytest.mark.slow

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    schemathesis = pytest.importorskip("schemathesis", reason="schemathesis is missing: install dupfind[dev]")

schema = schemathesis.openapi.from_dict(DOCUMENT)


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    folder = tmp_path_factory.mktemp("openapi") / "index"
    with Collection.create(folder, encoder=WordEncoder()) as collection:
        collection.index(corpus(30), source="one")
        collection.index([record("0", "Odd id", state="open"), record("x/y", "Slash")], source="two")
    with serving(folder, WordEncoder()) as client:
        yield client


def test_every_route_is_in_the_document() -> None:
    routes = {
        (route.path.replace(":path", ""), method.lower())
        for route in ROUTES
        if route not in PAGE and route.path not in ("/openapi.json", "/docs")
        for method in route.methods or ()
        if method != "HEAD"
    }
    assert routes == {(path, method) for path, methods in DOCUMENT["paths"].items() for method in methods}


def test_the_service_sends_the_document(client: Client) -> None:
    assert client.get("/openapi.json").json == DOCUMENT


def test_null_equals_an_absent_field_in_the_document_and_in_the_service(client: Client) -> None:
    one_issue = DOCUMENT["components"]["schemas"]["Draft"]["anyOf"][0]["properties"]
    for name, field in one_issue.items():
        allowed = "null" in field["type"] and None in field.get("enum", [None])
        assert allowed == (client.post("/check", {"title": "crash", name: None}).status == 200), name


@seed(1)
@schema.parametrize()  # type: ignore[untyped-decorator]
@settings(
    max_examples=120,
    deadline=None,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_no_request_breaks_the_service_and_no_answer_breaks_the_document(client: Client, case: Any) -> None:
    # No schema can say what a text without a word is, or which fields must come together.
    case.call_and_validate(
        base_url=client.url, excluded_checks=[schemathesis.checks.positive_data_acceptance]
    )
