"""Short texts that are alike but for the one thing they are about: in them a single word says which it is (pure)."""

from collections import Counter
from collections.abc import Iterable
from itertools import pairwise

from dupfind.records import Record
from dupfind.verdict.synonyms import are_synonyms
from dupfind.verdict.words import STOP_WORDS, Words, is_han, is_sure_slip, sentences, stem

_ANOTHER = frozenset(("another",))
_SHORTEST = 6  # letters of a word in which one wrong vowel is a slip
_MOST = 200  # different words of a text that is compared word by word
_VOWELS = frozenset("aeiouy")


def name_other_things(left: Record, right: Record) -> bool:
    """Return whether each of two short texts has a word, name or number that the other has in no form.

    "Restart the server web1" and "Restart the server db2" are two requests. A greeting, a left-out word or one more
    sentence is of one side alone. A text that says "another" is of another thing by its own account.

    Args:
        left: The first issue; its title and body together have few words.
        right: The second issue.

    Returns:
        True where they are about two things.
    """
    ours, theirs = _words(left), _words(right)
    if max(len(set(ours)), len(set(theirs))) > _MOST:
        return True  # of so many words so few are common
    own, other = _own_words(ours, theirs), _own_words(theirs, ours)
    return bool(own and other) or not _ANOTHER.isdisjoint(own | other)


def _words(record: Record) -> list[str]:
    """Return all words of a title and a body in lower case, in order."""
    return [word for piece in sentences(f"{record.title}\n{record.body}") for word in Words.of(piece).lower]


def _own_words(words: list[str], others: list[str]) -> set[str]:
    """Return the words with a meaning of their own that the other text has in no form, also not joined or parted."""
    known = {*others, *_joined(others)}
    stems = set(map(stem, known))
    parts = {part for pair in pairwise(words) if "".join(pair) in known for part in pair}
    # One Han character says little: what counts is how often a text has it.
    own = {word for word in Counter(words) - Counter(others) if is_han(word) or word not in known | parts}
    return {
        word
        for word in own - STOP_WORDS
        if is_han(word)
        or (stem(word) not in stems and not any(_is_form_of(word, other) for other in set(others)))
    }


def _joined(words: Iterable[str]) -> set[str]:
    """Return all words that two neighbours make together, such as "webpage"; Han characters are joined already."""
    return {one + other for one, other in pairwise(words) if not is_han(one)}


def _is_form_of(one: str, other: str) -> bool:
    """Return whether two words are one, mistyped or put in other words. Names with signs or digits are exact."""
    if not (one.isalpha() and other.isalpha()):
        return False
    return (
        is_sure_slip(one, other) or _has_wrong_vowel(one, other) or are_synonyms({stem(one)}, {stem(other)})
    )


def _has_wrong_vowel(one: str, other: str) -> bool:
    """Return whether two long words differ in one vowel inside, as "seperate" and "separate" do."""
    if len(one) != len(other) or len(one) < _SHORTEST or one[0] != other[0] or one[-1] != other[-1]:
        return False
    changed = [pair for pair in zip(one, other, strict=True) if pair[0] != pair[1]]
    return len(changed) == 1 and _VOWELS.issuperset(changed[0])
