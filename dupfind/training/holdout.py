"""Split pairs into a part to learn from and a held-out part that shares no text with it."""

from collections.abc import Sequence
from random import Random

from dupfind.errors import SourceError
from dupfind.training.pair_file import Example


def held_out(
    examples: Sequence[Example], share: float, seed: int, *, where: str
) -> tuple[list[Example], list[Example]]:
    """Split examples into those to learn from and those to measure on.

    Pairs that share a text stay together, directly or through other pairs. Negatives are ignored.

    Args:
        examples: In any order, which both parts keep.
        share: Of the pairs to hold out, approximately.
        seed: Of the draw.
        where: Name of the file, for error messages.

    Raises:
        SourceError: Nearly all pairs share texts with each other.
    """
    components: dict[str, list[int]] = {}
    roots = _roots(examples)
    for number, example in enumerate(examples):
        components.setdefault(_root(roots, example.texts[0]), []).append(number)
    drawn = list(components.values())
    Random(seed).shuffle(drawn)
    n_test = round(share * len(examples))
    test: set[int] = set()
    for members in drawn:
        if len(test) + len(members) <= n_test:
            test.update(members)
    if len(test) < max(2, n_test // 2):
        raise SourceError(
            f"{where}: nearly all pairs are linked by texts that they share, so no part can be held out: give a file"
            " of other pairs with --eval"
        )
    train = [example for number, example in enumerate(examples) if number not in test]
    return train, [examples[number] for number in sorted(test)]  # in the order of the file


def _roots(examples: Sequence[Example]) -> dict[str, str]:
    """Return for each text its parent in a union-find forest; linked texts have one root."""
    roots: dict[str, str] = {}
    for example in examples:
        first = _root(roots, example.texts[0])
        for text in example.texts[1:2]:
            roots[_root(roots, text)] = first
    return roots


def _root(roots: dict[str, str], text: str) -> str:
    while roots.setdefault(text, text) != text:
        roots[text] = text = roots[roots[text]]  # path halving keeps the chains short
    return text
