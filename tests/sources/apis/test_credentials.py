"""Tokens: from the environment or the keyring, for one host and no other, and never shown."""

from collections.abc import Iterator

import pytest

from dupfind.errors import SourceError
from dupfind.sources.apis import discourse, trello
from dupfind.sources.apis.credentials import Token, token
from dupfind.sources.apis.project_url import parse
from dupfind.sources.apis.service_table import ServiceTable
from dupfind.sources.open import open_source
from tests.support.fake_services import GitHub, Jira, hasten, serving


@pytest.fixture(autouse=True)
def _bare(monkeypatch: pytest.MonkeyPatch) -> None:
    hasten(monkeypatch)


def test_a_token_goes_to_the_services_own_host(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", " t0ken\n")
    assert token(parse("github:owner/repo")).secret == "t0ken"


def test_gh_token_comes_before_github_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", "second")
    monkeypatch.setenv("GH_TOKEN", "first")
    assert token(parse("github:owner/repo")).secret == "first"


@pytest.mark.parametrize(
    ("location", "variable", "bound"),
    [
        ("github:https://evil.example/owner/repo", "GITHUB_TOKEN", "GITHUB_HOST"),
        ("gitlab:https://evil.example/group/project", "GITLAB_TOKEN", "GITLAB_HOST"),
        ("jira:evil.example/PROJ", "JIRA_TOKEN", "JIRA_HOST"),
        ("bugzilla:evil.example/Firefox", "BUGZILLA_TOKEN", "BUGZILLA_HOST"),
        ("redmine:evil.example/larkq", "REDMINE_TOKEN", "REDMINE_HOST"),
        ("gitea:evil.example/owner/repo", "GITEA_TOKEN", "GITEA_HOST"),
        ("zendesk:evil.example", "ZENDESK_TOKEN", "ZENDESK_HOST"),
        ("linear:https://evil.example/LAR", "LINEAR_TOKEN", "LINEAR_HOST"),
    ],
)
def test_a_token_goes_to_another_host_only_where_that_is_named(
    monkeypatch: pytest.MonkeyPatch, location: str, variable: str, bound: str
) -> None:
    monkeypatch.setenv(variable, "t0ken")
    found = token(parse(location))
    assert found.secret is None
    assert found.note == f"{variable} is not sent to evil.example: set {bound}=evil.example to send it there"
    monkeypatch.setenv(bound, "Evil.example")
    assert token(parse(location)).secret == "t0ken"


def test_a_token_that_is_bound_elsewhere_is_not_for_the_services_own_host(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", "t0ken")
    monkeypatch.setenv("GITHUB_HOST", "ghe.example")
    assert token(parse("github:owner/repo")).secret is None
    assert token(parse("github:https://ghe.example/owner/repo")).secret == "t0ken"


def test_without_a_token_it_is_told_how_to_give_one() -> None:
    assert token(parse("github:owner/repo")).hint == "set GITHUB_TOKEN"
    assert (
        token(parse("redmine:redmine.example/P")).hint
        == "set REDMINE_TOKEN, and REDMINE_HOST=redmine.example"
    )
    assert token(parse("jira:jira.example/P")).hint == (
        "set JIRA_TOKEN, and JIRA_HOST=jira.example,"
        " and for Jira Cloud JIRA_USER to the e-mail address that it belongs to"
    )


@pytest.mark.parametrize("secret", ["t0k\nen", "tökén", "a\x7fb"])
def test_a_token_that_could_not_be_sent_is_refused_and_not_shown(
    monkeypatch: pytest.MonkeyPatch, secret: str
) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", secret)
    with pytest.raises(SourceError) as raised:
        token(parse("github:owner/repo"))
    assert str(raised.value) == "GITHUB_TOKEN holds characters that no token has: set it anew"


@pytest.mark.parametrize(
    ("service", "variable"), [(discourse.SERVICE, "DISCOURSE_USER"), (trello.SERVICE, "TRELLO_KEY")]
)
def test_what_goes_into_a_header_with_a_token_is_checked_as_the_token_is(
    monkeypatch: pytest.MonkeyPatch, service: ServiceTable, variable: str
) -> None:
    monkeypatch.setenv(variable, "jür{gen")
    with pytest.raises(SourceError, match=f"^{variable} holds characters"):
        service.credentials(Token("t0ken", ""))
    monkeypatch.setenv(variable, " jur{gen\n")
    headers = service.credentials(Token("t0ken", ""))
    assert any("jur{gen" in value for value in headers.values())
    assert service.credentials(Token(None, "")) == {}


def test_a_token_does_not_show_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", "t0ken")
    assert "t0ken" not in repr(token(parse("github:owner/repo")))


@pytest.fixture
def filled_keyring() -> Iterator[None]:
    keyring = pytest.importorskip("keyring")
    from keyring.backend import KeyringBackend

    class InMemory(KeyringBackend):
        priority = 1

        def get_password(self, service: str, username: str) -> str | None:
            return {("dupfind", "jira.example"): "from-the-keyring"}.get((service, username))

        def set_password(self, service: str, username: str, password: str) -> None:
            raise NotImplementedError

        def delete_password(self, service: str, username: str) -> None:
            raise NotImplementedError

    before = keyring.get_keyring()
    keyring.set_keyring(InMemory())  # type: ignore[no-untyped-call]
    yield
    keyring.set_keyring(before)


@pytest.mark.usefixtures("filled_keyring")
def test_the_keyring_has_a_token_for_each_host() -> None:
    assert token(parse("jira:jira.example/P")).secret == "from-the-keyring"
    assert token(parse("jira:other.example/P")).secret is None


def test_a_machine_without_a_keyring_has_no_token(monkeypatch: pytest.MonkeyPatch) -> None:
    keyring = pytest.importorskip("keyring")
    from keyring.backends.fail import Keyring

    before = keyring.get_keyring()
    keyring.set_keyring(Keyring())  # type: ignore[no-untyped-call]
    try:
        assert token(parse("jira:jira.example/P")).secret is None
    finally:
        keyring.set_keyring(before)


@pytest.mark.parametrize(
    ("user", "sent"), [("", "Bearer t0ken"), ("me@example.org", "Basic bWVAZXhhbXBsZS5vcmc6dDBrZW4=")]
)
def test_jira_takes_a_token_alone_or_with_its_user(
    monkeypatch: pytest.MonkeyPatch, user: str, sent: str
) -> None:
    monkeypatch.setenv("JIRA_TOKEN", "t0ken")
    monkeypatch.setenv("JIRA_USER", user)
    tracker = Jira()
    with serving(tracker) as server:
        tracker.site = server.url
        open_source(tracker.location())
        assert {request.headers["authorization"] for request in server.requests} == {sent}


def test_a_token_is_in_no_part_of_a_source(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", "t0ken")
    tracker = GitHub()
    with serving(tracker) as server:
        tracker.site = server.url
        source = open_source(tracker.location())
        assert "t0ken" not in repr(source) + repr(list(source))
        assert {request.headers["authorization"] for request in server.requests} == {"Bearer t0ken"}
