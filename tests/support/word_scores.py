"""The scores of the word search by their definition, in plain Python, one word and one text at a time."""

import sqlite3
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from functools import cache
from math import log

from dupfind.ranking.bm25_formula import B_REST, K1, NAME_WEIGHT, REST_WEIGHT, TITLE_WEIGHT, B
from dupfind.search.lexicon import FEWEST_POSTINGS, MIN_TERMS, POSTINGS_SHARES
from dupfind.text.indexed_words import IndexedWords
from dupfind.text.language import FUNCTION_WORDS

Scores = tuple[float, float, float]


@cache
def stem(token: str) -> str:
    """Return the stem of a token, as a table of its own has it."""
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("CREATE VIRTUAL TABLE one USING fts5 (token, tokenize = 'porter unicode61')")
        connection.execute("CREATE VIRTUAL TABLE terms USING fts5vocab (one, row)")
        connection.execute("INSERT INTO one VALUES (?)", (token,))
        [(term,)] = connection.execute("SELECT term FROM terms")
        return str(term)


def word_scores(query: IndexedWords, texts: Sequence[IndexedWords]) -> list[Scores]:
    """Score texts for a query: BM25 of composed texts, BM25F of all words, share of the query's stack traces."""
    of_texts = [
        [[stem(token) for token in field.split()] for field in (text.title, text.body, text.rest, text.names)]
        + [[stem(token) for token in text.trace.split()]]
        for text in texts
    ]
    n = len(of_texts)
    n_with = Counter(term for fields in of_texts for term in {term for field in fields for term in field})
    mean = max(sum(len(title) + len(body) for title, body, *_ in of_texts) / max(n, 1), 1)
    mean_rest = max(sum(len(fields[2]) for fields in of_texts) / max(n, 1), 1)
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
    found = []
    for title, body, others, names, traces in of_texts:
        length = 1 - B + B * (len(title) + len(body)) / mean
        rest_length = 1 - B_REST + B_REST * len(others) / mean_rest
        bm25 = whole = share = 0.0
        for term in composed | rest:
            weight = TITLE_WEIGHT * title.count(term) + body.count(term)
            if term in composed:
                bm25 += rarity(term) * weight * (K1 + 1) / (weight + K1 * length)
            total = (
                weight / length + REST_WEIGHT * (term in others) / rest_length + NAME_WEIGHT * (term in names)
            )
            whole += smooth(term) * total * (K1 + 1) / (total + K1)
        for term in trace:
            share += smooth(term) * (term in traces) / all_traces
        found.append((bm25, whole, share))
    return found


def _asked(field: str, *others: set[str]) -> set[str]:
    asked = {stem(token) for token in field.split()}.difference(*others)
    return asked - {stem(word) for word in FUNCTION_WORDS} or asked
