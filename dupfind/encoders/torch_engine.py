"""The torch engine: BERT's forward pass in bulk, over the same weights as the numpy engine."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np
import torch
from torch.nn import functional

from dupfind.encoders.bert import Bert, Linear, Norm, load_bert
from dupfind.encoders.devices import choose_device, choose_precision, engine_name, torch_threads
from dupfind.encoders.encoder import QUERY_TEXTS
from dupfind.encoders.model_encoder import Deliver
from dupfind.encoders.model_folder import ModelFolder
from dupfind.encoders.packing import Batch, Group, alone, batches, lay_out, pack
from dupfind.encoders.safetensors_file import Array
from dupfind.encoders.threads import n_threads, run_batches
from dupfind.encoders.tokenizer import Ids, ModelTokenizer
from dupfind.errors import ModelError

_CPU_BUDGET = 1024  # tokens a batch; its activations fit in a core's L2 cache
_CUDA_BUDGET = 65_536
_ROOM = 64  # tokens in a row of short texts
_MULTIPLE = 16  # torch's CPU attention takes twice as long for other widths


_Product = Callable[[torch.Tensor], torch.Tensor]
"""A linear layer: (n, in) -> (n, out)."""


class _Layer(NamedTuple):
    """A layer on the device: linear layers in the engine's precision, norms in float32."""

    projected: _Product
    attended: _Product
    attended_norm: tuple[torch.Tensor, torch.Tensor]
    inner: _Product
    outer: _Product
    outer_norm: tuple[torch.Tensor, torch.Tensor]


