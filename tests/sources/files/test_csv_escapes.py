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
    ]
    assert read(tmp_path, end.join(delimiter.join(row) for row in rows) + end) == [
        ("1", 'Say "cold", not hot', rf'A path C:\kiln{end}of "fire"'),
        ("2", 'Glaze "runs"', r"A folder C:\\"),
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
    assert not csv_escapes.has_escapes('id,title\n1,"C:\\logs\\"\n2,"the kil', ",", 2)
    assert csv_escapes.has_escapes('id,title\n1,"a \\"b\\" c"\n2,"the \\"kil', ",", 2)
