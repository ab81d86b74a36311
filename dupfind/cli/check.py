"""`dupfind check`: the gate, which tells before an issue is filed that it is there already."""

import json
import os
import shlex
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

import click

from dupfind.cli.main import FOUND
from dupfind.cli.terminal import (
    Number,
    find_index,
    index_option,
    is_terminal,
    note,
    safe,
    show_warnings,
    standard_input,
)
from dupfind.errors import DupfindError, StoreError
from dupfind.json_output import SCHEMA_VERSION
from dupfind.service import discovery
from dupfind.sources.files.filenames import is_issue_file
from dupfind.storage.database import DATABASE
from dupfind.workspace.settings import FAIL_ON, MISSING_INDEX, Settings, inside, read

if TYPE_CHECKING:
    from dupfind.check.drafts import Draft
    from dupfind.check.files import File
    from dupfind.collection.collection import Collection
    from dupfind.decisions import Decisions
    from dupfind.records import Record

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
    type=Number(-1, 1),
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
@click.option(
    "--no-service",
    is_flag=True,
    envvar="DUPFIND_NO_SERVICE",
    help="Do not ask a running `dupfind serve` of the index; the answer is the same.",
)
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
    no_service: bool,
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
        raise click.UsageError("give FILEs, or -, or --staged, or --title (with --body)")
    of_stdin = files == ("-",)
    if not staged and not of_stdin:
        files = _there(files)
    named = [file for file in files if is_issue_file(PurePath(file))]
    if files and not of_stdin and not named:
        _nothing(as_json, "no FILE has the name of an issue: .md, .markdown, .yaml, .yml, .json, .jsonl")
        return
    from dupfind.check.files import in_git, on_disk

    settings = read(Path.cwd())
    given: list[File] = []
    if not has_words and not of_stdin:
        given = in_git(named) if staged else on_disk(named, settings.root)
        if not given:
            _nothing(as_json, "nothing is staged that is a new issue")
            return
    path = find_index(folder, settings.index)
    if not (path / DATABASE).is_file():
        wanted = missing_index or settings.missing_index or ("pass" if advise else "fail")
        _without_index(path, given, may_pass=wanted == "pass")
        return
    show_warnings()
    if source:
        _must_know(path, source)
    words = _from_words(title, body) if has_words else _from_stdin(source) if of_stdin else []
    said = _decisions(decisions, settings)
    found = None if no_service else _served(path, given, words, said, k)
    if found is None:
        found = _found(path, given, words, said, k)
    floor = settings.min_score if min_score is None else min_score
    fails = partial(_fails, fail_on or settings.fail_on or FAIL_ON[0], floor)
    failed = [fields for fields in found["findings"] if any(map(fails, fields["originals"]))]
    if as_json:
        click.echo(json.dumps(found, indent=2))
    else:
        lines = [line for fields in found["findings"] if (line := _line(fields, fails)) is not None]
        for line in lines:
            click.echo(line)
        if not lines and is_terminal(sys.stderr):
            note(_nothing_found(found))
        if found["calibration"] is None and floor is None:
            note(
                "no verdict is possible: the index has a model of its own; `dupfind calibrate`, or --min-score"
            )
    if failed and not advise:
        if given:
            note(_WAYS_OUT + ("; `SKIP=dupfind git commit` passes over the check" if staged else ""))
        raise click.exceptions.Exit(FOUND)


_WAYS_OUT = (
    "if it is none: `not_duplicate_of: [ID]` in the issue (of Markdown in its front matter), or"
    f" `dupfind review --export {DECISIONS}`, committed"
)


def _there(files: Sequence[str]) -> tuple[str, ...]:
    """Files, each once.

    Raises:
        DupfindError: One does not exist; it may be a slip, whatever its name.
    """
    once: dict[str, str] = {}
    for file in files:
        if not os.path.lexists(file):
            raise DupfindError(f"{file} is not there")
        once.setdefault(os.path.abspath(file), file)
    return tuple(once.values())


def _served(
    path: Path, given: "Sequence[File]", words: "Sequence[Draft]", decisions: "Decisions", k: int
) -> dict[str, Any] | None:
    """What `_found` gives, from a running service; None where there is none, or it cannot tell.

    It does not know what a team's file or an issue's own fields say of pairs.
    """
    service = discovery.find(path)
    if service is None or len(decisions):
        return None
    drafts = [*words, *_drafts(path, given)]
    if any(draft.denied or draft.record.duplicate_of for draft in drafts):
        return None
    sent = [_sent(draft.record) for draft in drafts]
    # Alone an issue needs no name; of several each gets one.
    document = service.post("/check", {**sent[0], "k": k} if len(sent) == 1 else {"issues": sent, "k": k})
    if document is None:
        return None
    del document["verdict"]
    return _placed(document, drafts)


def _drafts(path: Path, given: "Sequence[File]") -> "list[Draft]":
    if not given:
        return []
    from dupfind.storage.source_state import locations
    from dupfind.storage.store import Store

    with closing(Store.open(path / DATABASE)) as store, store.reading():
        sources = locations(store)
    return [draft for file in given for draft in file.drafts(sources, path)]


def _sent(record: "Record") -> dict[str, Any]:
    fields = {
        name: getattr(record, name) for name in ("id", "title", "body", "source", "project", "state", "url")
    }
    return {**fields, "created_at": record.created and record.created.isoformat()}


def _placed(document: dict[str, Any], drafts: "Sequence[Draft]") -> dict[str, Any]:
    """The document, which tells of each issue where it was found."""
    for fields, draft in zip(document["findings"], drafts, strict=True):
        fields["file"] = draft.place
    return document


