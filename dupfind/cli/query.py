"""`dupfind query`: find the issues most similar to a text."""

import os
import sys
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from dupfind.cli.index_age import note_age
from dupfind.cli.list_output import Cell, TableRow, list_options, print_list, print_table
from dupfind.cli.terminal import (
    Moment,
    Number,
    fit,
    index_option,
    is_terminal,
    note,
    safe,
    show_warnings,
    standard_input,
    verdicts_option,
)
from dupfind.cli.value_completion import names_of
from dupfind.errors import DupfindError
from dupfind.json_output import answer
from dupfind.records import state_in_words
from dupfind.reports.listing import Annotation, ListAnswer
from dupfind.results import Difference
from dupfind.service import discovery
from dupfind.storage.database_url import IndexPlace
from dupfind.verdict.bands import BALANCED
from dupfind.workspace.find_index import find_place

if TYPE_CHECKING:
    from dupfind.collection.collection import Collection
    from dupfind.records import Record

_MAX_STDIN = 4 << 20
_SHOWN = 0.05  # of what a kind of evidence adds to the order


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
@click.option("--title", help="Title of the issue to search for.")
@click.option("--body", help="Body of the issue, with --title.")
@click.option("--id", "record_id", metavar="ID", help="Search for duplicates of an indexed issue.")
@click.option(
    "-k", "k", type=click.IntRange(1, 10_000), default=10, show_default=True, help="Number of hits."
)
@click.option("--min-score", type=Number(-1, 1), help="Leave out hits with a lower cosine similarity.")
@click.option("--state", type=click.Choice(["open", "closed", "all"]), default="all", show_default=True)
@click.option(
    "--project",
    shell_complete=names_of("project"),
    help="Only issues of this project; with --id, the project of that issue.",
)
@click.option(
    "--source",
    shell_complete=names_of("source"),
    help="Only issues of this source; with --id, the source of that issue.",
)
@click.option("--before", type=Moment(), help="Only issues created before this day or time (UTC).")
@verdicts_option()
@click.option("--fold", is_flag=True, help="Show one hit per cluster of duplicates that the tracker marks.")
@click.option("--why", is_flag=True, help="Say what each hit shares with the text, and what made the order.")
@list_options(jsonl=True)
@click.option(
    "--no-service",
    is_flag=True,
    envvar="DUPFIND_NO_SERVICE",
    help="Do not use a running `dupfind serve`. The answer is the same.",
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
    verdicts: str | None,
    fold: bool,
    why: bool,
    form: str,
    no_service: bool,
    folder: IndexPlace | None,
) -> None:
    """Find the issues most similar to TEXT.

    TEXT is a title, or a title line and a body. `-` reads it from standard input. The score is the cosine similarity
    of the texts, -1 to 1. The order of the hits also counts shared words; `--why` says what made it.
    """
    # Several threads that share one product of matrices wait for each other; the word search needs the cores.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    has_parts = title is not None or body is not None
    if (text is not None) + has_parts + (record_id is not None) != 1:
        raise click.UsageError("give one of TEXT, --title (with --body), or --id")
    show_warnings()
    index = find_place(folder)
    service = None if no_service else discovery.find(index)
    if text == "-" and service is not None:
        text = _read_stdin()
    request = {
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
        "verdicts": verdicts or BALANCED,
        "why": why,
    }
    response = None
    if service is not None:
        created_before = None if before is None else before.isoformat()
        response = service.post("/query", {**request, "before": created_before, "exact": True})
    if response is None or not response["hits"]:  # without hits, `_search` explains why
        response = _search(index, {**request, "before": before})
    if response["hits"] and not response["judged"] and is_terminal(sys.stderr):
        from dupfind.ranking.ranker import FEWEST_WORDS
        from dupfind.search.lookup import lookup

        if text is not None and lookup(text) is not None and len(text.split()) >= FEWEST_WORDS:
            note("what is looked up gets no verdict: describe an issue in a title of a few words, and a body")
        else:
            note("too short for a verdict: give a title of a few words, and a body")
    note_age(response["index"])
    if form == "table":
        _print_table(response["hits"])
    else:
        print_list(_listing(response), form)


