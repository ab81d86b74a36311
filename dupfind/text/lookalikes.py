"""Words that are spelt with letters of two alphabets, because some look the same in both."""

import re

_LATIN = "ABEKMHOPCTXYIJSaeopcyxijshdlk"
_CYRILLIC = "АВЕКМНОРСТХУІЈЅаеорсухіјѕһԁӏк"
_TO_LATIN = str.maketrans(_CYRILLIC, _LATIN)
_TO_CYRILLIC = str.maketrans(_LATIN, _CYRILLIC)
_IS_MIXED = re.compile(r"[A-Za-z][\u0400-\u052f]|[\u0400-\u052f][A-Za-z]")
_IS_ABBREVIATION = re.compile(r"[A-Z]{2,8}[\u0400-\u052f]+")  # with a Russian ending or noun: "COMпорт"
_WORD = re.compile(r"[^\W\d_]+")
_IS_CYRILLIC = re.compile(r"[\u0400-\u052f]+")


def in_one_alphabet(text: str) -> str:
    """Return a text whose words of Latin and Cyrillic letters are in one alphabet, where look-alikes allow it.

    A word such as "dаtabase" with a Cyrillic "а" becomes Latin, and "Cлово" with a Latin "C" Cyrillic. A word with
    letters that only one of the alphabets has, on both sides, stays, and so does an abbreviation with a Russian ending
    or noun: "PDFом", "COMпорт".
    """
    if text.isascii() or _IS_MIXED.search(text) is None:
        return text
    return _WORD.sub(lambda word: _in_one_alphabet(word[0]), text)


def _in_one_alphabet(word: str) -> str:
    if word.isascii() or _IS_MIXED.search(word) is None or _IS_ABBREVIATION.fullmatch(word):
        return word
    latin = word.translate(_TO_LATIN)
    if latin.isascii():
        return latin
    cyrillic = word.translate(_TO_CYRILLIC)
    return cyrillic if _IS_CYRILLIC.fullmatch(cyrillic) else word
