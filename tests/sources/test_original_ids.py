import json
from pathlib import Path
from typing import Any

import pytest

from dupfind.records import Record
from dupfind.sources.open import open_source
from dupfind.sources.original_ids import ids_in


def read(tmp_path: Path, text: str, name: str = "a.csv") -> list[Record]:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return list(open_source(str(path)))


def marks(records: list[Record]) -> dict[str, list[str]]:
    return {record.id: [ref.id for ref in record.duplicate_of] for record in records if record.duplicate_of}


@pytest.mark.parametrize(
    ("cell", "ids"),
    [
        ("#1201: Kiln is cold, at night", ["1201"]),
        ("DE101: Kiln is cold", ["DE101"]),
        ("#12: Kiln\n#13: Glaze; runs", ["12", "13"]),
        ("KLN-5 - Kiln is cold", ["KLN-5"]),
        ("12, 13;14", ["12", "13", "14"]),
        ("['12', '13']", ["12", "13"]),
        ("[]", []),
        (["12", 13, {"id": 5}], ["12", "13"]),
        ("https://tracker.example/issues/12", ["12"]),
        ("4 121", ["4121"]),
        ("False", []),
        ("none", []),
    ],
)
def test_a_cell_names_ids_in_many_forms(cell: Any, ids: list[str]) -> None:
    assert ids_in(cell) == ids


@pytest.mark.parametrize(
    "name",
    [
        "Duplicated_issue",
        "dup_id",
        "mergedIntoPostID",
        "duplicate_finding_id",
        "Duplicate Issue Key",
        "Idea merged into",
        "CANONICAL ISSUE ID",
        "merged_into_ticket",
        "Duplicates",
        "Duplicate IDs",
        "Dupes",
        "Duplicate",
    ],
)
def test_columns_of_originals_have_many_names(name: str, tmp_path: Path) -> None:
    text = f"ID,Title,{name}\n7,Kiln is cold,\n8,Glaze runs,\n9,Cold kiln,7\n10,Cold,\n"
    assert marks(read(tmp_path, text)) == {"9": ["7"]}


@pytest.mark.parametrize("name", ["Duplicates", "Duplicate IDs", "Dup"])
@pytest.mark.parametrize(
    "cells",
    [
        ("2", "0", "1", "0"),  # a number in each row
        ("3", "", "5", ""),  # no ids of this table
        ("9", "", "", ""),  # of an original, whose duplicates come later
        ("yes", "", "no", ""),
        ("see above", "", "", "same"),
    ],
)
def test_a_column_called_duplicates_may_hold_no_originals(
    name: str, cells: tuple[str, ...], tmp_path: Path
) -> None:
    numbered = list(zip((7, 8, 9, 10), cells, strict=True))
    rows = "".join(f"{number},Kiln {number} is cold,{cell}\n" for number, cell in numbered)
    assert marks(read(tmp_path, f"ID,Title,{name}\n{rows}")) == {}
    objects = [{"id": number, "title": f"Kiln {number} is cold", name: cell} for number, cell in numbered]
    assert marks(read(tmp_path, json.dumps(objects), "a.json")) == {}


@pytest.mark.parametrize("key", ["{}", "KLN-{}", "90{}"])
@pytest.mark.parametrize("n", [60, 300])
@pytest.mark.parametrize("cells", [("1", "0"), ("1", ""), ("2", "")])
def test_numbers_in_few_rows_that_are_small_count_duplicates(
    cells: tuple[str, str], n: int, key: str, tmp_path: Path
) -> None:
    rows = "".join(f"{key.format(at)},Kiln {at} is cold,{cells[at % 7 > 0]}\n" for at in range(1, n))
    assert marks(read(tmp_path, f"ID,Title,Duplicates\n{rows}")) == {}


@pytest.mark.parametrize(("key", "times", "n"), [("KLN-{}", 1, 0), ("90{}", 1, 0), ("90{}", 30, 4)])
def test_numbers_below_a_thousand_are_counts_where_they_are_no_ids_of_the_first_rows(
    key: str, times: int, n: int, tmp_path: Path
) -> None:
    cells = ["" if at % 70 else str(at * times) for at in range(1, 300)]
    rows = "".join(f"{key.format(at)},Kiln {at} is cold,{cell}\n" for at, cell in enumerate(cells, 1))
    assert len(marks(read(tmp_path, f"ID,Title,Duplicates\n{rows}"))) == n
    objects = [
        {"ID": key.format(at), "Title": f"Kiln {at} is cold", "Duplicates": cell}
        for at, cell in enumerate(cells, 1)
    ]
    assert len(marks(read(tmp_path, json.dumps(objects), "a.json"))) == n


def test_small_numbers_are_ids_where_some_are_not_small(tmp_path: Path) -> None:
    rows = "".join(f"{at},Kiln {at} is cold,{'' if at % 30 else at - 25}\n" for at in range(1, 100))
    assert marks(read(tmp_path, f"ID,Title,Duplicates\n{rows}")) == {"30": ["5"], "60": ["35"], "90": ["65"]}


@pytest.mark.parametrize("name", ["Duplicate", "duplicate_issue", "Dup ticket"])
def test_one_and_nothing_are_answers(name: str, tmp_path: Path) -> None:
    text = f"ID,Title,{name}\n1,Kiln is cold,0\n2,Glaze runs,1\n3,Cold kiln,0\n4,Lamp is dark,1\n"
    assert marks(read(tmp_path, text)) == {}


@pytest.mark.parametrize("name", ["Duplicate of", "duplicate_issue", "Duplikat"])
def test_a_column_of_answers_names_no_originals(name: str, tmp_path: Path) -> None:
    text = f"ID,Title,{name}\n7,Kiln is cold,False\n8,Glaze runs,False\n9,Cold kiln,True\n"
    assert marks(read(tmp_path, text)) == {}


def test_a_column_that_shows_titles_of_originals_names_none(tmp_path: Path) -> None:
    text = "ID,Title,Duplicate of\n7,Kiln is cold,\n8,Glaze runs,\n9,Cold kiln,Kiln is cold\n"
    assert marks(read(tmp_path, text)) == {}
    text = "ID,Title,Duplicate of\nR7,Kiln is cold,\nR8,Glaze runs,\nR9,Cold kiln,R7\n"
    assert marks(read(tmp_path, text)) == {"R9": ["R7"]}


def test_the_user_may_name_a_column_of_duplicates(tmp_path: Path) -> None:
    from dupfind.sources.mapping import Mapping

    path = tmp_path / "a.csv"
    path.write_text("ID,Title,Duplicates\n7,Kiln is cold,9\n8,Glaze runs,\n9,Cold kiln,\n", encoding="utf-8")
    records = list(open_source(str(path), Mapping(duplicate_of_column="Duplicates")))
    assert marks(records) == {"7": ["9"]}


def test_a_list_of_json_names_originals(tmp_path: Path) -> None:
    objects = [
        {"bug_id": 101, "short_desc": "Kiln is cold", "description": "a", "dup_id": []},
        {"bug_id": 102, "short_desc": "Cold kiln", "description": "b", "dup_id": [101]},
    ]
    assert marks(read(tmp_path, json.dumps(objects), "a.json")) == {"102": ["101"]}
