"""Event: what GitHub Actions was started for, by the file and the variables that it leaves for a step."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from dupfind.errors import SourceError
from dupfind.sources.apis.project_url import ProjectUrl, parse
from dupfind.sources.json_formats.github import is_pull
from dupfind.sources.json_formats.keys import inside

ON_ISSUES = ("issues", "issue_comment")
BY_HAND = ("workflow_dispatch", "schedule")

MAX_BYTES = 1 << 20


class Event(NamedTuple):
    """What happened.

    Attributes:
        name: One of `ON_ISSUES` or `BY_HAND`.
        place: The repository.
        number: Of the issue; None where no issue is meant, and of a pull request.
    """

    name: str
    place: ProjectUrl
    number: int | None

    @property
    def is_backlog(self) -> bool:
        """Whether all open issues are meant."""
        return self.name in BY_HAND


def read_event(path: Path, environment: Mapping[str, str]) -> Event:
    """Read the file that GITHUB_EVENT_PATH names.

    Nothing of what people wrote is taken from it, but the number of the issue.

    Args:
        path: The file.
        environment: Has GITHUB_EVENT_NAME, GITHUB_SERVER_URL and GITHUB_REPOSITORY.

    Raises:
        SourceError: It is no such file, or of an event that has to do with no issue, or a variable is not set.
    """
    name = environment.get("GITHUB_EVENT_NAME", "")
    if name not in ON_ISSUES + BY_HAND:
        known = ", ".join(ON_ISSUES + BY_HAND)
        raise SourceError(f"GITHUB_EVENT_NAME is {name or 'not set'}: run this on one of {known}")
    home, repository = (environment.get(it) for it in ("GITHUB_SERVER_URL", "GITHUB_REPOSITORY"))
    place = parse(f"github:{home}/{repository}")
    if name in BY_HAND:
        return Event(name, place, None)
    try:
        with path.open("rb") as file:
            payload = json.loads(file.read(MAX_BYTES))
    except (OSError, ValueError, RecursionError) as error:
        raise SourceError(f"{path} is no event of GitHub Actions: {error}") from error
    issue = inside(payload, "issue")
    if isinstance(issue, dict) and is_pull(issue):
        return Event(name, place, None)
    number = inside(issue, "number")
    if type(number) is not int or number < 1:
        raise SourceError(f"{path} names no issue, though {name} is about one")
    return Event(name, place, number)
