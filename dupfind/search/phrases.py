"""Finds the records whose title or body has the words of a lookup in their order."""

from collections.abc import Sequence

import numpy as np

from dupfind.search.lookup import Lookup
from dupfind.storage.store import Store
from dupfind.storage.word_index import word_index
from dupfind.text.indexed_words import clipped
from dupfind.text.search_tokens import normalised, whole_tokens
from dupfind.vectors.base import RowIds

_MOST_TITLES = 1_000  # of a part of a title that are read


def rows_with_phrase(store: Store, readings: Sequence[Lookup]) -> RowIds:
    """Return the rows whose titles have the words of a lookup in their order, in any form, in order.

    Args:
        store: In a read transaction.
        readings: The lookup, or each right spelling of it. One of a single word has no order, and finds nothing.
    """
    phrases = dict.fromkeys(" ".join(whole_tokens(reading.text)) for reading in readings)
    # Tokens are letters and digits, so that none ends its quotation marks.
    wanted = [phrase for phrase in phrases if " " in phrase]
    if not wanted:
        return np.empty(0, dtype=np.int64)
    match = " OR ".join(f'"{phrase}"' for phrase in wanted)
    return word_index(store.connection).titles_with(match, [phrase.split(" ") for phrase in wanted])


def rows_with_part(store: Store, part: Lookup) -> RowIds:
    """Return the rows whose titles have a part as it was typed, in order.

    Read are titles with its words in their order, and titles with its words in any order, the newest 1,000 of each.

    Args:
        store: In a read transaction.
        part: Of a title, with two telling words at least.
    """
    words, tokens = word_index(store.connection), whole_tokens(part.text)
    in_order = words.titles_with(f'"{" ".join(tokens)}"', [tokens], _MOST_TITLES)
    # Signs and scripts without spaces may divide a part otherwise than its title.
    wanted = " AND ".join(f'"{token}"' for token in part.tokens)
    rows = np.union1d(in_order, words.titles_with(wanted, [part.tokens], _MOST_TITLES))
    titles = store.titles(rows)
    pattern = part.pattern
    return np.array([row for row in titles if pattern.search(normalised(titles[row]))], dtype=np.int64)


def rows_with_phrase_in_body(store: Store, readings: Sequence[Lookup], rows: Sequence[int]) -> set[int]:
    """Return those of some rows whose bodies have the words of a lookup in their order.

    Args:
        store: In a read transaction.
        readings: The lookup, or each right spelling of it.
        rows: Rows of records; as much of their bodies is read as is searchable.
    """
    patterns = [reading.pattern for reading in readings]
    found = set()
    for row, body in store.bodies(rows):
        text = normalised(clipped(body))
        if any(pattern.search(text) for pattern in patterns):
            found.add(row)
    return found
