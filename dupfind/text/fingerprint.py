"""The fingerprint of a record's whole text: two records are copies of each other when theirs are equal."""

import hashlib
import re
import unicodedata

from dupfind.records import storable

# Combining characters start at U+0300. Normalizing a long run of them takes quadratic time.
_LONG_RUN = re.compile("[^\x00-\u02ff]{31,}")
_MAX_COMBINING = 30
_JOINER = "\u034f"


def text_fingerprint(title: str, body: str) -> str:
    """Return a hash of a whole title and body, before anything is cut.

    Runs of whitespace count as one space, and canonically equal characters as equal (NFC). The place where the title
    ends does not count: the same text with its first line as the title has the same fingerprint. Time grows linearly
    with the text.

    Args:
        title: As the tracker has it.
        body: As the tracker has it.

    Returns:
        The BLAKE2b-128 as 32 hexadecimal digits; "" for a text without a letter or digit.
    """
    text = " ".join(storable(f"{title}\n{body}").split())
    if not text.isascii():
        text = unicodedata.normalize("NFC", _LONG_RUN.sub(_stream_safe, text))
    if not any(map(str.isalnum, text)):
        return ""
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def _stream_safe(run: re.Match[str]) -> str:
    """Break runs of combining characters by a joiner, as in Unicode's Stream-Safe Text Format (UAX 15)."""
    characters: list[str] = []
    n_combining = 0
    for character in run[0]:
        n_combining = n_combining + 1 if unicodedata.combining(character) else 0
        if n_combining > _MAX_COMBINING:
            characters.append(_JOINER)
            n_combining = 1
        characters.append(character)
    return "".join(characters)
