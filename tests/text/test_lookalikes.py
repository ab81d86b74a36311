"""Words of letters that look the same in two alphabets are found in either spelling."""

import pytest

from dupfind.records import Record
from dupfind.text.composition import compose
from dupfind.text.lookalikes import in_one_alphabet
from dupfind.text.search_tokens import search_tokens


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("D\u0430t\u0430b\u0430s\u0435 export", "Database export"),
        ("K\u0415YB\u041e\u0410RD", "KEYBOARD"),
        ("C\u043b\u043e\u0432\u043e", "\u0421\u043b\u043e\u0432\u043e"),
    ],
)
def test_a_word_of_two_alphabets_becomes_one_of_the_alphabet_that_has_all_its_letters(
    written: str, meant: str
) -> None:
    assert in_one_alphabet(written) == meant
    assert compose(Record(id="1", title=written)).title == meant
    assert search_tokens(written, english=True) == search_tokens(meant, english=True)


@pytest.mark.parametrize(
    "text",
    [
        "PDF\u043e\u043c",
        "COM\u043f\u043e\u0440\u0442",
        "SIM\u043a\u0430\u0440\u0442\u0430",
        "\u0441\u043b\u043e\u0432\u043e",
        "word",
        "API-\u0441\u0435\u0442\u044c",
        "na\u00efve \u03bcs \u5b57x",
    ],
)
def test_other_words_stay(text: str) -> None:
    assert in_one_alphabet(text) == text
