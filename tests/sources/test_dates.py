from datetime import UTC, datetime

import pytest

from dupfind.errors import SourceError
from dupfind.sources.column_profile import are_dates
from dupfind.sources.dates import Dates, zone_named

AT = datetime(2024, 1, 3, 9, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "written",
    [
        "2024-01-03T09:12:00Z",
        "2024-01-03 09:12",
        "2024-01-03 09:12:00 UTC",
        "03/Jan/24 9:12 AM",
        "03/janv./24 9:12 AM",
        "3-Jan-2024 09:12",
        "03.01.2024 09:12",
        "3. Januar 2024 09:12:00",
        "Jan 3, 2024, 9:12 AM",
        "January 3, 2024 9:12:00 am",
        "2024/01/03 09:12",
        "03/01/2024 09:12",
        "3/1/24, 9:12 AM",
        "Wed Jan 03 2024 10:12:00 GMT+0100 (Central European Standard Time)",
        "Wed Jan 03 2024 09:12:00 GMT+0000 (GMT+00:00)",
        "Wed, 03 Jan 2024 09:12:00 GMT",
        "2024-01-03 04:12:00 -0500",
    ],
)
def test_a_date_is_read_as_people_and_programs_write_it(written: str) -> None:
    assert Dates(["31/12/2023"])(written) == AT


def test_a_number_over_twelve_tells_which_one_is_the_day() -> None:
    assert Dates(["01/13/2024"])("01/03/2024 09:12") == AT
    assert Dates(["13/01/2024"])("03/01/2024 09:12") == AT
    assert not Dates(["13/01/2024"]).is_guessed


def test_where_none_tells_the_month_is_first_beside_am_and_pm_alone() -> None:
    american, other = Dates(["01/03/2024 09:12 AM"]), Dates(["01/03/2024 09:12"])
    assert american("01/03/2024 09:12 AM") == AT
    assert other("03/01/2024 09:12") == AT
    assert american.is_guessed
    assert other.is_guessed
    assert not Dates(["03/Jan/24"]).is_guessed


def test_with_points_the_day_is_first() -> None:
    assert Dates(["01/13/2024"])("03.01.2024 09:12") == AT


@pytest.mark.parametrize(("hour", "expected"), [("12:00 AM", 0), ("12:00 PM", 12), ("1:00 p.m.", 13)])
def test_twelve_hours_a_half_day(hour: str, expected: int) -> None:
    time = Dates()(f"03/Jan/24 {hour}")
    assert time is not None
    assert time.hour == expected


def test_a_time_without_a_zone_is_of_the_one_that_a_person_names() -> None:
    dates = Dates(["03/Jan/24 10:12 AM"], zone_named("Europe/Berlin"))
    assert dates("03/Jan/24 10:12 AM") == dates("2024-01-03 10:12") == AT
    assert dates("2024-01-03T09:12:00Z") == AT
    assert dates("03/Jul/24 11:12 AM") == datetime(2024, 7, 3, 9, 12, tzinfo=UTC)
    assert dates.is_local


def test_an_unknown_zone_is_an_error() -> None:
    for name in ("Europe/Berlim", "../etc/passwd", "", "a\0b"):
        with pytest.raises(SourceError, match="no time zone is called"):
            zone_named(name)


@pytest.mark.parametrize(
    "written",
    [
        "",
        "soon",
        "31/Foo/24",
        "32/Jan/24 9:12 AM",
        "03/Jan/24 29:12",
        "0000-01-01",
        "9999-12-31T23:59:59Z",
        "01/01/0000",
        "31/12/9999 23:59",
        "1/1/1 1:1",
        "03/Jan/24 9:12 +9999",
        "x" * 10_000,
        "2024-Foo-03",
    ],
)
def test_what_is_no_date_of_a_tracker_is_none(written: str) -> None:
    assert Dates([written])(written) is None


def test_the_days_of_excel_are_times_where_a_column_is_one_of_dates() -> None:
    dates = Dates(["45691.385416667", "45691"], has_serials=True)
    assert dates("45691.385416667") == datetime(2025, 2, 3, 9, 15, tzinfo=UTC)
    assert dates("45691") == datetime(2025, 2, 3, tzinfo=UTC)
    berlin = Dates([], zone_named("Europe/Berlin"), has_serials=True)
    assert berlin("45691.5") == datetime(2025, 2, 3, 11, tzinfo=UTC)
    assert dates("1738574100") == datetime(2025, 2, 3, 9, 15, tzinfo=UTC)
    assert [dates(number) for number in ("25568", "4569", "00000", "456910.5")] == [None] * 4


def test_numbers_of_five_digits_are_no_times_elsewhere() -> None:
    assert [Dates()(number) for number in ("45691", "45691.5")] == [None] * 2
    assert not are_dates(["45691", "45692", "45693"])  # which may as well be ids
    assert not are_dates(["26100.1", "26100.2"])  # or builds
