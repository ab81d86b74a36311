"""Recurring issues: the same text for every release or week, which a bot or a team files again and again (pure)."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import dropwhile

from dupfind.text.composition import clean_title
from dupfind.verdict.words import STOP_WORDS, Words, stem

_WEEK = timedelta(days=7)
_EARLY = timedelta(days=1, hours=6)
"""A weekly task is filed some hours or a day earlier now and then, but not earlier each week."""
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
error errors crash crashes crashed exception fail fails failed failing failure broken breaks panic wrong cannot
can't not segfault leak hang hangs freeze freezes missing invalid
"""
_OF_WORK = "bash creation effort hunt review scrub session sprint triage validation verification work"
_OF_BUG_JOBS = (
    "close closing retest review reviewing sign signoff test testing triage triaging validate verify"
)
_WORK = frozenset(_OF_WORK.split())
_BUG_JOBS = frozenset(_OF_BUG_JOBS.split())
_BEHIND = frozenset(("at", "by", "for", "from", "in", "of", "on", "with"))
_STATES = frozenset(("are", "did", "do", "does", "had", "has", "have", "is", "shows", "was", "were"))
_JOB_STEMS = frozenset(map(stem, _JOBS.split()))
_OBJECT_STEMS = frozenset(map(stem, _OBJECTS.split()))
_FAULT_WORDS = frozenset(_FAULTS.split())
_BUGS = ("bug", "bugs")
_SIGN = re.compile(r"\s-\s|[^\w\s'’/-]+")
_PREFIX = re.compile(r"\[[^\[\]]{1,24}\]:?\s|[\w ./-]{1,24}:\s")


def is_recurring(title: str, body: str, times: Sequence[datetime | None]) -> bool:
    """Return whether issues with one text are a series and no duplicates of each other.

    Reports of a fault are never a series: many people meet one fault.

    Args:
        title: Of any of them.
        body: Of any of them.
        times: The time of each; None for now. One entry a record.
    """
    if _is_report_of_bug(title):
        return False
    title = clean_title(title)
    if not _FAULT_WORDS.isdisjoint(Words.of(title).lower):
        return False
    return _is_spread(times) or _is_release_task(title, body)


def _is_report_of_bug(title: str) -> bool:
    """Return whether a title speaks of bugs, but of no work on them."""
    clean = clean_title(title)
    all_words, words = Words.of(title).lower, Words.of(clean).lower
    n_bugs = sum(word in _BUGS for word in all_words)
    # A clean title lacks a leading [Bug].
    return n_bugs > 0 and (n_bugs > sum(word in _BUGS for word in words) or not _is_work_on_bugs(clean))


def _is_work_on_bugs(title: str) -> bool:
    """Return whether a title with "bug" is of a task: "Triage of new bugs", "Verify bugs", "Bug bash of the week".

    A task is no sentence: "Bug review page is blank" is of none.
    """
    if not _STATES.isdisjoint(Words.of(title).lower):
        return False
    first, second, *_ = *Words.of(_without_prefix(title)).lower, "", ""
    if first in _BUG_JOBS or (first in _WORK and second in _BEHIND):
        return True
    return any(_is_work_phrase(Words.of(piece).lower) for piece in _SIGN.split(title))


def _is_work_phrase(words: Sequence[str]) -> bool:
    """Return whether words are "bug triage" with little around it: "weekly bug triage", "bug triage of the week"."""
    at = next((place for place, word in enumerate(words) if word in _BUGS), len(words))
    rest = list(dropwhile(_WORK.__contains__, words[at + 1 :]))
    is_work = len(rest) < len(words) - at - 1
    return is_work and STOP_WORDS.isdisjoint(words[:at]) and (not rest or rest[0] in _BEHIND)


def _is_spread(times: Sequence[datetime | None]) -> bool:
    """Return whether enough of the times are a week or more apart; an unknown time is the newest.

    One may be `_EARLY`. The next week counts from the day on which that one was due.
    """
    n_apart, due = 0, None
    for time in sorted(time for time in times if time is not None):
        if due is None or time >= due - _EARLY:
            n_apart, due = n_apart + 1, max(time, due or time) + _WEEK
    return n_apart + any(time is None for time in times) >= _LEAST


def _is_release_task(title: str, body: str) -> bool:
    """Return whether a title names a step of a release without a number: "Publish staging", "Sign off installers"."""
    title = _without_prefix(title)
    words = Words.of(title)
    return (
        0 < len(words.stems) <= _MAX_WORDS
        and len(body) < _MAX_BODY
        and words.stems[0] in _JOB_STEMS
        and not _OBJECT_STEMS.isdisjoint(words.stems[1:])
        and not any(map(str.isdigit, title))
    )


def _without_prefix(title: str) -> str:
    """Return a title without the team in front of it: "QE: ...", "[QE] ..."."""
    match = _PREFIX.match(title)
    return title[match.end() :] if match else title
