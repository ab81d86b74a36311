"""Template lines are recognised by the number of records that contain them."""

import random

import pytest

from dupfind.text import boilerplate
from dupfind.text.boilerplate import NOTHING, Boilerplate, LineCounter, counted_keys, key, label


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("## Please describe the problem.", "please describe the problem"),
        ("Titanium SDK version: 3.1.0 (04/23/13 16:46)", "titanium sdk version: 7.0.2 (12/01/17 09:12)"),
        (
            "Session 123e4567-e89b-12d3-a456-426614174000 began",
            "Session 923e4567-e89b-12d3-a456-42661417400f began",
        ),
        ("rustc 1.0.0-nightly (4be79d6ac 2015-01-23)", "rustc 1.0.0-nightly (ed530d7a3 2015-01-16)"),
    ],
)
def test_lines_of_one_template_have_one_key(one: str, other: str) -> None:
    assert key(one) == key(other) != ""


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("error[E0308]: mismatched types", "error[E0277]: mismatched types"),
        ("ORA-00942: table or view does not exist", "ORA-00955: table or view does not exist"),
        ("The process ended with 0xc0000005", "The process ended with 0xc0000135"),
        ("thrown by java.lang.NullPointerException", "thrown by java.lang.ClassCastException"),
        ("the flag --no-cache was given", "the flag --no-color was given"),
        ("in core::str::from_utf8", "in core::fmt::Formatter"),
        ("see /etc/nginx/nginx.conf", "see /etc/nginx/mime.types"),
    ],
)
def test_lines_with_different_identifiers_have_different_keys(one: str, other: str) -> None:
    assert key(one) != key(other)


def test_a_line_without_a_letter_is_no_boilerplate() -> None:
    assert [key(line) for line in ("", "12.5", "--- 2024-01-02 ---", "0")] == ["", "", "", ""]


def test_a_label_is_several_words_before_a_colon_that_name_no_fault() -> None:
    assert label("Product version: 3.1") == "Product version:"
    assert [
        label(line) for line in ("note: x", "assertion failed: x", "a b c", "std lib::io", "12 a: b")
    ] == [""] * 5


def test_a_line_goes_and_a_label_leaves_what_follows_it() -> None:
    template = Boilerplate({key("Please be polite."): 50, "product version:": 40})
    assert template.rest("please be polite") == ""
    assert template.rest("Product version: 3.1 on Haiku") == "3.1 on Haiku"
    assert (
        template.rest("Product version:") == "Product version:"
    )  # a label alone is boilerplate only if its own line is
    assert template.rest("Please be polite to the crash handler") == "Please be polite to the crash handler"


def count(records: list[list[str]]) -> LineCounter:
    counter = LineCounter()
    for lines in records:
        counter.add(counted_keys(lines))
    return counter


def test_a_line_in_enough_records_is_boilerplate_in_any_order_of_the_records() -> None:
    records = [["Please be polite.", f"Product version: {n}", f"own words {'x' * n}"] for n in range(100)]
    records += [["Product build: 7", "Product build: 7", "Please be polite."]] * 19
    template = count(records).boilerplate()
    assert template.n_records == {
        "please be polite": 119,
        "product version": 100,
        "product version:": 100,
    } or (template.n_records == {"please be polite": 119, "product version: 0": 100, "product version:": 100})
    for seed in range(3):
        assert count(random.Random(seed).sample(records, len(records))).boilerplate() == template


def test_a_line_counts_once_a_record() -> None:
    assert count([["again and again"] * 30] * 19 + [["other"]] * 10 + [[]] * 40).boilerplate() == NOTHING


def test_in_a_large_source_a_share_of_the_records_must_contain_a_line() -> None:
    assert count([["seldom said"]] * 49 + [["own"]] * 30 + [[]] * 9_921).boilerplate() == NOTHING
    assert count([["now and then"]] * 250 + [[]] * 9_750).boilerplate().n_records == {"now and then": 250}


def test_a_small_source_has_no_boilerplate() -> None:
    assert count([["Please be polite."]] * 49).boilerplate() == NOTHING
    assert len(count([["Please be polite."]] * 50).boilerplate()) == 1


def test_the_keys_that_decide_what_is_left_of_a_line_are_collected() -> None:
    template = Boilerplate({"please be polite": 50, "product version:": 40})
    observed = template.observed()
    for line in ("Please be polite.", "Product version: 3.1", "Own words here: yes", "12"):
        assert observed.rest(line) == template.rest(line)
    # The label of a line that is boilerplate itself decides nothing.
    assert observed.asked == {
        "please be polite",
        "product version: 0",
        "product version:",
        "own words here: yes",
        "own words here:",
    }
    assert observed
    assert not NOTHING
    assert template.asked is None


def test_counting_stays_within_its_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(boilerplate, "ROOM", 1_000)
    counter = LineCounter()
    for number in range(400):
        counter.add(
            counted_keys(["Please be polite.", *(f"own {'x' * n} {'y' * number}" for n in range(300))])
        )
        assert len(counter._counts) <= 1_000 + 2 * boilerplate.MAX_LINES
    template = counter.boilerplate()
    assert list(template.n_records) == ["please be polite"]
    assert template.n_records["please be polite"] >= 400 - 400 * 300 / 1_000


CRASH = [
    "java.lang.IllegalStateException: Fragment not attached to a context.",
    "at org.sample.ui.FeedFragment.refresh(FeedFragment.java:233)",
    'File "src/feed.py", line 12, in refresh',
    "self.context.attach(fragment)",
    "The reader exited with code 139",
    "error[E0308]: mismatched types",
]
FORM = ["Error message:", "What error do you see?", "Steps to reproduce", "Environment: which phone?"]


def test_what_names_a_fault_is_no_boilerplate_however_often_it_is_reported() -> None:
    template = count([FORM + CRASH] * 60).boilerplate()
    assert list(template.n_records) == sorted(key(line) for line in FORM)
    assert [template.rest(line) for line in CRASH] == CRASH


def test_a_line_that_names_a_fault_stays_where_a_line_of_the_same_key_is_boilerplate() -> None:
    template = count([["illegalstateexception in the feed"]] * 60).boilerplate()
    assert template.rest("illegalstateexception in the feed") == ""
    assert template.rest("IllegalStateException in the feed") == "IllegalStateException in the feed"
