"""`dupfind review`: a person says which pairs are duplicates, and the index remembers it."""

import getpass
import shutil
import subprocess
import sys
import termios
import tty
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dupfind.cli.atomic_write import write_whole
from dupfind.cli.progress import progress
from dupfind.cli.terminal import (
    Number,
    index_option,
    is_terminal,
    note,
    show_warnings,
    standard_input,
)
from dupfind.errors import DupfindError, StoreLocked
from dupfind.workspace.find_index import find_index

if TYPE_CHECKING:
    from dupfind.collection.collection import Collection
    from dupfind.decisions import Decision
    from dupfind.review.question_queue import RowPair
    from dupfind.review.session import Review, ReviewQuestion
    from dupfind.review.split_cluster import Split

LOOPBACK = "127.0.0.1"

_KEYS = {"y": "same", "n": "different", "u": "unsure", "p": "previous", "z": "undo", "f": "finish"}
_WORDS = {"yes": "same", "no": "different", **{meaning: meaning for meaning in _KEYS.values()}, **_KEYS}
_PROMPT = "same? y yes, n no, u unsure, p previous, z undo, f finish"


@click.command(
    "review",
    short_help="Decide which pairs are duplicates.",
    epilog="""\b
Examples:
  dupfind review
  dupfind review --state open --limit 20
  dupfind review --web
  dupfind report -o pairs.csv   # fill in the column `decision`, then
  dupfind review --import pairs.csv
  dupfind review --merge decisions.jsonl   # both ways; commit the file

Where standard input is no terminal, each line is one answer, with the reason after it: `n another platform`.""",
)
@click.option("--state", type=click.Choice(["open", "closed", "all"]), default="all", show_default=True)
@click.option("--project", help="Only issues of this project; with --split, which issue is meant.")
@click.option("--source", help="Only issues of this source; with --split, which issue is meant.")
@click.option(
    "--min-score",
    type=Number(-1, 1),
    default=0.65,
    show_default=True,
    help="Cosine similarity from which two issues are a pair, as in a report.",
)
@click.option(
    "--min-margin",
    type=Number(-2, 2),
    default=0.06,
    show_default=True,
    help="How far a score must stand out from the neighbours', as in a report.",
)
@click.option("--limit", type=click.IntRange(min=1), help="Questions asked. [default: all]")
@click.option(
    "--max-pairs",
    type=click.IntRange(min=1),
    default=10_000_000,
    show_default=True,
    help="Give up beyond so many pairs, which take a gigabyte of memory.",
)
@click.option("--who", metavar="NAME", help="Who decides. [default: git's user.name, else the login]")
@click.option("--why", metavar="TEXT", default="", help="The reason for each decision of this run.")
@click.option("--web", is_flag=True, help="Ask on a page in the browser, on this machine alone.")
@click.option(
    "--port", type=click.IntRange(0, 65_535), default=0, help="The page's port. [default: one that is free]"
)
@click.option(
    "--split", "split_id", metavar="ID", help="Go through the cluster of an issue, and break it up."
)
@click.option(
    "--import",
    "imported",
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Keep the decisions of a report's CSV, or of a file of --export; all of them or none.",
)
@click.option("--export", "exported", metavar="FILE", help="Write all decisions; `-` is standard output.")
@click.option(
    "--merge",
    "merged",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Bring the index and a team's file to one state.",
)
@click.option("--newer", is_flag=True, help="Let the later of two words that contradict each other stand.")
@click.option("-q", "--quiet", is_flag=True, help="No progress and no notes.")
@index_option
def command(
    state: str,
    project: str | None,
    source: str | None,
    min_score: float,
    min_margin: float,
    limit: int | None,
    max_pairs: int,
    who: str | None,
    why: str,
    web: bool,
    port: int,
    split_id: str | None,
    imported: Path | None,
    exported: str | None,
    merged: Path | None,
    newer: bool,
    quiet: bool,
    folder: Path | None,
) -> None:
    """Say which pairs are duplicates and which are not; it is kept, and not asked again.

    The pairs are those of `dupfind report`, the most informative first. A pair that is called different does not come
    back, in no query and no report, until one of its texts changes. What is decided counts for evaluate, calibrate and
    train. Nothing is ever closed.
    """
    wanted = {
        "--web": web or None,
        "--split": split_id,
        "--import": imported,
        "--export": exported,
        "--merge": merged,
    }
    if len(given := [name for name, value in wanted.items() if value is not None]) > 1:
        raise click.UsageError(f"{' and '.join(given)} do two things: run them one after the other")
    if web and (limit is not None or why):
        raise click.UsageError("--web asks for reasons on its page, and has no --limit")
    if newer and imported is None and merged is None:
        raise click.UsageError("--newer is for --import and --merge")
    show_warnings()
    say = (lambda _: None) if quiet else note
    from dupfind.cli.filters import check_names
    from dupfind.collection.collection import Collection
    from dupfind.dedup.probabilities import calibrated
    from dupfind.dedup.report import Parameters
    from dupfind.review.session import Review
    from dupfind.review.split_cluster import Split

    place, who = find_index(folder), who or person()
    with Collection.open(place) as collection:
        check_names(collection, project, source)
        if imported is not None:
            say(_import(collection, imported, who, why, newer))
            return
        if merged is not None:
            say(_merge(collection, merged, newer))
            return
        if exported is not None:
            _export(collection, exported, say)
            return
        asked = Parameters(
            min_score=min_score,
            min_margin=min_margin,
            state=None if state == "all" else state,
            project=project,
            source=source,
        )
        with progress(quiet) as begin:
            advance = begin("comparing", len(collection))
            if split_id is None:
                chances = calibrated(collection, partial(begin, "working out probabilities"))
                review: Review | Split = Review.begin(
                    collection, asked, who, probabilities=chances, max_pairs=max_pairs, progress=advance
                )
            else:
                review = Split.begin(collection, asked, who, split_id, max_pairs=max_pairs, progress=advance)
        if web:
            assert isinstance(review, Review)
            serve_review(place, review, port)
            return
        with _answers() as answers:
            _ask(review, answers, limit, why, say)


