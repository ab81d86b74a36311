"""Where an index has the files of its model."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from dupfind.encoders.model_folder import ModelFolder
from dupfind.storage.encoding import Encoding
from dupfind.storage.model_copy import copy_model, drop_models, index_model, refer_to_model


class ModelFiles(Protocol):
    """Where an index has the files of its model: its folder, or its database."""

    def find(self, encoding: Encoding) -> ModelFolder:
        """Return the model of an encoding; it may be downloaded or copied first.

        Raises:
            ModelError: It cannot be found.
            EncoderMismatch: The index was built with a custom encoder, of which there is no copy.
        """
        ...

    def put(self, model: ModelFolder, *, is_copied: bool) -> str:
        """Store a model, or a reference to it, and return `Encoding.model_folder`.

        Args:
            model: The model.
            is_copied: Whether the index needs a copy, and no reference to the user's cache.
        """
        ...

    def drop(self, keep: Encoding) -> None:
        """Delete the files of models that the index no longer uses."""
        ...


@dataclass(frozen=True, slots=True)
class FolderModels:
    """The models of an index in a folder."""

    folder: Path

    def find(self, encoding: Encoding) -> ModelFolder:
        """As `ModelFiles.find`; a model that the index refers to may be downloaded."""
        return index_model(self.folder, encoding, download=True)

    def put(self, model: ModelFolder, *, is_copied: bool) -> str:
        """As `ModelFiles.put`."""
        return copy_model(model, self.folder) if is_copied else refer_to_model(model)

    def drop(self, keep: Encoding) -> None:
        """As `ModelFiles.drop`."""
        drop_models(self.folder, keep=keep)
