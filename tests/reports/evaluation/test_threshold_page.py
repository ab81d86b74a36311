"""The page of an evaluation in a real browser: the threshold is dragged, and the figures follow."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pytest

from dupfind.evaluation.figures import evaluate
from dupfind.reports.evaluation.threshold_page import MAX_POINTS, page
from tests.support.axe import violations
from tests.support.browsers import chromium
from tests.support.replays import duplicate, other

if TYPE_CHECKING:
    from playwright.sync_api import Browser

HOSTILE = "</title><script>alert(1)</script>"
RESULTS = [
    *[duplicate(1, best=0.9)] * 6,
    other(best=0.6),
    *[duplicate(1, best=0.5)] * 2,
    *[other(best=0.2)] * 4,
]


@pytest.fixture(scope="module")
def browser() -> "Iterator[Browser]":
    with chromium() as launched:
        yield launched


def test_commands_in_the_advice_are_code_and_stay_text() -> None:
    advice = "Run `dupfind check --advise` or `<b>x</b>`: <i>y</i>"
    drawn = page(evaluate(RESULTS), title="t", about=[], advice=advice)
    [shown] = re.findall('<p class="advice">(.*?)</p>', drawn)
    assert shown == (
        "Run <code>dupfind check --advise</code> or <code>&lt;b&gt;x&lt;/b&gt;</code>: &lt;i&gt;y&lt;/i&gt;"
    )


def test_a_title_is_text_and_the_points_are_few() -> None:
    drawn = page(evaluate(RESULTS), title=HOSTILE, about=[HOSTILE], advice=HOSTILE)
    assert len(re.findall("<script", drawn)) == 1
    many = page(
        evaluate([duplicate(1, best=n / 5000) for n in range(1, 5000)]), title="t", about=[], advice=""
    )
    [points] = re.findall('data-points="([^"]*)"', many)
    assert points.count("[") - 1 <= MAX_POINTS + 1
    assert points.startswith("[[0.9998, 1, 1]")
    assert points.endswith("[0.0002, 4999, 4999]]")


@pytest.mark.slow
@pytest.mark.browser
def test_the_figures_follow_the_threshold(browser: "Browser", tmp_path: Path) -> None:
    path = tmp_path / "figures.html"
    drawn = page(
        evaluate(RESULTS),
        title=HOSTILE,
        about=["13 issues"],
        advice="Advice: read it.",
        levels={"likely": 0.9, "possible": 0.55},
        commands=[("dupfind calibrate --precision", 0.5, 0.999)],
    )
    path.write_text(drawn, encoding="utf-8")
    context = browser.new_context(viewport={"width": 800, "height": 900})
    shown = context.new_page()
    events: list[str] = []
    shown.on("console", lambda message: events.append(message.text))
    shown.on("pageerror", lambda error: events.append(str(error)))
    shown.on("dialog", lambda dialog: events.append(dialog.message))
    shown.goto(path.as_uri())
    figures, commands = shown.locator("#figures"), shown.locator("#commands")
    assert "From 0.550 on: 6 of 7 flagged issues are right" in figures.inner_text()  # the lowest level
    assert shown.locator("#levels text").all_text_contents() == ["likely", "possible"]
    shown.locator("#threshold").fill("0.7")
    assert figures.inner_text() == (
        "From 0.700 on: 6 of 6 flagged issues are right, precision 100 % (61 % to 100 %), recall 75 %."
    )
    assert commands.inner_text() == (
        "dupfind report --min-probability 0.700\ndupfind calibrate --precision 0.700"
    )
    box = shown.locator("svg").bounding_box()
    assert box is not None
    shown.mouse.move(box["x"] + box["width"] * (40 + 0.7 * 590) / 640, box["y"] + 50)
    shown.mouse.down()
    shown.mouse.move(box["x"] + box["width"] * (40 + 0.55 * 590) / 640, box["y"] + 50, steps=4)
    shown.mouse.up()
    assert "6 of 7 flagged issues are right" in figures.inner_text()
    shown.locator("#threshold").fill("0.3")  # lower than a calibration takes
    assert commands.inner_text() == "dupfind report --min-probability 0.300"
    shown.locator("#threshold").fill("1")
    assert figures.inner_text() == "From 1.000 on no issue is flagged."
    assert events == []
    context.close()


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_accessible(browser: "Browser", tmp_path: Path, scheme: Literal["light", "dark"]) -> None:
    path = tmp_path / "figures.html"
    drawn = page(
        evaluate(RESULTS), title="Figures", about=["13 issues"], advice="Advice.", levels={"likely": 0.9}
    )
    path.write_text(drawn, encoding="utf-8")
    shown = browser.new_page(viewport={"width": 380, "height": 800}, color_scheme=scheme)
    shown.goto(path.as_uri())
    assert shown.evaluate("document.documentElement.scrollWidth") <= 380
    assert violations(shown) == []
    shown.close()
