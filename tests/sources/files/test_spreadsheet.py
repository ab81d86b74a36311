"""Spreadsheets: which sheet and which rows are read, what a cell means, and files that are damaged or too large."""

import random
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

from dupfind.errors import SourceError
from dupfind.sources.files import sheet_size
from dupfind.sources.open import Mapping, open_source
from tests.support.containers import CALAMINE
from tests.support.spreadsheets import Rows, ods, sheet_xml, xlsx

library = pytest.mark.skipif(not CALAMINE, reason="the extra `spreadsheet` is not installed")
HEADER = ["Ticket ID", "Title", "Status"]
ISSUES: Rows = [HEADER, [7, "Crash", "open"], [8, "Quiet\nstart", "closed"]]


def ids(path: Path, mapping: Mapping | None = None) -> list[str]:
    return [record.id for record in open_source(str(path), mapping or Mapping())]


@library
def test_both_formats_are_read_by_their_content(tmp_path: Path) -> None:
    for path in (xlsx(tmp_path / "a", {"One": ISSUES}), ods(tmp_path / "b", "One", ISSUES)):
        source = open_source(str(path))
        assert (source.kind, source.location, source.notes[-1]) == ("csv", str(path), "sheet 'One'")
        first, second = source
        assert (first.id, first.title, first.state) == ("7", "Crash", "open")
        assert (second.id, second.title, second.state) == ("8", "Quiet\nstart", "closed")


@library
def test_the_first_visible_sheet_with_known_columns_is_read_unless_one_is_named(tmp_path: Path) -> None:
    sheets = {
        "Old": ISSUES,
        "Notes": [["a", "b"], ["c", "d"]],
        "One": ISSUES,
        "Two": [HEADER, [9, "x", "open"]],
    }
    path = xlsx(tmp_path / "a.xlsx", sheets, hidden=["Old"])
    assert open_source(str(path)).notes[-1] == "sheet 'One' (choose another with --table: Notes, Two)"
    assert ids(path) == ["7", "8"]
    assert ids(path, Mapping(table="two")) == ["9"]
    with pytest.raises(SourceError, match="has no sheet 'Three'; its sheets: Notes, One, Two"):
        ids(path, Mapping(table="Three"))
    with pytest.raises(SourceError, match=r"a\.xlsx.*has no column like title or body; its columns: a, b"):
        ids(path, Mapping(table="Notes"))


@library
def test_a_board_of_monday_is_read_without_its_titles_and_repeated_headers(tmp_path: Path) -> None:
    header = ["Name", "Status", "Item ID (auto generated)"]
    rows: Rows = [
        *(["Kiln"], ["All of it"], ["To do"], header, ["Crash", "Stuck", 7], []),
        *(["Finished"], header, ["Quiet start", "Done", 8], ["Alone", "", 9]),
    ]
    source = open_source(str(xlsx(tmp_path / "a.xlsx", {"kiln": rows})))
    assert source.kind == "monday-csv"
    assert [(record.id, record.state) for record in source] == [("7", "open"), ("8", "closed"), ("9", None)]


@library
def test_without_ids_the_row_is_the_id_and_rows_with_a_title_alone_stay(tmp_path: Path) -> None:
    path = xlsx(tmp_path / "a.xlsx", {"a": [["Title", "Status"], ["a\nb\nc", "open"], ["d"], ["e", "open"]]})
    assert ids(path) == ["2", "3", "4"]


@library
def test_ids_are_found_as_in_a_csv_by_words_values_and_addresses(tmp_path: Path) -> None:
    german = [["Plan"], ["Nummer", "Titel"], ["17", "Es brennt zu lange"], ["18", "Es ist viel zu laut"]]
    assert ids(xlsx(tmp_path / "a.xlsx", {"a": german})) == ["17", "18"]
    linked = [["Title", "URL"], ["a", "https://k.example.org/i/4"], ["b", "https://k.example.org/i/9"]]
    assert ids(xlsx(tmp_path / "b.xlsx", {"a": linked})) == ["4", "9"]


