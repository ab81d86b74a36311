"""`dupfind remove`: take a source and its records out of the index."""

import sys

import click

from dupfind.cli.main import TROUBLE
from dupfind.cli.sync import chosen_readings
from dupfind.cli.terminal import index_option, note, safe
from dupfind.cli.value_completion import names_of
from dupfind.errors import SourceError
from dupfind.records import counted
from dupfind.storage.database_url import IndexPlace
from dupfind.workspace.find_index import find_place


@click.command(
    "remove",
    epilog="""\b
Examples:
  dupfind remove issues.csv
  dupfind remove github:owner/repo --yes""",
)
@click.argument("source", metavar="SOURCE", shell_complete=names_of("source"))
@click.option("--yes", is_flag=True, help="Remove it without a question.")
@click.option("-q", "--quiet", is_flag=True, help="Print nothing about what was removed.")
@index_option
def command(source: str, yes: bool, quiet: bool, folder: IndexPlace | None) -> None:
    """Remove a SOURCE, by its name in the index or its location.

    Its records are found no more, their texts are erased from the index, and `dupfind sync` does not read it again.
    The file or the tracker itself is not touched: `dupfind index` reads it anew.
    """
    from dupfind.collection.collection import Collection

    path = find_place(folder)
    reading, *others = chosen_readings(path, (source,))
    if others:
        names = ", ".join(each.name for each in (reading, *others))
        raise SourceError(f"{source} is the location of several sources: name one of {names}")
    name = safe(reading.name)
    if not yes:
        with Collection.open(path) as collection:
            n_records = next(
                it["records"] + it["elsewhere"]  # also those in whose place another source's are shown
                for it in collection.info()["sources"]
                if it["name"] == reading.name
            )
        if sys.stdin is None or not sys.stdin.isatty():
            raise click.UsageError(
                f"{name} has {counted(n_records, 'record')} in {path}: pass --yes to remove them without a question"
            )
        if not click.confirm(f"Remove {name} with its {counted(n_records, 'record')} from {path}?", err=True):
            note("nothing is removed")
            raise click.exceptions.Exit(TROUBLE)
    from dupfind.collection.writable import WritableCollection

    with WritableCollection.create(path) as writable:
        n_removed = writable.remove(reading.name)
    if not quiet:
        click.echo(f"{name}: {counted(n_removed, 'record')} removed")