def _search(index: IndexPlace, request: Mapping[str, Any]) -> dict[str, Any]:
    """Open the index and return the answer that a service of it would send."""
    from dupfind.collection.collection import Collection
    from dupfind.records import Record
    from dupfind.search.match import SearchRequest
    from dupfind.service.explanations import explanations

    with Collection.open(index) as collection:
        query: str | Record
        names = {"project": request["project"], "source": request["source"]}
        if request["id"] is not None:
            query, names = _indexed(collection, request["id"], **names), {}
        elif request["text"] is not None:
            query = _read_stdin() if request["text"] == "-" else request["text"]
        else:
            query = Record(id="", title=request["title"] or "", body=request["body"] or "")
        filters = {name: request[name] for name in ("min_score", "state", "before", "fold", "verdicts")}
        response = collection.searcher.search(SearchRequest(query, request["k"], **filters, **names))
        if not response.matches:
            _explain_nothing(collection, **names)
        shown = query if isinstance(query, str) else query.title
        found = answer(shown, response.can_judge, collection.summary(), response.hits, request["fold"])
        if request["why"]:
            for hit, why in zip(found["hits"], explanations(response), strict=True):
                hit["why"] = why
        return dict(found)


def _explain_nothing(collection: "Collection", project: str | None = None, source: str | None = None) -> None:
    """Report why there are no hits: a name that the index does not have, the filters, or an empty index."""
    from dupfind.collection.filters import check_names

    check_names(collection, project, source)
    note("no issue passes the filters" if len(collection) else f"{collection.place} holds no issues")


def _indexed(collection: "Collection", record_id: str, project: str | None, source: str | None) -> "Record":
    records = collection.find(record_id, project=project, source=source)
    if not records:
        raise DupfindError(
            f"no record {record_id!r} in {collection.place}: see `dupfind info` for what is indexed"
        )
    if len(records) > 1:
        options = ", ".join(
            f"--source {record.source}" + (f" --project {record.project}" if record.project else "")
            for record in records[:5]
        )
        raise DupfindError(f"{len(records)} records have the id {record_id!r}: choose one with {options}")
    return records[0]


def _read_stdin() -> str:
    stream = standard_input()
    if stream.isatty():
        click.echo("reading a title line and a body; end with Ctrl-D", err=True)
    data = stream.read(_MAX_STDIN + 1)
    if len(data) > _MAX_STDIN:
        raise DupfindError(
            f"standard input holds more than {_MAX_STDIN >> 20} MiB: give the text of one issue"
        )
    return data.decode("utf-8", "replace")


def _print_table(hits: list[dict[str, Any]]) -> None:
    if not hits:
        return
    has_places = len({(hit["source"], hit["project"]) for hit in hits}) > 1
    print_table([_row(hit, has_place=has_places) for hit in hits], indent=13)


def _row(hit: dict[str, Any], *, has_place: bool) -> TableRow:
    title = hit["title"] or "(no title)"
    if hit["duplicate_of"] is not None:
        title += f"  [duplicate of {hit['duplicate_of']}]"
    if hit.get("folded"):
        title += f"  [+{len(hit['folded'])} of its cluster]"
    state = fit(safe(state_in_words(hit["state"], hit["resolution"])), 40)
    details = [Cell(line) for line in _reasons(hit)]
    if hit["url"] and is_terminal(sys.stdout):
        details.insert(0, Cell(hit["url"], hit["url"], {"dim": True}))
    cells = (
        Cell(f"{hit['rank']:>3}"),
        Cell(f"{hit['score']:6.3f}"),
        Cell(fit(safe(_name(hit, has_place=has_place)), 40), hit["url"]),
        Cell(f"{state:<6}", style=_STATE_STYLES.get(hit["state"], {})),
        Cell(_verdict(hit), style=_VERDICT_STYLES.get(hit["verdict"], {"dim": True})),
    )
    return TableRow(cells, title, details)