@library
def test_columns_can_be_named(tmp_path: Path) -> None:
    path = xlsx(tmp_path / "a.xlsx", {"a": [["Plan"], ["Was", "Wo"], ["x", "y"]]})
    [record] = open_source(str(path), Mapping(title_column="Was"))
    assert (record.title, record.id) == ("x", "3")
    with pytest.raises(SourceError, match="is no database: leave --sql out"):
        open_source(str(path), Mapping(sql="SELECT 1"))


@library
@pytest.mark.parametrize("cell", ['<c r="XFD1048576"><v>1</v></c>', '<row r="9999999999"/><c><v>1</v></c>'])
def test_one_cell_far_away_makes_no_giant_sheet(cell: str, tmp_path: Path) -> None:
    xml = sheet_xml(ISSUES).replace("</sheetData>", f"{cell}</sheetData>")
    with pytest.raises(SourceError, match="has a sheet of more than 10,000,000 cells"):
        ids(xlsx(tmp_path / "a.xlsx", {"a": xml}))


def test_repeated_cells_count_unless_they_are_empty_and_last(tmp_path: Path) -> None:
    cell = '<table:table-cell table:number-columns-repeated="16384"/>'
    empty = f'<table:table-row table:number-rows-repeated="1048576">{cell}</table:table-row>'
    sheet_size.check(ods(tmp_path / "a.ods", "a", ISSUES, more=empty))
    full = empty.replace(
        "/></table:table-row>", ' office:value-type="float" office:value="1"/></table:table-row>'
    )
    with pytest.raises(SourceError, match="has a sheet of more than 10,000,000 cells"):
        sheet_size.check(ods(tmp_path / "b.ods", "a", ISSUES, more=full))


@library
def test_an_archive_without_a_readable_sheet_says_so(tmp_path: Path) -> None:
    path = xlsx(tmp_path / "a.xlsx", {"a": []})
    with pytest.raises(SourceError, match="has no sheet with a header and rows"):
        ids(path)
    with ZipFile(tmp_path / "b.xlsx", "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
    with pytest.raises(SourceError, match=r"b\.xlsx is a spreadsheet that cannot be read|has no sheet"):
        ids(tmp_path / "b.xlsx")


def test_without_the_library_the_message_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "python_calamine", None)
    with pytest.raises(SourceError, match=r"needs: pip install 'dupfind\[spreadsheet\]'; or save it as CSV"):
        ids(xlsx(tmp_path / "a.xlsx", {"a": ISSUES}))


@library
@pytest.mark.parametrize("kind", ["xlsx", "ods"])
def test_damage_is_an_error_in_one_line_or_read(kind: str, tmp_path: Path) -> None:
    path = tmp_path / f"a.{kind}"
    data = (xlsx(path, {"One": ISSUES}) if kind == "xlsx" else ods(path, "One", ISSUES)).read_bytes()
    rng = random.Random(kind)
    errors = []
    for _ in range(200):
        at, size = rng.randrange(len(data)), rng.choice((1, 3, 40))
        path.write_bytes(data[:at] + rng.randbytes(rng.choice((0, size))) + data[at + size :])
        try:
            ids(path)
        except SourceError as error:
            errors.append(str(error))
    assert errors
    assert not [error for error in errors if "\n" in error]


@library
@pytest.mark.parametrize(
    "member", ["xl/workbook.xml", "xl/worksheets/sheet1.xml", "xl/_rels/workbook.xml.rels"]
)
def test_damaged_xml_inside_is_an_error_in_one_line_or_read(member: str, tmp_path: Path) -> None:
    path = xlsx(tmp_path / "a.xlsx", {"One": ISSUES})
    with ZipFile(path) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    rng = random.Random(member)
    errors = []
    for _ in range(100):
        text, at = files[member], rng.randrange(len(files[member]))
        noise = bytes(rng.choices(b"<>/=\"'&;A19 \xff", k=rng.randrange(3)))
        with ZipFile(path, "w") as archive:
            for name, content in files.items():
                changed = text[:at] + noise + text[at + rng.randrange(3) :]
                archive.writestr(name, changed if name == member else content)
        try:
            ids(path)
        except SourceError as error:
            errors.append(str(error))
    assert errors
    assert not [error for error in errors if "\n" in error]
