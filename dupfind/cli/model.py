"""`dupfind model`: the models that an index knows, their figures, and ways out for them."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dupfind.cli.terminal import index_option, safe, show_warnings
from dupfind.errors import DupfindError
from dupfind.json_output import shown_time
from dupfind.workspace.find_index import find_index

if TYPE_CHECKING:
    from dupfind.storage.store import Encoding
    from dupfind.storage.trained_models import TrainedModel

SCHEMA_VERSION = 1
FIGURES = (("recall@1", "R@1"), ("recall@5", "R@5"), ("recall@10", "R@10"), ("mrr", "MRR"))


@click.group(
    "model",
    subcommand_metavar="COMMAND [ARGUMENTS]",
    short_help="List, export and publish trained models.",
    epilog="""\b
Examples:
  dupfind model list
  dupfind model export tracker-2024-05-01 tuned/
  HF_TOKEN=... dupfind model push tracker-2024-05-01 owner/tracker-duplicates""",
)
def command() -> None:
    """Show the models that the index knows: the one in use, and those that `dupfind train` made."""


@command.command("list", short_help="List the models of the index.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@index_option
def list_(as_json: bool, folder: Path | None) -> None:
    """List the model in use and those that were trained for the index, the newest first."""
    encoding, known, _ = _models(folder)
    if as_json:
        told = [_facts(model, encoding) for model in known]
        click.echo(
            json.dumps(
                {"schema_version": SCHEMA_VERSION, "current": encoding.model, "trained": told}, indent=2
            )
        )
        return
    if not any(model.fingerprint == encoding.model_fingerprint for model in known):
        click.echo(f"{safe(encoding.model)}: in use")
    for model in known:
        click.echo(f"{safe(model.name)}: {_state(model, encoding)}")
        click.echo(f"    {model.document['gate']['reason']}")


@command.command(short_help="Show how a model was judged.")
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@index_option
def show(name: str, as_json: bool, folder: Path | None) -> None:
    """Show what the gate said of a model: base, tuned and BM25, on duplicates that it had not seen."""
    encoding, known, path = _models(folder)
    model = _named(known, name)
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
@click.argument("name")
@click.argument("out", metavar="DIR", type=click.Path(path_type=Path))
@index_option
def export(name: str, out: Path, folder: Path | None) -> None:
    """Copy a model to DIR, a new folder that dupfind and sentence-transformers load."""
    _, known, path = _models(folder)
    model = _checked(_named(known, name), path)
    if out.exists():
        raise DupfindError(f"{out} exists: name a folder that does not")
    shutil.copytree(model, out)
    click.echo(f"{safe(str(out))} holds {safe(name)}")


@command.command(short_help="Push a model to the Hugging Face hub.")
@click.argument("name")
@click.argument("repository", metavar="OWNER/NAME")
@click.option("--public", is_flag=True, help="A new repository is one that everybody sees.")
@index_option
def push(name: str, repository: str, public: bool, folder: Path | None) -> None:
    """Push a model to the Hugging Face hub, with the token in the environment variable HF_TOKEN.

    A repository that is not there is made, private unless told otherwise.
    """
    from dupfind.encoders import hub

    _, known, path = _models(folder)
    click.echo(safe(hub.push(_checked(_named(known, name), path), repository, is_private=not public)))


def figures(model: "TrainedModel") -> Iterator[str]:
    """The gate's figures, a line a leg."""
    gate = model.document["gate"]
    yield f"{'':24}" + "".join(f"{title:>8}" for _, title in FIGURES)
    rows = [("BM25 alone", gate["bm25"])]
    for leg, what in (("vectors", "vectors alone"), ("dupfind", "dupfind's order")):
        rows += [(f"{what}, {which}", gate[which][leg]) for which in ("base", "tuned")]
    for title, found in rows:
        yield f"{title:24}" + "".join(f"{found[figure]['mean']:8.3f}" for figure, _ in FIGURES)


def _models(folder: Path | None) -> "tuple[Encoding, list[TrainedModel], Path]":
    """The encoding in use, the models that were trained, and where the index is."""
    from contextlib import closing

    from dupfind.storage.database import DATABASE
    from dupfind.storage.store import Store
    from dupfind.storage.trained_models import trained_models

    show_warnings()
    path = find_index(folder)
    with closing(Store.open(path / DATABASE)) as store, store.reading():
        return store.encoding(), trained_models(store), path


def _named(known: "list[TrainedModel]", name: str) -> "TrainedModel":
    for model in known:
        if model.name == name:
            return model
    names = ", ".join(model.name for model in known) or "none was trained: see `dupfind train`"
    raise DupfindError(f"the index knows no trained model {name!r}: {names}")


def _checked(model: "TrainedModel", path: Path) -> Path:
    """Where a model's files are, when they are those that were trained."""
    from dupfind.encoders.load import ModelFolder

    place = model.path(path)
    if ModelFolder(place).fingerprint != model.fingerprint:
        raise DupfindError(f"{place} is not the model that was trained, or is damaged: train it again")
    return place


def _state(model: "TrainedModel", encoding: "Encoding") -> str:
    kind = "better" if model.is_better else "not better"
    if model.fingerprint == encoding.model_fingerprint:
        kind = "in use"
    return f"{kind}, trained {shown_time(model.created)} from {safe(model.document['base'])}"


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
    """What is known of a model, less the weights of its order."""
    known = dict(model.document)
    if "order" in known:
        known["order"] = {name: value for name, value in known["order"].items() if name != "ranker"}
    return known


def reasons(model: "TrainedModel") -> Iterator[str]:
    """What the gate said, and what became of the order."""
    yield model.document["gate"]["reason"]
    order = model.document.get("order")
    if order is None:  # it was trained before orders were refitted
        return
    ahead = "MRR {mean:+.3f}, 95% {low:+.3f} to {high:+.3f}".format(**order["ahead"])
    kept = "refitted to it" if order["is_refitted"] else "as it was: refitted it is not better"
    yield f"the order is {kept} ({ahead})"
