"""Write small spreadsheets of Excel and of OpenDocument, without a library."""

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

from tests.support.corpus import corpus_issues, originals

Rows = Sequence[Sequence[object]]

_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'


def _letters(column: int) -> str:
    letters = ""
    while column >= 0:
        letters, column = chr(65 + column % 26) + letters, column // 26 - 1
    return letters


def _cell(row: int, column: int, value: object) -> str:
    at = f"{_letters(column)}{row}"
    if isinstance(value, int | float):
        return f'<c r="{at}"><v>{value}</v></c>'
    text = escape(str(value))
    return f'<c r="{at}" t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>' if text else ""


def sheet_xml(rows: Rows) -> str:
    """Return the XML of a sheet."""
    lines = (
        f'<row r="{number}">{"".join(_cell(number, at, value) for at, value in enumerate(row))}</row>'
        for number, row in enumerate(rows, 1)
    )
    return f'{_HEAD}<worksheet xmlns="{_MAIN}"><sheetData>{"".join(lines)}</sheetData></worksheet>'


def xlsx(path: Path, sheets: Mapping[str, Any], *, hidden: Sequence[str] = ()) -> Path:
    """Write a file of Excel.

    Args:
        path: The new file.
        sheets: The rows, or the XML, of each sheet by its name.
        hidden: The names of hidden sheets.
    """
    numbered = list(enumerate(sheets, 1))
    states = dict.fromkeys(hidden, "hidden")
    listed = "".join(
        f'<sheet name="{escape(name)}" sheetId="{n}" r:id="rId{n}" state="{states.get(name, "visible")}"/>'
        for n, name in numbered
    )
    links = "".join(
        f'<Relationship Id="rId{n}" Type="{_RELATION}/worksheet" Target="worksheets/sheet{n}.xml"/>'
        for n, _ in numbered
    )
    types = "".join(
        f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{_TYPE}.worksheet+xml"/>'
        for n, _ in numbered
    )
    files = {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>{types}</Types>',
        "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" '
        f'Type="{_RELATION}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_RELATION}"><sheets>{listed}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">{links}</Relationships>',
    }
    with ZipFile(path, "w", ZIP_DEFLATED) as archive:
        for name, xml in files.items():
            archive.writestr(name, xml if xml.startswith("<?xml") else _HEAD + xml)
        for n, name in numbered:
            rows = sheets[name]
            archive.writestr(
                f"xl/worksheets/sheet{n}.xml", rows if isinstance(rows, str) else sheet_xml(rows)
            )
    return path


def ods(path: Path, name: str, rows: Rows, *, more: str = "") -> Path:
    """Write a file of OpenDocument with one sheet, and `more` XML of rows at its end."""
    urn = "urn:oasis:names:tc:opendocument:xmlns"

    def cell(value: object) -> str:
        if isinstance(value, int | float):
            return f'<table:table-cell office:value-type="float" office:value="{value}"/>'
        if not value:
            return "<table:table-cell/>"
        lines = "".join(f"<text:p>{escape(line)}</text:p>" for line in str(value).split("\n"))
        return f'<table:table-cell office:value-type="string">{lines}</table:table-cell>'

    lines = "".join(f"<table:table-row>{''.join(map(cell, row))}</table:table-row>" for row in rows)
    content = (
        f'{_HEAD}<office:document-content xmlns:office="{urn}:office:1.0" xmlns:table="{urn}:table:1.0"'
        f' xmlns:text="{urn}:text:1.0"><office:body><office:spreadsheet><table:table table:name="{escape(name)}">'
        f"{lines}{more}</table:table></office:spreadsheet></office:body></office:document-content>"
    )
    with ZipFile(path, "w", ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", content)
        manifest = f'<manifest:manifest xmlns:manifest="{urn}:manifest:1.0"/>'
        archive.writestr("META-INF/manifest.xml", _HEAD + manifest)
    return path


def _corpus_rows() -> list[list[object]]:
    original_of = originals()
    rows: list[list[object]] = [["Issue ID", "Summary", "Description", "Status", "Duplicate of", "Created"]]
    for issue in corpus_issues():
        texts = [issue["title"], issue["body"], issue["status"]]
        rows.append([issue["number"], *texts, original_of.get(issue["number"], ""), issue["created"]])
    return rows


def excel(folder: Path) -> Path:
    """Write the corpus below the name of a board, next to a sheet without issues."""
    return xlsx(
        folder / "tickets.xlsx",
        {"Notes": [["For Signe"], ["Thanks"]], "Tickets": [["Kiln"], *_corpus_rows()]},
    )


def open_document(folder: Path) -> Path:
    return ods(folder / "tickets.ods", "Tickets", _corpus_rows())
