"""Find the issues that a comment names as originals ("duplicate of #12")."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from dupfind.records import Ref
from dupfind.sources.closing_words import OR
from dupfind.sources.issue_mentions import (
    MAX_COMMENT,
    TARGET,
    Mention,
    Resolve,
    mention_of,
    mentions_at,
    prose,
    resolved,
)
from dupfind.sources.translated_phrases import HINTS, translated_claims
from dupfind.sources.withdrawn_claims import SET_APART, is_supposed, is_withdrawn


@dataclass(frozen=True, slots=True)
class Claims:
    """The claims of one comment.

    Attributes:
        explicit: The issues that it names as originals: "duplicate of #12".
        implied: The issues near a verdict without a name, as in "That's #12. Closing as dup.": those before it,
            nearest first, then those after it.
        denied: The issues that it excludes as originals.
        guessed: The issues that it supposes to be originals, or asks about: "possible duplicate of #12".
        is_verdict: Whether it says that its own issue is a duplicate, as in "Closing as a dupe."
        is_objection: Whether it says or asks if its own issue is none: "not a dupe", "are you sure this is a dup?"
    """

    explicit: tuple[Mention, ...] = ()
    implied: tuple[Mention, ...] = ()
    denied: tuple[Mention, ...] = ()
    guessed: tuple[Mention, ...] = ()
    is_verdict: bool = False
    is_objection: bool = False


def find_originals(
    comments: Iterable[str],
    own_ref: Ref,
    resolve: Resolve,
    *,
    are_implied: bool = True,
    is_duplicate: bool = True,
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
        is_duplicate: Whether the issue is known to be a duplicate; else an objection without a name removes what the
            comments before it name.

    Returns:
        The originals, in the order in which they are named.
    """
    named: list[Ref] = []
    implied: list[Ref] = []
    for comment in comments:
        claims = read_claims(comment)
        if claims.is_objection and not is_duplicate:
            named, implied = [], []
        denied = {resolve(mention) for mention in claims.denied}
        named = resolved(claims.explicit, own_ref, resolve) or [ref for ref in named if ref not in denied]
        near = [ref for ref in resolved(claims.implied, own_ref, resolve) if ref not in denied]
        implied = near[:1] or [ref for ref in implied if ref not in denied]
    return tuple(named or (implied if are_implied else ()))


def read_claims(comment: str) -> Claims:
    """Read one comment; quoted lines, code, questions and guesses claim nothing.

    Time grows linearly with the comment, of which the first `MAX_COMMENT` characters are read.
    """
    if not may_claim(comment):
        return Claims()
    text = prose(comment[:MAX_COMMENT])
    if _CLOSING_OTHER.search(text):
        return Claims()
    explicit: dict[Mention, None] = {}
    denied: dict[Mention, None] = {}
    guessed: dict[Mention, None] = {}
    verdicts: list[re.Match[str]] = []
    is_objection = False
    for phrase in islice(_PHRASE.finditer(text), _MAX_PHRASES):
        clause = clause_before(text, phrase.start())
        mentions, end = mentions_at(text, phrase.end())
        if not mentions and (lead := _TO_NAME.match(text, phrase.end())):
            mentions, end = mentions_at(text, lead.end())
        is_sure = not (GUESSED.search(clause) or is_supposed(clause) or QUESTION.match(text, end))
        if is_withdrawn(text, clause, max(end, phrase.end())):
            denied.update(dict.fromkeys(mentions))
            is_objection = is_objection or not mentions
        elif mentions and DENIED.search(clause):
            denied.update(dict.fromkeys(mentions))
        elif mentions and is_sure and not _is_other(phrase, clause):
            explicit.update(dict.fromkeys(mentions))
        elif mentions and not is_sure and not (OTHER_SUBJECT.search(clause) or OR.match(text, end)):
            guessed.update(dict.fromkeys(mentions))
        elif not mentions and is_sure and _is_verdict(clause) and not _is_adjective(text, phrase):
            verdicts.append(phrase)
        elif not mentions and not _is_adjective(text, phrase):
            is_doubt = _DOUBT.search(clause) is not None and QUESTION.match(text, phrase.end()) is not None
            is_objection = is_objection or is_doubt or _NO_DUPLICATE.search(clause) is not None
    denied.update(dict.fromkeys(_set_apart(text)))
    translated = translated_claims(text)
    explicit.update(dict.fromkeys(translated.explicit))
    denied.update(dict.fromkeys(translated.denied))
    guessed.update(dict.fromkeys(translated.guessed))
    if GUESSES.search(text):
        verdicts.clear()
        guessed.clear()
    implied = [mention for phrase in verdicts[:_MAX_VERDICTS] for mention in _near(text, phrase)]
    return Claims(
        explicit=tuple(explicit),
        implied=tuple(dict.fromkeys(implied)),
        denied=tuple(denied),
        guessed=tuple(guessed),
        is_verdict=bool(verdicts) or translated.is_verdict,
        is_objection=is_objection,
    )


