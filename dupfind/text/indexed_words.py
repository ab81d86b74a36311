"""The fields of a record that the word search indexes: every word of title and body, and its stack traces."""

from collections.abc import Iterable
from dataclasses import dataclass

from dupfind.records import Record
from dupfind.text.composition import MAX_NAMES, NAMES_READ, TITLE_READ, ComposedText, names
from dupfind.text.language import is_english
from dupfind.text.plain_text import characters
from dupfind.text.search_tokens import search_tokens
from dupfind.text.stack_trace import stack_traces

MAX_TITLE = 2_000
"""Characters of a title whose words are indexed: as many as are stored."""

MAX_READ = 65_536
"""Characters of a body whose words are indexed: three quarters from its start, the rest from its end."""


_WITHOUT_SIGNS = {code: None for code in range(128) if not chr(code).isalnum() and chr(code) != " "}


@dataclass(frozen=True, slots=True)
class IndexedWords:
    """Tokens by field, each field as one text with a space between tokens.

    Attributes:
        title: Of the composed title.
        body: Of the composed body.
        rest: Every other token of the record's title and body, each once, in order of the alphabet.
        names: Its names, each once and as one token, `ERR_CERT_9921` as `errcert9921`.
        trace: Of its stack traces.
    """

    title: str
    body: str
    rest: str
    names: str
    trace: str


def indexed_words(record: Record, text: ComposedText) -> IndexedWords:
    """Return the tokens by which a record is found.

    Args:
        record: Only its title and body are read.
        text: The record's text as `compose` returns it, with its names.
    """
    body = clipped(record.body)
    raw_title = record.title[:MAX_TITLE]
    whole = characters(f"{raw_title}\n{body}")
    english = is_english(text.whole)
    title = search_tokens(text.title, english=english)
    composed = search_tokens(text.body, english=english)
    # The composition has read the same names, unless there are too many.
    of_text = (*text.names, *text.chatter)
    has_all = len(record.body) <= NAMES_READ and len(raw_title) <= TITLE_READ and len(of_text) < MAX_NAMES
    whole_names = of_text if has_all else names(whole)
    rest = set(search_tokens(whole, english=english)).difference(title, composed)
    return IndexedWords(
        title=" ".join(title),
        body=" ".join(composed),
        rest=" ".join(sorted(rest)),
        names=" ".join(sorted(_joined(whole_names))),
        trace=" ".join(stack_traces(body).tokens),
    )


def clipped(body: str) -> str:
    """Return the part of a body whose words are indexed."""
    if len(body) <= MAX_READ:
        return body
    tail = MAX_READ // 4
    return f"{body[: MAX_READ - tail - 1]}\n{body[-tail:]}"


def _joined(names: Iterable[str]) -> set[str]:
    """Return the names that are in ASCII without their signs; a name has no space in it."""
    return {*" ".join(filter(str.isascii, names)).translate(_WITHOUT_SIGNS).split()}
