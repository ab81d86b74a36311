"""Bodies become HTML that shows their Markdown, and nothing hostile in them survives or takes long."""

import re
import time

import pytest

from dupfind.reports.issue_text import LANGUAGES, MAX_HTML, MAX_LENGTH, render


def test_markdown_is_shown_as_its_author_meant_it() -> None:
    html = render(
        "# Steps\n\n1. open\n2. ~~close~~\n\n> a *quote*\n\n| a | b |\n| - | - |\n| 1 | 2 |\n\n`code`"
    )
    for part in ("<ol>", "<s>close</s>", "<blockquote>", "<em>quote</em>", "<td>2</td>", "<code>code</code>"):
        assert part in html
    assert '<p class="heading">Steps</p>' in html
    assert "<h1" not in html


def test_code_of_a_named_language_is_highlighted() -> None:
    html = render("```python\nimport os  # why\n```\n\n```brainfuck\n<++>\n```\n\n```\n<plain>\n```")
    assert '<span class="kn">import</span>' in html
    assert '<span class="c1"># why</span>' in html
    assert "&lt;++&gt;" in html
    assert "&lt;plain&gt;" in html


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_every_language_of_the_list_has_a_lexer_and_keeps_the_code(language: str) -> None:
    html = render(f"```{language}\nx = <b>1</b>\n```")
    text = re.sub(r"<[^>]+>", "", html)
    assert text.strip() == "x = &lt;b&gt;1&lt;/b&gt;"


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[x](javascript:alert(1))",
        "[x](JaVaScRiPt:alert(1))",
        "[x](data:text/html,<script>alert(1)</script>)",
        "[x](vbscript:x) ![y](javascript:alert(1))",
        "[x][1]\n\n[1]: javascript:alert(1)",
        '<https://x.org/" onclick="alert(1)>',
        "<javascript:alert(1)>",
        "[x]() ![y]() [**z**](<>)",
        "[x](file:///etc/passwd) [y](//evil.example) [z](/relative)",
        '[x](https://x.org "title\\" onclick=\\"alert(1)")',
        '```js" onclick="alert(1)\ncode\n```',
        "```python onclick=alert(1)\n<script>alert(1)</script>\n```",
        "| <b>a</b> |\n| - |\n| <script> |",
        "| a |\n| -: |\n| 1 |",
        "&lt;script&gt; &#60;script&#62;",
    ],
)
def test_a_hostile_text_makes_no_tag_and_no_address_of_its_own(text: str) -> None:
    html = render(text)
    tags = re.findall(r"<(/?[a-z0-9]+)([^>]*)>", html)
    text_tags = {"p", "a", "code", "pre", "span", "em", "strong", "s", "blockquote", "ol", "li"}
    table_tags = {"table", "thead", "tbody", "tr", "th", "td"}
    assert {name.lstrip("/") for name, _ in tags} <= text_tags | table_tags
    for _, attributes in tags:
        assert re.fullmatch(
            r'(?: href="https?://[^"<>]*" rel="noopener noreferrer" target="_blank"| class="[\w -]*")?',
            attributes,
        )


def test_links_lead_out_and_pictures_are_links() -> None:
    html = render(
        "[site](https://x.org/a?b=1&c=2), <me@x.org>, ![shot](http://x.org/1.png) ![](https://x.org/2)"
    )
    assert '<a href="https://x.org/a?b=1&amp;c=2" rel="noopener noreferrer" target="_blank">site</a>' in html
    assert 'href="mailto:me@x.org"' in html
    assert '<a href="http://x.org/1.png" rel="noopener noreferrer" target="_blank">shot</a>' in html
    assert ">picture</a>" in html
    assert "<img" not in html


def test_a_picture_inside_a_link_is_its_text() -> None:
    html = render("[![badge](https://x.org/b.svg)](https://x.org) and ![two](https://x.org/2.png)")
    assert html.count("<a ") == html.count("</a>") == 2
    assert ">badge</a>" in html


def test_comments_of_a_template_and_invisible_characters_are_not_shown_as_they_are() -> None:
    html = render("before<!-- fill in\nthis -->after \u202e\x1b[31m <!-- never closed")
    assert "beforeafter" in html
    assert "\\u202e\\x1b[31m" in html
    assert "&lt;!-- never closed" in html


@pytest.mark.parametrize("entity", ["&#x202e;", "&#8238;", "&ZeroWidthSpace;", "&shy;", "&lrm;"])
@pytest.mark.parametrize("text", ["exe{}gpj", "[exe{}gpj](https://x.org)", "![exe{}gpj](https://x.org)"])
def test_an_invisible_character_is_not_written_as_an_entity_either(text: str, entity: str) -> None:
    html = render(text.format(entity))
    assert re.search(r"exe\\(u|x)[0-9a-f]+gpj", html)


def test_the_lines_of_a_text_stay_lines() -> None:
    html = render("Traceback\nin main\nin run\n\n```\na\nb\n```")
    assert html == "<p>Traceback<br>\nin main<br>\nin run</p>\n<pre><code>a\nb\n</code></pre>"


def test_a_comment_inside_code_is_code() -> None:
    code = "<a/>\n<!-- the cause -->\n<b/>"
    assert "&lt;!-- the cause --&gt;" in render(f"text\n\n```xml\n{code}\n```\n<!-- hidden -->")
    assert "&lt;!-- the cause --&gt;" in render(f"~~~~\n{code}\n~~~~")
    assert "&lt;!-- the cause --&gt;" in render("Put `<!-- the cause -->` on top")
    assert "hidden" not in render("```\ncode\n```\n<!-- hidden -->")
    assert "hidden" not in render("<!-- paste it here:\n```\nhidden\n```\n--> text <!-- hidden -->")


def test_a_long_text_is_cut_and_says_so() -> None:
    html = render("word " * MAX_LENGTH)
    assert html.rstrip().endswith("…</p>")
    assert len(html) < MAX_LENGTH + 50
    assert render("") == ""


HOSTILE = [
    "*" * 50_000,
    "*a " * 20_000,
    "_a_*" * 20_000,
    "[" * 50_000,
    "[a](" * 20_000,
    "![" * 50_000,
    "`" * 30_000,
    "".join("`" * n + " " for n in range(1, 300)),
    "> " * 30_000,
    "- " * 30_000,
    "<" * 50_000,
    "<!--" * 20_000,
    "<a@" * 20_000,
    "&#" * 20_000,
    "~~" * 30_000,
    "|" * 2_000 + "\n" + "|-" * 1_000 + "\n" + "|\n" * 2_000,
    "a|b\n-|-\n" + "x\n" * 5_000,
    "[a]: <" * 20_000,
    "\\" * 50_000,
    *(f"```{language}\n" + piece * 20_000 for language in ("python", "js", "cpp", "sh", "yaml", "xml", "sql", "diff")
      for piece in ('"', "'''", "/*", "<!--", "${", "((", "\\", "a:", "$(", "`")),
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_text_is_rendered_in_bounded_time_and_size(text: str) -> None:
    started = time.process_time()
    html = render(text)
    assert time.process_time() - started < 2
    assert len(html) <= MAX_HTML + 20_000
