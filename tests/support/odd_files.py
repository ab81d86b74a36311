"""Damage a file by its format: fields of other types, odd cells, elements, rows and members of archives."""

import bz2
import copy
import csv
import gzip
import io
import json
import lzma
import random
import re
import sqlite3
import tarfile
import zlib
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile

from backports import zstd

from tests.support.damage import damaged, damaged_disk
from tests.support.mutations import mutated

Damage = Callable[[bytes, random.Random], bytes]

_ODD_TEXTS = (
    *("", " ", "\0", "\ufeff", "\ufffd", "\u202e", "x" * 5_000, "#", "-1", "0", "1e999", "nan", "9" * 400),
    *(
        "2025-99-99",
        "0000-00-00",
        "31/02/2025 25:61 PM",
        "9999-12-31T23:59:59+23:59",
        "1" * 14,
        "1738574100000",
    ),
    *(
        "Inf",
        "2025-02-03T09:15:00.123456789Z",
        "\u0661\u0662",
        "\u00b2",
        "\u2460",
        "=1+1",
        '"',
        '""',
        "\r",
        "\n\n",
    ),
    *(
        "http://[",
        "https://h:99999999/issues/7",
        "https://h/issues/7",
        "[" * 300,
        "{" * 300,
        "<a" * 200,
        "<p>" * 300,
    ),
    *(
        "&#xD800;",
        "&#0;",
        "&bogus;",
        "SHOP-7",
        "#7",
        "Duplicate of #7",
        "null",
        "[]",
        "{}",
        "\\ud800",
        "\ue000",
        "\x85",
    ),
)
_ODD_VALUES: tuple[Any, ...] = (
    *(10**30, -(10**30), 10**400, float("inf"), float("nan"), -0.0, 1e-320, "\ud800", "a\udfff", "9" * 5_000),
    *(
        True,
        None,
        [],
        {},
        [[[]]],
        {"": None},
        ["a", 1, None, {}],
        {"name": {"name": []}},
        {"nodes": 7},
        [{}] * 30,
    ),
)
_ENCODINGS = (
    *("utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1251", "cp1252", "cp932", "gb18030"),
    *("utf-7", "koi8-r", "euc-kr", "big5"),
)
_TAG = re.compile(rb"<[^<>]{1,200}>")
_PACKED: dict[bytes, tuple[Callable[[bytes], bytes], Callable[[bytes], bytes]]] = {
    b"\x1f\x8b": (gzip.decompress, gzip.compress),
    b"BZh": (bz2.decompress, bz2.compress),
    b"\xfd7zXZ\0": (lzma.decompress, lzma.compress),
    b"\x28\xb5\x2f\xfd": (zstd.decompress, zstd.compress),
}


def odd(data: bytes, rng: random.Random) -> bytes:
    """Return the bytes of a file damaged in one to three ways: at times anywhere, mostly where its format has parts."""
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        if data:
            data = rng.choice((damaged, damaged_disk, _swapped, _by_format, _by_format, _by_format))(
                data, rng
            )
    return data


def _by_format(data: bytes, rng: random.Random) -> bytes:
    head = data.lstrip(b"\xef\xbb\xbf \r\n\t")[:1]
    magic = next((magic for magic in _PACKED if data.startswith(magic)), None)
    if magic is not None:
        unpack, pack = _PACKED[magic]
        try:
            return pack(odd(unpack(data), rng))
        except Exception:  # damaged before
            return damaged(data, rng)
    if data.startswith(b"SQLite format 3\0"):
        return _database(data, rng)
    if data.startswith(b"PK"):
        return _zip(data, rng)
    if data[257:262] == b"ustar":
        return _tar(data, rng)
    if b"\0" in data[:1_000]:
        return damaged_disk(data, rng)
    if rng.randrange(12) == 0:
        return _encoded(data, rng)
    if head in (b"{", b"["):
        return _json(data, rng)
    return _xml(data, rng) if head == b"<" else _table(data, rng)


def _swapped(data: bytes, rng: random.Random) -> bytes:
    """Exchange two pieces of a file."""
    a, b, c, d = sorted(rng.choices(range(len(data) + 1), k=4))
    return data[:a] + data[c:d] + data[b:c] + data[a:b] + data[d:]


def _encoded(data: bytes, rng: random.Random) -> bytes:
    return data.decode("utf-8", "replace").encode(rng.choice(_ENCODINGS), "replace")


def _json(data: bytes, rng: random.Random) -> bytes:
    if rng.randrange(40) == 0:
        depth = rng.choice((200, 3_000, 100_000))
        return data.replace(b'"', b"[" * depth + b'"', 1) if rng.randrange(2) else b'{"a":' * depth + data
    try:
        lines = [json.loads(data)]
    except RecursionError:
        return damaged(data, rng)
    except ValueError:
        try:
            lines = [json.loads(line) for line in data.splitlines()]
        except (ValueError, RecursionError):
            return damaged(data, rng)
    at = rng.randrange(len(lines)) if lines else 0
    if lines:
        lines[at] = mutated(lines[at], rng) if rng.randrange(2) else _with_odd_value(lines[at], rng)
    return "\n".join(map(json.dumps, lines)).encode()


