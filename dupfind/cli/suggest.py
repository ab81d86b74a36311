"""`dupfind suggest`: comment on GitHub issues that are likely duplicates."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dupfind.cli.main import TROUBLE
from dupfind.cli.terminal import find_index, index_option, note, safe, show_warnings
from dupfind.errors import SourceError

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
    help="Take repository and issue from GITHUB_EVENT_PATH of GitHub Actions.",
)
@click.option("--post", is_flag=True, help="Write to GitHub; without it only say what would be written.")
@click.option("--possible", is_flag=True, help="Speak up for a possible duplicate, too.")
@click.option("--label", metavar="NAME", help="A label that comes and goes with the suggestion.")
@click.option("--include-bots", is_flag=True, help="Look at issues that programs have filed, too.")
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    default=20,
    show_default=True,
    help="Suggestions at most where all open issues are looked at.",
)
@index_option
def command(
    repository: str | None,
    numbers: tuple[int, ...],
    event: Path | None,
    post: bool,
    possible: bool,
    label: str | None,
    include_bots: bool,
    limit: int,
    folder: Path | None,
) -> None:
    """Comment on issues of REPOSITORY (github:owner/repo) that look like older ones.

    Looks at the issues with the given NUMBERs, or at all open ones, newest first. Each gets one comment at most,
    with three candidates and the reasons; running again edits it. Nothing is said where nothing is sure, and nothing
    is ever closed. The comment goes when the author or a member of the repository puts a thumbs-down on it, or
    answers with a line /not-a-duplicate, and does not come back. GITHUB_TOKEN has to be set.
    """
    from dupfind.integrations.github.event import read_event
    from dupfind.integrations.github.update import SuggestOptions
    from dupfind.sources.apis.project_url import parse

    if (repository is None) == (event is None):
        raise click.UsageError("name a REPOSITORY such as github:owner/repo, or --event")
    show_warnings()
    manner = SuggestOptions("possible" if possible else "likely", _checked(label), not include_bots, post)
    if event is None:
        assert repository is not None
        _run(parse(repository), numbers, manner, limit, folder)
        return
    happened = read_event(event, os.environ)
    if happened.is_backlog:
        _run(happened.place, (), manner, limit, folder)
    elif happened.number is None:
        note("a pull request: nothing to do")
    else:
        judges = happened.name != "issue_comment"
        _run(happened.place, (happened.number,), manner, limit, folder, judges=judges, is_named=False)


def _checked(label: str | None) -> str | None:
    """A label that is none of those by which people mark duplicates: what is a guess must not be read as a mark."""
    from dupfind.sources.json_formats.github import is_mark

    if label is not None and is_mark(label):
        raise click.UsageError(
            f"--label {label} says that it is a duplicate: take one such as possible-duplicate"
        )
    return label or None


def _run(
    place: "ProjectUrl",
    numbers: Sequence[int],
    manner: "SuggestOptions",
    limit: int,
    folder: Path | None,
    *,
    judges: bool = True,
    is_named: bool = True,
) -> None:
    """Visit issues: those of the numbers, or all open ones; with no index only for objections."""
    from dupfind.integrations.github.api import GitHubRepository
    from dupfind.sources.apis.credentials import token

    if place.service != "github":
        raise SourceError(f"{place.location} is not on GitHub, where suggestions are made")
    found = token(place)
    if found.secret is None:
        raise SourceError(f"suggestions at {place.location} need a token: {found.hint}")
    if not judges:
        repository = GitHubRepository(place, found, place.location)
        with repository.api.session():
            _visit_all(repository, None, numbers, manner, limit, is_named=is_named)
        return
    from dupfind.collection.collection import Collection

    with Collection.open(find_index(folder)) as collection:
        repository = GitHubRepository(place, found, _source(collection, place))
        with repository.api.session():
            _visit_all(repository, collection, numbers, manner, limit, is_named=is_named and bool(numbers))


def _visit_all(
    repository: "GitHubRepository",
    collection: "Collection | None",
    numbers: Sequence[int],
    manner: "SuggestOptions",
    limit: int,
    *,
    is_named: bool,
) -> None:
    """Visit one after the other; one that cannot be visited does not stop the others."""
    from dupfind.integrations.github.api import Gone
    from dupfind.integrations.github.update import update_backlog, update_issue

    n_visited = n_suggested = n_failed = 0
    chosen = (
        numbers if collection is None else numbers or update_backlog(collection, repository.source, manner)
    )
    for number in chosen:
        n_visited += 1
        try:
            decision = update_issue(repository, number, collection, manner)
        except Gone as error:
            # Since the event, or since it was indexed; a number that a person has given is wrong.
            note(f"dupfind: #{number}: {error}" if is_named else f"#{number} is gone: nothing to do")
            n_failed += is_named
            continue
        except SourceError as error:
            note(f"dupfind: #{number}: {error}")
            n_failed += 1
            continue
        _tell(number, decision, manner)
        n_suggested += decision.is_new
        if n_suggested == limit and not numbers:
            note(f"{limit} suggestions: --limit allows no more at once")
            break
    if not n_visited:
        note("no open issue looks enough like an older one")
    if n_failed:
        raise click.exceptions.Exit(TROUBLE)


def _source(collection: "Collection", place: "ProjectUrl") -> str:
    """The repository's name in the index."""
    from dupfind.storage import source_state

    for reading in source_state.readings(collection.store):
        if reading.location == place.location:
            return reading.name
    raise SourceError(
        f"{place.location} is not in {collection.folder}: run `dupfind index {place.location}` first"
    )


def _tell(number: int, decision: "CommentDecision", manner: "SuggestOptions") -> None:
    """One line, and below it what would be written; what people wrote stands behind a bar, where no log obeys it."""
    click.echo(
        f"#{number}: {decision.told}{'' if manner.posts or not decision.is_change else ' (not posted)'}"
    )
    if decision.is_change and not manner.posts:
        for line in (decision.body or "").splitlines():
            click.echo(f"  | {safe(line)}")
