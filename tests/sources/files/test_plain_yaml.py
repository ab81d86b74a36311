"""Usual front matter is read line by line, with the values that PyYAML gives."""

import random

import pytest
import yaml

from dupfind.sources.files import plain_yaml
from tests.support.timing import growth

PIECES = [
    *(
        "a",
        "id",
        "title: ",
        "labels:",
        "labels: ",
        ": ",
        ":",
        " ",
        "  ",
        "\n",
        "\n",
        "\n",
        "- ",
        "\n- ",
        "\n  - ",
    ),
    *(
        "[",
        "]",
        "{",
        "}",
        ",",
        ", ",
        "'",
        '"',
        "#",
        " #",
        "|",
        ">",
        "?",
        "? ",
        "&a ",
        "*a",
        "!",
        "!!str ",
        "%",
        "@",
    ),
    *(
        "`",
        "\t",
        "---\n",
        "...\n",
        "~",
        "0012",
        "\\",
        "\\n",
        "ü",
        "\u2028",
        "\x85",
        "\xa0",
        "\ufeff",
        "<<: ",
        "=",
    ),
    *(
        "x y",
        "a:b",
        "10:00",
        "(x)",
        "/",
        "$",
        "[a, b]",
        "'it''s'",
        "['x', y z]",
        "\U0001f600",
        "_k",
        "k-1: ",
        "1: ",
    ),
]


def value(text: str) -> object:
    """Return the value of a text, or the message of its error."""
    try:
        return plain_yaml.load(text)
    except yaml.YAMLError as error:
        return str(error)


@pytest.mark.parametrize("seed", range(4))
def test_the_value_is_that_of_pyyaml(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = random.Random(seed)
    texts = [f"a: {''.join(chosen.choices(PIECES, k=chosen.randint(1, 12)))}" for _ in range(4_000)]
    by_line = [value(text) for text in texts]
    monkeypatch.setattr(plain_yaml, "_fields", lambda _: None)
    assert by_line == [value(text) for text in texts]


def test_usual_front_matter_needs_no_pyyaml(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yaml, "load", lambda *_, **__: pytest.fail("PyYAML was called"))
    text = (
        "id: 0012\ntitle: It crashes! Why at 10:00?\ncreated: '2024-01-03 10:00'\nlabels: [bug, \"user's\"]\n"
        "assignee: []\nurl: https://example.org/a#b\nparts:\n  - a b\n  - '@me'\nparent:\nlanguage: value ü\n"
    )
    assert plain_yaml.load(text) == {
        "id": "0012",
        "title": "It crashes! Why at 10:00?",
        "created": "2024-01-03 10:00",
        "labels": ["bug", "user's"],
        "assignee": [],
        "url": "https://example.org/a#b",
        "parts": ["a b", "@me"],
        "parent": "",
        "language": "value ü",
    }


@pytest.mark.parametrize("unit", ["[", "a, ", "'',", "'', ", " ", "a ", '" ', ": ", "[a, "])
@pytest.mark.parametrize("line", ["a: [{}!", "a: {}!", "a: x{}: !", "a: 'x'{}!", "- {}!", "- x{}: !", "{}!"])
def test_time_grows_no_faster_than_a_line(line: str, unit: str) -> None:
    assert growth(lambda n: plain_yaml._fields(["a:", line.format(unit * n)]), 8_000) < 24
