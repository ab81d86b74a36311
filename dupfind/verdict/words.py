"""The words of a title or a sentence, for the comparison of two texts word by word (pure)."""

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from dupfind.text.search_tokens import normalised
from dupfind.text.stream_safe import stream_safe

MAX_WORDS = 60
"""Words of a title or a sentence that are compared."""

_MAX_CHARACTERS = 600
_COMPOUND = re.compile(r"\b(no|non)-(?=[^\W\d])", re.IGNORECASE)  # "no-op" is one word
_ELISION = re.compile(  # "d'ajouter", "l'icona"
    r"(?<![\w'’])(?:[cdjlmnst]|qu|jusqu|lorsqu|puisqu|un|all|dall|dell|nell|sull)['’](?=[^\W\d_]{3})",
    re.IGNORECASE,
)
# Kana and Han, whose words are not told apart by spaces: a Han character is a word, a run of kana of one sort is one.
_HIRAGANA, _KATAKANA = "\u3040-\u309f", "\u30a0-\u30ff\u31f0-\u31ff"
_KANA, _HAN = _HIRAGANA + _KATAKANA, "\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_SPACED = rf"[^\W{_KANA}{_HAN}]"
_WORD = re.compile(
    rf"[{_HAN}]|[{_HIRAGANA}]{{1,60}}|[{_KATAKANA}]{{1,60}}|(?!_){_SPACED}(?:(?:{_SPACED}|[.'’+#]){{0,60}}(?:{_SPACED}|[+#]))?"
)
_BETWEEN_SCRIPTS = re.compile(
    rf"(?<=[{_KANA}{_HAN}])(?=[^\W{_KANA}{_HAN}])|(?<=[^\W{_KANA}{_HAN}])(?=[{_KANA}{_HAN}])"
)
_IS_HAN = re.compile(rf"[{_HAN}]")
_ENDINGS = (("ings", "ing", "ied", "ies", "ed", "es", "s"), ("e", "y", "i"))  # inflections, then a last vowel
_SHORTEST_STEM = 3
_SHORTEST_TYPO = 4  # letters
_SHORTEST_LEFT_OUT = 6  # letters of a word of which another one may have been left out
_LONGEST_SLIP = 60  # letters of a word: longer ones are addresses and data, of which each letter counts
_NO_PLURALS = frozenset(("https",))

_WHOLE = {"can't": "cannot", "cant": "cannot", "doesnt": "doesn't", "dont": "don't", "isnt": "isn't"}

_STOPPED = """
a able about after all also am an and any are as at be because been before being but by can could did do does doing
done for from get gets getting got had has have having he her here his how i if in into is it its just let
like me my no nor not of off on onto or our out over own per please should so some still such than that the
their them then there these they this those to too under until up us use used using very via was we were what
when where which while who whom why will with within without would yet you your
的 了 是 在 和 与 就 都 也 还 请 及 着
"""
STOP_WORDS = frozenset(_STOPPED.split())
"""Words that carry no subject of their own."""


@dataclass(frozen=True, slots=True)
class Words:
    """The words of one title or sentence.

    Attributes:
        spelled: As they are written, in order.
        lower: The same in lower case.
        stems: The same without endings; see `stem`.
    """

    spelled: tuple[str, ...]
    lower: tuple[str, ...]
    stems: tuple[str, ...]

    @classmethod
    def of(cls, text: str) -> "Words":
        """Split a text; only its first `MAX_WORDS` words count."""
        plain = _ELISION.sub("", _COMPOUND.sub(r"\1", text[:_MAX_CHARACTERS]))
        found = (match[0] for match in _WORD.finditer(plain))
        spelled = tuple(word for word, _ in zip(found, range(MAX_WORDS), strict=False))
        lower = tuple(_WHOLE.get(word, word) for word in (w.casefold().replace("’", "'") for w in spelled))
        return cls(spelled, lower, tuple(map(stem, lower)))

    def content(self) -> Counter[str]:
        """Return the stems of all words but stop words, with their counts."""
        return Counter(
            stem
            for stem, word in zip(self.stems, self.lower, strict=True)
            if word not in STOP_WORDS and (len(word) > 1 or not word.isascii())
        )


