"""The known JSON formats of trackers' APIs and exports: one module a format, pure and without files."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from dupfind.records import Comment, Record
from dupfind.sources.json_formats import (
    asana,
    azure,
    basecamp,
    beads,
    bitbucket,
    bugzilla,
    clickup,
    discourse,
    freshdesk,
    gh,
    gh_archive,
    github,
    github_archive,
    gitlab,
    gitlab_export,
    gitlab_graphql,
    intercom,
    jira,
    launchpad,
    linear,
    mantisbt,
    message,
    monday,
    notion,
    openproject,
    phabricator,
    pivotal,
    redmine,
    sentry,
    servicenow,
    shortcut,
    sourceforge,
    stackexchange,
    taiga,
    trello,
    wekan,
    youtrack,
    zendesk,
)

__all__ = ["JSON_DOCUMENTS", "JSON_FORMATS", "JsonDocument", "JsonFormat", "detect", "issues_in"]

_N_CHECKED = 20  # objects that must all have the format


class JsonFormat(Protocol):
    """The interface of a module in this package."""

    def recognises(self, issue: dict[str, Any]) -> bool:
        """Return whether an object has the keys of an issue in this format; pull requests count."""

    def record(
        self, issue: dict[str, Any], *, source: str, comments: Sequence[Comment] = ()
    ) -> Record | None:
        """Return the record of an issue.

        Args:
            issue: An object that the format recognises.
            source: The name of the record's source.
            comments: Comments stored apart from the issue, oldest first; embedded ones are read in any case.

        Returns:
            None for a pull request and for a deleted issue. `restricted.is_restricted` knows those for some people.
        """


class JsonDocument(Protocol):
    """The interface of a module whose export is one object with all issues."""

    def holds(self, document: dict[str, Any]) -> bool:
        """Return whether an object is such an export."""

    def issues(self, document: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """Yield its issues, each with the parts of the export that belong to it."""


JSON_FORMATS: Mapping[str, JsonFormat] = {
    "github-rest": github,
    "gh": gh,
    "gitlab-rest": gitlab,
    "jira-rest": jira,
    "redmine-rest": redmine,
    "bugzilla-rest": bugzilla,
    "mantisbt-rest": mantisbt,
    "linear": linear,
    "bitbucket": bitbucket,
    "beads-jsonl": beads,
    "trello": trello,
    "wekan": wekan,
    "azure-rest": azure,
    "gitlab-graphql": gitlab_graphql,
    "gitlab-export": gitlab_export,
    "youtrack": youtrack,
    "github-archive": github_archive,
    "gh-archive": gh_archive,
    "sourceforge": sourceforge,
    "launchpad": launchpad,
    "conduit": phabricator,
    "sentry": sentry.FORMAT,
    "discourse": discourse,
    "stackexchange": stackexchange,
    "zendesk": zendesk.FORMAT,
    "freshdesk": freshdesk.FORMAT,
    "servicenow": servicenow.FORMAT,
    "asana": asana.FORMAT,
    "clickup": clickup.FORMAT,
    "pivotal": pivotal.FORMAT,
    "shortcut": shortcut,
    "notion": notion,
    "monday": monday,
    "openproject": openproject.FORMAT,
    "taiga": taiga.FORMAT,
    "basecamp": basecamp.FORMAT,
    "intercom": intercom.FORMAT,
    "message": message,
}
"""The formats by kind, in the order of detection."""

JSON_DOCUMENTS: Sequence[JsonDocument] = (
    trello,
    wekan,
    sourceforge,
    gitlab_export,
    phabricator,
    discourse,
    monday,
)
"""The exports that are one object, such as a board with its cards; such an object is never an issue itself."""


def issues_in(document: Any) -> list[dict[str, Any]] | None:
    """Return the issues of an export that is one object; None of any other value."""
    if not isinstance(document, dict):
        return None
    export = next((export for export in JSON_DOCUMENTS if export.holds(document)), None)
    return None if export is None else list(export.issues(document))


def detect(issues: Iterable[dict[str, Any]]) -> str | None:
    """Return the format that all of the first objects have, or None."""
    first = [issue for issue, _ in zip(issues, range(_N_CHECKED), strict=False)]
    if not first:
        return None
    return next((kind for kind, shape in JSON_FORMATS.items() if all(map(shape.recognises, first))), None)
