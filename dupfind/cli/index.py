"""`dupfind index`: read trackers, encode new and changed records, publish the index."""

import os
from contextlib import closing
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dupfind.cli.index_summary import engine_advice, losses, reading_notes, suggest_query, summary_line
from dupfind.cli.on_option import check_alone, on_options
from dupfind.cli.part_option import part_option, part_path
from dupfind.cli.progress import progress
from dupfind.cli.source_name import gone_sources, move_advice, name_in_index
from dupfind.cli.terminal import index_option, note, safe, show_warnings, standard_input
from dupfind.cli.value_completion import complete_files
from dupfind.errors import StoreError
from dupfind.records import counted
from dupfind.storage.database_url import DatabaseUrl, IndexPlace
from dupfind.workspace.find_index import find_place

if TYPE_CHECKING:
    from dupfind.collection.indexing import Prepared
    from dupfind.collection.record_spool import PartSource
    from dupfind.collection.writable import WritableCollection
    from dupfind.partition.share import Share
    from dupfind.results import IndexRun
    from dupfind.sources.open import Mapping, Source


@click.command(
    "index",
    epilog="""\b
Examples:
  dupfind index tracker.db
  dupfind index issues.csv --title-column Summary --body-column Details
  dupfind index jira.csv.gz --time-zone Europe/Berlin
  dupfind index jira.csv --as web --url-template 'https://jira.example.org/browse/{id}'
  dupfind index issues/
  gh issue list --state all --limit 100000 --json number,title,body,state,url | dupfind index -
  dupfind index postgresql://me@localhost/tracker --table tickets
  dupfind index github:owner/repo jira:jira.example.org/PROJ
  dupfind index --rebuild --model sentence-transformers/all-mpnet-base-v2
  dupfind index issues.jsonl --part 3/16 -o part3.dfp
  dupfind index issues.jsonl --on ray://head.example.org:10001""",
)
@click.argument("sources", nargs=-1, metavar="SOURCE...", shell_complete=complete_files)
@click.option("--table", help="The table to read.")
@click.option("--id-column", help="Column with the ids.")
@click.option("--title-column", help="Column with the titles.")
@click.option("--body-column", help="Column with the bodies.")
@click.option("--state-column", help="Column with the states.")
@click.option("--created-column", help="Column with the creation date.")
@click.option("--duplicate-of-column", help="Column with the ids of originals.")
@click.option("--sql", help="A SELECT with the aliases id, title, body, state, created, duplicate_of, ...")
@click.option("--time-zone", help="Time zone of dates in a CSV file that name none. [default: UTC]")
@click.option(
    "--encoding", help="Encoding of a text file, such as cp1251, gbk or shift_jis. [default: detected]"
)
@click.option(
    "--accept", is_flag=True, help="Read a source that looks wrong: empty titles, unclear ids or dates."
)
@click.option("--strict", is_flag=True, help="Refuse a source with a row or file that cannot be read.")
@click.option(
    "--include-restricted",
    is_flag=True,
    help="Read issues and comments that a tracker shows to some people only, too.",
)
@click.option(
    "--no-comments",
    is_flag=True,
    help="Leave out what people said on the issues; marks are read all the same.",
)
@click.option(
    "--as", "name", metavar="NAME", help="Name of the source in the index. [default: that of its file]"
)
@click.option(
    "--url-template",
    metavar="URL",
    help="Address of each issue that has none, such as https://jira.example.org/browse/{id}; {project} is known, too.",
)
@click.option(
    "--model", help="Name or path of a sentence-transformers model. [default: the index's; MiniLM-issues]"
)
@click.option("--rebuild", is_flag=True, help="Encode every record again, including those of other sources.")
@click.option(
    "--portable", is_flag=True, help="Copy the model into the index, for a machine that has no such model."
)
@part_option
@on_options
@click.option("-o", "--output", metavar="FILE", help="The file of --part.")
@click.option("-q", "--quiet", is_flag=True, help="Show no progress and no notes.")
@index_option
def command(
    sources: tuple[str, ...],
    name: str | None,
    model: str | None,
    rebuild: bool,
    portable: bool,
    part: "Share | None",
    output: str | None,
    on: str | None,
    n_parts: int | None,
    quiet: bool,
    folder: IndexPlace | None,
    **reading: Any,
) -> None:
    """Read each SOURCE and update the index.

    A SOURCE is a tracker's SQLite database, its export as CSV, JSON or XML, a folder of issues as Markdown, any
    CSV, TSV, JSON, JSON Lines or Parquet file, compressed or not, an SQLAlchemy URL, a project of a service
    (github:owner/repo, gitlab:group/project, jira:HOST/PROJECT, bugzilla:HOST/PRODUCT, redmine:HOST/project), or
    `-` for a file on standard input. The format is detected automatically. Sources are never modified. Unchanged
    texts are not encoded again, and issues deleted from a source are removed from results. `dupfind sync` reads
    all sources again.

    What the records lack is counted and printed. A source that looks wrong is refused, and the message names the
    option that helps.
    """
    if not sources and not rebuild:
        raise click.UsageError("name a SOURCE, such as tracker.db, or pass --rebuild")
    if part is None and output is not None:
        raise click.UsageError("-o names the file of --part: leave it out, or pass --part")
    if part is not None and (rebuild or portable or not sources):
        raise click.UsageError("--part reads each SOURCE: pass one, and neither --rebuild nor --portable")
    check_alone(on, n_parts, part)
    if on is not None and (rebuild or not sources):
        raise click.UsageError("--on reads each SOURCE: pass one, and not --rebuild")
    target = None if part is None else part_path(output)
    show_warnings()
    say = (lambda _: None) if quiet else note
    from dupfind.collection.record_spool import PartSource
    from dupfind.sources.open import Mapping, open_source

    mapping = Mapping(**reading)  # every other option is one of its fields
    if name is not None and (len(sources) != 1 or not name.strip() or not name.isprintable()):
        raise click.UsageError("--as names one SOURCE: pass one, and a name in one line that is not empty")
    opened = [
        open_source(location, mapping, name=name, stdin=standard_input() if location == "-" else None)
        for location in sources
    ]
    for source in opened:
        count = "" if source.total is None else f", {counted(source.total, 'record')}"
        say(f"reading {source.name} ({source.kind}{count})")
        for line in source.notes:
            say(f"  {line}")
    parts = [
        PartSource(source, asdict(mapping), _is_path(location, source), is_named=name is not None)
        for location, source in zip(sources, opened, strict=True)
    ]
    if part is not None and target is not None:
        _write_part(parts, model, part, target, quiet)
        return
    path = find_place(folder)
    if on is not None:
        from dupfind.cli.on_cluster import connection, index_on

        with connection(on, quiet) as cluster:
            _check_new(path, sources, opened, model)
            index_on(cluster, path, parts, model, portable=portable, n_parts=n_parts, quiet=quiet)
        return
    _check_new(path, sources, opened, model)
    from dupfind.collection.collection import Collection

    with Collection.create(path, model=model, rebuild=rebuild, portable=portable) as collection:
        if rebuild and collection.store.current_encoding() is not None:
            with progress(quiet) as begin:
                collection.rebuild(progress=begin("encoding anew", len(collection)))
            click.echo(
                f"{counted(len(collection), 'record')} encoded again by {collection.summary()['model']}"
            )
        for location, source in zip(sources, opened, strict=True):
            is_path = _is_path(location, source)
            index_named(collection, source, mapping, is_path=is_path, is_given=name is not None, quiet=quiet)
        if not quiet:
            suggest_query(collection, path, folder)


