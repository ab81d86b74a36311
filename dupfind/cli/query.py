"""`dupfind query`: the nearest duplicates of a text."""

import json
import os
import shutil
import sys
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dupfind.cli.terminal import (
    Moment,
    Number,
    find_index,
    fit,
    index_option,
    is_terminal,
    note,
    safe,
    show_warnings,
    standard_input,
)
from dupfind.errors import DupfindError
from dupfind.json_output import answer
from dupfind.service import discovery

if TYPE_CHECKING:
    from dupfind.collection.collection import Collection
    from dupfind.records import Record

_MAX_STDIN = 4 << 20


@click.command(
    "query",
    epilog="""\b
Examples:
  dupfind query "worker dies at boot if the secret has special characters"
  dupfind query --title "Crash on startup" --body "ValueError: invalid percent-escape" --json
  git log -1 --format=%B | dupfind query -
  dupfind query --id 15 --state open""",
)
@click.argument("text", required=False)
@click.option("--title", help="Title of the issue to look for.")
@click.option("--body", help="Its body, beside --title.")
@click.option("--id", "record_id", metavar="ID", help="Look for duplicates of an indexed record.")
@click.option("-k", "k", type=click.IntRange(1, 10_000), default=10, show_default=True, help="Hits wanted.")
@click.option("--min-score", type=Number(-1, 1), help="Leave out what scores lower (cosine similarity).")
@click.option("--state", type=click.Choice(["open", "closed", "all"]), default="all", show_default=True)
@click.option("--project", help="Only records of this project; with --id, which record is meant.")
@click.option("--source", help="Only records of this source; with --id, which record is meant.")
@click.option("--before", type=Moment(), help="Only records created before this day or moment (UTC).")
@click.option("--fold", is_flag=True, help="Show one hit a cluster of duplicates that the tracker marks.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.option("--jsonl", "as_jsonl", is_flag=True, help="One JSON object a hit.")
@click.option(
    "--no-service",
    is_flag=True,
    envvar="DUPFIND_NO_SERVICE",
    help="Do not ask a running `dupfind serve` of the index; the answer is the same.",
)
@index_option
def command(
    text: str | None,
    title: str | None,
    body: str | None,
    record_id: str | None,
    k: int,
    min_score: float | None,
    state: str,
    project: str | None,
    source: str | None,
    before: datetime | None,
    fold: bool,
    as_json: bool,
    as_jsonl: bool,
    no_service: bool,
    folder: Path | None,
) -> None:
    """Find the nearest duplicates of TEXT, with cosine scores.

    TEXT is a title, or a title line and a body; `-` reads it from standard input. `score` is the cosine
    similarity, -1 to 1. The order also counts shared words.
    """
    # A one-off query has better use for the other cores than threads of one product that wait for each other.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    if as_json and as_jsonl:
        raise click.UsageError("--json and --jsonl are two forms of one answer: choose one")
    has_parts = title is not None or body is not None
    if (text is not None) + has_parts + (record_id is not None) != 1:
        raise click.UsageError("give one of TEXT, --title (with --body), or --id")
    show_warnings()
    place = find_index(folder)
    service = None if no_service else discovery.find(place)
    if text == "-" and service is not None:
        text = _stdin()
    asked = {
        "text": text,
        "title": title,
        "body": body,
        "id": record_id,
        "k": k,
        "min_score": min_score,
        "state": None if state == "all" else state,
        "project": project,
        "source": source,
        "fold": fold,
    }
    said = None
    if service is not None:
        moment = None if before is None else before.isoformat()
        said = service.post("/query", {**asked, "before": moment, "exact": True})
    if said is None or not said["hits"]:  # why there are none is told by who has opened the index
        said = _search(place, {**asked, "before": before})
    if said["hits"] and not said["judged"] and is_terminal(sys.stderr):
        note("too short to judge: a title of a few words and a body make a verdict possible")
    if as_json:
        click.echo(json.dumps(said, indent=2))
    elif as_jsonl:
        for hit in said["hits"]:
            click.echo(json.dumps(hit))
    else:
        _table(said["hits"])


def _search(place: Path, asked: Mapping[str, Any]) -> dict[str, Any]:
    """What the service would say, by opening the index."""
    from dupfind.collection.collection import Collection
    from dupfind.records import Record

    with Collection.open(place) as collection:
        query: str | Record
        names = {"project": asked["project"], "source": asked["source"]}
        if asked["id"] is not None:
            query, names = _indexed(collection, asked["id"], **names), {}
        elif asked["text"] is not None:
            query = _stdin() if asked["text"] == "-" else asked["text"]
        else:
            query = Record(id="", title=asked["title"] or "", body=asked["body"] or "")
        filters = {name: asked[name] for name in ("min_score", "state", "before", "fold")}
        hits = collection.search(query, asked["k"], **filters, **names)
        if not hits:
            _explain_nothing(collection, **names)
        shown = query if isinstance(query, str) else query.title
        return dict(answer(shown, collection.can_judge(query), collection.summary(), hits, asked["fold"]))


def _explain_nothing(collection: "Collection", project: str | None = None, source: str | None = None) -> None:
    """Tell a filter that nothing can pass from one that nothing passes."""
    from dupfind.cli.filters import check_names

    check_names(collection, project, source)
    note("nothing passes the filters" if len(collection) else f"{collection.folder} holds no issues")


def _indexed(collection: "Collection", record_id: str, project: str | None, source: str | None) -> "Record":
    found = collection.find(record_id, project=project, source=source)
    if not found:
        raise DupfindError(
            f"no record {record_id!r} in {collection.folder}: see `dupfind info` for what is indexed"
        )
    if len(found) > 1:
        named = ", ".join(
            f"--source {r.source}" + (f" --project {r.project}" if r.project else "") for r in found[:5]
        )
        raise DupfindError(f"{len(found)} records have the id {record_id!r}: choose by {named}")
    return found[0]


def _stdin() -> str:
    stream = standard_input()
    if stream.isatty():
        click.echo("reading a title line and a body; end with Ctrl-D", err=True)
    given = stream.read(_MAX_STDIN + 1)
    if len(given) > _MAX_STDIN:
        raise DupfindError(
            f"standard input holds more than {_MAX_STDIN >> 20} MiB: give the text of one issue"
        )
    return given.decode("utf-8", "replace")


def _table(hits: list[dict[str, Any]]) -> None:
    if not hits:
        return
    width = shutil.get_terminal_size().columns if is_terminal(sys.stdout) else None
    several = len({(hit["source"], hit["project"]) for hit in hits}) > 1
    names = [fit(safe(_name(hit, several)), 40) for hit in hits]
    columns = max(map(len, names))
    has_verdicts = any(hit["verdict"] for hit in hits)
    for hit, name in zip(hits, names, strict=True):
        verdict = f"{hit['verdict'] or '':<10}" if has_verdicts else ""
        head = f"{hit['rank']:>3}  {hit['score']:6.3f}  {name:<{columns}}  {safe(hit['state'] or ''):<6}  {verdict}"
        title = safe(hit["title"]) or "(no title)"
        if hit["duplicate_of"] is not None:
            title += f"  [duplicate of {safe(hit['duplicate_of'])}]"
        if hit.get("folded"):
            title += f"  [+{len(hit['folded'])} of its cluster]"
        click.echo(head + (title if width is None else fit(title, max(20, width - len(head)))))
        if hit["url"] and width is not None:
            click.echo(" " * 13 + click.style(safe(hit["url"]), dim=True))


def _name(hit: dict[str, Any], several: bool) -> str:
    name = f"#{hit['id']}" if hit["id"].isdigit() else hit["id"]
    place = hit["project"] or hit["source"]
    return f"{place}{'' if name.startswith('#') else ':'}{name}" if several else name
