"""Tests of the review page in a real browser: clicks and keys decide, no answer is lost, hostile issues do nothing.

Needs a Chromium: `make browser` installs one.
"""

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dupfind.collection.collection import Collection
from dupfind.decisions import Decision
from dupfind.dedup.report import Parameters
from dupfind.review.reviewer import Reviewer
from dupfind.review.session import Review
from dupfind.service.middleware import Policy
from dupfind.service.review_routes import ReviewRoutes
from dupfind.storage import decisions
from dupfind.storage.store import Store
from dupfind.storage.writer import Writer
from tests.support.axe import violations
from tests.support.browsers import chromium
from tests.support.clients import Client, serving
from tests.support.samples import NOW, WordEncoder, record

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is missing: install dupfind[dev]")
pytestmark = [pytest.mark.slow, pytest.mark.browser]

TOKEN = "0123456789abcdef"
EVIL = "</script><script>alert(1)</script><img src=x onerror=alert(2)> \x1b[31m \u202egnorw"
ISSUES = [
    record("1", "crash on start", "percent in password\nError E0308", state="closed", url="https://x.org/1"),
    record("2", "crash on start", "percent in the password\nError E0308", state="open", created=NOW),
    record("3", EVIL, EVIL, project="<b>zoo", url="javascript:alert(3)"),
    record("4", EVIL, EVIL, project="<b>zoo", url='https://x.org/"onmouseover=alert(4)'),
    record("5", "  ", "feed shows an empty page"),
    record("6", "  ", "feed shows an empty page"),
]


@pytest.fixture(scope="module")
def browser() -> "Iterator[Browser]":
    with chromium() as launched:
        yield launched


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with Collection.create(tmp_path / "index", encoder=WordEncoder()) as collection:
        collection.index(ISSUES, source="tracker.db")
    return tmp_path / "index"


@pytest.fixture
def client(folder: Path) -> Iterator[Client]:
    with Collection.open(folder, encoder=WordEncoder()) as collection:
        review = Review.begin(Reviewer(collection, "ann"), Parameters(0.9, -2))
        with serving(folder, WordEncoder(), review=ReviewRoutes(review)) as client:
            yield client


def answers(folder: Path) -> dict[tuple[str, str], tuple[str, str]]:
    with closing(Store.open(folder / "dupfind.db")) as store:
        all_decisions = list(decisions.all_decisions(store))
    return {(one.first.name[2], one.second.name[2]): (one.answer, one.why) for one in all_decisions}


class Opened:
    """The page, and every dialog, console line, error and foreign request that it causes."""

    def __init__(self, browser: "Browser", url: str, width: int = 1200, scheme: str = "light") -> None:
        self.context = browser.new_context(
            viewport={"width": width, "height": 800}, color_scheme="dark" if scheme == "dark" else "light"
        )
        self.page: Page = self.context.new_page()
        self.events: list[str] = []
        self.page.on("dialog", lambda dialog: self.events.append(f"dialog {dialog.message}"))
        self.page.on("console", lambda message: self.events.append(f"console {message.text}"))
        self.page.on("pageerror", lambda error: self.events.append(f"error {error}"))
        self.page.on("request", lambda request: self._requested(request.url, url))
        self.page.goto(url)
        self.status = self.page.locator("#status")
        self.titles = self.page.locator(".issue h2")

    def _requested(self, requested: str, url: str) -> None:
        if not requested.startswith((url.partition("/review")[0], "data:,")):
            self.events.append(f"request {requested}")

    def waits_for(self, status: str) -> None:
        playwright.expect(self.status).to_have_text(status)
        playwright.expect(self.page.locator("#board")).to_have_attribute("aria-busy", "false")


@pytest.fixture
def opened(browser: "Browser", client: Client) -> Iterator[Callable[..., Opened]]:
    pages: list[Opened] = []

    def open_page(**more: object) -> Opened:
        pages.append(Opened(browser, f"{client.url}/review", **more))  # type: ignore[arg-type]
        pages[-1].waits_for("0 decided, 3 open")
        return pages[-1]

    yield open_page
    for each in pages:
        each.context.close()


