"""A PNG has the picture's colours and texts, whatever its title holds."""

import re
import struct

import pytest

from dupfind.evaluation.figures import evaluate
from dupfind.reports.evaluation.png import SCALE, light, png
from dupfind.reports.evaluation.svg import HEIGHT, WIDTH, draw
from tests.reports.evaluation.test_svg import REPLAY

TITLES = ["an index", "var(--none) <style> --ink: #ff0000;", "</style>", ""]


@pytest.mark.parametrize("title", TITLES)
def test_colours_stand_in_place_of_variables_and_the_title_stays(title: str) -> None:
    svg = draw(evaluate(REPLAY), title=title, about=("43 issues",))
    plain = light(svg)
    style = re.search(r"<style>(.*?)</style>", plain, re.DOTALL)
    assert style is not None
    assert "var(" not in style[1]
    assert "@media" not in style[1]
    assert "text { fill: #1c2024;" in style[1]
    assert plain.partition("<style>")[0] == svg.partition("<style>")[0]
    assert plain.partition("</style>")[2] == svg.partition("</style>")[2]


@pytest.mark.parametrize("title", TITLES)
def test_a_png_has_the_size_of_the_picture(title: str) -> None:
    pytest.importorskip("resvg_py", reason="resvg-py is missing: install dupfind[png]")
    data = png(draw(evaluate(REPLAY), title=title, about=("43 issues",)))
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    assert struct.unpack(">II", data[16:24]) == (WIDTH * SCALE, HEIGHT * SCALE)


def test_the_texts_are_drawn() -> None:
    pytest.importorskip("resvg_py", reason="resvg-py is missing: install dupfind[png]")
    svg = draw(evaluate(REPLAY), title="a title", about=("43 issues",))
    assert png(svg) != png(svg.replace(">a title</text>", "></text>"))
