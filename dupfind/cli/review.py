"""`dupfind review`: a person decides which pairs are duplicates, and the index keeps the decisions."""

import getpass
import shutil
import subprocess
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dupfind.cli.pair_options import pair_options
from dupfind.cli.progress import progress
from dupfind.cli.terminal import note, show_warnings
from dupfind.cli.value_completion import complete_files
from dupfind.errors import DupfindError
from dupfind.storage.database_url import IndexPlace
from dupfind.workspace.find_index import find_place

if TYPE_CHECKING:
    from dupfind.review.session import Review

LOOPBACK = "127.0.0.1"


@click.command(
    "review",
    epilog="""\b
Examples:
  dupfind review
  dupfind review --state open --limit 20
  dupfind review --web
  dupfind report -o pairs.csv   # fill in the column `decision`, then
  dupfind review --import pairs.csv
  dupfind review --merge decisions.jsonl   # both ways; commit the file""",
)
@click.option(
    "--limit", type=click.IntRange(min=1), help="Stop after this number of questions. [default: all]"
)
@click.option(
    "--who", metavar="NAME", help="The person who decides. [default: git's user.name, else the login name]"
)
@click.option("--why", metavar="TEXT", default="", help="The reason for every decision of this run.")
@click.option("--web", is_flag=True, help="Review on a page in the browser; only this machine can open it.")
@click.option(
    "--port", type=click.IntRange(0, 65_535), default=0, help="The page's port. [default: any free port]"
)
@click.option(
    "--split",
    "split_id",
    metavar="ID",
    help="Review the cluster of this issue, to break it up. Add --project or --source if the ID is not unique.",
)
@click.option(
    "--import",
    "imported",
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Read decisions from a report's CSV or from a file of --export: all of them, or none if one is invalid.",
)
@click.option(
    "--export",
    "exported",
    metavar="FILE",
    shell_complete=complete_files,
    help="Write all decisions to this file; `-` is standard output.",
)
@click.option(
    "--merge",
    "merged",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Copy decisions between the index and this file, until both hold the same.",
)
@click.option("--newer", is_flag=True, help="On conflict, keep the newer decision.")
@pair_options
def command(
    state: str,
    project: str | None,
    source: str | None,
    min_score: float,
    min_margin: float | None,
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
    folder: IndexPlace | None,
) -> None:
    """Decide which pairs are duplicates. Each answer is saved at once.

    The pairs are those of `dupfind report`, the most informative first. Pairs that your answers already settle are
    skipped. A pair that you call different is left out of queries and reports until one of its texts changes.
    Evaluate, calibrate and train use your decisions. dupfind never closes an issue.

    If standard input is not a terminal, each line is one answer and its reason, such as `n another platform`.
    """
    tasks = {
        "--web": web or None,
        "--split": split_id,
        "--import": imported,
        "--export": exported,
        "--merge": merged,
    }
    if len(names := [name for name, value in tasks.items() if value is not None]) > 1:
        raise click.UsageError(f"{' and '.join(names)} cannot be combined: run one after the other")
    if web and (limit is not None or why):
        raise click.UsageError("--web cannot be combined with --limit or --why: enter reasons on the page")
    if newer and imported is None and merged is None:
        raise click.UsageError("--newer needs --import or --merge")
    show_warnings()
    notify = (lambda _: None) if quiet else note
    # Imported here: `dupfind --help` loads neither numpy nor a database.
    from dupfind.cli.decision_files import export_decisions, import_decisions, merge_decisions
    from dupfind.cli.review_dialogue import answers, run_dialogue
    from dupfind.collection.collection import Collection
    from dupfind.collection.filters import check_names
    from dupfind.dedup.report import Parameters
    from dupfind.review.reviewer import Reviewer
    from dupfind.review.session import Review
    from dupfind.review.split_cluster import Split

    index = find_place(folder)
    with Collection.open(index) as collection:
        check_names(collection, project, source)
        reviewer = Reviewer(collection, who or person())
        if imported is not None:
            notify(import_decisions(reviewer, imported, why, newer=newer))
            return
        if merged is not None:
            notify(merge_decisions(reviewer, merged, newer=newer))
            return
        if exported is not None:
            export_decisions(collection, exported, notify)
            return
        parameters = Parameters(
            min_score=min_score,
            min_margin=min_margin,
            state=None if state == "all" else state,
            project=project,
            source=source,
        )
        with progress(quiet) as begin:
            advance = begin("comparing", len(collection))
            if split_id is None:
                review: Review | Split = Review.begin(
                    reviewer, parameters, max_pairs=max_pairs, progress=advance, start_task=begin
                )
            else:
                review = Split.begin(reviewer, parameters, split_id, max_pairs=max_pairs, progress=advance)
        if web:
            assert isinstance(review, Review)
            serve_review(index, review, port)
            return
        with answers() as stream:
            run_dialogue(review, stream, limit, why, notify)


def serve_review(folder: IndexPlace, review: "Review", port: int) -> None:
    """Serve the review page on loopback until Ctrl-C; each answer on the page is saved at once.

    Raises:
        DupfindError: The web server is not installed, or the port is in use.
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
        raise DupfindError(f"cannot listen on port {port} ({error.strerror}): pass another --port") from error
    with bound, closing(SearchPool(folder)) as pool:
        address = f"http://{LOOPBACK}:{bound.getsockname()[1]}/review"
        app = application(pool, Policy(), ReviewRoutes(review))
        serve(app, bound, lambda _: note(f"review at {address}; stop with Ctrl-C, every decision is saved"))


def person() -> str:
    """Return the name in git's settings, else the login name."""
    git = shutil.which("git")
    if git is not None:
        ran = subprocess.run([git, "config", "user.name"], capture_output=True, check=False)
        if name := ran.stdout.decode("utf-8", "replace").strip():
            return name
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # no name, as in some containers; Windows lacks the module pwd
        return "somebody"
