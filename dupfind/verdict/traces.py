"""Compares the stack traces of two records: one fault, another fault, or nothing to be said (pure)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from dupfind.text.indexed_words import clipped
from dupfind.text.stack_trace import StackTraces, stack_traces

_FEWEST = 2  # own frames of a trace that says anything by its frames alone
_TOP = 5  # own frames at the top of a trace that make it the same fault
_TOP_OF_ONE_MESSAGE = 3  # those of two exceptions with one message
_COMPARED = 10  # own frames at the top of a trace whose order is compared
_UNLIKE = (
    0.35  # likeness of two traces below which they are of two faults, though they share a frame near the top
)
_OTHER_MESSAGE = 0.4  # share of words that two messages have in common, below which they say different things
_SAY_NOTHING = (
    "SystemExit",
    "KeyboardInterrupt",
    "CalledProcessError",
)  # another program failed, or a person ended it
_REMEMBERED = 128  # bodies, of up to 65,536 characters


@dataclass(frozen=True, slots=True)
class TraceRelation:
    """How the traces of two records stand to each other.

    Attributes:
        is_same: The traces of both root causes begin with the same own frames, and name the same exception if any.
        sets_apart: Both are written in one form. Neither has an own frame from the top of the other, or the frames that
            they share are mostly outer ones.
        has_other_exception: Both name an exception, each another one.
        starts_elsewhere: Both are written in one form, and neither has the first own frame of the other.
        left: The first own frame of the first record, or its exception where only that is another one.
        right: That of the second.
    """

    is_same: bool = False
    sets_apart: bool = False
    has_other_exception: bool = False
    starts_elsewhere: bool = False
    left: str = ""
    right: str = ""


NO_TRACES = TraceRelation()
SAME = TraceRelation(is_same=True)


def compare_traces(left: str, right: str) -> TraceRelation:
    """Compare the stack traces of two raw bodies."""
    ours, theirs = _traces(clipped(left)), _traces(clipped(right))
    # One trace may lack the cause that the other one ends in, so all exceptions are other ones.
    are_other = set(ours.exceptions).isdisjoint(theirs.exceptions) and ours.form == theirs.form
    if ours.exceptions and theirs.exceptions and are_other:
        found = _of_frames(ours, theirs)
        if found.is_same or found.sets_apart:
            return found
        return replace(found, has_other_exception=True, left=ours.kind, right=theirs.kind)
    return _of_frames(ours, theirs)


def _of_frames(ours: StackTraces, theirs: StackTraces) -> TraceRelation:
    if not ours.top or not theirs.top:
        return NO_TRACES
    if _is_same(ours, theirs):
        return SAME
    if ours.form != theirs.form:
        return NO_TRACES
    starts_elsewhere = ours.top[0] not in theirs.own and theirs.top[0] not in ours.own
    if _are_apart(ours, theirs):
        return TraceRelation(
            sets_apart=True, starts_elsewhere=starts_elsewhere, left=ours.first, right=theirs.first
        )
    return TraceRelation(starts_elsewhere=starts_elsewhere)


def _is_same(ours: StackTraces, theirs: StackTraces) -> bool:
    has_same_message = ours.message == theirs.message != ""
    depth = min(_TOP_OF_ONE_MESSAGE if has_same_message else _TOP, len(ours.top), len(theirs.top))
    if ours.top[:depth] != theirs.top[:depth] or _are_other_exceptions(ours, theirs):
        return False
    if ours.kind in _SAY_NOTHING:
        return False
    # Frames of a library say little: many faults of a project end in the same call of its database.
    if "" in (ours.project, theirs.project):
        return depth >= _TOP_OF_ONE_MESSAGE
    return ours.project == theirs.project and (has_same_message or depth >= _FEWEST)


def _are_apart(ours: StackTraces, theirs: StackTraces) -> bool:
    if min(len(ours.own), len(theirs.own)) < _FEWEST:
        return False
    # Most traces of a project begin in the same outer frames, and a compiler may leave out inner ones of one build.
    if not (_is_reached(ours, theirs) or _is_reached(theirs, ours)):
        return True
    return ours.own[0] != theirs.own[0] and _likeness(ours.own, theirs.own) < _UNLIKE


def _is_reached(ours: StackTraces, theirs: StackTraces) -> bool:
    """Return whether a trace has a frame from the top of another, or the first one that belongs to no library."""
    return not {*ours.top[:_FEWEST], ours.project}.isdisjoint(theirs.own)


def _likeness(ours: Sequence[str], theirs: Sequence[str]) -> float:
    """Return how much of two traces their longest common sequence of frames covers, 0 to 1.

    The frame at place i from the top weighs 1 / i, as the inner frames say most about the fault (Vasiliev et al. 2020,
    TraceSim, weigh them so, too).
    """
    ours, theirs = ours[:_COMPARED], theirs[:_COMPARED]
    covered = [0.0] * (len(theirs) + 1)  # by the frames of ours so far and the first j of theirs
    for i, frame in enumerate(ours, 1):
        before, covered = covered, [0.0]
        for j, other in enumerate(theirs, 1):
            both = before[j - 1] + 1 / i + 1 / j if frame == other else 0.0
            covered.append(max(before[j], covered[j - 1], both))
    return covered[-1] / sum(1 / i for part in (ours, theirs) for i in range(1, len(part) + 1))


def _are_other_exceptions(ours: StackTraces, theirs: StackTraces) -> bool:
    if ours.kind != theirs.kind:
        return "" not in (ours.kind, theirs.kind)
    words, others = set(ours.message.split()), set(theirs.message.split())
    shared = len(words & others)
    return 0 < shared < _OTHER_MESSAGE * len(words | others)  # without any in common one may be a translation


@lru_cache(_REMEMBERED)
def _traces(body: str) -> StackTraces:
    return stack_traces(body)
