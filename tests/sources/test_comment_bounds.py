from datetime import UTC, datetime, timedelta

from dupfind.records import Comment, Record
from dupfind.sources.comment_bounds import N_READ_CHARACTERS, N_READ_COMMENTS, first_comments, with_comments

NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)


def minutes(n: int) -> datetime:
    return NOON + timedelta(minutes=n)


def test_the_oldest_comments_are_kept_whatever_their_order() -> None:
    newest_first = [Comment(f"c{n}", minutes(n)) for n in range(40, 0, -1)]
    kept = first_comments(newest_first)
    assert [comment.text for comment in kept] == [f"c{n}" for n in range(1, N_READ_COMMENTS + 1)]


def test_comments_without_times_keep_their_order() -> None:
    kept = first_comments([Comment("b", minutes(5)), Comment("a"), Comment("c", minutes(1))])
    assert [comment.text for comment in kept] == ["b", "a", "c"]


def test_a_comment_is_cut_before_it_is_converted_and_after_it() -> None:
    seen: list[int] = []

    def doubled(text: str) -> str:
        seen.append(len(text))
        return text * 2

    [kept] = first_comments([Comment("x" * 10_000)], markup=doubled)
    assert seen == [N_READ_CHARACTERS]
    assert len(kept.text) == N_READ_CHARACTERS


def test_empty_comments_do_not_count() -> None:
    comments = [Comment(" \n")] * 50 + [Comment("words")]
    assert first_comments(comments) == (Comment("words"),)


def test_a_first_comment_that_repeats_the_issue_is_left_out_and_a_later_one_is_not() -> None:
    texts = [Comment("The door jams.\n"), Comment("The door jams."), Comment("oil it")]
    assert [one.text for one in first_comments(texts, body="The door jams.")] == ["The door jams.", "oil it"]
    assert first_comments(texts[2:], body="The door jams.") == (Comment("oil it"),)


def test_restricted_comments_take_no_place_from_the_others() -> None:
    hidden = [Comment(f"h{n}", is_restricted=True) for n in range(100)]
    kept = first_comments([*hidden, Comment("seen")])
    assert kept[-1] == Comment("seen")
    assert len(kept) == N_READ_COMMENTS + 1


def test_a_record_keeps_restricted_comments_only_on_request() -> None:
    record = Record("1", "t", comments=(Comment("all"), Comment("staff", is_restricted=True)))

    def texts(*, no_comments: bool, include_restricted: bool) -> list[str]:
        chosen = with_comments(record, no_comments=no_comments, include_restricted=include_restricted)
        return [comment.text for comment in chosen.comments]

    assert texts(no_comments=False, include_restricted=False) == ["all"]
    assert texts(no_comments=False, include_restricted=True) == ["all", "staff"]
    assert texts(no_comments=True, include_restricted=True) == []
