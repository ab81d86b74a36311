from pathlib import Path

import pytest

from dupfind.sources.files import csv_escapes
from dupfind.sources.open import open_source


def read(tmp_path: Path, text: str) -> list[tuple[str, str, str]]:
    path = tmp_path / "a.csv"
    path.write_text(text, encoding="utf-8", newline="")
    source = open_source(str(path))
    records = [(record.id, record.title, record.body) for record in source]
    assert source.counts.n_broken == 0
    return records


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_quote_in_a_cell_may_have_a_backslash_before_it(delimiter: str, end: str, tmp_path: Path) -> None:
    rows = [
        ["id", "title", "body"],
        ["1", r'"Say \"cold\", not hot"', r'"A path C:\kiln' + end + r'of \"fire\""'],
        ["2", '"Glaze ""runs"""', r'"A folder C:\\"'],
        ["3", "Lamp", r'"A code \\\"x, y\\\" in it"'],
    ]
    assert read(tmp_path, end.join(delimiter.join(row) for row in rows) + end) == [
        ("1", 'Say "cold", not hot', rf'A path C:\kiln{end}of "fire"'),
        ("2", 'Glaze "runs"', r"A folder C:\\"),
        ("3", "Lamp", r'A code \\"x, y\\" in it'),
    ]


@pytest.mark.parametrize(
    ("cell", "body"),
    [
        ('"C:\\logs\\"', "C:\\logs\\"),
        ('"the end \\"""', 'the end \\"'),
        ('see \\"x\\" there', 'see \\"x\\" there'),
    ],
)
def test_a_backslash_before_the_end_of_a_cell_is_its_last_character(
    cell: str, body: str, tmp_path: Path
) -> None:
    text = f'id,title,body\n1,"Kiln",{cell}\n2,"Glaze","fine, all"\n'
    assert read(tmp_path, text) == [("1", "Kiln", body), ("2", "Glaze", "fine, all")]


def test_a_row_that_the_end_of_the_beginning_cuts_decides_nothing() -> None:
    assert not has_escapes('id,title\n1,"C:\\logs\\"\n2,"the kil', is_cut=True)
    assert has_escapes('id,title\n1,"a \\"b\\" c"\n2,"the \\"kil', is_cut=True)


@pytest.mark.parametrize("is_cut", [True, False])
def test_a_cell_that_would_swallow_broken_rows_has_no_escapes(is_cut: bool) -> None:
    assert not has_escapes('id,title\n1,"C:\\logs\\"\n2,Glaze\n3,Lamp,a,b\n4,Dark\n', is_cut=is_cut)


def test_a_file_that_can_only_be_read_without_escapes_is_read_so(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text('id,title\n1,"a \\"b\\", c"\n2,"C:\\logs\\"\n', encoding="utf-8")
    source = open_source(str(path))
    assert [record.title for record in source] == ["C:\\logs\\"]
    assert source.counts.n_broken == 1


def test_a_file_that_can_only_be_read_with_escapes_is_read_so(tmp_path: Path) -> None:
    assert read(tmp_path, 'id,title,body\n1,Kiln,"the \\","\n') == [("1", "Kiln", 'the ",')]


def test_a_first_row_without_an_end_decides_nothing() -> None:
    assert not has_escapes('"id,title\\"\n1,Kiln\n2,a,b\n', is_cut=True)


def has_escapes(head: str, *, is_cut: bool) -> bool:
    return csv_escapes.has_escapes(head, ",", 2, is_cut=is_cut)
