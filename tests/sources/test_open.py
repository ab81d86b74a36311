import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from dupfind.errors import SourceError
from dupfind.records import Record, Ref
from dupfind.sources import csv_formats, databases, json_formats
from dupfind.sources.csv_formats.registry import CSV_FORMATS
from dupfind.sources.files import json_layout
from dupfind.sources.open import Mapping, open_source
from tests.support.corpus import Tables, database
from tests.support.modules import import_line
from tests.support.paths import DOCS

ISSUES = "issues (id INTEGER PRIMARY KEY, title TEXT)"
DOC = DOCS / "sources.md"
EXAMPLES = re.findall(r"```python\n(.*?)```", DOC.read_text(encoding="utf-8"), re.DOTALL)


def test_a_file_that_is_missing_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"tracker\.db does not exist: check the path$"):
        open_source(str(tmp_path / "tracker.db"))
    with pytest.raises(SourceError, match=r"tracker\.db does not exist: check the path$"):
        open_source(f"sqlite:///{tmp_path}/tracker.db")
    assert list(tmp_path.iterdir()) == []


def test_an_empty_file_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a.db").touch()
    with pytest.raises(SourceError, match=r"a\.db is empty: there is nothing to read$"):
        open_source(str(tmp_path / "a.db"))


def test_a_directory_without_issues_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"is a directory without issues as Markdown files: name the file"):
        open_source(str(tmp_path))


def test_what_is_no_regular_file_is_an_error(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(SourceError, match=r"pipe is no regular file: pipe it to `-` instead$"):
        open_source(str(tmp_path / "pipe"))


def test_a_path_that_cannot_be_is_an_error() -> None:
    with pytest.raises(SourceError, match="cannot be read"):
        open_source("a\0b")
    with pytest.raises(SourceError, match="cannot be read: File name too long"):
        open_source("a" * 5_000)


@pytest.mark.parametrize("content", [b"\x89PNG\r\n\x1a\n\x00", b"\x00" * 100, b"\x7fELF\x02\x01"])
def test_unknown_content_is_an_error(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.db").write_bytes(content)
    with pytest.raises(SourceError, match=r"a\.db is not a SQLite database, CSV, TSV, JSON or"):
        open_source(str(tmp_path / "a.db"))


def test_the_name_of_a_file_tells_nothing(tmp_path: Path) -> None:
    database(tmp_path / "a.csv", {ISSUES: [(1, "a")]})
    (tmp_path / "b.db").write_text("id,title\n1,a\n")
    (tmp_path / "c.csv").write_text('{"id": 1, "title": "a"}\n')
    assert [open_source(str(path)).kind for path in sorted(tmp_path.iterdir())] == ["table", "csv", "jsonl"]


def test_a_source_can_be_given_another_name(tmp_path: Path) -> None:
    path = database(tmp_path / "a.db", {ISSUES: [(1, "a")]})
    source = open_source(str(path), name="mine")
    assert (source.name, source.location) == ("mine", str(path))
    assert [record.source for record in source] == ["mine"]


def test_a_sqlite_url_is_read_like_its_file(tmp_path: Path) -> None:
    path = database(tmp_path / "a.db", {ISSUES: [(1, "a")]})
    source = open_source(f"sqlite:///{path}")
    assert (source.kind, source.name) == ("table", "a.db")
    assert [record.title for record in source] == ["a"]
    with pytest.raises(SourceError, match=r"names no file: write sqlite:///path/of/tracker\.db"):
        open_source("sqlite://")


def test_errors_are_one_line(tmp_path: Path) -> None:
    path = database(tmp_path / "a.db", {"users (id INTEGER PRIMARY KEY)": []})
    for location, mapping in [
        (str(path), Mapping()),
        (str(path), Mapping(table="x")),
        (str(tmp_path), Mapping()),
    ]:
        with pytest.raises(SourceError) as raised:
            open_source(location, mapping)
        assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    "text", ["[build-system]\nrequires = []\n", "[[tool]]\nname = 1\n", "\n[core]\n\tbare = false\n"]
)
def test_a_file_of_settings_is_refused_in_words(tmp_path: Path, text: str) -> None:
    path = tmp_path / "settings.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(
        SourceError, match=r"has settings \(TOML or INI\) and no issues: name a tracker's export"
    ):
        open_source(str(path))


@pytest.mark.parametrize(
    "text",
    [
        "# Crash\n\n<!-- describe it here -->\nIt crashes.\n",
        "<!-- describe it here -->\n# Crash\n\nIt crashes.\n",
        "[Bug] Crash\n\nIt crashes.\n",
        "[[draft]] Crash\n\nIt crashes.\n",
        "Is it a crash?\nDoes it crash?\nIt crashes.\n",
        "# Crash, id\n1,2\nIt crashes.\n",
    ],
)
def test_a_file_with_the_name_of_markdown_is_one_issue_however_it_begins(tmp_path: Path, text: str) -> None:
    path = tmp_path / "7-crash.md"
    path.write_text(text, encoding="utf-8")
    source = open_source(str(path))
    [record] = source
    assert (source.kind, record.id) == ("markdown", "7")
    assert "It crashes." in record.body


