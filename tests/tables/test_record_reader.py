"""What Python people hold becomes records, the same from every library; what cannot is refused with its place."""

import csv
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from typing import Any
from uuid import UUID

import numpy as np
import pandas
import polars
import pyarrow
import pytest

from dupfind.errors import DupfindError
from dupfind.records import Comment, Record, Ref
from dupfind.tables import record_reader
from dupfind.tables.frames import frame_of
from tests.support.timing import growth

NEW_YEAR = datetime(2024, 1, 1, tzinfo=UTC)
ROWS = [
    {
        "id": 7,
        "title": "Lamp stays dark",
        "body": None,
        "created": "2024-01-01",
        "state": "OPEN",
        "dup_of": None,
    },
    {
        "id": 8,
        "title": "Lamp does not light up",
        "body": "Since the storm.",
        "created": "2024-01-02T03:04:05Z",
        "state": "resolved",
        "dup_of": "7",
    },
]
RECORDS = [
    Record("7", "Lamp stays dark", "", state="open", created=NEW_YEAR),
    Record(
        "8",
        "Lamp does not light up",
        "Since the storm.",
        state="closed",
        created=datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC),
        duplicate_of=(Ref(None, "7"),),
    ),
]
COLUMNS = {"duplicate_of": "dup_of"}


def read(data: Any, columns: Any = None, **options: Any) -> list[Record]:
    return list(record_reader.records(data, columns, **options))


def sqlite_rows() -> list[sqlite3.Row]:
    connection = sqlite3.connect(":memory:")
    connection.row_factory = sqlite3.Row
    connection.execute("CREATE TABLE t (id INT, title, body, created, state, dup_of)")
    connection.executemany("INSERT INTO t VALUES (:id, :title, :body, :created, :state, :dup_of)", ROWS)
    rows = connection.execute("SELECT * FROM t").fetchall()
    connection.close()
    return rows


