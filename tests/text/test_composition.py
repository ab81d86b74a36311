import time
import unicodedata

import pytest
from hypothesis import example, given, settings, strategies

from dupfind.records import Record
from dupfind.text.boilerplate import Boilerplate, key
from dupfind.text.composition import (
    BODY_BUDGET,
    MAX_RAW,
    MAX_TITLE,
    ComposedText,
    clean_body,
    clean_title,
    compose,
    compose_query,
    fingerprint,
    names,
)


def composed(title: str = "", body: str = "") -> ComposedText:
    return compose(Record(id="1", title=title, body=body))


def test_the_whole_text_is_the_title_and_the_body_below_it() -> None:
    assert composed("Crash on start", "It crashes when I start it.").whole == (
        "Crash on start\nIt crashes when I start it."
    )


def test_a_record_without_a_body_is_its_title() -> None:
    text = composed("Crash on start")
    assert (text.title, text.body, text.whole) == ("Crash on start", "", "Crash on start")


def test_a_record_without_a_title_is_named_by_the_first_words_of_its_body() -> None:
    text = composed("  ", "The worker dies at boot.\nIt happens every time.")
    assert (text.title, text.body) == ("The worker dies at boot.", "It happens every time.")


def test_a_long_first_line_names_a_record_up_to_a_space() -> None:
    text = composed("", "the worker dies " * 10)
    assert text.title == "the worker dies the worker dies the worker dies the worker dies the worker dies"
    assert text.body == "the worker dies the worker dies the worker dies the worker dies the worker dies"


@pytest.mark.parametrize("nothing", ["", " \t\r\n ", "\x00\x01", "\u200b\ufeff", "\ud800"])
def test_a_record_without_words_has_empty_texts(nothing: str) -> None:
    assert composed(nothing, nothing) == ComposedText("", "")


def test_a_body_of_marks_alone_is_empty() -> None:
    assert clean_body("---\n***\n| --- | --- |\n```\n```\n<br/>") == ""


@pytest.mark.parametrize(
    ("title", "clean"),
    [
        ("[Bug]: Crash on start", "Crash on start"),
        ("[BUG] Crash on start", "Crash on start"),
        ("🐛 [Bug Report] - Crash on start", "Crash on start"),
        ("Bug: Crash on start", "Crash on start"),
        ("[Bug]: Feature request: Crash on start", "Crash on start"),
        ("(question) why?", "why?"),
        ("[ios] Crash on start", "[ios] Crash on start"),
        ("[ABFS]: Crash on start", "[ABFS]: Crash on start"),
        ("Bug in parser: crash", "Bug in parser: crash"),
        ("[Bug]:", "[Bug]:"),
        ("`foo()` fails\r\n twice", "foo() fails twice"),
        ("a &lt;b&gt; tag &amp; more", "a <b> tag & more"),
    ],
)
def test_a_title_loses_a_prefix_for_the_kind_of_issue(title: str, clean: str) -> None:
    assert clean_title(title) == clean


@pytest.mark.parametrize(
    ("markup", "clean"),
    [
        ("<p>It <b>crashes</b> here</p>", "It crashes here"),
        ("one<br>two", "one\ntwo"),
        ("before <!-- please fill in\nthe form --> after", "before after"),
        ("an open <!-- comment stays", "an open <!-- comment stays"),
        ("a &lt; b &amp;&amp; c &#65;&nbsp;d", "a < b && c A d"),
        ("a &nosuch; b&c=d", "a &nosuch; b&c=d"),
        ("see [the guide](https://example.org/guide) first", "see the guide first"),
        ("see [the guide|https://example.org/guide] first", "see the guide first"),
        ("see [https://example.org/guide the guide] first", "see the guide first"),
        ('see "the guide":https://example.org/guide first', "see the guide first"),
        ("![screenshot](https://example.org/a.png) it hangs", "it hangs"),
        ("!screen-shot.png|thumbnail! it hangs", "it hangs"),
        ("it is **very** *slow* and _odd_ and ~~bad~~", "it is very slow and odd and bad"),
        ("call `run()` and {{stop()}} and '''wait'''", "call run() and stop() and wait"),
        ("# Crash in parser", "Crash in parser"),
        ("h3. Crash in parser", "Crash in parser"),
        ("h6.Crash in parser", "Crash in parser"),
        ("> quoted words\n>> and more", "quoted words\nand more"),
        ("- first\n* second\n1. third\n2) fourth", "first\nsecond\nthird\nfourth"),
        ("| os | version |\n|----|----|\n| linux | 5.4 |", "os version\nlinux 5.4"),
        ("{code:title=app.js|theme=x}\nrun(1)\n{code}", "run(1)"),
        ("{noformat}\nrun(1)\n{noformat}", "run(1)"),
        ("{quote}said{quote}", "said"),
        ("```rust\nrun(1)\n```", "run(1)"),
        ("{{{\n#!python\nrun(1)\n}}}", "run(1)"),
        ("\x1b[31mred\x1b[0m text", "red text"),
        ("one\r\ntwo\rthree\u2028four", "one\ntwo\nthree\nfour"),
        ("a \u202eb\u202c c\x00d", "a b cd"),
        ("cafe\u0301", "caf\u00e9"),
        ("a  \t b\n\n\n c", "a b\nc"),
    ],
)
def test_markup_without_meaning_is_removed(markup: str, clean: str) -> None:
    assert clean_body(markup) == clean


