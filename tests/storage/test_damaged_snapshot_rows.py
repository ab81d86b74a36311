"""A damaged row that names a file of vectors or words costs time and no answer; the next run makes the file anew."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from dupfind.cli import folder_checks
from dupfind.collection.collection import Collection
from dupfind.collection.writable import WritableCollection
from dupfind.storage import publish, snapshot_rows, vector_segments, word_segments
from dupfind.storage.record_rows import renew_words
from dupfind.storage.row_checksums import wrong_rows
from dupfind.storage.vector_segments import n_behind
from dupfind.vectors.scan_file import ScanFile
from tests.support.killed_index import check_tidy
from tests.support.samples import WordEncoder, corpus, record

RECORDS = corpus(240)
LIVE = [*RECORDS[4:180], *RECORDS[200:203]]
QUESTIONS = {"crash of the worker": 1_000, "redis password": 3}
"""Texts to search for, and how many hits are wanted."""


@pytest.fixture(autouse=True)
def small_segments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publish, "EXACT_LIMIT", 50)
    monkeypatch.setattr(vector_segments, "MOST_ROWS", 64)
    monkeypatch.setattr(vector_segments, "MOST_UNCOVERED", 5)
    monkeypatch.setattr(word_segments, "FROM_ROWS", 1)
    monkeypatch.setattr(word_segments, "MOST_ROWS", 64)


@pytest.fixture
def segmented(tmp_path: Path) -> Path:
    """An index of several segments of each kind, with dead rows, and newer rows that have no segment of vectors."""
    folder = tmp_path / "index"
    with writing(folder) as collection:
        for records in (RECORDS[:100], RECORDS[:150], RECORDS[:180], LIVE):
            collection.index(records, complete=True)
    assert [kind for (kind,) in select(folder, "SELECT kind FROM snapshot ORDER BY kind")] == [
        *["scan"] * 4,
        *["words"] * 5,
    ]
    return folder


@pytest.fixture
def whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An index of two files with all vectors, of which the newer one has the rows of the older."""
    monkeypatch.setattr(publish, "EXACT_LIMIT", 1_000)
    folder = tmp_path / "index"
    with writing(folder) as collection:
        for records in (RECORDS[:180], LIVE):
            collection.index(records, complete=True)
            collection.publish(tail_limit=0)
    assert select(folder, "SELECT count(*) FROM snapshot WHERE kind = 'flat'") == [(2,)]
    return folder


def writing(folder: Path) -> WritableCollection:
    return WritableCollection.create(folder, encoder=WordEncoder())


def select(folder: Path, statement: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(folder / "dupfind.db")) as connection:
        return connection.execute(statement).fetchall()


def answers(folder: Path) -> list[list[tuple[str, float, float]]]:
    """The hits of some queries: of few records, and of all."""
    with Collection.open(folder, encoder=WordEncoder()) as collection:
        return [
            [(hit.id, hit.score, hit.lexical) for hit in collection.search(text, k=k)]
            for text, k in QUESTIONS.items()
        ]


def values_like(value: object) -> list[object]:
    """Values as damage makes them: near the right one, and far from it."""
    if isinstance(value, int):
        return [value + 1, value - 1, 0, value ^ 1 << 40, -(2**62)]
    if isinstance(value, float):
        return [value / 2, -1e300]
    assert isinstance(value, str)
    return [value[:-1] + chr(ord(value[-1]) ^ 1), "", "scan", "words", "../x\n"]


def changes(folder: Path) -> Iterator[tuple[str, list[tuple[str, object, int]]]]:
    """Yield each change of one cell, and each exchange of a cell of two rows, as columns with values and row."""
    with closing(sqlite3.connect(folder / "dupfind.db")) as connection:
        connection.row_factory = sqlite3.Row
        rows = [dict(row) for row in connection.execute("SELECT * FROM snapshot ORDER BY generation")]
    for row in rows:
        for column, value in row.items():
            for other in values_like(value):
                if other != value:
                    yield f"{column} of {row['file']}: {other!r}", [(column, other, row["generation"])]
    for row, second in pairwise(rows):
        for column in row.keys() - {"generation"}:
            if row[column] != second[column]:
                one, two = (
                    (column, second[column], row["generation"]),
                    (column, row[column], second["generation"]),
                )
                yield f"{column} of {row['file']} and {second['file']}", [one, two]


def damage(folder: Path, change: list[tuple[str, object, int]]) -> bool:
    """Change cells as if no writer had; return False where two rows would have one generation."""
    with closing(unflushed(folder)) as connection:
        try:
            with connection:
                for column, value, generation in change:
                    connection.execute(
                        f"UPDATE snapshot SET {column} = ? WHERE generation = ?", (value, generation)
                    )
        except sqlite3.IntegrityError:
            return False
    return True


def unflushed(folder: Path) -> sqlite3.Connection:
    """A connection that does not wait for the disk: no power is lost here, and the damage is done a thousand times."""
    connection = sqlite3.connect(folder / "dupfind.db")
    connection.execute("PRAGMA synchronous = OFF")
    return connection


