"""The model of an index: shared with other indexes through the user's cache, or copied into the index; its checks."""

import shutil
from pathlib import Path

from dupfind.durability import deleting
from dupfind.encoders.model_folder import ModelFolder
from dupfind.encoders.model_store import damaged
from dupfind.encoders.weights import share_model, shared_model
from dupfind.errors import EncoderMismatch, ModelError, StoreError, shortage
from dupfind.storage.database_url import IndexPlace
from dupfind.storage.encoding import Encoding
from dupfind.text import composition

TITLE_WEIGHT = 0.3
"""Share of the title in a record's vector; chosen on the train parts of two trackers, out of .0, .3, .5 and .7."""

LARGE = 1 << 30
"""From this many bytes on a model is not copied; the index stores its path."""


SHARED = "shared"
"""In the place of the model's folder: the index refers to the model by its fingerprint."""


def refer_to_model(model: ModelFolder) -> str:
    """Put a model that has a name into the user's cache, and return what the index stores in place of its folder.

    Of a large one it is its own absolute path, as of `copy_model`.

    Raises:
        ModelError: The cache cannot be written.
    """
    if model.size >= LARGE:
        return str(model.path.resolve())
    share_model(model)
    return SHARED


def copy_model(model: ModelFolder, folder: Path) -> str:
    """Copy a model into an index and return the copy's path in it; for a large one, return its own absolute path.

    Raises:
        StoreError: The disk is full or cannot be written.
    """
    if model.size >= LARGE:
        return str(model.path.resolve())
    inside = Path("models") / f"{model.path.name}-{model.fingerprint[:12]}"
    if not (folder / inside).is_dir():
        try:
            model.copy_to(folder / inside)
        except OSError as error:
            raise shortage(error) or StoreError(
                f"{model.name} cannot be copied into {folder} ({error.strerror}): free some space, or name another"
                " folder with --index"
            ) from error
    return inside.as_posix()  # an index may move to another system


def index_model(folder: Path, encoding: Encoding, *, download: bool = False) -> ModelFolder:
    """Return the model of an index: the copy in it, or the one that it refers to.

    Args:
        folder: The index.
        encoding: Its current one.
        download: As for `shared_model`.

    Raises:
        ModelError: The model is missing or incomplete.
        EncoderMismatch: The index was built with a custom encoder, of which there is no copy.
    """
    if encoding.model_folder is None:
        raise EncoderMismatch(
            f"{folder} was built with the encoder {encoding.model!r}: open it with that encoder"
        )
    if encoding.model_folder == SHARED:
        return shared_model(encoding.model_fingerprint, encoding.model, download=download)
    return ModelFolder(folder / encoding.model_folder, encoding.model)


def verify_model(encoding: Encoding, model: ModelFolder) -> None:
    """Refuse files that differ from the model that built the index.

    Raises:
        ModelError: Its fingerprint differs.
    """
    if model.fingerprint != encoding.model_fingerprint:
        if encoding.model_folder == SHARED:
            raise damaged(model.path, "another sha256")
        raise ModelError(
            f"{model.path} is not the model that built the index, or is damaged: encode everything again with "
            f"`dupfind index --rebuild --model {encoding.model}`"
        )


def encoding_of(model: str, fingerprint: str, dim: int, model_folder: str | None) -> Encoding:
    """Return the encoding of a model under this dupfind's text version, with id 0 until it is stored."""
    return Encoding(
        0,
        model.removeprefix("sentence-transformers/"),
        fingerprint,
        dim,
        model_folder,
        composition.TEXT_VERSION,
        TITLE_WEIGHT,
    )


def check_model(encoding: Encoding, name: str, fingerprint: str, folder: IndexPlace) -> None:
    """Refuse a model other than the one that built an index.

    Raises:
        EncoderMismatch: The fingerprints differ.
    """
    if fingerprint != encoding.model_fingerprint:
        raise EncoderMismatch(
            f"{folder} was built with {encoding.model}, not {name} (other weights or settings): leave --model out, "
            "or encode everything again with `dupfind index --rebuild --model ...`"
        )


def check_text_version(encoding: Encoding, folder: IndexPlace) -> None:
    """Refuse an index whose texts have another version of the composition.

    Raises:
        EncoderMismatch: The versions differ.
    """
    if encoding.text_version != composition.TEXT_VERSION:
        raise EncoderMismatch(
            f"{folder} has text version {encoding.text_version}, this dupfind has {composition.TEXT_VERSION}: "
            "encode everything again with `dupfind index --rebuild`"
        )


def drop_models(folder: Path, keep: Encoding) -> None:
    """Delete the copies of models that an index no longer uses."""
    models = folder / "models"
    for path in models.iterdir() if models.is_dir() else ():
        if keep.model_folder is None or path != folder / keep.model_folder:
            with deleting():
                shutil.rmtree(path)
