"""The models in the user's cache folder, each in a folder named after its fingerprint, so that indexes share them."""

import os
import re
import shutil
import sys
import time
from contextlib import suppress
from pathlib import Path

from dupfind.encoders.model_folder import ModelFolder
from dupfind.errors import ModelError, shortage

CACHE = "DUPFIND_CACHE"
"""The environment variable that names another cache folder."""

_OLD_S = 3600.0  # age of a folder that a killed process has left behind
_FINGERPRINT = re.compile("[0-9a-f]{64}")


def cache_folder() -> Path:
    """Return dupfind's folder in the user's cache; it need not exist.

    DUPFIND_CACHE names it. Its place is that of the system otherwise: XDG_CACHE_HOME or ~/.cache, ~/Library/Caches on
    macOS, LOCALAPPDATA on Windows.

    Raises:
        ModelError: The user has no home folder.
    """
    if named := os.environ.get(CACHE):
        return Path(named).absolute()
    try:
        if sys.platform == "win32":
            home = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
        elif sys.platform == "darwin":
            home = Path.home() / "Library" / "Caches"
        else:
            named = os.environ.get("XDG_CACHE_HOME", "")
            home = Path(named) if os.path.isabs(named) else Path.home() / ".cache"
    except RuntimeError as error:
        raise ModelError(f"this user has no home folder: name a folder for models in {CACHE}") from error
    return home / "dupfind"


def stored_path(fingerprint: str) -> Path:
    """Return the folder of a model in the cache; it need not exist.

    Raises:
        ModelError: The fingerprint is none, or the user has no home folder.
    """
    if not _FINGERPRINT.fullmatch(fingerprint):  # it may come from an index that somebody else made
        raise ModelError(f"{fingerprint[:80]!r} is no fingerprint of a model")
    return cache_folder() / "models" / fingerprint


def stored_model(fingerprint: str, name: str) -> ModelFolder | None:
    """Return a model from the cache, or None where it is missing; its files are not hashed here.

    Raises:
        ModelError: It is incomplete or damaged.
    """
    path = stored_path(fingerprint)
    if not path.is_dir():
        return None
    try:
        return ModelFolder(path, name)
    except ModelError as error:
        raise damaged(path, error) from error


def damaged(path: Path, why: object) -> ModelError:
    """Make the error for a model in the cache that is not what its name says."""
    return ModelError(f"the cached model {path} is damaged ({why}): delete that folder, and try again")


def store_model(model: ModelFolder) -> ModelFolder:
    """Copy a model into the cache, and return the copy; a model that the cache has is not copied.

    Raises:
        ModelError: The cache cannot be written, or has the model damaged.
    """
    path = stored_path(model.fingerprint)
    remove_old(path.parent, ".*-*")  # of `copy_to`
    try:
        return model.copy_to(path)
    except OSError as error:
        if path.is_dir():  # another process has copied it meanwhile
            return model.copy_to(path)
        raise shortage(error) or ModelError(
            f"the model cannot be copied to {path} ({error.strerror}): name another folder in {CACHE}"
        ) from error
    except ModelError as error:
        raise damaged(path, error) from error


def remove_old(folder: Path, pattern: str) -> None:
    """Remove the folders of a pattern that a killed process has left behind: they are older than an hour."""
    for path in folder.glob(pattern):
        with suppress(OSError):
            if time.time() - path.stat().st_mtime > _OLD_S:
                shutil.rmtree(path)