def go_to(live: Opened, title: str) -> None:
    """Leave questions unsure until this one comes."""
    while title not in live.titles.first.inner_text():
        before = live.status.inner_text()
        live.page.keyboard.press("u")
        playwright.expect(live.status).not_to_have_text(before)
        playwright.expect(live.page.locator("#board")).to_have_attribute("aria-busy", "false")


def test_keys_decide_and_decisions_are_saved_at_once(opened: Callable[..., Opened], folder: Path) -> None:
    live = opened()
    live.page.keyboard.press("y")
    live.waits_for("1 decided, 2 open")
    assert [answer for answer, _ in answers(folder).values()] == ["same"]
    live.page.keyboard.press("n")
    live.waits_for("2 decided, 1 open")
    live.page.keyboard.press("u")
    live.waits_for("3 decided, 0 open")
    assert sorted(answer for answer, _ in answers(folder).values()) == ["different", "same", "unsure"]
    assert live.page.get_by_text("No questions are open.").is_visible()
    assert live.events == []


def test_clicks_decide_with_the_reason_that_was_typed(opened: Callable[..., Opened], folder: Path) -> None:
    live = opened()
    go_to(live, "crash on start")
    live.page.keyboard.press("w")
    live.page.keyboard.type("any other platform")  # y and n are letters here
    live.page.keyboard.press("Enter")
    live.page.get_by_role("button", name="Different").click()
    playwright.expect(live.page.locator("#reason")).to_have_value("")
    assert answers(folder)["1", "2"] == ("different", "any other platform")
    assert live.events == []


def test_two_issues_stand_side_by_side_with_what_they_have_in_common(opened: Callable[..., Opened]) -> None:
    live = opened()
    go_to(live, "crash on start")
    assert live.titles.all_inner_texts() == ["crash on start", "crash on start"]
    left, right = (live.page.locator(".issue").nth(n).bounding_box() for n in range(2))
    assert left is not None
    assert right is not None
    assert left["y"] == right["y"]
    assert left["x"] + left["width"] < right["x"]
    assert live.page.locator(".issue a").first.get_attribute("href") == "https://x.org/1"
    assert live.page.locator(".why mark").count() > 0
    assert live.page.locator(".chips .agree").inner_text() == "code E0308"


def test_code_of_a_body_is_set_apart_and_stays_text(opened: Callable[..., Opened]) -> None:
    page = opened().page

    def written(text: str) -> str:
        return str(
            page.evaluate(
                "text => { const all = document.createElement('div');"
                " all.append(...written(text)); return all.innerHTML; }",
                text,
            )
        )

    assert written("a `b <i>` c `") == "a <code>b &lt;i&gt;</code> c `"
    assert written("see\n```py\n  x = <b>\n```\nend") == "see<pre><code>  x = &lt;b&gt;</code></pre>end"
    assert written("~~~\nnever ends") == "<pre><code>never ends</code></pre>"
    assert written("plain\n\ntext") == "plain\n\ntext"
    assert written("```a```") == "``<code>a</code>``"  # no fence, as it has backticks after it
    assert len(written("a " + "`" * 300_000)) == 300_002  # in linear time


def test_previous_shows_the_earlier_answer_and_accepts_another(
    opened: Callable[..., Opened], folder: Path
) -> None:
    live = opened()
    first = live.titles.first.inner_text()
    live.page.keyboard.press("y")
    live.waits_for("1 decided, 2 open")
    live.page.keyboard.press("p")
    playwright.expect(live.page.locator(".given-answer")).to_have_text("same")
    assert live.titles.first.inner_text() == first
    assert live.page.locator("[data-answer=same]").get_attribute("aria-pressed") == "true"
    live.page.keyboard.press("n")
    live.waits_for("1 decided, 2 open")
    playwright.expect(live.page.locator(".given-answer")).to_have_count(0)
    assert [answer for answer, _ in answers(folder).values()] == ["different"]


