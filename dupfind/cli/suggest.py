"""`dupfind suggest`: comment on GitHub issues that look like duplicates."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dupfind.cli.main import TROUBLE
from dupfind.cli.terminal import index_option, note, safe, show_warnings, verdicts_option
from dupfind.errors import SourceError
from dupfind.storage.database_url import IndexPlace
from dupfind.verdict.bands import BALANCED
from dupfind.workspace.find_index import find_place

if TYPE_CHECKING:
    from dupfind.collection.collection import Collection
    from dupfind.integrations.github.api import GitHubRepository
    from dupfind.integrations.github.policy import CommentDecision
    from dupfind.integrations.github.update import SuggestOptions
    from dupfind.sources.apis.project_url import ProjectUrl


@click.command(
    "suggest",
    epilog="""\b
Examples:
  dupfind suggest github:owner/repo 57
  dupfind suggest github:owner/repo --limit 5
  dupfind suggest github:owner/repo 57 --post --label possible-duplicate""",
)
@click.argument("repository", required=False)
@click.argument("numbers", nargs=-1, type=click.IntRange(min=1), metavar="[NUMBER]...")
@click.option(
    "--event",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Take repository and issue from this file of GitHub Actions (GITHUB_EVENT_PATH).",
)
@click.option(
    "--post/--dry-run",
    default=False,
    help="Write to GitHub, or only print the comments. [default: --dry-run]",
)
@click.option(
    "--possible", is_flag=True, help="Also comment on possible duplicates, not only on likely ones."
)
@verdicts_option()
@click.option("--label", metavar="NAME", help="Label to add with the comment, and to remove with it.")
@click.option("--include-bots", is_flag=True, help="Also comment on issues that programs filed.")
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    default=20,
    show_default=True,
    help="Most suggestions in a run over all open issues.",
)
@index_option
def command(
    repository: str | None,
    numbers: tuple[int, ...],
    event: Path | None,
    post: bool,
    possible: bool,
    verdicts: str | None,
    label: str | None,
    include_bots: bool,
    limit: int,
    folder: IndexPlace | None,
) -> None:
    """Comment on issues of REPOSITORY (github:owner/repo) that look like older ones.

    Checks the issues with the given NUMBERs, or all open issues, newest first. An issue gets at most one comment,
    with three candidates and the reasons; another run edits it. An issue without a likely duplicate gets none. No
    issue is ever closed. The comment is deleted, for good, when the author or a member reacts with a thumbs-down or
    replies `/not-a-duplicate`. Set GITHUB_TOKEN.
    """
    from dupfind.integrations.github.event import read_event
    from dupfind.integrations.github.update import SuggestOptions
    from dupfind.sources.apis.project_url import parse

    if (repository is None) == (event is None):
        raise click.UsageError("name a REPOSITORY such as github:owner/repo, or --event")
    show_warnings()
    options = SuggestOptions(
        "possible" if possible else "likely",
        _safe_label(label),
        not include_bots,
        post,
        verdicts or BALANCED,
    )
    if event is None:
        assert repository is not None
        _run(parse(repository), numbers, options, limit, folder)
        return
    github_event = read_event(event, os.environ)
    if github_event.is_backlog:
        _run(github_event.place, (), options, limit, folder)
    elif github_event.number is None:
        note("a pull request: nothing to do")
    else:
        judges = github_event.name != "issue_comment"
        _run(
            github_event.place, (github_event.number,), options, limit, folder, judges=judges, is_named=False
        )


def _safe_label(label: str | None) -> str | None:
    """Refuse a label by which people mark duplicates: a suggestion must not be read as a mark."""
    from dupfind.sources.json_formats.github import is_mark

    if label is not None and is_mark(label):
        raise click.UsageError(
            f"--label {label} marks the issue as a duplicate: take one such as possible-duplicate"
        )
    return label or None


def _run(
    place: "ProjectUrl",
    numbers: Sequence[int],
    options: "SuggestOptions",
    limit: int,
    folder: IndexPlace | None,
    *,
    judges: bool = True,
    is_named: bool = True,
) -> None:
    """Update the comments on issues: those of the numbers, or all open ones.

    Args:
        place: The repository.
        numbers: Of the issues; none for all open ones.
        options: How suggestions are made.
        limit: Most suggestions in a run over all open issues.
        folder: The index that the user named, or None.
        judges: Whether issues are compared with the index; else only objections count, and no index is needed.
        is_named: Whether a person named the numbers, so that a missing issue is an error.
    """
    from dupfind.integrations.github.api import GitHubRepository
    from dupfind.sources.apis.credentials import token

    if place.service != "github":
        raise SourceError(f"{place.location} is not on GitHub: name a repository such as github:owner/repo")
    access = token(place)
    if access.secret is None:
        raise SourceError(f"suggestions at {place.location} need a token: {access.hint}")
    if not judges:
        repository = GitHubRepository(place, access, place.location)
        with repository.api.session():
            _update_all(repository, None, numbers, options, limit, is_named=is_named)
        return
    from dupfind.collection.collection import Collection

    with Collection.open(find_place(folder)) as collection:
        repository = GitHubRepository(place, access, *_indexed(collection, place))
        with repository.api.session():
            _update_all(repository, collection, numbers, options, limit, is_named=is_named and bool(numbers))


def _update_all(
    repository: "GitHubRepository",
    collection: "Collection | None",
    numbers: Sequence[int],
    options: "SuggestOptions",
    limit: int,
    *,
    is_named: bool,
) -> None:
    """Update the comments one after the other; an error with one issue does not stop the others."""
    from dupfind.integrations.github.api import Gone
    from dupfind.integrations.github.update import update_backlog, update_issue

    n_read = n_suggested = n_failed = 0
    selected = numbers if collection is None else numbers or update_backlog(collection, repository, options)
    for number in selected:
        n_read += 1
        try:
            decision = update_issue(repository, number, collection, options)
        except Gone as error:
            # The issue was deleted since its event or since it was indexed; a number that a person gave is wrong.
            note(f"dupfind: #{number}: {error}" if is_named else f"#{number} is gone: nothing to do")
            n_failed += is_named
            continue
        except SourceError as error:
            note(f"dupfind: #{number}: {error}")
            n_failed += 1
            continue
        _print_decision(number, decision, options)
        n_suggested += decision.is_new
        if n_suggested == limit and not numbers:
            note(f"{limit} suggestions: stopped at --limit")
            break
    if not n_read:
        note("no open issue is similar enough to an older one")
    if n_failed:
        raise click.exceptions.Exit(TROUBLE)


def _indexed(collection: "Collection", place: "ProjectUrl") -> "tuple[str, str]":
    """Return the names of the source and of the project that the repository's issues have in the index."""
    from dupfind.integrations.github.indexed_repository import indexed_repository

    found = indexed_repository(collection.store, place)
    if found is None:
        raise SourceError(
            f"{place.location} is not in {collection.place}: run `dupfind index {place.location}` first"
        )
    return found


def _print_decision(number: int, decision: "CommentDecision", options: "SuggestOptions") -> None:
    """Print a line, and below it the comment if it was not posted.

    A bar precedes each line of the comment: GitHub Actions obeys a line of its log that begins with "::".
    """
    click.echo(
        f"#{number}: {decision.summary}{'' if options.posts or not decision.is_change else ' (not posted)'}"
    )
    if decision.is_change and not options.posts:
        for line in (decision.body or "").splitlines():
            click.echo(f"  | {safe(line)}")
