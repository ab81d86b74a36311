"""`dupfind sync`: read every source of an index again, and list the new issues."""

import os
import shlex
import time
from collections.abc import Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import click

from dupfind.cli.index import index_source
from dupfind.cli.index_summary import losses, reading_notes, summary_line
from dupfind.cli.main import TROUBLE
from dupfind.cli.terminal import Number, index_option, note, safe, show_warnings
from dupfind.cli.value_completion import names_of
from dupfind.errors import DupfindError, SourceError
from dupfind.storage.database_url import IndexPlace
from dupfind.workspace.find_index import find_place

if TYPE_CHECKING:
    from dupfind.collection.writable import WritableCollection
    from dupfind.storage.source_state import Reading

WATCH_S = 300.0
"""Default seconds between two rounds."""
NAMED = 5
"""New issues that are listed for each source, newest first."""


@click.command(
    "sync",
    epilog="""\b
Examples:
  dupfind sync
  dupfind sync github:owner/repo --watch=60""",
)
@click.argument("names", nargs=-1, metavar="[SOURCE]...", shell_complete=names_of("source"))
@click.option(
    "--watch",
    metavar="[=SECONDS]",
    type=Number(min=1),
    is_flag=False,
    flag_value=WATCH_S,
    help=f"Repeat with a pause ({WATCH_S:.0f} s) until Ctrl-C.",
)
@click.option("-q", "--quiet", is_flag=True, help="Show no progress and no notes.")
@index_option
def command(names: tuple[str, ...], watch: float | None, quiet: bool, folder: IndexPlace | None) -> None:
    """Read all sources of the index again, or the named ones, and list the new issues.

    Services return only their changes. Files and databases are read completely, but only new texts are encoded.
    A source that cannot be read is reported and does not stop the others; the exit code is then 2.
    """
    show_warnings()
    path = find_place(folder)
    chosen = chosen_readings(path, names)
    is_named = folder is not None
    n_failed = _round(path, chosen, quiet, only_news=False, is_named=is_named)
    while watch is not None:
        time.sleep(watch)
        try:
            _round(path, chosen, quiet=True, only_news=True, is_named=is_named)
        except DupfindError as error:  # for example another process is writing
            note(f"dupfind: {error}")
    if n_failed:
        raise click.exceptions.Exit(TROUBLE)


def chosen_readings(path: IndexPlace, names: Sequence[str]) -> "list[Reading]":
    """Return the named sources, by name or by location; all if none is named.

    Raises:
        SourceError: A name is not in the index.
    """
    from dupfind.collection.collection import Collection
    from dupfind.postgresql.open_store import local_folder
    from dupfind.sources.locations import absolute_location
    from dupfind.storage import source_state

    with Collection.open(path) as collection:
        readings = source_state.readings(collection.store)
    if not names:
        return readings
    chosen = []
    for name in names:
        locations = (name, os.path.abspath(name))
        matches = [reading for reading in readings if reading.name == name] or [
            reading
            for reading in readings
            if absolute_location(reading.location, local_folder(path)) in locations
        ]
        if not matches:
            names_of_sources = ", ".join(reading.name for reading in readings) or "none"
            raise SourceError(f"{name} is not a source of {path}; its sources: {names_of_sources}")
        chosen += matches
    return list({reading.name: reading for reading in chosen}.values())


def _round(
    path: IndexPlace, chosen: "Sequence[Reading]", quiet: bool, *, only_news: bool, is_named: bool
) -> int:
    """Read each source once and return how many failed."""
    from dupfind.collection.collection import Collection

    n_failed = 0
    with Collection.create(path) as collection:
        for reading in chosen:
            try:
                _sync(collection, reading, quiet, only_news=only_news, is_named=is_named)
            except SourceError as error:
                note(f"dupfind: {reading.name}: {error}")
                n_failed += 1
    return n_failed


def _sync(
    collection: "WritableCollection", reading: "Reading", quiet: bool, *, only_news: bool, is_named: bool
) -> None:
    from dupfind.postgresql.open_store import local_folder
    from dupfind.sources.locations import absolute_location
    from dupfind.sources.open import Mapping, open_source
    from dupfind.storage import new_records
    from dupfind.workspace.trust import require_source_inside

    if reading.location in ("", "-"):
        if not only_news:
            note(
                f"{reading.name} came in on standard input or from Python: it cannot be read again from here"
            )
        return
    if not is_named:
        require_source_inside(collection.folder, reading.location, has_sql=bool(reading.mapping.get("sql")))
    names = {field.name for field in fields(Mapping)}
    options: dict[str, Any] = {
        name: option
        for name, option in reading.mapping.items()
        if name in names and isinstance(option, str | bool)
    }
    mapping = Mapping(**options)
    location = absolute_location(reading.location, local_folder(collection.place))
    if os.path.isabs(location) and not os.path.lexists(location):
        name = shlex.quote(reading.name)
        raise SourceError(
            f"{location} does not exist: if it was moved, run `dupfind index PATH --as {name}` with its new path,"
            f" else `dupfind remove {name}`"
        )
    source = open_source(location, mapping, name=reading.name)
    last_row = new_records.last_row(collection.store)
    run = index_source(collection, source, reading.name, reading.location, mapping, quiet)
    if only_news and not (run.n_new or run.n_changed or run.n_gone):
        return
    click.echo(summary_line(run, source))
    for record in new_records.new_names(collection.store, reading.name, last_row, NAMED) if run.n_new else ():
        click.echo(f"  new  {safe(record.id)}  {safe(record.title)}")
    if run.n_new > NAMED:
        click.echo(f"  and {run.n_new - NAMED:,} more")
    if not quiet:
        for line in losses(run):
            note(line)
    for line in reading_notes(run, source):
        note(line)
