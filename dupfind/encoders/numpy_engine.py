"""The numpy engine: BERT's forward pass over the mapped weights, for one-off commands without torch."""

from collections.abc import Sequence
from functools import partial

import numpy as np

from dupfind.encoders.bert import Bert, Linear, Norm, load_bert
from dupfind.encoders.model_encoder import Deliver
from dupfind.encoders.model_folder import ModelFolder
from dupfind.encoders.packing import Batch, Group, alone, batches
from dupfind.encoders.safetensors_file import Array
from dupfind.encoders.threads import n_threads, run_batches
from dupfind.encoders.tokenizer import ModelTokenizer
from dupfind.vectors.blas import one_blas_thread, row_tile

_BUDGET = 1024  # tokens a batch; its activations fit in a core's cache
_LEAST = 128  # tokens a batch; smaller products do not gain from a second core
_BLOCK = 16_384  # numbers that stay in the cache between the steps of GELU


class NumpyEngine:
    """Runs a BERT in numpy alone; the vectors agree with fp32 torch's to seven digits."""

    name = "numpy"
    window = 4096

    def __init__(self, model: ModelFolder, threads: int | None = None) -> None:
        """Map the weights and load the tokenizer; only the parts of the file that are used are read.

        Args:
            model: A plain BERT.
            threads: Threads that take batches; None for one a core. A single text is one batch.

        Raises:
            ModelError: The model is no plain BERT, or damaged.
        """
        self._threads = n_threads(threads)
        self.tokenizer = ModelTokenizer(model)
        self._bert = load_bert(model, self.tokenizer.n_tokens)
        self._tile = row_tile(self._bert.layers[0].query.weight)
        self.dim = self._bert.dim

    def run(self, texts: Sequence[str], deliver: Deliver) -> None:
        """Encode a window of texts, as `Engine.run`."""
        ids = self.tokenizer.ids(texts, parallel=self._threads > 1)
        rows = alone([len(each) for each in ids], self._tile)
        # A few texts are shared out over the threads, too.
        budget = min(_BUDGET, max(_LEAST, -(-sum(row.width for row in rows) // self._threads)))
        with one_blas_thread():
            run_batches(partial(forward, self._bert), batches(rows, ids, budget), deliver, self._threads)


def forward(bert: Bert, batch: Batch) -> Array:
    """Run the encoder over a batch.

    Returns:
        (n, dim) float32, unit length, a vector for each of the batch's texts in its order.
    """
    x = bert.words[batch.ids] + bert.positions[batch.positions]  # (tokens, hidden)
    _normalise(x, bert.norm, bert.epsilon)
    masks = [_mask(group) for group in batch.groups]  # the same for all layers
    for layer in bert.layers:
        # (tokens, hidden) each
        query, key, value = (_linear(x, each) for each in (layer.query, layer.key, layer.value))
        query *= np.float32((bert.dim // bert.n_heads) ** -0.5)
        attended = np.zeros_like(x)
        for group, mask in zip(batch.groups, masks, strict=True):
            _attend(query, key, value, bert.n_heads, group, mask, attended)
        x += _linear(attended, layer.attended)
        _normalise(x, layer.attended_norm, bert.epsilon)
        inner = _linear(x, layer.inner)  # (tokens, inner)
        gelu(inner)
        x += _linear(inner, layer.outer)
        _normalise(x, layer.outer_norm, bert.epsilon)
    pooled = _pool(x, batch, bert.pooling)  # (n, hidden)
    pooled /= np.maximum(np.linalg.norm(pooled, axis=1, keepdims=True), np.float32(1e-12))
    return pooled


def gelu(x: Array) -> None:
    """Turn x into x * Phi(x) in place, to 5e-7.

    The error function is formula 7.1.26 of Abramowitz and Stegun (1964), 1.5e-7 off at most.
    """
    flat = x.reshape(-1)
    for start in range(0, flat.size, _BLOCK):
        block = flat[start : start + _BLOCK]
        size = np.abs(block)
        z = size * np.float32(0.5**0.5)
        t = 1 / (np.float32(0.3275911) * z + 1)
        tail = np.float32(1.061405429) * t  # a polynomial of degree 5 in t, by Horner's rule
        for factor in (-1.453152027, 1.421413741, -0.284496736, 0.254829592):
            tail += np.float32(factor)
            tail *= t
        tail *= np.exp(-z * z)  # 1 - erf(|x| / sqrt 2)
        # x * Phi(x) = (x + |x| erf(|x| / sqrt 2)) / 2
        block += size * (1 - tail)
        block *= np.float32(0.5)


def _linear(x: Array, linear: Linear) -> Array:
    """(tokens, in) -> (tokens, out)."""
    y: Array = x @ linear.weight.T
    y += linear.bias
    return y


def _normalise(x: Array, norm: Norm, epsilon: float) -> None:
    """Layer normalisation of (tokens, hidden) in place."""
    x -= x.mean(axis=1, keepdims=True)
    # (tokens, 1); einsum makes no array of the squares.
    variance = np.einsum("ij,ij->i", x, x)[:, None] / np.float32(x.shape[1])
    x /= np.sqrt(variance + np.float32(epsilon))
    x *= norm.scale
    x += norm.shift


def _attend(
    query: Array, key: Array, value: Array, n_heads: int, group: Group, mask: Array | None, out: Array
) -> None:
    """Self-attention within each text; query, key, value and `out` are (tokens, hidden)."""
    part = slice(group.start, group.start + group.n_rows * group.width)

    def heads(each: Array) -> Array:  # (tokens, hidden) -> (rows, heads, width, hidden / heads), a view
        return each[part].reshape(group.n_rows, group.width, n_heads, -1).transpose(0, 2, 1, 3)

    weights = np.matmul(heads(query), heads(key).swapaxes(2, 3))  # (rows, heads, width, width)
    if mask is not None:
        weights += mask
    weights -= weights.max(axis=3, keepdims=True)  # so that exp cannot overflow
    np.exp(weights, out=weights)
    weights /= weights.sum(axis=3, keepdims=True)
    heads(out)[...] = np.matmul(weights, heads(value))


def _mask(group: Group) -> Array | None:
    """(rows, 1, width, width): 0 where two tokens are of one text (padding counts as one), else -inf."""
    if group.segments is None:
        return None
    apart = group.segments[:, None, :, None] != group.segments[:, None, None, :]
    # No row is all -inf, which softmax would turn into NaN: padding attends to padding.
    return np.where(apart, np.float32(-np.inf), np.float32(0))


def _pool(x: Array, batch: Batch, pooling: str) -> Array:
    """(tokens, hidden) -> (n, hidden): the mean, the maximum, or the first of each text's tokens."""
    if pooling == "cls":
        return x[batch.starts]
    # Each text's slice and the gap after it, which [::2] drops; an empty last gap would start past the end.
    edges = np.stack([batch.starts, batch.starts + batch.lengths], axis=1).reshape(-1)  # (2 * n,)
    edges = edges[:-1] if edges[-1] == len(x) else edges
    if pooling == "max":
        return np.maximum.reduceat(x, edges, axis=0)[::2]
    pooled: Array = np.add.reduceat(x, edges, axis=0)[::2]
    pooled /= batch.lengths[:, None].astype(np.float32)
    return pooled
