"""Locations of services: each way to write one, and what is refused."""

import pytest

from dupfind.errors import SourceError
from dupfind.sources.apis.project_url import is_loopback, is_service, parse


@pytest.mark.parametrize(
    ("location", "site", "project"),
    [
        ("github:owner/repo", "https://github.com", "owner/repo"),
        ("github:https://github.com/owner/repo/", "https://github.com", "owner/repo"),
        ("github:https://GHE.example:8443/owner/repo", "https://ghe.example:8443", "owner/repo"),
        ("github:http://127.0.0.1:8000/owner/repo", "http://127.0.0.1:8000", "owner/repo"),
        ("gitlab:group/sub/project", "https://gitlab.com", "group/sub/project"),
        ("gitlab:https://git.example/group/project", "https://git.example", "group/project"),
        ("jira:jira.example.org/PROJ", "https://jira.example.org", "PROJ"),
        ("jira:jira.example.org/jira/PROJ", "https://jira.example.org/jira", "PROJ"),
        ("jira:https://jira.example.org/PROJ", "https://jira.example.org", "PROJ"),
        ("jira:http://localhost:8080/PROJ", "http://localhost:8080", "PROJ"),
        ("jira:http://[::1]:8080/PROJ", "http://[::1]:8080", "PROJ"),
        ("bugzilla:bugs.example.org/Lark Q", "https://bugs.example.org", "Lark Q"),
        ("bugzilla:bugs.example.org/A%2FB", "https://bugs.example.org", "A/B"),
        ("azure:org/The Project", "https://dev.azure.com", "org/The Project"),
        ("azure:org/The%20Project", "https://dev.azure.com", "org/The Project"),
        ("azure:https://tfs.example/tfs/coll/proj", "https://tfs.example/tfs", "coll/proj"),
        ("gitea:git.example/owner/repo", "https://git.example", "owner/repo"),
        ("gitea:https://git.example/git/owner/repo", "https://git.example/git", "owner/repo"),
        ("forgejo:git.example/owner/repo", "https://git.example", "owner/repo"),
        ("codeberg:owner/repo", "https://codeberg.org", "owner/repo"),
        ("linear:LAR", "https://linear.app", "LAR"),
        ("youtrack:lark.youtrack.cloud/LAR", "https://lark.youtrack.cloud", "LAR"),
        ("youtrack:www.example.org/youtrack/LAR", "https://www.example.org/youtrack", "LAR"),
        ("zendesk:lark", "https://lark.zendesk.com", ""),
        ("zendesk:https://lark.zendesk.com/", "https://lark.zendesk.com", ""),
        ("zendesk:help.lark.example", "https://help.lark.example", ""),
        ("zendesk:a.b.zendesk.com", "https://a.b.zendesk.com", ""),
        ("mantisbt:www.example.org/mantis/Lark Q", "https://www.example.org/mantis", "Lark Q"),
        ("sentry:org/shop", "https://sentry.io", "org/shop"),
        ("bitbucket:space/repo", "https://bitbucket.org", "space/repo"),
        ("discourse:forum.example", "https://forum.example", ""),
        ("discourse:www.example.org/forum", "https://www.example.org/forum", ""),
        ("stackexchange:stackoverflow/c++", "https://stackexchange.com", "stackoverflow/c++"),
        ("stackexchange:dba", "https://stackexchange.com", "dba"),
        ("trello:b0a4d", "https://trello.com", "b0a4d"),
        ("launchpad:ubuntu/+source/linux", "https://launchpad.net", "ubuntu/+source/linux"),
        ("redmine:www.example.org/redmine/larkq", "https://www.example.org/redmine", "larkq"),
    ],
)
def test_a_location_is_a_server_and_a_project(location: str, site: str, project: str) -> None:
    place = parse(location)
    assert (place.site, place.project) == (site, project)
    assert parse(place.location) == place


def test_one_place_has_one_way_to_be_written() -> None:
    assert parse("github:https://github.com/a/b").location == "github:a/b"
    assert parse("jira:https://Jira.example/P/").location == "jira:jira.example/P"
    assert parse("github:https://ghe.example/a/b").location == "github:https://ghe.example/a/b"
    assert parse("zendesk:https://lark.zendesk.com").location == "zendesk:lark"
    assert parse("gitea:https://git.example/a/b").location == "gitea:git.example/a/b"
    assert parse("azure:org/The%20Project").location == "azure:org/The Project"


@pytest.mark.parametrize(
    "location",
    [
        "github:",
        "github:owner",
        "github:owner/repo/issues",
        "github:owner/..",
        "github:owner/re%2Fpo",
        "github:owner/repo?state=open",
        "github:owner/repo#1",
        "github:own\ner/repo",
        "github:https:///owner/repo",
        "gitlab:project",
        "gitlab:group//project",
        "jira:PROJ",
        "jira:jira.example.org",
        "jira:jira.example.org/../PROJ",
        "jira:jira example/PROJ",
        "jira:jira.example.org:99999999/PROJ",
        "redmine:/larkq",
        "azure:org",
        "azure:org/proj/team",
        "azure:org/a%2Fb",
        "codeberg:repo",
        "linear:LAR/LAR-1",
        "zendesk:",
        "zendesk:lark/tickets",
        "bitbucket:space/repo/issues",
        "stackexchange:a/b/c",
    ],
)
def test_what_names_no_project_is_refused_with_the_way_to_write_it(location: str) -> None:
    with pytest.raises(SourceError, match="write it like"):
        parse(location)


def test_a_user_or_password_is_refused_and_not_shown() -> None:
    with pytest.raises(SourceError) as raised:
        parse("jira:https://me:s3cret@jira.example.org/PROJ")
    assert "s3cret" not in str(raised.value)
    assert "environment" in str(raised.value)


@pytest.mark.parametrize("location", ["github:http://ghe.example/a/b", "jira:ftp://jira.example/P"])
def test_nothing_is_read_without_encryption_from_another_machine(location: str) -> None:
    with pytest.raises(SourceError, match="without encryption: write https"):
        parse(location)


def test_paths_and_urls_are_no_services() -> None:
    assert not any(
        map(is_service, ("tracker.db", "./github:a/b", "postgresql://me@x/y", "-", "c:/issues.csv"))
    )
    assert is_service("github:owner/repo")


@pytest.mark.parametrize(
    ("host", "here"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9:80", True),
        ("localhost:80", True),
        ("[::1]:80", True),
        ("localhost.evil.example", False),
        ("127.0.0.1.evil.example", False),
        ("10.0.0.1", False),
    ],
)
def test_this_machine_is_known_by_its_address(host: str, here: bool) -> None:
    assert is_loopback(host) is here


@pytest.mark.parametrize("location", ["owner/repo", "foo:bar", "https://github.com/owner/repo", ""])
def test_a_location_of_no_service_is_refused_with_all_ways_to_write_one(location: str) -> None:
    with pytest.raises(SourceError, match=r"names no known service: .*github:owner/repo"):
        parse(location)
