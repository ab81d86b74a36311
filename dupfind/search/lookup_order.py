"""The order of the rows that hold a lookup: a phrase in a title, all words in a title, in a text, in comments."""

from collections.abc import Sequence

from dupfind.search.hybrid import RankedRow
from dupfind.search.lookup import PHRASE, SAME_PHRASE, TEXT, TEXT_PHRASE, TITLE, Lookup
from dupfind.search.lookup_hits import LookupHits
from dupfind.search.phrases import rows_with_phrase_in_body
from dupfind.storage.store import Store
from dupfind.text.search_tokens import normalised


def by_lookup(store: Store, rows: Sequence[RankedRow], words: Lookup, hits: LookupHits) -> list[RankedRow]:
    """Return rows that hold more of a lookup first, marked by where they have its words in their order.

    Of rows that hold as much, those are first whose titles have the other words of the query, too; equal ones stay in
    their order.

    Args:
        store: In a read transaction.
        rows: The candidates of a lookup, likeliest first.
        words: What is looked up.
        hits: The rows that hold it, and how it was spelt there.
    """
    readings = words.readings(hits.spellings)
    patterns = [reading.pattern for reading in readings]
    titles = store.titles(row.row for row in rows if row.held >= TITLE and isinstance(row.row, int))

    def in_title(row: RankedRow) -> RankedRow:
        if isinstance(row.row, int) and row.held >= TITLE:
            title = normalised(titles[row.row])
            if any(pattern.search(title) for pattern in patterns):
                is_same = hits.spellings or words.is_as_typed_in(title)
                return row._replace(held=SAME_PHRASE if is_same else PHRASE)
        # Who quotes a phrase does not mean its words apart.
        return row._replace(held=TEXT) if words.is_quoted and row.held == TITLE else row

    has_beside = {row for row, title in titles.items() if words.has_beside(normalised(title))}
    marked = [in_title(row) for row in sorted(rows, key=lambda row: row.row not in has_beside)]
    if len(words.tokens) > 1:
        in_texts = [row.row for row in marked if row.held == TEXT and isinstance(row.row, int)]
        with_phrase = rows_with_phrase_in_body(store, readings, in_texts)
        marked = [row._replace(held=TEXT_PHRASE) if row.row in with_phrase else row for row in marked]
    return sorted(marked, key=lambda row: -row.held)
