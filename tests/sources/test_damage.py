"""Each container, cut and damaged at many places: a SourceError in one line, or records, and nothing else."""

import random
import shutil
from pathlib import Path

import pytest

from dupfind.errors import SourceError
from dupfind.sources.open import open_source
from tests.support.containers import MADE
from tests.support.corpus import CONTAINERS, needs_corpus
from tests.support.paths import TRACKERS

FILES = [name for name in CONTAINERS if (TRACKERS / name).is_file() and name != "roundup/db/db"]
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
    said = ""
    try:
        for _ in open_source(str(path)):
            pass
    except SourceError as error:
        said = str(error)
    assert "\n" not in said


@needs_corpus
@pytest.mark.parametrize("container", [*FILES, *MADE])
def test_a_damaged_file_is_an_error_or_read(container: str, tmp_path: Path) -> None:
    (tmp_path / "made").mkdir()
    if container in MADE:
        MADE[container][1](tmp_path / "made")
    else:
        shutil.copy(TRACKERS / container, tmp_path / "made")
    rng = random.Random(container)
    for path in sorted(path for path in (tmp_path / "made").rglob("*") if path.is_file())[:3]:
        data = path.read_bytes()
        path.chmod(0o644)
        for _ in range(N_DAMAGES):
            path.write_bytes(damaged(data, rng))
            read(tmp_path / "made" if container in ("beads", "Backlog.md", "Stack Exchange") else path)
        path.write_bytes(data)
