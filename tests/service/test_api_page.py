"""The page `/docs` shows the OpenAPI document, in a real browser too."""

import re
import shlex
from collections.abc import Iterator
from html import unescape
from typing import Literal

import pytest

from dupfind.collection.collection import Collection
from dupfind.service.api_page import EXAMPLES, api_page
from dupfind.service.middleware import Policy
from dupfind.service.openapi import DOCUMENT
from tests.support.axe import violations
from tests.support.browsers import chromium
from tests.support.clients import Client, serving
from tests.support.samples import WordEncoder, corpus

MOST_BYTES = 150_000
ADDRESS = "http://127.0.0.1:8477"


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    folder = tmp_path_factory.mktemp("docs") / "index"
    with Collection.create(folder, encoder=WordEncoder()) as collection:
        collection.index(corpus(30), source="one")
    with serving(folder, WordEncoder(), Policy(token="0123456789abcdef", hosts={"issues.example"})) as client:
        yield client


def test_every_route_parameter_status_and_field_of_the_document_is_on_the_page() -> None:
    page = unescape(api_page(ADDRESS))
    for path, methods in DOCUMENT["paths"].items():
        for method, operation in methods.items():
            section = page.partition(f'<section id="{operation["operationId"]}">')[2].partition("</section>")[
                0
            ]
            assert f"<h2>{method.upper()} {path}</h2>" in section
            assert f"<p>{operation['summary']}.</p>" in section
            for status, answer in operation["responses"].items():
                assert f'<th scope="row">{status}</th><td>{answer["description"]}</td>' in section
            for parameter in operation.get("parameters", ()):
                assert f"<code>{parameter['name']}</code>" in section
    for name, schema in DOCUMENT["components"]["schemas"].items():
        section = page.partition(f'id="object-{name}"')[2].partition("</section>")[0]
        assert section.count("<tr>") > len(schema.get("properties", {}))
        for field, its in schema.get("properties", {}).items():
            assert f"<code>{field}</code>" in section
            assert its.get("description", "") in section


def test_every_link_of_the_page_leads_to_a_place_on_it() -> None:
    page = api_page(ADDRESS)
    targets = set(re.findall(r'href="#([^"]*)"', page))
    assert len(targets) > len(DOCUMENT["paths"])
    assert targets <= set(re.findall(r' id="([^"]*)"', page))


HOSTILE = "http://x.example/\"><script>alert(1)</script>$(touch stolen)'; touch stolen #"


def test_an_address_is_one_word_of_the_shell_and_only_text_of_the_page() -> None:
    [query, check] = re.findall("<pre .*?>(.*?)</pre>", api_page(HOSTILE), re.DOTALL)
    assert "<" not in query + check
    assert "<script" not in api_page(HOSTILE)
    assert shlex.split(unescape(query))[:3] == ["curl", "-s", f"{HOSTILE}/query"]
    assert "curl -s 'http://[::1]:80'/check" in unescape(api_page("http://[::1]:80"))


@pytest.mark.slow
def test_the_examples_have_the_address_by_which_the_page_was_asked(client: Client) -> None:
    def addresses(host: str) -> set[str]:
        return set(re.findall("curl -s ([^ ]*)/(?:query|check) ", client.get("/docs", Host=host).text))

    for host in (f"127.0.0.1:{client.port}", "localhost:9999", "issues.example", "10.0.0.7"):
        assert addresses(host) == {f"http://{host}"}
    for host in ('issues.example"><script>', "elsewhere.example", "127.0.0.1:1;touch stolen"):
        answer = client.get("/docs", Host=host)
        assert (answer.status, answer.headers["content-type"]) == (403, "application/json")


@pytest.mark.slow
def test_the_examples_are_answered_and_the_page_is_small_and_needs_no_token(client: Client) -> None:
    response = client.get("/docs")
    assert response.status == 200
    assert "<script" not in response.text
    style = sum(len(client.get(path).text) for path in re.findall(r'href="(/[^"]*\.css)"', response.text))
    assert style > 0
    assert len(response.text) + style < MOST_BYTES
    for operation_id, fields in EXAMPLES.items():
        answer = client.post(f"/{operation_id}", fields, Authorization="Bearer 0123456789abcdef")
        assert answer.status == 200, answer.text


@pytest.mark.slow
@pytest.mark.browser
def test_its_policy_lets_all_of_it_load_and_it_fits_a_phone(client: Client) -> None:
    with chromium() as browser:
        page = browser.new_page(viewport={"width": 380, "height": 800})
        events: list[str] = []
        page.on("console", lambda message: events.append(message.text))
        page.on("requestfailed", lambda request: events.append(request.url))
        page.goto(f"{client.url}/docs")
        assert page.evaluate("document.styleSheets.length") == 3
        assert page.evaluate("document.documentElement.scrollWidth") <= 380
        assert events == []


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_accessible(client: Client, scheme: Literal["light", "dark"]) -> None:
    with chromium() as browser:
        page = browser.new_page(color_scheme=scheme)
        page.goto(f"{client.url}/docs")
        assert violations(page) == []
