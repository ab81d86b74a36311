"""Whether a text states a fault or wishes for its mend: "Setup is hard", "Make setup easier" (pure)."""

from collections.abc import Mapping, Set

from dupfind.verdict.words import STOP_WORDS, Words, stem

_WISHES = """
should must want wish please
machen soll sollte sollten muss bitte
hacer poner debería rendre faire devrait fazer deixar deve rendere сделать
把 请 让 应
"""
_WISHING = frozenset(_WISHES.split())
_COMMANDS = frozenset(("make", "let", "turn", "switch", "set"))
"""Words that wish where a text begins with them or after `_BEFORE_COMMAND`; in "lamps turn on" they state."""

_BEFORE_COMMAND = frozenset(("please", "to", "should", "must", "can", "could", "and"))
_STATES = """
too very is are was were became become becomes get gets got gotten stays remains looks seems
zu sehr ist sind war wird wurde
muy demasiado es son está están trop est sont muito é troppo è слишком очень
太 很 过 得
"""
_STATING = frozenset(_STATES.split())
_COMPARATIVES = (("ier", "y"), ("er", ""), ("er", "e"))


def are_fault_and_wish(
    left: Words, right: Words, pair: tuple[str, str], opposites: Mapping[str, Set[str]]
) -> bool:
    """Return whether one text says that something is so, and the other one wishes for the opposite.

    Args:
        left: The first text.
        right: The second text.
        pair: The stems of the two opposites, one of each text.
        opposites: Those of each stem.
    """
    places = left.stems.index(pair[0]), right.stems.index(pair[1])
    sides = (left, places[0]), (right, places[1])
    return any(
        _wishes(wish, at)
        and not _has_wish(fault)
        and (
            _states(fault, where)
            or (not _is_verb(wish, at) and _asks_for_more(wish.lower[at], fault.lower[where], opposites))
        )
        for (wish, at), (fault, where) in (sides, sides[::-1])
    )


def _wishes(words: Words, at: int) -> bool:
    """Return whether a text has a word of wishing, or begins with the opposite at a place, as with a command."""
    return at == 0 or _has_wish(words)


_ARTICLES = frozenset(("the", "a", "an", "all", "our", "my"))


def _is_verb(words: Words, at: int) -> bool:
    """Return whether a text begins with a word and an article: "Lower the limit", but not "Lower prices"."""
    return at == 0 and not _ARTICLES.isdisjoint(words.lower[1:2])


def _has_wish(words: Words) -> bool:
    return not _WISHING.isdisjoint(words.lower) or any(
        word in _COMMANDS and (at == 0 or words.lower[at - 1] in _BEFORE_COMMAND)
        for at, word in enumerate(words.lower)
    )


def _states(words: Words, at: int) -> bool:
    """Return whether "is", "too" or the like is before a place, with stop words alone between."""
    for word in reversed(words.lower[:at]):
        if word in _STATING:
            return True
        if word not in STOP_WORDS:
            return False
    return False


def _asks_for_more(wished: str, stated: str, opposites: Mapping[str, Set[str]]) -> bool:
    """Return whether the first of two opposites alone is a comparative: "faster" and "slow"."""
    one, other = (opposites.get(stem(word), frozenset()) for word in (stated, wished))
    return _is_comparative(wished, one) and not _is_comparative(stated, other)


def _is_comparative(word: str, same: Set[str]) -> bool:
    """Return whether a word without "-er" is a stem that means the same: "reader" is no comparative."""
    return any(
        word.endswith(ending) and stem(word.removesuffix(ending) + plain) in same
        for ending, plain in _COMPARATIVES
    )
