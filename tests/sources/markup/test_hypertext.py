import pytest

from dupfind.sources.markup.hypertext import as_text
from tests.support.timing import growth


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("plain\n  text", "plain\n  text"),
        ("<p>a</p><p>b <b>c</b></p>", "a\n\nb c"),
        ("<p>a\n   b</p>\n\n<p>c</p>", "a b\n\nc"),
        ("<pre><code>if x:\n    y &lt; 1\n</code></pre><p>z</p>", "```\nif x:\n    y < 1\n```\n\nz"),
        ("call <code>f()</code>", "call `f()`"),
        ("<ul><li>a</li><li>b</li></ul>", "- a\n- b"),
        ("a<br>b", "a\nb"),
        ("<script>x()</script><style>p{}</style>seen", "seen"),
        ('<img alt="screen" src="x">', "screen"),
        ("5 &gt; 3 &amp; 2 &lt; 4", "5 > 3 & 2 < 4"),
        ("<p>never <b>closed", "never closed"),
        ("</p></p></script>x", "x"),
        ("<div>a</div><div>b</div>", "a\n\nb"),
        ("a <!-- <p>no</p> --> b", "a b"),
        ("1 < 2 and 3 > 2 <- x", "1 < 2 and 3 > 2 <- x"),
        ("<!DOCTYPE html><p>x</p>", "x"),
        ("<b>&#" + "9" * 5000 + ";</b>x", "\ufffdx"),
    ],
)
def test_html_becomes_text(html: str, expected: str) -> None:
    assert as_text(html) == expected


@pytest.mark.parametrize(
    "unit",
    [
        "<div>",
        "<a",
        "<!--",
        "<!",
        "</",
        "<![",
        "<?",
        "<a b='",
        "&",
        "&#",
        "<script>",
        "<a =",
        "<pre>",
        "<!-- -->",
        '"<',
    ],
)
def test_time_grows_no_faster_than_the_text(unit: str) -> None:
    assert growth(lambda n: as_text(unit * (n // len(unit))), 50_000) < 24
