"""An encoder made of a model on disk and the engine that computes its vectors."""

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from dupfind.encoders.encoder import Vectors
from dupfind.encoders.model_folder import ModelFolder
from dupfind.encoders.tokenizer import ModelTokenizer
from dupfind.encoders.unknown_text import with_unknown_texts
from dupfind.errors import ModelError

Deliver = Callable[[NDArray[np.intp], Vectors], None]
"""Takes the places of some texts, (n,), and their vectors, (n, dim) float32 of unit length, in the same order."""


class Engine(Protocol):
    """One way to compute a model's vectors."""

    @property
    def name(self) -> str:
        """Library and precision: "numpy", "torch-fp32", "torch-bf16", ..."""
        ...

    @property
    def dim(self) -> int:
        """Width of a vector."""
        ...

    @property
    def window(self) -> int:
        """Number of texts that are tokenised and sorted by length together."""
        ...

    @property
    def tokenizer(self) -> ModelTokenizer:
        """The model's tokenizer."""
        ...

    def run(self, texts: Sequence[str], deliver: Deliver) -> None:
        """Compute the vectors of at most a window of texts, and deliver them batch by batch, in any order."""
        ...


class ModelEncoder:
    """Encodes with a model; follows the `Encoder` protocol."""

    def __init__(self, model: ModelFolder, engine: Engine) -> None:
        """Join a model and the engine that was loaded with it."""
        self._model = model
        self._engine = engine

    @property
    def name(self) -> str:
        """The model's name for people."""
        return self._model.name

    @property
    def fingerprint(self) -> str:
        """Hash of everything that decides a vector; computed when it is first read."""
        return self._model.fingerprint

    @property
    def dim(self) -> int:
        """Width of a vector."""
        return self._engine.dim

    @property
    def engine(self) -> str:
        """The engine's name."""
        return self._engine.name

    def encode(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> Vectors:
        """Encode texts, as `Encoder.encode`; the vector of a text that the model does not know is made of its words.

        Raises:
            ModelError: The device's memory does not hold one text, or a vector is not finite.
        """
        vectors = np.empty((len(texts), self.dim), dtype=np.float32)
        for start in range(0, len(texts), self._engine.window):

            def deliver(places: NDArray[np.intp], made: Vectors, start: int = start) -> None:
                vectors[start + places] = made  # (batch, dim)
                if progress is not None:
                    progress(len(places))

            self._engine.run(texts[start : start + self._engine.window], deliver)
        # The engines divide by at least 1e-12, so a zero vector stays zero, not NaN.
        if not np.isfinite(vectors).all() or not (np.abs(vectors).max(axis=1, initial=0) > 0).all():
            raise ModelError(
                f"{self.name} gave a vector that is not finite or has no length: its weights are damaged"
            )
        return with_unknown_texts(texts, vectors, self._engine.tokenizer)
