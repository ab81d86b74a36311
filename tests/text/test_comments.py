"""Tests of the choice among the comments on an issue."""

from datetime import UTC, datetime

import pytest

from dupfind.records import Comment
from dupfind.text.comments import MAX_CHARACTERS, MAX_COMMENTS, MAX_TIMES, kept_comments

NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)


def kept(*texts: str) -> list[str]:
    comments = kept_comments(Comment(text, NOON) for text in texts)
    return [comment.text for comment in comments if comment.text]


def test_the_first_comments_of_people_are_kept_with_their_time() -> None:
    comments = [Comment("stale for 30 days", NOON, is_by_program=True)]
    comments += [Comment(f"the pump stops after {n} hours", NOON) for n in range(MAX_TIMES + 2)]
    chosen = kept_comments(comments)
    first = [comment.text for comment in comments[1 : MAX_COMMENTS + 1]]
    assert [comment.text for comment in chosen] == first + [""] * (MAX_TIMES - MAX_COMMENTS)
    assert {comment.at for comment in chosen} == {NOON}


@pytest.mark.parametrize(
    "text",
    [
        "Duplicate of #12.",
        "see #9",
        "this is GH-77 again",
        "same as issue 1234",
        "the bug: 88 has a patch",
        "dup of 41",
        "https://github.com/some/where/issues/5",
        "https://bugs.example.org/show_bug.cgi?id=31",
        "https://jira.example.org/browse/PUMP-7 explains it",
        "closed by other/project#3",
        "https://bugs.launchpad.net/pump/+bug/123",
        "crbug.com/123 has the cause",
        "bug1234 has the cause",
        "BZ 1234 has the cause",
        "see !123",
        "https://example.org/discussions/5",
        "https://forum.example.org/t/pump-stops/123",
    ],
)
def test_a_comment_that_names_another_issue_is_left_out(text: str) -> None:
    assert kept(text, "happens with the new valve") == ["happens with the new valve"]


@pytest.mark.parametrize(
    "text",
    [
        "the file is UTF-8",
        "fails with SHA-256 sums",
        "prints ERR-12 and stops",
        "page 12 of 40",
        "v1.2.3 on port 8080",
        "&#39; is shown",
        "as in comment #3",
        "#0  0x00007f in pump_start ()",
        "#3  in main",
        "Linux 6.1.0 #1 SMP x86_64",
        "the box is #1a2b3c",
        "state is set to null and it crashes",
        "type set to int gives a wrong result",
        "component removed from DOM crashes my app",
        "Version changed from 3 to 4 and since then it crashes on start",
        "Labels are added too late in the tree view",
        "Type: crash -> see log",
    ],
)
def test_numbers_that_name_no_issue_are_words(text: str) -> None:
    assert len(kept(text)) == 1


def test_a_key_names_another_issue_where_issues_have_keys() -> None:
    for own_id, text in (("PUMP-3", "PUMP-7 explains it"), ("PUMP-3", "see VALVE-1"), ("T5", "as in T123")):
        assert [comment.text for comment in kept_comments([Comment(text)], own_id)] == [""]
        assert kept(text) == [text]
    assert [comment.text for comment in kept_comments([Comment("as in PUMP-7x")], "PUMP-3")] == [
        "as in PUMP-7x"
    ]


@pytest.mark.parametrize(
    "text",
    ["fails with ORA-00942", "our log has code QX-7719 each time", "it prints: `QX-77`", "CVE-2024-12345"],
)
def test_a_code_is_no_key_of_another_project(text: str) -> None:
    assert [comment.text for comment in kept_comments([Comment(text)], "PUMP-3")] == [text]
    own = text.replace("QX-", "PUMP-").replace("ORA-", "PUMP-").replace("CVE-2024-", "PUMP-")
    assert [comment.text for comment in kept_comments([Comment(own)], "PUMP-3")] == [""]


def test_the_line_that_a_reply_begins_with_is_left_out() -> None:
    assert kept("(In reply to Ada from comment #3)\n> it leaks\nmine leaks at the seal") == [
        "mine leaks at the seal"
    ]


def test_quotes_and_lines_on_what_changed_are_left_out() -> None:
    assert kept("> it leaks\n> a lot\nOn Monday, Ada wrote:\nmine leaks at the seal") == [
        "mine leaks at the seal"
    ]
    assert kept("[quote=ada]it leaks[/quote] mine too at the seal") == ["mine too at the seal"]
    assert kept("{quote}it leaks{quote}\nmine does not") == ["mine does not"]
    assert kept("before {quote}it leaks") == ["before"]
    assert kept("Status changed from new to open\nthe seal is the cause") == ["the seal is the cause"]
    for line in (
        "ada closed this as completed",
        "@ada added the label leak",
        "Type: a -> b",
        "CC set to ada",
    ):
        assert kept(line, "> only a quote", " \n---\n") == []


def test_a_long_comment_is_cut() -> None:
    [text] = kept("seal " * 1_000)
    assert len(text) <= MAX_CHARACTERS