def test_undo_removes_the_last_decision_and_shows_its_pair_again(
    opened: Callable[..., Opened], folder: Path
) -> None:
    live = opened()
    first = live.titles.first.inner_text()
    live.page.get_by_role("button", name="Same").click()
    live.waits_for("1 decided, 2 open")
    live.page.keyboard.press("z")
    playwright.expect(live.status).to_contain_text("Undone: ann called")
    playwright.expect(live.titles.first).to_have_text(first)
    assert answers(folder) == {}
    live.page.keyboard.press("z")
    playwright.expect(live.page.locator("#trouble")).to_have_text("there is no decision to undo")


def test_a_finished_review_continues_where_it_stopped(opened: Callable[..., Opened], folder: Path) -> None:
    live = opened()
    live.page.keyboard.press("y")
    live.waits_for("1 decided, 2 open")
    live.page.keyboard.press("f")
    playwright.expect(live.page.locator(".finished")).to_contain_text("All answers are saved.")
    live.page.keyboard.press("y")  # there is no question any more
    live.page.reload()
    live.waits_for("0 decided, 2 open")
    assert len(answers(folder)) == 1


HOLDING = """() => {
  const send = window.fetch;
  window.fetch = (...request) => request[0] !== "/review/decide" ? send(...request)
    : new Promise((answer) => { window.release = () => { window.fetch = send; answer(send(...request)); }; });
}"""
"""Keeps the next decision from being sent until it is released."""


def test_a_finish_that_comes_while_an_answer_is_being_saved_leaves_the_next_question_open(
    opened: Callable[..., Opened], folder: Path
) -> None:
    live = opened()
    live.page.evaluate(HOLDING)
    live.page.keyboard.press("y")
    playwright.expect(live.page.locator("#board")).to_have_attribute("aria-busy", "true")
    live.page.keyboard.press("f")
    live.page.evaluate("release()")
    live.waits_for("1 decided, 2 open")
    live.page.keyboard.press("n")
    live.waits_for("2 decided, 1 open")
    assert len(answers(folder)) == 2


def test_hostile_issues_are_shown_and_do_nothing(opened: Callable[..., Opened]) -> None:
    live = opened()
    go_to(live, "alert(1)")
    assert live.titles.first.inner_text().startswith("</script><script>alert(1)</script><img src=x")
    assert live.page.locator("script").count() == 2
    assert live.page.locator("main img, main a").count() == 0  # no address of these two is one
    go_to(live, "(no title)")
    live.page.wait_for_timeout(100)
    assert live.events == []


def test_a_running_writer_is_named_and_the_question_stays(
    opened: Callable[..., Opened], folder: Path
) -> None:
    live = opened()
    title = live.titles.first.inner_text()
    with closing(Writer.open(folder / "dupfind.db")):
        live.page.keyboard.press("y")
        playwright.expect(live.page.locator("#trouble")).to_contain_text("is being written by process")
    assert live.titles.first.inner_text() == title
    live.page.keyboard.press("y")
    live.waits_for("1 decided, 2 open")


@pytest.mark.parametrize("width", [320, 390, 1200])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_wider_than_the_screen_and_no_button_is_beyond_it(
    opened: Callable[..., Opened], width: int, scheme: str
) -> None:
    live = opened(width=width, scheme=scheme)
    for title in ("crash", "alert(1)"):
        go_to(live, title) if live.titles.count() else None
        assert live.page.evaluate("document.documentElement.scrollWidth") <= width
    for button in live.page.locator(".bar button").all():
        box = button.bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width


# Without a browser


def test_without_the_review_nothing_can_be_decided(folder: Path) -> None:
    with serving(folder, WordEncoder()) as client:
        assert client.get("/review").status == 404
        assert client.post("/review/decide", {"first": 1, "second": 2, "answer": "same"}).status == 404
    assert answers(folder) == {}


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"first": 1, "second": 1, "answer": "same"},
        {"first": True, "second": 2, "answer": "same"},
        {"first": "1", "second": 2, "answer": "same"},
        {"first": 1, "second": 2**70, "answer": "same"},
        {"first": 1, "second": 2, "answer": "perhaps"},
        {"first": 1, "second": 2, "answer": ["same"]},
        {"first": 1, "second": 2, "answer": "same", "why": 1},
    ],
)
def test_an_invalid_answer_is_refused_in_one_line(client: Client, folder: Path, fields: object) -> None:
    response = client.post("/review/decide", fields)
    assert response.status == 400, response
    assert "\n" not in response.json["error"]
    assert answers(folder) == {}