def _listing(response: dict[str, Any]) -> ListAnswer:
    hits = response["hits"]
    annotations = [
        Annotation(
            "warning" if hit["verdict"] else "notice",
            f"{hit['verdict'] or 'similar'}: {_name(hit, has_place=True)}",
            f"{hit['title'] or '(no title)'} (score {hit['score']:.3f}) {hit['url'] or ''}",
        )
        for hit in hits
    ]
    rows = [{**hit, "difference": _difference(hit)} for hit in hits]
    return ListAnswer(response, hits, _COLUMNS, rows, _SHOWN_COLUMNS, annotations)


def _difference(hit: dict[str, Any]) -> str | None:
    """Return what sets a sibling apart, on one line."""
    sides = hit["difference"]
    return sides and Difference(sides["kind"], sides["asked"], sides["found"]).in_words()


def _reasons(hit: dict[str, Any]) -> Iterator[str]:
    """Yield what a hit shares with the text, and what made the order, a line each; nothing without `--why`."""
    why = hit.get("why")
    if why is None:
        return
    for pair in why["sentences"]:
        yield "both say: " + "".join(piece["text"] for piece in pair["found"])
    if why["words"]:
        yield f"both: {', '.join(why['words'])}"
    for fact in why["facts"]:
        sides = [*fact["both"]] or [f"{' '.join(fact['asked'])} here, {' '.join(fact['found'])} there"]
        yield f"{fact['kind']}: {', '.join(sides)}"
    parts = [f"{name} {value:+.1f}" for name, value in why["order"].items() if abs(value) >= _SHOWN]
    chance = "" if hit["probability"] is None else f"{hit['probability']:.0%} likely, then "
    yield f"order: {_HOLDS[why['holds']]}{chance}{', '.join(parts) or 'by score alone'}"


def _verdict(hit: dict[str, Any]) -> str:
    """Return verdict and kind in a few words; "" for most hits."""
    difference = hit["difference"]
    if difference is not None:
        sides = " / ".join(fit(safe(difference[side]) or "not", 16) for side in ("asked", "found"))
        return f"sibling ({difference['kind']}: {sides})"
    if hit["kind"] == "recurring":
        return "a series"
    if hit["verdict"] is None:
        return ""
    kind = "" if hit["kind"] == "duplicate" else f" {_KINDS[hit['kind']]}"
    # Of a record without a date the column of states says as much as is known.
    is_fixed = hit["kind"] == "regression" and hit["closed_at"]
    when = f", fixed {hit['closed_at'][:10]}" if is_fixed else ""
    return f"{hit['verdict']}{kind} {hit['probability']:.0%}{when}"


_COLUMNS = (
    *("rank", "id", "source", "project", "title", "state", "resolution", "url", "created_at", "closed_at"),
    *("score", "lexical", "probability", "verdict", "kind", "duplicate_of", "difference"),
)
_SHOWN_COLUMNS = ("id", "title", "state", "score", "verdict", "duplicate_of", "difference")
_STATE_STYLES: dict[str, dict[str, Any]] = {"open": {"fg": "green"}, "closed": {"fg": "magenta"}}
_VERDICT_STYLES: dict[str, dict[str, Any]] = {
    "likely": {"fg": "yellow", "bold": True},
    "possible": {"fg": "yellow"},
}
_HOLDS = {
    "": "",
    "comments": "has all words in its comments, then ",
    "text": "has all words, then ",
    "title": "has all words in its title, then ",
    "phrase": "has the words in its title in this order, then ",
}
_KINDS = {"copy": "copy", "regression": "regression?", "declined": "of a declined one"}


def _name(hit: dict[str, Any], *, has_place: bool) -> str:
    """Return the id of a hit, behind its project or source where the hits have several."""
    name = f"#{hit['id']}" if hit["id"].isdigit() else hit["id"]
    place = hit["project"] or hit["source"]
    return f"{place}{'' if name.startswith('#') else ':'}{name}" if has_place else name
