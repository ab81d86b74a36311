"""The wikis' markups as Markdown: realistic bodies whole, marks one by one, and texts that are made to take long."""

from collections.abc import Callable

import pytest

from dupfind.records import Record
from dupfind.sources.markup import jira, remarkup, textile, trac
from dupfind.text.composition import compose
from tests.support.timing import growth

Convert = Callable[[str], str]

TRAC = """\
== Steps to reproduce ==
'''Always''' happens when ''two'' users open [wiki:AdminGuide the admin page]:
 1. log in[[BR]]as admin
 * see [ticket:12] and [http://example.org/a?b=1 the log], or !NotAPage

{{{
#!python
def f(a='', b=''):
    return {'x': [[1]], "y": a == b}  # ''kept'' '''as''' it is
}}}
[[Image(shot.png, 400px)]] [[PageOutline(2-3)]]
||= browser =||= result =||
||Firefox || fails||
Run {{{trac-admin $ENV upgrade}}} or `a ''b''` first, H,,2,,O.
{{{
$ trac-admin
}}}
"""
TRAC_AS_MARKDOWN = """\
## Steps to reproduce
**Always** happens when *two* users open the admin page:
 1. log in
as admin
 * see ticket:12 and [the log](http://example.org/a?b=1), or NotAPage

```python
def f(a='', b=''):
    return {'x': [[1]], "y": a == b}  # ''kept'' '''as''' it is
```
![](shot.png)\x20
| browser | result |
| Firefox | fails |
Run `trac-admin $ENV upgrade` or `a ''b''` first, H2O.
```
$ trac-admin
```
"""

REMARKUP = """\
= What happens =
==Details==
(WARNING) The //daemon// eats !!all!! memory after {T123}, see {F42, size=full} and {D7}.
[[ https://example.org/log | the log ]] and [[ help/intro ]] {icon check color=green} press {key ctrl C}
It says ##kill -9 //all//## at https://example.org//path//x

```lang=php, name=boot.php
<?php // not = a //heading//
= neither
```
  lang=python
  def f():
      return {T1}

>>! In T99#1234, @alice wrote:
> me too
%%%{T5} //literal//%%%
"""
REMARKUP_AS_MARKDOWN = """\
# What happens
## Details
WARNING: The *daemon* eats **all** memory after T123, see ![](F42) and D7.
[the log](https://example.org/log) and help/intro  press ctrl C
It says `kill -9 //all//` at https://example.org//path//x

```php
<?php // not = a //heading//
= neither
```
```python
def f():
    return {T1}
```

> In T99#1234, @alice wrote:
> me too
```
{T5} //literal//
```
"""

JIRA = """\
h2. Steps
# open *Settings*
## choose {{Network | Proxy}}
* see [the docs|https://example.org/docs] and [https://example.org/x]
{panel:title=Observed|borderStyle=solid}
{color:red}It crashes{color} \\\\
again !shot.png|thumbnail!
{panel}
{code:title=Foo.java|java|borderStyle=solid}
int[] a = {1, 2}; // h1. not *a* [heading|http://x]
{code}
bq. me too
||browser||result||
|Firefox|fails|
{noformat}
at {x} [y|http://z]
{noformat}
{quote}same here{quote}
"""
JIRA_AS_MARKDOWN = """\
## Steps
1. open *Settings*
  1. choose `Network | Proxy`
- see [the docs](https://example.org/docs) and https://example.org/x
Observed
It crashes

again ![](shot.png)

```java
int[] a = {1, 2}; // h1. not *a* [heading|http://x]
```
> me too
| browser | result |
|Firefox|fails|
```
at {x} [y|http://z]
```
same here
"""

