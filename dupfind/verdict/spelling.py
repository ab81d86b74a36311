"""Whether two words of two titles are one word mistyped, or two names (pure)."""

from collections.abc import Sequence

from dupfind.verdict.alignment import likeness
from dupfind.verdict.words import Words

_TYPO = 0.75  # likeness of two words that may be one
_MAX_ACRONYM = 6  # letters
_PREFIXES_OF_WORDS = """
un re de dis pre post non sub super over under up down out in im ex anti auto multi inter intra co
wy od za prze ab an auf aus ein ent ver des dés
"""
_WORD_PREFIXES = frozenset(_PREFIXES_OF_WORDS.split())


def may_be_typo(one: str, other: str) -> bool:
    """Return whether two words are spelled nearly alike; "connect" and "reconnect" are two all the same."""
    short, long = sorted((one, other), key=len)
    if len(short) < len(long) and long.endswith(short) and long.removesuffix(short) in _WORD_PREFIXES:
        return False
    return likeness(one, other) >= _TYPO


def are_acronyms(one: Sequence[str], other: Sequence[str], ours: Words, theirs: Words) -> bool:
    """Return whether two words are names in capitals, such as FTP and SFTP, in titles that are not in capitals.

    Args:
        one: The words that one title alone has, as they are written.
        other: Those that the other title alone has.
        ours: All words of the first title.
        theirs: Those of the second.
    """
    return all(
        len(side) == 1
        and side[0].isupper()
        and 1 < len(side[0]) <= _MAX_ACRONYM
        and any(word.islower() for word in words.spelled)
        for side, words in ((one, ours), (other, theirs))
    )
