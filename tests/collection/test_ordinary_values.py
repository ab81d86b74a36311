"""A collection takes ordinary Python values, and its answers become tables."""

import tracemalloc
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pandas
import polars
import pyarrow
import pytest

import dupfind
from dupfind.collection.collection import Collection
from dupfind.collection.writable import WritableCollection
from dupfind.errors import DupfindError
from dupfind.records import Record
from tests.support.samples import WordEncoder, corpus

ROWS = [
    {"id": 1, "title": "kettle hums at night", "state": "open", "created": "2024-01-01"},
    {"id": 2, "title": "kettle hums at noon", "state": "closed", "created": "2024-01-02"},
    {"id": 3, "title": "lamp is dark", "state": "open", "created": "2024-01-03"},
]


@pytest.fixture
def collection(tmp_path: Path) -> Iterator[WritableCollection]:
    with WritableCollection.create(tmp_path / "index", encoder=WordEncoder()) as writable:
        writable.index(ROWS)
        yield writable


def ids(hits: Any) -> list[str]:
    return [hit.id for hit in hits]


def test_a_frame_read_again_changes_nothing(collection: WritableCollection) -> None:
    for frame in (pandas.DataFrame(ROWS), polars.DataFrame(ROWS), pyarrow.Table.from_pylist(ROWS)):
        run = collection.index(frame)
        assert (run.n_new, run.n_changed, run.n_same) == (0, 0, 3)
    assert collection.index(pandas.DataFrame(ROWS[:1]), complete=True).n_gone == 2


def test_the_records_before_a_refused_row_are_indexed(tmp_path: Path) -> None:
    with WritableCollection.create(tmp_path, encoder=WordEncoder()) as collection:
        with pytest.raises(DupfindError, match=r"^row 2, column 'created': 'soon' is no time"):
            collection.index([*ROWS[:2], {**ROWS[2], "created": "soon"}])
        assert ids(collection) == ["1", "2"]


def test_a_hostile_text_is_indexed_and_found(tmp_path: Path) -> None:
    texts = ["kettle \ud800 hums\0", "lamp " * 200_000, "<script>alert(1)</script> fan"]
    with WritableCollection.create(tmp_path, encoder=WordEncoder()) as collection:
        assert collection.index(texts).n_new == 3
        assert ids(collection.search("kettle \ud800\0 hums", k=1)) == ["0"]
        drawn = collection.search("fan", k=1)._repr_html_()
        assert "<script" not in drawn
        assert "&lt;script&gt;" in drawn


def test_a_collection_yields_its_records_and_names_its_folder(collection: WritableCollection) -> None:
    assert [record.title for record in collection] == [row["title"] for row in ROWS]
    assert repr(collection) == f"<WritableCollection '{collection.folder}': 3 records>"
    with Collection.open(collection.folder, encoder=WordEncoder()) as reader:
        assert repr(reader).startswith("<Collection ")
    assert repr(reader) == f"<Collection '{collection.folder}': closed, or not readable>"


def test_records_are_yielded_in_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"{Collection.__module__}._BLOCK", 7)
    records = corpus(20)
    with WritableCollection.create(tmp_path, encoder=WordEncoder()) as collection:
        collection.index(records)
        assert ids(collection) == ids(records)


def test_an_indexed_record_without_a_source_is_not_its_own_hit(collection: WritableCollection) -> None:
    for query in (
        Record("1", "kettle hums at night"),
        Record("1", "kettle hums"),
        ROWS[0],
        next(iter(collection)),
    ):
        assert "1" not in ids(collection.search(query))
        assert "1" not in ids(collection.search_each([query])[0])
        assert "1" not in [it.hit.id for it in collection.check([query])[0].originals]
    assert "1" in ids(collection.search("kettle hums at night"))
    assert "1" in ids(collection.search({"title": "kettle hums at night"}))


