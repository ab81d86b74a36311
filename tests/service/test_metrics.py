"""Tests of `GET /metrics`: the counts are those of the requests, and no request adds a label of its own."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from dupfind.collection.collection import Collection
from dupfind.errors import StoreError
from dupfind.service import routes
from dupfind.service.metrics import metrics_text
from dupfind.service.middleware import Policy
from dupfind.service.request_counts import BOUNDS_S, ROUTES, STATUSES, RequestCounts, route_of, shared_table
from tests.support.clients import Client, serving
from tests.support.samples import WordEncoder, corpus

NOW = datetime(2024, 5, 1, 12, tzinfo=UTC)
INDEX = {"records": 60, "model": "tiny", "generation": 3, "read_at": "2024-05-01T11:58:30+00:00"}
LINE = re.compile(r'(\w+)(?:\{((?:\w+="[^"\\\n]*",?)*)\})? (\S+)')

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


def read(text: str) -> Samples:
    """Read the text format as Prometheus does: each line is a sample or begins with #."""
    samples: Samples = {}
    assert text.endswith("\n")
    for line in text.splitlines():
        if line.startswith("# "):
            assert re.match(r"# (HELP|TYPE) dupfind_\w+ \S", line), line
            continue
        match = LINE.fullmatch(line)
        assert match, line
        labels = frozenset(re.findall(r'(\w+)="([^"]*)"', match[2] or ""))
        assert (match[1], labels) not in samples
        samples[match[1], labels] = float(match[3])
    return samples


def n_requests(samples: Samples, route: str, status: int) -> float:
    labels = frozenset({("route", route), ("status", str(status))})
    return samples.get(("dupfind_http_requests_total", labels), 0)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with Collection.create(tmp_path / "index", encoder=WordEncoder()) as collection:
        collection.index(corpus(60), source="one")
    return tmp_path / "index"


@pytest.fixture
def client(folder: Path) -> Iterator[Client]:
    with serving(folder, WordEncoder()) as client:
        yield client


def test_each_request_is_counted_by_route_and_status(client: Client) -> None:
    for _ in range(3):
        assert client.post("/query", {"text": "login page slow"}).status == 200
    assert client.post("/query", {"text": ""}).status == 400
    assert client.get("/issues/none-such").status == 404
    assert client.get("/query").status == 405
    assert client.get("/health", Host="rebound.example").status == 403
    response = client.get("/metrics")
    assert response.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    samples = read(response.text)
    for route, status, n in (
        ("/query", 200, 3),
        ("/query", 400, 1),
        ("/query", 405, 1),
        ("/issues/{id}", 404, 1),
        ("/health", 403, 1),
        ("/metrics", 200, 0),
    ):
        assert n_requests(samples, route, status) == n, (route, status)
    assert samples["dupfind_http_request_duration_seconds_count", frozenset({("route", "/query")})] == 5
    assert samples["dupfind_index_records", frozenset()] == 60
    assert samples["dupfind_index_up", frozenset()] == 1
    assert n_requests(read(client.get("/metrics").text), "/metrics", 200) == 1


def test_no_text_of_a_request_becomes_a_label(client: Client) -> None:
    before = set(read(client.get("/metrics").text))
    for n in range(20):
        assert client.get(f"/none-{n}").status == 404
        client.request(f"METHOD{n}", f"/query?{n}")
    added = set(read(client.get("/metrics").text)) - before
    names = {value for _, labels in added for name, value in labels if name == "route"}
    assert names == {"other", "/query", "/metrics"}


def test_it_obeys_the_rules_of_hosts_and_tokens(folder: Path) -> None:
    with serving(folder, WordEncoder(), Policy(token="0123456789abcdef")) as client:
        assert client.get("/metrics").status == 401
        bearer = {"Authorization": "Bearer 0123456789abcdef"}
        assert client.get("/metrics", **bearer, Host="rebound.example").status == 403
        assert client.get("/metrics", **bearer).status == 200


def test_an_index_that_cannot_be_read_leaves_the_counts(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert client.post("/query", {"text": "login page slow"}).status == 200

    def summary(_: Collection) -> dict[str, object]:
        raise StoreError("the disk is gone")

    monkeypatch.setattr(Collection, "summary", summary)
    samples = read(client.get("/metrics").text)
    assert n_requests(samples, "/query", 200) == 1
    assert samples["dupfind_index_up", frozenset()] == 0


def test_the_text_of_an_index_and_of_none_can_be_read() -> None:
    counts = RequestCounts()
    counts.add(ROUTES.index("/query"), 200, 0.02)
    counts.add(ROUTES.index("/query"), 418, 31.0)
    samples = read(metrics_text(counts.total(), INDEX, NOW))
    query = ("route", "/query")
    name = "dupfind_http_request_duration_seconds"
    assert n_requests(samples, "/query", 0) == n_requests(samples, "/query", 200) == 1
    for bound, n in (("0.01", 0), ("0.025", 1), ("30", 1), ("+Inf", 2)):
        assert samples[f"{name}_bucket", frozenset({query, ("le", bound)})] == n, bound
    assert samples[f"{name}_sum", frozenset({query})] == pytest.approx(31.02)
    assert samples["dupfind_index_age_seconds", frozenset()] == 90
    assert samples["dupfind_index_generation", frozenset()] == 3
    without = read(metrics_text(counts.total(), None, NOW))
    assert without["dupfind_index_up", frozenset()] == 0
    assert ("dupfind_index_records", frozenset()) not in without
    never = read(metrics_text(counts.total(), INDEX | {"read_at": None}, NOW))
    assert ("dupfind_index_age_seconds", frozenset()) not in never


def test_a_request_at_a_bound_is_in_the_bucket_of_that_bound() -> None:
    counts = RequestCounts()
    for bound in BOUNDS_S:
        counts.add(0, 200, bound)
    below = counts.total()[0, len(STATUSES) : -1]
    assert below.tolist() == [1.0] * len(BOUNDS_S) + [0.0]


def test_processes_add_to_one_table_and_a_new_one_continues_the_row() -> None:
    with shared_table(2) as file:
        first, second = (RequestCounts(file.fileno(), place) for place in (0, 1))
        first.add(0, 200, 0.1)
        second.add(0, 200, 0.1)
        again = RequestCounts(file.fileno(), 1)
        again.add(0, 503, 0.1)
        for counts in (first, second, again):
            assert counts.total()[0, 0] == 2
            assert np.array_equal(counts.total(), first.total())
        assert first.total()[0, STATUSES.index(503)] == 1


def test_every_route_of_the_service_has_a_name() -> None:
    for route in routes.ROUTES:
        path = route.path.replace("{id:path}", "7")
        assert route_of(path) in set(ROUTES) - {"other"}, path
    assert route_of("/review/next") == "/review"
    assert route_of("/anything") == "other"