TEXTILE = """\
h2(#top). Steps

p{color:red}. Open "the docs":https://x.example/docs, then @Settings -> "a":http://b@, see !{width:9}shot.png(the shot)!
%{color:blue}blue% text, 50% of 100% stays, mail me@example.org and you@example.org

|_. browser |_. result |
|\\2=. all of it |
bq. me too

<pre><code class="ruby">
h1. "not":http://a @link@ !x.png!
</code></pre>

bc(python). def f():
    return "a":http://b

{{collapse(The log)
it fails
}}
{{toc}} see [[Admin guide|the guide]] and [[other:Page]]
"""
TEXTILE_AS_MARKDOWN = """\
## Steps

Open [the docs](https://x.example/docs), then `Settings -> "a":http://b`, see ![the shot](shot.png)
blue text, 50% of 100% stays, mail me@example.org and you@example.org

| browser | result |
| all of it |
> me too

```ruby
h1. "not":http://a @link@ !x.png!
```

```python
def f():
    return "a":http://b
```

The log
it fails

 see the guide and Page
"""
WHOLE = [
    (trac.as_text, TRAC, TRAC_AS_MARKDOWN),
    (remarkup.as_text, REMARKUP, REMARKUP_AS_MARKDOWN),
    (jira.as_text, JIRA, JIRA_AS_MARKDOWN),
    (textile.as_text, TEXTILE, TEXTILE_AS_MARKDOWN),
]
ALL = pytest.mark.parametrize("convert", [convert for convert, _, _ in WHOLE])


@pytest.mark.parametrize(("convert", "text", "expected"), WHOLE)
def test_a_body_becomes_markdown_and_its_code_stays_as_it_is(
    convert: Convert, text: str, expected: str
) -> None:
    assert convert(text) == expected


@pytest.mark.parametrize(("convert", "text", "expected"), WHOLE)
def test_what_the_model_reads_of_it_has_no_marks(convert: Convert, text: str, expected: str) -> None:
    read = compose(Record(id="1", title="x", body=convert(text), source="s")).body
    for mark in (
        "{{{",
        "'''",
        "== S",
        "==D",
        "{code",
        "{T123}",
        "h2",
        "(WARNING)",
        "shot.png",
        "{panel",
        "bq.",
        "```",
        "%{",
    ):
        assert mark not in read
    assert len(read) > 100


@ALL
@pytest.mark.parametrize(
    "text",
    [
        "",
        "No marks at all.\n\n- a list\n- of two",
        "## A heading\n\n**bold**, *italic*, `code` and [a link](https://example.org/a_(b))!\n\n> quoted",
        "```python\nx = {'a': [1]}  # h1. ''x'' @y@ {T1}\n```\n\n    indented\n",
        "| a | b |\n|---|---|\n| 1 | 2 |",
        "![shot](https://example.org/shot.png) costs 50% of 100%, mail a@b.example and c@d.example",
        "a {b} [c] (d) <e> if (!x) y = a[0]; it's 'quoted' and ''",
        "C:\\Users\\x and \\\\server\\share, 1 != 2, a || b, //comment",
    ],
)
def test_markdown_and_plain_text_come_through_unharmed(convert: Convert, text: str) -> None:
    assert convert(text) == text


@ALL
def test_code_that_is_never_closed_is_text(convert: Convert) -> None:
    for opening in ("{{{", "{code}", "{noformat}", "```", "<pre>", "{{", "`", "@", "##"):
        assert "the rest" in convert(f"before\n{opening}\nthe rest of it")


@ALL
def test_what_stands_for_code_in_between_cannot_be_smuggled_in(convert: Convert) -> None:
    shown = convert("{{{`a`}}} {{a}} @a@ \ue0000\ue001 \ue0009\ue001 [[x]]")
    assert "\ue000" not in shown
    assert "\ue001" not in shown