FORMS: dict[str, Callable[[], Any]] = {
    "list of dicts": lambda: ROWS,
    "generator of dicts": lambda: iter(ROWS),
    "rows of sqlite3": sqlite_rows,
    "dict of lists": lambda: {name: [row[name] for row in ROWS] for name in ROWS[0]},
    "pandas": lambda: pandas.DataFrame(ROWS),
    "pandas, filtered": lambda: pandas.concat([pandas.DataFrame([{"id": 1}]), pandas.DataFrame(ROWS)]).iloc[
        1:
    ],
    "pandas with times": lambda: pandas.DataFrame(ROWS).assign(
        created=lambda frame: pandas.to_datetime(frame["created"], utc=True, format="mixed")
    ),
    "polars": lambda: polars.DataFrame(ROWS),
    "polars in two chunks": lambda: polars.concat(
        [polars.DataFrame(ROWS[:1]), polars.DataFrame(ROWS[1:])], how="vertical_relaxed"
    ),
    "pyarrow table": lambda: pyarrow.Table.from_pylist(ROWS),
    "pyarrow reader": lambda: pyarrow.Table.from_pylist(ROWS).to_reader(max_chunksize=1),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_library_gives_the_same_records(form: str) -> None:
    assert read(FORMS[form](), COLUMNS) == RECORDS


def test_pandas_is_read_the_same_without_pyarrow(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise ImportError("Missing optional dependency 'pyarrow'")

    monkeypatch.setattr(pandas.DataFrame, "__arrow_c_stream__", fail)
    assert read(pandas.DataFrame(ROWS), COLUMNS) == RECORDS


def test_a_stream_that_fails_is_one_line_with_a_way_out() -> None:
    class Broken:
        def __arrow_c_stream__(self, requested_schema: object = None) -> object:
            raise ImportError("a library\nis missing")

    with pytest.raises(
        DupfindError, match=r"^the Broken gives no Arrow stream \(is missing\): pass a list of dicts"
    ):
        read(Broken())


def test_long_texts_nested_lists_and_empty_columns_of_polars_are_read() -> None:
    n = 3_000
    frame = polars.DataFrame(
        {
            "id": list(range(n)),
            "question": [f"Why is number {i} so long? " + "é" * (i % 80) for i in range(n)],
            "tags": [["a" * 40] * (i % 3) for i in range(n)],
            "nothing": [None] * n,
            "no_tags": [[] for _ in range(n)],
            "group": polars.Series(["x", "y", "z"] * (n // 3), dtype=polars.Categorical),
        }
    )
    for part in (frame, frame[1_000:], polars.concat([frame[:10], frame[10:]], rechunk=False)):
        assert [record.title for record in read(part)] == [
            text.strip() for text in part["question"].to_list()
        ]


def test_a_column_that_is_not_read_may_hold_anything() -> None:
    others = {
        "settings": pyarrow.array([[("a", 1)]], pyarrow.map_(pyarrow.string(), pyarrow.int64())),
        "runs": pyarrow.RunEndEncodedArray.from_arrays([1], ["x"]),
        "late": pyarrow.array([2**62], pyarrow.timestamp("s")),
        "loss": pyarrow.array([Decimal("-1.5")]),
        "opened": pyarrow.array([1], pyarrow.timestamp("ns")),
    }
    [record] = read(pyarrow.table({"question": ["Why?"], **others}), "question")
    assert record.title == "Why?"
    with pytest.raises(
        DupfindError, match=r"^column 'settings' of the Table cannot be read .*: convert it to text"
    ):
        read(pyarrow.table(others), "settings")


def test_the_work_grows_with_the_number_of_columns() -> None:
    def read_wide(n: int) -> None:
        frame = frame_of({f"answer {number}": [""] for number in range(n)})
        assert frame is not None
        assert len(frame.names) == n

    assert growth(read_wide, 3_000) < 24  # a quadratic one gives 64


def test_values_of_a_chunk_are_made_one_by_one() -> None:
    times = pyarrow.array([0] * 5_000 + [2**62], pyarrow.timestamp("s"))
    table = pyarrow.table({"title": ["a"] * 5_001, "created": times})
    records = record_reader.records(table)
    assert len([next(records) for _ in range(5_000)]) == 5_000
    with pytest.raises(DupfindError, match="column 'created' of the Table cannot be read"):
        next(records)


def test_nanoseconds_and_extensions_are_read_without_a_warning() -> None:
    table = pyarrow.table(
        {
            "title": pyarrow.array(["{}"], pyarrow.json_()),
            "created": pyarrow.array([NEW_YEAR.timestamp() * 10**9 + 1], pyarrow.timestamp("ns", "UTC")),
        }
    )
    [record] = read(table)
    assert (record.title, record.created) == ("{}", NEW_YEAR)


def test_a_list_of_texts_is_numbered_and_its_first_lines_are_titles() -> None:
    texts = ["Kettle hums\nAll night.", None, np.str_("Kettle"), b"Hum", float("nan"), pandas.NA]
    assert [(it.id, it.title, it.body) for it in read(texts)] == [
        ("0", "Kettle hums", "All night."),
        ("1", "", ""),
        ("2", "Kettle", ""),
        ("3", "Hum", ""),
        ("4", "", ""),
        ("5", "", ""),
    ]
    for series in (
        pandas.Series(["a", "b"]),
        polars.Series(["a", "b"]),
        pyarrow.chunked_array([["a"], ["b"]]),
        np.array(["a", "b"]),
    ):
        assert [it.title for it in read(series)] == ["a", "b"]


def test_a_line_of_windows_ends_without_its_carriage_return() -> None:
    [record] = read(["Kettle hums\r\nAll night."])
    assert (record.title, record.body) == ("Kettle hums", "All night.")


@pytest.mark.parametrize(
    "table",
    [
        polars.DataFrame({"text": ["a"], "b\0": ["x"]}),
        polars.DataFrame({"text": ["a"], "b": [[[{"c": 1, "d\0": 2}]]]}),
        polars.Series("te\0xt", ["a"]),
    ],
    ids=["column", "field", "series"],
)
def test_a_nul_in_a_name_of_polars_which_ends_the_process_is_refused(table: Any) -> None:
    with pytest.raises(DupfindError, match="has a NUL in its name: rename it"):
        read(table)


@pytest.mark.parametrize(
    "cell",
    [{"names": ["bug"]}, {"a": [], "b": [{}]}, polars.Series([1.0, 2.0]), pandas.DataFrame({"a": [1]})],
    ids=["dict", "dict of two", "series", "frame"],
)
def test_a_row_may_hold_a_dict_of_lists_or_a_table(cell: Any) -> None:
    row = {"id": 1, "title": "Lamp", "labels": cell}
    assert read([row]) == [Record("1", "Lamp")]
    assert record_reader.query(row) == Record("1", "Lamp")


def test_a_dict_of_tables_in_place_of_a_row_is_refused() -> None:
    tables = {"train": pandas.DataFrame(ROWS), "test": polars.DataFrame(ROWS)}
    message = "^the dict holds 2 tables: pass one of them, such as that of 'train'$"
    with pytest.raises(DupfindError, match=message):
        read(tables)
    with pytest.raises(DupfindError, match=message):
        record_reader.query(tables)


RING: list[Any] = []
RING.append(RING)


@pytest.mark.parametrize(
    "value",
    [10**5_000, RING, {"a": RING}, [10**5_000], {"a": -(10**5_000)}],
    ids=["number", "list", "dict", "list of a number", "dict of a number"],
)
@pytest.mark.parametrize("field", ["id", "title", "other"])
def test_a_value_without_an_end_is_refused_where_it_is_read(field: str, value: Any) -> None:
    row = {"id": 1, "title": "Lamp", "other": "x", field: value}
    is_no_id = isinstance(value, dict) or value == [10**5_000]  # by its values, no column of ids
    if field == "other" or (field == "id" and is_no_id):
        assert [record.id for record in read([row])] == ["1" if field == "other" else "0"]
        return
    with pytest.raises(DupfindError, match=f"^row 0, column '{field}': ") as raised:
        read([row])
    assert len(str(raised.value)) < 300


def test_a_table_in_a_column_of_texts_is_refused_in_one_line() -> None:
    with pytest.raises(DupfindError, match=r"^row 0, column 'title': .* not a text: give a str$"):
        read([{"id": 1, "title": pandas.DataFrame({"a": [1]})}])


def test_a_message_has_the_beginning_of_a_long_name_of_a_column() -> None:
    with pytest.raises(DupfindError, match="no column of the table is known") as raised:
        read([{"x" * 1_000_000: "a", "y" * 500: "b"}])
    assert len(str(raised.value)) < 600


def test_a_first_line_that_is_too_long_for_a_title_stays_in_the_body() -> None:
    text = "word " * 100
    [record] = read([text])
    assert (record.title, record.body) == ("", text)


@pytest.mark.parametrize(
    ("value", "id"),
    [
        (12, "12"),
        (12.0, "12"),
        (np.int64(12), "12"),
        (np.float64(12), "12"),
        (Decimal("12"), "12"),
        (np.str_("ABC-1"), "ABC-1"),
        (b"ABC-1", "ABC-1"),
        (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
    ],
)
def test_an_id_is_a_text_a_number_or_a_uuid(value: object, id: str) -> None:
    assert read([{"id": value, "title": "a"}])[0].id == id
    assert read([Record(value, "a")])[0].id == id  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "value",
    [
        "2024-01-01",
        "2024-01-01T00:00:00+00:00",
        "1 Jan 2024",
        date(2024, 1, 1),
        datetime(2024, 1, 1),
        datetime(2024, 1, 1, 2, tzinfo=timezone(timedelta(hours=2))),
        pandas.Timestamp("2024-01-01"),
        pandas.Timestamp("2024-01-01 02:00:00.000000001", tz="Europe/Helsinki"),
        np.datetime64("2024-01-01"),
        np.datetime64("2024-01-01T00:00:00.000000001"),
        1_704_067_200,
        np.int64(1_704_067_200_000),
    ],
    ids=repr,
)
def test_a_time_is_read_in_every_ordinary_form(value: Any) -> None:
    [row] = read([{"title": "a", "created": value}], {"created": "created"})
    [record] = read([Record("1", "a", created=value)])
    assert row.created == record.created == NEW_YEAR
    assert type(row.created) is type(record.created) is datetime
    assert repr(record) == repr(Record("1", "a", created=NEW_YEAR))  # so that its fingerprint is the same


MISSING = [
    *(None, float("nan"), np.nan, np.float64("nan"), pandas.NaT, pandas.NA),
    *(np.datetime64("NaT"), Decimal("nan"), Decimal("snan")),
]


@pytest.mark.parametrize("missing", MISSING, ids=repr)
def test_every_missing_value_is_empty(missing: Any) -> None:
    columns = {name: name for name in ("title", "body", "state", "created", "url", "duplicate_of", "project")}
    [record] = read([dict.fromkeys(columns, missing)], columns)
    assert record == Record("0", "")
    fields: dict[str, Any] = dict.fromkeys(columns, missing)
    assert read([Record(id="0", **fields)]) == [Record("0", "")]


@pytest.mark.parametrize(
    "names", ["7, 8", [7, "8"], ("7", np.int64(8)), np.array([7, 8]), [Ref(None, "7"), 8.0]], ids=repr
)
def test_marks_are_ids_in_a_text_or_a_list(names: Any) -> None:
    expected = (Ref(None, "7"), Ref(None, "8"))
    assert (
        read([{"title": "a", "duplicate_of": names}], {"duplicate_of": "duplicate_of"})[0].duplicate_of
        == expected
    )
    assert read([Record("1", "a", duplicate_of=names)])[0].duplicate_of == expected


def test_a_record_of_the_right_types_is_not_copied() -> None:
    record = RECORDS[1]
    assert read([record])[0] is record
    comments = [Comment("a", datetime(2024, 1, 1)), "b"]
    [other] = read([replace(record, comments=comments, n_responses=2.0)])  # type: ignore[arg-type]
    assert other == replace(record, comments=(Comment("a", NEW_YEAR), Comment("b")), n_responses=2)


def test_the_state_of_a_record_is_read_in_the_words_of_every_tracker() -> None:
    for id in ("1", 1):
        states = [
            it.state
            for it in read([Record(id, "a", state=word) for word in ("OPEN", "Resolved", "odd")])  # type: ignore[arg-type]
        ]
        assert states == ["open", "closed", "odd"]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"title": ["a"]}, "row 0, column 'title': ['a'] is of type list, not a text: give a str"),
        ({"title": {"a": {"b": {"c": {}}}}}, "is of type dict"),
        ({"title": b"\xff"}, r"row 0, column 'title': b'\xff' is not UTF-8"),
        ({"title": object}, "is of type type"),
        ({"title": "a", "id": True}, "row 0, column 'id': True is no id"),
        ({"title": "a", "id": ["x"]}, "is of type list"),
        (
            {"title": "a", "created": "soon"},
            "row 0, column 'created': 'soon' is no time: write it as 2024-01-31",
        ),
        ({"title": "a", "created": [1]}, "is of type list, not a time"),
        ({"title": "a", "created": "x" * 10**6}, "xxx"),
        (
            {"title": "a", "duplicate_of": {"id": 1}},
            "row 0, column 'duplicate_of': {'id': 1} is of type dict",
        ),
        ({"title": 10**5_000}, "a number of too many digits is no text"),
    ],
)
def test_a_value_that_cannot_be_the_field_s_is_refused_with_its_place(
    row: dict[str, Any], message: str
) -> None:
    columns = {name: name for name in row}
    for data in ([row], [Record(**({"id": "1"} | row))]):
        with pytest.raises(DupfindError) as error:
            read(data, columns)
        assert message in str(error.value)
        assert len(str(error.value)) < 500
        assert "\n" not in str(error.value)


