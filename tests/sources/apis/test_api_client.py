"""What a server may do wrong: it is waited for where that helps, and else named in one line, without the token."""

import gzip
import logging
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from dupfind.errors import SourceError
from dupfind.sources.apis import api_client, retry
from dupfind.sources.apis.api_client import Api, ApiResponse, Refused, Uncertain
from dupfind.sources.apis.credentials import Token
from dupfind.sources.apis.retry import ATTEMPTS
from tests.support.fake_services import Reply, Request, Server, hasten, serving

TOKEN = "s3cr3t-t0ken"
FINE = Reply({"fine": True})


@pytest.fixture(autouse=True)
def _hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    hasten(monkeypatch)


@pytest.fixture
def server() -> Iterator[Server]:
    with serving(lambda _: FINE) as started:
        yield started


class Client:
    """An API at a server, how long it waited, and its errors."""

    def __init__(self, server: Server) -> None:
        self.waits: list[float] = []
        self.api = Api(
            f"{server.url}/api",
            Token(TOKEN, "set X_TOKEN"),
            {"Authorization": f"Bearer {TOKEN}"},
            sleep=self.waits.append,
        )

    def get(self, path: str = "/issues") -> ApiResponse:
        with self.api.session():
            return self.api.get(path)

    def error(self, path: str = "/issues") -> str:
        with pytest.raises(SourceError) as raised:
            self.get(path)
        message = str(raised.value)
        assert "\n" not in message
        assert TOKEN not in message
        return message


@pytest.fixture
def client(server: Server) -> Client:
    return Client(server)


def limited(status: int = 429, **headers: str) -> Reply:
    return Reply(
        {"message": "slow down"}, status, {name.replace("_", "-"): it for name, it in headers.items()}
    )


@pytest.mark.parametrize("status", [408, 500, 502, 503, 504])
def test_a_server_that_is_busy_is_asked_again(server: Server, client: Client, status: int) -> None:
    server.faults = [Reply(b"<h1>busy</h1>", status)] * (ATTEMPTS - 1)
    assert client.get().value == {"fine": True}
    assert len(client.waits) == ATTEMPTS - 1


def test_waits_double(server: Server, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry, "FIRST_WAIT_S", 1.0)
    server.faults = [Reply({}, 503)] * 4
    client.get()
    assert client.waits == [1, 2, 4, 8]


def test_a_server_that_stays_broken_is_named_with_its_words(server: Server, client: Client) -> None:
    server.faults = [Reply({"message": f"no database; you sent {TOKEN}\n\nbye"}, 500)] * ATTEMPTS
    assert client.error() == f"{server.url}/api/issues answers 500: no database; you sent *** bye"
    assert len(server.requests) == ATTEMPTS


def test_a_limit_is_waited_for_in_seconds(server: Server, client: Client) -> None:
    server.faults = [limited(Retry_After="7")]
    client.get()
    assert client.waits == [7]


def test_a_limit_is_waited_for_until_a_date_of_the_servers_clock(server: Server, client: Client) -> None:
    server.faults = [
        limited(503, Date="Wed, 03 Jan 2024 09:12:00 GMT", Retry_After="Wed, 03 Jan 2024 09:12:30 GMT")
    ]
    client.get()
    assert client.waits == [31]


def test_githubs_limit_is_waited_for_until_it_ends(server: Server, client: Client) -> None:
    date = "Wed, 03 Jan 2024 09:12:00 GMT"  # 1704273120 seconds after 1970
    server.faults = [limited(403, Date=date, X_RateLimit_Remaining="0", X_RateLimit_Reset="1704273180")]
    client.get()
    assert client.waits == [61]


def test_graphqls_limit_says_200_and_is_waited_for(server: Server, client: Client) -> None:
    limit = {
        "data": None,
        "errors": [{"type": "RATE_LIMITED", "message": "API rate limit exceeded for user"}],
    }
    server.faults = [Reply(limit, headers={"Retry-After": "5"})]
    client.get()
    assert client.waits == [5]


def test_a_limit_without_a_time_is_waited_for_a_minute(
    server: Server, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retry, "LIMIT_WAIT_S", 60.0)
    server.faults = [Reply({"message": "You have exceeded a secondary rate limit"}, 403)]
    client.get()
    assert client.waits == [60]


def test_a_long_wait_is_told(server: Server, client: Client, caplog: pytest.LogCaptureFixture) -> None:
    server.faults = [limited(Retry_After="90")]
    client.get()
    assert f"{server.url}/api/issues limits its rate: waiting for 90 s" in caplog.text


@pytest.mark.parametrize("seconds", ["86400", "9" * 400])
def test_a_limit_that_is_too_long_is_an_error(server: Server, client: Client, seconds: str) -> None:
    server.faults = [limited(Retry_After=seconds)]
    assert "too long to wait" in client.error()
    assert client.waits == []


def test_a_server_that_limits_for_ever_is_an_error(server: Server, client: Client) -> None:
    server.faults = [limited(Retry_After="0")] * ATTEMPTS
    assert "limits its rate" in client.error()