def test_a_pair_outside_the_review_is_refused(client: Client, folder: Path) -> None:
    assert client.post("/review/decide", {"first": 1, "second": 99, "answer": "same"}).status == 404
    assert client.get("/review/pair?first=1&second=99").status == 404
    assert client.get("/review/pair?first=x&second=99").status == 400
    assert answers(folder) == {}


def test_another_site_s_page_cannot_decide(client: Client, folder: Path) -> None:
    fields = {"first": 1, "second": 2, "answer": "same"}
    assert client.post("/review/decide", fields, Origin="https://evil.example").status == 403
    assert client.request("POST", "/review/undo", b"{}", {"Content-Type": "text/plain"}).status == 415
    assert answers(folder) == {}


def test_a_text_that_changed_meanwhile_is_not_decided_on(client: Client, folder: Path) -> None:
    with Collection.create(folder, encoder=WordEncoder()) as collection:
        collection.index([record("2", "crash at the end", "of it")], source="tracker.db")
    assert client.post("/review/decide", {"first": 1, "second": 2, "answer": "same"}).status == 404
    assert answers(folder) == {}


def test_the_token_is_asked_for_before_any_question(browser: "Browser", folder: Path) -> None:
    with Collection.open(folder, encoder=WordEncoder()) as collection:
        routes = ReviewRoutes(Review.begin(Reviewer(collection, "ann"), Parameters(0.9, -2)))
        with serving(folder, WordEncoder(), Policy(TOKEN), routes) as client:
            assert client.get("/review/next").status == 401
            live = Opened(browser, f"{client.url}/review")
            playwright.expect(live.page.locator("#token-dialog")).to_be_visible()
            live.page.locator("#token").fill(TOKEN)
            live.page.get_by_role("button", name="Continue").click()
            playwright.expect(live.status).to_have_text("0 decided, 3 open")
            live.context.close()


def test_decisions_of_the_page_are_by_the_person_who_began_the_review(
    opened: Callable[..., Opened], folder: Path
) -> None:
    live = opened()
    live.page.keyboard.press("y")
    live.waits_for("1 decided, 2 open")
    with closing(Store.open(folder / "dupfind.db")) as store:
        [made] = decisions.all_decisions(store)
    assert isinstance(made, Decision)
    assert made.who == "ann"


@pytest.mark.parametrize(("width", "scheme"), [(1200, "light"), (1200, "dark"), (390, "light")])
def test_axe_finds_no_barrier(opened: Callable[..., Opened], width: int, scheme: str) -> None:
    page = opened(width=width, scheme=scheme).page
    assert violations(page) == []
    page.keyboard.press("f")
    playwright.expect(page.locator(".finished strong")).to_have_text("All answers are saved.")
    page.wait_for_timeout(500)  # the colours of the changing board
    assert violations(page) == []


def test_verdict_and_kind_are_said_in_words(opened: Callable[..., Opened]) -> None:
    page = opened().page

    def badge(**judgement: str | None) -> str:
        return str(
            page.evaluate(
                "it => verdictBadge(it).map(one => one.className + ': ' + one.textContent).join()", judgement
            )
        )

    assert badge(verdict="possible", kind="regression") == "badge possible: possible regression: it was fixed"
    dated = badge(verdict="possible", kind="regression", closed_at="2031-04-05T06:07:08Z")
    assert dated == "badge possible: possible regression: it was fixed on 2031-04-05"
    assert badge(verdict="likely", kind="copy") == "badge likely: likely copy"
    assert badge(verdict=None, kind="sibling") == "badge: a sibling"
    assert badge(verdict=None, kind="recurring") == "badge: a series"
    assert badge(verdict=None, kind="duplicate") == ""


def test_the_first_load_is_small(opened: Callable[..., Opened]) -> None:
    sizes = opened().page.evaluate(
        "['navigation', 'resource'].flatMap(kind => performance.getEntriesByType(kind)).map(one => one.transferSize)"
    )
    assert len(sizes) >= 6
    assert sum(sizes) < 150_000
