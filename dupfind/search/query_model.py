"""The model that encodes queries: the caller's encoder, or the index's own copy in the engine that starts fastest."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from dupfind.encoders.load import Encoder, load_encoder
from dupfind.encoders.model_folder import ModelFolder
from dupfind.encoders.threads import n_cores
from dupfind.storage.encoding import Encoding
from dupfind.storage.model_copy import index_model, verify_model


class QueryModel(Protocol):
    """An encoder for queries, whose files may be verified only after it has run."""

    def encoder(self, encoding: Encoding) -> Encoder:
        """Return the encoder of an encoding.

        Raises:
            ModelError: The index's model is gone.
            EncoderMismatch: The index has no model of its own.
        """
        ...

    def verify(self, encoding: Encoding) -> None:
        """Refuse an encoder whose files are not those that made the index.

        Raises:
            ModelError: They are not, so that its vectors must not be used.
        """
        ...


@dataclass(frozen=True, slots=True)
class FixedModel:
    """The caller's own encoder; it was compared with the index when the index was opened."""

    fixed: Encoder

    def encoder(self, encoding: Encoding) -> Encoder:
        """As `QueryModel.encoder`."""
        return self.fixed

    def verify(self, encoding: Encoding) -> None:
        """As `QueryModel.verify`; there are no files to verify."""


class QuickModel:
    """The index's own model in the engine that starts at once; its files are hashed while the first query runs."""

    def __init__(self, folder: Path, threads: ThreadPoolExecutor) -> None:
        """Name the index and the threads that hash; nothing is loaded yet."""
        self._folder = folder
        self._threads = threads
        self._loaded: tuple[Encoding, ModelFolder, Encoder] | None = None

    def encoder(self, encoding: Encoding) -> Encoder:
        """As `QueryModel.encoder`; loaded again only for another encoding."""
        if self._loaded is None or self._loaded[0] != encoding:
            model = self._find(encoding)
            n_threads = max(1, n_cores() - 1)  # the word search needs the remaining core
            self._loaded = encoding, model, load_encoder(model, engine="quick", threads=n_threads)
            self._threads.submit(lambda: model.manifest)  # hashes the files, for `verify`
        return self._loaded[2]

    def _find(self, encoding: Encoding) -> ModelFolder:
        return index_model(self._folder, encoding)

    def verify(self, encoding: Encoding) -> None:
        """As `QueryModel.verify`; waits until the files are hashed."""
        if self._loaded is not None:
            verify_model(encoding, self._loaded[1])
