"""`dupfind info`: show the sources, the model and the size of an index."""

from datetime import UTC, datetime
from typing import Any

import click

from dupfind.cli.list_output import list_options, print_list
from dupfind.cli.terminal import index_option, safe
from dupfind.records import counted
from dupfind.reports.listing import ListAnswer
from dupfind.storage.database_url import IndexPlace
from dupfind.workspace.find_index import find_place

SCHEMA_VERSION = 1

_COLUMNS = (
    "name",
    "kind",
    "location",
    "records",
    "marked_pairs",
    "boilerplate",
    "includes_restricted",
    "read_at",
)
_SHOWN = ("name", "kind", "records", "marked_pairs", "read_at")
_VERDICTS = {
    "own": "calibrated on the duplicates of this index",
    "shipped": "by the probabilities that dupfind comes with: `dupfind calibrate` raises them where the marks of this"
    " tracker prove more",
    None: "none for this model: `dupfind calibrate` makes them",
}


@click.command(
    "info",
    epilog="""\b
Example:
  dupfind info --json""",
)
@list_options()
@index_option
def command(form: str, folder: IndexPlace | None) -> None:
    """Show the sources, the model and the size of the index.

    CSV, Markdown and JSON Lines list the sources.
    """
    from dupfind.collection.collection import Collection
    from dupfind.collection.languages import language_advice, share_not_english

    with Collection.open(find_place(folder)) as collection:
        facts = {"schema_version": SCHEMA_VERSION, **collection.info()}
        facts["not_english"] = round(share_not_english(collection.store), 3)
        advice = language_advice(collection.store)
    if form != "table":
        sources = facts["sources"]
        print_list(ListAnswer(facts, sources, _COLUMNS, list(map(_row, sources)), _SHOWN), form)
        return
    click.echo(
        f"{safe(facts['folder'])}: {counted(facts['records'], 'record')},"
        f" {counted(facts['marked_pairs'], 'marked duplicate')} in {counted(facts['marked_clusters'], 'cluster')}"
    )
    click.echo(f"  model       {safe(str(facts['model']))}, text recipe {facts['recipe']}")
    if advice is not None:
        click.echo(f"  languages   {safe(advice)}")
    click.echo(f"  verdicts    {_VERDICTS[facts['calibration']]}")
    click.echo(f"  generation  {facts['generation']}")
    click.echo(f"  size        {facts['bytes'] / 1e6:,.1f} MB")
    if facts["mark_cycles"] or facts["dead_marks"]:
        click.echo(
            f"  marks       {facts['mark_cycles']:,} cycles, {facts['dead_marks']:,} with a target that is not here:"
            " `dupfind doctor` names them"
        )
    if n_shared := facts["shared"]:
        issues = "1 issue is" if n_shared == 1 else f"{n_shared:,} issues are"
        click.echo(f"  shared      {issues} in several sources; the newest record of each is shown")
    for source in facts["sources"]:
        click.echo(_line(source))


def _row(source: dict[str, Any]) -> dict[str, Any]:
    run = source["last_run"]
    return {**source, "read_at": run and (run["finished"] or run["started"])}


def _line(source: dict[str, Any]) -> str:
    line = (
        f"  source      {safe(source['name'])} ({source['kind']}): {counted(source['records'], 'record')}, "
        f"{counted(source['marked_pairs'], 'marked duplicate')}"
    )
    if source["elsewhere"]:
        line += f", {source['elsewhere']:,} more that another source has newer"
    if source["boilerplate"]:
        line += f", {source['boilerplate']:,} lines of boilerplate"
    if source["includes_restricted"]:
        line += ", with issues that the tracker shows to some people only"
    run = source["last_run"]
    return (
        line
        if run is None
        else f"{line}; last run {run['status']} {_minute(run['finished'] or run['started'])}"
    )


def _minute(when: str) -> str:
    """Return a time of the database for people: "2024-01-31 09:30 UTC"."""
    return f"{datetime.fromisoformat(when).astimezone(UTC):%Y-%m-%d %H:%M} UTC"
