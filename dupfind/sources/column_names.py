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
    *(
        "缺陷",
        "问题",
        "任务",
        "工单",
        "需求",
        "事务",
        "問題",
        "任務",
        "工單",
        "課題",
        "チケット",
        "이슈",
        "티켓",
    ),
)
"""What a column may name before its field, as in "Ticket Subject"; alone, it is an id or a title by its values."""


def normalize(name: str) -> str:
    """Return a column's name in lower case, its words joined by "_": "Issue ID" and "issueId" are "issue_id"."""
    if name.strip() == "#":
        return "number"
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    return re.sub(r"[\W_]+", "_", parted.lower()).strip("_")


def parted(name: str) -> tuple[str | None, str]:
    """Return the thing that a normalized name begins with and the rest, such as "ticket" and "subject"; None for none.

    In Chinese and Japanese no space stands between them.
    """
    for thing in THINGS:
        rest = name.removeprefix(thing)
        if rest != name and rest[:1] == "_":
            return thing, rest[1:]
        if rest and rest != name and "\u3040" <= rest[0] <= "\ud7a3":
            return thing, rest
    return None, name
