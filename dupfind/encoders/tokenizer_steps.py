"""The steps of a tokenizer before its words: a model may bring some that never end."""

import base64
import binascii
import json
import re
from collections.abc import Iterator
from typing import Any

from dupfind.errors import ModelError

MAX_GROWTH = 400
"""Factor by which all steps together may lengthen a text; ALBERT's NFKD and its table of characters make 324."""

_MAX_PATTERN = 4_000  # characters of a regular expression; those of real models have up to 500
_MAX_STEPS = 100
# A group that repeats without end may match one text in exponentially many ways.
_REPEATED_GROUP = re.compile(r"\)\s*(?:[*+]|\{\d*,\d*\})")
_LITERAL = re.compile(r"\\.|\[(?:\\.|[^\]\\\[]){0,999}+\]", re.DOTALL)  # an escape, or a class of characters
# The most characters that each makes of one: NFKC and NFKD of U+FDFA, NFD of U+1F82, and bytes of U+10000.
_FORMS = {"NFKC": 18.0, "NFKD": 18.0, "NFD": 4.0, "ByteLevel": 4.0}
# Matches no empty text, so that each match takes a character: letters and classes, repeated at least once.
_WIDE = re.compile(
    r"(?:(?:\\[sSdDwWnrt]|[^\\()|*?+{}\[\]^$.]|\[\^?[^\[\]\\]+\])(?:\+|\{[1-9]\d*(?:,\d*)?\})?)+"
)


def check_steps(*steps: Any) -> None:
    """Check the normalizer and pre-tokenizer of a `tokenizers.Tokenizer`; None for one that is not there.

    Raises:
        ModelError: A step lengthens a text without bound, or its regular expression may take for ever.
    """
    growth, n_steps = 1.0, 0
    for step in steps:
        if step is None:
            continue
        for fields in _objects(json.loads(step.__getstate__())):
            n_steps += 1
            expression = _field(fields.get("pattern"), "Regex")
            if isinstance(expression, str):
                _check_expression(expression)
            growth *= max(1.0, _growth(fields))
    if growth > MAX_GROWTH or n_steps > _MAX_STEPS:
        raise ModelError(
            f"the tokenizer lengthens a text {growth:,.0f} times in {n_steps} steps: it is not loaded"
        )


def _check_expression(expression: str) -> None:
    """Refuse the plainest forms that may take for ever.

    There are others. Oniguruma ends each attempt of those after 10 million steps, a fifth of a second, with a panic,
    and `ModelTokenizer` refuses the model then.
    """
    if len(expression) > _MAX_PATTERN or _REPEATED_GROUP.search(_LITERAL.sub("x", expression)):
        raise ModelError(
            f"the tokenizer's regular expression {expression[:60]!r} may take for ever: it is not loaded"
        )


def _growth(fields: dict[str, Any]) -> float:
    """Return the factor by which one step lengthens a text, at most."""
    kind = fields.get("type")
    if kind == "Replace":
        pattern, n_new = fields.get("pattern"), len(str(fields.get("content", "")))
        plain, expression = _field(pattern, "String"), _field(pattern, "Regex")
        if isinstance(plain, str) and plain:
            return n_new / len(plain)
        # A match of no character adds the new text before a character, and keeps this.
        return n_new if _WIDE.fullmatch(str(expression)) else 1 + n_new
    if kind == "Prepend":
        return 1 + len(str(fields.get("prepend", ""))) / _MAX_PATTERN
    if kind == "Precompiled":
        return _longest(str(fields.get("precompiled_charsmap", "")))
    return _FORMS.get(str(kind), 1.0)


def _longest(table: str) -> int:
    """Return the length of the longest text that SentencePiece's table of characters puts for one.

    The table is the size of a trie in 4 bytes, the trie, and the texts, each with a NUL at its end.
    """
    try:
        content = base64.b64decode(table)
    except binascii.Error as error:
        raise ModelError(
            f"the tokenizer's table of characters is damaged ({error}): it is not loaded"
        ) from None
    texts = content[4 + int.from_bytes(content[:4], "little") :]
    return max((len(text.decode(errors="replace")) for text in texts.split(b"\0")), default=0)


def _field(pattern: Any, name: str) -> Any:
    return pattern.get(name) if isinstance(pattern, dict) else None


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    """Yield every object of nested JSON."""
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from _objects(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _objects(inner)
