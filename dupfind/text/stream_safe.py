"""Texts that Unicode normalization reads in linear time, although they have thousands of combining characters."""

import re
import unicodedata

# Combining characters start at U+0300.
_LONG_RUN = re.compile("[^\x00-\u02ff]{31,}")
_MAX_COMBINING = 30
_JOINER = "\u034f"


def stream_safe(text: str) -> str:
    """Break runs of combining characters by a joiner, as in Unicode's Stream-Safe Text Format (UAX 15).

    Normalizing a long run of them takes quadratic time. No language writes so many in a row.
    """
    return text if text.isascii() else _LONG_RUN.sub(_broken, text)


def _broken(run: re.Match[str]) -> str:
    if not any(map(unicodedata.combining, run[0])):
        return run[0]
    characters: list[str] = []
    n_combining = 0
    for character in run[0]:
        n_combining = n_combining + 1 if unicodedata.combining(character) else 0
        if n_combining > _MAX_COMBINING:
            characters.append(_JOINER)
            n_combining = 1
        characters.append(character)
    return "".join(characters)
