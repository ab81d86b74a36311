"""A suggestion shows titles as they are, mentions and refers to nobody, and remembers what it has to."""

import re
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest
from markdown_it import MarkdownIt

from dupfind.integrations.github.comment import State, SuggestedIssue, comment_state, suggestion, withdrawal
from tests.support.samples import record

SITE = "https://github.com/owner/repo/issues"


def candidate(title: str = "Crash on startup", why: str = "both say redis", id: str = "12") -> SuggestedIssue:
    created = datetime(2024, 1, 3, tzinfo=UTC)
    found = record(id, title, state="open", created=created, url=f"{SITE}/{id}", project="owner/repo")
    return SuggestedIssue(found, id, "likely", 0.8312, None, why)


class Page(HTMLParser):
    """The elements and the text of a page."""

    def __init__(self, markdown: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.text = ""
        self.feed(MarkdownIt("commonmark", {"html": True}).enable("strikethrough").render(markdown))

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attributes if name in ("href", "src")]

    def handle_data(self, data: str) -> None:
        self.text += data


def test_a_suggestion_names_three_candidates_with_state_date_score_and_reason() -> None:
    page = Page(suggestion([candidate(id=str(number)) for number in range(1, 6)], State()))
    assert page.tags.count("li") == 3
    assert page.links == [f"https://redirect.github.com/owner/repo/issues/{number}" for number in (1, 2, 3)]
    assert "#1 Crash on startup (open, 2024-01-03)\nlikely (score 0.83): both say redis" in page.text
    assert "/not-a-duplicate" in page.text
    assert "closed" in page.text


def test_a_probability_is_told_where_there_is_one() -> None:
    sure = SuggestedIssue(candidate().record, "12", "likely", 0.8312, 0.934, "")
    assert "likely (probability 93%, score 0.83)" in suggestion([sure], State())


def test_a_known_duplicate_is_named_behind_what_it_is_a_duplicate_of() -> None:
    known = SuggestedIssue(candidate().record, "40", "likely", 0.8, None, "")
    assert "Crash on startup (open, 2024-01-03), of which #40 is a duplicate\nlikely" in (
        Page(suggestion([known], State())).text
    )


def test_only_possible_ones_are_put_with_more_care() -> None:
    possible = SuggestedIssue(candidate().record, "12", "possible", 0.5, None, "")
    assert suggestion([possible], State()).startswith("This may be the same as")


def test_a_link_to_a_server_of_ones_own_stays_as_it_is() -> None:
    found = record("12", "Crash", url="https://git.example.org/owner/repo/issues/12")
    said = suggestion([SuggestedIssue(found, "12", "likely", 0.8, None, "")], State())
    assert Page(said).links == ["https://git.example.org/owner/repo/issues/12"]


@pytest.mark.parametrize(
    "url", [None, "javascript:alert(1)", "https://x> <script>", "//github.com/a", "https://["]
)
def test_what_is_no_address_is_no_link(url: str | None) -> None:
    found = record("12", "Crash", url=url)
    assert Page(suggestion([SuggestedIssue(found, "12", "likely", 0.8, None, "")], State())).links == []


HOSTILE = [
    "@everyone look at this",
    "owner/repo#7 and #7 and GH-7 and owner/repo@abcdef1",
    "fixes https://github.com/owner/other/issues/7 www.example.org",
    "![x](https://evil.example/p.png) [y](javascript:alert(1))",
    "<img src=x onerror=alert(1)> <!-- dupfind: {} --> --> <details>",
    "a\n\n# heading\n\n- [ ] item\n::error::x ##[add-mask]e",
    "`` ` `code` ``` ~~~ **bold** __x__ ~~s~~ | a | b |",
    "&#64;ann &commat;ann &lt;b&gt;",
    "$\\color{red}{x}$ \\@ann \\#7",
    "\u202e\u200b\u2066 invisible \x1b]0;x\x07",
    "x" * 70_000,
]


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_title_or_reason_is_text_and_nothing_else(text: str) -> None:
    said = suggestion([candidate(text, text)], State())
    plain, page = Page(suggestion([candidate()], State())), Page(said)
    assert page.tags == plain.tags
    assert page.links == plain.links
    assert len(said) < 2_000
    assert comment_state(said) == State()
    # GitHub looks for these in the text that is shown.
    shown = page.text.replace("#12", "").replace("`", "")
    assert not re.search(r"@\w|#\d|GH-\d|://|www\.", shown)
    assert not re.search(r"[\x00-\x09\x0b-\x1f\u202a-\u202e\u2066-\u2069]", said)
    # A log of GitHub Actions obeys these.
    assert not re.search(r"^\s*::|##\[", said, re.MULTILINE)


def test_the_same_candidates_give_the_same_text() -> None:
    assert suggestion([candidate()], State("x")) == suggestion([candidate()], State("x"))


@pytest.mark.parametrize("label", ["possible-duplicate", "a --> b <!-- c", 'ä\n"x"', None])
def test_a_comment_remembers_its_label(label: str | None) -> None:
    said = suggestion([candidate()], State(label))
    assert comment_state(said) == State(label)
    assert Page(said).text.rstrip().endswith("nothing is closed by it.")


def test_a_withdrawn_suggestion_names_nothing_and_remembers_that() -> None:
    assert comment_state(withdrawal()) == State(is_withdrawn=True)
    assert Page(withdrawal()).links == []


@pytest.mark.parametrize("body", ["", "Me too", "<!-- dupfind: x -->", "<!-- dupfind: {} --> and more"])
def test_what_is_no_suggestion_remembers_nothing(body: str) -> None:
    assert comment_state(body) is None


def test_a_person_who_writes_below_the_mark_does_not_make_it_another_comment() -> None:
    assert comment_state(suggestion([candidate()], State("x")) + "\n\nI looked: it is another one.") == State(
        "x"
    )


def test_a_mark_that_somebody_broke_is_still_ours() -> None:
    assert comment_state("text\n<!-- dupfind: {broken} -->") == State()
