"""Addresses from a template: what takes a place is encoded, and what is no template is refused."""

import pytest

from dupfind.errors import SourceError
from dupfind.records import Record
from dupfind.sources.open import Mapping, open_source
from dupfind.sources.url_template import with_address


def address(template: str, record_id: str = "7", project: str | None = None) -> str | None:
    return with_address(template)(Record(id=record_id, title="a", body="", source="s", project=project)).url


def test_the_id_and_the_project_take_their_places_encoded() -> None:
    assert (
        address("https://x.org/{project}/issues/{id}", "7", "ann/lark q")
        == "https://x.org/ann/lark%20q/issues/7"
    )
    assert (
        address("http://x.org/?id={id}&again={id}", "a&b#c") == "http://x.org/?id=a%26b%23c&again=a%26b%23c"
    )
    assert address("https://x.org/{id}", "{project}", "p") == "https://x.org/%7Bproject%7D"
    assert address("https://x.org/{project}/{id}", "../é", None) is None


@pytest.mark.parametrize(
    ("template", "fault"),
    [
        ("javascript:alert({id})", "no address"),
        ("file:///etc/{id}", "no address"),
        ("jira.example.org/{id}", "no address"),
        ("https:///{id}", "no address"),
        ("https://[x/{id}", "no address"),
        ("https://x.org/a b/{id}", "no address"),
        ("https://x.org/\n{id}", "no address"),
        ("https://{id}.x.org/{id}", "in its host"),
        ("https://x.org/{number}/{id}", "other than"),
        ("https://x.org/{id!r}", "other than"),
        ("https://x.org/{}/{id}", "other than"),
        ("https://x.org/", "no {id}"),
    ],
)
def test_what_is_no_template_is_refused(template: str, fault: str) -> None:
    with pytest.raises(SourceError, match=fault):
        with_address(template)


def test_a_service_has_addresses_of_its_own() -> None:
    with pytest.raises(SourceError, match="leave --url-template out"):
        open_source("github:owner/repo", Mapping(url_template="https://x.org/{id}"))
