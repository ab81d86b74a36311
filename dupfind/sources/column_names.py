"""The form in which the names of columns and keys are compared."""

import re

THINGS = (
    "ticket",
    "issue",
    "task",
    "bug",
    "incident",
    "story",
    "request",
    "case",
    "defect",
    "card",
    "work_item",
)
"""What a column may name before its field, as in "Ticket Subject"; alone, it is an id or a title by its values."""


def normalize(name: str) -> str:
    """Return a column's name in lower case, its words joined by "_": "Issue ID" and "issueId" are "issue_id"."""
    if name.strip() == "#":
        return "number"
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    return re.sub(r"[\W_]+", "_", parted.lower()).strip("_")


def thing_before(name: str) -> str | None:
    """Return what a normalized name begins with, such as "ticket" of "ticket_subject"; None if it is no such thing."""
    return next((thing for thing in THINGS if name.startswith(f"{thing}_")), None)
