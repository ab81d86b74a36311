"""Recurring issues: the same text for every release or week, which a bot or a team files again and again (pure)."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta

from dupfind.text.composition import clean_title
from dupfind.verdict.words import Words, stem

_WEEK = timedelta(days=7)
_LEAST = 3
"""Issues with one text, each a week or more after the one before, that make a series."""

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
error errors crash crashes crashed exception fail fails failed failing failure broken breaks bug bugs panic wrong cannot
can't not segfault leak hang hangs freeze freezes missing invalid
"""
_JOB_STEMS = frozenset(map(stem, _JOBS.split()))
_OBJECT_STEMS = frozenset(map(stem, _OBJECTS.split()))
_FAULT_WORDS = frozenset(_FAULTS.split())
_PREFIX = re.compile(r"[\w ./-]{1,24}:\s")


def is_recurring(title: str, body: str, times: Sequence[datetime | None]) -> bool:
    """Return whether issues with one text are a series and no duplicates of each other.

    Reports of a fault are never a series: many people meet one fault.

    Args:
        title: Of any of them.
        body: Of any of them.
        times: The time of each; None for now. One entry a record.
    """
    title = clean_title(title)
    words = Words.of(title)
    if not _FAULT_WORDS.isdisjoint(words.lower):
        return False
    return _is_spread(times) or _is_release_task(title, body)


def _is_spread(times: Sequence[datetime | None]) -> bool:
    """Return whether enough of the times are a week or more apart; an unknown time is the newest."""
    n_apart, last = 0, None
    for time in sorted(time for time in times if time is not None):
        if last is None or time - last >= _WEEK:
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
