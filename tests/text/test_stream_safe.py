"""Tests of the runs of combining characters that normalization would take quadratic time for."""

import unicodedata
from itertools import groupby

import pytest

from dupfind.text.stream_safe import stream_safe


def longest_run(text: str) -> int:
    """Return the length of the longest run of combining characters."""
    runs = groupby(text, lambda character: unicodedata.combining(character) > 0)
    return max(len(list(run)) for is_combining, run in runs if is_combining)


@pytest.mark.parametrize("marks", ["\u0315\u0300", "\u05b0\u0591", "\u0f71\u0f72", "\u3099"])
def test_no_run_is_longer_than_thirty(marks: str) -> None:
    safe = stream_safe(f"a{marks * 1_000} b")
    assert longest_run(safe) == 30
    assert stream_safe(safe) == safe
    assert safe.replace("\u034f", "") == f"a{marks * 1_000} b"


@pytest.mark.parametrize(
    "text", ["", "plain", "caf\u00e9 " * 50, "\u8a9e" * 500, "a" + "\u0301" * 30, "\ud800" * 50]
)
def test_all_other_texts_stay(text: str) -> None:
    assert stream_safe(text) == text
