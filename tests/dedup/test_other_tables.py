"""`dupfind.dedupe` and `dupfind.index` take what DuckDB and Hugging Face's datasets hold."""

from typing import Any

import pytest

import dupfind
from dupfind.errors import DupfindError
from tests.support.samples import WordEncoder

pytestmark = pytest.mark.slow  # both libraries take seconds to import

ROWS = [
    {"id": 7, "title": "the kettle hums at night", "body": None},
    {"id": 8, "title": "my lamp is dark", "body": "since the storm"},
    {"id": 9, "title": "the kettle hums at night", "body": None},
]


def check(table: Any) -> "dupfind.Deduplication":
    """Find the copy among the rows, and each of them in an index."""
    result = dupfind.dedupe(table, ["title", "body"], encoder=WordEncoder())
    assert (result.kept, result.removed) == ([0, 1], [2])
    with dupfind.index(table, encoder=WordEncoder()) as collection:
        assert sorted(record.id for record in collection) == ["7", "8", "9"]
        [hit] = collection.search("lamp since the storm", k=1)
        assert (hit.id, hit.title) == ("8", "my lamp is dark")
    return result


def test_a_relation_of_duckdb_is_a_table_whose_rows_have_no_numbers() -> None:
    duckdb = pytest.importorskip("duckdb", reason="duckdb is missing: pip install duckdb")
    connection = duckdb.connect()
    connection.execute("CREATE TABLE issues (id INTEGER, title VARCHAR, body VARCHAR)")
    connection.executemany("INSERT INTO issues VALUES (?, ?, ?)", [tuple(row.values()) for row in ROWS])
    result = check(connection.sql("SELECT * FROM issues ORDER BY id"))
    with pytest.raises(DupfindError, match="cannot be chosen by their numbers: use `kept`"):
        _ = result.selected
    with pytest.raises(DupfindError, match="is no table"):
        dupfind.dedupe(connection, encoder=WordEncoder())


def test_a_dataset_is_a_table_and_a_dict_of_splits_is_several() -> None:
    datasets = pytest.importorskip("datasets", reason="datasets is missing: install dupfind[train]")
    dataset = datasets.Dataset.from_list(ROWS)
    selected = check(dataset).selected
    assert isinstance(selected, datasets.Dataset)
    assert selected["id"][:] == [7, 8]
    check(dataset.to_iterable_dataset())
    with pytest.raises(DupfindError, match="the DatasetDict holds 1 table: pass one of them"):
        dupfind.dedupe(datasets.DatasetDict(train=dataset), encoder=WordEncoder())
