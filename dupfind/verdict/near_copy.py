"""Near-copies: one text posted again with light edits, by the character n-grams that both texts share (pure)."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from dupfind.verdict.appended import without_appended
from dupfind.verdict.filled_forms import without_headings
from dupfind.verdict.words import Words, clauses, is_han, is_sure_slip, n_han, sentences

MAX_CHARACTERS = 64_000
"""Characters of a text that are compared; longer ones are no near-copies, since their ends may differ."""

LEAST_CONTENT = 3
"""Different content words that both texts need in common: "It crashes" twice is no near-copy."""

FEW = 8
"""Common content words below which two texts are hardly more than their titles."""

_N = 5
_N_HAN = 2
_PARTS = ((0.9, 0.45), (0.85, 0.62))
# Least shares of n-grams that the shorter and the longer text have in the other: a part left out, or edits all over.
_SENTENCE_COVERED = 0.5
_SENTENCE_WORDS = 3
_LINE_WORDS = 4  # a line without a full stop may be a signature or a device
_IS_SENTENCE = re.compile(r"[.!?。！？]\W{0,3}$")
_ARTICLES = frozenset(("a", "an", "the"))
_SLIPS = 5  # words of which one may be mistyped
_PUNCTUATION = ".,;:!?\"'()[]…"
_PLACES = frozenset(("at", "in", "on"))
_PIECE = 24  # words: a longer sentence, such as a log without a full stop, is compared in pieces


@dataclass(frozen=True, slots=True)
class Overlap:
    """What two whole texts have in common.

    Attributes:
        left: Share of the left text's n-grams that the right one has, 0 to 1.
        right: Share of the right text's n-grams that the left one has, 0 to 1.
        n_common: Different content words that both have.
        both_add: Whether each has a sentence of its own that the other does not have in any form, or may have one
            beyond `MAX_CHARACTERS`.
    """

    left: float
    right: float
    n_common: int
    both_add: bool

    @property
    def is_near_copy(self) -> bool:
        """Whether one text is the other with light edits: typos, another order, a greeting, a part left out."""
        return (
            any(
                max(self.left, self.right) >= covered and min(self.left, self.right) >= partly
                for covered, partly in _PARTS
            )
            and self.n_common >= LEAST_CONTENT
            and not self.both_add
        )


def overlap(left: str, right: str) -> Overlap:
    """Compare two texts; time grows linearly with their lengths, up to `MAX_CHARACTERS`.

    Args:
        left: Title and body of an issue, one after the other, as its tracker has them.
        right: The same of the other issue.
    """
    is_cut = max(len(left), len(right)) > MAX_CHARACTERS
    left, right = without_headings(left[:MAX_CHARACTERS], right[:MAX_CHARACTERS])
    left, right = without_appended(left, right)
    ours, theirs = n_grams(left), n_grams(right)
    common = len(ours & theirs)
    our_pieces, their_pieces = _pieces(left), _pieces(right)
    return Overlap(
        left=common / max(len(ours), 1),
        right=common / max(len(theirs), 1),
        n_common=_n_words(_content(our_pieces) & _content(their_pieces)),
        both_add=is_cut
        or (
            _adds(our_pieces, theirs, _content(their_pieces))
            and _adds(their_pieces, ours, _content(our_pieces))
        ),
    )


def have_same_words(left: str, right: str) -> bool:
    """Return whether two texts have the same words, also in another order: "slow in A and B", "slow in B and A".

    One word of `_SLIPS` may be mistyped. Articles do not count. At one place "at" is "in" or "on", and so is one for
    the other before a name: "in Chrome", but not "the lamp is on". In another order both need `LEAST_CONTENT` words.

    Args:
        left: Title and body of an issue, one after the other.
        right: The same of the other issue.
    """
    if max(len(left), len(right)) > MAX_CHARACTERS:
        return False
    our_words, their_words = list(_plain_words(left)), list(_plain_words(right))
    ours, theirs = ([word for word, _ in words] for words in (our_words, their_words))
    if len(ours) == len(theirs):
        pairs = zip(our_words, their_words, strict=True)
        changed = [(one[0], other[0]) for one, other in pairs if not _is_one_word(one, other)]
        if _SLIPS * len(changed) <= len(ours) and all(is_sure_slip(*pair) for pair in changed):
            return bool(ours)
    return len(ours) == len(theirs) and len(set(ours)) >= LEAST_CONTENT and Counter(ours) == Counter(theirs)


def _is_one_word(one: tuple[str, str], other: tuple[str, str]) -> bool:
    """Return whether two words, each with the one behind it, are equal or name one place."""
    if one[0] == other[0]:
        return True
    if not (_PLACES.issuperset((one[0], other[0])) and one[1] and one[1].casefold() == other[1].casefold()):
        return False
    return "at" in (one[0], other[0]) or one[1][0].isupper() or other[1][0].isupper()


def _plain_words(text: str) -> Iterator[tuple[str, str]]:
    """Yield the words of a text in lower case without articles, each with the word behind it in its line."""
    for line in text.split("\n"):
        words = [word for word in line.split() if word.casefold() not in _ARTICLES]
        for word, behind in pairwise([*words, ""]):
            plain = word.casefold().strip(_PUNCTUATION)
            is_end = word[-1] in _PUNCTUATION
            if plain and plain not in _ARTICLES:
                yield plain, "" if is_end else behind.strip(_PUNCTUATION)


def n_grams(text: str) -> set[str]:
    """Return the character 5-grams of a text in lower case, with one space for each run of others.

    One that begins with a Han character has two characters, since each says more, up to the last two of the text.
    """
    plain = " ".join("".join(c if c.isalnum() else " " for c in text.casefold()).split())
    if not plain:
        return set()
    if plain.isascii():
        return {plain[start : start + _N] for start in range(max(len(plain) - _N + 1, 1))}
    ends = ((start, start + (_N_HAN if is_han(plain[start]) else _N)) for start in range(len(plain)))
    return {plain[start:end] for start, end in ends if end <= len(plain)} or {plain}


def _pieces(text: str) -> list[str]:
    """Return the sentences and lines of a whole text, long ones in pieces; those in Han characters by clause."""
    return [piece for sentence in sentences(text) for clause in clauses(sentence) for piece in _cut(clause)]


def _cut(clause: str) -> list[str]:
    if 2 * n_han(clause) > len(clause):
        step = _PIECE * _N_HAN
        return [clause[start : start + step] for start in range(0, len(clause), step)]
    words = clause.split()
    return [" ".join(words[start : start + _PIECE]) for start in range(0, len(words), _PIECE)]


def _content(pieces: Sequence[str]) -> set[str]:
    return {stem for piece in pieces for stem in Words.of(piece).content()}


def _n_words(content: Iterable[str]) -> int:
    """Count words; two Han characters are one."""
    words = list(content)
    return len(words) - (sum(map(is_han, words)) + 1) // 2


def _adds(pieces: Sequence[str], others: set[str], words: set[str]) -> bool:
    """Return whether one of a text's pieces has content, and n-grams and words that are not the other text's.

    A line that names another file twice is no piece of its own.
    """
    for piece in pieces:
        own = n_grams(piece)
        is_own = len(own & others) < _SENTENCE_COVERED * len(own)
        least = _SENTENCE_WORDS if _IS_SENTENCE.search(piece[-_N:]) else _LINE_WORDS
        content = Words.of(piece).content() if is_own else {}
        if _n_words(content) >= least and _n_words(content.keys() - words) >= least - 1:
            return True
    return False
