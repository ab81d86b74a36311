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


_SIGNS = frozenset(("#", "№", "n°", "nº", "№ п/п"))
"""Names of a column of numbers that hold a sign for "number"."""
_BOUNDARY = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_OF_THING = re.compile(rf"(?<=[^\s(])\s{{0,9}}\((?:{'|'.join(THINGS)})s?\)$", re.IGNORECASE)
_BETWEEN = re.compile(r"[\W_]+")
OTHER_THINGS = "idea", "conversation", "topic", "thread", "discussion", "finding", "fields", "attributes"
"""The same of forums, boards of ideas, chats and objects of JSON in one table; alone these names say nothing."""
_THING = re.compile(rf"({'|'.join((*THINGS, *OTHER_THINGS))})(?:_|(?=[\u3040-\ud7a3]))")


def normalize(name: str) -> str:
    """Return a column's name in lower case, its words joined by "_": "Issue ID" and "issueId" are "issue_id".

    A thing in brackets behind it is left out, as in "Subject (Ticket)".
    """
    if name.islower() and name.isidentifier() and name.isascii() and "__" not in name:
        return name.strip("_")
    if name.endswith(")"):
        name = _OF_THING.sub("", name)
    if name.strip().lower() in _SIGNS:
        return "number"
    plain = _BETWEEN.sub("_", _BOUNDARY.sub("_", name).lower()).strip("_")
    return f"{plain}_number" if plain in THINGS and name.rstrip().endswith("#") else plain


def parted(name: str) -> tuple[str | None, str]:
    """Return the thing that a normalized name begins with and the rest, such as "ticket" and "subject"; None for none.

    In Chinese and Japanese no space stands between them.
    """
    match = _THING.match(name)
    return (None, name) if match is None else (match[1], name[match.end() :])
