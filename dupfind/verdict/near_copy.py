"""Near-copies: one text posted again with light edits, by the character n-grams that both texts share (pure)."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from dupfind.verdict.appended import without_appended
from dupfind.verdict.filled_forms import without_headings
from dupfind.verdict.words import Words, clauses, folded, is_han, is_sure_slip, n_han, sentences

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
    ours, theirs = _Compared.of(left), _Compared.of(right)
    common = len(ours.n_grams & theirs.n_grams)
    return Overlap(
        left=common / max(len(ours.n_grams), 1),
        right=common / max(len(theirs.n_grams), 1),
        n_common=_n_words(ours.content & theirs.content),
        both_add=is_cut or (_adds(ours, theirs) and _adds(theirs, ours)),
    )


@dataclass(frozen=True, slots=True)
class _Compared:
    """A text as it is compared with others.

    Attributes:
        n_grams: Of the whole text.
        pieces: Its pieces, each with the stems of its content words.
        content: The stems of all pieces.
    """

    n_grams: set[str]
    pieces: Sequence[tuple[str, frozenset[str]]]
    content: frozenset[str]

    @staticmethod
    @lru_cache(maxsize=2)  # a query is compared with each of its candidates: it and the last one are kept
    def of(text: str) -> "_Compared":
        """Read a text of at most `MAX_CHARACTERS`."""
        pieces = [(piece, frozenset(Words.of(piece).content())) for piece in _pieces(text)]
        return _Compared(n_grams(text), pieces, frozenset().union(*(content for _, content in pieces)))


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
            plain = folded(word).strip(_PUNCTUATION)
            is_end = word[-1] in _PUNCTUATION
            if plain and plain not in _ARTICLES:
                yield plain, "" if is_end else behind.strip(_PUNCTUATION)


def n_grams(text: str) -> set[str]:
    """Return the character 5-grams of a text in lower case, with one space for each run of others.

    One that begins with a Han character has two characters, since each says more, up to the last two of the text.
    """
    plain = " ".join("".join(c if c.isalnum() else " " for c in folded(text)).split())
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


def _n_words(content: Iterable[str]) -> int:
    """Count words; two Han characters are one."""
    words = list(content)
    return len(words) - (sum(map(is_han, words)) + 1) // 2


def _adds(text: _Compared, other: _Compared) -> bool:
    """Return whether one of a text's pieces has content, and n-grams and words that are not the other text's.

    A line that names another file twice is no piece of its own.
    """
    for piece, content in text.pieces:
        own = n_grams(piece)
        if len(own & other.n_grams) >= _SENTENCE_COVERED * len(own):
            continue
        least = _SENTENCE_WORDS if _IS_SENTENCE.search(piece[-_N:]) else _LINE_WORDS
        if _n_words(content) >= least and _n_words(content - other.content) >= least - 1:
            return True
    return False
