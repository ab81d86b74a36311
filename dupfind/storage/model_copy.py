"""The model that an index carries, so that it can be read on another machine, and what must fit to it."""

import shutil
from pathlib import Path

from dupfind.encoders.model_folder import ModelFolder
from dupfind.errors import EncoderMismatch, ModelError
from dupfind.storage.store import Encoding
from dupfind.text import composition

TITLE_WEIGHT = 0.3
"""Share of the title in a record's vector; chosen on the train parts of two trackers, of .0, .3, .5 and .7."""

LARGE = 1 << 30
"""Bytes from which a model is linked to and not copied."""


def copy_model(model: ModelFolder, folder: Path) -> str:
    """Copy a model into an index, or link to a large one, and say where it is."""
    if model.size >= LARGE:
        return str(model.path.resolve())
    inside = Path("models") / f"{model.path.name}-{model.fingerprint[:12]}"
    if not (folder / inside).is_dir():
        model.copy_to(folder / inside)
    return inside.as_posix()


def copied_model(folder: Path, encoding: Encoding) -> ModelFolder:
    """The model that an index was made with, from its own copy.

    Raises:
        ModelError: It is gone, or half of it is.
        EncoderMismatch: The index was made with an encoder of the caller's own.
    """
    if encoding.model_folder is None:
        raise EncoderMismatch(
            f"{folder} was made with the encoder {encoding.model!r}: open it with that encoder"
        )
    return ModelFolder(folder / encoding.model_folder, encoding.model)


def verify_copy(encoding: Encoding, model: ModelFolder) -> None:
    """Refuse a model whose files are not those that made the index.

    Raises:
        ModelError: They are not.
    """
    if model.fingerprint != encoding.model_fingerprint:
        raise ModelError(
            f"{model.path} is not the model that made the index, or is damaged: encode everything anew with "
            f"`dupfind index --rebuild --model {encoding.model}`"
        )


def encoding_of(model: str, fingerprint: str, dim: int, model_folder: str | None) -> Encoding:
    """The encoding of a model under the text recipe of this dupfind; its number is not given yet."""
    return Encoding(
        0,
        model.removeprefix("sentence-transformers/"),
        fingerprint,
        dim,
        model_folder,
        composition.TEXT_VERSION,
        TITLE_WEIGHT,
    )


def check_model(encoding: Encoding, name: str, fingerprint: str, folder: Path) -> None:
    """Refuse another model than the one that made an index.

    Raises:
        EncoderMismatch: It is another.
    """
    if fingerprint != encoding.model_fingerprint:
        raise EncoderMismatch(
            f"{folder} was made with {encoding.model}, not {name} (other weights or settings): leave --model out, "
            "or encode everything anew with `dupfind index --rebuild --model ...`"
        )


def check_text_version(encoding: Encoding, folder: Path) -> None:
    """Refuse an index whose texts were composed by another recipe.

    Raises:
        EncoderMismatch: They were.
    """
    if encoding.text_version != composition.TEXT_VERSION:
        raise EncoderMismatch(
            f"{folder} was made with text recipe {encoding.text_version}, this dupfind has {composition.TEXT_VERSION}: "
            "encode everything anew with `dupfind index --rebuild`"
        )


def drop_models(folder: Path, keep: Encoding) -> None:
    """Delete the copies of models that an index no longer uses."""
    models = folder / "models"
    for path in models.iterdir() if models.is_dir() else ():
        if keep.model_folder is None or path != folder / keep.model_folder:
            shutil.rmtree(path)