def test_a_page_of_html_is_an_error_at_once(server: Server, client: Client) -> None:
    server.faults = [Reply(b"<!DOCTYPE html><title>Sign in</title>")]
    assert client.error() == (
        f"{server.url}/api/issues gives a page of HTML, not JSON: check that this is the address of its API"
    )
    assert len(server.requests) == 1


@pytest.mark.parametrize("content", [b"", b"hello", b"\xff\xfe\x00", b"[" * 100_000])
def test_what_is_no_json_is_an_error(server: Server, client: Client, content: bytes) -> None:
    server.faults = [Reply(content)] * ATTEMPTS
    assert "JSON" in client.error()


def test_json_that_breaks_off_is_asked_for_again(server: Server, client: Client) -> None:
    server.faults = [Reply(b'[{"number": 1, "title": "abc')]
    client.get()
    server.faults = [Reply(b'[{"number": 1, "title": "abc')] * ATTEMPTS
    assert "JSON that breaks off" in client.error()


def test_an_answer_that_is_cut_is_asked_for_again(server: Server, client: Client) -> None:
    server.faults = [FINE._replace(is_cut=True)]
    client.get()
    server.faults = [FINE._replace(is_cut=True)] * ATTEMPTS
    assert "cannot be read" in client.error()


def test_gzip_that_is_none_is_an_error(server: Server, client: Client) -> None:
    server.faults = [Reply(b"no gzip", headers={"Content-Encoding": "gzip"})] * ATTEMPTS
    assert "cannot be read" in client.error()


def test_a_server_that_never_answers_is_an_error(
    server: Server, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api_client, "TIMEOUT_S", 0.1)
    server.faults = [Reply(is_silent=True)] * ATTEMPTS
    assert client.error() == f"{server.url}/api/issues does not answer within 0.1 s"


def test_a_server_that_drips_is_an_error(
    server: Server, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api_client, "ANSWER_S", -1.0)
    assert "takes more than" in client.error()


def test_nobody_at_the_address_is_an_error() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    nobody = Client(Server(f"http://127.0.0.1:{port}", lambda _: FINE))
    assert f"http://127.0.0.1:{port}/api/issues cannot be read" in nobody.error()
    assert len(nobody.waits) == ATTEMPTS - 1


@pytest.mark.parametrize("is_packed", [False, True])
def test_an_answer_that_is_too_large_is_not_read_to_its_end(
    server: Server, client: Client, monkeypatch: pytest.MonkeyPatch, is_packed: bool
) -> None:
    monkeypatch.setattr(api_client, "MAX_BYTES", 100_000)
    content = b" " * 10_000_000
    server.faults = [
        Reply(gzip.compress(content), headers={"Content-Encoding": "gzip"}) if is_packed else Reply(content)
    ]
    assert "more than 100,000 bytes" in client.error()


def test_a_redirect_below_the_address_is_followed(server: Server, client: Client) -> None:
    server.faults = [Reply(status=301, headers={"Location": "/api/repositories/7/issues?page=2"})]
    client.get()
    assert server.requests[-1].path == "/api/repositories/7/issues"
    assert server.requests[-1].query == {"page": "2"}


def test_a_redirect_to_another_server_is_an_error_and_carries_no_token(
    server: Server, client: Client
) -> None:
    with serving(lambda _: FINE) as other:
        server.faults = [Reply(status=302, headers={"Location": f"{other.url}/api/issues"})]
        assert f"leads to {other.url}/api/issues, which is not below {server.url}/api" in client.error()
        assert other.requests == []


@pytest.mark.parametrize(
    "target", ["/login", "/api/../login", "//evil.example/api/x", "http://[", "https:/x"]
)
def test_a_redirect_out_of_the_api_is_an_error(server: Server, client: Client, target: str) -> None:
    server.faults = [Reply(status=302, headers={"Location": target})] * ATTEMPTS
    client.error()
    assert {request.path for request in server.requests} == {"/api/issues"}


def test_a_redirect_in_a_circle_is_an_error(server: Server, client: Client) -> None:
    server.faults = [Reply(status=302, headers={"Location": "/api/issues"})] * 99
    assert "redirects in a circle" in client.error()
    assert len(server.requests) == api_client.MAX_REDIRECTS


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.example/api/issues?page=2",
        "{url}:1/api/issues?page=2",
        "http://127.0.0.1@evil.example/api/issues?page=2",
        "ftp://127.0.0.1/api/issues?page=2",
        "{url}/elsewhere/issues?page=2",
        "{url}/api/../elsewhere/issues?page=2",
        "{url}/api/comments?page=2",
        "http://[",
    ],
)
def test_a_next_page_somewhere_else_is_an_error(server: Server, client: Client, link: str) -> None:
    server.faults = [FINE._replace(headers={"Link": f'<{link.format(url=server.url)}>; rel="next"'})]
    answer = client.get()
    with pytest.raises(SourceError, match="names a next page"):
        client.api.next_query(answer)


@pytest.mark.parametrize("link", ["", "nonsense", '</api/issues?page=1>; rel="prev"'])
def test_without_a_next_page_there_is_none(server: Server, client: Client, link: str) -> None:
    server.faults = [FINE._replace(headers={"Link": link})]
    assert client.api.next_query(client.get()) is None


