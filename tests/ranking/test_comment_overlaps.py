"""Tests of the comparison of a query with the comments on its candidates."""

import tracemalloc
from datetime import UTC, datetime

import numpy as np
import pytest

from dupfind.ranking import bm25_formula
from dupfind.ranking.comment_overlaps import N_OVERLAPS, activity, comment_overlaps
from dupfind.ranking.overlaps import overlaps
from dupfind.records import Comment
from dupfind.text.comment_terms import CommentLists, CommentTerms
from dupfind.text.composition import ComposedText
from dupfind.text.terms import TermLists, Terms, terms

TEXTS = [("pump stops", "at night"), ("valve leaks", "a lot"), ("pump", "motor hot hot")]
SAID = [["motor hot", "the seal of the pump"], [], ["valve"]]


def lists(said: list[list[str]]) -> CommentLists:
    rows = [
        (
            place,
            *CommentTerms.of([Comment(text, datetime(2024, 1, 1, tzinfo=UTC)) for text in texts]).to_bytes(),
        )
        for place, texts in enumerate(said)
        if texts
    ]
    return CommentLists.of_bytes(len(said), rows)


def query(title: str, body: str) -> Terms:
    return terms(ComposedText(title, body))


def compared(said: list[list[str]]) -> list[list[float]]:
    texts = TermLists.of(terms(ComposedText(*text)) for text in TEXTS)
    return [
        values.tolist() for values in comment_overlaps(query("pump seal", "motor motor"), texts, lists(said))
    ]


def test_it_is_the_formula_over_candidates_with_their_comments() -> None:
    own = ["pump", "seal", "motor"]
    texts = [f"{title} {body}".split() for title, body in TEXTS]
    said = [" ".join(each).split() for each in SAID]
    both = [text + more for text, more in zip(texts, said, strict=True)]
    rarity = {word: bm25_formula.smooth_rarity(3, sum(word in words for words in both)) for word in own}

    def bm25(words: list[str], mean: float, asked: list[str]) -> float:
        damped = bm25_formula.damping(len(words), mean)
        return sum(bm25_formula.gain(words.count(word), damped, rarity[word]) for word in asked)

    commented = [len(each) for each in said if each]
    mean = sum(commented) / len(commented)
    text_mean = sum(map(len, texts)) / 3
    all_mean = sum(map(len, both)) / 3
    each_mean = (2 + 5 + 1) / 3
    total = sum(rarity.values())
    expected = [
        [bm25(each, mean, own) for each in said],
        [bm25(each, mean, ["pump", "seal"]) for each in said],
        [max((bm25(comment.split(), each_mean, own) for comment in each), default=0) for each in SAID],
        [
            bm25(text + more, all_mean, own) - bm25(text, text_mean, own) if more else 0
            for text, more in zip(texts, said, strict=True)
        ],
        [sum(rarity[word] for word in own if word in each) / total for each in said],
        [
            sum(rarity[word] for word in own if word in more and word not in text) / total
            for text, more in zip(texts, said, strict=True)
        ],
    ]
    assert len(expected) == N_OVERLAPS
    for values, right in zip(compared(SAID), expected, strict=True):
        assert values == pytest.approx(right)


def test_all_is_nothing_without_comments_or_words() -> None:
    assert compared([[], [], []]) == [[0.0] * 3] * N_OVERLAPS
    assert np.isfinite(compared([[""], [], ["..."]])).all()
    nothing = comment_overlaps(query("", ""), TermLists.of([query("a", "b")]), lists([["a"]]))
    assert [values.tolist() for values in nothing] == [[0.0]] * N_OVERLAPS


def test_activity_counts_comments_and_days() -> None:
    quiet = np.array([3.0, np.nan, -1.0])
    number, none, days = activity(lists(SAID), quiet)
    assert number.tolist() == pytest.approx(np.log1p([2, 0, 1]).tolist())
    assert none.tolist() == [0, 1, 0]
    assert days.tolist() == pytest.approx([np.log(4), 0, 0])
    for values in activity(CommentLists.none(3), np.full(3, np.nan)):
        assert values.tolist() == [0, 0, 0]


def test_a_name_in_a_comment_is_a_name_of_its_record() -> None:
    texts = TermLists.of(query(title, "") for title in ("job is broken", "pump stops", "import ends"))
    asked = terms(ComposedText("batch fails", "it prints QX-7719", names=("qx-7719",)))

    def cover(said: list[list[str]]) -> list[float]:
        return list(overlaps(asked, texts, lists(said))[-1])

    assert cover([["our log has the code QX-7719"], ["QX and then 7719"], []]) == [1, 0, 0]
    assert cover([[], [], []]) == [0, 0, 0]


def test_a_name_of_a_text_that_is_said_again_counts_once() -> None:
    texts = TermLists.of(terms(ComposedText("a", "", names=("e0308",))) for _ in range(2))
    asked = terms(ComposedText("b", "", names=("e0308",)))
    said = lists([["E0308 is what I get, E0308"], []])
    assert overlaps(asked, texts, said)[-2].tolist() == overlaps(asked, texts, lists([[], []]))[-2].tolist()


def test_names_in_many_comments_take_the_memory_of_one_list_for_each_record() -> None:
    n_records, n_names = 100, 200
    named = terms(ComposedText("pump", "", names=tuple(f"dw-{1_000 + at}" for at in range(n_names))))
    texts = TermLists.of([query("pump stops", "at night")] * n_records)
    said = lists([["nothing"] * 28 + ["see DW-1003", "and DW-1003"]] * n_records)
    tracemalloc.start()
    try:
        overlaps(named, texts, said)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 12 * 8 * n_records * n_names  # a table of all comments has 30
