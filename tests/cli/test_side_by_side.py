"""Two issues on a terminal: side by side or stacked, never wider than it, and without control characters."""

from dataclasses import replace

import pytest
from hypothesis import given, strategies

from dupfind.cli.side_by_side import MAX_LINES, lines
from dupfind.cli.terminal import width_of, wrapped
from dupfind.review.question_queue import PairCandidate
from dupfind.review.session import ReviewQuestion
from dupfind.text.composition import ComposedText
from dupfind.text.explanations import compare
from tests.support.samples import record


def question(
    title: str, body: str, *, other: str = "dies at launch", answer: str | None = None
) -> ReviewQuestion:
    return ReviewQuestion(
        PairCandidate(1, 2, 0.812345, 0.1, 0.63),
        record("1", title, body, state="open", project="web"),
        record("2", other, body),
        compare(ComposedText(title, body), ComposedText(other, body), {}),
        answer,
    )


def test_a_wide_terminal_shows_them_side_by_side() -> None:
    shown = list(lines(question("crash on start", "E0308 in main.rs"), 100))
    assert shown[0].split("│")[0].strip() == "web#1 open"
    assert [part.strip() for part in shown[1].split("│")] == ["crash on start", "dies at launch"]
    assert "score 0.812, margin 0.100, probability 0.63" in shown
    assert "code  both: E0308" in shown


def test_a_closed_issue_says_why_it_is_closed() -> None:
    asked = question("crash on start", "E0308 in main.rs")
    closed = replace(asked, second=replace(asked.second, state="closed", resolution="not_planned"))
    assert next(iter(lines(closed, 100))).split("│")[1].strip() == "#2 closed as not planned"


def test_a_narrow_terminal_shows_one_above_the_other() -> None:
    shown = list(lines(question("crash on start", "body"), 60, strong=str.upper))
    assert shown.index("CRASH ON START") < shown.index("DIES AT LAUNCH")
    assert not any("│" in line for line in shown)


def test_an_earlier_answer_is_shown() -> None:
    assert any("your answer: same" in line for line in lines(question("a crash", "b", answer="same"), 80))


def test_a_long_body_is_cut_and_an_empty_title_says_so() -> None:
    shown = list(lines(question("  ", "word " * 5_000), 80))
    assert shown[1].startswith("(no title)")
    body = shown[2 : shown.index("─" * 80)]
    assert len(body) == MAX_LINES
    assert body[-1].startswith("…")


@pytest.mark.parametrize("width", [20, 79, 80, 133])
@given(
    title=strategies.text(max_size=300),
    body=strategies.text(max_size=600),
    other=strategies.text(max_size=300),
)
def test_no_line_is_wider_than_the_terminal_or_obeyed_by_it(
    width: int, title: str, body: str, other: str
) -> None:
    for line in lines(question(title, body, other=other), width):
        assert width_of(line) <= width
        assert not any(ord(character) < 32 or 127 <= ord(character) < 160 for character in line)
        assert not set(line) & set("\u202a\u202b\u202d\u202e\u2066\u2067\u2068\u2069\u2028\u2029")


@given(strategies.text(alphabet=strategies.sampled_from("ab 漢字"), max_size=60), strategies.integers(2, 12))
def test_wrapping_loses_no_letter(text: str, columns: int) -> None:
    wrapped_lines = wrapped(text, columns, cuts=True)
    assert "".join(wrapped_lines).replace(" ", "") == text.replace(" ", "")
    assert all(width_of(line) <= columns for line in wrapped_lines)


def test_a_command_is_not_cut_and_later_lines_hang() -> None:
    command = "run: dupfind doctor --index /a/very/long/path/that/is/copied"
    assert wrapped(command, 20, hanging="  ") == [
        "run: dupfind doctor",
        "  --index",
        "  /a/very/long/path/that/is/copied",
    ]
    assert wrapped("漢字 " * 8, 12, hanging="  ") == ["漢字 漢字", *["  漢字 漢字"] * 3]


def test_the_lines_of_code_keep_their_indentation() -> None:
    assert wrapped("    return value", 20) == ["    return value"]
    assert wrapped("    return the value", 12) == ["    return", "    the", "    value"]
    assert wrapped(" " * 40 + "deep", 10) == ["     deep"]
    assert wrapped("   ", 10) == []
