"""`dupfind check`: find out whether a new issue exists already, before it is filed."""

import os
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

import click

from dupfind.check.fail_rule import FailRule
from dupfind.check.results import CheckAnswer, CheckResult
from dupfind.cli.check_answer import Question, answer_from_index, answer_from_service
from dupfind.cli.check_input import (
    DECISIONS,
    draft_of_words,
    drafts_of_files,
    drafts_of_stdin,
    existing_files,
    note_left_out,
    note_skipped,
    readable_drafts,
    require_source,
    team_decisions,
    tracked_issues,
)
from dupfind.cli.check_listing import check_listing, sentence_parts
from dupfind.cli.index_age import note_age
from dupfind.cli.list_output import list_options, print_list
from dupfind.cli.main import FOUND
from dupfind.cli.terminal import (
    Number,
    index_option,
    is_terminal,
    linked,
    note,
    safe,
    show_warnings,
    styled,
    verdicts_option,
)
from dupfind.cli.value_completion import complete_files, names_of
from dupfind.errors import DupfindError, StoreError
from dupfind.records import counted
from dupfind.reports.listing import SARIF
from dupfind.sources.files.filenames import is_issue_file
from dupfind.storage.database import DATABASE
from dupfind.storage.database_url import DatabaseUrl, IndexPlace
from dupfind.verdict.bands import BALANCED, VERDICTS
from dupfind.workspace.find_index import find_place
from dupfind.workspace.settings import MISSING_INDEX, Settings, read

if TYPE_CHECKING:
    from dupfind.check.drafts import Draft
    from dupfind.check.files import File

_WAYS_OUT = (
    "not a duplicate? Add `not_duplicate_of: [ID]` to the issue (in Markdown to its front matter),"
    f" or commit the output of `dupfind review --export {DECISIONS}`"
)
_STAGED_WAY_OUT = "; to commit without this check: `SKIP=dupfind git commit`"


class _CheckCommand(click.Command):
    """A command that takes names of files from a hook, which writes them after its options."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse a command line, in which no file's name may pass for an option: names come with a pull request."""
        options = args[: args.index("--")] if "--" in args else args
        name = next((each for each in options if each[:1] == "-" != each and os.path.lexists(each)), None)
        if name is not None and not ctx.resilient_parsing:  # as for a completion
            raise DupfindError(f"{name} is the name of a file, and looks like an option: rename the file")
        return super().parse_args(ctx, args)


@click.command(
    "check",
    cls=_CheckCommand,
    epilog="""\b
Examples:
  dupfind check issues/0031-crash-on-start.md
  dupfind check --title "Crash on start" --body "ValueError: invalid percent-escape"
  gh issue view 31 --json number,title,body | dupfind check -
  dupfind check --format sarif issues/*.md > duplicates.sarif
  dupfind check --staged""",
)
@click.argument("files", nargs=-1, metavar="[FILE]...", shell_complete=complete_files)
@click.option("--title", help="Title of the issue to check.")
@click.option("--body", help="Body of the issue, with --title.")
@click.option(
    "--staged", is_flag=True, help="Check the issues that a commit or push adds: all, or those among FILEs."
)
@click.option(
    "--fail-on",
    type=click.Choice(VERDICTS),
    envvar="DUPFIND_FAIL_ON",
    help="Fail at this verdict or a surer one. [default: likely]",
)
@click.option(
    "--min-score",
    type=Number(-1, 1),
    envvar="DUPFIND_MIN_SCORE",
    help="Also fail at or above this score, e.g. when the index has no calibration.",
)
@verdicts_option()
@click.option("--advise", is_flag=True, help="Print findings, but never fail because of them.")
@click.option(
    "--missing-index",
    type=click.Choice(MISSING_INDEX),
    envvar="DUPFIND_MISSING_INDEX",
    help="Result without an index. [default: fail; with --advise pass]",
)
@click.option(
    "--decisions",
    type=click.Path(dir_okay=False, path_type=Path),
    envvar="DUPFIND_DECISIONS",
    help=f"File of decisions (docs/decisions.md). [default: {DECISIONS}]",
)
@click.option(
    "--source",
    default="",
    shell_complete=names_of("source"),
    help="With -: the indexed source of the issues, so that no indexed issue is its own duplicate.",
)
@click.option(
    "-k", "k", type=click.IntRange(1, 20), default=3, show_default=True, help="Most originals per issue."
)
@list_options(SARIF)
@click.option(
    "--no-service",
    is_flag=True,
    envvar="DUPFIND_NO_SERVICE",
    help="Do not use a running `dupfind serve`. The answer is the same.",
)
@index_option
def command(
    files: tuple[str, ...],
    title: str | None,
    body: str | None,
    staged: bool,
    fail_on: str | None,
    min_score: float | None,
    verdicts: str | None,
    advise: bool,
    missing_index: str | None,
    decisions: Path | None,
    source: str,
    k: int,
    form: str,
    no_service: bool,
    folder: IndexPlace | None,
) -> None:
    """Check whether new issues duplicate indexed issues, or each other.

    FILE is an issue in Markdown with front matter, a task of Backlog.md, YAML, JSON, or a list of issues such as
    .beads/issues.jsonl. Other files are named and skipped; a folder, a database or an export is refused. `-` reads JSON
    from standard input. An issue is not compared with the issues that its field `not_duplicate_of` lists.

    --staged alone looks at all changed files. It names and skips those that are no issue.

    Exit codes: 0 no duplicate, 1 an issue fails (see --fail-on), 2 error. With --advise a duplicate does not fail.
    """
    # Several threads that share one product of matrices wait for each other; the word search needs the cores.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    has_words = title is not None or body is not None
    if has_words + bool(files or staged) != 1:
        raise click.UsageError("give FILEs, or -, or --staged, or --title (with --body)")
    is_stdin = files == ("-",)
    if not staged and not is_stdin:
        files = existing_files(files)
    issue_names = [file for file in files if is_issue_file(PurePath(file))]
    if not staged and not is_stdin:
        note_skipped([file for file in files if file not in issue_names])
    if files and not is_stdin and not issue_names:
        _print_nothing(form, "no FILE is an issue" if staged else "")
        return
    settings = read(Path.cwd())
    issue_files: list[File] = []
    left_out: list[str] = []
    if not has_words and not is_stdin:
        issue_files = _issue_files(issue_names, settings, left_out, staged=staged)
        if not issue_files:
            note_left_out(left_out)
            _print_nothing(form, "no new issue is staged")
            return
    index = find_place(folder, chosen=settings.index)
    if not isinstance(index, DatabaseUrl) and not (index / DATABASE).is_file():
        choice = missing_index or settings.missing_index or ("pass" if advise else "fail")
        _without_index(index, issue_files, may_pass=choice == "pass")
        return
    show_warnings()
    if source:
        require_source(index, source)
    drafts: list[Draft]
    if has_words:
        drafts = [draft_of_words(title, body)]
    elif is_stdin:
        drafts = drafts_of_stdin(source)
    elif staged and not files:
        issue_files, drafts = readable_drafts(issue_files, index, left_out)
        note_left_out(left_out)
        if not drafts:
            _print_nothing(form, "no new issue is staged")
            return
    else:
        drafts = drafts_of_files(issue_files, index)
    tracked = tracked_issues(issue_files, drafts, index, left_out) if staged and drafts else None
    rejected_pairs = team_decisions(decisions, settings)
    question = Question(drafts, rejected_pairs, k, verdicts or settings.verdicts or BALANCED, tracked)
    answer = None if no_service else answer_from_service(index, question)
    if answer is None:
        answer = answer_from_index(index, question)
    note_age(answer.index)
    floor = settings.min_score if min_score is None else min_score
    rule = FailRule(fail_on or settings.fail_on or VERDICTS[0], floor)
    if form == "table":
        _print_lines(answer, drafts, rule)
    else:
        print_list(check_listing(answer, drafts, rule), form)
    if not advise and any(map(rule.is_failed, answer.results)):
        if issue_files:
            note(_WAYS_OUT + (_STAGED_WAY_OUT if staged else ""))
        raise click.exceptions.Exit(FOUND)


