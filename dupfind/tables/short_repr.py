"""Show any value in a message: on one line, and short."""

from reprlib import Repr

MAX_DIGITS = 400
"""Digits of a number that is written out; no float has more, and Python takes long to write longer ones."""

_SHORT = Repr()
_SHORT.maxstring = _SHORT.maxother = 60
_SHORT.maxlevel = 3


def shown(value: object) -> str:
    """Return a value for a message: on one line, and short."""
    if isinstance(value, str | bytes):
        value = value[:200]
    elif isinstance(value, int) and abs(value) >= 10**MAX_DIGITS:
        return "a number of too many digits"
    return _SHORT.repr(value)
