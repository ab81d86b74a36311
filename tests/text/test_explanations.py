"""Why two records may be duplicates: aligned sentences, rare words, and facts that agree or differ."""

import pytest
from hypothesis import given, strategies

from dupfind.text.composition import ComposedText
from dupfind.text.explanations import MAX_SENTENCES, MAX_WORDS, Fact, Reasons, compare, rarities
from tests.support.timing import growth

LEFT = ComposedText(
    "Crash on startup",
    "The worker dies at boot. Redis password holds a percent sign. Seen in 3.1.0 on Ubuntu.",
)
RIGHT = ComposedText(
    "Boot fails",
    "Nothing in the log.\nA percent sign in the password of Redis breaks it. Seen in 2.4.7 on iPad.",
)


def reasons(left: ComposedText, right: ComposedText) -> Reasons:
    return compare(left, right, rarities([left, right]))


def test_the_best_aligned_sentences_are_found_and_their_shared_words_marked() -> None:
    [best, *_] = reasons(LEFT, RIGHT).sentences
    assert "".join(text for text, _ in best.left) == "Redis password holds a percent sign."
    assert "".join(text for text, _ in best.right) == "A percent sign in the password of Redis breaks it."
    assert [text for text, is_shared in best.left if is_shared] == ["Redis", "password", "percent", "sign"]
    assert [text for text, is_shared in best.right if is_shared] == ["percent", "sign", "password", "Redis"]


def test_forms_of_a_word_count_as_one_and_stop_words_do_not_count() -> None:
    assert reasons(ComposedText("crashes and crashed", ""), ComposedText("crashing and", "")).words == (
        "crashes",
    )


def test_rare_words_come_first() -> None:
    rarity = rarities(
        [
            ComposedText("zlib crash", ""),
            ComposedText("zlib crash", ""),
            ComposedText("crash", ""),
            ComposedText("crash", ""),
        ]
    )
    assert compare(ComposedText("crash in zlib", ""), ComposedText("zlib crash", ""), rarity).words == (
        "zlib",
        "crash",
    )


def test_versions_and_platforms_differ_while_codes_agree() -> None:
    left = ComposedText("ValueError on Windows", "v3.1.0, status: 404, error E0277")
    right = ComposedText("ValueError on OS X", "version 2.4.7 and E0277")
    assert reasons(left, right).facts == (
        Fact("code", ("E0277", "ValueError"), ("status: 404",), ()),
        Fact("version", (), ("3.1.0",), ("2.4.7",)),
        Fact("platform", (), ("Windows",), ("macOS",)),
    )


def test_a_fact_that_only_one_text_names_is_left_out() -> None:
    assert reasons(ComposedText("Crash in 3.1.0", ""), ComposedText("Crash", "")).facts == ()


def test_texts_with_nothing_in_common_have_no_reasons() -> None:
    assert reasons(ComposedText("one thing", ""), ComposedText("another matter", "")) == Reasons((), (), ())
    assert reasons(ComposedText("", ""), ComposedText("", "")) == Reasons((), (), ())


@given(strategies.text(max_size=400), strategies.text(max_size=400))
def test_sentences_are_the_texts_own_words_and_the_caps_hold(left: str, right: str) -> None:
    ours, theirs = ComposedText("title", left), ComposedText("title", right)
    result = reasons(ours, theirs)
    assert len(result.sentences) <= MAX_SENTENCES
    assert len(result.words) <= MAX_WORDS
    for aligned in result.sentences:
        assert "".join(text for text, _ in aligned.left) in ours.whole
        assert "".join(text for text, _ in aligned.right) in theirs.whole


@pytest.mark.parametrize("unit", ["a.", "_", "1.1", "A", "AaAa", "0x", "- "])
def test_the_time_grows_no_faster_than_the_text(unit: str) -> None:
    def compare(n: int) -> None:
        text = "a" + unit * n
        reasons(ComposedText(text, text), ComposedText(text, text))

    assert growth(compare, 5_000) < 24