class TorchEngine:
    """Runs a BERT in torch: no padding, and one product for query, key and value.

    Products and attention may be bfloat16; the residual, normalisation and pooling
    stay float32. That halves the largest change of a score (.0055 to .0033 over 1,500 titles).
    """

    window = 8192

    def __init__(
        self, model: ModelFolder, device: str = "auto", threads: int | None = None, precision: str = "auto"
    ) -> None:
        """Load a model.

        Args:
            model: A plain BERT.
            device: "auto", "cpu" or "cuda".
            threads: Threads of the CPU that take batches; None for one a core. On CUDA only for tokenising.
            precision: "auto", "fp32" or "bf16".

        Raises:
            ModelError: The model is no plain BERT or damaged, or the device is missing.
        """
        self._device = choose_device(device)
        dtype = choose_precision(precision, self._device)
        self._threads = n_threads(threads)
        self._budget = _CUDA_BUDGET if self._device.type == "cuda" else _CPU_BUDGET
        self.tokenizer = ModelTokenizer(model)
        self._net = _Net(load_bert(model, self.tokenizer.n_tokens), self._device, dtype)
        self.name = engine_name(self._device, dtype)
        self.dim = self._net.dim

    def run(self, texts: Sequence[str], deliver: Deliver) -> None:
        """Encode a window of texts, as `Engine.run`.

        Raises:
            ModelError: The device's memory does not hold one text.
        """
        ids = self.tokenizer.ids(texts, parallel=self._threads > 1)
        is_cpu = self._device.type == "cpu"
        lengths = [len(each) for each in ids]
        rows = alone(lengths, _MULTIPLE) if is_cpu else pack(lengths, room=_ROOM, multiple=_MULTIPLE)
        threads = self._threads if is_cpu else 1
        with torch_threads(1):
            run_batches(
                partial(self._net_or_halves, ids=ids),
                # On the CPU a product of fewer rows is rounded in another way, so that all have as many. A query waits.
                batches(rows, ids, self._budget, self._budget if is_cpu and len(texts) > QUERY_TEXTS else 1),
                deliver,
                threads,
                partial(torch.set_num_threads, 1),  # OpenMP keeps its limit per thread
            )

    def _net_or_halves(self, batch: Batch, ids: Sequence[Ids]) -> Array:
        """Run a batch; if the device's memory does not hold it, run its halves, down to one text."""
        try:
            return self._net(batch)
        except torch.OutOfMemoryError as error:
            if len(batch.texts) == 1:
                raise ModelError(
                    f"the memory of {self._device} does not hold one text of {batch.lengths[0]} tokens: "
                    "close other programs that use it, or pass --device cpu"
                ) from error
        # Outside the except clause: the error holds the tensors of the failed run.
        if self._device.type == "cuda":
            torch.cuda.empty_cache()
        self._budget = max(_CPU_BUDGET, min(self._budget, len(batch.ids) // 2))  # for the windows that follow
        vectors = np.empty((len(batch.texts), self.dim), dtype=np.float32)
        half = len(batch.texts) // 2
        for part in (slice(None, half), slice(half, None)):
            part_ids = [ids[text] for text in batch.texts[part]]
            rows = pack([len(each) for each in part_ids], room=_ROOM, multiple=_MULTIPLE)
            smaller = lay_out(rows, part_ids)
            vectors[part][smaller.texts] = self._net_or_halves(smaller, part_ids)
        return vectors


class _Net:
    """The forward pass."""

    def __init__(self, bert: Bert, device: torch.device, dtype: torch.dtype) -> None:
        def put(*arrays: Array, dtype: torch.dtype = torch.float32) -> torch.Tensor:
            joined = torch.from_numpy(arrays[0] if len(arrays) == 1 else np.concatenate(arrays))
            # In float32 on the CPU this copies nothing: a single array stays the mapped file.
            return joined.to(device=device, dtype=dtype)

        def linear(*parts: Linear, gelu: bool = False) -> _Product:
            weight, bias = (
                put(*(getattr(p, name) for p in parts), dtype=dtype) for name in ("weight", "bias")
            )
            if gelu:
                return lambda x: functional.gelu(functional.linear(x, weight, bias))
            return lambda x: functional.linear(x, weight, bias)

        def norm(part: Norm) -> tuple[torch.Tensor, torch.Tensor]:
            return put(part.scale), put(part.shift)

        self.dim = bert.dim
        self._device, self._dtype = device, dtype
        self._n_heads, self._epsilon, self._pooling = bert.n_heads, bert.epsilon, bert.pooling
        self._words, self._positions, self._norm = put(bert.words), put(bert.positions), norm(bert.norm)
        self._layers = [
            _Layer(
                projected=linear(layer.query, layer.key, layer.value),
                attended=linear(layer.attended),
                attended_norm=norm(layer.attended_norm),
                inner=linear(layer.inner, gelu=True),
                outer=linear(layer.outer),
                outer_norm=norm(layer.outer_norm),
            )
            for layer in bert.layers
        ]

    @torch.inference_mode()
    def __call__(self, batch: Batch) -> Array:
        """Return (n, dim) float32 of unit length, a vector for each of the batch's texts in its order."""
        ids, positions = (torch.from_numpy(each).to(self._device) for each in (batch.ids, batch.positions))
        masks = [self._mask(group) for group in batch.groups]
        x = self._normalise(self._words[ids].add_(self._positions[positions]), self._norm)  # (tokens, hidden)
        for layer in self._layers:
            # (tokens, hidden) in the engine's precision; x stays float32.
            attended = self._attend(layer.projected(x.to(self._dtype)), batch.groups, masks)
            x = self._normalise(x.add_(layer.attended(attended)), layer.attended_norm)
            inner = layer.inner(x.to(self._dtype))  # (tokens, inner)
            x = self._normalise(x.add_(layer.outer(inner)), layer.outer_norm)
        vectors: Array = functional.normalize(self._pool(x, batch)).cpu().numpy()
        return vectors

    def _normalise(self, x: torch.Tensor, norm: tuple[torch.Tensor, torch.Tensor]) -> torch.Tensor:
        return functional.layer_norm(x, (self.dim,), *norm, self._epsilon)

    def _attend(
        self, projected: torch.Tensor, groups: Sequence[Group], masks: Sequence[torch.Tensor | None]
    ) -> torch.Tensor:
        """(tokens, 3 * hidden) -> (tokens, hidden): self-attention within each text."""
        parts = []
        for group, mask in zip(groups, masks, strict=True):
            part = projected[group.start : group.start + group.n_rows * group.width]
            split = part.view(group.n_rows, group.width, 3, self._n_heads, -1)
            # (rows, heads, width, hidden / heads) each, views
            query, key, value = split.permute(2, 0, 3, 1, 4).unbind(0)
            out = functional.scaled_dot_product_attention(query, key, value, attn_mask=mask)
            parts.append(out.transpose(1, 2).reshape(-1, self.dim))
        n_padding = len(projected) - sum(group.n_rows * group.width for group in groups)
        if n_padding:
            parts.append(projected.new_zeros(n_padding, self.dim))
        return parts[0] if len(parts) == 1 else torch.cat(parts)

    def _mask(self, group: Group) -> torch.Tensor | None:
        """(rows, 1, width, width): 0 where two tokens are of one text (padding counts as one), else -inf."""
        if group.segments is None:
            return None
        segments = torch.from_numpy(group.segments).to(self._device)
        apart = segments[:, None, :, None] != segments[:, None, None, :]
        # scaled_dot_product_attention requires a mask in the precision of the query.
        return torch.zeros(apart.shape, dtype=self._dtype, device=self._device).masked_fill_(
            apart, float("-inf")
        )

    def _pool(self, x: torch.Tensor, batch: Batch) -> torch.Tensor:
        """(tokens, hidden) -> (n, hidden): the mean, the maximum, or the first of each text's tokens."""
        starts = torch.from_numpy(batch.starts).to(self._device)
        if self._pooling == "cls":
            return x[starts]
        # Each text's length and that of the gap after it, which [::2] drops.
        ends = np.append(batch.starts[1:], len(batch.ids))
        gaps = ends - batch.starts - batch.lengths
        lengths = torch.from_numpy(np.stack([batch.lengths, gaps], axis=1).reshape(-1)).to(self._device)
        # unsafe skips a check of the lengths; texts and gaps together are all tokens.
        return torch.segment_reduce(x, self._pooling, lengths=lengths, unsafe=True)[::2]
