"""Checks of an index whose writer was killed: nothing that was committed is lost, and nothing is left over."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from dupfind.collection.collection import Collection
from tests.support.samples import WordEncoder
from tests.support.workers import BATCH, RECORDS, notes

QUERY = "crash of the sync worker"
Answers = dict[str, tuple[float, float]]


def answers(folder: Path, seed: int = 0) -> Answers:
    """Return every record's score and BM25."""
    with Collection.open(folder, encoder=WordEncoder(seed=seed)) as collection:
        return {hit.id: (hit.score, hit.lexical) for hit in collection.search(QUERY, k=len(RECORDS) + 1)}


def rows(folder: Path, statement: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(folder / "dupfind.db")) as connection:
        return connection.execute(statement).fetchall()


def live(folder: Path) -> list[str]:
    """Return the ids of the database's live records; [] if it has no tables yet."""
    database = folder / "dupfind.db"
    if not database.is_file() or not rows(folder, "SELECT 1 FROM sqlite_schema WHERE name = 'record'"):
        return []
    return [row[0] for row in rows(folder, "SELECT id FROM record WHERE died IS NULL ORDER BY row_id")]


def check_whole(folder: Path, n_deleted: int = 0) -> None:
    """Check SQLite's pages and keys, and that each record has its vector and its words."""
    assert rows(folder, "PRAGMA integrity_check") == [("ok",)]
    assert rows(folder, "PRAGMA foreign_key_check") == []
    assert rows(folder, "SELECT count(*) FROM record WHERE died IS NOT NULL") == [(n_deleted,)]
    row_ids = rows(folder, "SELECT row_id FROM record WHERE died IS NULL ORDER BY 1")
    current = "(SELECT id FROM encoding WHERE is_current)"
    assert (
        rows(
            folder,
            f"SELECT row_id FROM vector JOIN record USING (row_id)"
            f" WHERE encoding_id = {current} AND died IS NULL ORDER BY 1",
        )
        == row_ids
    )
    assert rows(folder, "SELECT rowid FROM words ORDER BY 1") == row_ids


def check_tidy(folder: Path) -> None:
    """Check that the snapshot files are those that the database names."""
    named = {row[0] for row in rows(folder, "SELECT file FROM snapshot")}
    assert {path.name for path in (folder / "snapshots").iterdir()} == named
    assert len(rows(folder, "SELECT 1 FROM encoding")) == 1


def check_killed_index(folder: Path, log: Path, right: Answers) -> None:
    committed = [id for event, ids in notes(log) if event == "committed" for id in ids]
    assert len(committed) == len(set(committed))
    ids = live(folder)
    assert ids == [record.id for record in RECORDS[: len(ids)]]
    assert len(ids) % (BATCH // 2) == 0
    # The kill may come between the commit of a batch and its line in the log.
    assert set(committed) <= set(ids)
    if ids:
        check_whole(folder)
        scores = {id: score for id, (score, _) in answers(folder).items()}
        assert scores == {id: right[id][0] for id in ids}


def check_encoded_once(before: list[tuple[str, Any]], after: list[tuple[str, Any]], parts: int = 1) -> None:
    """Check that only the last batch before a kill, in so many parts, is encoded again after it."""
    earlier = [batch for event, batch in before if event == "encoded"]
    later = [text for event, batch in after if event == "encoded" for text in batch]
    assert len(later) == len(set(later))
    assert {text for batch in earlier for text in batch} & set(later) <= {
        text for batch in earlier[-parts:] for text in batch
    }
