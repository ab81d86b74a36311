"""Records in words."""

import pytest

from dupfind.records import state_in_words


@pytest.mark.parametrize(
    ("state", "resolution", "words"),
    [
        ("closed", "completed", "closed as completed"),
        ("closed", "not_planned", "closed as not planned"),
        ("closed", "duplicate", "closed as duplicate"),
        ("closed", "won't  fix\n", "closed as won't fix"),
        ("closed", None, "closed"),
        ("closed", " ", "closed"),
        ("closed", "closed", "closed"),
        ("open", "reopened", "open"),
        (None, "fixed", ""),
        (None, None, ""),
    ],
)
def test_a_state_says_why_a_record_is_closed_where_the_tracker_does(
    state: str | None, resolution: str | None, words: str
) -> None:
    assert state_in_words(state, resolution) == words
