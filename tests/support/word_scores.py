"""The scores of the word search by their definition, in plain Python, one word and one text at a time."""

import sqlite3
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from dataclasses import astuple
from math import log
from typing import NamedTuple

from dupfind.ranking.bm25_formula import B_REST, K1, NAME_WEIGHT, REST_WEIGHT, TITLE_WEIGHT, B
from dupfind.search.lexicon import FEWEST_POSTINGS, MIN_TERMS, POSTINGS_SHARES
from dupfind.text.indexed_words import IndexedWords
from dupfind.text.language import FUNCTION_WORDS

Scores = tuple[float, float, float]


_STEMS: dict[str, str] = {}


def stem(token: str) -> str:
    """Return the stem of a token, as a table of its own has it."""
    if token not in _STEMS:
        _learn({token})
    return _STEMS[token]


def _learn(tokens: set[str]) -> None:
    """Look up the stems of tokens, each of which is a row of its own."""
    unknown = sorted(tokens - _STEMS.keys())
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("CREATE VIRTUAL TABLE one USING fts5 (token, tokenize = 'porter unicode61')")
        connection.execute("CREATE VIRTUAL TABLE terms USING fts5vocab (one, instance)")
        connection.executemany("INSERT INTO one (rowid, token) VALUES (?, ?)", enumerate(unknown))
        found = connection.execute("SELECT doc, term FROM terms ORDER BY doc").fetchall()
    assert [place for place, _ in found] == list(range(len(unknown)))  # a token has one stem
    _STEMS.update(zip(unknown, (term for _, term in found), strict=True))


class Counted(NamedTuple):
    """The stems of some texts: how often each field of a text has one, and how many texts have it.

    Attributes:
        of_texts: For each text the counts of title, body, other words, names and stack trace.
        n_with: Texts with a stem.
        mean: Words of title and body, on average.
        mean_rest: Other words, on average.
    """

    of_texts: list[list[Counter[str]]]
    n_with: Counter[str]
    mean: float
    mean_rest: float


def counted(texts: Sequence[IndexedWords]) -> Counted:
    """Count the stems of texts."""
    _learn({token for text in texts for field in astuple(text) for token in field.split()})
    of_texts = [
        [
            Counter(map(stem, field.split()))
            for field in (text.title, text.body, text.rest, text.names, text.trace)
        ]
        for text in texts
    ]
    n = max(len(of_texts), 1)
    return Counted(
        of_texts,
        Counter(term for fields in of_texts for term in set().union(*fields)),
        max(sum(title.total() + body.total() for title, body, *_ in of_texts) / n, 1),
        max(sum(fields[2].total() for fields in of_texts) / n, 1),
    )


def word_scores(query: IndexedWords, texts: Counted) -> list[Scores]:
    """Score texts for a query: BM25 of composed texts, BM25F of all words, share of the query's stack traces."""
    of_texts, n_with, mean, mean_rest = texts
    n = len(of_texts)
    composed = _asked(f"{query.title} {query.body}")
    rest = _asked(f"{query.rest} {query.names}", composed)
    trace = _asked(query.trace, composed, rest)

    def rarity(term: str) -> float:
        return max(log((n - n_with[term] + 0.5) / (n_with[term] + 0.5)), 1e-6)

    def smooth(term: str) -> float:
        return log(1 + (n - n_with[term] + 0.5) / (n_with[term] + 0.5))

    def within_budget(terms: set[str], share: float) -> set[str]:
        left = max(share * n, FEWEST_POSTINGS)
        chosen: set[str] = set()
        for count, term in sorted((n_with[term], term) for term in terms if n_with[term]):
            left -= count
            if left < 0 and len(chosen) >= MIN_TERMS:
                break
            chosen.add(term)
        return chosen

    all_traces = sum(smooth(each) for each in trace)
    composed, rest, trace = (
        within_budget(terms, share)
        for terms, share in zip((composed, rest, trace), POSTINGS_SHARES, strict=True)
    )
    rarities = {term: (rarity(term), smooth(term)) for term in composed | rest | trace}
    found = []
    for title, body, others, names, traces in of_texts:
        length = 1 - B + B * (title.total() + body.total()) / mean
        rest_length = 1 - B_REST + B_REST * others.total() / mean_rest
        bm25 = whole = share = 0.0
        for term in composed | rest:
            rare, smoothly_rare = rarities[term]
            weight = TITLE_WEIGHT * title[term] + body[term]
            if term in composed:
                bm25 += rare * weight * (K1 + 1) / (weight + K1 * length)
            total = (
                weight / length + REST_WEIGHT * (term in others) / rest_length + NAME_WEIGHT * (term in names)
            )
            whole += smoothly_rare * total * (K1 + 1) / (total + K1)
        for term in trace:
            share += rarities[term][1] * (term in traces) / all_traces
        found.append((bm25, whole, share))
    return found


def _asked(field: str, *others: set[str]) -> set[str]:
    asked = {stem(token) for token in field.split()}.difference(*others)
    return asked - {stem(word) for word in FUNCTION_WORDS} or asked
