import io
import json
from typing import Any

import pytest
from hypothesis import given, strategies

from dupfind.errors import SourceError
from dupfind.sources.files import json_stream
from dupfind.sources.files.json_stream import Value, values

TEXT = strategies.text(alphabet=strategies.characters(codec="utf-8"))
JSON = strategies.recursive(
    strategies.none()
    | strategies.booleans()
    | strategies.integers()
    | strategies.floats(allow_nan=False)
    | TEXT,
    lambda inner: (
        strategies.lists(inner) | strategies.dictionaries(strategies.text(alphabet='ab\\"\u20ac'), inner)
    ),
    max_leaves=20,
)


class Drip(io.StringIO):
    """A text that comes a few characters at a time."""

    n = 1

    def read(self, size: int | None = -1, /) -> str:
        return super().read(self.n)

    def readline(self, size: int = -1, /) -> str:  # type: ignore[override]
        return super().readline(self.n)


def read(text: str, *keys: str) -> list[Value]:
    return list(values(io.StringIO(text), "x", lambda key, _: key in keys))


@given(
    strategies.lists(JSON, min_size=1),
    strategies.integers(1, 5),
    strategies.sampled_from(["\n", " ", "\r\n\n"]),
)
def test_values_come_as_they_were_written_however_the_text_is_cut(
    values_: list[Any], n: int, gap: str
) -> None:
    text = gap.join(map(json.dumps, values_)) + gap
    drip = Drip(text)
    drip.n = n
    found = [value.value for value in values(drip, "x", lambda *_: False)]
    expected: list[Any] = []
    for value in values_:
        expected.extend(value if isinstance(value, list) else [value])
    assert found == expected


def test_elements_of_an_array_know_their_lines() -> None:
    assert read('[1,\n\n{"a": 2},\n"x"\n]\n7') == [
        Value(1, 1, True),
        Value(3, {"a": 2}, True),
        Value(4, "x", True),
        Value(6, 7, False),
    ]


def test_a_large_object_is_read_member_by_member(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_stream, "_WHOLE", 10)
    monkeypatch.setattr(json_stream, "_PIECE", 16)
    text = json.dumps({"total": 2, "issues": [{"a": 1}, {"a": 2}], "next": {"x": "y" * 100}})
    assert [value.value for value in read(text, "issues")] == [{"a": 1}, {"a": 2}]
    assert [value.value for value in read(text)] == [json.loads(text)]


def test_a_value_that_does_not_end_is_not_held(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_stream, "MAX_VALUE", 100_000)
    with pytest.raises(SourceError, match="x, line 2: a value that begins here does not end"):
        read('[1,\n"' + "y" * 1_000_000 + '"]')


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "x is empty"),
        ("[1, 2", "line 1: no JSON: Expecting ','.*; the text ends here"),
        ('[{"a": "b', "line 1: no JSON: Unterminated string.*"),
        ("[1 2]", r"line 1: no JSON: Expecting ',' \(column 4\)"),
        ("[1,]", "line 1: no JSON: Expecting value"),
        ("[1],", "line 1: no JSON: Expecting value"),
        ('\n\n{"a": 1} }', "line 3: no JSON: Expecting value"),
        ("nul", "line 1: no JSON"),
        ('{"a": "\t"}' + " " * 50, "line 1: no JSON: Invalid control character"),
    ],
)
def test_what_is_broken_is_named(text: str, message: str) -> None:
    with pytest.raises(SourceError, match=message):
        read(text)


def test_halves_of_surrogate_pairs_are_replaced_everywhere() -> None:
    [value] = read('{"a\\ud83d": ["\\uD83D", {"b": "\\ud83d\\ude00"}]}')
    assert value.value == {"a\ufffd": ["\ufffd", {"b": "\U0001f600"}]}


@pytest.mark.parametrize("n", [900, 990, 100_000])
def test_what_is_nested_too_deep_is_an_error_or_read(n: int) -> None:
    text = '[{"a": "\\ud800", "b": ' + "[" * n + "]" * n + "}]"
    with pytest.raises(SourceError, match="line 1: no JSON that can be read: maximum recursion depth"):
        read(text)
