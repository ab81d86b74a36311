"""Pairs in languages that the embeddings know badly: any two Polish texts are near to an English encoder (pure)."""

import re
from itertools import pairwise

from dupfind.records import Record
from dupfind.text.language import FOREIGN_WORDS, is_english, n_english
from dupfind.text.search_tokens import normalised

_FEWEST = 2
"""Beginnings of words that two reports of one fault share; a single one, such as "app", is shared by any two."""

_READ = 2_000  # characters of a text
_BEGINNING = 5  # letters, behind which words are inflected
_WORD = re.compile(r"[^\W\d_]{4,}")
# Scripts whose words are not told apart by spaces, or are short: their pairs of characters are compared.
_DENSE = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7ff]+"
)


def have_no_words_in_common(left: Record, right: Record) -> bool:
    """Return whether two texts, of which one at least is not English, have hardly the beginning of a word in common.

    Their nearness to an English encoder says nothing then. A text and its English translation are not compared.

    Args:
        left: The first issue; the first 2,000 characters of its text count.
        right: The second issue.
    """
    ours, theirs = (f"{record.title}\n{record.body}"[:_READ] for record in (left, right))
    english = is_english(ours), is_english(theirs)
    if all(english) or any(
        is_one and n_english(text) >= _FEWEST for is_one, text in zip(english, (ours, theirs), strict=True)
    ):
        return False
    return len(_beginnings(ours) & _beginnings(theirs)) < _FEWEST


def _beginnings(text: str) -> set[str]:
    """Return the first letters of all words but the most frequent ones; of dense scripts all pairs of characters."""
    text = normalised(text)
    pairs = {a + b for run in _DENSE.findall(text) for a, b in pairwise(run)}
    words = (word for word in _WORD.findall(_DENSE.sub(" ", text)) if word not in FOREIGN_WORDS)
    return pairs | {word[:_BEGINNING] for word in words}
