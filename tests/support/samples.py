"""What tests are made of: a small deterministic encoder, records, and unit vectors."""

import hashlib
import json
import re
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dupfind.decisions import Decision
from dupfind.records import Record
from dupfind.storage import decisions
from dupfind.storage.writer import Writer

NOW = datetime(2025, 1, 1, tzinfo=UTC)


class WordEncoder:
    """A text's vector is the sum of its words' random directions: shared words make near texts."""

    name = "words"
    engine = "test"

    def __init__(self, dim: int = 32, seed: int = 0) -> None:
        self.dim = dim
        self.fingerprint = f"words-{dim}-{seed}"
        self.seed = seed
        self._directions: dict[str, NDArray[np.float64]] = {}
        self.encoded: list[str] = []

    def encode(
        self, texts: Sequence[str], progress: Callable[[int], None] | None = None
    ) -> NDArray[np.float32]:
        self.encoded += texts
        vectors = np.zeros((len(texts), self.dim), dtype=np.float32)
        for row, text in enumerate(texts):
            for word in re.findall(r"\w+", text.lower()) or ["nothing"]:
                vectors[row] += self._direction(word)
        if progress is not None:
            progress(len(texts))
        return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True))

    def _direction(self, word: str) -> NDArray[np.float64]:
        if word not in self._directions:
            number = hashlib.blake2b(f"{self.seed}{word}".encode(), digest_size=4).digest()
            self._directions[word] = np.random.default_rng(int.from_bytes(number)).standard_normal(self.dim)
        return self._directions[word]


def unit(rows: Sequence[Sequence[float]] | NDArray[np.float64]) -> NDArray[np.float32]:
    """Rows of unit length."""
    array = np.asarray(rows, dtype=np.float32)
    return np.asarray(array / np.linalg.norm(array, axis=1, keepdims=True))


def random_units(n: int, dim: int, seed: int) -> NDArray[np.float32]:
    """n random directions."""
    return unit(np.random.default_rng(seed).standard_normal((n, dim)))


WORDS = [
    "crash",
    "start",
    "worker",
    "redis",
    "password",
    "percent",
    "login",
    "page",
    "slow",
    "query",
    "index",
    "memory",
    "leak",
    "disk",
    "full",
    "sync",
    "file",
]


def corpus(n: int, seed: int = 0) -> list[Record]:
    """Records of few words, so that many are near: every third without a body, two projects, two states."""
    rng = np.random.default_rng(seed)
    return [
        record(
            str(i),
            " ".join(rng.choice(WORDS, 4)),
            " ".join(rng.choice(WORDS, 12)) if i % 3 else "",
            state="open" if i % 2 else "closed",
            project="a" if i % 5 else "b",
            created=datetime(2024, 1, 1 + i % 28, tzinfo=UTC),
        )
        for i in range(n)
    ]


def record(id: str, title: str, body: str = "", **more: object) -> Record:
    """A record, with fewer words."""
    return Record(id=id, title=title, body=body, **more)  # type: ignore[arg-type]


class Ran(NamedTuple):
    """What a command did."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output, parsed."""
        return json.loads(self.out)


Command = Callable[..., Ran]


def decide(index: Path, first: str, second: str, answer: str, *, who: str = "ann") -> None:
    """Let a person decide on two records of an index, by their ids."""
    with closing(Writer.open(index / "dupfind.db")) as writer:
        [(_, one)], [(_, other)] = writer.find(first), writer.find(second)
        decisions.keep(writer, [Decision.of(one, other, answer, decided=NOW, who=who)])
