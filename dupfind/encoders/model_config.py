"""Reads and checks the JSON files of a sentence-transformers folder: a model is data, never code."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from dupfind.encoders.model_file import MAX_JSON, check_plain
from dupfind.errors import ModelError, shortage

# Modules that hold numbers only. Others can import classes that their configuration names.
KINDS = frozenset({"Transformer", "Pooling", "Normalize", "Dense", "LayerNorm"})
POOLINGS = frozenset({"mean", "cls", "max"})
# File names that sentence-transformers has used for the settings of the Transformer module, newest first.
SETTINGS = tuple(
    f"sentence_{name}_config.json"
    for name in ("bert", "roberta", "distilbert", "camembert", "albert", "xlm-roberta", "xlnet")
)
_OLD_POOLINGS = {
    "pooling_mode_cls_token": "cls",
    "pooling_mode_max_tokens": "max",
    "pooling_mode_mean_tokens": "mean",
    "pooling_mode_mean_sqrt_len_tokens": "mean_sqrt_len_tokens",
    "pooling_mode_weightedmean_tokens": "weightedmean",
    "pooling_mode_lasttoken": "lasttoken",
}
# Old models have cache paths of their authors in these keys; every loader uses the folder's own files instead.
_STALE_KEYS = frozenset({"tokenizer_file", "special_tokens_map_file"})

_MAX_WINDOW = 1 << 20
"""Tokens of the longest window; real models have 128 to 131,072."""


@dataclass(frozen=True)
class Module:
    """One step of a model: its kind ("Pooling") and its folder, relative to the model's."""

    kind: str
    path: str


@dataclass(frozen=True)
class ModelConfig:
    """How the weights of a folder are used."""

    modules: tuple[Module, ...]
    config: Mapping[str, Any]
    """The transformer's own config.json."""
    pooling: str
    """"mean", "cls", "max", or the name of a pooling that only sentence-transformers computes."""
    max_length: int
    """Most tokens of a text that the model reads, special ones included."""
    prompt: str
    """Default prefix of every text; mostly empty."""

    @property
    def transformer(self) -> str:
        """Folder of the transformer, relative to the model's."""
        return self.modules[0].path

    @property
    def why_not_bert(self) -> str | None:
        """Return why dupfind's own forward passes cannot run this model, or None if they can."""
        config = self.config
        expected = {"model_type": "bert", "hidden_act": "gelu", "position_embedding_type": "absolute"}
        defaults = {"hidden_act": "gelu", "position_embedding_type": "absolute"}  # of BertConfig
        for key, value in expected.items():
            if (actual := config.get(key, defaults.get(key))) != value:
                return f"its {key} is {actual!r}"
        if config.get("is_decoder") or config.get("add_cross_attention"):
            return "it is a decoder"
        extra = [m.kind for m in self.modules[1:] if m.kind not in ("Pooling", "Normalize")]
        if extra:
            return f"it has a {extra[0]} module"
        if self.pooling not in POOLINGS:
            return f"its pooling is {self.pooling!r}"
        return None


def read_config(folder: Path) -> ModelConfig:
    """Read and check the JSON files of a model.

    Raises:
        ModelError: A file is missing, is not JSON, or names code, a module of an unknown kind, or a file outside
            the folder.
    """
    modules = _modules(folder)
    transformer = folder / modules[0].path
    config = read_json(transformer / "config.json")
    tokenizer = read_json(transformer / "tokenizer_config.json", missing_ok=True)
    settings: dict[str, Any] = {}
    for name in SETTINGS:
        if settings := read_json(transformer / name, missing_ok=True):
            break
    for content in (config, tokenizer, settings):
        _check(folder, content)
    for module in modules:
        if module.kind == "Dense":
            activation = read_json(folder / module.path / "config.json").get(
                "activation_function", "torch.nn.Tanh"
            )
            # sentence-transformers imports the name that stands here, whatever its module.
            if not re.fullmatch(r"torch\.nn(\.\w+)+", str(activation)):
                raise ModelError(f"{folder} names the code {activation!r} in {module.path}: it is not loaded")
    prompt = _prompt(folder)
    return ModelConfig(
        modules, config, _pooling(folder, modules, prompt), _max_length(config, tokenizer, settings), prompt
    )


def read_json(path: Path, missing_ok: bool = False) -> dict[str, Any]:
    """Read a JSON object; {} for a missing file if `missing_ok`.

    Raises:
        ModelError: The file is missing or holds no JSON object.
    """
    content = _read(path, missing_ok)
    if not isinstance(content, dict):
        raise ModelError(f"{path} does not hold a JSON object: fetch the model again")
    return content


