"""`dupfind check`: the gate, which tells before an issue is filed that it is there already."""

import json
import os
import shlex
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

import click

from dupfind.cli import FOUND
from dupfind.cli.terminal import find_index, index_option, is_terminal, note, safe, show_warnings, standard_input
from dupfind.errors import DupfindError, StoreError
from dupfind.settings import FAIL_ON, MISSING_INDEX, Settings, read

if TYPE_CHECKING:
    from dupfind.collection import Collection
    from dupfind.incoming import File
    from dupfind.records import Record
    from dupfind.sources.drafts import Draft

DECISIONS = ".dupfind-decisions.jsonl"
"""The file of decisions that is read where it is there and no other is named."""

_MAX_STDIN = 16 << 20


@click.command(
    "check",
    epilog="""\b
Examples:
  dupfind check issues/0031-crash-on-start.md
  dupfind check --title "Crash on start" --body "ValueError: invalid percent-escape"
  gh issue view 31 --json number,title,body | dupfind check -
  dupfind check --staged

Exit codes: 0 no duplicate, 1 an issue fails (see --fail-on), 2 trouble. With --advise a duplicate is no failure:
0, or 2 for trouble. Of an index that is missing see --missing-index.""",
)
@click.argument("files", nargs=-1, metavar="[FILE]...")
@click.option("--title", help="Title of an issue to check.")
@click.option("--body", help="Its body, beside --title.")
@click.option(
    "--staged", is_flag=True, help="Check what a commit or push adds, of FILEs or of all, as git has it."
)
@click.option(
    "--fail-on",
    type=click.Choice(FAIL_ON),
    envvar="DUPFIND_FAIL_ON",
    help="The weakest verdict that fails. [default: likely]",
)
@click.option(
    "--min-score",
    type=click.FloatRange(-1, 1),
    envvar="DUPFIND_MIN_SCORE",
    help="Fail from this score on, too, where an index has no verdicts, say.",
)
@click.option("--advise", is_flag=True, help="Tell what is found, and exit with 0.")
@click.option(
    "--missing-index",
    type=click.Choice(MISSING_INDEX),
    envvar="DUPFIND_MISSING_INDEX",
    help="What to do where there is no index. [default: fail; with --advise pass]",
)
@click.option(
    "--decisions",
    type=click.Path(dir_okay=False, path_type=Path),
    envvar="DUPFIND_DECISIONS",
    help=f"A file of decisions (docs/decisions.md). [default: {DECISIONS}]",
)
@click.option(
    "--source", default="", help="The indexed source that an issue of standard input is one of, for its id."
)
@click.option("-k", "k", type=click.IntRange(1, 20), default=3, show_default=True, help="Originals of each.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object, also of what is no duplicate.")
@index_option
def command(
    files: tuple[str, ...],
    title: str | None,
    body: str | None,
    staged: bool,
    fail_on: str | None,
    min_score: float | None,
    advise: bool,
    missing_index: str | None,
    decisions: Path | None,
    source: str,
    k: int,
    as_json: bool,
    folder: Path | None,
) -> None:
    """Tell whether new issues are in the index already, or among each other.

    A FILE is an issue as Markdown with front matter, a task of Backlog.md, YAML, JSON, or a list of issues such as
    .beads/issues.jsonl; any other is passed over. `-` reads JSON from standard input. An issue that names another in
    `not_duplicate_of` is not compared with it.
    """
    # A check has better use for the other cores than threads of one product that wait for each other.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    has_words = title is not None or body is not None
    if has_words + bool(files or staged) != 1:
        raise click.UsageError("give FILEs, - or --staged, or --title (with --body)")
    incoming = [] if has_words or files == ("-",) else _files(files, staged)
    if not incoming and not has_words and files != ("-",):
        _print_nothing(as_json, files)
        return
    settings = read(Path.cwd())
    path = find_index(folder or settings.index)
    if not (path / "dupfind.db").is_file():
        _without_index(path, incoming, missing_index or settings.missing_index or ("pass" if advise else "fail"))
        return
    show_warnings()
    from dupfind.collection import Collection
    from dupfind.runs import locations

    with Collection.open(path) as collection:
        if folder is None:
            _refuse_foreign_model(collection)
        if incoming:
            sources = locations(collection.store)
            drafts = [draft for file in incoming for draft in file.drafts(sources, path)]
        else:
            drafts = _from_words(title, body) if has_words else _from_stdin(source)
        checked = _checked(collection, drafts, decisions or settings.decisions or _default(settings), k)
    floor = settings.min_score if min_score is None else min_score
    fails = _fails(fail_on or settings.fail_on or FAIL_ON[0], floor)
    failed = [fields for fields in checked["findings"] if any(map(fails, fields["originals"]))]
    if as_json:
        click.echo(json.dumps(checked, indent=2))
    else:
        for fields in checked["findings"]:
            _print(fields, fails)
        if checked["calibration"] is None and floor is None:
            note("this index has no verdicts, since it has another model: `dupfind calibrate`, or --min-score")
    if failed and not advise:
        _say_ways_out(staged)
        raise click.exceptions.Exit(FOUND)
