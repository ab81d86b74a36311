"""Find the issues that a text names: "#12", "owner/name#12", "LAR-12", addresses; and its prose without quotes."""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit

from dupfind.records import Ref

MAX_COMMENT = 32_768
"""Characters of a comment that are read; claims after them are missed."""


class Mention(NamedTuple):
    """The way in which a comment names an issue.

    Attributes:
        form: "number" ("#12", "bug 12", "ticket:12"), "hex" ("[1523b5d5cb]"), "key" ("LAR-12") or "url".
        id: The number, hex or key, without its decoration.
        project: The project before it ("owner/name" in "owner/name#12" or in a URL's path), or None.
    """

    form: str
    id: str
    project: str | None = None


Resolve = Callable[[Mention], Ref | None]
"""Resolves a mention to a record's name; None if it names no issue of the tracker."""


def resolved(mentions: Iterable[Mention], own_ref: Ref, resolve: Resolve) -> list[Ref]:
    """Return the names of the mentioned issues, each once, without the issue's own."""
    refs = (resolve(mention) for mention in mentions)
    return list(dict.fromkeys(ref for ref in refs if ref is not None and ref != own_ref))


def mentions_at(text: str, start: int) -> tuple[list[Mention], int]:
    """Return the issues named right after a phrase, and the position after them."""
    lead = _LEAD.match(text, start)
    target = TARGET.match(text, lead.end() if lead else start)
    mentions: list[Mention] = []
    end = start
    while target is not None:
        mention, end = mention_of(target)
        if mention is not None:
            mentions.append(mention)
        joint = _AND.match(text, end)
        target = TARGET.match(text, joint.end()) if joint else None
    return mentions, end


def mention_of(target: re.Match[str]) -> tuple[Mention | None, int]:
    """Return the issue that a match of `TARGET` names, and the position after it."""
    url = target["link"] or target["url"]
    if url is not None:
        bare = url.rstrip(".,;:!?*_")  # the sentence's punctuation, or emphasis
        trail = 0 if target["link"] else len(url) - len(bare)
        return _from_url(bare), target.end() - trail
    if _COUNTED.match(target.string, target.end()):
        return None, target.end()  # "#3 of 5" counts things
    if target["local"]:
        return Mention("number", target["local"].lstrip("0") or "0", target["project"]), target.end()
    number = target["word"] or target["number"]
    if number:
        return Mention("number", number.lstrip("0") or "0"), target.end()
    if target["key"]:
        return Mention("key", target["key"]), target.end()
    return Mention("hex", (target["hex"] or target["uuid"]).lower()), target.end()


def _from_url(url: str) -> Mention | None:
    """Return the issue that a URL leads to; its project is the two path segments before."""
    try:
        parts = urlsplit(url)
    except ValueError:  # such as an IPv6 address without its end
        return None
    if parts.path.endswith("show_bug.cgi"):
        ids = parse_qs(parts.query).get("id", [])
        return Mention("url", ids[0]) if ids else None
    match = _PATH.search(parts.path)
    if match is None:
        return None
    before = [part for part in parts.path[: match.start()].split("/") if part not in ("", "-")]
    return Mention("url", match[1] or match[2], "/".join(before[-2:]) or None)


_LEAD = re.compile(
    r"[\s:*_('\"]{0,6}(?:(?:the|an?|this|more|older|newer|earlier|recent|modern|existing|open|closed|upstream|tracking"
    r"|main|general|original|canonical|meta)\s{1,3}){0,3}",
    re.IGNORECASE,
)
_AND = re.compile(
    r"\s{0,2}(?:,\s{0,2}(?:and\b)?|\band\b|&|\+)\s{0,2}(?:also\s{1,2})?(?:of\s{1,2})?", re.IGNORECASE
)
TARGET = re.compile(
    r"\[(?P<hex>[0-9a-f]{4,64})(?:[|][^\]\n]{0,200})?\]"
    r"|\[[^\[\]\n]{0,200}\]\((?P<link>https?://[^\s<>()\"']{1,500})\)"
    r"|[\[<]?(?:"
    r"(?P<url>https?://[^\s<>()\[\]|\"']{1,500})"
    r"|(?<![\w.-])(?P<project>[\w.-]{1,100}/[\w.-]{1,100})\#(?P<local>\d{1,18})(?![0-9A-Za-z_])"
    r"|(?:bug|issue|ticket|defect|task|report|question)s?\s{0,2}[:#]{0,2}\s{0,2}\#?(?P<word>\d{1,18})(?![0-9A-Za-z_])"
    r"|(?:\#|\bGH-)(?P<number>\d{1,18})(?![0-9A-Za-z_])"
    r"|(?<![0-9A-Za-z])(?P<uuid>[0-9a-f]{64}|[0-9a-f]{40})\b"  # Fossil's: SHA3-256 or SHA-1
    r"|(?<![A-Za-z0-9])(?P<key>(?-i:[A-Z][A-Z0-9_]{1,30}-\d{1,18}))\b"
    r")",
    re.IGNORECASE,
)
_COUNTED = re.compile(
    r"\s{1,3}(?:out\s{1,3})?of\s{1,3}(?:the\s{1,3}|our\s{1,3}|these\s{1,3})?"
    r"(?:\d{1,3}(?![\d/-]|\.\d)|two|three|four|five|six|seven|eight|nine|ten|several|many)\b",
    re.IGNORECASE,
)
_PATH = re.compile(
    r"(?:^|/)(?:(?:-/)?(?:issues?|tickets?|bugs?|browse|tktview|info)/([\w-]{1,100})/?"
    r"|c/((?!\d{1,100}(?:/|$))[\w-]{1,100})(?:/[\w%-]{0,300})?)$",  # a card of Trello, whose title may follow
    re.IGNORECASE,
)


_QUOTE = re.compile(r"^[ \t]{0,3}>.*$", re.MULTILINE)
_INLINE_CODE = re.compile(r"`[^`\n]{0,300}`|~~[^~\n]{1,300}~~")  # and what its writer struck out
_FENCES = (("```", "```"), ("~~~", "~~~"), ("{{{", "}}}"), ("<!--", "-->"), ("<blockquote", "</blockquote>"))


def prose(text: str) -> str:
    """Return the text without quoted lines, code, HTML comments and what is struck out."""
    for opening, closing in _FENCES:
        if opening in text:
            text = "\n".join(_outside(text, opening, closing))
    return _INLINE_CODE.sub(" ", _QUOTE.sub("", text))


def _outside(text: str, opening: str, closing: str) -> Iterator[str]:
    """Yield the text outside of a pair of fences; an unclosed fence reaches to the end."""
    while text:
        before, _, rest = text.partition(opening)
        yield before
        text = rest.partition(closing)[2]