def test_json_and_xml_with_the_name_of_markdown_are_read_as_what_they_are(tmp_path: Path) -> None:
    path = tmp_path / "issues.md"
    path.write_text('[\n  {"id": 1, "title": "a"}, {"id": 2, "title": "b"}]', encoding="utf-8")
    assert [record.id for record in open_source(str(path))] == ["1", "2"]
    path.write_text('<?xml version="1.0"?>\n<unheard/>', encoding="utf-8")
    with pytest.raises(SourceError, match="is XML of <unheard>"):
        open_source(str(path))


@pytest.mark.parametrize(
    "text",
    [
        "            Apache License\n   Version 2.0\n",
        "# Two commands do all of it: `make`, and `make test` too\nall:\n\tcc\n",
    ],
)
def test_a_text_that_is_no_table_is_refused_as_one(tmp_path: Path, text: str) -> None:
    path = tmp_path / "LICENSE"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(
        SourceError, match="LICENSE looks like a text and not like a table: name a tracker's export"
    ):
        open_source(str(path))


def test_importing_the_sources_imports_nothing_heavy() -> None:
    heavy = ("sqlalchemy", "csv", "json", "sqlite3")
    script = f"import sys\n{import_line(open_source)}print([name for name in {heavy} if name in sys.modules])"
    completed = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert completed.stdout == "[]\n"


def test_the_sheet_of_the_docs_reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _, example, *_ = EXAMPLES
    assert len(example.splitlines()) < 60
    (tmp_path / "cardbox_csv.py").write_text(example, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    sheet = __import__("cardbox_csv").SHEET
    all_formats = {"cardbox": sheet, **CSV_FORMATS}
    monkeypatch.setattr(csv_formats.registry, "CSV_FORMATS", all_formats)
    (tmp_path / "a.csv").write_text(
        "Card no,Headline,Card text,Status\n1,a,x,new\n2,b,,Shelved\n", encoding="utf-8"
    )
    source = open_source(str(tmp_path / "a.csv"))
    assert source.kind == "cardbox"
    assert [(record.id, record.title, record.body, record.state) for record in source] == [
        ("1", "a", "x", "open"),
        ("2", "b", "", "closed"),
    ]


def test_the_shape_of_the_docs_reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _, _, example, *_ = EXAMPLES
    assert len(example.splitlines()) < 60
    (tmp_path / "cards.py").write_text(example, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(
        json_formats.registry,
        "JSON_FORMATS",
        {"cards": __import__("cards"), **json_formats.registry.JSON_FORMATS},
    )
    monkeypatch.setattr(json_layout, "JSON_FORMATS", json_formats.registry.JSON_FORMATS)
    links = [{"kind": "duplicates", "to_card": 1}, {"kind": "blocks", "to_card": 3}]
    cards = [
        {"card_no": 1, "headline": "a", "card_text": "x", "status": "open", "links": None},
        {"card_no": 2, "headline": "b", "status": "done", "links": links},
        {"card_no": 3, "headline": "c", "links": [], "hidden": True},
    ]
    (tmp_path / "a.json").write_text(json.dumps({"cards": cards}), encoding="utf-8")
    source = open_source(str(tmp_path / "a.json"))
    first, second = source
    assert (source.kind, source.total) == ("cards", 2)
    assert (first.title, first.body, first.state) == ("a", "x", "open")
    assert second.duplicate_of == (Ref(None, "1"),)


def test_the_reader_of_the_docs_reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _, _, _, example = EXAMPLES
    assert len(example.splitlines()) < 60
    (tmp_path / "cardbox.py").write_text(example, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    cardbox = __import__("cardbox")
    monkeypatch.setattr(databases.registry, "READERS", {"cardbox": cardbox, **databases.registry.READERS})
    tables: Tables = {
        "cards (card_no INTEGER PRIMARY KEY, headline, card_text, status, opened)": [
            (1, "a", "x", "open", "2024-01-03"),
            (2, "b", None, "done", None),
        ],
        "links (from_card, to_card, kind)": [(2, 1, "duplicates"), (2, 9, "duplicates"), (1, 2, "blocks")],
    }
    source = open_source(str(database(tmp_path / "a.db", tables)))
    assert (source.kind, source.total) == ("cardbox", 2)
    first, second = source
    assert isinstance(first, Record)
    assert (first.title, first.state, first.duplicate_of) == ("a", "open", ())
    assert [original.id for original in second.duplicate_of] == ["1", "9"]
