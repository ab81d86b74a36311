"""Loads the weights of a BERT, named and checked, for both forward passes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from dupfind.encoders.model_folder import ModelFolder
from dupfind.encoders.safetensors_file import Array, SafetensorsFile
from dupfind.errors import ModelError


class Linear(NamedTuple):
    """A weight, (out, in), and a bias, (out,)."""

    weight: Array
    bias: Array


class Norm(NamedTuple):
    """The scale and shift of a layer normalisation, each (hidden,)."""

    scale: Array
    shift: Array


@dataclass(frozen=True)
class Layer:
    """A layer: `inner` is (inner, hidden), `outer` (hidden, inner), and the others (hidden, hidden)."""

    query: Linear
    key: Linear
    value: Linear
    attended: Linear
    attended_norm: Norm
    inner: Linear
    outer: Linear
    outer_norm: Norm


@dataclass(frozen=True)
class Bert:
    """The weights and settings of a BERT encoder (Devlin et al. 2019)."""

    words: Array
    """(vocabulary, hidden)"""
    positions: Array
    """(window, hidden); the vector of the first token type is added in, because no text has a second."""
    norm: Norm
    layers: tuple[Layer, ...]
    n_heads: int
    epsilon: float
    pooling: str

    @property
    def dim(self) -> int:
        """Width of a vector."""
        return int(self.words.shape[1])


def load_bert(model: ModelFolder, n_tokens: int) -> Bert:
    """Map a model's weights from its files.

    Args:
        model: A plain BERT.
        n_tokens: Size of its tokenizer's vocabulary; each token needs a vector.

    Raises:
        ModelError: The model is no plain BERT, or its files are incomplete or do not match each other.
    """
    if why := model.layout.why_not_bert:
        raise ModelError(f"{model.name} is not a plain BERT ({why}): pip install 'dupfind[train]' runs it")
    config = model.layout.config
    hidden, inner = _size(config, "hidden_size", model), _size(config, "intermediate_size", model)
    n_layers, n_heads = _size(config, "num_hidden_layers", model), _size(config, "num_attention_heads", model)
    window = _size(config, "max_position_embeddings", model)
    if hidden % n_heads:
        raise ModelError(f"{model.path}: {n_heads} heads do not divide a width of {hidden}")
    tensors = SafetensorsFile(model.weights)
    # A BERT that was saved with a head has its encoder under "bert.".
    prefix = "" if "embeddings.word_embeddings.weight" in tensors else "bert."

    def linear(name: str, n_out: int, n_in: int) -> Linear:
        name = prefix + name
        return Linear(tensors.get(f"{name}.weight", (n_out, n_in)), tensors.get(f"{name}.bias", (n_out,)))

    def norm(name: str) -> Norm:
        name = prefix + name
        return Norm(tensors.get(f"{name}.weight", (hidden,)), tensors.get(f"{name}.bias", (hidden,)))

    def layer(number: int) -> Layer:
        name = f"encoder.layer.{number}"
        return Layer(
            query=linear(f"{name}.attention.self.query", hidden, hidden),
            key=linear(f"{name}.attention.self.key", hidden, hidden),
            value=linear(f"{name}.attention.self.value", hidden, hidden),
            attended=linear(f"{name}.attention.output.dense", hidden, hidden),
            attended_norm=norm(f"{name}.attention.output.LayerNorm"),
            inner=linear(f"{name}.intermediate.dense", inner, hidden),
            outer=linear(f"{name}.output.dense", hidden, inner),
            outer_norm=norm(f"{name}.output.LayerNorm"),
        )

    positions = tensors.get(f"{prefix}embeddings.position_embeddings.weight", (window, hidden))
    types = tensors.get(f"{prefix}embeddings.token_type_embeddings.weight")  # (types, hidden)
    words = tensors.get(f"{prefix}embeddings.word_embeddings.weight")
    if words.ndim != 2 or words.shape[1] != hidden or types.ndim != 2 or types.shape[1] != hidden:
        raise ModelError(f"{model.path}: the embeddings are not {hidden} wide, as config.json requires")
    if len(words) < n_tokens:
        raise ModelError(f"{model.path}: the tokenizer has {n_tokens} tokens, the weights have {len(words)}")
    n_words = config.get("vocab_size", 0)  # the tokenizer gives ids below it
    if not isinstance(n_words, int) or n_words > len(words):
        raise ModelError(
            f"{model.path}: config.json has vocab_size = {n_words!r}, the weights have {len(words)}"
        )
    return Bert(
        words=words,
        positions=positions[: model.layout.max_length] + types[0],
        norm=norm("embeddings.LayerNorm"),
        layers=tuple(layer(number) for number in range(n_layers)),
        n_heads=n_heads,
        epsilon=_epsilon(config, model),
        pooling=model.layout.pooling,
    )


def _epsilon(config: Mapping[str, Any], model: ModelFolder) -> float:
    value = config.get("layer_norm_eps", 1e-12)  # the default of BertConfig
    if not isinstance(value, int | float) or not 0 <= value < 1:
        raise ModelError(f"{model.path}: config.json has layer_norm_eps = {value!r}, no number from 0 to 1")
    return float(value)


def _size(config: Mapping[str, Any], key: str, model: ModelFolder) -> int:
    value = config.get(key)
    if not isinstance(value, int) or value < 1:
        raise ModelError(f"{model.path}: config.json has {key} = {value!r}, not a positive whole number")
    return value
