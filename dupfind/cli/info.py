"""`dupfind info`: show the sources, the model and the size of an index."""

import json
from pathlib import Path
from typing import Any

import click

from dupfind.cli.terminal import index_option, safe
from dupfind.workspace.find_index import find_index

SCHEMA_VERSION = 1

_VERDICTS = {
    "own": "calibrated on the duplicates of this index",
    "shipped": "by the bands that dupfind comes with, from two other trackers: `dupfind calibrate` makes its own",
    None: "none for this model: `dupfind calibrate` makes them",
}


@click.command(
    "info",
    short_help="Show the content of the index.",
    epilog="""\b
Example:
  dupfind info --json""",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@index_option
def command(as_json: bool, folder: Path | None) -> None:
    """Show the sources, the model and the size of the index."""
    from dupfind.collection.collection import Collection
    from dupfind.collection.languages import language_advice, share_not_english

    with Collection.open(find_index(folder)) as collection:
        facts = {"schema_version": SCHEMA_VERSION, **collection.info()}
        facts["not_english"] = round(share_not_english(collection.store), 3)
        advice = language_advice(collection.store)
    if as_json:
        click.echo(json.dumps(facts, indent=2))
        return
    click.echo(
        f"{safe(facts['folder'])}: {facts['records']:,} records, {facts['marked_pairs']:,} marked duplicates"
        f" in {facts['marked_clusters']:,} clusters"
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
    for source in facts["sources"]:
        click.echo(_line(source))


def _line(source: dict[str, Any]) -> str:
    line = (
        f"  source      {safe(source['name'])} ({source['kind']}): {source['records']:,} records, "
        f"{source['marked_pairs']:,} marked duplicates"
    )
    if source["boilerplate"]:
        line += f", {source['boilerplate']:,} lines of boilerplate"
    if source["includes_restricted"]:
        line += ", with issues that the tracker shows to some people only"
    run = source["last_run"]
    return line if run is None else f"{line}; last run {run['status']} {run['finished'] or run['started']}"
