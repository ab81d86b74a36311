"""The fingerprint of a record's whole text: two records are copies of each other when theirs are equal."""

import hashlib
import unicodedata

from dupfind.records import storable
from dupfind.text.stream_safe import stream_safe


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
        text = unicodedata.normalize("NFC", stream_safe(text))
    if not any(map(str.isalnum, text)):
        return ""
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
