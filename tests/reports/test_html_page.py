"""The page in a real browser: what it shows, what its keys and filters do, and that hostile texts do nothing.

Needs a Chromium: `make browser` installs one.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dupfind.decisions import Decisions
from dupfind.dedup.report import Report
from dupfind.reports.formats import draw
from tests.support.axe import violations
from tests.support.browsers import chromium
from tests.support.sample_report import SAMPLE, cluster, hostile, member, report

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is missing: install dupfind[dev]")
pytestmark = [pytest.mark.slow, pytest.mark.browser]


@pytest.fixture(scope="module")
def browser() -> "Iterator[Browser]":
    with chromium() as launched:
        yield launched


class Watched:
    """A page, and all that it did besides showing itself."""

    def __init__(self, context: "BrowserContext", path: Path) -> None:
        self.page: Page = context.new_page()
        self.events: list[str] = []
        self.page.on("dialog", lambda dialog: self.events.append(f"dialog {dialog.message}"))
        self.page.on("console", lambda message: self.events.append(f"console {message.text}"))
        self.page.on("pageerror", lambda error: self.events.append(f"error {error}"))
        self.page.on("request", lambda request: self.events.append(f"request {request.url}"))
        self.page.goto(path.as_uri())
        assert self.events[:1] == [f"request {path.as_uri()}"]
        del self.events[0]

    def shown(self) -> list[str]:
        """The numbers of the clusters that pass the filters."""
        return [
            str(id)
            for id in self.page.locator(".cluster:visible").evaluate_all("all => all.map(one => one.id)")
        ]

    def here(self) -> str:
        """The id of what has the focus."""
        return str(self.page.evaluate("document.activeElement.id"))


@pytest.fixture
def opened(browser: "Browser", tmp_path: Path) -> "Iterator[Opener]":
    opener = Opener(browser, tmp_path)
    yield opener
    for context in opener.contexts:
        context.close()


class Opener:
    """Draws a report and opens it."""

    def __init__(self, browser: "Browser", folder: Path) -> None:
        self.browser = browser
        self.folder = folder
        self.contexts: list[BrowserContext] = []

    def __call__(
        self, drawn: Report, *, width: int = 1200, scheme: str = "light", scripts: bool = True
    ) -> Watched:
        path = self.folder / "report.html"
        path.write_text(draw(drawn, "html"), encoding="utf-8")
        context = self.browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme="dark" if scheme == "dark" else "light",
            java_script_enabled=scripts,
        )
        self.contexts.append(context)
        return Watched(context, path)


def test_hostile_texts_cause_no_dialog_no_request_and_no_error(opened: Opener) -> None:
    watched = opened(hostile())
    page = watched.page
    page.keyboard.press("j")
    page.keyboard.press("o")
    page.locator("summary").evaluate_all("all => all.forEach(one => one.click())")
    page.locator("#text").fill("<script>alert(8)</script>")
    page.wait_for_timeout(200)
    assert watched.events == []
    assert page.locator("script").count() == 1
    assert page.locator("img, svg:not(.chart), iframe, object").count() == 0
    links = page.locator("main a:not(.number)").evaluate_all("all => all.map(one => [one.href, one.rel])")
    assert {tuple(link) for link in links} == {
        ("http://evil/", "noopener noreferrer")
    }  # of a body's Markdown
    assert page.locator("h2").inner_text() == "<script>alert(1)</script><img src=x onerror=alert(2)>"


def test_the_curve_stands_on_the_page_where_there_are_labels_and_only_there(opened: Opener) -> None:
    label = "svg[aria-label='Precision over recall']"
    page = opened(SAMPLE).page
    page.locator(".charts summary").click()
    assert page.locator(f"{label} polyline").is_visible()
    assert (
        page.locator(f"{label} .dot title").first.text_content()
        == "score 0.90: precision 50.0%, recall 10.0%"
    )
    assert {"recall", "precision"} <= set(page.locator(f"{label} > text").all_text_contents())
    histogram = page.locator("svg[aria-label='Pairs by score'] > text").all_text_contents()
    assert {"score", "pairs"} <= set(histogram)
    assert opened(replace(SAMPLE, curve=())).page.locator(label).count() == 0


def test_keys_go_from_cluster_to_cluster_and_open_the_reasons(opened: Opener) -> None:
    watched = opened(SAMPLE)
    keys = watched.page.keyboard
    keys.press("j")
    assert watched.here() == "c1"
    keys.press("o")
    assert watched.page.locator("#c1 .why mark").first.is_visible()
    keys.press("j")
    keys.press("j")
    assert watched.here() == "c2"
    keys.press("k")
    assert watched.here() == "c1"
    keys.press("/")
    assert watched.here() == "text"
    keys.type("jk")
    assert watched.page.locator("#text").input_value() == "jk"
    keys.press("Escape")
    assert watched.here() != "text"
    assert watched.events == []


def test_both_texts_stand_side_by_side_with_their_markdown(opened: Opener) -> None:
    watched = opened(SAMPLE)
    page = watched.page
    page.keyboard.press("j")
    page.keyboard.press("t")
    left, right = (page.locator("#c1 .side").nth(place) for place in (0, 1))
    playwright.expect(left.locator("ol li")).to_have_count(2)
    assert left.locator("pre .kn").inner_text() == "import"
    assert left.locator("td").first.inner_text() == "3.1"
    assert left.locator("a", has_text="the window").get_attribute("href") == "https://example.org/window.png"
    assert right.locator("em").inner_text() == "crashes"
    boxes = left.bounding_box(), right.bounding_box()
    assert boxes[0] is not None
    assert boxes[1] is not None
    assert boxes[0]["y"] == boxes[1]["y"]
    assert boxes[0]["x"] + boxes[0]["width"] < boxes[1]["x"]
    assert page.locator("#c1 .side").nth(2).inner_text().endswith("(no description)")
    assert watched.events == []


COMMENT = """\
This may be a duplicate of [`#12`](<https://github.com/owner/repo/issues/12>) (open): Crash on start

> A crash at boot

There:

> Crash on start

Both say: percent, crash.

They differ, here first: 2.4.7 ≠ 3.1.0.

Found by dupfind: score 0.890.
"""


def test_a_comment_is_copied(opened: Opener) -> None:
    watched = opened(SAMPLE)
    watched.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    button = watched.page.locator("#c1 .copy").first
    button.click()
    playwright.expect(button).to_have_text("Copied")
    assert watched.page.evaluate("navigator.clipboard.readText()") == COMMENT
    playwright.expect(button).to_have_text("Copy as a comment")
    assert watched.events == []


def test_a_comment_is_shown_where_copying_is_forbidden(opened: Opener) -> None:
    page = opened(SAMPLE).page
    page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(new Error('forbidden')); }")
    button = page.locator("#c1 .copy").first
    button.click()
    button.click()
    shown = page.get_by_role("textbox", name="The comment")
    assert shown.input_value() == COMMENT
    assert page.evaluate("getSelection().toString()") == COMMENT
    page.keyboard.type("jt")
    assert shown.input_value() == COMMENT


def test_series_and_other_lists_are_collapsed(opened: Opener) -> None:
    page = opened(SAMPLE).page
    for words in ("series", "Siblings", "look-alikes", "that many issues have"):
        assert not page.locator(".alike", has_text=words).first.locator("ul").is_visible()


def test_filters_by_words_state_kind_and_score_leave_what_they_say(opened: Opener) -> None:
    watched = opened(SAMPLE)
    page = watched.page
    tally = page.locator("#tally")
    playwright.expect(tally).to_have_text("2 of 2")
    page.locator("#text").fill("slow start")
    playwright.expect(tally).to_have_text("1 of 2")
    assert watched.shown() == ["c1"]
    page.locator("#text").fill("")
    playwright.expect(tally).to_have_text("2 of 2")
    page.locator("#kind").select_option("known")
    playwright.expect(tally).to_have_text("1 of 2")
    assert watched.shown() == ["c2"]
    page.locator("#state").select_option("open")
    playwright.expect(tally).to_have_text("0 of 2")
    assert page.locator("#none").is_visible()
    page.locator("#kind").select_option("")
    page.locator("#state").select_option("")
    playwright.expect(tally).to_have_text("2 of 2")
    page.locator("#score").evaluate(
        "one => { one.value = 0.95; one.dispatchEvent(new Event('input', {bubbles: true})); }"
    )
    playwright.expect(tally).to_have_text("0 of 2")
    assert watched.events == []


def test_the_theme_is_the_system_s_until_a_person_turns_it(opened: Opener) -> None:
    def paper(watched: Watched) -> str:
        return str(watched.page.evaluate("getComputedStyle(document.body).backgroundColor"))

    light, dark = opened(SAMPLE), opened(SAMPLE, scheme="dark")
    before = paper(light), paper(dark)
    assert before[0] != before[1]
    light.page.locator("#theme").click()
    dark.page.locator("#theme").click()
    assert (paper(dark), paper(light)) == before


@pytest.mark.parametrize(("width", "scheme"), [(1200, "light"), (1200, "dark"), (390, "light")])
def test_axe_finds_no_barrier(opened: Opener, width: int, scheme: str) -> None:
    for drawn in (SAMPLE, hostile()):
        page = opened(drawn, width=width, scheme=scheme).page
        page.locator("summary").evaluate_all("all => all.forEach(one => one.click())")
        assert violations(page) == []


def test_a_number_is_large_enough_to_touch(opened: Opener) -> None:
    box = opened(SAMPLE, width=390).page.locator(".number").first.bounding_box()
    assert box is not None
    assert min(box["width"], box["height"]) >= 24  # WCAG 2.5.8


def test_the_percentage_is_explained_only_where_there_is_one(opened: Opener) -> None:
    sure = replace(SAMPLE, clusters=tuple(replace(each, probability=0.7) for each in SAMPLE.clusters))
    assert "The percentage is the probability" in opened(sure).page.locator(".top").inner_text()
    without = replace(SAMPLE, clusters=tuple(replace(each, probability=None) for each in SAMPLE.clusters))
    top = opened(without).page.locator(".top").inner_text()
    assert "The percentage" not in top
    assert "how alike the texts are: 1 for a copy" in top


def test_the_score_of_two_issues_stands_once(opened: Opener) -> None:
    alone = report(cluster(member("12", score=None), member("31", "Slow start", score=0.89)))
    shown = opened(alone).page.locator(".cluster").inner_text()
    assert shown.count("0.890") == 1


@pytest.mark.parametrize("width", [320, 390, 1200])
def test_nothing_is_wider_than_the_screen(opened: Opener, width: int) -> None:
    for drawn in (SAMPLE, hostile()):
        watched = opened(drawn, width=width)
        watched.page.locator("summary").evaluate_all("all => all.forEach(one => one.click())")
        assert watched.page.evaluate("document.documentElement.scrollWidth") <= width


def test_without_scripts_everything_is_there_but_the_filters(opened: Opener) -> None:
    page = opened(SAMPLE, scripts=False).page
    assert page.locator(".cluster").count() == 2
    assert not page.locator("#filters").is_visible()


def test_a_printed_page_holds_every_cluster_and_no_filters(opened: Opener) -> None:
    page = opened(SAMPLE).page
    page.emulate_media(media="print")
    assert not page.locator("#filters").is_visible()
    assert page.locator(".cluster:visible").count() == 2
    assert not page.locator(".copy").first.is_visible()
    assert page.locator(".texts").first.is_hidden()  # a closed one has nothing to read on paper
    page.locator(".texts").first.evaluate("texts => texts.open = true")
    assert page.locator(".texts").first.is_visible()
    assert page.pdf().startswith(b"%PDF")


MAX_FIRST_LOAD = 150_000  # bytes


def test_a_small_report_loads_fast(opened: Opener) -> None:
    assert len(draw(SAMPLE, "html").encode()) < MAX_FIRST_LOAD


def test_two_thousand_clusters_are_there_and_are_filtered(opened: Opener) -> None:
    body = "The app stops at once.\n\n```\nerror 5\n```\n\n" + "It did so yesterday. " * 60
    many = report(
        *(
            cluster(
                member(f"{n}", f"Crash item{n}", score=None, body=body),
                member(f"{n}0", body=body),
            )
            for n in range(2_000)
        )
    )
    watched = opened(many)
    # A closed text costs no layout: the page is shown at once.
    text = watched.page.locator("#c1500 .text").first
    assert not text.evaluate("one => one.checkVisibility()")
    watched.page.locator("#c1500 .texts summary").click()
    assert text.evaluate("one => one.checkVisibility()")
    playwright.expect(watched.page.locator("#tally")).to_have_text("2,000 of 2,000")
    watched.page.locator("#text").fill("crash item1777")
    playwright.expect(watched.page.locator("#tally")).to_have_text("1 of 2,000", timeout=30_000)
    assert watched.shown() == ["c1778"]


def test_decisions_made_on_the_page_are_saved_as_a_file_that_a_merge_reads(
    opened: Opener, tmp_path: Path
) -> None:
    watched = opened(SAMPLE)
    page = watched.page
    assert page.locator("#deeds").is_hidden()
    first, second = page.locator("#c1 .decide").all()
    first.get_by_text("same").click()
    second.get_by_text("different").click()
    page.locator("#c2 .decide").get_by_text("same").click()
    page.locator("#c2 .decide").get_by_text("same").click()  # taken back
    page.locator("#who").fill("Ann")
    with page.expect_download() as download:
        page.get_by_text("Save 2 decisions").click()
    path = tmp_path / "decisions.jsonl"
    download.value.save_as(path)
    decisions = list(Decisions.read(path))
    assert [(decision.names[0][2], decision.names[1][2], decision.answer) for decision in decisions] == [
        ("12", "31", "same"),
        ("12", "40", "different"),
    ]
    assert {decision.who for decision in decisions} == {"Ann"}
    assert decisions[0].first.fingerprint == f"{'12':0>32}"
    assert decisions[0].first.name == ("tracker.db", "", "12")


def test_an_open_duplicate_on_github_has_the_command_that_closes_it(opened: Opener) -> None:
    page = opened(SAMPLE).page
    assert page.locator(".close code").all_inner_texts() == [
        "gh issue close 31 --duplicate-of 12 --repo owner/repo"
    ]
    assert page.locator(".close button").count() == 1
    assert opened(SAMPLE, scripts=False).page.locator(".decide button").count() == 0


def test_a_name_is_typed_although_its_letters_are_keys(opened: Opener) -> None:
    page = opened(SAMPLE).page
    page.locator("#c1 .decide button").first.click()
    page.locator("#who").press_sequentially("Otto Jk/t")
    assert page.locator("#who").input_value() == "Otto Jk/t"


def test_a_cluster_below_the_threshold_of_scores_is_shown_too(opened: Opener) -> None:
    # A report also holds pairs that stand out below its threshold.
    low = cluster(member("1", score=None), member("2", score=0.638))
    low = replace(low, pairs=(replace(low.pairs[0], score=0.6384),))
    page = opened(report(SAMPLE.clusters[0], low)).page
    playwright.expect(page.locator("#tally")).to_have_text("2 of 2")
    assert page.locator("#floor").inner_text() == "0.635"


@pytest.mark.parametrize("width", [390, 1200])
def test_the_button_that_saves_stands_where_a_person_decides(opened: Opener, width: int) -> None:
    many = report(*(cluster(member(f"{n}0", score=None), member(f"{n}1")) for n in range(1, 30)))
    page = opened(many, width=width).page
    last = page.locator("#c29 .decide button").first
    last.click()
    playwright.expect(page.get_by_role("button", name="Save 1 decision")).to_be_in_viewport(ratio=1)
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    bottom = page.locator("main > :last-child").bounding_box()
    bar = page.locator("#deeds").bounding_box()
    assert bottom is not None
    assert bar is not None
    assert bottom["y"] + bottom["height"] <= bar["y"]


def test_the_words_of_buttons_and_commands_are_not_filtered(opened: Opener) -> None:
    page = opened(SAMPLE).page
    for word in ("different", "comment", "copy", "issue close"):
        page.locator("#text").fill(word)
        playwright.expect(page.locator("#tally")).to_have_text("0 of 2")


def test_the_buttons_of_a_decision_say_which_two_issues_they_are_about(opened: Opener) -> None:
    page = opened(SAMPLE).page
    group = page.get_by_role("group", name="Is #31 the same as #12?")
    assert group.get_by_role("button").all_inner_texts() == ["same", "different"]


def test_on_a_phone_a_title_is_as_wide_as_its_cluster(opened: Opener) -> None:
    likely = replace(SAMPLE.clusters[0], probability=0.37, kind="declined")
    page = opened(report(likely), width=390).page
    title, members = (
        page.locator("#c1 .canonical").bounding_box(),
        page.locator("#c1 .members").bounding_box(),
    )
    assert title is not None
    assert members is not None
    assert title["width"] == members["width"]
