"""Tests of the search page in a real browser: typing, keys, filters, and hostile titles that do nothing.

Needs a Chromium: `make browser` installs one.
"""

import re
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from numpy.typing import NDArray

from dupfind.collection.collection import Collection
from dupfind.records import Ref
from dupfind.service.middleware import Policy
from tests.support.axe import violations
from tests.support.browsers import chromium
from tests.support.clients import Client, serving
from tests.support.samples import WordEncoder, corpus, record

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Request, Route

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is missing: install dupfind[dev]")
pytestmark = [pytest.mark.slow, pytest.mark.browser]

TOKEN = "0123456789abcdef"
HOSTILE = "<img src=x onerror=alert(1)><script>alert(2)</script> zebra"


class Slow(WordEncoder):
    """An encoder that waits at the word "slow" until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.started, self.go = threading.Event(), threading.Event()

    def encode(
        self, texts: Sequence[str], progress: Callable[[int], None] | None = None
    ) -> NDArray[np.float32]:
        if any("slow" in text for text in texts):
            self.started.set()
            assert self.go.wait(30)
        return super().encode(texts, progress)


@pytest.fixture(scope="module")
def browser() -> "Iterator[Browser]":
    with chromium() as launched:
        yield launched


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("page") / "index"
    with Collection.create(place, encoder=WordEncoder()) as collection:
        collection.index(corpus(30), source="one")
        collection.index(
            [
                record(
                    "1",
                    "Window closes at once",
                    "On Windows 10, error E0308.",
                    state="closed",
                    resolution="not_planned",
                ),
                record("2", "Printer eats paper", "All of it", url="https://x.org/2", state="open"),
                record("4", "Quiver wobbles", "All of it", duplicate_of=(Ref(None, "2"),)),
                record(
                    "5", "Quiver trembles", "All of it", project="garden", duplicate_of=(Ref("zoo<b>", "3"),)
                ),
                record("6", "Quiver shakes", "All of it", duplicate_of=(Ref(None, "99"),)),
                record("3", HOSTILE, HOSTILE, url="javascript:alert(3)", project="zoo<b>"),
            ],
            source="two",
        )
    return place


@pytest.fixture(scope="module")
def client(folder: Path) -> Iterator[Client]:
    with serving(folder, WordEncoder()) as client:
        yield client


class Opened:
    """The page, and every dialog, console line and error that it causes."""

    def __init__(self, browser: "Browser", url: str, width: int = 1200, scheme: str = "light") -> None:
        self.context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme="dark" if scheme == "dark" else "light"
        )
        self.page: Page = self.context.new_page()
        self.events: list[str] = []
        self.page.on("dialog", lambda dialog: self.events.append(f"dialog {dialog.message}"))
        self.page.on("console", lambda message: self.events.append(f"console {message.text}"))
        self.page.on("pageerror", lambda error: self.events.append(f"error {error}"))
        self.page.goto(url)
        self.status = self.page.locator("#status")
        self.hits = self.page.locator(".hit")

    def titles(self) -> list[str]:
        return self.page.locator(".hit h2").all_inner_texts()


@pytest.fixture
def opened(browser: "Browser", client: Client) -> Iterator[Callable[..., Opened]]:
    pages: list[Opened] = []

    def open_page(url: str = client.url, **more: object) -> Opened:
        pages.append(Opened(browser, url, **more))  # type: ignore[arg-type]
        return pages[-1]

    yield open_page
    for each in pages:
        each.context.close()


def test_duplicates_appear_as_one_types_and_disappear_with_the_text(opened: Callable[..., Opened]) -> None:
    live = opened()
    playwright.expect(live.status).to_have_text("Similar issues appear here as you type.")
    playwright.expect(live.page.locator("#about")).to_have_text("36 issues, words")
    live.page.keyboard.type("printer paper", delay=20)  # the title has the focus
    playwright.expect(live.hits).to_have_count(10)
    playwright.expect(live.page.locator(".hit h2").first).to_have_text("Printer eats paper")
    live.page.locator("#title").fill("")
    live.page.locator("#body").press_sequentially("error E0308 when the window closes", delay=5)
    playwright.expect(live.page.locator(".hit h2").first).to_have_text("Window closes at once")
    playwright.expect(live.page.locator(".hit .is-closed").first).to_have_text("closed as not planned")
    live.page.locator("#body").fill("")
    playwright.expect(live.hits).to_have_count(0)
    assert live.events == []


def test_a_few_words_alone_are_looked_up_and_with_a_description_they_are_a_new_issue(
    opened: Callable[..., Opened],
) -> None:
    live, asked = opened(), list[Any]()

    def note(request: "Request") -> None:
        if request.post_data:
            asked.append(request.post_data_json)

    live.page.on("request", note)
    live.page.locator("#title").fill("printer paper")
    playwright.expect(live.page.locator(".hit h2").first).to_have_text("Printer eats paper")
    assert [set(fields) & {"text", "title", "body"} for fields in asked] == [{"text"}]
    live.page.locator(".hit summary").first.click()
    playwright.expect(live.hits.first.locator(".words").last).to_contain_text("has all words")
    live.page.locator("#body").fill("All of it")
    playwright.expect(live.page.locator("#hits")).not_to_have_attribute("aria-busy", "true")
    assert asked[-1]["title"] == "printer paper"
    assert live.events == []


def test_what_was_typed_before_the_page_has_loaded_is_asked_once(opened: Callable[..., Opened]) -> None:
    live, asked, held = opened(), list[Any](), list["Route"]()
    live.page.on("request", lambda request: asked.append(request.post_data) if request.post_data else None)
    live.page.route("**/names", lambda route: held.append(route))
    live.page.reload()
    live.page.locator("#title").fill("printer paper")
    playwright.expect(live.page.locator(".hit h2").first).to_have_text("Printer eats paper")
    held[0].continue_()
    playwright.expect(live.page.locator("#about")).to_have_text("36 issues, words")
    live.page.wait_for_timeout(200)  # more than the time between two queries
    assert len(asked) == 1


def test_answers_come_while_a_person_types_and_the_old_hits_stay_until_then(
    opened: Callable[..., Opened],
) -> None:
    live = opened()
    live.page.evaluate(
        """() => {
          window.shown = [];
          const hits = document.getElementById("hits");
          new MutationObserver(() => window.shown.push(hits.children.length)).observe(hits, { childList: true });
        }"""
    )
    failed: list[str] = []
    live.page.on("requestfailed", lambda request: failed.append(request.url))
    text = "printer eats all the paper"
    live.page.keyboard.type(text, delay=150)
    n_answers = len(live.page.evaluate("window.shown"))
    playwright.expect(live.page.locator(".hit h2").first).to_have_text("Printer eats paper")
    assert n_answers >= len(text) / 3
    assert min(live.page.evaluate("window.shown")) > 0
    assert failed == []


def test_an_answer_to_an_emptied_field_is_dropped(browser: "Browser", folder: Path) -> None:
    encoder = Slow()
    with serving(folder, encoder) as client:
        live = Opened(browser, client.url)
        live.page.locator("#title").fill("slow window")
        assert encoder.started.wait(30)
        live.page.locator("#title").fill("")
        encoder.go.set()
        live.page.wait_for_timeout(500)
        assert live.titles() == []
        playwright.expect(live.status).to_have_text("Similar issues appear here as you type.")
        live.context.close()


def test_a_burst_of_typing_is_few_queries(opened: Callable[..., Opened]) -> None:
    live = opened()
    urls: list[str] = []
    live.page.on("request", lambda request: urls.append(request.url))
    live.page.keyboard.type("printer eats all the paper", delay=1)
    playwright.expect(live.page.locator(".hit h2").first).to_have_text("Printer eats paper")
    assert len(urls) < len("printer eats all the paper") / 3


def test_an_older_answer_never_follows_a_newer_one(browser: "Browser", folder: Path) -> None:
    encoder = Slow()
    with serving(folder, encoder) as client:
        live = Opened(browser, client.url)
        live.page.locator("#title").fill("slow window")
        assert encoder.started.wait(30)
        live.page.locator("#title").fill("printer paper")
        playwright.expect(live.page.locator(".hit h2").first).to_have_text("Printer eats paper")
        encoder.go.set()
        live.page.wait_for_timeout(400)
        assert live.titles()[0] == "Printer eats paper"
        assert live.events == []
        live.context.close()


def test_keys_go_from_field_to_hits_and_open_them(opened: Callable[..., Opened]) -> None:
    live = opened()
    keys = live.page.keyboard
    keys.type("window closes j k / o")
    playwright.expect(live.page.locator("#hits[aria-busy]")).to_have_count(0)  # no later answer will come
    playwright.expect(live.hits).to_have_count(10)
    assert live.page.locator("#title").input_value() == "window closes j k / o"
    keys.press("Escape")
    keys.press("j")
    playwright.expect(live.hits.first).to_be_focused()
    keys.press("j")
    playwright.expect(live.hits.nth(1)).to_be_focused()
    keys.press("k")
    keys.press("k")
    playwright.expect(live.hits.first).to_be_focused()
    keys.press("o")
    playwright.expect(live.hits.first.locator("mark").first).to_be_visible()
    keys.press("Enter")  # it has no address: its text is shown
    playwright.expect(live.hits.first.locator(".text")).to_have_text("On Windows 10, error E0308.")
    keys.press("/")
    playwright.expect(live.page.locator("#title")).to_be_focused()
    keys.type("printer paper")
    playwright.expect(live.page.locator(".hit h2").first).to_have_text("Printer eats paper")
    link = live.page.locator(".hit h2 a").first
    assert link.get_attribute("href") == "https://x.org/2"
    assert link.get_attribute("rel") == "noopener noreferrer"
    assert live.events == []


def test_why_shows_what_both_say_and_which_facts_agree(opened: Callable[..., Opened]) -> None:
    live = opened()
    live.page.locator("#title").fill("The window closes")
    live.page.locator("#body").fill("I see E0308 on Windows and on Linux.")
    playwright.expect(live.page.locator("#hits[aria-busy]")).to_have_count(
        0
    )  # no later answer closes what is opened
    playwright.expect(live.page.locator(".hit h2").first).to_have_text("Window closes at once")
    live.hits.first.locator("summary").click()
    playwright.expect(live.hits.first.locator(".chips li.agree").first).to_have_text("code E0308")
    assert set(live.hits.first.locator("mark").all_inner_texts()) >= {"closes", "window", "Window"}
    order = live.hits.first.locator(".words", has_text="Order:")
    playwright.expect(order).to_have_text(re.compile(r"Order: [a-z]+ [+-]\d+\.\d"))


def test_verdict_and_kind_are_said_in_words(opened: Callable[..., Opened]) -> None:
    live = opened()
    live.page.locator("#title").fill("Window closes at once")
    live.page.locator("#body").fill("On Windows 10, error E0308.")
    badge = live.page.locator(".hit .badge").first
    playwright.expect(badge).to_have_text("likely copy")
    playwright.expect(live.hits.first.locator(".facts")).to_contain_text(re.compile(r"probability \d+%"))
    live.page.locator("#title").fill("Window opens at once")
    playwright.expect(badge).to_have_text("sibling, contrary: opens ≠ closes")


def test_the_original_that_the_tracker_names_is_shown_with_its_title(opened: Callable[..., Opened]) -> None:
    live = opened()
    live.page.locator("#title").fill("Quiver")
    playwright.expect(live.hits).to_have_count(10)
    live.page.get_by_role("button", name="duplicate of 2").click()
    title = live.page.get_by_role("link", name="Printer eats paper")
    playwright.expect(title).to_be_focused()
    assert title.get_attribute("href") == "https://x.org/2"
    live.page.get_by_role("button", name="duplicate of 3").focus()  # in another project
    live.page.keyboard.press("Enter")
    playwright.expect(live.page.get_by_text(f"duplicate of 3: {HOSTILE}")).to_be_visible()
    live.page.get_by_role("button", name="duplicate of 99").click()
    playwright.expect(live.status).to_have_text("no record '99' is indexed")


def test_filters_hide_other_issues(opened: Callable[..., Opened]) -> None:
    live = opened()
    live.page.locator("#title").fill("window printer")
    playwright.expect(live.hits).to_have_count(10)
    live.page.locator("#source").select_option("two")
    playwright.expect(live.hits).to_have_count(4)  # two more are folded
    live.page.locator("#state").select_option("open")
    playwright.expect(live.hits).to_have_count(1)
    live.page.locator("#project").select_option("b")
    playwright.expect(live.status).to_have_text("No issue matches the filters.")
    live.page.locator("#state").select_option("")
    live.page.locator("#source").select_option("one")
    playwright.expect(live.hits).to_have_count(6)
    assert live.events == []


def test_hostile_titles_are_text(opened: Callable[..., Opened]) -> None:
    live = opened()
    live.page.locator("#title").fill("zebra <b>bold</b>")
    playwright.expect(live.page.locator(".hit h2").first).to_have_text(HOSTILE)
    live.hits.first.locator("summary").click()
    live.hits.first.locator("h2 button").click()  # javascript: is no address
    playwright.expect(live.hits.first.locator(".text")).to_have_text(HOSTILE)
    live.page.wait_for_timeout(200)
    assert live.events == []
    assert live.page.locator("#hits img, #hits script, #hits b, [href^=javascript]").count() == 0
    assert live.page.locator("#project option").last.inner_text() == "zoo<b>"


def test_inline_scripts_are_forbidden_even_if_one_is_injected(opened: Callable[..., Opened]) -> None:
    live = opened()
    live.page.evaluate(
        "() => { const s = document.createElement('script'); s.textContent = 'window.owned = 1';"
        " document.body.append(s); }"
    )
    assert live.page.evaluate("window.owned") is None
    assert re.search("Content Security Policy", " ".join(live.events))


def test_a_token_is_asked_for_and_kept_for_the_tab(browser: "Browser", folder: Path) -> None:
    with serving(folder, WordEncoder(), Policy(TOKEN)) as client:
        locked = Opened(browser, client.url)
        playwright.expect(locked.page.locator("#token-dialog")).to_be_visible()
        locked.page.locator("#token").fill(TOKEN)
        locked.page.keyboard.press("Enter")
        playwright.expect(locked.page.locator("#token-dialog")).to_be_hidden()
        playwright.expect(locked.page.locator("#about")).to_have_text("36 issues, words")
        locked.context.close()
        linked = Opened(browser, f"{client.url}/#token={TOKEN}")
        playwright.expect(linked.page.locator("#about")).to_have_text("36 issues, words")
        assert linked.page.url == f"{client.url}/"
        assert linked.events == []
        linked.context.close()


def test_a_service_that_has_stopped_is_reported(browser: "Browser", folder: Path) -> None:
    with serving(folder, WordEncoder()) as client:
        live = Opened(browser, client.url)
        playwright.expect(live.page.locator("#about")).to_have_text("36 issues, words")
    live.page.locator("#title").fill("printer")
    playwright.expect(live.status).to_have_text("The service does not answer: is it still running?")
    live.context.close()


def test_the_theme_is_the_system_s_until_a_person_switches_it(opened: Callable[..., Opened]) -> None:
    def paper(live: Opened) -> str:
        return str(live.page.evaluate("getComputedStyle(document.body).backgroundColor"))

    light, dark = opened(), opened(scheme="dark")
    before = paper(light), paper(dark)
    assert before[0] != before[1]
    light.page.locator("#theme").click()
    dark.page.locator("#theme").click()
    assert (paper(dark), paper(light)) == before


@pytest.mark.parametrize("width", [320, 390, 768, 1200])
def test_nothing_is_wider_than_the_screen(opened: Callable[..., Opened], width: int) -> None:
    live = opened(width=width)
    live.page.locator("#title").fill("zebra " + "x" * 300)
    playwright.expect(live.hits).to_have_count(10)
    live.page.locator("summary").evaluate_all("all => all.forEach(one => one.click())")
    assert live.page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_score_is_level_with_the_first_line_of_its_title(opened: Callable[..., Opened]) -> None:
    live = opened(width=390)
    live.page.locator("#title").fill("zebra")
    playwright.expect(live.hits).to_have_count(10)
    playwright.expect(live.page.locator("#hits[aria-busy]")).to_have_count(0)
    title, score = (live.page.locator(f".hit {it}").first.bounding_box() for it in ("h2", ".score"))
    assert title is not None
    assert score is not None
    assert title["height"] > 1.5 * score["height"]  # of several lines
    assert abs(title["y"] - score["y"]) < 4


@pytest.mark.parametrize(("width", "scheme"), [(1200, "light"), (1200, "dark"), (390, "light")])
def test_axe_finds_no_barrier(opened: Callable[..., Opened], width: int, scheme: str) -> None:
    live = opened(width=width, scheme=scheme)
    assert violations(live.page) == []
    live.page.locator("#title").fill("Window closes at once")
    live.page.locator("#body").fill("On Windows 10, error E0308.")
    playwright.expect(live.page.locator("#hits[aria-busy]")).to_have_count(0)
    playwright.expect(live.hits).to_have_count(10)
    live.page.locator("summary").evaluate_all("all => all.forEach(one => one.click())")
    live.hits.first.locator("h2 button").click()
    playwright.expect(live.hits.first.locator(".text")).to_be_visible()
    live.page.wait_for_timeout(500)  # the colours of a changing list
    assert violations(live.page) == []
    live.page.locator("#title").fill("Quiver")
    live.page.get_by_role("button", name="duplicate of 2").click()
    playwright.expect(live.page.get_by_role("link", name="Printer eats paper")).to_be_visible()
    live.page.wait_for_timeout(500)
    assert violations(live.page) == []


def test_the_first_load_is_small(opened: Callable[..., Opened], client: Client) -> None:
    live = opened()
    playwright.expect(live.page.locator("#about")).to_have_text("36 issues, words")
    sizes = live.page.evaluate(
        "['navigation', 'resource'].flatMap(kind => performance.getEntriesByType(kind)).map(one => one.transferSize)"
    )
    assert len(sizes) >= 6
    assert sum(sizes) < 150_000


def test_every_control_has_a_name(opened: Callable[..., Opened]) -> None:
    live = opened()
    for name in ("Title", "Description optional"):
        playwright.expect(live.page.get_by_role("textbox", name=name, exact=True)).to_have_count(1)
    for name in ("State", "Project", "Source"):
        playwright.expect(live.page.get_by_role("combobox", name=name, exact=True)).to_have_count(1)
    playwright.expect(live.page.get_by_role("button", name="Switch between light and dark")).to_have_count(1)
