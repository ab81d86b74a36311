"""Which address of an issue becomes a link."""

import re

UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff"
    "\U000e0000-\U000e007f]"
)
"""Controls, separators, lone surrogates, invisible characters, and marks of text direction (Trojan Source)."""

# \Z, because $ also matches before a final line break.
_ADDRESS = re.compile(r"https?://[^\s\"'<>\\`]+\Z", re.IGNORECASE)


def web_address(url: str | None) -> str | None:
    """Return an address if it is an http or https link without a space, quote or unsafe character, else None."""
    return url if url is not None and _ADDRESS.match(url) and not UNSAFE.search(url) else None
