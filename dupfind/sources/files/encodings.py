"""Detect the encoding of a text that is not UTF-8, from the bytes of its lines beyond ASCII."""

import codecs
import math
import re
from typing import NamedTuple

from dupfind.errors import SourceError

SAMPLED = 128 * 1024
"""Bytes of a file that are searched for lines beyond ASCII."""

_MOST = 16 * 1024  # bytes of these lines that are looked at
_SURE = 0.3  # charset-normalizer's coherence with a language from which one byte per character is believed
_HIGH = re.compile(rb"[\x80-\xff]+")
_CENTRAL = frozenset(
    ["Polish", "Czech", "Slovak", "Hungarian", "Croatian", "Slovene", "Romanian", "Bosnian", "Serbian"]
)
"""Languages whose letters windows-1250 has; those of German and French are at the same places in both."""
_COMMON = {
    "gb18030": ((0xB0, 0xD7, 1.0),),
    "big5": ((0xA4, 0xC6, 1.0),),
    "cp949": ((0xB0, 0xC8, 1.0),),
    "cp932": ((0x82, 0x83, 0.6), (0x88, 0x97, 0.4)),
    "euc_jp": ((0xA4, 0xA5, 0.6), (0xB0, 0xCF, 0.4)),
}
"""The first bytes of the common characters, with the share of these in texts: the letters of Hangul or kana, and the
standards' first level of Chinese characters."""
_CYRILLIC = {"cp1251": range(0xE0, 0x100), "koi8_r": range(0xC0, 0xE0)}
"""The bytes of the small letters; the capitals are the other half of 0xC0 to 0xFF."""
_RUSSIAN = "оеаинтсрвл"  # half of the letters of Russian, Ukrainian and Bulgarian texts
_SCRIPTS = {
    "cp1253": ("\u0370", "\u03ff", "αοιετσνηυρκάίόέ"),
    "cp1255": ("\u0590", "\u05ff", "יולהאםתרמבשנ"),
    "cp1256": ("\u0600", "\u06ff", "اليمونرتبه"),
    "iso8859_6": ("\u0600", "\u06ff", "اليمونرتبه"),
    "cp874": ("\u0e00", "\u0e7f", "านรกงเอวมลย่้ีั"),
}
"""The first and the last letter of a script, and those that make up more than half of its texts."""
_SHARE = 0.45  # of the letters, that are common ones
_CLEAR = 0.2
_CLOSE = 0.05  # the lead that another script may have over Cyrillic
_N_LETTERS = 12  # of a text that is known by the letters of a script other than Cyrillic
_N_DIFFERENT = 8  # of these; accented letters alone are few
_OTHER = ("cp1251", "koi8_r", "cp1253", "cp1255", "cp1256", "cp874")
_ODD = -12.0  # log probability of a character that is not common


class Detected(NamedTuple):
    """An encoding.

    Attributes:
        name: Python's name; None for UTF-8, and for Windows-1252, in which its invalid bytes are read.
        is_sure: Whether the text is one of that encoding by all signs.
    """

    name: str | None
    is_sure: bool = True


def known(name: str) -> str:
    """Return Python's name of an encoding.

    Raises:
        SourceError: Python has no such encoding of texts.
    """
    try:
        codec = codecs.lookup(name)
        b" ".decode(codec.name)
    except (LookupError, ValueError, UnicodeError):
        raise SourceError(
            f"no encoding is called {name!r}: write one like cp1251, gbk or shift_jis"
        ) from None
    return codec.name


def detect(sample: bytes) -> Detected:
    """Detect the encoding of a text.

    Bytes that are UTF-8 for the most part stay UTF-8, as do files whose accented letters stand alone, as in the
    languages of Western Europe.

    Args:
        sample: The first bytes; a character may be cut at their end.
    """
    runs = _HIGH.findall(sample)
    if not runs or _is_utf_8(sample):
        return Detected(None)
    lines = [line for line in sample.splitlines() if _HIGH.search(line)]
    text = b"\n".join(lines)
    if len(text) > _MOST:
        text = text[:_MOST].rpartition(b"\n")[0] or text[:_MOST]
    short = sum(len(run) <= 2 for run in runs)
    is_western = short >= 0.8 * len(runs) and not any(byte in text for byte in b"\x81\x90")
    return _of_europe(text) if is_western else _of_script(text)


