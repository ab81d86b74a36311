"""The tokens of a text as the word search indexes them, in every script.

English words are kept whole, and SQLite stems them. Chinese, Japanese and Korean become single characters and
overlapping pairs; Thai, Lao, Khmer and Burmese, whose characters are letters, pairs alone. In other languages each word
is followed by its beginning and by its overlapping threes of characters, which stand in for a stemmer and for the parts
of compounds (McNamee & Mayfield, 2004). The most frequent words have no parts.
"""

import re
import unicodedata
from collections.abc import Iterator

from dupfind.text.arabic_stem import arabic_stem
from dupfind.text.frequent_words import FREQUENT_WORDS
from dupfind.text.language import FOREIGN_WORDS
from dupfind.text.lookalikes import in_one_alphabet
from dupfind.text.stream_safe import stream_safe

MAX_TOKEN = 120
"""Characters of a word that are kept; longer words are encoded data."""

_LOWER_WORDS = {code: chr(code).lower() if chr(code).isalnum() else " " for code in range(128)}
# Han, kana, Hangul, Thai, Lao, Myanmar, Khmer: scripts whose words are not told apart by spaces, or carry endings.
_DENSE = (
    "\u0e00-\u0eff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u3130-\u318f\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\U00020000-\U0003ffff"
)
_RUN = re.compile(f"[{_DENSE}]+|[^{_DENSE}]+")
_IS_DENSE = re.compile(f"[{_DENSE}]")
_LETTERS = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]")  # of Thai, Lao, Burmese and Khmer
_NGRAM = 3
_MARK = "3"  # before a part of a word, so that it is no word
_BEGINNING = 4  # letters, behind which words are inflected
_MARK_OF_BEGINNING = "4"


# Accents of Latin, Greek and Cyrillic; vowel points and signs of recitation of Hebrew and Arabic, and its long stroke.
# Marks of other scripts belong to the letter before.
_MARKS = re.compile(
    "[\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670"
    "\u06d6-\u06dc\u06df-\u06e8\u06ea-\u06ed\u200c\u200d\ufe00-\ufe0f]"
)
# Letters that people write in two ways, and that have no canonical decomposition.
_VARIANTS = str.maketrans("ıłđøٱىیکةۀ", "ildoاييكهه") | {ord("æ"): "ae", ord("œ"): "oe"}


def normalised(text: str) -> str:
    """Return a text in lower case and NFKC, where full-width letters are letters, without accents and vowel points."""
    return text.lower() if text.isascii() else _folded(in_one_alphabet(text))


def _folded(text: str) -> str:
    text = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", stream_safe(text)).casefold())
    return unicodedata.normalize("NFC", _MARKS.sub("", text).translate(_VARIANTS))


def search_tokens(text: str, *, english: bool) -> list[str]:
    """Return the tokens of a text in their order, each of ASCII letters and digits or of Latin, Greek, Cyrillic.

    Args:
        text: Any text.
        english: Whether words in Latin script are left whole.
    """
    if text.isascii() or (text := normalised(text)).isascii():
        words = _ascii_words(text)
        return words if english else [token for word in words for token in _with_parts(word)]
    return list(_tokens(text, english))


def hashed_tokens(text: str) -> list[str]:
    """Return the tokens of which the vector of a text is made that a model does not know.

    Stored vectors depend on them: who changes them changes `composition.embedding_key`, too.

    Args:
        text: Any text.
    """
    found: list[str] = []
    for run in _RUN.findall(_folded(text)):
        if _IS_DENSE.match(run):
            found += (_spelt(char) for char in run)
            found += (_spelt(run[at : at + 2]) for at in range(len(run) - 1))
            continue
        for word in _words(run):
            found.append(_spelt(word))
            if not word.isdigit() and word not in FOREIGN_WORDS:
                found += _threes(word)
    return found


def whole_tokens(text: str) -> list[str]:
    """Return the tokens of a text without parts of words: pairs of characters where words have no spaces."""
    return [_spelt(word) for word in words(text)]


def n_dense(text: str) -> int:
    """Return the number of characters of scripts whose words have no spaces between them."""
    return sum(_IS_DENSE.match(char) is not None for char in text)


def words(text: str) -> list[str]:
    """Return the words of a text in their order, in lower case; pairs of characters where words have no spaces."""
    if text.isascii() or (text := normalised(text)).isascii():
        return _ascii_words(text)
    found: list[str] = []
    for run in _RUN.findall(text):
        if _IS_DENSE.match(run):
            found += [run[at : at + 2] for at in range(len(run) - 1)] or [run]
        else:
            found += _words(run)
    return found


def _ascii_words(text: str) -> list[str]:
    """Return the runs of letters and digits of a text in ASCII, in lower case."""
    found = text.translate(_LOWER_WORDS).split()
    if len(max(found, key=len, default="")) > MAX_TOKEN:
        return [word[:MAX_TOKEN] for word in found]
    return found


def _tokens(text: str, english: bool) -> Iterator[str]:
    for run in _RUN.findall(text):
        if _IS_DENSE.match(run):
            if len(run) == 1 or not _LETTERS.match(run):
                yield from (_spelt(char) for char in run)
            yield from (_spelt(run[at : at + 2]) for at in range(len(run) - 1))
            continue
        for word in _words(run):
            if english and word[0] < "\u0370":  # Latin
                yield word if word.isascii() else _spelt(word)
            else:
                yield from _with_parts(word)


def _words(run: str) -> Iterator[str]:
    """Yield runs of letters, digits and the marks that belong to them."""
    start = -1
    for at, char in enumerate(run):
        is_part = char.isalnum() or (start >= 0 and unicodedata.category(char)[0] == "M")
        if is_part and start < 0:
            start = at
        elif not is_part and start >= 0:
            yield run[start : min(at, start + MAX_TOKEN)]
            start = -1
    if start >= 0:
        yield run[start : start + MAX_TOKEN]


def _with_parts(word: str) -> Iterator[str]:
    yield _spelt(word)
    if word.isdigit() or word in _WITHOUT_PARTS:
        return
    stem = arabic_stem(word)
    if stem != word:
        yield _spelt(stem)
    if len(stem) > _BEGINNING:
        yield f"{_MARK_OF_BEGINNING}{_spelt(stem[:_BEGINNING])}0"
    yield from _threes(stem)


def _threes(word: str) -> Iterator[str]:
    """Yield the overlapping threes of characters of a word, with its edges."""
    padded = f"_{word}_"
    for at in range(len(padded) - _NGRAM + 1):
        part = padded[at : at + _NGRAM].replace("_", "0")
        yield _MARK + _spelt(part)


def _spelt(token: str) -> str:
    """Return a token in characters that every version of SQLite takes for letters: others by their numbers."""
    if token.isascii():
        return token
    return "".join(char if char.isascii() else f"{ord(char):x}" for char in token)


# The parts of "und" are in many other words.
_WITHOUT_PARTS = frozenset(map(normalised, FREQUENT_WORDS))