def _found(
    path: Path,
    given: "Sequence[File]",
    words: "Sequence[Draft]",
    decisions: "Decisions",
    k: int,
) -> dict[str, Any]:
    """What the index says of new issues: those in files, or those that came as words.

    Args:
        path: The index.
        given: Files of issues.
        words: Other issues.
        decisions: What a team has said of pairs, beside what the index knows.
        k: Originals of each.
    """
    from dupfind.check import gate
    from dupfind.collection.collection import Collection

    drafts = [*words, *_drafts(path, given)]
    with Collection.open(path) as collection:
        denied = {draft.record: draft for draft in drafts}
        _note_unknown(collection, drafts)

        def rejects(new: "Record", other: "Record") -> bool:
            back = denied.get(other)
            return (
                denied[new].denies(other)
                or (back is not None and back.denies(new))
                or decisions.rejects(new, other)
            )

        findings = gate.check(collection, [draft.record for draft in drafts], k=k, rejects=rejects)
        return _placed(gate.document(collection, findings), drafts)


def _note_unknown(collection: "Collection", drafts: "Sequence[Draft]") -> None:
    """Say which names in `not_duplicate_of` name nothing, since they silence nothing."""
    new = {draft.record.id for draft in drafts}
    with collection.store.reading():
        for draft in drafts:
            for name in draft.denied:
                id = name.rpartition("#")[2]
                if id not in new and not collection.store.find(id):
                    note(f"{draft.place}: not_duplicate_of names {name!r}, which is no issue here")


def _fails(fail_on: str, floor: float | None, original: Mapping[str, Any]) -> bool:
    """Whether an original is sure enough to fail a check."""
    wanted = FAIL_ON[: FAIL_ON.index(fail_on) + 1]
    return original["verdict"] in wanted or (floor is not None and original["score"] >= floor)


def _line(fields: Mapping[str, Any], fails: Callable[[Mapping[str, Any]], bool]) -> str | None:
    """The one line about an issue: its surest original; None where there is nothing to say."""
    originals = fields["originals"]
    told = [one for one in originals if fails(one)] or [one for one in originals if one["verdict"]]
    if not told:
        return None
    one = told[0]
    name = f"#{one['id']}" if one["id"].isdigit() else one["id"]
    about = [
        one["state"] or "no state",
        *([one["url"]] if one["url"] else []),
        *(["new"] if one["new"] else []),
    ]
    sure = "" if one["probability"] is None else f", probability {one['probability']:.3f}"
    return safe(
        f"{fields['file']}: {one['verdict'] or 'perhaps a'} duplicate of {one['project'] or ''}{name}"
        f" ({', '.join(about)}) {one['title']!r}: score {one['score']:.3f}{sure}"
        + (f"; {one['why']}" if one["why"] else "")
    )


def _nothing_found(found: Mapping[str, Any]) -> str:
    """What a person is told who would wonder about the silence."""
    findings = found["findings"]
    said = f"no duplicate found among {found['index']['records']:,} issues"
    n_short = sum(not fields["judged"] for fields in findings)
    return f"{said}; {n_short} of {len(findings)} too short to judge" if n_short else said


def _nothing(as_json: bool, why: str) -> None:
    if as_json:
        empty: dict[str, Any] = {
            "schema_version": SCHEMA_VERSION,
            "index": None,
            "calibration": None,
            "findings": [],
        }
        click.echo(json.dumps(empty, indent=2))
    elif is_terminal(sys.stderr):
        note(why)


def _without_index(path: Path, given: "Sequence[File]", *, may_pass: bool) -> None:
    """Say how to make the index; passing or failing is the user's choice."""
    tops = {PurePath(file.shown).parts[0] for file in given if not PurePath(file.shown).is_absolute()}
    command = shlex.join(["dupfind", "index", *(sorted(tops) or ["SOURCE"])])
    said = f"no index at {path}, so nothing was checked: make one with `{command}`"
    if not may_pass:
        raise StoreError(f"{said}, or pass --missing-index=pass")
    note(f"dupfind: {said}")


def _must_know(path: Path, source: str) -> None:
    from dupfind.storage.source_state import names
    from dupfind.storage.store import Store

    with closing(Store.open(path / DATABASE)) as store, store.reading():
        known = names(store)
    if source not in known:
        raise DupfindError(f"no source {source!r} in {path}: there is {', '.join(known)}")


def _from_words(title: str | None, body: str | None) -> "list[Draft]":
    from dupfind.check.drafts import Draft
    from dupfind.records import Record

    record = Record(id="", title=title or "", body=body or "")
    if not (record.title + record.body).strip():
        raise DupfindError("the issue has no word in it: give a title or a body")
    return [Draft(record, "the issue")]


def _from_stdin(source: str) -> "list[Draft]":
    from dupfind.check import drafts

    stream = standard_input()
    if stream.isatty():
        note("reading an issue, or several, as JSON; end with Ctrl-D")
    given = stream.read(_MAX_STDIN + 1)
    if len(given) > _MAX_STDIN:
        raise DupfindError(
            f"standard input holds more than {_MAX_STDIN >> 20} MiB: check fewer issues at once"
        )
    if not given.strip():
        raise DupfindError("standard input is empty: send an issue as JSON")
    return drafts.read(given, PurePath("stdin.json"), source=source, shown="standard input")


def _decisions(path: Path | None, settings: Settings) -> "Decisions":
    from dupfind.decisions import Decisions

    usual = settings.root / DECISIONS
    if path is None:
        path = settings.decisions or (usual if usual.is_file() and inside(settings.root, usual) else None)
    return Decisions() if path is None else Decisions.read(path)
