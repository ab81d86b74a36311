"""A record is found by every word of its title and body, wherever it stands, and by its names."""

import re

import pytest

from dupfind.collection.writable import WritableCollection
from dupfind.search import bm25
from dupfind.search.lexicon import Lexicon
from dupfind.text.composition import compose
from dupfind.text.indexed_words import MAX_READ, indexed_words
from dupfind.text.language import FUNCTION_WORDS
from tests.support.samples import corpus, record

SYLLABLES = ("ba", "do", "fi", "gu", "ne", "ro", "ki", "ta", "mu", "le", "so", "vi", "pa", "du")


def word(number: int) -> str:
    """A word that no other number has."""
    base = len(SYLLABLES)
    return "".join(SYLLABLES[number // base**place % base] for place in range(4)) + "k"


def long_body(n_words: int) -> str:
    """Lines of ten words each, all of them different."""
    return "\n".join(
        " ".join(word(number) for number in range(start, start + 10)) for start in range(0, n_words, 10)
    )


def found_by(collection: WritableCollection, query: str) -> set[str]:
    with collection.store.reading():
        whole = record("", query)
        [(rows, _)] = bm25.search(
            Lexicon(collection.store.connection), [indexed_words(whole, compose(whole))]
        )
        return {other.id for other in collection.store.records(rows).values()}


def test_every_word_of_a_long_body_finds_its_record(writable: WritableCollection) -> None:
    body = long_body(6_000)
    assert 50_000 < len(body) < MAX_READ
    writable.index([*corpus(30), record("long", "Gateway times out", body)], source="tracker")
    assert len(writable.store.text(31).body) < len(body) / 5  # the composed text has the start only
    for number in (*range(0, 6_000, 97), 5_999):
        assert found_by(writable, word(number)) == {"long"}, number
    assert found_by(writable, "gateway") == {"long"}


@pytest.mark.parametrize(
    "body",
    [
        "The page is slow.\n```python\nraise QuuxError('left out')\n```\n> quoted flibber\n<!-- hidden zork -->",
        "| table | cells |\n| --- | --- |\n| wibble | wobble |",
        "See [the manual](https://docs.example.org/grault/garply.html) and `std::io::waldo`.",
        "INFO [main] plugh started\n12:00:01 DEBUG xyzzy thud",
    ],
)
def test_words_of_code_quotes_tables_links_and_logs_find_their_record(
    writable: WritableCollection, body: str
) -> None:
    writable.index([*corpus(30), record("own", "Unrelated title", body)], source="tracker")
    for token in set(re.findall(r"[a-z]{4,}", body.lower())) - FUNCTION_WORDS:
        assert "own" in found_by(writable, token), token


def test_a_code_at_the_end_of_a_long_report_finds_it(writable: WritableCollection) -> None:
    end = "\nThe last line says ERR_CERT_9921 and DW-4471."
    body = long_body(6_000) + end
    writable.index([*corpus(250), record("long", "Gateway times out", body)], source="tracker")
    for code in ("ERR_CERT_9921", "err_cert_9921", "DW-4471"):
        assert writable.search(code)[0].id == "long"


def test_a_name_is_one_word_beside_its_parts(writable: WritableCollection) -> None:
    writable.index(
        [
            *corpus(30),
            record("name", "Page is slow", "It says ERR_CERT_9921."),
            record("parts", "Page is slow", "The cert of 9921 gives no err."),
        ],
        source="tracker",
    )
    assert found_by(writable, "ERR_CERT_9921") == {"name", "parts"}
    scores = {hit.id: hit.lexical for hit in writable.search("the page says ERR_CERT_9921 since today", k=9)}
    assert scores["name"] > scores["parts"]
    assert found_by(writable, "errcert9921") == {"name"}


def test_of_a_body_beyond_the_cap_the_start_and_the_end_are_found_and_the_run_counts_it(
    writable: WritableCollection,
) -> None:
    body = "\n".join([f"{word(1)} at the start", long_body(12_000)[120:], f"{word(20_000)} at the end"])
    assert len(body) > MAX_READ
    run = writable.index([*corpus(30), record("long", "Gateway", body)], source="tracker")
    assert run.n_partly_searched == 1
    assert found_by(writable, word(1)) == found_by(writable, word(20_000)) == {"long"}
    assert found_by(writable, word(6_000)) == set()
    again = writable.index([record("short", "Gateway", body[:MAX_READ])], source="other")
    assert again.n_partly_searched == 0
