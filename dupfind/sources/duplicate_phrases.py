"""Find the issues that a comment names as originals ("duplicate of #12")."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
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


@dataclass(frozen=True, slots=True)
class Claims:
    """The claims of one comment.

    Attributes:
        explicit: The issues that it names as originals: "duplicate of #12".
        implied: The issues near a verdict without a name, as in "That's #12. Closing as dup.": those before it,
            nearest first, then those after it.
        denied: The issues that it excludes as originals.
    """

    explicit: tuple[Mention, ...]
    implied: tuple[Mention, ...]
    denied: tuple[Mention, ...]


def find_originals(
    comments: Iterable[str], own_ref: Ref, resolve: Resolve, *, are_implied: bool = True
) -> tuple[Ref, ...]:
    """Find the originals of an issue that is marked as a duplicate, by its comments.

    A later comment corrects an earlier one: the last comment that names an original counts, and a comment that
    denies an original removes it. If no comment names one, the original is the issue nearest to the last verdict
    without a name. An issue is never its own original.

    Args:
        comments: Of one issue, oldest first.
        own: The issue's name.
        resolve: Turns a mention into the name of a record.
        are_implied: Whether a verdict without a name counts, as in "That's #12. Closing as dup."

    Returns:
        The originals, in the order in which they are named.
    """
    named: list[Ref] = []
    implied: list[Ref] = []
    for comment in comments:
        claims = read_claims(comment)
        denied = {resolve(mention) for mention in claims.denied}
        named = _resolved(claims.explicit, own_ref, resolve) or [ref for ref in named if ref not in denied]
        near = [ref for ref in _resolved(claims.implied, own_ref, resolve) if ref not in denied]
        implied = near[:1] or [ref for ref in implied if ref not in denied]
    return tuple(named or (implied if are_implied else ()))


def original_at_closing(comment: str, own_ref: Ref, resolve: Resolve) -> tuple[Ref, ...]:
    """Return the one issue that the last comment on a closed duplicate names as the place to go on, in other words.

    Such are "in favour of #12", "same as #12", "superseded by #12", "already reported in #12" and "#12" alone.

    Args:
        comment: The comment with which the issue was closed.
        own_ref: The issue's name.
        resolve: Turns a mention into the name of a record.

    Returns:
        Nothing if it names several issues in this way, or none.
    """
    text = _prose(comment[:MAX_COMMENT])
    if _GUESSES.search(text):
        return ()
    found: dict[Mention, None] = {}
    for phrase in islice(_INSTEAD.finditer(text), _MAX_PHRASES):
        clause = _clause(text, phrase.start())
        mentions, end = _mentions(text, phrase.end())
        is_sure = not any(pattern.search(clause) for pattern in (_DENIED, _GUESSED, _OTHER_SUBJECT))
        if is_sure and not _QUESTION.match(text, end):
            found.update(dict.fromkeys(mentions))
    if not found and len(text) <= _NEAR:
        mentions, end = _mentions(text, 0)
        found.update(dict.fromkeys(mentions if not text[end:].strip(" .!*_)\n") else ()))
    refs = _resolved(found, own_ref, resolve)
    return tuple(refs) if len(refs) == 1 else ()


def _resolved(mentions: Iterable[Mention], own_ref: Ref, resolve: Resolve) -> list[Ref]:
    refs = (resolve(mention) for mention in mentions)
    return list(dict.fromkeys(ref for ref in refs if ref is not None and ref != own_ref))


def read_claims(comment: str) -> Claims:
    """Read one comment; quoted lines, code, questions and guesses claim nothing.

    Time grows linearly with the comment, of which the first `MAX_COMMENT` characters are read.
    """
    if "dup" not in comment[:MAX_COMMENT].lower():
        return Claims((), (), ())
    text = _prose(comment[:MAX_COMMENT])
    explicit: dict[Mention, None] = {}
    denied: dict[Mention, None] = {}
    verdicts: list[re.Match[str]] = []
    for phrase in islice(_PHRASE.finditer(text), _MAX_PHRASES):
        clause = _clause(text, phrase.start())
        mentions, end = _mentions(text, phrase.end())
        is_sure = not (_GUESSED.search(clause) or _QUESTION.match(text, end))
        if mentions and _DENIED.search(clause):
            denied.update(dict.fromkeys(mentions))
        elif mentions and is_sure and not _is_other(phrase, clause):
            explicit.update(dict.fromkeys(mentions))
        elif not mentions and is_sure and _is_verdict(clause):
            verdicts.append(phrase)
    if _GUESSES.search(text):
        verdicts.clear()
    implied = [mention for phrase in verdicts[:_MAX_VERDICTS] for mention in _near(text, phrase)]
    return Claims(tuple(explicit), tuple(dict.fromkeys(implied)), tuple(denied))


def _is_verdict(clause: str) -> bool:
    """Return whether a phrase without a name after this clause says that the comment's own issue is a duplicate."""
    return _VERDICT.search(clause) is not None and not any(
        pattern.search(clause) for pattern in (_DENIED, _OTHER_SUBJECT, _FUTURE)
    )