def _issue_files(
    names: Sequence[str], settings: Settings, left_out: list[str], *, staged: bool
) -> "list[File]":
    from dupfind.check.files import in_git, on_disk

    if not staged:
        return on_disk(names, settings.root)
    return in_git(names) if names else in_git((), left_out)


def _without_index(index: Path, issue_files: "Sequence[File]", *, may_pass: bool) -> None:
    """Report that nothing was checked, and the command that makes the index.

    Raises:
        StoreError: A check without an index may not pass.
    """
    folders = {
        PurePath(file.shown).parts[0] for file in issue_files if not PurePath(file.shown).is_absolute()
    }
    command = shlex.join(["dupfind", "index", *(sorted(folders) or ["SOURCE"])])
    message = f"no index at {index}, so nothing was checked: make one with `{command}`"
    if not may_pass:
        raise StoreError(f"{message}, or pass --missing-index=pass")
    note(f"dupfind: {message}")


def _print_nothing(form: str, reason: str) -> None:
    """Print the answer where there is no issue to check, and at a terminal the reason if there is one."""
    if form != "table":
        print_list(check_listing(CheckAnswer(None, None, ()), [], FailRule()), form)
    elif reason and is_terminal(sys.stderr):
        note(reason)


def _print_lines(answer: CheckAnswer, drafts: "Sequence[Draft]", rule: FailRule) -> None:
    """Print a line per issue that has a finding, and the notes that a person needs to read the others."""
    lines = [
        line
        for draft, result in zip(drafts, answer.results, strict=True)
        if (line := _line(draft.place, result, rule)) is not None
    ]
    for line in lines:
        click.echo(line)
    n_short = sum(not result.is_judged for result in answer.results)
    short = f"{n_short:,} of {counted(len(answer.results), 'issue')} too short to judge" if n_short else ""
    if not lines and is_terminal(sys.stderr):
        assert answer.index is not None
        none = f"no duplicate found among {answer.index['records']:,} issues"
        note(f"{none}; {short}" if short else none)
    elif short:
        note(short)
    if answer.calibration is None and rule.min_score is None:
        note(
            "no verdict is possible: the index has its own model and no calibration; run `dupfind calibrate`,"
            " or pass --min-score"
        )


def _line(place: str, result: CheckResult, rule: FailRule) -> str | None:
    """Return the line about a new issue, which names its surest original; None where it has no finding."""
    original = rule.shown(result)
    if original is None:
        return None
    verdict, name, facts = sentence_parts(original)
    verdict = styled(
        verdict, **({"fg": "yellow", "bold": True} if rule.fails(original) else {"fg": "yellow"})
    )
    return f"{safe(place)}: {verdict} duplicate of {linked(safe(name), original.hit.url)} {safe(facts)}"
