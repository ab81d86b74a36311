"""How many issues of an index are in a language that its model does not know."""

from dupfind.storage.store import Store
from dupfind.text.language import is_english

SAMPLE = 1_000
"""Records that are looked at, evenly spread over the index."""

MANY = 0.1
"""Share of issues from which it is worth a line."""

MULTILINGUAL = "sentence-transformers/paraphrase-multilingual-MiniLM-L12-v2"
"""A model of fifty languages that is three times as large as the default."""

_ENGLISH_MODELS = ("all-MiniLM-L6-v2",)


def share_not_english(store: Store) -> float:
    """Return the share of records that are not in English, 0 to 1, from a sample; 0 for an empty index."""
    with store.watching():
        n_rows = store.one("SELECT count(*) FROM composed")
        step = max(1, -(-n_rows // SAMPLE))
        rows = store.connection.execute(
            "SELECT title, body FROM (SELECT title, body, row_number() OVER (ORDER BY row_id) AS n FROM composed)"
            " WHERE n % ? = 0",
            (step,),
        )
        are_english = [is_english(f"{title}\n{body}") for title, body in rows]
    return are_english.count(False) / len(are_english) if are_english else 0.0


def language_advice(store: Store, share: float) -> str | None:
    """Return what to do where many issues are in a language that the model does not know; None else.

    Args:
        store: The index.
        share: As `share_not_english` returns it.
    """
    encoding = store.encoding()
    if not encoding.model.endswith(_ENGLISH_MODELS):
        return None
    if share < MANY:
        return None
    return (
        f"{share:.0%} of these issues are not in English, which {encoding.model} does not know: they are found by"
        f" words and parts of words; for their meaning, make an index with --model {MULTILINGUAL}"
    )
