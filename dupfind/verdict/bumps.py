"""The package whose version a title raises: "Bump left-pad from 1.2 to 1.3", and not "Crash after an update to 1.3"."""

import re

from dupfind.verdict.synonyms import are_synonyms
from dupfind.verdict.values import is_same_name
from dupfind.verdict.words import stem

_BUMP = re.compile(
    r"(?:\[\w[\w -]{0,20}\] ?|\w{1,20}(?:\([\w-]{1,30}\))?!?: )?"  # "[Docs] ", "chore(deps): "
    r"(?:bump|(update|upgrade))s? (?:the )?(dependency |package |version of )?(\S{2,80}) "
    r"(from v?\d\S{0,40} )?to v?\d\S{0,40}"
    r"((?: on (?:the )?branch\S{0,20})?\s{0,4}$)?",
    re.IGNORECASE,
)


def differing(left: str, right: str) -> tuple[str, str] | None:
    """Return the packages that two titles raise, or None where they are one or a title raises none.

    Such a title begins with its verb. "Update" and "upgrade" are also what users do before something fails. Behind
    these a title says "from" and "to", or that it is of a package, or nothing behind the version.

    Args:
        left: The first title, without prefixes for the kind of issue.
        right: The second title.
    """
    ours, theirs = _package(left), _package(right)
    if ours is None or theirs is None or is_same_name(ours.casefold(), theirs.casefold()):
        return None
    return None if are_synonyms({stem(ours.casefold())}, {stem(theirs.casefold())}) else (ours, theirs)


def _package(title: str) -> str | None:
    match = _BUMP.match(title)
    if match is None or (match[1] and match.group(2, 4, 5) == (None, None, None)):
        return None
    return match[3]
