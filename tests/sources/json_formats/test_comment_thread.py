"""What is held of the comments on issues, however many there are."""

from datetime import UTC, datetime, timedelta

import pytest

from dupfind.records import Comment
from dupfind.sources.json_formats import comment_thread
from dupfind.sources.json_formats.comment_thread import CommentThread, CommentThreads

START = datetime(2024, 5, 1, tzinfo=UTC)


def said(n: int, text: str) -> Comment:
    return Comment(text, START + timedelta(minutes=n))


def test_the_last_hundred_marks_are_kept_in_any_order_of_reading() -> None:
    for order in (range(1_000), reversed(range(1_000))):
        thread = CommentThread(no_comments=True)
        for n in order:
            thread.add(said(n, f"Duplicate of #{n}"))
        assert [event["body"] for event in thread.events()] == [
            f"Duplicate of #{n}" for n in range(900, 1_000)
        ]


def test_the_first_comments_are_kept_whether_or_not_they_are_marks() -> None:
    thread = CommentThread()
    for n in range(500):
        thread.add(said(n, f"we double it {n}"))
    bodies = [event["body"] for event in thread.events()]
    assert bodies == [f"we double it {n}" for n in (*range(30), *range(400, 500))]


def test_without_comments_those_that_mark_nothing_are_not_held() -> None:
    thread = CommentThread(no_comments=True)
    thread.add(said(0, "hot"))
    thread.add(said(1, "Duplicate of #4"))
    assert [event["body"] for event in thread.events()] == ["Duplicate of #4"]


def test_the_size_is_that_of_what_is_kept() -> None:
    threads = CommentThreads()
    for n in range(1_000):
        threads.add(n % 3, said(n, "we double it" * 10), id=str(n % 500))
    for n in range(500):
        for issue in range(3):
            threads.remove(issue, str(n))
    assert all(threads.events(issue) == [] for issue in range(3))
    assert threads.size == 0


def test_beyond_the_limit_only_marks_are_kept_and_it_is_said_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(comment_thread, "MAX_SIZE", 10_000)
    threads = CommentThreads()
    for n in range(100):
        threads.add(n, said(n, "x" * 1_000))
    threads.add(200, said(0, "Duplicate of #4"))
    assert sum(len(event["body"]) for n in range(100) for event in threads.events(n)) <= 11_000
    assert [event["body"] for event in threads.events(200)] == ["Duplicate of #4"]
    for n in range(100):
        threads.add(n, said(n, "Duplicate of #4 " + "x" * 1_000))
    assert threads.size <= 22_000
    [warning] = caplog.records
    assert "are left out" in warning.getMessage()
