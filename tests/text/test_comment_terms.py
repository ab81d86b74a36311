"""Tests of the words and times of comments as numbers."""

from datetime import UTC, datetime

import numpy as np
import pytest

from dupfind.records import Comment
from dupfind.text.comment_terms import UNKNOWN_TIME, CommentLists, CommentTerms
from dupfind.text.terms import numbered_words

TIMES = [datetime(2024, 1, day, tzinfo=UTC) for day in (1, 5, 9)]
SAID = {
    0: [Comment("one two", TIMES[0]), Comment("three", None)],
    2: [Comment("", TIMES[1])],
    3: [Comment("four five six", TIMES[2]), Comment("seven", TIMES[0])],
}


def lists(n_records: int = 5) -> CommentLists:
    rows = [(place, *CommentTerms.of(comments).to_bytes()) for place, comments in SAID.items()]
    return CommentLists.of_bytes(n_records, rows)


def said(comments: CommentLists) -> list[tuple[int, int, list[int]]]:
    return [
        (int(owner), int(time), comments.words[place].tolist())
        for place, (owner, time) in enumerate(zip(comments.owners, comments.times, strict=True))
    ]


def expected(owner: int, text: str, time: datetime | None) -> tuple[int, int, list[int]]:
    return owner, int(time.timestamp()) if time else UNKNOWN_TIME, numbered_words(text).tolist()


def test_comments_come_back_as_they_were_written() -> None:
    assert said(lists()) == [
        expected(owner, comment.text, comment.at) for owner, comments in SAID.items() for comment in comments
    ]
    assert said(CommentLists.of_bytes(3, [])) == []


def test_comments_before_a_moment_have_a_time() -> None:
    assert said(lists().before(TIMES[1].timestamp())) == [
        expected(0, "one two", TIMES[0]),
        expected(3, "seven", TIMES[0]),
    ]
    assert said(lists().before(float("nan"))) == []


def test_a_part_of_a_second_is_not_before_it() -> None:
    late = datetime(2024, 1, 1, 0, 0, 0, 900_000, tzinfo=UTC)
    row = CommentTerms.of([Comment("one", late)]).to_bytes()
    assert said(CommentLists.of_bytes(1, [(0, *row)]).before(late.timestamp())) == []


def test_comments_without_a_word_are_left_out() -> None:
    assert [owner for owner, *_ in said(lists().with_words())] == [0, 0, 3, 3]


def test_the_comments_on_some_records_in_another_order() -> None:
    taken = lists().take(np.array([3, 1, 0, 3]))
    assert taken.n_records == 4
    assert said(taken) == [
        expected(0, "four five six", TIMES[2]),
        expected(0, "seven", TIMES[0]),
        expected(2, "one two", TIMES[0]),
        expected(2, "three", None),
        expected(3, "four five six", TIMES[2]),
        expected(3, "seven", TIMES[0]),
    ]
    assert said(lists().take(np.empty(0, dtype=np.int64))) == []
    assert said(CommentLists.none(2).take(np.array([1, 0]))) == []


def test_joined_comments_keep_their_records() -> None:
    joined = CommentLists.joined([CommentLists.none(2), lists(), lists()])
    assert joined.n_records == 12
    assert said(joined) == [
        (owner + shift, time, words) for shift in (2, 7) for owner, time, words in said(lists())
    ]


@pytest.mark.parametrize("part", range(3))
@pytest.mark.parametrize("damage", [b"", b"\x00", b"\x01\x00\x00\x00" * 9])
def test_parts_that_do_not_fit_together_are_refused(part: int, damage: bytes) -> None:
    row = list(CommentTerms.of(SAID[0]).to_bytes())
    row[part] = damage
    with pytest.raises(ValueError, match="damaged"):
        CommentLists.of_bytes(1, [(0, row[0], row[1], row[2])])
