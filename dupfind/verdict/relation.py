"""What two records are to each other by their whole texts: a copy, a near-copy, or set apart (pure)."""

from dataclasses import dataclass

from dupfind.records import Record
from dupfind.results import Difference
from dupfind.verdict.differences import difference, have_other_titles, name_two_tasks, says_more
from dupfind.verdict.near_copy import FEW, have_same_words, overlap
from dupfind.verdict.scope import is_scoped
from dupfind.verdict.short_texts import name_other_things
from dupfind.verdict.traces import compare_traces


@dataclass(frozen=True, slots=True)
class Relation:
    """The relation of two records by their whole texts.

    Attributes:
        is_copy: Whether both texts are the same to the letter, over their whole length.
        is_near_copy: Whether one is the other with light edits, or the same but for markup and template.
        has_same_trace: Whether both report the same fault by their stack traces.
        difference: What sets the two apart although their words are nearly the same, or None.
    """

    is_copy: bool = False
    is_near_copy: bool = False
    has_same_trace: bool = False
    difference: Difference | None = None


COPY = Relation(is_copy=True)


def relation(record: Record, other: Record, *, is_same_text: bool) -> Relation:
    """Compare two records that are no copies to the letter.

    Args:
        record: One record, with its whole text.
        other: The other one; its text may be cut.
        is_same_text: Whether both composed texts are equal, which lack markup and template.
    """
    texts = f"{record.title}\n{record.body}", f"{other.title}\n{other.body}"
    shared = overlap(*texts)
    traces = compare_traces(record.body, other.body)
    found = difference(record, other, shared)
    # Two exceptions of one place may have one cause, but not where the exception is all that the texts differ in.
    if found is None and (traces.sets_apart or (traces.has_other_exception and shared.is_near_copy)):
        found = Difference("stack trace", traces.left, traces.right)
    is_near_copy = shared.is_near_copy or (is_same_text and not shared.both_add) or have_same_words(*texts)
    # Two texts that are the same but for their markup and template may name other things in these.
    if shared.n_common < FEW and not is_same_text:
        is_near_copy = is_near_copy and not name_other_things(record, other)
    is_near_copy = is_near_copy and not any(
        of_two(record, other) for of_two in (name_two_tasks, have_other_titles, is_scoped)
    )
    if shared.n_common < FEW:
        is_near_copy = is_near_copy and not says_more(record, other)
    # In a tracker of crashes all reports are one form: the innermost call is what they say.
    is_near_copy = is_near_copy and not traces.starts_elsewhere
    return Relation(
        is_near_copy=is_near_copy and found is None,
        has_same_trace=traces.is_same and found is None,
        difference=found,
    )