def may_claim(comment: str) -> bool:
    """Return whether a comment has a word for a duplicate or for another problem, in any language that is read."""
    words = comment[:MAX_COMMENT].lower()
    return any(hint in words for hint in HINTS) or any(hint in words for hint in _APART)


def _set_apart(text: str) -> Iterator[Mention]:
    """Yield the issues from which a text sets its own apart: "This is separate from #12."."""
    for phrase in islice(SET_APART.finditer(text), _MAX_PHRASES):
        clause = clause_before(text, phrase.start())
        is_sure = not (GUESSED.search(clause) or is_supposed(clause) or OTHER_SUBJECT.search(clause))
        mentions, end = mentions_at(text, phrase.end())
        if is_sure and not DENIED.search(clause) and not QUESTION.match(text, end):
            yield from mentions


def _is_verdict(clause: str) -> bool:
    """Return whether a phrase without a name after this clause says that the comment's own issue is a duplicate."""
    return _VERDICT.search(clause) is not None and not any(
        pattern.search(clause) for pattern in (DENIED, OTHER_SUBJECT, _FUTURE)
    )


def _is_adjective(text: str, phrase: re.Match[str]) -> bool:
    """Return whether a phrase belongs to the word after it, as in "duplicate definition", which is a fault."""
    return bool(phrase["bare"]) and _NOUN.match(text, phrase.end()) is not None


def clause_before(text: str, end: int) -> str:
    """Return the text before a position in the same clause."""
    return _CLAUSE_END.split(text[max(0, end - 100) : end])[-1]


def _near(text: str, phrase: re.Match[str]) -> list[Mention]:
    """Return the issues named near a phrase: those before it, nearest first, then those after it."""
    start = max(0, phrase.start() - _NEAR)
    mentions = [
        (target.start(), mention)
        for target in TARGET.finditer(text, start, phrase.end() + _NEAR)
        if (mention := mention_of(target)[0]) is not None
        and not DENIED.search(clause := clause_before(text, target.start()))
        and not GUESSED.search(clause)
    ]
    before = [mention for at, mention in mentions if at < phrase.start()]
    return before[::-1] + [mention for at, mention in mentions if at > phrase.start()]


_APART = ("separate", "distinct", "different", "independent", "related to")
"""Parts of words, in lower case, of which one is in each phrase of `SET_APART`."""
_NEAR = 400  # characters between a verdict and the issue that it means
_MAX_VERDICTS = 4  # read of one comment; people give one
_MAX_PHRASES = 200  # of a comment