def _with_odd_value(value: Any, rng: random.Random) -> Any:
    """Put an odd value into one field, at a depth that the seed decides, or rename the field."""
    holder = value
    while isinstance(holder, dict | list):
        keys = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
        if not keys:
            return value
        key = rng.choice(keys)
        if isinstance(holder[key], dict | list) and holder[key] and rng.randrange(5):
            holder = holder[key]
            continue
        if isinstance(holder, dict) and rng.randrange(8) == 0:
            holder[rng.choice(_ODD_TEXTS)] = holder.pop(key)
        else:
            holder[key] = copy.deepcopy(rng.choice((rng.choice(_ODD_VALUES), rng.choice(_ODD_TEXTS))))
        break
    return value


def _table(data: bytes, rng: random.Random) -> bytes:
    """Change cells, rows or columns of a CSV; in other texts these are lines and words."""
    text = data.decode("utf-8", "replace")
    delimiter = max(",;\t", key=text[:500].count)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error:
        return damaged(data, rng)
    filled = [row for row in rows if row]
    if not filled:
        return damaged(data, rng)
    for _ in range(rng.choice((1, 1, 2, 5))):
        row = rng.choice(filled[:1] * 2 + filled)
        at = rng.randrange(len(row)) if row else 0
        change = rng.randrange(7)
        if change == 0:
            del row[at:]
        elif change == 1:
            row.extend(row[at:] or [""])
        elif change == 2:
            rows.insert(rng.randrange(len(rows)), list(row))
        elif change == 3:
            for each in filled:
                each[at : at + 1] = [rng.choice(_ODD_TEXTS)] * rng.choice((0, 1, 2))
        elif row:
            row[at] = rng.choice(_ODD_TEXTS)
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=rng.choice((delimiter, delimiter, ";", "\t", "|"))).writerows(rows)
    return out.getvalue().encode("utf-8", "surrogatepass")


def _xml(data: bytes, rng: random.Random) -> bytes:
    """Change a tag, or the text after it."""
    tags = list(_TAG.finditer(data))
    if not tags:
        return damaged(data, rng)
    tag, other = rng.choice(tags), rng.choice(tags)
    word = rng.choice(_ODD_TEXTS).encode("utf-8", "surrogatepass")
    change = rng.randrange(6)
    if change == 0:
        return data[: tag.start()] + data[tag.end() :]
    if change == 1:
        return data[: tag.start()] + other[0] + data[tag.end() :]
    if change == 2:
        return data[: tag.start()] + b"<a>" * rng.choice((3, 60, 5_000)) + data[tag.start() :]
    if change == 3:
        return data[: tag.end()] + b"<![CDATA[" + word + b"]]>" + data[tag.end() :]
    if change == 4:
        start = data.index(b"<")
        return data[:start] + b'<!DOCTYPE a [<!ENTITY b "' + word + b'">]>' + data[start:]
    end = data.find(b"<", tag.end())
    return data[: tag.end()] + word + data[max(end, tag.end()) :]


def _database(data: bytes, rng: random.Random) -> bytes:
    """Put a value of another type into one column of some rows, drop a table or a column, or rename one."""
    with TemporaryDirectory() as folder:
        path = Path(folder, "a.db")
        path.write_bytes(data)
        connection = sqlite3.connect(path)
        try:
            connection.create_collation("bugzilla", lambda a, b: (a > b) - (a < b))
            tables = [
                row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            ]
            table = rng.choice(tables).replace('"', '""')
            columns = [row[1] for row in connection.execute(f'PRAGMA table_info("{table}")')]
            column = rng.choice(columns).replace('"', '""')
            values = (None, -1, 0, 2**63 - 1, 1e308, float("inf"), b"\xff\0", *_ODD_TEXTS)
            change = rng.randrange(8)
            if change == 0:
                connection.execute(f'DROP TABLE "{table}"')
            elif change == 1:
                connection.execute(f'ALTER TABLE "{table}" DROP COLUMN "{column}"')
            else:
                where = rng.choice(("", " WHERE rowid % 2"))
                connection.execute(
                    f'UPDATE OR IGNORE "{table}" SET "{column}" = ?{where}', (rng.choice(values),)
                )
            connection.commit()
        # The tables forbid it, or are damaged, also in their names.
        except (sqlite3.Error, IndexError, OverflowError, UnicodeError):
            return damaged_disk(data, rng)
        finally:
            connection.close()
        return path.read_bytes()


def _zip(data: bytes, rng: random.Random) -> bytes:
    """Damage a member of an archive."""
    out = io.BytesIO()
    try:
        with ZipFile(io.BytesIO(data)) as archive, ZipFile(out, "w", ZIP_DEFLATED) as changed:
            names = archive.namelist()
            chosen = rng.choice(names)
            for name in names:
                content = archive.read(name)
                changed.writestr(name, odd(content, rng) if name == chosen and content else content)
    except (
        BadZipFile,
        IndexError,
        OSError,
        zlib.error,
        NotImplementedError,
        RuntimeError,
        ValueError,
        EOFError,
    ):
        return damaged(data, rng)
    return out.getvalue()


def _tar(data: bytes, rng: random.Random) -> bytes:
    out = io.BytesIO()
    try:
        with (
            tarfile.open(fileobj=io.BytesIO(data)) as archive,
            tarfile.open(fileobj=out, mode="w") as changed,
        ):
            members = archive.getmembers()
            chosen = rng.choice(members)
            for member in members:
                content = archive.extractfile(member) if member.isreg() else None
                inner = content.read() if content is not None else b""
                if member is chosen:
                    inner = odd(inner, rng) if inner else inner
                    member.size = len(inner)
                changed.addfile(member, io.BytesIO(inner))
    except (tarfile.TarError, IndexError, OSError, ValueError, EOFError, KeyError):
        return damaged(data, rng)
    return out.getvalue()