def test_of_another_source_only_the_same_text_is_the_record_itself(tmp_path: Path) -> None:
    with WritableCollection.create(tmp_path, encoder=WordEncoder()) as collection:
        collection.index(ROWS, source="jira")
        assert ids(collection.search(Record("1", "kettle hums at night")))[0] == "2"
        assert ids(collection.search(Record("1", "kettle hums")))[0] in ("1", "2")
        assert "1" in ids(collection.search(Record("1", "kettle hums")))


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("state", "opened", "state 'opened' is not one of open, closed, all"),
        ("state", 1, "state 1 is not one of"),
        ("k", 0, "k is 0, but must be at least 1"),
        ("k", "3", "k is '3', but must be a whole number"),
        ("k", True, "k is True"),
        ("min_score", "high", "min_score is 'high', but must be a number from -1 to 1"),
        ("min_score", float("nan"), "min_score is nan"),
        ("before", "soon", "the call, column 'before': 'soon' is no time"),
        ("before", "1960-01-01", "before is '1960-01-01', which is no time from 1971 to 2200"),
        ("before", pandas.NaT, "before is NaT, which is no time"),
        ("before", "", "before is '', which is no time"),
        ("k", 2**70, "k is 1180591620717411303424, but must be at most 1,000,000,000"),
        ("project", ["a"], "project is ['a'], but must be a text"),
        ("source", 5, "source is 5, but must be a text"),
        ("verdicts", "harsh", "verdicts 'harsh' is not one of strict, balanced, eager"),
    ],
)
def test_a_wrong_option_is_an_error_that_names_it(
    collection: WritableCollection, option: str, value: Any, message: str
) -> None:
    options: dict[str, Any] = {option: value}
    for search in (
        lambda: collection.search("kettle", **options),
        lambda: collection.search_each(["a"], **options),
    ):
        with pytest.raises(DupfindError) as error:
            search()
        assert message in str(error.value)


def test_a_wrong_option_of_a_report_or_of_indexing_is_an_error_that_names_it(
    collection: WritableCollection,
) -> None:
    wrong: list[tuple[str, Callable[[], object]]] = [
        ("since is '', which is no time from 1971 to 2200", lambda: collection.report(since="")),
        ("project is 5, but must be a text", lambda: collection.report(project=5)),  # type: ignore[arg-type]
        ("source is 5, but must be a text", lambda: collection.report(source=5)),  # type: ignore[arg-type]
        ("limit is 0, but must be at least 1", lambda: collection.report(limit=0)),
        ("max_pairs is 'x', but must be a whole", lambda: collection.report(max_pairs="x")),  # type: ignore[arg-type]
        ("project is 5, but must be a text", lambda: collection.find("1", project=5)),  # type: ignore[arg-type]
        ("source is 5, but must be a text", lambda: collection.index(["a"], source=5)),  # type: ignore[arg-type]
        ("source is None, but must be a text", lambda: collection.index(["a"], source=None)),  # type: ignore[arg-type]
    ]
    for message, call in wrong:
        with pytest.raises(DupfindError) as error:
            call()
        assert message in str(error.value)


def test_the_words_of_the_command_line_are_taken(collection: WritableCollection) -> None:
    assert len(collection.search("kettle", state="all")) == 3
    assert ids(collection.search("kettle", state="closed")) == ["2"]
    for before in ("2024-01-02", date(2024, 1, 2), datetime(2024, 1, 2), pandas.Timestamp("2024-01-02")):
        assert ids(collection.search("kettle", before=before)) == ["1"]


def test_a_k_larger_than_the_index_costs_no_memory(collection: WritableCollection) -> None:
    tracemalloc.start()
    try:
        assert len(collection.search("kettle", k=10_000_000)) == 3
        assert tracemalloc.get_traced_memory()[1] < 20_000_000  # 120 MB were reserved
    finally:
        tracemalloc.stop()


def test_a_record_is_found_by_a_number(collection: WritableCollection) -> None:
    assert ids(collection.find(3)) == ids(collection.find("3")) == ["3"]
    with pytest.raises(DupfindError, match=r"^the call, column 'id': \['3'\] is of type list"):
        collection.find(["3"])  # type: ignore[arg-type]
    assert collection.can_judge({"title": "the kettle of the kitchen hums at night"})
    assert not collection.can_judge("kettle")


def test_many_texts_at_once_give_the_hits_of_each(collection: WritableCollection) -> None:
    texts = ["kettle hums", None, "lamp", {"title": "dark lamp"}]
    found = collection.search_each(texts, k=2)
    assert found[0] == collection.search("kettle hums", k=2)
    assert found[1] == []
    assert found[3] == collection.search({"title": "dark lamp"}, k=2)
    assert (
        collection.search_each(polars.DataFrame({"said": ["kettle hums"]}), k=2, columns="said")[0]
        == found[0]
    )
    assert collection.search_each([]) == []


def test_hits_become_dicts_and_every_dataframe(collection: WritableCollection) -> None:
    hits = collection.search("kettle hums", k=2)
    rows = hits.to_dicts()
    assert [row["id"] for row in rows] == ids(hits)
    assert rows[0]["created"] == datetime(2024, 1, int(rows[0]["id"]), tzinfo=UTC)
    assert polars.DataFrame(hits.to_arrow()).to_dicts() == rows
    assert pyarrow.table(hits.to_arrow()).to_pylist() == rows
    assert pandas.DataFrame(rows)["score"].tolist() == [hit.score for hit in hits]
    none = collection.search("kettle", before=datetime(1, 1, 1, tzinfo=UTC))
    assert polars.DataFrame(none.to_arrow()).shape[0] == 0


