"""The interface of everything that turns texts into vectors."""

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]


class Encoder(Protocol):
    """Turns texts into unit vectors; the real engines and the tests' own follow it."""

    @property
    def name(self) -> str:
        """What a person calls the model, such as "all-MiniLM-L6-v2"."""
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
        """What computes: "numpy", "torch-fp32", "torch-bf16", ..."""
        ...

    def encode(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> Vectors:
        """Encode texts in any order and of any length, empty ones among them.

        Args:
            texts: What to encode; read once.
            progress: Called with the number of texts that each finished batch held.

        Returns:
            (n, dim) float32, rows of unit length, in the order of `texts`; (0, dim) for no texts.
        """
        ...