def _clause(text: str, end: int) -> str:
    """Return the text before a position in the same clause."""
    return _CLAUSE_END.split(text[max(0, end - 100) : end])[-1]


def _near(text: str, phrase: re.Match[str]) -> list[Mention]:
    """Return the issues named near a phrase: those before it, nearest first, then those after it."""
    start = max(0, phrase.start() - _NEAR)
    mentions = [
        (target.start(), mention)
        for target in _TARGET.finditer(text, start, phrase.end() + _NEAR)
        if (mention := _mention(target)[0]) is not None
        and not _DENIED.search(clause := _clause(text, target.start()))
        and not _GUESSED.search(clause)
    ]
    before = [mention for at, mention in mentions if at < phrase.start()]
    return before[::-1] + [mention for at, mention in mentions if at > phrase.start()]


_NEAR = 400  # characters between a verdict and the issue that it means
_MAX_VERDICTS = 4  # read of one comment; people give one
_MAX_PHRASES = 200  # of a comment

# Every quantifier is bounded, so that no text makes a search slower than linear.
_PHRASE = re.compile(
    r"\b(?:(?P<of>(?:duplicated?|dupe?d?)\.?\s{1,3}(?:of|to)\b)|(?P<verb>duplicates)(?=\s)"
    r"|(?P<bare>(?:duplicate|dupe?)\b))",
    re.IGNORECASE,
)
_CLAUSE_END = re.compile(r"[.!?;,:\n\u2014\u2013]|\s-{1,2}\s|\bbut\b", re.IGNORECASE)
_DENIED = re.compile(
    r"\b(?:not|never|no(?!\s+doubt)|nor|non|hardly|cannot|isnt|wasnt|aint|dont|doesnt|unmark(?:ed|ing)?)\b|n['\u2019]t\b",
    re.IGNORECASE,
)
_GUESSED = re.compile(
    r"\b(?:possibl[ey]|potential(?:ly)?|maybe|might|may|could|perhaps|whether|if|unsure|suspect(?:ed)?|wonder(?:ing)?"
    r"|partial(?:ly)?|nearly|near|almost(?!\s+certain)|semi|sort\s+of|kind\s+of)\b"
    r"|^\s{0,3}(?:is|are|was)\s+(?:this|it|that)\b",
    re.IGNORECASE,
)
_OTHER_SUBJECT = re.compile(
    r"^\s{0,3}(?:which|whose)\b|#\d{1,18}\s+(?:is|was|as|looks|seems|has\s+been)\b", re.IGNORECASE
)
_VERB_SUBJECT = re.compile(
    r"(?:^|\b(?:this|it|that|issue|bug|ticket|report|just|also|simply|basically|really))\s{0,3}$",
    re.IGNORECASE,
)
_BARE_SUBJECT = re.compile(r"(?:^|^@[\w-]{1,40}|\b(?:as|an?|closed|closing))\s{0,3}$", re.IGNORECASE)
_VERDICT = re.compile(
    r"(?:^\s{0,3}|\(|\b(?:as|is|marking|closing|see)(?:\s{1,3}(?:an?|the|its))?\s{0,3})$", re.IGNORECASE
)
_FUTURE = re.compile(r"\b(?:will|going\s{1,3}to|about\s{1,3}to)\b", re.IGNORECASE)
# A program's list of issues that may be the original says nothing yet.
_GUESSES = re.compile(
    r"\b(?:possible|potential|likely|probable|similar|related)\s{1,3}"
    r"(?:(?:duplicated?\s{1,3})?(?:issue|bug|ticket|report)s|duplicates|dupes)\b",
    re.IGNORECASE,
)
_INSTEAD = re.compile(
    r"\b(?:in\s{1,3}favou?r\s{1,3}of|same\s{1,3}(?:issue\s{1,3}|bug\s{1,3}|problem\s{1,3})?as"
    r"|superseded\s{1,3}by|replaced\s{1,3}by|(?:tracked|covered|handled|discussed|followed)\s{1,3}(?:in|by|at)"
    r"|(?:already|previously)\s{1,3}(?:reported|filed|tracked|raised|known)\s{1,3}(?:in|as|at|by|under|with)"
    r"|see)\b",
    re.IGNORECASE,
)
_HAVING = re.compile(r"\b(?:has|have|had|having|found|got)\b", re.IGNORECASE)
_QUESTION = re.compile(r"(?:(?!\s-{1,2}\s)[^.!?;\n\u2014\u2013]){0,200}\?")

