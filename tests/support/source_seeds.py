"""A small source of each kind that dupfind reads, for runs that damage it."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import NamedTuple
from zipfile import ZipFile

from sqlalchemy import MetaData, create_engine
from sqlalchemy.pool import NullPool

from dupfind.sources.csv_formats.registry import CSV_FORMATS
from dupfind.sources.databases.registry import READERS
from dupfind.sources.files import pair_file, question_list
from dupfind.sources.json_formats.registry import JSON_FORMATS
from dupfind.sources.xml_formats.registry import XML_FORMATS
from tests.support import csv_containers
from tests.support.containers import CONTAINERS, Build
from tests.support.corpus import database
from tests.support.schemas import FILL
from tests.support.sheet_samples import SHEETS
from tests.support.tracker_samples import JSON_SAMPLES

PLAIN = (
    "table",
    "csv",
    "tsv",
    "json",
    "jsonl",
    "parquet",
    "markdown",
    "stack-exchange",
    "mantisbt-xml",
    "mbox",
    pair_file.KIND,
    question_list.KIND,
)
"""The kinds that are in no registry."""

_BOX = """From signe@example.org Mon Feb  3 09:15:00 2025
From: Signe <signe@example.org>
Subject: [kiln] =?utf-8?q?Ofen_wird_hei=C3=9F?=
Message-ID: <one@example.org>
Date: Mon, 3 Feb 2025 10:15:00 +0100
Content-Type: multipart/alternative; boundary="b"

--b
Content-Type: text/html; charset=utf-8

<p>It glows.</p>
--b
Content-Type: text/plain; charset=iso-8859-1
Content-Transfer-Encoding: quoted-printable

It gl=FChs.
--b--

From ravi@example.org Mon Feb  3 10:00:00 2025
Subject: Re: [kiln] Ofen
In-Reply-To: <one@example.org>

Me too.
"""
_PAIRS = "id\tqid1\tqid2\tquestion1\tquestion2\tis_duplicate\n0\t1\t2\tHow do I fly?\tHow can I fly?\t1\n"
_QUESTIONS = "- How do I fly?\n- How can I swim?\n- Where is my kiln?\n"
_BEADS = (
    "issues (id TEXT PRIMARY KEY, content_hash, title, description, design, acceptance_criteria, notes, status,"
    " issue_type, created_at, updated_at)"
)


class Seed(NamedTuple):
    """A whole source.

    Attributes:
        kind: The kind of source that dupfind detects.
        path: The file or folder to open.
        files: The files of the source, among them those next to the one to open.
    """

    kind: str
    path: Path
    files: tuple[Path, ...]


def registered_kinds() -> list[str]:
    """Return every kind of source that a reader of files and databases is registered for, and the plain ones."""
    xml_kinds = (xml_format.KIND for xml_format in XML_FORMATS.values())
    return [*READERS, *JSON_FORMATS, *CSV_FORMATS, *xml_kinds, *PLAIN]


def seeds(folder: Path) -> Iterator[Seed]:
    """Write the sources into folders of an empty folder; several may have one kind."""
    for number, (kind, build) in enumerate(_builds()):
        place = folder / str(number)
        place.mkdir()
        path = build(place)
        files = (each for each in sorted(place.rglob("*")) if each.is_file() and each.stat().st_size)
        yield Seed(kind, path, tuple(files))


def _builds() -> Iterator[tuple[str, Build]]:
    for container in CONTAINERS.values():
        yield container.kind, container.build
    for kind, value in JSON_SAMPLES.items():
        yield kind, partial(_write, name="issues.json", text=json.dumps(value))
        if isinstance(value, list):
            lines = "".join(f"{json.dumps(each)}\n" for each in value)
            yield kind, partial(_write, name="issues.jsonl", text=lines)
    for kind, rows in SHEETS.items():
        yield kind, partial(_write, name="issues.csv", text="".join(f"{row}\n" for row in rows))
    for kind in FILL:
        yield kind, partial(_filled, kind=kind)
    yield "beads", _beads
    yield "table", _table
    yield (
        "json",
        partial(_write, name="a.json", text='[{"id": 1, "title": "Crash at start", "body": "Twice"}]'),
    )
    yield "mbox", partial(_write, name="list.mbox", text=_BOX)
    yield pair_file.KIND, partial(_write, name="pairs.tsv", text=_PAIRS)
    yield question_list.KIND, partial(_write, name="faq.txt", text=_QUESTIONS)
    yield "csv", _zipped


def _write(folder: Path, *, name: str, text: str) -> Path:
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


def _filled(folder: Path, *, kind: str) -> Path:
    engine = create_engine(f"sqlite:///{folder / 'tracker.db'}", poolclass=NullPool)
    with engine.begin() as connection:
        FILL[kind](connection, MetaData())
    return folder / "tracker.db"


def _beads(folder: Path) -> Path:
    at = "2024-01-03T10:12:00+01:00"
    row = ("bd-a1", "h", "Crash at start", "Open it twice.", "drawn", "", "noted", "open", "bug", at, at)
    links = "dependencies (issue_id TEXT, depends_on_id TEXT, type TEXT)"
    return database(folder / "beads.db", {_BEADS: [row], links: [("bd-a1", "bd-b2", "duplicates")]})


def _table(folder: Path) -> Path:
    with closing(sqlite3.connect(folder / "tracker.db")) as connection:
        connection.execute(
            "CREATE TABLE tickets (id INTEGER PRIMARY KEY, subject TEXT, body, opened_at, status)"
        )
        row = ("Crash at start", "Open it twice.", "2025-02-03 09:15:00", "open")
        connection.executemany("INSERT INTO tickets VALUES (?, ?, ?, ?, ?)", [(7, *row), (8, *row)])
        connection.commit()
    return folder / "tracker.db"


def _zipped(folder: Path) -> Path:
    path = csv_containers.plain_csv(folder)
    with ZipFile(folder / "export.zip", "w") as archive:
        archive.write(path, "export/issues.csv")
    path.unlink()
    return folder / "export.zip"
