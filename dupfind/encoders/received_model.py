"""A model whose files come from a database or another machine: verified, and put into the user's cache."""

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from dupfind.encoders.model_folder import ModelFolder
from dupfind.encoders.model_store import cache_folder, damaged, store_model, stored_model
from dupfind.errors import ModelError, shortage

_SUFFIXES = {".safetensors", ".json", ".txt", ".model"}  # the last holds a tokenizer of SentencePiece


def received_model(
    fingerprint: str, name: str, pieces: Iterable[tuple[str, bytes]], origin: str
) -> ModelFolder:
    """Write the files of a model into the user's cache, and return it.

    Args:
        fingerprint: Which the files must have.
        name: Of the model, for people.
        pieces: The path of each file inside of the model's folder, with its content; pieces of one file follow each
            other.
        origin: What a message names, such as "the files in a database".

    Raises:
        ModelError: The files are not those of the model, or the cache cannot be written.
    """
    place = cache_folder()
    try:
        place.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=place, prefix=".model-") as temporary:
            folder = Path(temporary)
            write_files(folder, pieces)
            model = ModelFolder(folder, name)
            if model.fingerprint != fingerprint:
                raise damaged(folder, f"{origin} are not those of {name}")
            store_model(model)
    except OSError as error:
        raise shortage(error) or ModelError(
            f"the model cannot be copied to {place} ({error.strerror}): name another folder in DUPFIND_CACHE"
        ) from error
    copy = stored_model(fingerprint, name)
    assert copy is not None
    return copy


def write_files(folder: Path, pieces: Iterable[tuple[str, bytes]]) -> None:
    """Write the files of a model into an empty folder; one piece at a time is in memory.

    Args:
        folder: Exists.
        pieces: As in `received_model`.

    Raises:
        ModelError: A file has a name that no file of a model has.
        OSError: A file cannot be written.
    """
    for file, content in pieces:
        path = folder / _safe(file)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab") as output:
            output.write(content)


def _safe(file: str) -> PurePosixPath:
    """Return the path of a file of a model inside of its folder; its name comes from elsewhere."""
    path = PurePosixPath(file)
    if (
        path.is_absolute()
        or ".." in path.parts
        or (os.sep != "/" and os.sep in file)
        or path.suffix not in _SUFFIXES
    ):
        raise ModelError(f"{file[:80]!r} is no file of a model")
    return path
