"""Tests of the codes and calls that two bodies name under titles that are alike."""

import pytest

from dupfind.results import Difference
from dupfind.verdict.differences import difference
from tests.support.two_issues import issues, shared

TITLES = ("Basket cannot be paid", "Basket cannot be paid")


@pytest.mark.parametrize(
    ("left", "right", "one", "other"),
    [
        ("I press Pay and get HTTP 402.", "I press Pay and get HTTP 500.", "402", "500"),
        ("The page says error code 1053.", "The page says error code 1060.", "1053", "1060"),
        ("Er erscheint Fehler 4711.", "Er erscheint Fehler 4712.", "4711", "4712"),
        ("It ends with exit code 2", "It ends with exit code 137", "2", "137"),
        ("I get status code 402", "I get HTTP/2 error 500", "402", "500"),
        ("Os says [Errno 13] denied", "Os says [Errno 28] full", "13", "28"),
        ("GET /api/v1/basket hangs", "GET /api/v1/orders hangs", "GET /api/0/basket", "GET /api/0/orders"),
        (
            "GET /basket/7/total hangs",
            "GET /basket/8/items hangs",
            "GET /basket/0/total",
            "GET /basket/0/items",
        ),
        ("The till shows E-301 in red.", "The till shows E-417 in red.", "E-301", "E-417"),
        ("Es erscheint Fehler K1204", "Es erscheint Fehler K3310", "K1204", "K3310"),
        ("It stops at error[E0412] in my trait", "It stops at error[E0599] in my trait", "E0412", "E0599"),
        ("A CoinException in the log", "A PaperException in the log", "CoinException", "PaperException"),
        ("POST /basket/12 never answers", "PUT /basket/31 never answers", "POST /basket/0", "PUT /basket/0"),
    ],
)
def test_one_error_or_call_of_each_body_sets_apart(left: str, right: str, one: str, other: str) -> None:
    pair = issues(TITLES, (left, right))
    assert difference(*pair, shared(*pair)) == Difference("code", one, other)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("First HTTP 402, then HTTP 500.", "I press Pay and get HTTP 500."),
        ("I press Pay and get HTTP 402.", "I press Pay and see nothing."),
        ("It fails for GET /basket/12.", "It fails for GET /basket/77."),
        ("An error 3 times a day", "An error 5 times a day"),
        ("It took status: 1.5 s", "It took status: 2.5 s"),
        # Codes of other things than errors.
        ("I live at postal code 40213", "I live at zip code 10115"),
        ("Seen in VS Code 1", "Seen with QR code 7"),
        ("Scan bar code 4711", "Scan bar code 4712"),
        ("The status 4711 is shown", "The status 4712 is shown"),
        # Each kind of code is compared with its own.
        ("The server says HTTP/1.1 200 OK and hangs", "It ends with error 500"),
        ("HTTP 201", "HTTP 302"),
        ("It ends with exit code 1", "It ends with status: 139"),
        ("It ends with exit code 3", "It says errno 13"),
        ("It prints error 4034", "It comes after HTTP 404"),
        ("It ends with exit code 0", "It ends with exit code 2"),
        # Ids of processes, counts and times in a log.
        ("ERROR 4711 --- [main] basket is gone", "ERROR 815 --- [main] basket is gone"),
        ("error 500 times a day", "error 700 times a day"),
        ("ERROR 2031-04-05 basket is gone", "ERROR 2032-04-05 basket is gone"),
        # Models of devices, and names of a trace, whose frames are compared.
        ("I use a phone S21", "I use a phone S22"),
        ("My phone shows S21", "My phone shows A54"),
        ("It shows for S21 owners and S22 owners", "It shows S22"),
        ("CoinException: no coin", "PaperException: no paper"),
        # One call with another id, name or end.
        ("GET /basket/0 hangs", "GET /basket/0/ hangs."),
        ("GET /basket/5f3a9c hangs", "GET /basket/9b2 hangs"),
        ("GET /basket/:id hangs", "GET /basket/{basket} hangs"),
        ("GET /api/v1/basket hangs", "GET /api/v2/basket hangs"),
        ("GET /basket/anna hangs", "GET /basket/carl hangs"),
        ("GET /basket hangs", "GET /basket/7 hangs"),
    ],
)
def test_several_codes_and_other_numbers_set_nothing_apart(left: str, right: str) -> None:
    pair = issues(TITLES, (left, right))
    found = difference(*pair, shared(*pair))
    assert found is None or found.kind != "code"


def test_under_titles_that_say_other_things_codes_are_not_compared() -> None:
    pair = issues(("Basket cannot be paid", "Orders stay open for weeks"), ("HTTP 402", "HTTP 500"))
    assert difference(*pair, shared(*pair)) is None


@pytest.mark.parametrize(
    ("left", "right", "parts"),
    [
        ("Component: till", "Component: voucher", ("till", "voucher")),
        ("**Module:** till", "**Module:** voucher", ("till", "voucher")),
        (
            "### Component\n\nOld till\n\n### Text\n\nNo",
            "### Component\n\nVoucher\n\n### Text\n\nNo",
            ("Old till", "Voucher"),
        ),
        ("Component: till", "Component: old till", None),
        ("Component: till", "The voucher is refused", None),
        ("Component: unknown", "Component: voucher", None),
        ("### Module\n\n_No response_", "### Module\n\nvoucher", None),
        ("Package: deb", "Package: flatpak", None),
        ("Component: till\nComponent: scale", "Component: voucher", None),
    ],
)
def test_the_part_that_each_form_names_sets_apart(
    left: str, right: str, parts: tuple[str, str] | None
) -> None:
    pair = issues(TITLES, (left, right))
    assert difference(*pair, shared(*pair)) == (None if parts is None else Difference("component", *parts))