def restore(folder: Path, rows: list[tuple[Any, ...]]) -> None:
    with closing(unflushed(folder)) as connection, connection:
        connection.execute("DELETE FROM snapshot")
        marks = ", ".join("?" * len(rows[0]))
        connection.executemany(f"INSERT INTO snapshot VALUES ({marks})", rows)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["segmented", "whole"])
def test_every_damaged_cell_and_every_exchange_of_two_changes_no_answer(
    kind: str, request: pytest.FixtureRequest
) -> None:
    folder: Path = request.getfixturevalue(kind)
    right = answers(folder)
    rows = select(folder, "SELECT * FROM snapshot ORDER BY generation")
    n_changes = 0
    for note, change in changes(folder):
        if damage(folder, change):
            assert answers(folder) == right, note
            n_changes += 1
            restore(folder, rows)
    assert n_changes > 50 * len(rows)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("max_row_id", 2**62),
        ("max_row_id", 1),
        ("max_row_id", 150),
        ("encoding_id", 77),
        ("kind", "words"),
        ("kind", "scan"),
        ("kind", "flat"),
        ("generation", 2**40),
        ("file", "x"),
        ("checksum", 5),
    ],
)
@pytest.mark.parametrize("place", range(9))
def test_the_next_run_makes_the_files_of_a_damaged_row_anew(
    segmented: Path, column: str, value: object, place: int
) -> None:
    right = answers(segmented)
    before = {name for (name,) in select(segmented, "SELECT file FROM snapshot WHERE kind = 'scan'")}
    generation = select(segmented, "SELECT generation FROM snapshot ORDER BY generation")[place][0]
    damage(segmented, [(column, value, generation)])
    with writing(segmented) as collection:
        collection.index(LIVE, complete=True)
        assert list(wrong_rows(collection.store, ["snapshot"])) == []
        assert n_behind(collection.store, collection.store.encoding(), segmented / "snapshots") < 10
    assert answers(segmented) == right
    check_tidy(segmented)
    after = {name for (name,) in select(segmented, "SELECT file FROM snapshot WHERE kind = 'scan'")}
    assert len(before & after) >= 2  # only the lost one is written, or joined with the one after it


@pytest.mark.parametrize("place", range(9))
def test_a_row_that_is_lost_changes_no_answer_and_the_next_run_makes_its_file_anew(
    segmented: Path, place: int
) -> None:
    """Nothing in the table shows that there was a row: the live rows before each segment are counted."""
    right = answers(segmented)
    before = select(segmented, "SELECT file, kind FROM snapshot ORDER BY generation")
    lost, kind = before[place]
    with closing(sqlite3.connect(segmented / "dupfind.db")) as connection, connection:
        connection.execute("DELETE FROM snapshot WHERE file = ?", (lost,))
    assert answers(segmented) == right
    with writing(segmented) as collection:
        collection.index(LIVE, complete=True)
        assert n_behind(collection.store, collection.store.encoding(), segmented / "snapshots") < 10
        if kind == "scan":
            named = snapshot_rows.segments(collection.store, collection.store.encoding().id)
            firsts = [1, *(segment.max_row_id + 1 for segment in named)]
            files = [ScanFile.load(segmented / "snapshots" / segment.file.name) for segment in named]
            in_files = [row for file in files for row in file.row_ids.tolist()]
            live = select(
                segmented,
                "SELECT row_id FROM vector JOIN record USING (row_id) WHERE died IS NULL ORDER BY 1",
            )
            assert {row for (row,) in live if row < firsts[-1]} <= set(in_files)
            assert len(in_files) == len(set(in_files))
    assert answers(segmented) == right
    check_tidy(segmented)
    after = select(segmented, "SELECT file, kind FROM snapshot")
    assert len({*before} & {*after}) >= 6  # the others stay, but for one that the new file is joined with


