"""The interface of everything that turns texts into vectors."""

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]


class EncoderFacts(Protocol):
    """What identifies the vectors of an encoder, which may be loaded on another machine."""

    @property
    def name(self) -> str:
        """The model's name for people, such as "all-MiniLM-L6-v2"."""
        ...

    @property
    def fingerprint(self) -> str:
        """Hash of everything that decides a vector (weights, tokenizer, pooling, length), as hex."""
        ...

    @property
    def dim(self) -> int:
        """Width of a vector."""
        ...

    @property
    def engine(self) -> str:
        """Library and precision: "numpy", "torch-fp32", "torch-bf16", ..."""
        ...


class Encoder(EncoderFacts, Protocol):
    """Turns texts into unit vectors."""

    def encode(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> Vectors:
        """Encode texts in any order and of any length, empty ones among them.

        Args:
            texts: The texts to encode; read once.
            progress: Called after each batch with its number of texts.

        Returns:
            (n, dim) float32, rows of unit length, in the order of `texts`; (0, dim) for no texts.
        """
        ...


QUERY_TEXTS = 2
"""A query has at most so many texts, its title and all of it. The torch engine does not pad them."""


def encode_in_company(
    encoder: Encoder, texts: Sequence[str], progress: Callable[[int], None] | None = None
) -> Vectors:
    """Encode texts for an index, where the vector of a text is the same to the last bit if it comes alone.

    The torch engine leaves out the padding of one or two texts, because a query waits for them. Then they are rounded
    in another way, so here they come more than once.
    """
    if not 0 < len(texts) <= QUERY_TEXTS or encoder.engine.partition("-")[0] != "torch":
        return encoder.encode(texts, progress)
    vectors = encoder.encode([*texts] * (QUERY_TEXTS + 1))[: len(texts)]
    if progress is not None:
        progress(len(texts))
    return vectors
