"""Titles that bound what they say to a platform or a release (pure)."""

import re

from dupfind.records import Record
from dupfind.verdict import platforms

_TITLE = 600  # characters of a title in which a scope is looked for
_SCOPE = re.compile(r"\(([^()]{2,24})\)|^\W{0,3}([\w.]{2,20}) only\s{0,2}[-:]", re.IGNORECASE)
_MODES = frozenset(("read", "view", "write"))  # "Read only: ..." is no platform
_RELEASE = re.compile(r"v?\d{1,4}(?:[._]\w{1,6}){1,3}", re.IGNORECASE)


def is_scoped(left: Record, right: Record) -> bool:
    """Return whether one title alone bounds what it says: "... (Android)", "(2_8_X) ...", "Tablet only: ...".

    Such a title over a copied body is mostly of a task of its own. A leading "Android: " is mostly the same report.
    """
    return any(
        text.casefold() not in other.title.casefold() and _bounds(text, is_only=match[1] is None)
        for one, other in ((left, right), (right, left))
        for match in _SCOPE.finditer(one.title[:_TITLE])
        for text in (match[1] or match[2],)
    )


def _bounds(text: str, *, is_only: bool) -> bool:
    if is_only:
        return text.casefold() not in _MODES
    return platforms.are_platforms(text) or _RELEASE.fullmatch(text.strip()) is not None
