"""A model on disk: its relevant files, their hashes, and copies of it."""

import hashlib
import os
import threading
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

from dupfind.durability import sync_file, sync_folder
from dupfind.encoders.model_config import SETTINGS, ModelConfig, read_config, read_json
from dupfind.encoders.safetensors_file import check_safetensors
from dupfind.errors import ModelError, shortage

_PROMPTS = "config_sentence_transformers.json"
_WEIGHTS = "model.safetensors"
_PICKLES = ("pytorch_model.bin", "pytorch_model.bin.index.json")
# Fallbacks: a tokenizer.json contains everything that these files hold.
_TOKENIZERS = (
    "vocab.txt",
    "vocab.json",
    "merges.txt",
    "added_tokens.json",
    "spiece.model",
    "sentencepiece.bpe.model",
)


class ModelFolder:
    """A sentence-transformers folder, checked on opening: sane JSON, and weights in whole safetensors files.

    Files are hashed when `fingerprint` or `manifest` is first read; several threads may read them at once.
    """

    def __init__(self, path: Path, name: str | None = None) -> None:
        """Open a folder.

        Args:
            path: The folder that holds modules.json.
            name: The model's name for people; the folder's name by default.

        Raises:
            ModelError: The folder is missing, incomplete or damaged, its weights are pickled, or it names code or
                files elsewhere.
        """
        if not path.is_dir():
            raise ModelError(f"no model folder {path}: pass --model with a folder or a model's name")
        self.path = path.absolute()
        self.name = name or self.path.name
        self.layout: ModelConfig = read_config(self.path)
        self.files: tuple[str, ...] = tuple(sorted(self._find_files()))
        self._hashing = threading.Lock()  # cached_property has no lock since Python 3.12
        for file in self.files:
            if file.endswith(".safetensors"):
                check_safetensors(self.path / file)

    def __repr__(self) -> str:
        """Return path and name."""
        return f"ModelFolder({str(self.path)!r}, name={self.name!r})"

    @property
    def weights(self) -> tuple[Path, ...]:
        """The transformer's safetensors files: one, or its shards in order."""
        inside = self.layout.transformer
        folder = self.path / inside
        return tuple(
            self.path / file
            for file in self.files
            if file.endswith(".safetensors") and (self.path / file).parent == folder
        )

    @property
    def tokenizer(self) -> Path:
        """Path of the transformer's tokenizer.json, which may be missing."""
        return self.path / self.layout.transformer / "tokenizer.json"

    @cached_property
    def size(self) -> int:
        """Size of all files together, in bytes."""
        return sum((self.path / file).stat().st_size for file in self.files)

    @property
    def manifest(self) -> Mapping[str, str]:
        """The sha256 of each of `files`, by its path in the folder; computed once, 90 MB in about 60 ms."""
        with self._hashing:
            return self._manifest

    @cached_property
    def _manifest(self) -> dict[str, str]:
        return {file: _sha256(self.path / file) for file in self.files}

    @cached_property
    def fingerprint(self) -> str:
        """Hash of everything that decides a vector: weights, tokenizer, pooling, window, default prompt.

        It depends neither on the folder's path and name nor on other files in it, such as a README.
        """
        # _PROMPTS also holds library versions and unused prompts; only the default prompt decides a vector.
        lines = [f"{digest} {file}" for file, digest in self.manifest.items() if file != _PROMPTS]
        lines.append(f"prompt {self.layout.prompt!r}")
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()

    def verify(self, manifest: Mapping[str, str]) -> None:
        """Compare the files with an earlier manifest.

        Raises:
            ModelError: A file is missing, new, or changed; the message names it.
        """
        present = self.manifest
        for file in sorted(present.keys() | manifest.keys()):
            if present.get(file) != manifest.get(file):
                state = (
                    "is missing" if file not in present else "has changed" if file in manifest else "is new"
                )
                raise ModelError(
                    f"{self.path / file} {state} since the model was copied there: copy it again"
                )

    def copy_to(self, path: Path) -> "ModelFolder":
        """Copy the model's files to a new folder; after a crash that folder does not exist.

        Returns:
            The copy, under the same name, after a comparison of its hashes.

        Raises:
            ModelError: The folder exists with other content, or the copy differs.
            OSError: The disk is full or cannot be written.
        """
        if path.exists():
            copy = ModelFolder(path, self.name)
            copy.verify(self.manifest)
            return copy
        import shutil

        temporary = path.with_name(f".{path.name}-{os.getpid()}")
        shutil.rmtree(temporary, ignore_errors=True)  # left by a crashed process with this id
        temporary.mkdir(parents=True)
        try:
            for file in self.files:
                target = temporary / file
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(self.path / file, target)
                sync_file(target)  # before the rename, so that the new name never shows partial files
            for folder in {(temporary / file).parent for file in self.files}:
                sync_folder(folder)
            ModelFolder(temporary).verify(self.manifest)
            os.rename(temporary, path)
        except BaseException:
            shutil.rmtree(temporary, ignore_errors=True)
            raise
        sync_folder(path.parent)  # makes the rename itself durable
        return ModelFolder(path, self.name)

    def _find_files(self) -> set[str]:
        inside = self.layout.transformer
        prefix = f"{inside}/" if inside else ""
        names = {"modules.json", *self._present("", _PROMPTS)}
        names |= {f"{prefix}config.json", *self._find_weights(inside)}
        names |= set(self._present(inside, *SETTINGS, "tokenizer_config.json", "special_tokens_map.json"))
        tokenizer = self._present(inside, "tokenizer.json") or self._present(inside, *_TOKENIZERS)
        if not tokenizer:
            raise ModelError(f"{self.path / inside} has no tokenizer.json: the model is incomplete")
        names |= set(tokenizer)
        if self._present(inside, "adapter_config.json"):
            raise ModelError(f"{self.path} is an adapter to another model: merge the two and save the whole")
        for module in self.layout.modules[1:]:
            names |= set(self._present(module.path, "config.json"))
            if module.kind in ("Dense", "LayerNorm"):
                names |= self._find_weights(module.path)
        return names

    def _find_weights(self, inside: str) -> set[str]:
        prefix = f"{inside}/" if inside else ""
        if self._present(inside, _WEIGHTS):
            return {prefix + _WEIGHTS}
        index = f"{_WEIGHTS}.index.json"
        if self._present(inside, index):
            shards = set(map(str, read_json(self.path / inside / index).get("weight_map", {}).values()))
            if not shards or not all(Path(s).name == s and s.endswith(".safetensors") for s in shards):
                raise ModelError(
                    f"{self.path / inside / index} names no shards, or files elsewhere: it is not loaded"
                )
            return {prefix + index, *(prefix + shard for shard in shards)}
        if self._present(inside, *_PICKLES):
            raise ModelError(
                f"{self.path / inside} stores its weights as pickle, and reading a pickle can run code: "
                "take a version with model.safetensors, or save it again with save_pretrained()"
            )
        raise ModelError(
            f"{self.path / inside / _WEIGHTS} is missing: the model is incomplete; fetch it again"
        )

    def _present(self, inside: str, *names: str) -> list[str]:
        prefix = f"{inside}/" if inside else ""
        return [prefix + name for name in names if (self.path / inside / name).is_file()]


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise shortage(error) or ModelError(f"{path} cannot be read: {error.strerror}") from error
