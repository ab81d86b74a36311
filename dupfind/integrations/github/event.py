"""Read the event that started GitHub Actions, from the file and the variables of a step."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from dupfind.errors import SourceError
from dupfind.sources.apis.project_url import ProjectUrl, parse
from dupfind.sources.json_formats.keys import inside, is_pull_request

ISSUE_EVENTS = ("issues", "issue_comment")
MANUAL_EVENTS = ("workflow_dispatch", "schedule")

MAX_BYTES = 1 << 20
"""Bytes that are read of the file of an event."""


class Event(NamedTuple):
    """An event of GitHub Actions.

    Attributes:
        name: One of `ISSUE_EVENTS` or `MANUAL_EVENTS`.
        place: The repository.
        number: The number of its issue; None for a manual event, and for a pull request.
    """

    name: str
    place: ProjectUrl
    number: int | None

    @property
    def is_backlog(self) -> bool:
        """Whether the event is about all open issues."""
        return self.name in MANUAL_EVENTS


def read_event(path: Path, environment: Mapping[str, str]) -> Event:
    """Read the file that GITHUB_EVENT_PATH names.

    Only the number of the issue is read from it, and no text that people wrote.

    Args:
        path: The file.
        environment: With GITHUB_EVENT_NAME, GITHUB_SERVER_URL and GITHUB_REPOSITORY.

    Raises:
        SourceError: The file is not an event, the event is not about issues, or a variable is not set.
    """
    name = environment.get("GITHUB_EVENT_NAME", "")
    if name not in ISSUE_EVENTS + MANUAL_EVENTS:
        events = ", ".join(ISSUE_EVENTS + MANUAL_EVENTS)
        raise SourceError(f"GITHUB_EVENT_NAME is {name or 'not set'}: run this on one of {events}")
    server, repository = map(environment.get, ("GITHUB_SERVER_URL", "GITHUB_REPOSITORY"))
    place = parse(f"github:{server}/{repository}")
    if name in MANUAL_EVENTS:
        return Event(name, place, None)
    try:
        with path.open("rb") as file:
            payload = json.loads(file.read(MAX_BYTES))
    except (OSError, ValueError, RecursionError) as error:
        raise SourceError(f"{path} is no event of GitHub Actions: {error}") from error
    issue = inside(payload, "issue")
    if isinstance(issue, dict) and is_pull_request(issue):
        return Event(name, place, None)
    number = inside(issue, "number")
    if type(number) is not int or number < 1:
        raise SourceError(
            f"{path} names no issue, but an event {name} must: use the file of GITHUB_EVENT_PATH"
        )
    return Event(name, place, number)