def _read(path: Path, missing_ok: bool) -> Any:
    try:
        check_plain(path, MAX_JSON)
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        if missing_ok:
            return {}
        raise ModelError(
            f"{path} is missing: this is not a sentence-transformers model, or an incomplete one; fetch it again"
        ) from None
    except (OSError, ValueError, RecursionError) as error:
        raise shortage(error) or ModelError(
            f"{path} cannot be read ({error}): fetch the model again"
        ) from error


def _modules(folder: Path) -> tuple[Module, ...]:
    entries = _read(folder / "modules.json", missing_ok=False)
    if not isinstance(entries, list) or not entries or not all(isinstance(each, dict) for each in entries):
        raise ModelError(f"{folder / 'modules.json'} lists no modules: fetch the model again")
    modules = []
    for each in entries:
        kind, path = str(each.get("type", "")), str(each.get("path", ""))
        if not re.fullmatch(r"sentence_transformers(\.\w+)+", kind):
            raise ModelError(
                f"{folder} brings code of its own ({kind!r} in modules.json), and dupfind runs none"
            )
        kind = kind.rpartition(".")[2]
        if kind not in KINDS:
            raise ModelError(f"{folder} has a {kind} module; dupfind supports {', '.join(sorted(KINDS))}")
        _check_inside(folder, path, "modules.json")
        modules.append(Module(kind, "" if path == "." else path.rstrip("/")))
    if modules[0].kind != "Transformer" or "Pooling" not in (m.kind for m in modules):
        raise ModelError(f"{folder} is not a text encoder: it needs a Transformer and a Pooling module")
    return tuple(modules)


def _check_inside(folder: Path, path: str, where: str) -> None:
    """Refuse a path that leaves the folder; by its text, because files in a hub cache are links to blobs elsewhere."""
    parts = PurePosixPath(path).parts
    if "\\" in path or "\0" in path or ":" in path or path.startswith(("/", "~")) or ".." in parts:
        raise ModelError(f"{folder} names a path outside itself ({path!r} in {where}): it is not loaded")


def _check(folder: Path, content: Mapping[str, Any]) -> None:
    """Refuse settings that run code or read files outside the folder."""
    for key, value in _items(content):
        if key == "trust_remote_code" and value:
            raise ModelError(
                f"{folder} wants to run code of its own (trust_remote_code), and dupfind runs none"
            )
        if key == "auto_map":
            named = json.dumps(value)
            # "owner/name--module.Class" names code of another repository.
            if "--" in named or "/" in named or ".." in named:
                raise ModelError(f"{folder} takes code from elsewhere (auto_map {named}): it is not loaded")
        if key.endswith("_file") and isinstance(value, str) and key not in _STALE_KEYS:
            _check_inside(folder, value, key)


def _items(content: Any) -> Iterator[tuple[str, Any]]:
    """Yield every key and value of nested JSON."""
    if isinstance(content, dict):
        for key, value in content.items():
            yield key, value
            yield from _items(value)
    elif isinstance(content, list):
        for value in content:
            yield from _items(value)


def _pooling(folder: Path, modules: tuple[Module, ...], prompt: str) -> str:
    path = next(m.path for m in modules if m.kind == "Pooling")
    config = read_json(folder / path / "config.json")
    modes = (
        config.get("pooling_mode")
        or [mode for key, mode in _OLD_POOLINGS.items() if config.get(key)]
        or "mean"
    )
    pooling = modes if isinstance(modes, str) else "+".join(modes)  # several are concatenated
    return f"{pooling} without the prompt" if prompt and config.get("include_prompt") is False else pooling


def _max_length(config: Mapping[str, Any], tokenizer: Mapping[str, Any], settings: Mapping[str, Any]) -> int:
    """Return the window: sentence-transformers' setting, else the tokenizer's; at most the number of positions."""
    # transformers writes 1e30 as the model_max_length of a tokenizer without a limit.
    setting = settings.get("max_seq_length")
    if setting is not None and not (isinstance(setting, int) and 0 < setting <= _MAX_WINDOW):
        raise ModelError(
            f"the model's max_seq_length is {setting!r}, no number from 1 to {_MAX_WINDOW:,}: it is not loaded"
        )
    positions = config.get("max_position_embeddings")
    lengths = (setting or tokenizer.get("model_max_length"), positions)
    usable = [int(n) for n in lengths if isinstance(n, int | float) and 0 < n <= _MAX_WINDOW]
    return min(usable, default=512)


def _prompt(folder: Path) -> str:
    config = read_json(folder / "config_sentence_transformers.json", missing_ok=True)
    prompts, name = config.get("prompts"), config.get("default_prompt_name")
    return str(prompts[name]) if isinstance(prompts, dict) and name in prompts else ""
