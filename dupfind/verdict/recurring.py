"""Recurring issues: the same text for every release or week, which a bot or a team files again and again (pure)."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta

from dupfind.text.composition import clean_title
from dupfind.verdict.words import Words, stem

_APART = timedelta(days=5)
"""A weekly task is filed some hours or a day earlier now and then."""
_LEAST = 3
"""Issues with one text, each `_APART` or more after the one before, that make a series."""

_MAX_WORDS = 9
_MAX_BODY = 250  # characters

_JOBS = """
publish push stage sign signoff sign-off bump merge validate verify generate upload release cut tag ship deploy promote
update prepare
"""
_OBJECTS = """
release releases production staging installer installers signoff server blog notes rc ga changelog documentation docs
sdk version branch dashboard
"""
_FAULTS = """
error errors crash crashes crashed exception fail fails failed failing failure broken breaks panic wrong cannot
can't not segfault leak hang hangs freeze freezes missing invalid
"""
_WORK = "bash creation effort hunt review scrub session sprint triage validation verification work"
_JOB_STEMS = frozenset(map(stem, _JOBS.split()))
_OBJECT_STEMS = frozenset(map(stem, _OBJECTS.split()))
_FAULT_WORDS = frozenset(_FAULTS.split())
_BUG = re.compile(rf"\bbug\b(?!\s(?:{'|'.join(_WORK.split())})\b)", re.IGNORECASE)
"""A bug that is reported; "bugs" are those that a task is about."""
_PREFIX = re.compile(r"[\w ./-]{1,24}:\s")


def is_recurring(title: str, body: str, times: Sequence[datetime | None]) -> bool:
    """Return whether issues with one text are a series and no duplicates of each other.

    Reports of a fault are never a series: many people meet one fault.

    Args:
        title: Of any of them.
        body: Of any of them.
        times: The time of each; None for now. One entry a record.
    """
    is_bug = _BUG.search(title) is not None  # also in a leading [Bug], which a clean title lacks
    title = clean_title(title)
    if is_bug or not _FAULT_WORDS.isdisjoint(Words.of(title).lower):
        return False
    return _is_spread(times) or _is_release_task(title, body)


def _is_spread(times: Sequence[datetime | None]) -> bool:
    """Return whether enough of the times are `_APART` or more apart; an unknown time is the newest."""
    n_apart, last = 0, None
    for time in sorted(time for time in times if time is not None):
        if last is None or time - last >= _APART:
            n_apart, last = n_apart + 1, time
    return n_apart + any(time is None for time in times) >= _LEAST


def _is_release_task(title: str, body: str) -> bool:
    """Return whether a title names a step of a release without a number: "Publish staging", "Sign off installers"."""
    if match := _PREFIX.match(title):
        title = title[match.end() :]
    words = Words.of(title)
    return (
        0 < len(words.stems) <= _MAX_WORDS
        and len(body) < _MAX_BODY
        and words.stems[0] in _JOB_STEMS
        and not _OBJECT_STEMS.isdisjoint(words.stems[1:])
        and not any(map(str.isdigit, title))
    )