def _ask(
    review: "Review | Split",
    answers: Iterator[tuple[str, str]],
    limit: int | None,
    why: str,
    say: Callable[[str], None],
) -> None:
    """Ask until there is no question left, the person is done, or the input ends."""
    made: dict[RowPair, str] = {}
    past: list[RowPair] = []  # in the order in which they were asked
    at = 0  # the place of the question at hand; beyond the last it is a new one
    reopened: RowPair | None = None
    while True:
        again = past[at] if at < len(past) else reopened
        question = None if again is None else review.question(again)
        if question is None and (limit is None or len(past) < limit):
            question = review.next()
        if question is None and not past and not review.can_take_back:
            say("there is nothing to review: no pair is open")
            return
        _show(question, review.n_open, bool(past))
        meaning, reason = next(answers, ("finish", ""))
        if meaning == "finish":
            break
        if meaning == "previous":
            at = max(0, at - 1)
            continue
        try:
            if meaning == "undo":
                taken = review.take_back()
                say("there is nothing to take back" if taken is None else f"taken back: {taken[0]}")
                reopened = None if taken is None else taken[1]
                past = [rows for rows in past if rows != reopened]
                made = {rows: made[rows] for rows in past}
                at = len(past)
                continue
            if question is None:
                continue
            review.decide(question, meaning, reason or why)
        except StoreLocked as error:
            if not is_terminal(sys.stdin):
                raise
            note(f"this was not kept: {error}")
            continue
        rows = question.candidate.rows
        if rows not in made:
            past.append(rows)
        made[rows], reopened = meaning, None
        at += 1
    counts = [
        f"{sum(word == meaning for word in made.values())} {meaning}"
        for meaning in ("same", "different", "unsure")
    ]
    say(f"decided: {', '.join(counts)}; open: {review.n_open:,}")


def _show(question: "ReviewQuestion | None", n_open: int, has_past: bool) -> None:
    """Show two issues and ask about them; where there is none, what can be done still."""
    if question is None:
        last = "that was the last one: p previous, "
        none = "there is nothing to review: no pair is open; "
        click.echo(f"\n{last if has_past else none}z undo, f finish ", err=True, nl=False)
        return
    from dupfind.cli.side_by_side import as_it_is, lines

    is_styled = is_terminal(sys.stderr)
    strong = partial(click.style, bold=True) if is_styled else as_it_is
    faint = partial(click.style, dim=True) if is_styled else as_it_is
    click.echo("", err=True)
    for line in lines(question, shutil.get_terminal_size().columns, strong=strong, faint=faint):
        click.echo(line, err=True)
    click.echo(f"{_PROMPT}  [{n_open:,} open] ", err=True, nl=False)


