"""The picture of an evaluation as PNG, drawn from its SVG in the colours of a light page."""

import re

from dupfind.errors import DupfindError

SCALE = 2.0
"""Pixels for each unit of the SVG, for sharp text on a dense screen."""

FONTS = (
    *("Segoe UI", "Helvetica Neue", "Helvetica", "Arial", "DejaVu Sans", "Noto Sans", "Liberation Sans"),
    *("Ubuntu", "Cantarell", "Roboto", "Open Sans", "FreeSans", "Nimbus Sans"),
)
"""Families of the texts; the library knows no system font by a general name."""

_PROBE = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 40"><text y="30" font-family="{}">{}</text></svg>'
_FAMILY = re.compile(r"font-family: [^;]*;")
_DARK, _DARK_END = "@media (prefers-color-scheme: dark) {", "} }\n"
_COLOUR = re.compile(r"(--[\w-]{1,40}): (#[0-9a-f]{6});")
_USE = re.compile(r"var\((--[\w-]{1,40})\)")


def png(svg: str) -> bytes:
    """Return an SVG of `evaluation.svg` as PNG.

    Args:
        svg: The picture. Its colours are variables, which the library does not know; they are put in before.

    Raises:
        DupfindError: resvg-py is not installed, or no font that it can use.
    """
    try:
        import resvg_py
    except ImportError as error:
        raise DupfindError("a PNG needs resvg-py: install dupfind[png], or write an .svg") from error
    families = ", ".join(f"'{font}'" for font in FONTS)
    with_text, without = (
        resvg_py.svg_to_bytes(svg_string=_PROBE.format(families, text)) for text in ("x", "")
    )
    if with_text == without:
        raise DupfindError(f"no font for a PNG: install {FONTS[4]} or {FONTS[5]}, or write an .svg")
    return bytes(resvg_py.svg_to_bytes(svg_string=light(svg), zoom=SCALE))


def light(svg: str) -> str:
    """Return a picture with the colours of a light page in place of variables, and with named fonts."""
    before, start, rest = svg.partition("<style>")  # a title has no "<", since it is escaped
    style, end, after = rest.partition("</style>")
    lighter, dark, rules = style.partition(_DARK)
    style = lighter + (rules.partition(_DARK_END)[2] if dark else "")
    style = _FAMILY.sub(f"font-family: {', '.join(map(repr, FONTS))};", style, count=1)
    colours = dict(_COLOUR.findall(style))
    style = _USE.sub(lambda use: colours[use[1]], _COLOUR.sub("", style))  # one variable hides its whole rule
    return "".join((before, start, style, end, after))
