"""Show any value in a message: on one line, and short."""

from decimal import Decimal
from reprlib import Repr

MAX_DIGITS = 400
"""Digits of a number that is written out; no float has more, and Python takes long to write longer ones."""


def is_short(value: float | Decimal) -> bool:
    """Return whether a number has so few digits that it is soon written out."""
    if isinstance(value, Decimal):
        return not value.is_finite() or abs(value.adjusted()) <= MAX_DIGITS
    return not isinstance(value, int) or abs(value) < 10**MAX_DIGITS


class _ShortRepr(Repr):
    """A repr that also shows a number in a list that Python refuses to write out."""

    def repr_int(self, x: int, level: int) -> str:
        return super().repr_int(x, level) if is_short(x) else "a number of too many digits"


_SHORT = _ShortRepr()
_SHORT.maxstring = _SHORT.maxother = 60
_SHORT.maxlevel = 3


def shown(value: object) -> str:
    """Return a value for a message: on one line, and short."""
    if isinstance(value, str | bytes):
        value = value[:200]
    return " ".join(_SHORT.repr(value).splitlines())
