"""Open the project of a service as a source; each service has one module."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING

from dupfind.records import Record
from dupfind.sources.apis.project_url import ProjectUrl, is_service, parse
from dupfind.sources.comment_bounds import with_comments
from dupfind.sources.reading_counts import ReadingCounts
from dupfind.sources.source import Source

if TYPE_CHECKING:
    from dupfind.sources.apis.credentials import Token
    from dupfind.sources.apis.incremental import Tracker

__all__ = ["is_service", "open_service"]


def open_service(
    location: str,
    *,
    name: str | None = None,
    include_restricted: bool = False,
    no_comments: bool = False,
) -> Source:
    """Open a service's project and count its issues; they are read when the source is iterated.

    Args:
        location: A location such as "github:owner/repo"; see `service_forms.FORMS`.
        name: A name to use in place of the location.
        include_restricted: Whether to read issues and comments that the service shows to some people only, too.
        no_comments: Whether the records have no comments; those that may name an original are read in any case.

    Raises:
        SourceError: The location is invalid, or the service gives no usable answer.
    """
    from dupfind.sources.apis.credentials import token
    from dupfind.sources.apis.incremental import Changes

    url = parse(location)
    project_token = token(url)
    tracker = tracker_of(url, project_token, include_restricted=include_restricted, no_comments=no_comments)
    as_chosen = partial(with_comments, no_comments=no_comments, include_restricted=include_restricted)
    with tracker.api.session():
        total = tracker.count()
    counts = ReadingCounts()

    def read() -> Iterator[Record]:
        return iter(Changes(tracker, None, counts=counts, as_chosen=as_chosen))

    return Source(
        name=name or url.location,
        kind=url.service,
        location=url.location,
        notes=(project_token.note,) if project_token.note else (),
        total=total,
        read=read,
        changes=lambda cursor: Changes(tracker, cursor, total, counts=counts, as_chosen=as_chosen),
        counts=counts,
        includes_restricted=include_restricted,
    )


def tracker_of(
    url: ProjectUrl, token: "Token", *, include_restricted: bool = False, no_comments: bool = False
) -> "Tracker":
    """Return the service of a project; nothing is requested yet."""
    from dupfind.sources.apis import (
        azure,
        bitbucket,
        discourse,
        gitea,
        gitlab,
        launchpad,
        linear,
        mantisbt,
        redmine,
        sentry,
        stackexchange,
        trello,
        youtrack,
        zendesk,
    )
    from dupfind.sources.apis.bugzilla import Bugzilla
    from dupfind.sources.apis.github import GitHub
    from dupfind.sources.apis.jira import Jira
    from dupfind.sources.apis.service_table import ServiceTable, TableTracker

    if url.service == "github":
        return GitHub(url, token, no_comments=no_comments)  # which has no restricted issues
    services: dict[str, ServiceTable | Callable[..., Tracker]] = {
        "gitlab": gitlab.SERVICE,
        "jira": Jira,
        "bugzilla": Bugzilla,
        "redmine": redmine.SERVICE,
        "azure": azure.SERVICE,
        "gitea": gitea.SERVICE,
        "forgejo": gitea.SERVICE,
        "codeberg": gitea.SERVICE,
        "linear": linear.SERVICE,
        "youtrack": youtrack.SERVICE,
        "zendesk": zendesk.SERVICE,
        "mantisbt": mantisbt.SERVICE,
        "sentry": sentry.SERVICE,
        "bitbucket": bitbucket.SERVICE,
        "discourse": discourse.SERVICE,
        "stackexchange": stackexchange.SERVICE,
        "trello": trello.SERVICE,
        "launchpad": launchpad.SERVICE,
    }
    service = services[url.service]
    make = partial(TableTracker, service) if isinstance(service, ServiceTable) else service
    return make(url, token, include_restricted=include_restricted)