@pytest.mark.parametrize(
    "text",
    [
        "error[E0308]: mismatched types",
        "0x80070005 access is denied",
        "java.lang.NullPointerException: name",
        "Titanium.UI.createWindow in 3.1.0.GA",
        "self.__init__ and snake_case_name",
        "Vec<T> and Option<&'a str>",
        "2 ** 3 and **kwargs",
        "a[i](x)",
        "CVE-2022-21360 in libfoo-1.2.3",
    ],
)
def test_identifiers_of_a_fault_stay(text: str) -> None:
    assert clean_body(text) == text


def test_urls_and_long_paths_keep_their_last_two_parts() -> None:
    assert clean_body("see https://example.org/a/b/issues/17.") == "see issues/17."
    assert clean_body("see https://example.org/ now") == "see example.org now"
    assert clean_body("in /build/src/llvm/Support/Casting.h:197") == "in Support/Casting.h:197"
    assert clean_body(r"in C:\Users\me\app\main.py") == "in app/main.py"
    assert clean_body("in /dev/null or src/a/b.rs") == "in /dev/null or src/a/b.rs"


def test_template_headings_and_checkboxes_are_removed() -> None:
    body = """### Describe the bug
The worker dies.
**Expected behavior**
It lives.
h3. Steps to Reproduce:
- [x] I searched the issues
- [ ] I am on the newest version
Environment?
"""
    assert clean_body(body) == "The worker dies.\nIt lives."


def test_repeated_lines_are_kept_once() -> None:
    assert clean_body("retry failed\nretry failed\nretry failed") == "retry failed"


def test_times_and_addresses_of_a_log_are_removed() -> None:
    log = "2024-01-03 09:12:00,123 ERROR no route to 0x00007fff5fbff8c0 now"
    assert clean_body(log) == "ERROR no route to now"


def test_a_stack_trace_keeps_its_exceptions_and_its_first_own_frames() -> None:
    frames = "\n".join(f"\tat org.example.Own{n}.run(Own.java:{n})" for n in range(30))
    runtime = "\tat java.lang.Thread.run(Thread.java:748)"
    lines = clean_body(f"java.io.IOException: disk\n{runtime}\n{frames}\nCaused by: x.Denied").split("\n")
    assert lines[0] == "java.io.IOException: disk"
    assert "at org.example.Own0.run(Own.java:0)" in lines
    assert lines[-1] == "Caused by: x.Denied"
    assert not any("java.lang.Thread" in line or "Own4" in line for line in lines)


def test_sentences_and_faults_come_before_code_when_not_all_fits() -> None:
    code = "\n".join(f"let value_{n} = compute({n});" for n in range(200))
    body = f"{code}\nthread 'main' panicked at 'index out of bounds'\nIt happens on every second run."
    lines = clean_body(body).split("\n")
    assert lines[:2] == ["let value_0 = compute(0);", "let value_1 = compute(1);"]
    assert lines[-2:] == [
        "thread 'main' panicked at 'index out of bounds'",
        "It happens on every second run.",
    ]
    assert len(lines) == 5  # 3 lines of 25 or 26 characters are within the 100 for code


