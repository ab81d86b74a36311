"""How many issues of an index are in a language that its model does not know."""

from dupfind.storage.store import Store
from dupfind.text.language import is_english, knows_only_english

SAMPLE = 1_000
"""Records that are looked at."""

MANY = 0.1
"""Share of issues from which it is worth a line."""

MULTILINGUAL = "sentence-transformers/paraphrase-multilingual-MiniLM-L12-v2"
"""A model of fifty languages that is three times as large as the default."""


def share_not_english(store: Store) -> float:
    """Return the share of records that are not in English, 0 to 1, from a sample; 0 for an empty index.

    The sample goes by the fingerprints of the records, so that it does not depend on the order of indexing.
    """
    with store.watching():
        rows = store.connection.execute(
            "SELECT title, body FROM composed WHERE row_id IN"
            " (SELECT row_id FROM record WHERE died IS NULL ORDER BY fingerprint, row_id LIMIT ?)",
            (SAMPLE,),
        )
        are_english = [is_english(f"{title}\n{body}") for title, body in rows]
    return are_english.count(False) / len(are_english) if are_english else 0.0


def language_advice(store: Store) -> str | None:
    """Return what to do where many issues are in a language that the model does not know; None else."""
    encoding = store.encoding()
    if not knows_only_english(encoding.model):
        return None
    share = share_not_english(store)
    if share < MANY:
        return None
    return (
        f"{share:.0%} of these issues are not in English, which {encoding.model} does not know: they are found by"
        f" words and parts of words; for their meaning, make an index with --model {MULTILINGUAL}"
    )
