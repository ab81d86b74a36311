"""The interface of everything that turns texts into vectors."""

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]


class Encoder(Protocol):
    """Turns texts into unit vectors."""

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

    def encode(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> Vectors:
        """Encode texts in any order and of any length, empty ones among them.

        Args:
            texts: The texts to encode; read once.
            progress: Called after each batch with its number of texts.

        Returns:
            (n, dim) float32, rows of unit length, in the order of `texts`; (0, dim) for no texts.
        """
        ...


def encode_in_company(
    encoder: Encoder, texts: Sequence[str], progress: Callable[[int], None] | None = None
) -> Vectors:
    """Encode texts for an index, where the vector of a text is the same to the last bit if it comes alone.

    The numpy engine leaves out the padding of a lone text, because a query waits for it. Then a short one is rounded
    in another way, so here it comes twice.
    """
    if len(texts) != 1 or encoder.engine != "numpy":
        return encoder.encode(texts, progress)
    vectors = encoder.encode([*texts, *texts])[:1]
    if progress is not None:
        progress(1)
    return vectors
