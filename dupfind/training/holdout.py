"""A held-out share of pairs, of which no text is among those that are learned from."""

from collections.abc import Sequence
from random import Random

from dupfind.errors import SourceError
from dupfind.training.pair_file import Example


def held_out(
    examples: Sequence[Example], share: float, seed: int, *, where: str
) -> tuple[list[Example], list[Example]]:
    """Split examples into those that are learned from and those that are measured on.

    Pairs that share a text, or are linked by pairs that do, stay together; negatives are of no account.

    Args:
        examples: In any order, which both parts keep.
        share: Of the pairs that are held out, about.
        seed: Of the draw.
        where: Names the file, for the error.

    Raises:
        SourceError: Nearly all pairs are linked with each other.
    """
    components: dict[str, list[int]] = {}
    roots = _roots(examples)
    for number, example in enumerate(examples):
        components.setdefault(_root(roots, example.texts[0]), []).append(number)
    drawn = list(components.values())
    Random(seed).shuffle(drawn)
    wanted = round(share * len(examples))
    test: set[int] = set()
    for members in drawn:
        if len(test) + len(members) <= wanted:
            test.update(members)
    if len(test) < max(2, wanted // 2):
        raise SourceError(
            f"{where}: nearly all pairs are linked by texts that they share, so none can be held out unseen:"
            " give a file of other pairs with --eval"
        )
    train = [example for number, example in enumerate(examples) if number not in test]
    return train, [examples[number] for number in sorted(test)]


def _roots(examples: Sequence[Example]) -> dict[str, str]:
    """For each text one that is nearer to the root of its component."""
    roots: dict[str, str] = {}
    for example in examples:
        first = _root(roots, example.texts[0])
        for text in example.texts[1:2]:
            roots[_root(roots, text)] = first
    return roots


def _root(roots: dict[str, str], text: str) -> str:
    while roots.setdefault(text, text) != text:
        roots[text] = text = roots[roots[text]]
    return text