_LEAD = re.compile(
    r"[\s:*_('\"]{0,6}(?:(?:the|an?|this|older|earlier|existing|open|closed|upstream)\s{1,3}){0,3}",
    re.IGNORECASE,
)
_AND = re.compile(
    r"\s{0,2}(?:,\s{0,2}(?:and\b)?|\band\b|&|\+)\s{0,2}(?:also\s{1,2})?(?:of\s{1,2})?", re.IGNORECASE
)
_TARGET = re.compile(
    r"\[(?P<hex>[0-9a-f]{4,64})(?:[|][^\]\n]{0,200})?\]"
    r"|\[[^\]\n]{0,200}\]\((?P<link>https?://[^\s<>()\"']{1,500})\)"
    r"|[\[<]?(?:"
    r"(?P<url>https?://[^\s<>()\[\]|\"']{1,500})"
    r"|(?P<project>[\w.-]{1,100}/[\w.-]{1,100})\#(?P<local>\d{1,18})\b"
    r"|(?:bug|issue|ticket|defect|task|report|question)s?\s{0,2}[:#]{0,2}\s{0,2}\#?(?P<word>\d{1,18})\b"
    r"|(?:\#|\bGH-)(?P<number>\d{1,18})\b"
    r"|(?P<uuid>[0-9a-f]{64}|[0-9a-f]{40})\b"  # Fossil's: SHA3-256 or SHA-1
    r"|(?P<key>(?-i:[A-Z][A-Z0-9_]{1,30}-\d{1,18}))\b"
    r")",
    re.IGNORECASE,
)
_PATH = re.compile(
    r"(?:^|/)(?:(?:-/)?(?:issues?|tickets?|bugs?|browse|tktview|info)/([\w-]{1,100})/?"
    r"|c/((?!\d{1,100}(?:/|$))[\w-]{1,100})(?:/[\w%-]{0,300})?)$",  # a card of Trello, whose title may follow
    re.IGNORECASE,
)


def _is_other(phrase: re.Match[str], clause: str) -> bool:
    """Return whether the phrase speaks of another issue than the comment's own."""
    if _OTHER_SUBJECT.search(clause):
        return True
    if phrase["verb"]:
        return not _VERB_SUBJECT.search(clause)
    return bool(phrase["bare"]) and (not _BARE_SUBJECT.search(clause) or bool(_HAVING.search(clause)))


def _mentions(text: str, start: int) -> tuple[list[Mention], int]:
    """Return the issues named right after a phrase, and the position after them."""
    lead = _LEAD.match(text, start)
    target = _TARGET.match(text, lead.end() if lead else start)
    mentions: list[Mention] = []
    end = start
    while target is not None:
        mention, end = _mention(target)
        if mention is not None:
            mentions.append(mention)
        joint = _AND.match(text, end)
        target = _TARGET.match(text, joint.end()) if joint else None
    return mentions, end


def _mention(target: re.Match[str]) -> tuple[Mention | None, int]:
    url = target["link"] or target["url"]
    if url is not None:
        bare = url.rstrip(".,;:!?*_")  # the sentence's punctuation, or emphasis
        trail = 0 if target["link"] else len(url) - len(bare)
        return _from_url(bare), target.end() - trail
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


_QUOTE = re.compile(r"^[ \t]{0,3}>.*$", re.MULTILINE)
_INLINE_CODE = re.compile(r"`[^`\n]{0,300}`")
_FENCES = (("```", "```"), ("~~~", "~~~"), ("{{{", "}}}"), ("<!--", "-->"), ("<blockquote", "</blockquote>"))


def _prose(text: str) -> str:
    """Return the text without quoted lines, code and HTML comments."""
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
