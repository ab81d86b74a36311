import bz2
import gzip
import io
import lzma
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from backports import zstd

from dupfind.errors import SourceError
from dupfind.sources.files import compression
from dupfind.sources.open import open_source

pytestmark = pytest.mark.slow

LINES = b"".join(b'{"id": %d, "title": "t%d"}\n' % (n, n * 7919) for n in range(5_000))
PACK: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "zstd": zstd.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
}
kinds = pytest.mark.parametrize("kind", PACK)


def written(tmp_path: Path, data: bytes) -> str:
    path = tmp_path / "a.data"
    path.write_bytes(data)
    return str(path)


@kinds
def test_a_packed_file_is_read_as_what_is_in_it(tmp_path: Path, kind: str) -> None:
    source = open_source(written(tmp_path, PACK[kind](LINES)))
    assert (source.kind, source.total) == ("jsonl", 5_000)
    assert [record.id for record in source][-1] == "4999"


@kinds
def test_a_packed_stream_is_read_from_standard_input(kind: str) -> None:
    assert len(list(open_source("-", stdin=io.BytesIO(PACK[kind](LINES))))) == 5_000


def test_standard_input_stays_open() -> None:
    stream = io.BytesIO(LINES)
    assert len(list(open_source("-", stdin=stream))) == 5_000
    assert not stream.closed


@kinds
def test_files_packed_after_each_other_are_one(tmp_path: Path, kind: str) -> None:
    data = PACK[kind](LINES[:27]) + PACK[kind](LINES[27:])
    assert open_source(written(tmp_path, data)).total == 5_000


@kinds
def test_a_file_that_is_cut_keeps_what_was_read_before(tmp_path: Path, kind: str) -> None:
    noisy = b"".join(
        b'{"id": %d, "title": "%s"}\n' % (n, bytes(str(hash((n, 1))), "ascii")) for n in range(60_000)
    )
    data = PACK[kind](noisy)
    path = written(tmp_path, data[: len(data) * 9 // 10])
    read: list[str] = []
    with pytest.raises(SourceError, match=r"a\.data ends in the middle of its|a\.data is damaged"):
        read.extend(record.id for record in open_source(path))
    assert len(read) > 15_000


@kinds
def test_a_damaged_file_is_named(tmp_path: Path, kind: str) -> None:
    data = bytearray(PACK[kind](LINES))
    data[len(data) // 2 : len(data) // 2 + 40] = b"\x5a" * 40
    with pytest.raises(SourceError, match=r"a\.data (is damaged|ends in the middle|, line)|a\.data, line"):
        list(open_source(written(tmp_path, bytes(data))))


@kinds
def test_a_bomb_is_not_unpacked_to_its_end(
    tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compression, "FREE", 1_000_000)
    path = written(tmp_path, PACK[kind](b"[" + b" " * 300_000_000))
    pieces: list[bytes] = []
    with (
        compression.open_binary(Path(path)) as file,
        pytest.raises(SourceError, match="more than 200 times its size"),
    ):
        pieces.extend(iter(partial(file.read, 100_000), b""))
    assert sum(map(len, pieces)) < 100_000_000


def test_what_is_small_may_grow_by_any_ratio(tmp_path: Path) -> None:
    text = b'[{"id": 1, "title": "a", "body": "' + b"x" * 20_000_000 + b'"}]'
    [record] = open_source(written(tmp_path, gzip.compress(text)))
    assert len(record.body) == 20_000_000
