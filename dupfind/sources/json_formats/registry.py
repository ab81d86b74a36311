"""The known JSON formats of trackers' APIs and exports: one module a format, pure and without files."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from dupfind.records import Record
from dupfind.sources.json_formats import (
    beads,
    bitbucket,
    bugzilla,
    gh,
    github,
    gitlab,
    jira,
    linear,
    mantisbt,
    redmine,
)
from dupfind.sources.json_formats.comments import Comment

__all__ = ["JSON_FORMATS", "Comment", "JsonFormat", "detect"]

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
}
"""The formats by kind, in the order of detection."""


def detect(issues: Iterable[dict[str, Any]]) -> str | None:
    """Return the format that all of the first objects have, or None."""
    first = [issue for issue, _ in zip(issues, range(_N_CHECKED), strict=False)]
    if not first:
        return None
    return next((kind for kind, shape in JSON_FORMATS.items() if all(map(shape.recognises, first))), None)
