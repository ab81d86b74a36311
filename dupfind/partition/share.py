"""A share of a divided run, such as 3 of 16, and what falls into it."""

from dataclasses import dataclass
from hashlib import blake2b
from typing import Self

from dupfind.errors import PartError

MAX_PARTS = 10_000
"""The largest number of parts of one run."""


@dataclass(frozen=True, slots=True)
class Share:
    """One share of a run.

    Attributes:
        number: From 1.
        of: The number of shares of the run.
    """

    number: int
    of: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a share such as "3/16".

        Raises:
            PartError: The text is no share.
        """
        number, slash, of = text.partition("/")
        if slash and all(part.isascii() and part.isdigit() and len(part) <= 5 for part in (number, of)):
            share = cls(int(number), int(of))
            if 1 <= share.number <= share.of <= MAX_PARTS:
                return share
        raise PartError(
            f"{text!r:.40} is no share of a run: pass one such as 3/16, from 1/16 to 16/16, of at most"
            f" {MAX_PARTS:,}"
        )

    def has(self, name: str) -> bool:
        """Return whether a name falls into this share, by its hash: into exactly one of a run."""
        return hash_of(name) % self.of == self.number - 1

    def has_place(self, place: int) -> bool:
        """Return whether the place of something in a list falls into this share."""
        return place % self.of == self.number - 1

    def __str__(self) -> str:
        """Return the share as a person writes it."""
        return f"{self.number}/{self.of}"


def hash_of(name: str) -> int:
    """Return the hash of a name, 64 bits, by which it falls into a share."""
    return int.from_bytes(blake2b(name.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big")
