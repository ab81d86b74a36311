"""Explains a match: sentences and words that two texts share, and facts that agree or differ (no model needed)."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import fsum, log

from dupfind.text.composition import ComposedText

MAX_SENTENCES = 2
MAX_WORDS = 12
_MAX_COMPARED = 24  # sentences of each text
_MAX_SHOWN = 240  # characters of a sentence
_MIN_LIKENESS = 0.2

Segments = tuple[tuple[str, bool], ...]
"""A sentence in pieces, each with a flag: the other sentence has it too. Joined, the pieces are the sentence."""


@dataclass(frozen=True, slots=True)
class Aligned:
    """Two sentences with nearly the same words."""

    left: Segments
    right: Segments


@dataclass(frozen=True, slots=True)
class Fact:
    """One kind of fact that both records name.

    Attributes:
        kind: "code" (an error code, exception or signal), "version" or "platform".
        both: Values that both records name, in order.
        left: Values that only the first names.
        right: Values that only the second names.
    """

    kind: str
    both: tuple[str, ...]
    left: tuple[str, ...]
    right: tuple[str, ...]

    @property
    def agrees(self) -> bool:
        """Return whether the records share at least one value."""
        return bool(self.both)


@dataclass(frozen=True, slots=True)
class Reasons:
    """Arguments for and against a duplicate.

    Attributes:
        sentences: The best-aligned pairs of sentences, best first; titles count as sentences.
        words: Words that both texts have, rarest first.
        facts: One for each kind of fact that both texts name.
    """

    sentences: tuple[Aligned, ...]
    words: tuple[str, ...]
    facts: tuple[Fact, ...]


def rarities(texts: Iterable[ComposedText]) -> dict[str, float]:
    """Return the inverse document frequency of each word over some texts, in nats."""
    counts: Counter[str] = Counter()
    n_texts = 0
    for text in texts:
        counts.update(_words(text.whole).keys())
        n_texts += 1
    return {word: log(1 + n_texts / count) for word, count in counts.items()}


def compare(left: ComposedText, right: ComposedText, rarity: Mapping[str, float]) -> Reasons:
    """Compare two composed texts.

    Args:
        left: The first text.
        right: The second text.
        rarity: From `rarities`, over texts that include these two; rare words count more.
    """
    ours, theirs = _words(left.whole), _words(right.whole)
    shared = sorted(ours.keys() & theirs.keys(), key=lambda word: (-rarity.get(word, 0), word))
    return Reasons(
        sentences=tuple(_align(left, right, rarity)),
        words=tuple(ours[word] for word in shared[:MAX_WORDS]),
        facts=tuple(_facts(left.whole, right.whole)),
    )


_WORD = re.compile(r"[^\W_](?:[\w.+#-]*[^\W_])?")
_SENTENCE_END = re.compile(r"(?<=[.!?;])\s+|\n")
_ENDING = re.compile(r"(?<=\w{3})(?:ing|ed|es|s)$")
_STOPPED = """
a about after all also am an and any are as at be because been before being but by can cannot could did do does
doesn't doing don't e.g for from get gets getting got had has have having how i i'm if in into is isn't it it's its
just like make me more my no not now of off on one only or other our out over same see should so some still such
than that the their them then there these they this those to too under until up use used using very was we were what
when where which while who why will with within without would you your
"""
_STOP_WORDS = frozenset(_STOPPED.split())


def _words(text: str) -> dict[str, str]:
    """Return the words of a text, without stop words, by stem; each in its first form."""
    words: dict[str, str] = {}
    for match in _WORD.finditer(text):
        word = match[0].casefold()
        if word not in _STOP_WORDS and not (len(word) == 1 and word.isascii()):
            words.setdefault(_ENDING.sub("", word), match[0])
    return words


def _sentences(text: ComposedText) -> list[tuple[str, dict[str, str]]]:
    pieces = [text.title, *_SENTENCE_END.split(text.body)][:_MAX_COMPARED]
    sentences = ((piece.strip()[:_MAX_SHOWN], _words(piece[:_MAX_SHOWN])) for piece in pieces)
    return [(sentence, words) for sentence, words in sentences if words]


def _align(left: ComposedText, right: ComposedText, rarity: Mapping[str, float]) -> Iterable[Aligned]:
    """Yield the best pairs of sentences, each sentence once, by cosine times the weight of the shared words."""
    ours, theirs = _sentences(left), _sentences(right)

    def weight(words: Iterable[str]) -> float:
        return fsum(rarity.get(word, 1.0) ** 2 for word in words)  # exact: the order of a set is random

    our_weights = [weight(words) for _, words in ours]
    their_weights = [weight(words) for _, words in theirs]
    candidates = []
    for a, (_, our_words) in enumerate(ours):
        for b, (_, their_words) in enumerate(theirs):
            shared = weight(our_words.keys() & their_words.keys())
            likeness = shared / (our_weights[a] * their_weights[b]) ** 0.5
            if likeness >= _MIN_LIKENESS:
                candidates.append((likeness * shared, -a, -b))  # negative: equal values in reading order
    used: tuple[set[int], set[int]] = (set(), set())
    for _, a, b in sorted(candidates, reverse=True):
        if len(used[0]) == MAX_SENTENCES:
            return
        if -a in used[0] or -b in used[1]:
            continue
        used[0].add(-a)
        used[1].add(-b)
        (our_text, our_words), (their_text, their_words) = ours[-a], theirs[-b]
        shared_words = our_words.keys() & their_words.keys()
        yield Aligned(_segments(our_text, shared_words), _segments(their_text, shared_words))


def _segments(sentence: str, shared: Iterable[str]) -> Segments:
    shared = set(shared)
    pieces: list[tuple[str, bool]] = []
    end = 0
    for match in _WORD.finditer(sentence):
        if _ENDING.sub("", match[0].casefold()) in shared:
            pieces += [(sentence[end : match.start()], False), (match[0], True)]
            end = match.end()
    pieces.append((sentence[end:], False))
    return tuple(piece for piece in pieces if piece[0])


_FACTS = {
    "code": re.compile(
        r"\b(?:0x[0-9a-fA-F]{2,8}|[A-Z]{1,6}[-_]?\d{3,6}|SIG[A-Z]{3,6}|ERR_[A-Z_]{3,40}"
        r"|E(?:NOENT|ACCES|PERM|EXIST|PIPE|INVAL|NOMEM|MFILE|AGAIN|BUSY|ROFS|NOSPC|TIMEDOUT|NOTFOUND|CONN[A-Z]+|ADDR[A-Z]+)"
        r"|(?:[A-Z][a-z0-9]+){1,5}(?:Exception|Error|Fault|Panic)|(?:HTTP|status|code|errno)[ :=]{1,3}-?\d{2,5})\b"
    ),
    "version": re.compile(
        r"(?<![\w.,/-])v?(?=\d{1,4}\.\d)\d{1,4}(?:\.(?:\d{1,5}|x)){1,3}(?:-?(?:rc|beta|alpha)\d*)?(?![\w%])"
    ),
    "platform": re.compile(
        r"\b(?:Android|iOS|iPhone|iPad|Windows|Linux|macOS|Mac OS X|OS X|Ubuntu|Debian|Fedora|FreeBSD|Chrome|Firefox"
        r"|Safari|Edge|Blackberry|BlackBerry|Tizen|x86_64|arm64|aarch64|i686|MSVC|MinGW)\b"
    ),
}  # fmt: skip
_PLAIN = {"Mac OS X": "macOS", "OS X": "macOS", "iPhone": "iOS", "iPad": "iOS", "Blackberry": "BlackBerry"}


def _facts(left: str, right: str) -> Iterable[Fact]:
    for kind, pattern in _FACTS.items():
        ours, theirs = (
            {_plain(kind, match[0]) for match in pattern.finditer(text)} for text in (left, right)
        )
        if ours and theirs:
            yield Fact(kind, _first(ours & theirs), _first(ours - theirs), _first(theirs - ours))


def _plain(kind: str, value: str) -> str:
    return value.removeprefix("v") if kind == "version" else _PLAIN.get(value, value)


def _first(names: set[str]) -> tuple[str, ...]:
    return tuple(sorted(names)[:6])
