"""The evidence on a pair is the same whichever record is the query, and whatever else is compared."""

import numpy as np

from dupfind.text.composition import ComposedText
from dupfind.text.terms import TermLists, terms
from dupfind.verdict.evidence import Embedded, evidence, n_shared

TEXTS = [
    ComposedText("worker crash on start", "the redis password has a percent sign"),
    ComposedText("crash of the worker", "a percent sign in the redis password"),
    ComposedText("colour of the buttons", ""),
]


def embedded() -> list[Embedded]:
    vectors = np.random.default_rng(1).standard_normal((len(TEXTS), 2, 8)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=2, keepdims=True)
    return [Embedded(title, whole, terms(text)) for (title, whole), text in zip(vectors, TEXTS, strict=True)]


def between(one: Embedded, *others: Embedded) -> np.ndarray:
    return evidence(
        one,
        np.stack([other.title for other in others]),
        np.stack([other.whole for other in others]),
        TermLists.of(other.terms for other in others),
    )


def test_both_directions_give_the_same_numbers() -> None:
    one, other, _ = embedded()
    assert between(one, other).tolist() == between(other, one).tolist()


def test_other_candidates_change_nothing() -> None:
    one, other, third = embedded()
    assert between(one, third, other)[1].tolist() == between(one, other)[0].tolist()


def test_a_word_counts_once_wherever_it_stands() -> None:
    one, other, third = (each.terms for each in embedded())
    shared = n_shared(one, TermLists.of([other, third]))
    assert shared.tolist() == [8, 1]  # crash worker the redis password a percent sign; the


def test_a_text_without_words_shares_none() -> None:
    empty = terms(ComposedText("", ""))
    assert n_shared(empty, TermLists.of([terms(TEXTS[0])])).tolist() == [0]