def test_the_next_page_is_a_query(server: Server, client: Client) -> None:
    server.faults = [
        FINE._replace(headers={"Link": f'<{server.url}/api/issues?page=2&after=Y%3D>; rel="next"'})
    ]
    assert client.api.next_query(client.get()) == {"page": "2", "after": "Y="}


@pytest.mark.parametrize("status", [401, 403, 404, 422])
def test_a_refusal_says_how_to_give_a_token(server: Server, client: Client, status: int) -> None:
    server.faults = [Reply({"message": "Not Found"}, status)]
    assert client.error() == (
        f"{server.url}/api/issues answers {status} (Not Found): check the name; where it needs a token, set X_TOKEN"
    )
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"message": "of GitHub"}, "of GitHub"),
        ({"error": True, "message": "of Bugzilla", "code": 51}, "of Bugzilla"),
        ({"errorMessages": ["of Jira"], "errors": {}}, "of Jira"),
        ({"errors": {"jql": "of Jira's field"}}, "of Jira's field"),
        ({"errors": [{"message": "of GraphQL"}]}, "of GraphQL"),
        ({"error": "of GitLab"}, "of GitLab"),
        ([{"message": "in a list"}], "in a list"),
        (["what?"], ""),
        (None, ""),
        ({"message": 7}, ""),
        ({"message": "x" * 999}, "x" * 200),
    ],
)
def test_an_error_in_an_answer_that_says_200_is_told(
    server: Server, client: Client, body: Any, message: str
) -> None:
    server.faults = [Reply(body)]
    refused = client.api.refusal(client.get(), "list of issues")
    assert str(refused) == f"{server.url}/api/issues gave no list of issues" + (
        f": {message}" if message else ""
    )


def test_a_token_that_a_message_ends_in_is_not_shown_in_part(server: Server, client: Client) -> None:
    server.faults = [Reply({"message": "x" * 195 + TOKEN}, 418)]
    assert client.error().endswith("x***")


def test_no_log_holds_the_token(server: Server, client: Client, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    server.faults = [limited(Retry_After="90"), Reply({"message": TOKEN}, 503)]
    client.get()
    assert server.requests[-1].headers["authorization"] == f"Bearer {TOKEN}"
    assert caplog.records
    assert TOKEN not in caplog.text


def test_a_post_is_json_and_follows_no_redirect(server: Server, client: Client) -> None:
    seen: list[Request] = server.requests
    with client.api.session():
        assert client.api.post("/graphql", {"query": "{}"}).value == {"fine": True}
        assert seen[-1].body == {"query": "{}"}
        server.faults = [Reply(status=307, headers={"Location": "/api/other"})]
        with pytest.raises(SourceError, match="answers 307"):
            client.api.post("/graphql", {})


@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE"])
def test_a_change_that_can_be_made_twice_is_sent_again(server: Server, client: Client, method: str) -> None:
    server.faults = [Reply({}, 502), Reply(b"", 204)]
    with client.api.session():
        client.api.change(method, "/issues/1", {"body": "x"})
    assert [(request.method, request.body) for request in server.requests] == [(method, {"body": "x"})] * 2


def test_what_is_done_once_is_sent_again_where_it_was_refused_for_a_while(
    server: Server, client: Client
) -> None:
    server.faults = [limited(403, Retry_After="3"), Reply({}, 201)]
    with client.api.session():
        client.api.change("POST", "/issues/1/comments", {"body": "x"}, once=True)
    assert client.waits == [3]
    assert len(server.requests) == 2


@pytest.mark.parametrize("fault", [Reply({"message": "oh"}, 502), Reply({"id": 1}, 201, is_cut=True)])
def test_what_is_done_once_and_may_have_been_is_not_sent_again(
    server: Server, client: Client, fault: Reply
) -> None:
    server.faults = [fault]
    with client.api.session(), pytest.raises(Uncertain):
        client.api.change("POST", "/issues/1/comments", {"body": "x"}, once=True)
    assert len(server.requests) == 1
    assert client.waits == []


def test_what_is_done_once_and_limited_for_ever_was_not_done(server: Server, client: Client) -> None:
    server.faults = [limited(Retry_After="0")] * ATTEMPTS
    with client.api.session(), pytest.raises(SourceError, match="limits its rate") as raised:
        client.api.change("POST", "/issues/1/comments", {}, once=True)
    assert not isinstance(raised.value, Uncertain)


def test_a_change_follows_no_redirect(server: Server, client: Client) -> None:
    server.faults = [Reply({}, 307, {"Location": f"{server.url}/api/elsewhere"})]
    with client.api.session(), pytest.raises(SourceError, match="answers 307"):
        client.api.change("PATCH", "/issues/1", {})
    assert len(server.requests) == 1


@pytest.mark.parametrize("status", [403, 404, 422])
def test_a_change_that_is_refused_says_by_which_status(server: Server, client: Client, status: int) -> None:
    server.faults = [Reply({"message": "no"}, status)]
    with client.api.session(), pytest.raises(Refused) as raised:
        client.api.change("DELETE", "/issues/1")
    assert raised.value.status == status
