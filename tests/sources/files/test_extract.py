"""Standard input of every kind, and archives: read from a copy that is gone afterwards, and bombs that are not."""

import gc
import gzip
import io
import json
import os
import resource
import stat
import struct
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from zipfile import ZIP_BZIP2, ZIP_DEFLATED, ZIP_LZMA, ZIP_STORED, ZipFile, ZipInfo

import pytest
from backports import zstd

from dupfind.errors import SourceError
from dupfind.sources.files import extract
from dupfind.sources.files.compression import FREE
from dupfind.sources.open import Mapping, open_source
from tests.support import json_containers
from tests.support.containers import CONTAINERS
from tests.support.corpus import corpus_issues

pytestmark = pytest.mark.slow

CSV = b"id;title;body\n1;caf\xe9;x\n2;b;y\n"


@pytest.fixture(autouse=True)
def copied_to(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The place of the copies, of which nothing is left."""
    place = tmp_path_factory.mktemp("copies")
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    yield place
    gc.collect()
    assert list(place.iterdir()) == []


def archive(path: Path, files: dict[str, bytes], compression: int = ZIP_DEFLATED) -> Path:
    with ZipFile(path, "w", compression) as file:
        for name, content in files.items():
            file.writestr(name, content)
    return path


NOT_ONE_FILE = (
    *("beads", "Backlog.md", "files-frontmatter", "roundup", "roundup/db/db"),
    *("GitHub's archive", "issues with events", "GitLab's export"),
)
NEXT_TO_OTHERS = ("Stack Exchange", "GitHub compressed", "github-rest-issues.json", "Bitbucket")
"""Containers whose marks stand in other files, or in a part that a stream has not reached."""


@pytest.mark.parametrize("container", [name for name in CONTAINERS if name not in NOT_ONE_FILE])
def test_a_file_comes_in_on_standard_input_as_from_its_place(container: str, tmp_path: Path) -> None:
    kind, build = CONTAINERS[container]
    path = build(tmp_path)
    with (path / "Posts.xml" if path.is_dir() else path).open("rb") as stream:
        piped = open_source("-", stdin=stream)
        assert (piped.kind, piped.name, piped.location) == (kind, "stdin", "-")
        records = list(piped)
    assert sorted(record.title for record in records) == sorted(issue["title"] for issue in corpus_issues())
    if container not in NEXT_TO_OTHERS:
        duplicates = {record.ref: record.duplicate_of for record in records}
        assert duplicates == {record.ref: record.duplicate_of for record in open_source(str(path))}


def test_options_reach_what_comes_in_on_standard_input() -> None:
    table = b"nr\thead\twhen\n7\tboom\t03.01.2024 10:12\n"
    mapping = Mapping(id_column="nr", title_column="head", created_column="when", time_zone="Europe/Berlin")
    [record] = open_source("-", mapping, name="mine", stdin=io.BytesIO(table))
    assert (record.id, record.title, record.source) == ("7", "boom", "mine")
    assert record.created is not None
    assert record.created.isoformat() == "2024-01-03T09:12:00+00:00"


def test_what_is_wrong_with_standard_input_is_told_of_it_and_not_of_the_copy() -> None:
    source = open_source("-", stdin=io.BytesIO(b'id,title\n1,a\n2,"b\n'))
    records = iter(source)
    assert next(records).id == "1"
    with pytest.raises(SourceError, match=r"^stdin, line 3: the row that begins here is broken"):
        next(records)
    with pytest.raises(SourceError, match=r"^stdin is not a SQLite database, CSV"):
        open_source("-", stdin=io.BytesIO(b"\x7fELF\x02\x01"))
    with pytest.raises(SourceError, match="stdin is empty"):
        open_source("-", stdin=io.BytesIO(b""))


def test_an_issue_file_comes_in_on_standard_input() -> None:
    [record] = open_source("-", stdin=io.BytesIO(b"---\nid: 7\ntitle: boom\n---\nIt fails.\n"))
    assert (record.id, record.title, record.body) == ("7", "boom", "It fails.")


@pytest.mark.parametrize("compression", [ZIP_STORED, ZIP_DEFLATED, ZIP_BZIP2, ZIP_LZMA])
def test_the_only_file_of_an_archive_is_read_as_often_as_asked_for(tmp_path: Path, compression: int) -> None:
    path = archive(tmp_path / "export.zip", {"export/jira.csv": CSV}, compression)
    source = open_source(str(path))
    assert (source.kind, source.name, source.location) == ("csv", "export.zip", str(path))
    for _ in range(2):
        assert [record.title for record in source] == ["café", "b"]
    assert [it.title for it in open_source("-", stdin=io.BytesIO(path.read_bytes()))] == ["café", "b"]


def test_bitbucket_s_archive_and_a_dump_and_issues_with_their_comments_are_known(tmp_path: Path) -> None:
    dump = CONTAINERS["Stack Exchange"].build(tmp_path)
    rest = {"issues": json_containers.github_issues(), "comments": json_containers.github_comments()}
    contents = {
        "bitbucket": {
            "db-1.0.json": CONTAINERS["Bitbucket"].build(tmp_path).read_bytes(),
            "attachments/1.csv": b"id,title\n",
        },
        "stack-exchange": {
            f"site/{name}.xml": (dump / f"{name}.xml").read_bytes() for name in ("PostLinks", "Posts")
        },
        "github-rest": {f"{name}.json": json.dumps(items).encode() for name, items in rest.items()},
        "markdown": {f"issues/{n}.md": b"---\nid: %d\ntitle: x\n---\n" % n for n in range(24)},
    }
    for kind, files in contents.items():
        source = open_source(str(archive(tmp_path / f"{kind}.zip", files)))
        records = list(source)
        assert (source.kind, len(records)) == (kind, 24)
        assert sum(bool(record.duplicate_of) for record in records) == (0 if kind == "markdown" else 6)


@pytest.mark.parametrize("container", ["trac.db", "kiln.fossil", "Parquet"])
@pytest.mark.parametrize("pack", [gzip.compress, zstd.compress])
def test_a_packed_database_is_read_as_what_is_in_it(
    tmp_path: Path, container: str, pack: Callable[[bytes], bytes]
) -> None:
    path = CONTAINERS[container].build(tmp_path)
    packed_file = tmp_path / "tracker.packed"
    packed_file.write_bytes(pack(path.read_bytes()))
    source = open_source(str(packed_file))
    assert (source.name, source.location) == ("tracker.packed", str(packed_file))
    assert len(list(source)) == len(list(source)) == 24


def test_what_is_wrong_with_a_packed_database_is_told_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "tracker.db.gz"
    path.write_bytes(gzip.compress(b"SQLite format 3\0" + b"x" * 1_000))
    with pytest.raises(
        SourceError, match=r"tracker\.db\.gz is not a database, or is an encrypted one"
    ) as raised:
        open_source(str(path))
    assert str(raised.value).startswith(str(path))
    path.write_bytes(gzip.compress(b"SQLite format 3\0" + bytes(FREE)))
    with pytest.raises(SourceError, match="grows to more than 200 times its size"):
        open_source(str(path))


@pytest.mark.parametrize(
    ("files", "message"),
    [
        (
            {"attachments/a.csv": CSV},
            r"holds no file that is known to hold issues, but nothing: unpack it and name one",
        ),
        ({"a.csv": CSV, "b.csv": CSV}, r"but a\.csv, b\.csv: unpack it and name one"),
        ({"../evil.csv": CSV}, r"names a file outside of itself, '\.\./evil\.csv': it is not read"),
        ({"/etc/evil.csv": CSV}, r"names a file outside of itself"),
        ({"..\\evil.csv": CSV}, r"names a file outside of itself"),
        ({"c:evil.csv": CSV}, r"names a file outside of itself"),
        (
            {"[Content_Types].xml": b"<x/>", "xl/a.xml": b"<x/>"},
            r"is a document of a program that is not read: save it as CSV",
        ),
        ({"a.bin": b"\x7fELF\x02\x01"}, r"a\.bin is not a SQLite database, CSV"),
        ({"a.csv": b'id,title\n"'}, None),
    ],
)
def test_an_archive_that_is_not_read_says_why(
    tmp_path: Path, files: dict[str, bytes], message: str | None
) -> None:
    path = archive(tmp_path / "a.zip", files)
    with pytest.raises(SourceError, match=message or r"a\.zip/a\.csv, line 2") as raised:
        list(open_source(str(path)))
    assert str(raised.value).startswith(str(path))
    assert "\n" not in str(raised.value)


def test_a_link_in_an_archive_is_not_followed(tmp_path: Path) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_bytes(CSV)
    with ZipFile(tmp_path / "a.zip", "w") as file:
        link = ZipInfo("issues.csv")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        file.writestr(link, str(secret))
    with pytest.raises(SourceError, match="but nothing"):
        open_source(str(tmp_path / "a.zip"))


@pytest.mark.parametrize("declared", [None, 10])
def test_a_zip_bomb_is_not_unpacked(tmp_path: Path, declared: int | None, copied_to: Path) -> None:
    path = archive(tmp_path / "bomb.zip", {"a.csv": b"id,title\n" + bytes(FREE)})
    if declared is not None:  # its directory lies about its size
        data = bytearray(path.read_bytes())
        at = data.rindex(b"PK\x01\x02")
        data[at + 24 : at + 28] = struct.pack("<I", declared)
        path.write_bytes(data)
    with pytest.raises(
        SourceError, match=r"bomb\.zip (is too large to unpack here: unpack it first|is a damaged)"
    ):
        open_source(str(path))
    assert sum(file.stat().st_size for file in copied_to.rglob("*") if file.is_file()) <= FREE + 2**20


def test_a_bomb_of_many_files_counts_them_all(tmp_path: Path) -> None:
    piece = bytes(FREE // 4)
    path = archive(tmp_path / "bomb.zip", {f"{n}.csv": piece for n in range(5)})
    with pytest.raises(SourceError, match="is too large to unpack here"):
        open_source(str(path))


def test_an_archive_of_too_many_files_is_not_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(extract, "MAX_MEMBERS", 3)
    path = archive(tmp_path / "a.zip", {f"{n}.md": b"# x\n" for n in range(4)})
    with pytest.raises(SourceError, match="holds more than 3 files"):
        open_source(str(path))


@pytest.mark.parametrize("at", [40, 60, -30])
def test_a_damaged_archive_is_named(tmp_path: Path, at: int) -> None:
    path = archive(tmp_path / "a.zip", {"a.csv": CSV + os.urandom(1_000).hex().encode()})
    data = bytearray(path.read_bytes())
    data[at : at + 8] = b"\xff" * 8
    path.write_bytes(data[: len(data) - (15 if at < 0 else 0)])
    with pytest.raises(SourceError, match=r"a\.zip is (a damaged archive|encrypted)"):
        open_source(str(path))


def test_no_room_for_a_copy_is_told() -> None:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, limits[1]))
    try:
        with pytest.raises(
            SourceError, match=r"^stdin cannot be copied to .*, which TMPDIR names: File too large$"
        ):
            open_source("-", stdin=io.BytesIO(CSV * 1_000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def nested(path: Path, depth: int) -> Path:
    """Write an archive with an archive in it, and so on."""
    content = b"id,title\n1,It hangs\n"
    name = "issues.csv"
    for level in range(depth):
        buffer = io.BytesIO()
        with ZipFile(buffer, "w") as file:
            file.writestr(name, content)
        content, name = buffer.getvalue(), f"{level}.zip"
    path.write_bytes(content)
    return path


def test_archives_inside_of_each_other_are_read_to_a_depth(tmp_path: Path) -> None:
    for depth in range(1, extract.MAX_DEPTH + 1):
        path = nested(tmp_path / f"{depth}.zip", depth)
        assert [record.id for record in open_source(str(path))] == ["1"]
    with pytest.raises(SourceError, match="an archive inside of 3 others: unpack it first"):
        open_source(str(nested(tmp_path / "deep.zip", extract.MAX_DEPTH + 1)))


@pytest.mark.parametrize("name", ["issues.csv", "xl/workbook.xml", "mimetype"])
def test_a_damaged_lzma_archive_is_an_error_of_one_line(tmp_path: Path, name: str) -> None:
    path = archive(tmp_path / "a.zip", {name: b"id,title\n" + b"1,It hangs\n" * 500}, ZIP_LZMA)
    data = path.read_bytes()
    start = (
        30 + len(name) + 4
    )  # a local header, the name, and the version of LZMA with the size of its properties
    messages = []
    for at in range(start, start + 40):
        path.write_bytes(data[:at] + b"\xff\xff" + data[at + 2 :])
        try:
            list(open_source(str(path)))
        except SourceError as error:
            messages.append(str(error))
    assert len(messages) > 20
    assert not any("\n" in message for message in messages)
