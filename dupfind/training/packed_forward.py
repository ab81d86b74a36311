"""A step without padding: all texts of a batch side by side in rows, through BERT once.

A batch of titles is half padding, since the longest of them sets the width of all. Here the rows are as wide as the
longest text, or 64 tokens, short texts share one, and each token sees those of its own text alone. The vectors
are those of the padded batch (to 1e-6, dropout aside), so that a recipe means the same.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from dupfind.encoders.load import Vectors
from dupfind.encoders.packing import pack

_ROOM = 64  # tokens in a row of short texts
_MULTIPLE = 16
_TEXTS = 64
"""Texts that are encoded at a time."""


class _Grid(NamedTuple):
    """Where the tokens of some texts lie in rows: (rows, width) arrays, and (tokens,) the way back."""

    source: NDArray[np.int64]
    owner: NDArray[np.int64]
    positions: NDArray[np.int64]
    places: NDArray[np.int64]


def vectors(model: Any, columns: Sequence[dict[str, torch.Tensor]]) -> list[torch.Tensor]:
    """Encode the columns of a batch together.

    Args:
        model: A SentenceTransformer whose first module is a BERT with absolute positions.
        columns: For each column what the tokenizer gives: input_ids and attention_mask, (n, longest).

    Returns:
        For each column (n, dim), with a gradient.
    """
    lengths = torch.cat([column["attention_mask"].sum(1) for column in columns])
    ids = torch.cat([column["input_ids"][column["attention_mask"].bool()] for column in columns])
    grid = _laid_out(lengths.numpy())
    owner = torch.from_numpy(grid.owner)
    seen = owner[:, None, :, None] == owner[:, None, None, :]
    made = model[0].model(
        input_ids=ids[torch.from_numpy(grid.source)],
        attention_mask=seen,
        position_ids=torch.from_numpy(grid.positions),
    )
    flat = made.last_hidden_state.flatten(0, 1)[torch.from_numpy(grid.places)]  # (tokens, hidden), as ids lie
    mask = torch.arange(int(lengths.max()))[None, :] < lengths[:, None]
    tokens = flat.new_zeros(*mask.shape, flat.shape[1]).masked_scatter(mask[..., None], flat)
    features = {"token_embeddings": tokens, "attention_mask": mask.long()}
    for module in list(model.children())[1:]:
        features = module(features)
    return list(features["sentence_embedding"].split([len(column["input_ids"]) for column in columns]))


def encode(model: Any, texts: Sequence[str]) -> Vectors:
    """Encode texts as the model stands, without dropout: (n, dim) float32."""
    was_training = model.training
    model.eval()
    order = sorted(range(len(texts)), key=lambda place: len(texts[place]))
    made = np.empty((len(texts), model.get_embedding_dimension()), np.float32)
    with torch.inference_mode():
        for start in range(0, len(order), _TEXTS):
            batch = order[start : start + _TEXTS]
            [found] = vectors(model, [model.preprocess([texts[place] for place in batch])])
            made[batch] = found.float().numpy()
    model.train(was_training)
    return made


@contextmanager
def answered(model: Any) -> Iterator[None]:
    """Let a loss that calls the model have the vectors that are among the features already."""
    before = model.forward
    model.forward = lambda features, **_: features
    try:
        yield
    finally:
        model.forward = before


def _laid_out(lengths: NDArray[np.int64]) -> _Grid:
    longest = int(lengths.max())
    rows = pack(lengths.tolist(), room=max(_ROOM, longest), multiple=_MULTIPLE)
    width = rows[0].width
    starts = np.cumsum(lengths) - lengths
    source, positions = np.zeros((len(rows), width), np.int64), np.zeros((len(rows), width), np.int64)
    owner, places = np.full((len(rows), width), -1, np.int64), np.zeros(int(lengths.sum()), np.int64)
    for number, row in enumerate(rows):
        at = 0
        for text in row.texts:
            start, length = starts[text], lengths[text]
            here = slice(at, at + length)
            source[number, here] = np.arange(start, start + length)
            positions[number, here] = np.arange(length)
            owner[number, here] = text
            places[start : start + length] = number * width + np.arange(at, at + length)
            at += length
    return _Grid(source, owner, positions, places)