def test_the_row_and_the_column_are_those_of_the_table() -> None:
    frame = pandas.DataFrame({"Ticket": ["a", "b"], "when": ["2024-01-01", "later"]})
    with pytest.raises(DupfindError, match=r"^row 1, column 'when': 'later' is no time"):
        read(frame, {"title": "Ticket", "created": "when"})
    with pytest.raises(DupfindError, match=r"^row 1, column 'key': None is no id: fill it, or pass columns="):
        read([{"key": 1, "title": "a"}, {"title": "b"}], {"id": "key"})
    assert [it.id for it in read([{"key": 1, "title": "a"}, {"title": "b"}], {"id": None})] == ["0", "1"]


def test_a_time_out_of_range_is_empty_as_in_every_reader() -> None:
    [record] = read([{"title": "a", "created": "0001-01-01"}], {"created": "created"})
    assert record.created is None


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("issues.csv", "`dupfind index FILE` reads files"),
        (None, "None is no table: give a DataFrame"),
        (5, "5 is no table"),
        ([5], "row 0 is 5: give a dict, a text or a Record"),
        ([Fraction(1, 2)], "row 0 is Fraction"),
        ([[1, 2]], "row 0 is"),
        ([{1: "a"}], "a key of a dict is 1"),
        (csv.DictReader(["title", "a,b"]), "a key of a dict is None: give dicts whose keys are texts"),
        ({"title": ["a"], "body": ["a", "b"]}, "different lengths: 'title' 1, 'body' 2"),
        ([{"product": "kettle"}], "name it with columns='product'"),
        (pandas.DataFrame([["a", "b"]], columns=["x", "x"]), "two columns 'x': rename one"),
    ],
)
def test_what_is_no_table_is_refused(data: Any, message: str) -> None:
    with pytest.raises(DupfindError) as error:
        read(data)
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (
            "nothing",
            "the table has no column 'nothing'; its columns: id, title, body, created, state, dup_of",
        ),
        ({"text": "title"}, "'text' is not a field of a record; fields: id, title, body"),
        (5, "columns is 5: give a name"),
        (
            {"title": "title", "body": ["body", "state"]},
            "columns has ['body', 'state']: give a field one name",
        ),
        ([], "columns is empty"),
    ],
)
def test_columns_that_do_not_exist_are_refused(columns: Any, message: str) -> None:
    with pytest.raises(DupfindError) as error:
        read(ROWS, columns)
    assert message in str(error.value)


