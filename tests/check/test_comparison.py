"""Tests of the words with which a check says what became of the original."""

from datetime import UTC, datetime

import pytest

from dupfind.check.comparison import compared_matches
from dupfind.records import Record
from dupfind.results import Hit
from dupfind.search.match import Match, SearchResponse
from dupfind.text.boilerplate import NOTHING
from dupfind.text.composition import compose

CLOSED = datetime(2031, 4, 5, 6, tzinfo=UTC)
RECORD = Record("7", "Kettle whistles twice", "The lid is shut and the water is cold.")


def reason(
    kind: str,
    resolution: str | None,
    *,
    closed: datetime | None = CLOSED,
    state: str = "closed",
    exact: bool = False,
) -> str:
    hit = Hit(
        rank=1, id="7", source="", project=None, title=RECORD.title, state=state, url=None, created=None, score=0.9,
        lexical=1.0, probability=0.9, verdict="likely", resolution=resolution, closed=closed, kind=kind, is_exact=exact,
    )  # fmt: skip
    text = compose(RECORD)
    match = Match(hit, RECORD, text, NOTHING, "")
    [compared] = compared_matches(SearchResponse(text, [match], True), [match])
    return compared.why


@pytest.mark.parametrize(
    ("kind", "resolution", "end"),
    [
        ("regression", "completed", "it was fixed on 2031-04-05: a regression?"),
        ("declined", "not_planned", "it was closed as not planned on 2031-04-05"),
        ("copy", "completed", "it was fixed on 2031-04-05"),
        ("copy", "wontfix", "it was closed as not planned on 2031-04-05"),
    ],
)
def test_the_end_of_the_original_is_said_with_its_date(kind: str, resolution: str, end: str) -> None:
    assert end in reason(kind, resolution).split("; ")
    assert end.replace(" on 2031-04-05", "") in reason(kind, resolution, closed=None).split("; ")


def test_a_copy_is_said_first() -> None:
    assert (
        reason("copy", "fixed", exact=True) == "both say the same, to the letter; it was fixed on 2031-04-05"
    )


@pytest.mark.parametrize(("kind", "resolution", "state"), [
    ("copy", "completed", "open"), ("copy", "duplicate", "closed"), ("copy", None, "closed"),
    ("duplicate", "completed", "closed"),
])  # fmt: skip
def test_of_an_open_one_and_one_closed_otherwise_nothing_is_said(
    kind: str, resolution: str | None, state: str
) -> None:
    why = reason(kind, resolution, state=state)
    assert "fixed" not in why
    assert "planned" not in why
