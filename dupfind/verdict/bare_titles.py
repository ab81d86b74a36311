"""Titles that say too little: two reports "Crash on save" whose bodies have no word in common (pure)."""

from dupfind.records import Record
from dupfind.text.composition import clean_title
from dupfind.text.language import FOREIGN_WORDS, is_english
from dupfind.verdict.synonyms import are_synonyms
from dupfind.verdict.words import Words, dice, sentences, stem

_SAME_TITLE = 0.9  # Dice coefficient
_FEW = 2  # content words of a title that says little, without a general one
_OF_ANY_REPORT = """
bug bugs crash crashes crashed error errors exception fail fails failed failing failure broken wrong work works working
start starts problem problems issue issues question help hang hangs freeze freezes stuck slow support request missing
fehler absturz problem frage erreur panne problème error fallo problema ошибка проблема
"""
_GENERAL = frozenset(map(stem, _OF_ANY_REPORT.split()))
"""Words that any report may have. A title without one, such as "Memory leak", says what the fault is."""

_OF_A_FORM = """
step steps reproduce reproduced expect expected actual actually behaviour behavior result results happen happens version
click open press see tried try run time times new current latest always every today yesterday user users app code log
component module area part browser device environment platform priority severity job task
"""
_SAY_NOTHING = _GENERAL | FOREIGN_WORDS | frozenset(map(stem, _OF_A_FORM.split()))

_LEAST = 4  # content words of a body that are not in the titles
_LEAST_OF_NAMED = 6  # where the title names the fault: two people may describe one in other words
_READ = 2_000  # characters of a body


def say_nothing_alike(left: Record, right: Record) -> bool:
    """Return whether two titles of two or three words are the same and the bodies have no word in common.

    Such a title fits many faults: the body says which it is. Bodies of few words say nothing.

    Args:
        left: The first issue; the first 2,000 characters of its body count.
        right: The second issue.
    """
    ours, theirs = (Words.of(clean_title(record.title)).content() for record in (left, right))
    title = {*ours, *theirs}
    is_general = not _GENERAL.isdisjoint(title)
    if dice(ours, theirs) < _SAME_TITLE or len(title) > _FEW + is_general:
        return False
    bodies = [_content(record.body) - title - _SAY_NOTHING for record in (left, right)]
    return (
        min(map(len, bodies)) >= (_LEAST if is_general else _LEAST_OF_NAMED)
        and _is_english(left) == _is_english(right)  # a translation has no word in common
        and bodies[0].isdisjoint(bodies[1])
        and not are_synonyms(*bodies)
    )


def _is_english(record: Record) -> bool:
    return is_english(f"{record.title}\n{record.body}")


def _content(body: str) -> set[str]:
    return {word for piece in sentences(body[:_READ]) for word in Words.of(piece).content()}