def test_the_fault_at_the_end_of_a_huge_log_is_kept() -> None:
    log = "\n".join(f"step {n} = {n * n};" for n in range(100_000))
    assert "fatal error: out of memory" in composed("It stops", f"{log}\nfatal error: out of memory").body


def test_texts_stay_within_their_budgets() -> None:
    text = composed("word " * 1000, "This is one of very many sentences. " * 10_000)
    assert len(text.title) <= MAX_TITLE
    assert 0 < len(text.body) <= BODY_BUDGET


def test_an_unbroken_megabyte_is_cut() -> None:
    assert 0 < len(composed("a" * 10**6, "a" * 10**6).whole) <= MAX_TITLE + BODY_BUDGET


def test_a_fingerprint_is_128_bits_of_the_text_alone() -> None:
    assert fingerprint("") == "cae66941d9efbd404e4d88758ea67670"
    assert fingerprint("a") != fingerprint("b")
    assert len(fingerprint("日本語")) == 32


MARKS = r"""
<b> </b> <p <!-- --> &amp; &lt; &gt; &#96; ; ` ``` ** * _ __ ~~ ''' {{ }} {code} {{{ }}} [ ]( ] ( ) |
# ## - + > h3. 1. 2) [x] !a.png! http:// / \ : " 0x123456789 2024-01-01T00:00:00 Description error bug
[Bug] Bug: é 語 a Word sentence foo.Bar at
"""
INVISIBLE = [" ", "\n", "\r\n", "\t", "\x00", "\x1b[0m", "\x85", "\u0301", "\u2028", "\u202e", "\ud800"]
MARKED = strategies.lists(
    strategies.sampled_from(MARKS.split() + INVISIBLE) | strategies.text(max_size=3), max_size=60
).map("".join)


@settings(max_examples=400)
@given(MARKED | strategies.text(), MARKED | strategies.text())
@example("", "&amp;amp;amp;amp;amp;amp;amp;amp;amp;amp;lt;b&gt;")
@example("", "{{" * 40 + "a" + "}}" * 40)
@example("[Bug][Bug] " * 20, "**" * 30 + "a" + "**" * 30)
def test_composing_a_composed_text_changes_nothing(title: str, body: str) -> None:
    text = composed(title, body)
    assert composed(text.title, text.body) == text


@settings(max_examples=200)
@given(MARKED | strategies.text(), MARKED | strategies.text())
def test_a_composed_text_is_clean_unicode(title: str, body: str) -> None:
    text = composed(title, body)
    assert "\n" not in text.title
    for part in (text.title, text.body):
        assert part == unicodedata.normalize("NFC", part)
        assert not any(unicodedata.category(char) in ("Cc", "Cs") for char in part.replace("\n", ""))
        assert not any(
            unicodedata.bidirectional(char) in ("RLO", "LRO", "RLE", "LRE", "PDF") for char in part
        )
        part.encode()


HOSTILE = r"""
<a < <!-- &amp; &# *a * **a _a _ [a]( [ ![ [a| http:// "a "a": /a / \a ~~a '''a { {{a {{{ {code: ` ``` !a
!a.png| 1. - | [x] error 0x1 deadbeef- a a. h1. 語
"""
SPACED = [" ", "\n", "\t", "\x1b[", "\u0301", "<a ", "``` ", "- ", "1 0x1", "at a.b", 'File "', "2024-01-01 "]


