import io
from pathlib import Path

import pytest

from dupfind.sources.files import text_file


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_a_text_is_read_in_any_common_encoding(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes("título – café\n".encode(encoding))
    with text_file.open_text(path) as file:
        assert file.read() == "título – café\n"


@pytest.mark.parametrize(("bom", "encoding"), [(b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")])
def test_utf_16_is_known_by_its_mark_in_either_order(tmp_path: Path, bom: bytes, encoding: str) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(bom + "日本\n".encode(encoding))
    with text_file.open_text(path) as file:
        assert file.read() == "日本\n"


def test_a_file_of_two_encodings_is_read_in_one_pass(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes("café ".encode() + "café".encode("cp1252") + b" \x81")
    with text_file.open_text(path) as file:
        assert file.read() == "café café \ufffd"


def test_a_stream_is_read_alike() -> None:
    stream = io.BufferedReader(io.BytesIO(b"\xef\xbb\xbfcaf\xe9\n"))
    assert text_file.decode(stream).read() == "café\n"


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_its_mark_is_known_by_zero_bytes(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes("id,title\n".encode(encoding))
    with text_file.open_text(path) as file:
        assert file.read() == "id,title\n"


def test_only_a_newline_ends_a_line(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes("a\u2028b\x0cc\r\nd".encode())
    with text_file.open_text(path) as file:
        assert list(file) == ["a\u2028b\x0cc\r\n", "d"]
