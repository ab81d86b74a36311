"""Each container, cut and damaged at many places: a SourceError in one line, or records, and nothing else."""

import random
from pathlib import Path

import pytest

from dupfind.errors import SourceError
from dupfind.sources.open import open_source
from tests.support.containers import CONTAINERS

FOLDERS = (
    *("beads", "Backlog.md", "Stack Exchange", "roundup", "files-frontmatter"),
    *("GitHub's archive", "issues with events", "GitLab's export"),
)
N_DAMAGES = 25


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


def read(path: Path) -> None:
    message = ""
    try:
        for _ in open_source(str(path)):
            pass
    except SourceError as error:
        message = str(error)
    assert "\n" not in message


@pytest.mark.parametrize("container", CONTAINERS)
def test_a_damaged_file_is_an_error_or_read(container: str, tmp_path: Path) -> None:
    opened = CONTAINERS[container].build(tmp_path)
    rng = random.Random(container)
    for path in sorted(path for path in tmp_path.rglob("*") if path.is_file())[:3]:
        data = path.read_bytes()
        for _ in range(N_DAMAGES):
            path.write_bytes(damaged(data, rng))
            read(opened if container in FOLDERS else path)
        path.write_bytes(data)
