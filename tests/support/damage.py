"""Damage the bytes of a file in a way that a seed decides, as accidents and half-written files do."""

import random
from pathlib import Path

from dupfind.errors import SourceError
from dupfind.sources.open import open_source

FOLDERS = (
    *("beads", "Backlog.md", "Stack Exchange", "roundup", "files-frontmatter"),
    *("GitHub's archive", "issues with events", "GitLab's export"),
)
"""The containers that are opened as folders."""

SECTOR = 512


def damaged(data: bytes, rng: random.Random) -> bytes:
    """The bytes cut, or with a few of them replaced, doubled or left out."""
    at = rng.randrange(len(data))
    size = rng.choice((1, 1, 3, 40))
    noise = bytes(rng.choices(b'\0\xff{}[]"<>,;\n#-:x', k=size))
    return rng.choice(
        (
            data[:at],
            data[:at] + noise + data[at + size :],
            data[:at] + noise + data[at:],
            data[:at] + data[at + size :],
            data[:at] + data[at : at + size] * 50 + data[at:],
        )
    )


def damaged_disk(data: bytes, rng: random.Random) -> bytes:
    """The bytes as a disk damages them: bits flipped, sectors zeroed, exchanged or lost, or all of them gone."""
    at = rng.randrange(len(data))
    sector = at - at % SECTOR
    other = rng.randrange(0, len(data), SECTOR)
    kind = rng.randrange(6)
    changed = bytearray(data)
    if kind == 0:
        changed[at] ^= 1 << rng.randrange(8)
    elif kind == 1:
        changed[sector : sector + SECTOR] = bytes(len(changed[sector : sector + SECTOR]))
    elif kind == 2:
        a, b = data[sector : sector + SECTOR], data[other : other + SECTOR]
        changed[sector : sector + len(b)], changed[other : other + len(a)] = b, a
    elif kind == 3:
        del changed[sector : sector + SECTOR]
    elif kind == 4:
        changed[sector : sector + SECTOR] = rng.randbytes(len(changed[sector : sector + SECTOR]))
    else:
        changed.clear()
    return bytes(changed)


def read(path: Path) -> None:
    """Read a source that may be damaged: an error of one line, or records."""
    message = ""
    try:
        for _ in open_source(str(path)):
            pass
    except SourceError as error:
        message = str(error)
    assert "\n" not in message
