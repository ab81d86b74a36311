"""A training step without padding: all texts of a batch are packed into rows, and go through BERT once.

A padded batch of titles is half padding, since the longest one sets the width of all. Here rows are as wide as the
longest text, at least 64 tokens. Short texts share a row, and each token attends only to its own text. The vectors
equal those of the padded batch (to 1e-6, dropout aside), so that a recipe means the same.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from dupfind.encoders.load import Vectors
from dupfind.encoders.packing import pack

_ROW_WIDTH = 64  # tokens in a row of short texts
_MULTIPLE = 16  # as in torch_engine: CPU attention is slow for other widths
_N_TEXTS = 64  # encoded at a time


class _Grid(NamedTuple):
    """The layout of some texts in rows.

    Attributes:
        source: (rows, width) for each cell the index of its token among all tokens; 0 in empty cells.
        owner: (rows, width) the text of each cell; -1 in empty cells.
        positions: (rows, width) the position of each token in its text.
        places: (tokens,) the flat index of each token's cell.
    """

    source: NDArray[np.int64]
    owner: NDArray[np.int64]
    positions: NDArray[np.int64]
    places: NDArray[np.int64]


def vectors(model: Any, columns: Sequence[dict[str, torch.Tensor]]) -> list[torch.Tensor]:
    """Encode the columns of a batch together.

    Args:
        model: A SentenceTransformer whose first module is a BERT with absolute positions.
        columns: For each column the tokenizer's output: input_ids and attention_mask, (n, longest).

    Returns:
        For each column (n, dim), with a gradient.
    """
    lengths = torch.cat([column["attention_mask"].sum(1) for column in columns])  # (texts,)
    ids = torch.cat([column["input_ids"][column["attention_mask"].bool()] for column in columns])  # (tokens,)
    grid = _layout(lengths.numpy())
    owner = torch.from_numpy(grid.owner)
    attends = owner[:, None, :, None] == owner[:, None, None, :]  # (rows, 1, width, width)
    output = model[0].model(
        input_ids=ids[torch.from_numpy(grid.source)],
        attention_mask=attends,  # transformers uses a mask of 4 dimensions as it is
        position_ids=torch.from_numpy(grid.positions),
    )
    flat = output.last_hidden_state.flatten(0, 1)[
        torch.from_numpy(grid.places)
    ]  # (tokens, hidden), in the order of ids
    # Back to a padded batch, (texts, longest, hidden), for pooling and the modules after it.
    mask = torch.arange(int(lengths.max()))[None, :] < lengths[:, None]  # (texts, longest)
    tokens = flat.new_zeros(*mask.shape, flat.shape[1]).masked_scatter(mask[..., None], flat)
    features = {"token_embeddings": tokens, "attention_mask": mask.long()}
    for module in list(model.children())[1:]:
        features = module(features)
    return list(features["sentence_embedding"].split([len(column["input_ids"]) for column in columns]))


def encode(model: Any, texts: Sequence[str]) -> Vectors:
    """Encode texts with the present weights, without dropout: (n, dim) float32."""
    was_training = model.training
    model.eval()
    order = sorted(range(len(texts)), key=lambda place: len(texts[place]))
    encoded = np.empty((len(texts), model.get_embedding_dimension()), np.float32)
    with torch.inference_mode():
        for start in range(0, len(order), _N_TEXTS):
            batch = order[start : start + _N_TEXTS]
            [column] = vectors(model, [model.preprocess([texts[place] for place in batch])])
            encoded[batch] = column.float().numpy()
    model.train(was_training)
    return encoded


@contextmanager
def precomputed(model: Any) -> Iterator[None]:
    """Make the model return its input within the context: a loss finds the vectors among the features."""
    forward = model.forward
    model.forward = lambda features, **_: features
    try:
        yield
    finally:
        model.forward = forward


def _layout(lengths: NDArray[np.int64]) -> _Grid:
    longest = int(lengths.max())
    rows = pack(lengths.tolist(), room=max(_ROW_WIDTH, longest), multiple=_MULTIPLE)
    width = rows[0].width  # rows come widest first
    starts = np.cumsum(lengths) - lengths  # (texts,) first token of each text
    source, positions = np.zeros((len(rows), width), np.int64), np.zeros((len(rows), width), np.int64)
    owner, places = np.full((len(rows), width), -1, np.int64), np.zeros(int(lengths.sum()), np.int64)
    for number, row in enumerate(rows):
        at = 0  # the next free cell of the row
        for text in row.texts:
            start, length = starts[text], lengths[text]
            cells = slice(at, at + length)
            source[number, cells] = np.arange(start, start + length)
            positions[number, cells] = np.arange(length)
            owner[number, cells] = text
            places[start : start + length] = number * width + np.arange(at, at + length)
            at += length
    return _Grid(source, owner, positions, places)
