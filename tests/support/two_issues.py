"""Two issues as the tests of the verdict compare them."""

from dupfind.records import Record
from dupfind.results import Difference
from dupfind.verdict.differences import difference
from dupfind.verdict.near_copy import Overlap, overlap

STEPS = (
    "The pages of the manual have moved, and the old addresses answer with a redirect that some readers refuse. "
    "Please move the examples to the new ones, and run the link checker before the release."
)
"""The body of a task, longer than its title."""


def issues(titles: tuple[str, str], bodies: tuple[str, str]) -> tuple[Record, Record]:
    """Return two issues with these titles and bodies."""
    left, right = (Record(id="", title=title, body=body) for title, body in zip(titles, bodies, strict=True))
    return left, right


def shared(left: Record, right: Record) -> Overlap:
    """Compare both whole texts."""
    return overlap(f"{left.title}\n{left.body}", f"{right.title}\n{right.body}")


def difference_both_ways(titles: tuple[str, str], bodies: tuple[str, str]) -> Difference | None:
    """Compare two issues both ways, and require one answer."""
    pair = issues(titles, bodies)
    one = difference(*pair, shared(*pair))
    other = difference(*pair[::-1], shared(*pair[::-1]))
    assert (one is None) == (other is None)
    return one