@ALL
@pytest.mark.parametrize(
    "unit",
    [
        *(
            "'",
            "''a",
            "'''a ",
            "=",
            "= a ",
            "\n= ",
            "[",
            "[[",
            "[[a|",
            "[a|",
            "[http://a ",
            "||",
            "||a",
            "{{{",
            "}}}",
        ),
        *(
            "{{",
            "{",
            "{code}",
            "{code:a",
            "{noformat}",
            "{panel:",
            "h1. ",
            "\nh1. ",
            "#",
            "\n# ",
            "*",
            "!",
            "!a",
            "!a.png|",
        ),
        *(
            "`",
            "```",
            "##",
            "%%%",
            "//",
            "//a",
            "!!a",
            "{F1,",
            "\n  lang=",
            "\n  a",
            ">>!",
            "@",
            "@a ",
            '"',
            '"a":',
            '"a":http://',
        ),
        *(
            "%{",
            "%{a}",
            "??",
            "??a",
            "|",
            "|_",
            "<pre>",
            "<pre><code ",
            "bc. ",
            "\nbc.. ",
            "\np. ",
            " ",
            "\\\\",
            ",,",
            "\n",
        ),
    ],
)
def test_time_grows_no_faster_than_a_text_that_is_broken_on_purpose(convert: Convert, unit: str) -> None:
    assert growth(lambda n: convert(f"a '' {{ {unit * (n // len(unit))}"), 10_000) < 24


@pytest.mark.parametrize(
    ("convert", "text", "expected"),
    [
        (trac.as_text, "'''''both'''''", "***both***"),
        (trac.as_text, "'''a ''b'' c'''", "**a *b* c**"),
        (trac.as_text, "it''s and ''", "it''s and ''"),
        (trac.as_text, "= Title =\n=== Third === #anchor", "# Title\n### Third"),
        (trac.as_text, "x == y and y == x", "x == y and y == x"),
        (trac.as_text, "{{{\n#!comment\nunseen\n}}}seen", "seen"),
        (trac.as_text, "{{{\n#!div style=\"x\"\n'''seen'''\n}}}", "**seen**"),
        (trac.as_text, "{{{#!text/x-java\nint a;\n}}}", "```java\nint a;\n```"),
        (trac.as_text, "{{{\na ``` b\n}}}", "````\na ``` b\n````"),
        (trac.as_text, "[[Start|the start]] [[Start]] [wiki:Start]", "the start Start Start"),
        (trac.as_text, "before {{{\nx\n}}} after", "before \n```\nx\n```\n after"),
        (remarkup.as_text, "```\nlang=java\nint a;\n```", "```java\nint a;\n```"),
        (remarkup.as_text, "```name=a.py, lang=python\nx\n```", "```python\nx\n```"),
        (remarkup.as_text, "  lang=c\n  int a;\n\n  int b;\n\nc", "```c\nint a;\n\nint b;\n```\n\nc"),
        (remarkup.as_text, "```\nplain\n```", "```\nplain\n```"),
        (remarkup.as_text, "{P12} {rABCdef0} {T1#2} {T}", "P12 rABCdef0 T1#2 {T}"),
        (remarkup.as_text, "(NOTE) a\n(NOTICE) b", "NOTE: a\n(NOTICE) b"),
        (jira.as_text, "{code}\na\n{code} b {code}\nc\n{code}", "```\na\n```\n b \n```\nc\n```"),
        (jira.as_text, "{code:sql}x{code}", "```sql\nx\n```"),
        (jira.as_text, "# Steps\n\n# open\n# close", "# Steps\n\n1. open\n1. close"),
        (jira.as_text, "[~user] [^log.txt] [a|b]", "[~user] [^log.txt] [a|b]"),
        (jira.as_text, "** two\n*** three\n*bold* text", "  - two\n    - three\n*bold* text"),
        (jira.as_text, "{panel}a{panel} {panel:Note}b{panel}", "a Noteb"),
        (textile.as_text, 'see "a":http://b.example/c.', "see [a](http://b.example/c)."),
        (textile.as_text, "bc.. a\n\nb\n\np. c", "```\na\n\nb\n```\n\nc"),
        (textile.as_text, "<pre>\na @b@\n</pre>", "```\na @b@\n```"),
        (textile.as_text, "p. 12 of the manual", "p. 12 of the manual"),
    ],
)
def test_a_mark_alone(convert: Convert, text: str, expected: str) -> None:
    assert convert(text) == expected
