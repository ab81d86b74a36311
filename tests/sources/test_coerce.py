from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given, strategies

from dupfind.sources.coerce import flag, julian, moment, optional, state, text, word

NINE = datetime(2024, 1, 3, 9, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (None, ""),
        ("a\0b", "a\0b"),
        (7, "7"),
        (7.0, "7"),
        (7.5, "7.5"),
        (Decimal("7.00"), "7"),
        (float("nan"), "nan"),
        (Decimal("NaN"), "NaN"),
        (float("inf"), "inf"),
        (b"caf\xc3\xa9", "café"),
        (b"\xff", "\ufffd"),
        (memoryview(b"ok"), "ok"),
        ({"a": "é"}, '{"a": "é"}'),
        (2**70, str(2**70)),
    ],
)
def test_a_value_is_written_as_a_person_would(value: object, written: str) -> None:
    assert text(value) == written


def test_space_around_a_word_goes_and_nothing_is_none() -> None:
    assert optional("  a b ") == "a b"
    assert optional(" \n") is None
    assert word(" DUPLICATE ") == "duplicate"
    assert word("") is None


@pytest.mark.parametrize("yes", [True, 1, "1", "t", "TRUE", "yes", b"\x01", 2.0])
def test_a_flag_says_yes_as_any_database_writes_it(yes: object) -> None:
    assert flag(yes)


@pytest.mark.parametrize("no", [False, 0, None, "0", "f", "", "no", b"\x00", b""])
def test_a_flag_says_no_as_any_database_writes_it(no: object) -> None:
    assert not flag(no)


@pytest.mark.parametrize(
    "word",
    [
        "open",
        "Open",
        "opened",
        "To Do",
        "in-progress",
        "IN_PROGRESS",
        "REOPENED",
        "new",
        "Selected for Development",
        "Ready for QA",
    ],
)
def test_a_status_word_means_open(word: str) -> None:
    assert state(word) == "open"


@pytest.mark.parametrize(
    "word",
    [
        "closed",
        "CLOSED",
        "Done",
        "resolved",
        "won't fix",
        "duplicate",
        "NOT_PLANNED",
        "Won't Do",
        "Fix Released",
    ],
)
def test_a_status_word_means_closed(word: str) -> None:
    assert state(word) == "closed"


@pytest.mark.parametrize("word", ["", None, "5", 3, "sleeping"])
def test_a_status_that_nobody_knows_is_none(word: object) -> None:
    assert state(word) is None


@pytest.mark.parametrize(
    "value",
    [
        "2024-01-03T09:12:00Z",
        "2024-01-03 09:12:00",
        "2024-01-03T10:12:00+01:00",
        "2024-01-03T09:12:00.000+0000",
        "2024-01-03 09:12:00 UTC",
        "20240103091200.000",
        " 2024-01-03T09:12Z ",
        1704273120,
        "1704273120",
        1704273120.0,
        1704273120000,
        "1704273120000",
        1704273120000000,
        1704273120000000000,
        Decimal(1704273120),
        datetime(2024, 1, 3, 9, 12),
        datetime(2024, 1, 3, 10, 12, tzinfo=timezone(timedelta(hours=1))),
        b"2024-01-03T09:12:00Z",
    ],
)
def test_a_time_is_read_in_any_form_as_utc(value: object) -> None:
    assert moment(value) == NINE
    assert moment(value).tzinfo is UTC or moment(value).utcoffset() == timedelta(0)  # type: ignore[union-attr]


def test_a_day_begins_at_midnight_utc() -> None:
    assert (
        moment(date(2024, 1, 3))
        == moment("2024-01-03")
        == moment("20240103")
        == datetime(2024, 1, 3, tzinfo=UTC)
    )


def test_microseconds_are_kept() -> None:
    assert moment(1531329823471209) == datetime(2018, 7, 11, 17, 23, 43, 471209, tzinfo=UTC)


@pytest.mark.parametrize(
    "value",
    [
        None,
        "",
        "yesterday",
        "0000-00-00 00:00:00",
        "0001-01-01T00:00:00+05:00",
        "9999-12-31T23:59:59-05:00",
        "12345-01-01",
        "2024-02-30",
        "2024-01-03T25:00:00Z",
        "1" * 400,
        "\u0661\u0662",
        0,
        -1,
        2**200,
        10**400,
        1e300,
        float("nan"),
        float("inf"),
        Decimal("NaN"),
        Decimal("sNaN"),
        True,
        [2024],
        datetime.max,
        datetime.min.replace(tzinfo=timezone(timedelta(hours=5))),
    ],
)
def test_what_is_no_time_is_none(value: object) -> None:
    assert moment(value) is None


@given(
    strategies.one_of(
        strategies.text(),
        strategies.floats(),
        strategies.integers(),
        strategies.datetimes(),
        strategies.decimals(),
        strategies.binary(),
    )
)
def test_no_value_breaks_the_reading_of_times(value: object) -> None:
    read = moment(value)
    assert read is None or (1971 <= read.year <= 2200 and read.utcoffset() == timedelta(0))


def test_a_julian_day_begins_at_noon() -> None:
    assert julian(2440587.5 + 19725) == datetime(2024, 1, 3, tzinfo=UTC)
    assert julian(2460312.883333333) == NINE.replace(hour=9, minute=12)
    assert julian("soon") is None
    assert julian(1e300) is None
    assert julian(0.0) is None