# Every quantifier is bounded, so that no text makes a search slower than linear.
_PHRASE = re.compile(
    r"\b(?:(?P<of>(?:duplicated?|dupe?d?)\.?(?:\s{1,3}\([^()\n#]{0,80}\))?\s{1,3}(?:of|to|for(?=\s{1,3}(?:#|GH-)))\b)|(?P<verb>duplicates)(?=\s)"
    r"|(?P<bare>(?:duplicate|dupe?)\b))",
    re.IGNORECASE,
)
_TO_NAME = re.compile(
    r"(?:(?![.!?]\s)[^;\n#]){0,60}?\b(?:issue|bug|ticket|report|one|problem)\s{0,2}[,:(]\s{0,2}(?:see\s{1,3})?(?=#|https?:|GH-)",
    re.IGNORECASE,
)
"""What may stand before a name: "duplicate of a known bug, #12"."""
_CLAUSE_END = re.compile(r"[.!?;,:\n\u2014\u2013]|\s-{1,2}\s|\bbut\b", re.IGNORECASE)
DENIED = re.compile(
    r"\b(?:not|never|no(?!\s+doubt)|nor|non|hardly|cannot|isnt|wasnt|aint|dont|doesnt|unmark(?:ed|ing)?)\b|n['\u2019]t\b",
    re.IGNORECASE,
)
GUESSED = re.compile(
    r"\b(?:possibl[ey]|potential(?:ly)?|maybe|might|may|could|perhaps|whether|if|unsure|suspect(?:ed)?|wonder(?:ing)?"
    r"|part(?:ial)?ly|partial|mostly|tempted|unwilling|reluctant|hesitant|i\s+doubt|doubtful|less\s+convinced|nearly|near|almost(?!\s+certain)|semi|sort\s+of|kind\s+of)\b"
    r"|^\s{0,3}(?:is|are|was)\s+(?:this|it|that)\b",
    re.IGNORECASE,
)
OTHER_SUBJECT = re.compile(
    r"^\s{0,3}(?:which|whose)\b|\bthe\s+(?:other|second|latter|third)\b"
    r"|#\d{1,18}\s+(?:is|was|as|looks|seems|has\s+been)\b",
    re.IGNORECASE,
)
_VERB_SUBJECT = re.compile(
    r"(?:^|\b(?:this|it|that|issue|bug|ticket|report|just|also|simply|basically|really))\s{0,3}$",
    re.IGNORECASE,
)
_BARE_SUBJECT = re.compile(r"(?:^/?|^@[\w-]{1,40}|\b(?:as|an?|closed|closing))\s{0,3}$", re.IGNORECASE)
_VERDICT = re.compile(
    r"(?:^\s{0,3}|\(|(?:\b(?:as|is|be|like|marking|closing|see)|['\u2019]s)"
    r"(?:\s{1,3}(?:in\s{1,3}fact|indeed|actually|really|clearly|just|basically|definitely|certainly|surely|also))?"
    r"(?:\s{1,3}(?:an?|the|its))?(?:\s{1,3}(?:assumed|effective|clear|exact|obvious))?\s{0,3}[\"'\u201c*_]{0,2})$",
    re.IGNORECASE,
)
# Words after "duplicate" that do not make an adjective of it.
_NOUN = re.compile(
    r"s?\s{1,3}(?!(?:of|thereof|to|as|then|now|since|because|for|so|but|and|or|in|on|with|here|by|too|again|anyway|indeed"
    r"|issue|bug|report|ticket|against|per|given|see|from|which|that|this|if|at|until|unless|rather|thanks|sorry|please"
    r"|after|closing|i|is|was|due|already|though|although|instead|really|yes|there|it|we|you|not|feel|let|even)\b)"
    r"[a-z]{2,30}\b",
    re.IGNORECASE,
)
_CLOSING_OTHER = re.compile(
    r"\bclos(?:e|ed|ing)\s{1,3}(?:that\s{1,3}(?:one|issue|bug|ticket|report)|the\s{1,3}other)\b",
    re.IGNORECASE,
)
_NO_DUPLICATE = re.compile(
    r"(?:\bnot|n['\u2019]t(?:\s{1,3}(?:think|believe)\s{1,3}(?:that\s{1,3})?(?:this|it)(?:\s{1,3}is|['\u2019]s))?)"
    r"(?:\s{1,3}(?:really|quite|actually|exactly))?\s{1,3}(?:an?|the|its)\s{0,3}$",
    re.IGNORECASE,
)
_DOUBT = re.compile(r"\b(?:sure|how|why)\b", re.IGNORECASE)
# "I am going to close it" says what the writer does now; "it is going to be closed" does not.
_FUTURE = re.compile(
    r"\b(?:will|going\s{1,3}to|about\s{1,3}to)\b(?!\s{1,3}(?:(?:just|now|also)\s{1,3})?(?:close|mark|resolve)\b)",
    re.IGNORECASE,
)
# A program's list of issues that may be the original says nothing yet.
GUESSES = re.compile(
    r"\b(?:possible|potential|likely|probable|similar|related)\s{1,3}"
    r"(?:(?:duplicated?\s{1,3})?(?:issue|bug|ticket|report)s|duplicates|dupes)\b",
    re.IGNORECASE,
)
_HAVING = re.compile(r"\b(?:has|have|had|having|found|got)\b", re.IGNORECASE)
QUESTION = re.compile(r"(?:(?!\s-{1,2}\s)[^.!?;\n\u2014\u2013]){0,200}\?")


def _is_other(phrase: re.Match[str], clause: str) -> bool:
    """Return whether the phrase speaks of another issue than the comment's own."""
    if OTHER_SUBJECT.search(clause):
        return True
    if phrase["verb"]:
        return not _VERB_SUBJECT.search(clause)
    return bool(phrase["bare"]) and (not _BARE_SUBJECT.search(clause) or bool(_HAVING.search(clause)))