def _is_utf_8(sample: bytes) -> bool:
    """Return whether the bytes beyond ASCII are UTF-8, or most of them in a file of several encodings."""
    n_high = sum(map(len, _HIGH.findall(sample)))
    valid = sample.decode("utf-8", "ignore").encode()
    n_valid = sum(map(len, _HIGH.findall(valid)))
    return n_valid * 2 >= n_high


def _of_europe(text: bytes) -> Detected:
    from charset_normalizer import from_bytes

    best = from_bytes(text, cp_isolation=["cp1250", "cp1252", "cp1254"]).best()
    if (
        best is not None
        and best.encoding == "cp1250"
        and best.language in _CENTRAL
        and best.coherence >= _SURE
    ):
        return Detected("cp1250")
    if (
        best is not None
        and best.encoding == "cp1254"
        and best.language == "Turkish"
        and best.coherence >= _SURE
    ):
        return Detected("cp1254")
    return Detected(None)


def _of_script(text: bytes) -> Detected:
    """Detect an encoding of Cyrillic or East Asian letters by the likelihood of the text in each of them."""
    scores = {name: _wide_score(text, name) for name in _COMMON}
    scores |= {name: _cyrillic_score(text, small) for name, small in _CYRILLIC.items()}
    best, second = sorted(scores, key=lambda name: -scores[name])[:2]
    if best in _COMMON and scores[best] > 0.9 * _ODD:
        return Detected(best, scores[best] > scores[second] + 0.3)
    from charset_normalizer import from_bytes

    match = from_bytes(text, cp_isolation=list(_OTHER)).best()
    if match is not None and match.coherence >= _SURE:
        return Detected(match.encoding)
    shares = {name: _share_of_common(text, name) for name in _SCRIPTS}
    if best in _CYRILLIC and scores[best] > 0.9 * _ODD:
        letters = [letter for letter in text.decode(best, "replace").lower() if letter > "\x7f"]
        shares[best] = sum(map(letters.count, _RUSSIAN)) / len(letters)
    likeliest, other = sorted(shares, key=lambda name: -shares[name])[:2]
    # A script other than Cyrillic is the rarer one, and few letters are common ones by chance.
    if (
        shares[likeliest] >= _SHARE
        and len(high := b"".join(_HIGH.findall(text))) >= _N_LETTERS
        and len(set(high)) >= _N_DIFFERENT
        and shares[likeliest] > shares[other] + _CLEAR
    ):
        return Detected(likeliest)
    if shares.get(best, 0) >= _SHARE and shares[best] > shares[likeliest] - _CLOSE:
        return Detected(best)
    return Detected(best if best in _CYRILLIC and best in shares else None, is_sure=False)


def _share_of_common(text: bytes, encoding: str) -> float:
    """Return the share of common letters among those beyond ASCII; 0 if some are of another script."""
    try:
        letters = [letter for letter in text.decode(encoding) if letter > "\x7f" and not letter.isspace()]
    except UnicodeDecodeError:
        return 0.0
    first, last, common = _SCRIPTS[encoding]
    n_own = sum(first <= letter <= last for letter in letters)
    return sum(map(letters.count, common)) / len(letters) if n_own >= 0.9 * len(letters) > 0 else 0.0


def _wide_score(text: bytes, encoding: str) -> float:
    """Return the mean log probability of the characters beyond ASCII, for two bytes; -inf if the text is another's."""
    try:
        decoded = codecs.getincrementaldecoder(encoding)().decode(text)  # the last character may be cut
    except UnicodeDecodeError:
        return -math.inf
    total, n = 0.0, 0
    for character in decoded:
        if character > "\x7f":
            first = character.encode(encoding, "replace")[0]
            n += 1
            total += next(
                (
                    math.log(share / ((high - low + 1) * 94))
                    for low, high, share in _COMMON[encoding]
                    if low <= first <= high
                ),
                _ODD,
            )
    return total / max(1, n)


def _cyrillic_score(text: bytes, small: range) -> float:
    """Return the mean log probability of two bytes beyond ASCII."""
    high = [byte for byte in text if byte > 0x7F]
    total = sum(math.log((0.9 if byte in small else 0.1) / 32) if byte >= 0xC0 else _ODD / 2 for byte in high)
    return 2 * total / max(1, len(high))