def _check_new(path: IndexPlace, sources: tuple[str, ...], opened: "list[Source]", model: str | None) -> None:
    """Fail before an index is created that would stay empty.

    Raises:
        DupfindError: There is no index and no source, the model is missing, or a source cannot be read.
    """
    if isinstance(path, DatabaseUrl):
        if not sources:
            from dupfind.collection.collection import Collection

            Collection.open(path).close()  # an index that is not there is not created
    elif not (path / "dupfind.db").exists():
        if not sources:
            raise StoreError(f"no index at {path}: name a SOURCE to make one, or --index")
        from dupfind.encoders.weights import INDEX_MODEL, find_model

        find_model(model or INDEX_MODEL)  # fails before the index is created
        for source in opened:
            if source.changes is None and source.location != "-":
                with closing(iter(source)) as records:
                    next(records, None)  # a source that is refused leaves no index


def _is_path(location: str, source: "Source") -> bool:
    return location != "-" and "://" not in location and source.changes is None


def _write_part(
    sources: "list[PartSource]", model: str | None, part: "Share", output: Path, quiet: bool
) -> None:
    """Compute one part of an index into a file."""
    from dupfind.collection.text_part import write_text_part
    from dupfind.encoders.load import load_encoder
    from dupfind.encoders.weights import INDEX_MODEL, find_model

    found = find_model(model or INDEX_MODEL)  # fails before a source is read
    with progress(quiet) as begin:
        written = write_text_part(
            output,
            part,
            sources,
            lambda is_few: load_encoder(found, engine="quick" if is_few else "auto"),
            start_task=begin,
        )
    what = f"{written.n_records:,} records, {written.n_encoded:,} texts encoded"
    click.echo(f"{safe(str(output))}: part {part}: {what if written.is_new else 'complete already'}")


