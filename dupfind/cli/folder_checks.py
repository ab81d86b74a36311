"""The checks of `dupfind doctor` on an index in a folder."""

import sqlite3
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from dupfind.cli.diagnostic import Diagnostic, contents, first, trainings
from dupfind.errors import DupfindError
from dupfind.records import counted
from dupfind.workspace.trust import require_self_contained

if TYPE_CHECKING:
    from dupfind.storage.encoding import Encoding
    from dupfind.storage.store import Store

# Live records that have a vector in the current encoding have a row in each of three tables, and no other has.
_N_APART = """
WITH encoded AS (
    SELECT row_id FROM vector JOIN record USING (row_id)
    WHERE died IS NULL AND encoding_id = (SELECT id FROM encoding WHERE is_current)
), present AS (
    SELECT id AS row_id FROM words_docsize UNION ALL SELECT row_id FROM composed UNION ALL SELECT row_id FROM terms
    UNION ALL SELECT row_id FROM encoded
)
SELECT count(*) FROM (SELECT row_id FROM present GROUP BY row_id HAVING count(*) <> 4)
"""
_MOST_EXAMPLES = 5  # damaged rows of a table that are named
_MAKE_AGAIN = "run `dupfind index SOURCE` to make it again; until then search is correct but slower"
_INDEX_AGAIN = "move the folder away and index again"


def checked(path: Path, read_data: bool, *, named: bool) -> Iterator[Diagnostic]:
    """Check the index in a folder.

    Args:
        path: The folder.
        read_data: Whether every page, row, vector and snapshot is read.
        named: Whether the user named it; else it may be missing, and must not lead out of its folder.
    """
    from dupfind.storage.network_folder import network_type
    from dupfind.storage.store import Store

    database = path / "dupfind.db"
    if not database.exists() and not named:
        yield Diagnostic("index", "note", f"none at {path}", "dupfind index SOURCE")
        return
    try:
        if not named:
            require_self_contained(path)
        store = Store.open(database)
    except DupfindError as error:
        yield Diagnostic("index", "bad", str(error), "follow the message; your trackers are not affected")
        return
    try:
        with store.reading():
            encoding = store.encoding()
            yield Diagnostic(
                "index", "ok", f"{path}: {counted(store.n_records(), 'record')}, {encoding.model}"
            )
            if (kind := network_type(path)) is not None:
                yield Diagnostic(
                    "folder of the index",
                    "note",
                    f"in a network folder ({kind})",
                    "use it from one machine alone, and give others a copy",
                )
            yield from _snapshots(path, store, encoding, read_data)
            yield from _encoding(path, encoding)
            yield from trainings(path)
            yield from contents(store)
            if read_data:
                yield from _data(store)
    except DupfindError as error:
        yield Diagnostic(
            "index", "bad", str(error), "run `dupfind index --rebuild`, or index into a new folder"
        )
    finally:
        store.close()


def _snapshots(path: Path, store: "Store", encoding: "Encoding", read_data: bool) -> Iterator[Diagnostic]:
    """Check the files of vectors that the database names: of whole snapshots the newest, with `read_data` all."""
    from dupfind.storage import snapshot_rows
    from dupfind.vectors.snapshot_file import is_intact

    whole, segments = snapshot_rows.vector_files(store, encoding.id)
    for snapshot in (*(whole if read_data else whole[:1]), *segments):
        file = snapshot.file
        is_good = is_intact(path / "snapshots" / file.name, file)
        yield Diagnostic(
            "snapshot",
            "ok" if is_good else "bad",
            f"{file.name} ({file.kind}, {snapshot.n_rows:,} rows)"
            + ("" if is_good else " is missing or damaged"),
            "" if is_good else _MAKE_AGAIN,
        )
    for generation in snapshot_rows.wrong_generations(store):
        yield Diagnostic("snapshot", "bad", f"the row of snapshot {generation} is damaged", _MAKE_AGAIN)


def _encoding(path: Path, encoding: "Encoding") -> Iterator[Diagnostic]:
    from dupfind.storage.model_copy import SHARED, check_text_version, index_model, verify_model

    try:
        check_text_version(encoding, path)
        if encoding.model_folder is not None:
            model = index_model(path, encoding)
            verify_model(encoding, model)
            yield Diagnostic("model of the index", "ok", str(model.path))
    except DupfindError as error:
        is_shared = encoding.model_folder == SHARED
        way_out = f"{'model fetch' if is_shared else 'index --rebuild --model'} {encoding.model}"
        yield Diagnostic("model of the index", "bad", str(error), f"dupfind {way_out}")


def _data(store: "Store") -> Iterator[Diagnostic]:
    from dupfind.search.bm25 import Postings
    from dupfind.storage.stored_vectors import damaged_embeddings

    faults = [row[0] for row in store.connection.execute("PRAGMA integrity_check(5)") if row[0] != "ok"]
    yield Diagnostic(
        "database pages",
        "bad" if faults else "ok",
        "; ".join(faults) or "every page is intact",
        "move the folder away and index again; only the index is lost" if faults else "",
    )
    try:
        Postings.read(store.connection)
        n_apart = store.one(_N_APART)
        fault = f"{n_apart:,} records lack words, terms or their composed text" if n_apart else ""
    except sqlite3.DatabaseError as error:
        fault = str(error)
    yield Diagnostic(
        "words",
        "bad" if fault else "ok",
        fault or "every list and length fits",
        "move the folder away and index again" if fault else "",
    )
    yield _rows(store, but="snapshot")  # `checked` names its rows, whose way out is another
    n_damaged = sum(1 for _ in damaged_embeddings(store))
    yield Diagnostic(
        "vectors",
        "bad" if n_damaged else "ok",
        f"{n_damaged:,} are damaged" if n_damaged else "every checksum fits",
        "dupfind index --rebuild" if n_damaged else "",
    )


def _rows(store: "Store", but: str = "") -> Diagnostic:
    """Compare the rows of all tables but one with their checksums."""
    from dupfind.storage.database import raise_interruption
    from dupfind.storage.row_checksums import KEYS, wrong_rows

    wrong: Counter[str] = Counter()
    examples: list[str] = []
    unread: list[str] = []
    for table in [table for table in KEYS if table != but]:
        try:
            for row in wrong_rows(store, [table]):
                wrong[table] += 1
                if wrong[table] <= _MOST_EXAMPLES:
                    key = row.key.decode(errors="replace") if isinstance(row.key, bytes) else row.key
                    examples.append(f"{table} {key!r}")
        except sqlite3.DatabaseError as error:
            raise_interruption(error)
            unread.append(f"the table {table} cannot be read ({error})")
    if not wrong and not unread:
        return Diagnostic("rows", "ok", "every checksum fits")
    damaged = (
        f"{counted(wrong.total(), 'row')} {'is' if wrong.total() == 1 else 'are'} damaged: {first(examples)}"
    )
    found = "; ".join([damaged, *unread] if wrong else unread)
    if "decision" not in wrong:
        return Diagnostic("rows", "bad", found, _INDEX_AGAIN)
    return Diagnostic(
        "rows",
        "bad",
        found,
        f"write the decisions with `dupfind review --export FILE` and check them; {_INDEX_AGAIN}",
    )
