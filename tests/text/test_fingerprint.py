"""The fingerprint of a whole text: equal for copies, and for nothing else."""

import time
import unicodedata

import pytest
from hypothesis import given, strategies

from dupfind.text.fingerprint import text_fingerprint


def test_space_and_the_place_where_the_title_ends_do_not_count() -> None:
    one = text_fingerprint("Disk full", "The disk is full.\n\n  Nobody noticed. ")
    assert len(one) == 32
    assert one == text_fingerprint("  Disk   full\t", "\r\nThe disk is full. Nobody\u00a0noticed.")
    assert one == text_fingerprint("Disk full The disk", "is full. Nobody noticed.")
    assert one == text_fingerprint("", "Disk full\nThe disk is full. Nobody noticed.")


@given(strategies.text(), strategies.text())
def test_a_text_that_is_split_at_its_first_line_keeps_its_fingerprint(title: str, body: str) -> None:
    first, _, rest = f"{title}\n{body}".strip().partition("\n")
    assert text_fingerprint(first, rest) == text_fingerprint(title, body)


@pytest.mark.parametrize("length", [400, 200_001])
def test_bodies_that_part_late_have_different_fingerprints(length: int) -> None:
    same = ("the disk is full " * (length // 17 + 1))[:length]
    assert text_fingerprint("Disk", f"{same} on host 1") != text_fingerprint("Disk", f"{same} on host 2")


def test_case_and_signs_count() -> None:
    texts = ["disk full", "Disk full", "disk full!", "disk-full", "diskfull"]
    assert len({text_fingerprint(text, "") for text in texts}) == len(texts)


def test_equal_characters_in_another_form_are_equal() -> None:
    name = "Ångström für Łódź ガギグ 각"
    forms = [unicodedata.normalize(form, name) for form in ("NFC", "NFD")]
    assert forms[0] != forms[1]
    assert text_fingerprint(forms[0], "") == text_fingerprint(forms[1], "")


@pytest.mark.parametrize("text", ["", " \n", "???", "\0", "-- \u2014 🙂"])
def test_a_text_without_a_letter_or_digit_has_none(text: str) -> None:
    assert text_fingerprint(text, text) == ""


def test_what_the_database_cannot_hold_does_not_count() -> None:
    assert text_fingerprint("disk\0 full", "\ud800") == text_fingerprint("disk full", "?")


def test_many_combining_characters_take_linear_time() -> None:
    started = time.perf_counter()
    text_fingerprint("a" + "\u0315\u0300" * 250_000, "")
    assert time.perf_counter() - started < 5  # in one run, normalization takes minutes
