"""The picture is well-formed, shows what was measured, and takes any text for its title."""

from xml.etree import ElementTree

import pytest

from dupfind.evaluation.figures import evaluate
from dupfind.reports.evaluation.svg import HEIGHT, WIDTH, Scale, draw
from tests.support.replays import duplicate, other

REPLAY = [
    *[duplicate(1, 2, 1, best=0.9, score=0.8)] * 8,
    *[duplicate(0, 1, 3, best=0.4, score=0.62)] * 4,
    *[other(best=0.2, score=0.41)] * 30,
    other(best=0.95, score=0.97),
]
SVG = "{http://www.w3.org/2000/svg}"


def picture(
    title: str = "an index", about: tuple[str, ...] = ("43 issues", "a model")
) -> ElementTree.Element:
    return ElementTree.fromstring(draw(evaluate(REPLAY), title=title, about=about))


def titles(root: ElementTree.Element) -> set[str | None]:
    """What appears where the mouse rests."""
    return {element.text for element in root.iter(f"{SVG}title")}


def test_the_marks_tell_their_figures() -> None:
    root = picture()
    assert any(text and text.startswith("vectors, recall@1: 0.333 (") for text in titles(root))
    [recall] = [text for text in titles(root) if text and text.startswith("dupfind, recall@5")]
    assert recall == "dupfind, recall@5: 1.000 (1.000 to 1.000)"
    assert "duplicates, 0.80 to 0.85: 8" in titles(root)
    assert "others, 0.40 to 0.45: 30" in titles(root)
    assert any(text and text.startswith("threshold 0.900: precision 0.889") for text in titles(root))


def test_everything_lies_on_the_canvas() -> None:
    root = picture()
    assert root.get("viewBox") == f"0 0 {WIDTH} {HEIGHT}"
    for panel in root.iter(f"{SVG}g"):
        if (moved := panel.get("transform")) is None:
            continue
        left, top = map(float, moved.removeprefix("translate(").removesuffix(")").split())
        for element in panel.iter():
            for name in ("x", "x1", "x2", "cx"):
                assert 0 <= left + float(element.get(name, 0)) <= WIDTH
            for name in ("y", "y1", "y2", "cy"):
                assert 0 <= top + float(element.get(name, 0)) <= HEIGHT
            assert float(element.get("width", 0)) >= 0
            assert float(element.get("height", 0)) >= 0


@pytest.mark.parametrize(
    "title",
    ["</title><script>alert(1)</script>", "\"&<>'", "]]>", "\x00\x1b[31m\ud800\ufffe", "日本語 \u202e", ""],
)
def test_any_title_is_text_and_nothing_else(title: str) -> None:
    root = picture(title, about=(title, title))
    shown = next(element.text or "" for element in root.iter(f"{SVG}text"))
    assert shown == title.translate(dict.fromkeys([0, 0x1B, 0xD800, 0xFFFE], "?"))
    assert {element.tag.removeprefix(SVG) for element in root.iter()} == {
        "svg", "title", "desc", "style", "rect", "text", "path", "circle", "g", "line", "polygon", "polyline",
    }  # fmt: skip


def test_it_knows_light_and_dark_and_loads_nothing() -> None:
    text = draw(evaluate(REPLAY), title="an index", about=())
    assert "prefers-color-scheme: dark" in text
    assert text.count("http") == 1  # the namespace
    assert "url(" not in text


def test_a_replay_that_flags_nothing_says_so() -> None:
    root = ElementTree.fromstring(draw(evaluate([duplicate(0), other()]), title="an index", about=()))
    assert "no threshold flags a right duplicate" in {element.text for element in root.iter(f"{SVG}text")}


def test_a_scale_maps_linearly_and_stops_at_its_ends() -> None:
    scale = Scale(-1, 1, 100, 0)
    assert [scale(value) for value in (-2, -1, 0, 0.5, 1, 3)] == [100, 100, 50, 25, 0, 0]
    assert scale.ticks(4) == [-1, -0.5, 0, 0.5, 1]
