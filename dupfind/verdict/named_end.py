"""The names at the end of two titles that begin alike: "drop the shim in net-core", "... in net-http" (pure)."""

import re

from dupfind.verdict.values import MAX_NAMES, is_same_name
from dupfind.verdict.words import STOP_WORDS, Words, dice

_MAX_CHARACTERS = 600
_BEGIN_ALIKE = 0.75  # Dice coefficient of what stands before the ends
_FEWEST_COMMON = 2  # content words that both begin with

_PREPOSITION = re.compile(r"\b(?:in|for|on|of|to|into|from|with|by)\s", re.IGNORECASE)
_NAME = re.compile(
    r"\b[^\W\d]\w{0,60}(?:[-_./#:]{1,2}\w{1,60}){1,8}"  # net-core, sun.misc.Signal
    r"|\b[^\W\d]{1,20}\d{1,8}\w{0,20}"  # S3
    r"|\b[^\W\d_]{0,20}[a-z][A-Z]\w{0,60}"  # scrollPane
)
_TAGS = re.compile(r"\s{0,4}(?:\[[^\[\]]{1,40}\]\s{0,4}){1,4}")
_OF_A_FAULT = re.compile(
    r"\b(?:crash|panic|ice\b|error|exception|fail|abort|hang|broken|wrong|unexpected|unable|cannot\b|not\b)|n['’]t\b",
    re.IGNORECASE,
)
_CAPITAL = re.compile(r"\b[A-Z]\w{0,60}")


def differing(left: str, right: str) -> tuple[str, str] | None:
    """Return the names that only one of two titles has behind its last preposition, where both begin alike, or None.

    One task for another module, class or product is a task of its own: of 27 judged pairs that differ so none is a
    duplicate. One fault shows in many places, so titles of faults are left alone: four of 15 such pairs were
    duplicates. A name that stands anywhere in the other title, in any spelling, is no difference.

    Args:
        left: A title; its first 600 characters count.
        right: The other title.
    """
    ours, theirs = _split(left), _split(right)
    if ours is None or theirs is None or any(_OF_A_FAULT.search(title) for title in (left, right)):
        return None
    begin, other_begin = (Words.of(side[0]).content() for side in (ours, theirs))
    if (begin & other_begin).total() < _FEWEST_COMMON or dice(begin, other_begin) < _BEGIN_ALIKE:
        return None
    only_ours, only_theirs = _only(ours[1], left, right), _only(theirs[1], right, left)
    return (only_ours, only_theirs) if only_ours and only_theirs else None


def _split(title: str) -> tuple[str, str] | None:
    """Return what a title has before its last preposition and after it, without leading tags; None without one."""
    title = title[:_MAX_CHARACTERS]
    if tags := _TAGS.match(title):
        title = title[tags.end() :]
    found = list(_PREPOSITION.finditer(title))
    return (title[: found[-1].start()], title[found[-1].end() :]) if found else None


def _only(end: str, title: str, other: str) -> str:
    """Return the names of a title's end that another title has nowhere, as they are written."""
    others, key = _names(other, other), _key(other)
    return ", ".join(
        name
        for name in _names(end, title)
        if _key(name) not in key
        and not any(is_same_name(name.casefold(), each.casefold()) for each in others)
    )


def _names(end: str, title: str) -> list[str]:
    """Return names by their form, and words with a capital where others of the title have none."""
    names = [match[0] for match in _NAME.finditer(end)]
    words = Words.of(title)
    if any(word.islower() and word not in STOP_WORDS for word in words.spelled[1:]):
        names += [match[0] for match in _CAPITAL.finditer(_NAME.sub(" ", end))]
    return names[:MAX_NAMES]


def _key(text: str) -> str:
    return "".join(filter(str.isalnum, text.casefold()))
