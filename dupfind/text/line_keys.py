"""The keys of a record's lines as hashes: those that are counted, and those on which its composed text depends."""

import hashlib
import struct
from collections.abc import Container, Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LineKeys:
    """The keys of one record's lines, as `hashes` packs them.

    A text depends on the boilerplate only by the answers to the keys that its composition looked up. So it is up to
    date as long as `left_out` are those of `asked` that are boilerplate.

    Attributes:
        counted: Keys from which boilerplate is learned; they follow from the record alone.
        asked: Keys that the composition looked up.
        left_out: Those of them that were boilerplate.
    """

    counted: bytes
    asked: bytes
    left_out: bytes

    @classmethod
    def of(cls, counted: Iterable[str], asked: Iterable[str], boilerplate: Container[str]) -> "LineKeys":
        """Hash the keys of a record that was composed with some boilerplate."""
        known, looked_up = set(counted), set(asked)
        numbers = {key: key_hash(key) for key in known | looked_up}
        return cls(
            _packed(numbers[key] for key in known),
            _packed(numbers[key] for key in looked_up),
            _packed(numbers[key] for key in looked_up if key in boilerplate),
        )


def hashes(keys: Iterable[str]) -> bytes:
    """Return the hashes of keys in order, each once, as little-endian uint64."""
    return _packed(map(key_hash, keys))


def _packed(each: Iterable[int]) -> bytes:
    numbers = sorted(set(each))
    return struct.pack(f"<{len(numbers)}Q", *numbers)


def key_hash(key: str) -> int:
    """Return the BLAKE2b-64 of a key."""
    return int.from_bytes(hashlib.blake2b(key.encode(), digest_size=8).digest(), "little")
