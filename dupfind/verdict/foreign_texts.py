"""Pairs in languages that the embeddings know badly: any two Polish texts are near to an English encoder (pure)."""

import re
from itertools import pairwise

from dupfind.records import Record
from dupfind.text.language import FOREIGN_WORDS, is_english, n_english
from dupfind.text.search_tokens import normalised

_FEWEST = 2  # frequent English words of a text that may be a translation
_FEWEST_PAIRS = 2
"""Pairs of kana, Hangul, Thai or the like that two reports of one fault share; any two share one."""

_READ = 2_000  # characters of a text
_BEGINNING = 5  # letters, behind which words are inflected
_WORD = re.compile(r"[^\W\d_]{4,}")
_SHORT = re.compile(r"(?<![^\W_])(?:[A-Z]{2,5}|\d{2,9})(?![^\W_])")  # VPN, HDMI, 500
_SYLLABLE = re.compile(r"[^\W\d_]{2,}")
# Vietnamese has a space between syllables, which are short.
_VIETNAMESE = re.compile("[\u0111\u01a1\u01b0\u1ea0-\u1ef9]", re.IGNORECASE)
# Scripts whose words are not told apart by spaces, or are short: their pairs of characters are compared.
_HAN = re.compile("[\u3400-\u9fff]+")
_DENSE = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u3040-\u30ff\uac00-\ud7ff]+")
_ORDINARY_WORDS = """
anwendung app application aplicación aplikacja aplicativo applicazione problem problema problème program programm
programma programme fehler fehlermeldung funktioniert error errore erreur version versión wersja versione benutzer
usuario utente utilisateur użytkownik jeśli który które proszę après quando cuando wenn nachdem möglich possible możliwe
приложение ошибка проблема программа версия пользователь после если можно
无法 失败 不能 问题 错误 应用 用户 可以 出现 没有 显示 使用 时候
"""
_ORDINARY = frozenset(word[:_BEGINNING] for word in normalised(_ORDINARY_WORDS).split())
"""Beginnings of words that any two reports may share."""


def have_no_words_in_common(left: Record, right: Record) -> bool:
    """Return whether two texts, of which one at least is not English, have no rare word in common.

    Their nearness to an English encoder says nothing then. A name, a number or the beginning of a word is enough. A
    text and its English translation are not compared.

    Args:
        left: The first issue; the first 2,000 characters of its text count.
        right: The second issue.
    """
    ours, theirs = (f"{record.title}\n{record.body}"[:_READ] for record in (left, right))
    english = is_english(ours), is_english(theirs)
    if all(english) or any(
        is_one and n_english(text) >= _FEWEST for is_one, text in zip(english, (ours, theirs), strict=True)
    ):
        return False
    if _words(ours) & _words(theirs):
        return False
    return len(_pairs(_DENSE, ours) & _pairs(_DENSE, theirs)) < _FEWEST_PAIRS


def _words(text: str) -> set[str]:
    """Return the first letters of all words but ordinary ones, numbers and names in capitals; of Han all pairs."""
    short = {word.lower() for word in _SHORT.findall(text)}
    word = _SYLLABLE if _VIETNAMESE.search(text) else _WORD
    plain = _DENSE.sub(" ", normalised(text))
    words = {word[:_BEGINNING] for word in word.findall(_HAN.sub(" ", plain)) if word not in FOREIGN_WORDS}
    return short | (words | _pairs(_HAN, text)) - _ORDINARY


def _pairs(script: re.Pattern[str], text: str) -> set[str]:
    return {a + b for run in script.findall(normalised(text)) for a, b in pairwise(run)}