@contextmanager
def _answers() -> Iterator[Iterator[tuple[str, str]]]:
    """What the person means by each key, or a program by each line, and why."""
    if not is_terminal(sys.stdin):
        yield _lines()
        return
    terminal = sys.stdin.fileno()
    before = termios.tcgetattr(terminal)
    try:
        # Keys come singly and are not shown; what was typed ahead is kept, and Ctrl-C stays a signal.
        tty.setcbreak(terminal, termios.TCSADRAIN)
        yield _keys()
    finally:
        termios.tcsetattr(terminal, termios.TCSADRAIN, before)


def _keys() -> Iterator[tuple[str, str]]:
    typed = standard_input()
    while key := typed.read(1):
        meaning = _KEYS.get(key.decode("ascii", "replace"))
        if meaning is not None:
            click.echo(meaning, err=True)
            yield meaning, ""
        elif key == b"\x04":  # Ctrl-D
            return


def _lines() -> Iterator[tuple[str, str]]:
    for number, line in enumerate(standard_input(), start=1):
        word, _, reason = line.decode("utf-8", "replace").strip().partition(" ")
        if word:
            click.echo(err=True)
            if word.lower() not in _WORDS:
                raise DupfindError(
                    f"line {number} of the input is {word[:60]!r}: write one of {', '.join(_KEYS)}"
                )
            yield _WORDS[word.lower()], reason.strip()


def serve_review(folder: Path, review: "Review", port: int) -> None:
    """Answer on loopback until Ctrl-C; each answer on the page is kept at once.

    Raises:
        DupfindError: What serves is not installed, or the port is taken.
    """
    try:
        from dupfind.service.app import application
        from dupfind.service.review_routes import ReviewRoutes
        from dupfind.service.server import listen, serve
    except ModuleNotFoundError as error:
        raise DupfindError(f"{error.name} is not installed: pip install 'dupfind[serve]'") from error
    from dupfind.service.middleware import Policy
    from dupfind.service.pool import SearchPool

    try:
        bound = listen(LOOPBACK, port)
    except OSError as error:
        raise DupfindError(f"cannot listen at port {port} ({error.strerror}): pass another --port") from error
    with bound, closing(SearchPool(folder)) as desk:
        address = f"http://{LOOPBACK}:{bound.getsockname()[1]}/review"
        app = application(desk, Policy(), ReviewRoutes(review))
        serve(app, bound, lambda _: note(f"review at {address}; Ctrl-C ends it, and what is decided is kept"))


def _import(collection: "Collection", path: Path, who: str, why: str, newer: bool) -> str:
    from dupfind.review import import_file
    from dupfind.storage import decisions

    with collection.store.reading():
        lines = import_file.read(path, collection.store, decided=datetime.now(UTC), who=who, why=why)
        changes = import_file.changes(path, lines, decisions.all_decisions(collection.store), newer=newer)
    _keep(collection, changes)
    return f"{path}: {len(lines):,} decisions, {len(changes):,} of them new"


def _merge(collection: "Collection", path: Path, newer: bool) -> str:
    from dupfind.review import import_file
    from dupfind.storage import decisions

    with collection.store.reading():
        kept = decisions.all_decisions(collection.store)
    changes, both = import_file.merged(path, kept, newer=newer)
    _keep(collection, changes)
    write_whole(path, both.text(), option="--merge")
    return f"{path}: {len(both):,} decisions; {len(changes):,} of them are new here"


def _export(collection: "Collection", name: str, say: Callable[[str], None]) -> None:
    from dupfind.storage import decisions

    with collection.store.reading():
        kept = decisions.all_decisions(collection.store)
    if name == "-":
        click.echo(kept.text(), nl=False)
    else:
        write_whole(Path(name), kept.text(), option="--export")
        say(f"{name}: {len(kept):,} decisions")


def _keep(collection: "Collection", changes: "list[Decision]") -> None:
    from dupfind.review.session import write
    from dupfind.storage import decisions

    if changes:
        write(collection, lambda writer: decisions.keep(writer, changes))


def person() -> str:
    """Git's name for the person, else the system's."""
    git = shutil.which("git")
    if git is not None:
        done = subprocess.run([git, "config", "user.name"], capture_output=True, check=False)
        if name := done.stdout.decode("utf-8", "replace").strip():
            return name
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # an account without a name, as in some containers
        return "somebody"