@lru_cache(maxsize=16_384)  # trackers say the same words again and again; `Words` have 62 characters at most
def stem(word: str) -> str:
    """Return a word without its English ending: "enabling", "enabled" and "enables" are one stem.

    A rough stem without accents for comparison alone; it is no word and is never shown.
    """
    word = folded(word)
    if not word.isascii() or not word.isalpha() or word in _NO_PLURALS:
        return word
    for endings in _ENDINGS:
        for ending in endings:
            if (
                word.endswith(ending)
                and len(word) - len(ending) >= _SHORTEST_STEM
                and not word.endswith("ss")
            ):
                word = word.removesuffix(ending)
                break
    is_doubled = len(word) > _SHORTEST_STEM and word[-1] == word[-2] and word[-1] not in "ls"
    return word[:-1] if is_doubled else word  # "planned" and "plan"


_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue"})


def folded(text: str) -> str:
    """Return a text in lower case without accents, as people write it who lack the keys: "für" and "fuer" are one."""
    if text.isascii():
        return text.casefold()
    return normalised(unicodedata.normalize("NFC", stream_safe(text)).translate(_UMLAUTS))


def spaced(text: str) -> str:
    """Return a text with a space between Han or kana and other letters or digits: "iOS 版", "2026 年"."""
    return text if text.isascii() else _BETWEEN_SCRIPTS.sub(" ", text)


def is_han(text: str) -> bool:
    """Return whether a text begins with a Han character; two or more of them are a word."""
    return _IS_HAN.match(text) is not None


def n_han(text: str) -> int:
    """Count the Han characters of a text."""
    return len(_IS_HAN.findall(text))


def spelled_out(words: Sequence[str]) -> str:
    """Return words with a space between them, but none between Han characters."""
    text = ""
    for word in words:
        text += word if not text or (is_han(text[-1]) and is_han(word)) else f" {word}"
    return text


def are_swapped(one: str, other: str) -> bool:
    """Return whether two texts differ in two neighbouring letters that changed places: "tets" and "test".

    Shorter ones than four letters are names of their own, such as "lt" and "tl".
    """
    if len(one) != len(other) or len(one) < _SHORTEST_TYPO or one == other:
        return False
    at = next(place for place, (a, b) in enumerate(zip(one, other, strict=True)) if a != b)
    pair = one[at : at + 2]
    return pair.isalpha() and pair == other[at : at + 2][::-1] and one[at + 2 :] == other[at + 2 :]


def is_slip(one: str, other: str) -> bool:
    """Return whether a word may be another one mistyped: two letters changed places, or one is left out or doubled.

    The first and the last letter count: "parse" and "sparse", "http" and "https" are two words. So does each letter of
    a word of more than 60.
    """
    short, long = sorted((one, other), key=len)
    if len(long) > _LONGEST_SLIP:
        return False
    if len(short) == len(long):
        return are_swapped(one, other)
    if len(long) - len(short) != 1 or len(short) < _SHORTEST_TYPO or short[0] != long[0]:
        return False
    at = next((place for place, (a, b) in enumerate(zip(short, long, strict=False)) if a != b), len(short))
    return at < len(short) and short[at:] == long[at + 1 :]


def is_sure_slip(one: str, other: str) -> bool:
    """Return whether a word is a slip of another one, and of none of its neighbours.

    In a short word each letter counts, unless it is doubled: "chat" and "chart" are two, "guard" and "guaard" are one.
    """
    if not is_slip(one, other):
        return False
    short, long = sorted((one, other), key=len)
    is_doubled = any(
        a == b and long[:at] + long[at + 1 :] == short for at, (a, b) in enumerate(pairwise(long))
    )
    return len(short) == len(long) or len(short) >= _SHORTEST_LEFT_OUT or is_doubled


def dice(left: Counter[str], right: Counter[str]) -> float:
    """Return the Dice coefficient of two bags of words, 0 to 1; 1 for two empty ones."""
    total = left.total() + right.total()
    return 2 * (left & right).total() / total if total else 1.0


def sentences(text: str) -> list[str]:
    """Return the sentences and lines of a text that have a letter or digit, in order."""
    pieces = (piece.strip() for piece in _SENTENCE_END.split(text))
    return [piece for piece in pieces if any(map(str.isalnum, piece))]


def clauses(sentence: str) -> list[str]:
    """Return the parts of a sentence that a comma behind a Han character or kana divides."""
    return [part for part in _CLAUSE_END.split(sentence) if any(map(str.isalnum, part))]


_SENTENCE_END = re.compile(r"(?<=[.!?;。！？])\s+|\n|(?<=[。！？])")
_CLAUSE_END = re.compile(rf"(?<=[，；])|(?<=[{_KANA}{_HAN}])[,;]")