def test_a_run_that_ends_before_it_publishes_leaves_the_damaged_row(
    segmented: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = answers(segmented)
    [(generation,)] = select(segmented, "SELECT min(generation) FROM snapshot WHERE kind = 'scan'")
    damage(segmented, [("max_row_id", 0, generation)])

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    for name in ("replace_segments", "forget_wrong"):
        with monkeypatch.context() as patch, writing(segmented) as collection:
            patch.setattr(snapshot_rows, name, killed)
            with pytest.raises(KeyboardInterrupt):
                collection.publish()
        assert answers(segmented) == right
        assert select(segmented, f"SELECT max_row_id FROM snapshot WHERE generation = {generation}") == [(0,)]


def test_a_reader_uses_the_new_files_and_not_also_those_in_memory(segmented: Path) -> None:
    generations = select(segmented, "SELECT generation FROM snapshot WHERE kind = 'scan' ORDER BY max_row_id")
    text = next(iter(QUESTIONS))
    with Collection.open(segmented, encoder=WordEncoder()) as reader:
        right = [(hit.id, hit.score) for hit in reader.search(text, k=1_000)]
        assert len(right) == len(LIVE)
        for (generation,) in generations:
            damage(segmented, [("max_row_id", 7, generation)])
            assert [(hit.id, hit.score) for hit in reader.search(text, k=1_000)] == right
            with writing(segmented) as collection:
                collection.publish()
            assert [(hit.id, hit.score) for hit in reader.search(text, k=1_000)] == right


def test_words_that_change_after_damage_are_found(segmented: Path) -> None:
    """A damaged last row must not choose which segment of words is forgotten."""
    rows = select(
        segmented, "SELECT generation, dim, max_row_id FROM snapshot WHERE kind = 'words' ORDER BY 3"
    )
    (first, *_), (_, start, _) = rows[0], rows[1]
    damage(segmented, [("max_row_id", start + 1, first)])
    with writing(segmented) as collection:
        with collection.store.reading():
            [stored] = collection.store.records([start]).values()
            text = collection.store.text(start)
        with collection.store.changing():
            renew_words(collection.store, start, record(stored.id, stored.title, "plankton plankton"), text)
    with Collection.open(segmented, encoder=WordEncoder()) as collection:
        assert [hit.id for hit in collection.search("plankton", k=5) if hit.lexical] == [stored.id]


def test_a_row_whose_damaged_number_is_the_next_one_stops_no_run(segmented: Path) -> None:
    right = answers(segmented)
    [(last,)] = select(segmented, "SELECT max(generation) FROM snapshot")
    [(counter,)] = select(segmented, "SELECT seq FROM sqlite_sequence WHERE name = 'snapshot'")
    damage(segmented, [("generation", counter + 1, last)])
    with writing(segmented) as collection:
        collection.publish()
        assert list(wrong_rows(collection.store, ["snapshot"])) == []
    assert answers(segmented) == right
    check_tidy(segmented)


@pytest.mark.parametrize("max_row_id", [None, 2**62])
@pytest.mark.parametrize("change", ["words of a row", "all words"])
def test_a_segment_of_vectors_that_reads_as_words_stays_marked_as_lost(
    segmented: Path, monkeypatch: pytest.MonkeyPatch, change: str, max_row_id: int | None
) -> None:
    right = answers(segmented)
    [(generation, first)] = select(
        segmented, "SELECT generation, min(max_row_id) FROM snapshot WHERE kind = 'scan'"
    )
    damage(segmented, [("kind", "words", generation), ("max_row_id", max_row_id or first, generation)])
    with writing(segmented) as collection:
        store = collection.store
        [row_id] = select(segmented, f"SELECT max(row_id) FROM vector WHERE row_id <= {first}")[0]
        with store.reading():
            [stored] = store.records([row_id]).values()
            text = store.text(row_id)
        with store.changing():
            if change == "all words":
                snapshot_rows.forget_words(store)
            else:
                renew_words(store, row_id, record(stored.id, stored.title, stored.body), text)
    assert select(segmented, "SELECT generation FROM snapshot WHERE kind = 'words'") == [(generation,)]
    assert answers(segmented) == right
    with writing(segmented) as collection:
        collection.publish()
    assert answers(segmented) == right
    assert select(segmented, "SELECT count(*) FROM snapshot WHERE kind = 'scan'") == [(4,)]
    check_tidy(segmented)


def test_a_run_that_ends_between_words_and_vectors_leaves_the_damaged_row(
    segmented: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = answers(segmented)
    [(generation,)] = select(segmented, "SELECT min(generation) FROM snapshot WHERE kind = 'scan'")
    damage(segmented, [("kind", "words", generation)])

    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, writing(segmented) as collection:
        patch.setattr(publish, "publish_segments", killed)
        patch.setattr(publish, "n_behind", killed)
        with pytest.raises(KeyboardInterrupt):
            collection.publish()
    assert len(select(segmented, "SELECT 1 FROM snapshot WHERE kind = 'words'")) > 1
    assert select(segmented, f"SELECT kind FROM snapshot WHERE generation = {generation}") == [("words",)]
    assert answers(segmented) == right
    with writing(segmented) as collection:
        collection.publish()
        assert list(wrong_rows(collection.store, ["snapshot"])) == []
    assert answers(segmented) == right
    check_tidy(segmented)


@pytest.mark.parametrize("read_data", [False, True])
def test_doctor_names_a_damaged_row_once_also_without_reading_all_data(
    segmented: Path, read_data: bool
) -> None:
    damage(segmented, [("n_rows", 1, 3)])
    with Collection.open(segmented, encoder=WordEncoder()) as collection, collection.store.reading():
        found = list(folder_checks.checked(segmented, read_data=read_data, named=True))
    assert [each.found for each in found if each.state == "bad"] == ["the row of snapshot 3 is damaged"]


def test_the_columns_of_a_row_are_those_of_the_table(segmented: Path) -> None:
    with Collection.open(segmented, encoder=WordEncoder()) as collection, collection.store.reading():
        found = collection.store.connection.execute(
            "SELECT name, type FROM pragma_table_info('snapshot') WHERE name <> 'checksum'"
        ).fetchall()
        assert found == list(snapshot_rows._COLUMNS.items())
