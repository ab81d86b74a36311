"""Vectors of texts in a script or language that a model does not know, from the characters of their words.

A model reads such a text as a row of unknown pieces, and gives different texts nearly equal vectors. Words and parts of
words, each hashed to a dimension and a sign, keep them apart (feature hashing, Weinberger et al. 2009). Their cosine is
about the share of parts that two texts have in common.
"""

from collections import Counter
from collections.abc import Sequence
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from dupfind.encoders.encoder import Vectors
from dupfind.encoders.tokenizer import ModelTokenizer
from dupfind.text.search_tokens import hashed_tokens, normalised

KNOWN, UNKNOWN = 0.3, 0.6
"""Share of unknown pieces up to which a text's vector is the model's, and from which it is that of its words.

In between it is a mixture. Of 29,000 issues of three English trackers, five have a larger share than .4, most of them
made-up letters. Chinese, Japanese, Arabic, Russian, Korean, Hebrew and Greek have .6 to 1, German .1.
"""

_SIGN = 1 << 31  # of a hash
_WHOLE = 4  # dimensions of a hash of the whole text, which tells apart texts of the same words
_WHOLE_SHARE = 0.05  # of a vector's length
_MAX_TOKENS = 2_000


def with_unknown_texts(texts: Sequence[str], vectors: Vectors, tokenizer: ModelTokenizer) -> Vectors:
    """Return vectors in which those of unknown texts stand for their words.

    Texts in ASCII are taken as known. So are texts without a letter or digit.

    Args:
        texts: n texts.
        vectors: (n, dim) float32 of unit length, from the model.
        tokenizer: The model's.

    Returns:
        (n, dim) float32 of unit length; `vectors` itself where all texts are known.
    """
    places = [place for place, text in enumerate(texts) if not text.isascii()]
    if not places:
        return vectors
    shares = tokenizer.unknown_shares([texts[place] for place in places])
    weights = np.clip((shares - KNOWN) / (UNKNOWN - KNOWN), 0, 1)  # (m,) 0 for a known text
    mixed = vectors.copy()
    for place, weight in zip(places, weights.tolist(), strict=True):
        if weight > 0:
            own = word_vector(texts[place], vectors.shape[1])
            if own is None:
                continue
            vector = np.sqrt(1 - weight) * vectors[place] + np.sqrt(weight) * own
            mixed[place] = vector / np.linalg.norm(vector)
    return mixed


def word_vector(text: str, dim: int) -> NDArray[np.float32] | None:
    """Return the hashed words, parts of words and characters of a text, (dim,) of unit length; None without any.

    Each counts 1 plus the logarithm of its number.
    """
    counts = Counter(hashed_tokens(text)[:_MAX_TOKENS])
    if not counts:
        counts = Counter(char for char in text[:_MAX_TOKENS] if not char.isspace())  # emoji
    vector = np.zeros(dim)
    for token, count in counts.items():
        number = crc32(token.encode("utf-8", "surrogatepass"))
        vector[number % dim] += (1 if number & _SIGN else -1) * (1 + np.log(count))
    length = np.linalg.norm(vector)
    if length == 0:
        return None
    whole = normalised(text).encode("utf-8", "surrogatepass")
    for place in range(_WHOLE):
        number = crc32(whole, place)
        vector[number % dim] += (1 if number & _SIGN else -1) * _WHOLE_SHARE * length / np.sqrt(_WHOLE)
    return (vector / np.linalg.norm(vector)).astype(np.float32)
