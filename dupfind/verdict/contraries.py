"""Contraries: two texts in nearly the same words that ask for the opposite, or for the other direction (pure)."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from dupfind.verdict.mood import are_fault_and_wish
from dupfind.verdict.opposites import OPPOSITES
from dupfind.verdict.words import STOP_WORDS, Words, is_han, is_slip, stem

_NEGATING_PREFIXES = (
    "un", "dis", "in", "im", "ir", "no", "non", "de", "des", "dé", "dés", "ent", "アン", "非", "비",
)  # fmt: skip
_CONTRARY_PREFIXES = (
    ("over", "under"), ("up", "down"), ("in", "out"), ("pre", "post"), ("inter", "intra"), ("ein", "aus"),
    ("an", "aus"), ("an", "ab"), ("auf", "ab"), ("за", "вы"), ("в", "вы"), ("при", "от"),
)  # fmt: skip
"""Two beginnings of one word that make opposites of it: "overestimates" and "underestimates"."""

_SHORTEST_STEM = 4  # letters behind such a beginning
_NEGATING = """
not no never none nothing cannot without neither nor nicht kein keine keinen nie pas jamais sans sin nunca не
нет без não nunca niet geen non mai
不 没 未 无
"""
_NEGATIONS = frozenset(_NEGATING.split())
_NEGATIVE = """
fail fails failed failing failure broken breaks unable impossible missing lacks lack lacking refuse refuses
wrong bad error crash crashes stop stops stopped hang hangs freeze freezes lost ignored ignores unusable
forget forgets forgotten drop drops dropped vanish vanishes disappear disappears gone stuck
invalid off disable disabled hide hidden remove forbid prevent avoid skip exclude omit 失 败 错 误 崩 卡 死 丢
"""
_NEGATIVE_STEMS = frozenset(map(stem, _NEGATIVE.split()))
"""Words that negate: "does not load" and "fails to load" are no contraries, nor "do not show" and "hide"."""

_OF_CLAUSES = "when if while where because unless until wenn falls weil cuando quand lorsque quando если"
_CLAUSES = frozenset(_OF_CLAUSES.split())
_MAX_BETWEEN = 2  # words between a negation and what it negates, as in "do not turn the light on"
_MAX_OTHER_WORDS = 2  # on each side, besides the opposites
_DIRECTIONS = frozenset(
    ("to", "into", "than", "before", "after", "over", "onto", "by", "instead", "->", "→", "via")
)


_REPLACE = frozenset(
    map(stem, ("replace", "replaced", "substitute", "exchange", "swap", "ersetzen", "reemplazar"))
)
"""Verbs with which "with" is a word of direction."""


def contrary(left: Words, right: Words) -> tuple[str, str] | None:
    """Return the words by which two texts ask for the opposite, one of each; None where they do not.

    The texts must agree but for the opposites and at most two more words on each side.
    """
    if (steps := _undone(left, right) or _steps_of_an_end(left, right)) is not None:
        return steps
    ours, theirs = _bag(left), _bag(right)
    only_left, only_right = ours - theirs, theirs - ours
    if not (common := ours & theirs) or not any(word not in STOP_WORDS for word in common):
        return _swapped(left, right)
    if _is_wish_for_mend(left, right, _opposite_pairs(only_left, only_right)):
        return None
    found = _pairs(left, right, only_left, only_right)
    # "Do not show" is "hide": a negation on one side turns the opposites around.
    pairs = [pair for pair in found if _is_negated(left, pair, 0) == _is_negated(right, pair, 1)]
    if found and not pairs:
        return None
    if pairs:
        sides = [{part for pair in pairs for part in _parts(pair[side])} for side in (0, 1)]
        rests = [
            {word for word in bag if word not in parts and _counts(word)}
            for bag, parts in zip((only_left, only_right), sides, strict=True)
        ]
        if max(map(len, rests)) <= _MAX_OTHER_WORDS:
            one, other = pairs[0]
            return _spelled(left, one), _spelled(right, other)
    return _negated(left, right, only_left, only_right) or _swapped(left, right)


_UNDOING = frozenset(("revert", "reverts", "reverting"))  # "undo" and "rollback" are things of a product, too
_ENDING = frozenset(
    ("drop", "dropped", "dropping", "remove", "removing", "end", "stop", "deprecate", "discontinue")
)


def _undone(left: Words, right: Words) -> tuple[str, str] | None:
    """Return the verb by which one text undoes what the other says: "Revert ...", "Drop support for ..."."""
    ours, theirs = _undoing(left, right), _undoing(right, left)
    return (ours, theirs) if bool(ours) != bool(theirs) else None


def _undoing(words: Words, others: Words) -> str:
    first, *rest = words.lower or ("",)
    is_undone = first in _UNDOING or (first in _ENDING and rest[:2] == ["support", "for"])
    # "Revert fails", "Remove support button is grey": a fault of what is called so.
    return first if is_undone and rest == [*others.lower] and not _states_fault(rest) else ""


_DEPRECATING = frozenset(("deprecate", "deprecating"))
_DEPRECATED = frozenset(map(stem, ("deprecated", "deprecation")))
_REMOVING = frozenset(("remove", "removing", "drop", "dropping", "delete", "deleting"))


def _steps_of_an_end(left: Words, right: Words) -> tuple[str, str] | None:
    """Return two steps at the end of one thing: "Deprecate the old syntax", "Remove the deprecated old syntax".

    "Deprecated syntax in the examples" is no step: who says so wishes that it be removed.
    """
    for one, other in ((left, right), (right, left)):
        if one.lower and other.lower and one.lower[0] in _REMOVING and other.lower[0] in _DEPRECATING:
            ours, theirs = (
                [word for word in side.stems[1:] if word not in STOP_WORDS and word not in _DEPRECATED]
                for side in (one, other)
            )
            if ours and ours == theirs:
                return left.lower[0], right.lower[0]
    return None


_VERBS_OF_FAULTS = """
does doesn't did didn't is isn't are aren't was wasn't were cannot fails failed crashes crashed hangs freezes stops
throws breaks loses shows gives returns takes
"""
_FAULT_VERBS = frozenset(_VERBS_OF_FAULTS.split())


def _states_fault(words: Sequence[str]) -> bool:
    return not _FAULT_VERBS.isdisjoint(words)


def mean_the_same(left: Words, right: Words) -> bool:
    """Return whether two texts have opposites and ask for one thing all the same.

    One states a fault and the other one wishes for its mend, or one has a negation: "do not show" and "hide".
    """
    only_left, only_right = _bag(left) - _bag(right), _bag(right) - _bag(left)
    if _is_wish_for_mend(left, right, _opposite_pairs(only_left, only_right)):
        return True
    pairs = _pairs(left, right, only_left, only_right)
    return any(_is_negated(left, pair, 0) != _is_negated(right, pair, 1) for pair in pairs)


def _is_wish_for_mend(left: Words, right: Words, pairs: Iterable[tuple[str, str]]) -> bool:
    return any(are_fault_and_wish(left, right, pair, OPPOSITES) for pair in pairs)


def _bag(words: Words) -> Counter[str]:
    return Counter(words.stems)


def _counts(word: str) -> bool:
    """Return whether a word that only one text has makes the two differ in subject; numbers are compared elsewhere."""
    return word not in STOP_WORDS and not any(map(str.isdigit, word))


def _opposite_pairs(only_left: Counter[str], only_right: Counter[str]) -> Iterator[tuple[str, str]]:
    for one in only_left:
        for other in sorted(OPPOSITES.get(one, set()) & only_right.keys()):
            yield one, other
        for prefix in _NEGATING_PREFIXES:
            if len(one) > 3 and prefix + one in only_right:
                yield one, prefix + one
            if one.startswith(prefix) and len(one) > len(prefix) + 3 and one[len(prefix) :] in only_right:
                yield one, one[len(prefix) :]
        for other in only_right:
            # Of two words that end alike, as nearly none do.
            if one[-_SHORTEST_STEM:] == other[-_SHORTEST_STEM:] and _have_contrary_prefixes(one, other):
                yield one, other


def _have_contrary_prefixes(one: str, other: str) -> bool:
    """Return whether two words are one behind two beginnings such as "over" and "under"."""
    return any(
        a.startswith(ours) and b.startswith(theirs) and len(a) >= len(ours) + _SHORTEST_STEM
        and a[len(ours) :] == b[len(theirs) :]
        for ours, theirs in _CONTRARY_PREFIXES
        for a, b in ((one, other), (other, one))
    )  # fmt: skip


def _pairs(
    left: Words, right: Words, only_left: Counter[str], only_right: Counter[str]
) -> list[tuple[str, str]]:
    """Return the opposites of two texts; a Han character alone is none outside of an equal word."""
    pairs = (pair for pair in _opposite_pairs(only_left, only_right) if _is_in_frame(left, right, pair))
    return [*_pairs_of_two(left, right), *pairs]


def _pairs_of_two(left: Words, right: Words) -> Iterator[tuple[str, str]]:
    """Yield the opposites of two Han characters each."""
    ours, theirs = (
        [a + b for a, b in pairwise(side.lower) if is_han(a) and is_han(b)] for side in (left, right)
    )
    for one in ours:
        if one not in theirs:
            yield from (
                (one, other) for other in theirs if other in OPPOSITES.get(one, ()) and other not in ours
            )


def _is_in_frame(left: Words, right: Words, pair: tuple[str, str]) -> bool:
    """Return whether one Han character alone differs from the other one, next to one that both texts have."""
    if not is_han(pair[0]):
        return True
    ours, theirs = (_neighbours(side, word) for side, word in zip((left, right), pair, strict=True))
    return any(
        a == b and is_han(a) for one in ours for other in theirs for a, b in zip(one, other, strict=True)
    )


def _neighbours(words: Words, word: str) -> set[tuple[str, str]]:
    """Return what stands before and behind a word, at each of its places."""
    padded = ("", *words.lower, "")
    return {(padded[at - 1], padded[at + 1]) for at in range(1, len(padded) - 1) if padded[at] == word}


def _parts(word: str) -> Sequence[str]:
    """Return the words of one of two opposites, as `Words` splits them."""
    return word if is_han(word) else (word,)


def _negated(
    left: Words, right: Words, only_left: Counter[str], only_right: Counter[str]
) -> tuple[str, str] | None:
    """Return "not" on the side that has it, where one text negates what the other states."""
    ours, theirs = _negations(left), _negations(right)
    if bool(ours) == bool(theirs):
        return None
    if any(word in _NEGATIVE_STEMS for word in (*only_left, *only_right)):
        return None
    # "canont" is no contrary of "cannot".
    if any(is_slip(word, (ours or theirs)[0]) for word in (*only_left, *only_right)):
        return None
    if negates_other_word(left, right):
        return None
    rests = [
        {word for word in bag if _counts(word) and not is_negation(word)} for bag in (only_left, only_right)
    ]
    is_fact = _negates_fact(left, right) if ours else _negates_fact(right, left)
    if max(map(len, rests)) > (_MAX_OTHER_WORDS if is_fact else 1):
        return None
    return (ours[0], "") if ours else ("", theirs[0])


_BEFORE_NEGATED = frozenset(("not", "cannot", "never"))


def negates_other_word(left: Words, right: Words) -> bool:
    """Return whether one text alone has a negation, and of a word that the other text does not have.

    "is blurry" and "is not sharp" may say one thing. In English the negated word stands behind the negation.
    """
    ours, theirs = _negations(left), _negations(right)
    if bool(ours) == bool(theirs):
        return False
    words, others, word = (left, right, ours[0]) if ours else (right, left, theirs[0])
    if word not in _BEFORE_NEGATED and not word.endswith("n't"):
        return False
    at = words.lower.index(word)
    behind = zip(words.stems[at + 1 :], words.lower[at + 1 :], strict=True)
    negated = next((stem for stem, lower in behind if lower not in STOP_WORDS), None)
    return negated is not None and negated not in others.stems


_FACTS = frozenset(("does", "did", "doesn't", "didn't"))


def _negates_fact(words: Words, others: Words) -> bool:
    """Return whether a text says that something does not happen of which the other says that it happens.

    "does not print" negates "prints twice", but neither "print in colour", which is a wish, nor "prints only once".
    """
    at = next(place for place, word in enumerate(words.lower) if is_negation(word))
    if _FACTS.isdisjoint(words.lower[max(at - 1, 0) : at + 1]) or not _LIMITING.isdisjoint(others.lower):
        return False
    behind = zip(words.stems[at + 1 :], words.lower[at + 1 :], strict=True)
    verb = next((stem for stem, word in behind if word not in STOP_WORDS), None)
    return any(
        stem == verb and word != stem and word[-1] in "sd"
        for stem, word in zip(others.stems, others.lower, strict=True)
    )


_LIMITING = frozenset(("only", "just"))


def _is_negated(words: Words, pair: tuple[str, str], side: int) -> bool:
    """Return whether a negation is of one of two opposites: of "do not show", but not of "on when not at home"."""
    end = words.stems.index(_parts(pair[side])[0])
    for at, word in enumerate(words.lower[:end]):
        if not is_negation(word) or stem(word) in pair:
            continue
        n_between = sum(other not in STOP_WORDS for other in words.lower[at + 1 : end])
        start = next((k for k in range(at, 0, -1) if words.lower[k - 1] not in STOP_WORDS), 0)
        is_one_clause = _CLAUSES.isdisjoint(words.lower[start:end])
        if n_between == 0 or (n_between <= _MAX_BETWEEN and is_one_clause):
            return True
    return False


def _negations(words: Words) -> list[str]:
    return [word for word in words.lower if is_negation(word)]


def is_negation(word: str) -> bool:
    """Return whether a word in lower case negates: "not", "without", "doesn't"."""
    return word in _NEGATIONS or word.endswith("n't")


def _swapped(left: Words, right: Words) -> tuple[str, str] | None:
    """Return both directions where the same words stand the other way round: "Jira into GitLab", "GitLab into Jira"."""
    if Counter(left.lower) != Counter(right.lower) or left.lower == right.lower:
        return None
    ours, theirs = _directions(left), _directions(right)
    for before, after in sorted(ours):
        if (after, before) in theirs:
            return f"{before} → {after}", f"{after} → {before}"
    return None


def _directions(words: Words) -> set[tuple[str, str]]:
    """Return the content words on both sides of each word of direction."""
    found: set[tuple[str, str]] = set()
    is_replaced = not _REPLACE.isdisjoint(words.stems)
    for place, word in enumerate(words.lower):
        if word in _DIRECTIONS or (word == "with" and is_replaced):
            before = next((w for w in reversed(words.lower[:place]) if w not in STOP_WORDS), None)
            after = next((w for w in words.lower[place + 1 :] if w not in STOP_WORDS), None)
            if before and after:
                found.add((before, after))
    return found


def _spelled(words: Words, stemmed: str) -> str:
    return words.spelled[words.stems.index(stemmed)] if stemmed in words.stems else stemmed