def index_named(
    collection: "WritableCollection",
    source: "Source",
    mapping: "Mapping",
    *,
    is_path: bool,
    is_given: bool,
    quiet: bool,
    prepared: "Prepared | None" = None,
) -> None:
    """Update a collection from a source under the name that it has there, and print the numbers.

    Args:
        collection: The index.
        source: What is read.
        mapping: The options of its reader.
        is_path: Whether its location is a path.
        is_given: Whether the user gives its name.
        quiet: Whether to print only what a reader of the index must know.
        prepared: Its boilerplate and vectors, where other runs have computed them.
    """
    from dupfind.postgresql.open_store import local_folder
    from dupfind.sources.locations import relative_location
    from dupfind.sources.reading_counts import described
    from dupfind.storage import source_state

    path = local_folder(collection.place)
    stored_location = (
        relative_location(os.path.abspath(source.location), path) if is_path else source.location
    )
    locations = {
        reading.name: relative_location(reading.location, path)
        for reading in source_state.readings(collection.store)
    }
    gone = (
        set() if isinstance(collection.place, DatabaseUrl) or not is_path else gone_sources(locations, path)
    )
    stored_name = name_in_index(locations, source.name, stored_location, is_given=is_given, gone=gone)
    run = index_source(collection, source, stored_name, stored_location, mapping, quiet, prepared)
    click.echo(summary_line(run, source, texts="encoded" if prepared is None else "from the parts"))
    lacking = described(source.counts)
    if not quiet:
        for line in (*([f"  {lacking}"] if lacking else []), *losses(run), *engine_advice(run)):
            note(line)
    for line in reading_notes(run, source):
        note(line)
    if stored_name not in locations and not is_given:
        kinds = source_state.kinds(collection.store)
        alike = {known: locations[known] for known in gone if kinds[known] == source.kind}
        for line in move_advice(alike, stored_name, source.location):
            note(line)


def index_source(
    collection: "WritableCollection",
    source: "Source",
    name: str,
    location: str,
    mapping: "Mapping",
    quiet: bool,
    prepared: "Prepared | None" = None,
) -> "IndexRun":
    """Update a collection from the changes of a source, or from all of it if it reports no changes."""
    from dupfind.storage import source_state

    options = asdict(mapping)
    cursor = next(
        (
            reading.cursor
            for reading in source_state.readings(collection.store)
            if reading.name == name and source_state.same_options(reading.mapping, options)
        ),
        None,
    )
    changes = None if source.changes is None else source.changes(cursor)
    total = source.total if cursor is None else None
    # A reader names its records by the file; the name in the index may be another one.
    records = (
        record if record.source == name else replace(record, source=name)
        for record in (source if changes is None else changes)
    )
    with progress(quiet) as begin:
        return collection.index(
            records,
            source=name,
            kind=source.kind,
            location=location,
            mapping=options,
            complete=changes is None and location != "-",
            changes=changes,
            counts=source.counts,
            prepared=prepared,
            progress=begin(name, total),
            settling=lambda n_records: begin(f"{name}, without its boilerplate", n_records),
        )
