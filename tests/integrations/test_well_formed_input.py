"""Lone surrogates in JSON are replaced; every other text stays as it was sent."""

import io
import json
import random
import sys

import pytest

from dupfind.integrations.well_formed_input import (
    TOO_LONG,
    id_of,
    well_formed_input,
    without_lone_surrogates,
)
from tests.support.timing import growth


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        (rb'"\ud800 \u0000"', "\ufffd \0"),
        (rb'"\uDFFF"', "\ufffd"),
        (rb'"\ud83d\ude00"', "\U0001f600"),
        (rb'"\ud83d\ud83d\ude00\ude00"', "\ufffd\U0001f600\ufffd"),
        (rb'"\\ud800"', "\\ud800"),
        (rb'"\\\ud800"', "\\\ufffd"),
        (rb'"\ud7ff\ue000"', "\ud7ff\ue000"),
        ('"\U0001f600"'.encode(), "\U0001f600"),
    ],
)
def test_half_of_a_character_is_replaced(sent: bytes, kept: str) -> None:
    assert json.loads(without_lone_surrogates(sent)) == kept


@pytest.mark.parametrize("seed", range(3))
def test_any_text_is_valid_after_it_and_keeps_its_characters(seed: int) -> None:
    chosen = random.Random(seed)
    parts = ["\ud800", "\udc00", "\\", '"', "u", "d8", "\n", "a", "é", "\U0001f600"]
    for _ in range(2_000):
        text = "".join(chosen.choices(parts, k=chosen.randint(0, 8)))
        read = json.loads(without_lone_surrogates(json.dumps(text).encode()))
        paired = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        assert read.replace("\ufffd", "") == paired.replace("\ufffd", "")
        assert read.isascii() or read.encode("utf-8")


def test_lines_of_any_length_come_through(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [b"\n", b"a" * 100_000 + b"\n", b'"\\ud800"\n', b"\xff\n", b"last"]
    before = io.TextIOWrapper(io.BytesIO(b"".join(lines)))
    monkeypatch.setattr(sys, "stdin", before)
    with well_formed_input():
        assert list(sys.stdin) == ["\n", "a" * 100_000 + "\n", '"\\ufffd"\n', "\ufffd\n", "last"]
    assert sys.stdin is before


@pytest.mark.parametrize("unit", [rb"\ud800", rb"\\", rb"\ud83d\ude00", rb"\u"])
def test_time_grows_as_the_line_does(unit: bytes) -> None:
    assert growth(lambda n: without_lone_surrogates(unit * n + rb"\ud800"), 20_000) < 24


def test_a_line_that_is_too_long_is_not_kept_and_the_next_one_is_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys.modules[well_formed_input.__module__], "MAX_LINE", 100)
    lines = [b"a" * 99 + b"\n", b"a" * 100 + b"\n", b"a" * 10_000 + b"\n", b"b\n", b"a" * 10_000]
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"".join(lines))))
    too_long = TOO_LONG.decode()
    with well_formed_input():
        assert list(sys.stdin) == ["a" * 99 + "\n", too_long, too_long, "b\n", too_long]


def test_the_time_of_a_message_grows_as_its_length_does(monkeypatch: pytest.MonkeyPatch) -> None:
    def read(n: int) -> None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"a" * n + b"\n")))
        with well_formed_input():
            assert sum(map(len, sys.stdin)) == n + 1

    monkeypatch.setattr(sys.modules[well_formed_input.__module__], "MAX_LINE", 1 << 30)
    assert growth(read, 1_000_000) < 24


@pytest.mark.parametrize(
    ("line", "id"),
    [
        ('{"id": 7, "k": %s}' % ("9" * 5_000), 7),
        ('{"id": "a", "method": 5}', "a"),
        ('{"id": %s}' % ("9" * 5_000), None),
        ('{"id": true}', None),
        ('{"id": 1.5}', None),
        ('{"id": []}', None),
        ("[7]", None),
        ('{"id": 7, "k": %s' % ("[" * 100_000), None),
        ('{"id": 7', None),
        ("", None),
    ],
)
def test_the_id_of_a_message_is_found_where_it_can_be(line: str, id: object) -> None:
    assert id_of(line) == id
