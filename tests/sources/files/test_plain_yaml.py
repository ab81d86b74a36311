"""libyaml and Python's parser read the same value of any text."""

import random

import pytest
import yaml

from dupfind.sources.files import plain_yaml

PIECES = [
    *(
        "a",
        "id",
        "title: ",
        "labels:",
        ": ",
        ":",
        " ",
        "  ",
        "\n",
        "\n",
        "\n",
        "- ",
        "[",
        "]",
        "{",
        "}",
        ", ",
    ),
    *(
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
        "`",
        "\t",
        "---\n",
        "...\n",
    ),
    *("~", "0012", "\\", "\\n", "ü", "\u2028", "\x85", "\ufeff", "<<: ", "x y?", "|\n  ", ">-\n "),
]


def value(text: str) -> object:
    """Return the value of a text, or the message of its error."""
    try:
        return plain_yaml.load(text)
    except (yaml.YAMLError, RecursionError) as error:
        return str(error)


@pytest.mark.parametrize("seed", range(4))
def test_both_parsers_give_the_same_value(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = random.Random(seed)
    texts = ["".join(chosen.choices(PIECES, k=chosen.randint(1, 14))) for _ in range(4_000)]
    quick = [value(text) for text in texts]
    monkeypatch.setattr(yaml, "__with_libyaml__", False)
    assert quick == [value(text) for text in texts]


@pytest.mark.skipif(not yaml.__with_libyaml__, reason="PyYAML was built without libyaml")
def test_usual_front_matter_is_parsed_by_libyaml(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plain_yaml, "_loader", lambda: pytest.fail("Python parsed it"))
    text = 'id: 0012\ntitle: It crashes! Why?\ncreated: 2024-01-03\nlabels: [bug, "ui"]\nassignee: []\nparts:\n  - a\n'
    assert plain_yaml.load(text) == {
        "id": "0012",
        "title": "It crashes! Why?",
        "created": "2024-01-03",
        "labels": ["bug", "ui"],
        "assignee": [],
        "parts": ["a"],
    }
    assert plain_yaml.load("") is None
