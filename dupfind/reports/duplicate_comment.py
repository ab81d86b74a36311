"""A comment that a person can paste into a tracker: of which issue another one may be a duplicate, and why."""

from collections.abc import Iterator

from dupfind.dedup.report import DuplicateCluster, MemberPair
from dupfind.reports.display import apart, plain, state, title
from dupfind.reports.markdown_checklist import linked_name, neutral
from dupfind.results import Difference
from dupfind.text.explanations import Segments


def comment(cluster: DuplicateCluster, place: int) -> str:
    """Return a comment on a member, as Markdown: it mentions nobody, and refers to the canonical alone.

    Args:
        cluster: The cluster.
        place: Index of the member; not 0, which is the canonical.
    """
    return "\n".join(_lines(cluster, place)) + "\n"


def _lines(cluster: DuplicateCluster, place: int) -> Iterator[str]:
    canonical = cluster.members[0]
    facts = f" ({neutral(state(canonical))})" if canonical.state else ""
    yield f"This may be a duplicate of {linked_name(canonical, False)}{facts}: {neutral(title(canonical))}"
    pair = next((pair for pair in cluster.pairs if (pair.first, pair.second) == (0, place)), None)
    if pair is None:
        return
    for aligned in pair.reasons.sentences[:1]:
        yield from ("", f"> {_quote(aligned.right)}", "", "There:", "", f"> {_quote(aligned.left)}")
    if pair.reasons.words:
        yield from ("", f"Both say: {', '.join(neutral(plain(word, 40)) for word in pair.reasons.words)}.")
    differences = [
        neutral(apart(Difference(fact.kind, ", ".join(fact.right), ", ".join(fact.left))))
        for fact in pair.reasons.facts
        if not fact.agrees
    ]
    if differences:
        yield from ("", f"They differ, here first: {'; '.join(differences)}.")
    yield from ("", f"Found by dupfind: {_numbers(pair)}.")


def _quote(segments: Segments) -> str:
    return neutral(plain("".join(text for text, _ in segments)))


def _numbers(pair: MemberPair) -> str:
    probability = "" if pair.probability is None else f", probability {pair.probability:.0%}"
    return f"score {pair.score:.3f}{probability}"
