"""Tells English from other languages by script and by the most frequent words of each (pure)."""

import re

_READ = 2_000  # characters of a text that are looked at
_FEWEST = 2  # frequent words of another language
_WORD = re.compile(r"[^\W\d_]+")
_DOT_ABOVE = "\u0307"  # which stays of the Turkish capital I
_LOWER_LETTERS = {code: chr(code).lower() if chr(code).isalpha() else " " for code in range(128)}

_ENGLISH = """
a after all an and are as at be but by can cannot do does for from get has have i if in into is it my no not of on or
should that the there this to we when which with would you
"""
FUNCTION_WORDS = frozenset(_ENGLISH.split())
"""The most frequent English words, which say nothing about a subject."""

# The most frequent words of other languages in Latin script, without those that are English words, too.
_FOREIGN = """
aber als am auch auf aus bei beim bir bu być cómo como cuando dans das de dei del della den depuis der desde det di dopo
du durch ein eine einem einen einer el en est está esta este et für gli gdy här het ich ikke il ile im ist jak jest
kann kein keine la las le les lo los lorsque må mais mas mit não na nach nel nicht nie niet noch o och oder ou oraz
ao par pas pela pelo per perché pero pod por pour przy qu quand quando que qui quien se ser si sich sie sin sind sobre
som sono sur te til tout tämä um una uma und une utan van ve ved von voor w wenn werden wie wird wordt y za zijn
zu zum zur à är é över über
"""
FOREIGN_WORDS = frozenset(_FOREIGN.split()) - FUNCTION_WORDS
"""The most frequent words of other languages in Latin script."""

_UNMISTAKABLE_WORDS = """
aber avec cuando dans depuis eine einem einen einer ikke kein keine lorsque nach nicht nichts nie niet noch oder olarak
oraz przy quando sich sind sonra sont wenn werden wird wordt yok
"""
_UNMISTAKABLE = frozenset(_UNMISTAKABLE_WORDS.split())
"""Words of which one is enough to tell a short text from English; none is a name, such as that of the tool Jest."""

_OTHERS = FOREIGN_WORDS - _UNMISTAKABLE
_ALL_FOREIGN = FOREIGN_WORDS | _UNMISTAKABLE


_ENGLISH_MODELS = ("all-MiniLM-L6-v2", "MiniLM-issues")


def knows_only_english(model: str) -> bool:
    """Return whether a model, by its name for people, is one of those that learned from English texts alone."""
    return model.endswith(_ENGLISH_MODELS)


def is_english(text: str) -> bool:
    """Return whether a text in Latin script reads as English, or gives no sign of another language.

    Short texts give few signs: without letters beyond ASCII and without the frequent words of another language
    they count as English. A word such as "nicht" counts as two.

    Args:
        text: Its first 2,000 characters are read.
    """
    start = text[:_READ]
    is_ascii = start.isascii()
    words = (
        start.translate(_LOWER_LETTERS).split()
        if is_ascii
        else _WORD.findall(start.lower().replace(_DOT_ABOVE, ""))
    )
    if not words or (is_ascii and _ALL_FOREIGN.isdisjoint(words)):
        return True
    english = sum(map(FUNCTION_WORDS.__contains__, words))
    others = sum(map(_OTHERS.__contains__, words)) + _FEWEST * sum(map(_UNMISTAKABLE.__contains__, words))
    beyond_ascii = 0 if is_ascii else sum(not word.isascii() for word in words)
    foreign = others + beyond_ascii
    return foreign <= english or (foreign < _FEWEST and not beyond_ascii) or foreign < 0.05 * len(words)


def n_english(text: str) -> int:
    """Count the most frequent English words among the first 2,000 characters of a text."""
    return sum(map(FUNCTION_WORDS.__contains__, _WORD.findall(text[:_READ].lower())))
