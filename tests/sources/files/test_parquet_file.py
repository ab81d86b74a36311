import sys
from datetime import datetime
from pathlib import Path

import pyarrow
import pytest
from pyarrow.parquet import ParquetWriter, write_table

from dupfind.errors import SourceError
from dupfind.sources.open import Mapping, open_source


def written(tmp_path: Path, rows: list[dict[str, object]]) -> str:
    path = tmp_path / "a.parquet"
    write_table(pyarrow.Table.from_pylist(rows), path, row_group_size=2)
    return str(path)


def test_a_table_is_read_by_likely_names(tmp_path: Path) -> None:
    rows: list[dict[str, object]] = [
        {"no": n, "summary": f"t{n}", "text": None, "extra": "x" * 9} for n in range(5)
    ]
    source = open_source(written(tmp_path, rows))
    assert (source.kind, source.total) == ("parquet", 5)
    assert source.notes[0].startswith("columns: id=no, title=summary, body=text (change with")
    assert [(record.id, record.title, record.body) for record in source][4] == ("4", "t4", "")


def test_columns_can_be_named_and_rows_stand_in_for_ids(tmp_path: Path) -> None:
    path = written(tmp_path, [{"a": "x"}, {"a": "y"}])
    with pytest.raises(SourceError, match="no column like title or body; its columns: a; name one"):
        open_source(path)
    assert [(record.id, record.title) for record in open_source(path, Mapping(title_column="a"))] == [
        ("1", "x"),
        ("2", "y"),
    ]


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    path = Path(written(tmp_path, [{"id": n, "title": str(n) * 500} for n in range(100)]))
    data = bytearray(path.read_bytes())
    path.write_bytes(data[:-20])
    with pytest.raises(SourceError, match=r"a\.parquet is not readable Parquet"):
        open_source(str(path))
    data[100:400] = b"\xff" * 300
    path.write_bytes(data)
    with pytest.raises(SourceError, match=r"a\.parquet, after row \d+: damaged"):
        list(open_source(str(path)))


def test_without_pyarrow_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path, [{"id": 1, "title": "a"}])
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(SourceError, match=r"pip install 'dupfind\[parquet\]'"):
        open_source(path)


def test_a_row_group_is_not_made_into_python_at_once(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    schema = pyarrow.schema([("id", pyarrow.int64()), ("title", pyarrow.string())])
    with ParquetWriter(path, schema) as writer:
        for start in range(0, 50_000, 10_000):
            numbers = range(start, start + 10_000)
            writer.write_table(pyarrow.table({"id": numbers, "title": map(str, numbers)}, schema=schema))
    records = iter(open_source(str(path)))
    assert next(records).id == "0"
    assert sum(1 for _ in records) == 49_999


def test_a_time_that_python_does_not_have_is_left_out_and_its_row_stays(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    times = pyarrow.array([1_700_000_000_000_000, 2**62, None], pyarrow.timestamp("us", "UTC"))
    write_table(pyarrow.table({"id": [1, 2, 3], "title": ["a", "b", "c"], "created_at": times}), path)
    found = list(open_source(str(path)))
    assert [record.id for record in found] == ["1", "2", "3"]
    assert [str(record.created)[:10] for record in found] == ["2023-11-14", "None", "None"]


def test_a_time_of_nanoseconds_needs_no_pandas(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    times = pyarrow.array([1_700_000_000_123_456_789], pyarrow.timestamp("ns"))
    write_table(pyarrow.table({"id": [1], "title": ["a"], "created_at": times}), path)
    [found] = open_source(str(path))
    assert str(found.created) == "2023-11-14 22:13:20.123456+00:00"
    assert type(found.created) is datetime


def test_a_damaged_name_of_a_column_is_named(tmp_path: Path) -> None:
    path = Path(written(tmp_path, [{"id": 1, "title": "a", "remarkable": "b"}]))
    path.write_bytes(path.read_bytes().replace(b"remarkable", b"remark\xf3\xffle"))
    with pytest.raises(SourceError, match=r"a\.parquet"):
        list(open_source(str(path)))