def test_a_check_compares_texts_with_the_index_and_each_other(collection: WritableCollection) -> None:
    texts = ["lamp is dark", "fan is loud in the hall", "fan is loud in the hall"]
    results = collection.check(texts)
    assert results[0].originals[0].hit.id == "3"
    assert results[0].verdict == "likely"  # a copy
    assert [it.is_new for it in results[2].originals][:1] == [True]
    rows = results.to_dicts()
    assert {row["issue"] for row in rows} == {0, 1, 2}
    assert polars.DataFrame(results.to_arrow()).to_dicts() == rows
    assert "lamp is dark" in results._repr_html_()
    assert collection.check("lamp is dark")[0].verdict == "likely"
    assert collection.check([]) == []


def test_a_report_lists_clusters_and_pairs(collection: WritableCollection) -> None:
    collection.index(["lamp is dark", "fan is <b>loud</b>", "fan is <b>loud</b>"], source="more")
    report = collection.report()
    rows = report.to_dicts()
    assert {(row["cluster"], row["is_canonical"]) for row in rows} == {
        (1, True),
        (1, False),
        (2, True),
        (2, False),
    }
    assert polars.DataFrame(report.to_arrow()).to_dicts() == rows
    pairs = report.pairs()
    assert len(pairs) == 2
    assert [row["score"] for row in pairs.to_dicts()] == [1.0, 1.0]
    assert pyarrow.table(pairs.to_arrow()).num_rows == 2
    assert "<b>" not in report._repr_html_()
    assert "&lt;b&gt;loud" in report._repr_html_()
    assert len(collection.report(limit=1).clusters) == 1
    assert collection.report(since="2030-01-01").clusters == ()
    with pytest.raises(DupfindError, match="min_probability is 2, but must be a number from 0 to 1"):
        collection.report(min_probability=2)


def test_the_first_results_are_a_table_too(collection: WritableCollection) -> None:
    hits = collection.search("kettle")[:2]
    assert [row["id"] for row in hits.to_dicts()] == ids(hits) == ids(collection.search("kettle", k=2))
    assert polars.DataFrame(hits.to_arrow()).height == 2
    assert "<p>1 hit</p>" in hits[:1]._repr_html_()
    assert isinstance(hits[-1], dupfind.Hit)
    checked = collection.check(["kettle hums", "lamp"])[1:]
    assert {row["title"] for row in checked.to_dicts()} == {"lamp"}


CLOSED: list[Callable[[Any], object]] = [
    len,
    list,
    lambda closed: closed.search("kettle"),
    lambda closed: closed.search_each(["kettle"]),
    lambda closed: closed.check(["kettle"]),
    lambda closed: closed.report(),
    lambda closed: closed.find(1),
    lambda closed: closed.summary(),
    lambda closed: closed.info(),
    lambda closed: closed.calibration(),
    lambda closed: closed.index(["a text"]),
    lambda closed: closed.remove("records"),
    lambda closed: closed.rebuild(),
    lambda closed: closed.publish(),
    lambda closed: closed.compact(),
]


@pytest.mark.parametrize("use", CLOSED)
def test_a_closed_collection_is_named_as_such(tmp_path: Path, use: Callable[[Any], object]) -> None:
    folder = tmp_path / "index"
    with WritableCollection.create(folder, encoder=WordEncoder()) as closed:
        closed.index(ROWS)
    with pytest.raises(DupfindError) as error:
        use(closed)
    assert str(error.value) == f"{folder} was closed: use it inside its `with` block, or open it again"
    assert "closed" in repr(closed)


def test_index_makes_a_temporary_index_and_removes_it() -> None:
    collection = dupfind.index(polars.DataFrame(ROWS), encoder=WordEncoder())
    folder = collection.folder
    assert ids(collection.search("lamp", k=1)) == ["3"]
    collection.close()
    collection.close()
    assert not folder.parent.exists()


def test_index_with_a_folder_adds_to_it(tmp_path: Path) -> None:
    for row in ROWS:
        with dupfind.index([row], tmp_path / "index", encoder=WordEncoder()) as collection:
            pass
    assert len(Collection.open(tmp_path / "index", encoder=WordEncoder())) == 3
    with pytest.raises(DupfindError, match="row 0 is 5"):
        dupfind.index([5], tmp_path / "index", encoder=WordEncoder())
    with dupfind.index([], tmp_path / "index", encoder=WordEncoder()) as collection:  # the lock was released
        assert len(collection) == 3