@pytest.mark.parametrize("piece", HOSTILE.split() + SPACED)
def test_time_grows_with_the_length_and_stops_at_the_cap(piece: str) -> None:
    def seconds(length: int) -> float:
        text = (piece * (length // len(piece) + 1))[:length]
        times = []
        for _ in range(3):
            start = time.thread_time()
            composed(text, text)
            times.append(time.thread_time() - start)
        return min(times)

    # Eight times the text may take a good eight times as long, never the 64 times of a quadratic pattern.
    quarter, full, megabyte = seconds(MAX_RAW // 8), seconds(MAX_RAW), seconds(1_000_000)
    assert full < 24 * quarter + 0.002
    assert megabyte < 3 * full + 0.005


LEARNED = Boilerplate({"please be polite": 90, "product version:": 80, "own words": 70})
ISSUE = Record(
    id="1",
    title="Crash at start",
    body="Please be polite.\n\n**Product version:** 3.1\n```\nown words\n```\nIt crashes when the disk is full.",
)


def test_boilerplate_leaves_the_text_and_the_rest_stays() -> None:
    assert compose(ISSUE, LEARNED) == ComposedText("Crash at start", "3.1\nIt crashes when the disk is full.")
    assert "Please be polite" in compose(ISSUE).body


@given(
    strategies.text(max_size=60),
    strategies.lists(strategies.sampled_from(ISSUE.body.split("\n")) | strategies.text(max_size=20)),
)
def test_composing_a_text_without_its_boilerplate_again_changes_nothing(title: str, lines: list[str]) -> None:
    once = compose(Record(id="1", title=title, body="\n".join(lines)), LEARNED)
    again = compose(Record(id="1", title=once.title, body=once.body), LEARNED)
    assert again == once or not once.body  # a text that is all boilerplate is kept
    assert compose(Record(id="1", title=title, body="\n".join(lines))) == compose(
        Record(id="1", title=title, body="\n".join(lines)), Boilerplate()
    )


def test_the_room_of_boilerplate_goes_to_the_other_lines() -> None:
    sentences = [
        f"Sentence {'abcdefgh'[n]} of this body says that {n} things went very wrong." for n in range(8)
    ]
    noise = [f"Template line number {'xyz'[n]} asks you for {'word ' * 40}and more." for n in range(3)]
    issue = Record(id="1", title="Crash", body="\n".join(noise + sentences))
    boilerplate = Boilerplate({key(line): 50 for line in noise})
    assert sentences[-1] not in compose(issue).body
    assert compose(issue, boilerplate).body == "\n".join(sentences)


def test_a_title_that_is_boilerplate_gives_way_to_the_body() -> None:
    text = compose(Record(id="1", title="Please be polite!", body="The disk is full"), LEARNED)
    assert text == ComposedText("The disk is full", "")


@pytest.mark.parametrize("title", ["", "Please be polite"])
def test_a_record_that_is_all_boilerplate_keeps_its_text(title: str) -> None:
    issue = Record(id="1", title=title, body="Please be polite.\nown words")
    assert compose(issue, LEARNED) == compose(issue)
    assert compose(issue, LEARNED).title


@pytest.mark.parametrize(
    ("body", "title"),
    [
        ("error", "error"),
        ("Steps to reproduce", "Steps to reproduce"),
        ("\n## Logs\n- [ ] done", "Logs"),
        ("**Error**", "Error"),
        ("<!-- logs -->", ""),
        ("---", ""),
        ("", ""),
    ],
)
def test_a_query_of_a_heading_alone_keeps_it(body: str, title: str) -> None:
    assert compose(Record(id="", title="", body=body)).title == ""
    assert compose_query(Record(id="", title="", body=body)) == ComposedText(title, "")


def test_a_query_with_other_words_is_composed_as_a_record() -> None:
    issue = Record(id="", title="Disk full", body="## Error\nNo space is left on the disk.")
    assert compose_query(issue) == compose(issue)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("The copy ends with ECONNRESET at night", "econnreset"),
        ("It shows ERR#5521 and stops", "err#5521"),
        ("A box with 417-2203-B appears", "417-2203-b"),
        ("Setup ended (-1073740940) again", "-1073740940"),
        ("It ends with ORA#4031.", "ora#4031"),
        ("A box with 417-2203-B.", "417-2203-b"),
        ("See 2023-11-30-Invoice.pdf", "invoice.pdf"),
        ("See 30-11-2023-Invoice.pdf", "invoice.pdf"),
    ],
)
def test_codes_of_systems_and_installers_are_names(text: str, name: str) -> None:
    assert names(text) == {name}


@pytest.mark.parametrize(
    "text",
    [
        "EXPECTED and EMPTY are loud",
        "on 2024-01-15 and 555-0199",
        "ENOENTRY",
        "12:30 - 14",
        "closes django#4411 and ticket#31",
        "see PR#31, GH#4411, MR#4411 and BUG#4411",
        "see hive/COMB#4411",
        "in C#7 and F#5",
        "it is TOP#1",
        "the book 978-0-30-640615-X",
        "on 2023-11-30-Thursday",
    ],
)
def test_loud_words_days_and_numbers_are_no_names(text: str) -> None:
    assert names(text) == set()


def test_a_time_of_iso_is_no_name() -> None:
    assert names("2026-05-15T21:11:57 E0308 in 15T22 of 3-15X21") == {"e0308", "15t22", "15x21"}
