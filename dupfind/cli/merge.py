"""`dupfind merge`: join the parts of an index, or of a report."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from dupfind.cli.index import index_named
from dupfind.cli.index_summary import suggest_query
from dupfind.cli.list_output import form_options
from dupfind.cli.report import FROM_NAME, place, write_report
from dupfind.cli.terminal import index_option, note, show_warnings
from dupfind.errors import PartError
from dupfind.reports.formats import FORMS
from dupfind.storage.database_url import IndexPlace
from dupfind.workspace.find_index import find_place

if TYPE_CHECKING:
    from dupfind.collection.text_merge import PartTexts
    from dupfind.collection.writable import WritableCollection
    from dupfind.partition.part_file import PartFile


@click.command(
    "merge",
    epilog="""\b
Examples:
  dupfind merge part*.dfp
  dupfind merge pairs*.dfp -o duplicates.html""",
)
@click.argument(
    "parts", nargs=-1, required=True, metavar="PART...", type=click.Path(path_type=Path, dir_okay=False)
)
@click.option("--model", help="Name or path of the model of the parts. [default: the index's; MiniLM-issues]")
@form_options(list(FORMS), default=None, described=FROM_NAME, jsonl=True)
@click.option("-o", "--output", metavar="FILE", help="Write a report to this file; `-` is standard output.")
@click.option("-q", "--quiet", is_flag=True, help="Show no progress and no notes.")
@index_option
def command(
    parts: tuple[Path, ...],
    model: str | None,
    form: str | None,
    output: str | None,
    quiet: bool,
    folder: IndexPlace | None,
) -> None:
    """Join the files that `dupfind index --part` or `dupfind report --part` wrote for all parts of one run.

    The order of the files does not matter, and two equal ones count as one. Parts of an index become the index that
    one run of `dupfind index` makes: no text is encoded again, and no SOURCE is read. Parts of a report become the
    report of one run on the same index. Nothing is written unless all parts are there and whole.
    """
    show_warnings()
    from dupfind.partition.one_run import one_run

    run = one_run(parts)
    if not quiet and len(run) < len(parts):
        note(f"{len(parts) - len(run):,} of the files are equal to others: each part is used once")
    if run[0].kind == "pairs":
        if model is not None:
            raise click.UsageError("--model is for the parts of an index, and these are of a report")
        _merge_report(run, form, output, quiet, folder)
    else:
        if form is not None or output is not None:
            raise click.UsageError("-o and --format are for the parts of a report, and these are of an index")
        _merge_index(run, model, quiet, folder)


def _merge_index(parts: "list[PartFile]", model: str | None, quiet: bool, folder: IndexPlace | None) -> None:
    from dupfind.collection.collection import Collection
    from dupfind.collection.text_merge import PartTexts
    from dupfind.encoders.weights import INDEX_MODEL, find_model
    from dupfind.postgresql.open_store import current_model

    texts = PartTexts(parts)
    path = find_place(folder)
    present = current_model(path)
    fingerprint = present if present and model is None else find_model(model or INDEX_MODEL).fingerprint
    if fingerprint != texts.model_fingerprint:
        if model is None and present is not None:
            what, way_out = (
                f"{path} has another one",
                "compute the parts with its --model, or name another --index",
            )
        else:
            what = f"--model {model} is another one" if model else f"a new index has {INDEX_MODEL}"
            way_out = "pass that of the parts with --model"
        raise PartError(
            f"the parts are of the model {texts.model} with the weights {texts.model_fingerprint[:12]}, and"
            f" {what}, with {fingerprint[:12]}: {way_out}"
        )
    with Collection.create(path, model=model) as collection:
        index_parts(collection, texts, quiet)
        if not quiet:
            suggest_query(collection, path, folder)


def index_parts(collection: "WritableCollection", texts: "PartTexts", quiet: bool) -> None:
    """Update an index from the parts of a run, and print the numbers of each source."""
    from dataclasses import fields

    from dupfind.sources.open import Mapping

    names = {field.name for field in fields(Mapping)}
    for number, source in enumerate(texts.sources):
        options = {name: value for name, value in texts.options(number).items() if name in names}
        index_named(
            collection,
            source,
            Mapping(**options),  # type: ignore[arg-type]
            is_path=texts.is_path(number),
            is_given=texts.is_named(number),
            quiet=quiet,
            prepared=texts.prepared(number),
        )


def _merge_report(
    parts: "list[PartFile]", form: str | None, output: str | None, quiet: bool, folder: IndexPlace | None
) -> None:
    from dataclasses import replace

    from dupfind.collection.collection import Collection
    from dupfind.dedup.pair_part import PartPairs

    pairs = PartPairs(parts)
    path, form, limit = place(output, form, pairs.parameters.limit)
    with Collection.open(find_place(folder)) as collection:
        write_report(
            collection,
            replace(pairs.parameters, limit=limit),
            path,
            form,
            max_pairs=pairs.max_pairs,
            quiet=quiet,
            pairs=lambda: pairs.pairs(collection),
        )