def test_one_text_column_is_enough() -> None:
    questions = [{"product": "Kettle of steel"}, {"product": "Kettle of glass"}]
    assert [it.title for it in read(questions, "product")] == ["Kettle of steel", "Kettle of glass"]
    answered = [{"q": "Why?", "a": "Because.", "more": None}]
    [record] = read(answered, ["q", "a", "more"])
    assert (record.title, record.body) == ("Why?", "Because.")


def test_hostile_values_take_linear_time_and_stay_texts() -> None:
    huge = "<div " + "a\n" * 500_000
    [record] = read([{"title": huge, "body": huge}], ["title", "body"])
    assert record.body == huge
    [lone] = read([{"title": "a\ud800\0b"}], "title")
    assert lone.title == "a\ud800\0b"  # the index stores it with "?" and without NUL


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (None, "the query is None: give a text"),
        (5, "the query is 5"),
        (b"a", "the query is b'a'"),
        ({"title": []}, "the query, column 'title'"),
    ],
)
def test_a_query_is_a_text_a_dict_or_a_record(value: object, message: str) -> None:
    with pytest.raises(DupfindError) as error:
        record_reader.query(value)
    assert message in str(error.value)
    assert record_reader.query({"title": "a", "id": 3}) == Record("3", "a")
    assert record_reader.query({"title": "a"}) == Record("", "a")


def test_a_source_that_fails_loses_no_record_before() -> None:
    def failing() -> Any:
        yield Record("1", "a")
        raise RuntimeError

    stream = record_reader.records(failing())
    assert next(stream).id == "1"


def test_queries_are_read_by_one_choice_of_columns_as_records_are() -> None:
    rows = [{"title": "a", "when": "13/01/2024"}, {"title": "b", "when": "01/02/2024 1:00 PM"}]
    queries = list(record_reader.queries(rows, {"created": "when"}))
    assert queries == read(rows, {"created": "when"}, has_ids=False)
    rows = [{"title": "lamp", "body": "dark"}, {"body": "kettle"}]
    assert list(record_reader.queries(rows)) == read(rows, has_ids=False)
    assert list(record_reader.queries(["lamp\ndark", None, *rows]))[:2] == ["lamp\ndark", ""]
