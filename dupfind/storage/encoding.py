"""The encoding of an index: what decides its vectors."""

from dataclasses import dataclass

MAX_DIM = 1 << 16
"""Width of the widest vector; models have 384 to 8,192."""


@dataclass(frozen=True, slots=True)
class Encoding:
    """A model and a text version; together they decide every vector.

    Attributes:
        id: Its number in the database.
        model: The model's name for people.
        model_fingerprint: Hash of everything that decides the model's vectors.
        dim: Width of one embedding.
        model_folder: The model's files: a folder inside the collection, an absolute path, `model_copy.SHARED` for a
            model of the user's cache, or None.
        text_version: Version of the text composition.
        title_weight: Share of the title in a record's vector, 0 to 1.
    """

    id: int
    model: str
    model_fingerprint: str
    dim: int
    model_folder: str | None
    text_version: str
    title_weight: float
