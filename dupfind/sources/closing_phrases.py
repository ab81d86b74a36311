"""Find the issue that the comment at a closing names as the place to go on, without the word "duplicate"."""

import re
from itertools import islice

from dupfind.records import Ref
from dupfind.sources.duplicate_phrases import DENIED, GUESSED, GUESSES, OTHER_SUBJECT, QUESTION, clause_before
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

_MAX_PHRASES = 200  # of a comment
_SHORT = 400  # characters of a comment that may be a name alone

# Every quantifier is bounded, so that no text makes a search slower than linear.
_SAME = (
    r"(?:the\s{1,3})?same\s{1,3}(?:(?:issue|bug|problem|thing|error|crash|request|root\s{1,3}cause)\s{1,3})?(?:as|with)"
    r"|(?:double|re|cross)[\s-]?post(?:ed|ing)?\s{1,3}of"
    r"|identical\s{1,3}(?:to|with)|equivalent\s{1,3}to"
    r"|(?:subsumed|superseded|superceded|absorbed|duplicated|encompassed)\s{1,3}(?:by|in|into|under)"
    r"|(?:already|previously)\s{1,3}(?:being\s{1,3})?(?:reported|filed|tracked|raised|known|covered|discussed|open)"
    r"\s{1,3}(?:in|as|at|by|under|with)"
    r"|(?:we\s{1,3})?already\s{1,3}have(?:\s{1,3}an?\s{1,3}(?:issue|bug|ticket)(?:\s{1,3}(?:for|on|about)\s{1,3}"
    r"(?:this|that|it))?)?"
)
_GO_ON = (
    r"(?:being\s{1,3})?(?:tracked|covered|handled|discussed|followed|continued)\s{1,3}(?:in|by|at|on|under|as)"
    r"|(?:merged|folded|rolled|consolidated|moved)\s{1,3}(?:in)?to|continues\s{1,3}(?:in|at)"
    r"|(?:redundant|overlaps)\s{1,3}with|replaced\s{1,3}by"
)
_IN_FAVOUR = r"in\s{1,3}fav(?:ou?r)\s{1,3}of"
_ANY = re.compile(
    rf"\b(?:(?P<favour>{_IN_FAVOUR})|(?P<same>{_SAME})|(?P<go_on>{_GO_ON})|(?P<see>see(?:\s{{1,3}}also)?))\b",
    re.IGNORECASE,
)
_OTHER_LANGUAGES = re.compile(
    r"(?:zugunsten\s{1,3}von|(?:siehe|dasselbe\s{1,3}wie|gleiches\s{1,3}problem\s{1,3}wie)"
    r"|bereits\s{1,3}(?:gemeldet|erfasst)\s{1,3}(?:in|als|unter)"
    r"|en\s{1,3}faveur\s{1,3}de|voir|identique\s{1,3}à|déjà\s{1,3}(?:signalé|suivi)e?\s{1,3}(?:dans|par|ici)"
    r"|a\s{1,3}favor\s{1,3}de|en\s{1,3}favor\s{1,3}de|ver|ya\s{1,3}(?:reportado|informado)\s{1,3}en"
    r"|(?:lo|el)\s{1,3}mismo\s{1,3}que|em\s{1,3}favor\s{1,3}d[aeo]|já\s{1,3}(?:reportado|relatado)\s{1,3}em"
    r"|o\s{1,3}mesmo\s{1,3}que|a\s{1,3}favore\s{1,3}di|vedi|già\s{1,3}segnalato\s{1,3}in|lo\s{1,3}stesso\s{1,3}di"
    r"|в\s{1,3}пользу|см\.?|то\s{1,3}же,?\s{1,3}что\s{1,3}и|уже\s{1,3}(?:есть|сообщено|заведено)\s{1,3}в)(?=[\s:#])",
    re.IGNORECASE,
)
_CLOSING = re.compile(
    r"\bclosing\b|\b(?:i'?ll|will|gonna|to|can|should|must|let\W?s|let\s{1,3}me|i'?m|i|and|so)\s{1,3}close\b"
    r"|\bclose\s{1,3}(?:this|it)\b|\bclosed?\s{1,3}(?:this\s{1,3})?(?:as|in\s{1,3}fav)|\bgiv(?:e|ing)\s{1,3}"
    r"(?:this|it)\s{1,3}a\s{1,3}close",
    re.IGNORECASE,
)
_CLOSES_OTHER = re.compile(
    r"\bclos(?:e|ed|ing)\s{1,3}(?:that|the\s{1,3}other|those|#\d{1,18}|pull|pr\b|the\s{1,3}pull)",
    re.IGNORECASE,
)
_LATER = re.compile(
    r"\b(?:when|once|after|until|unless|if|before|pending|reopen(?:ing|ed)?|re-open(?:ing|ed)?|fixed|fixes|landed|resolved)\b",
    re.IGNORECASE,
)
_PARTLY = re.compile(
    r"\bremain(?:s|ing|der)?\b|\bstragglers\b|\b(?:the\s{1,3}rest|most|some|half|parts?)\s{1,3}of\b|\bwhat\W{0,2}s\s{1,3}left\b"
    r"|\b(?:not|n['\u2019]t)\s{1,3}(?:(?:totally|entirely|completely|really|100%)\s{1,3})?(?:sure|certain)\b",
    re.IGNORECASE,
)
"""What says that the other issue has only a part of this one, or that nobody is sure."""
_DONE = re.compile(
    r"\b(?:fixed|implemented|done|landed|removed|gone|works|completed|worked\s{1,3}out|no\s{1,3}longer|any\s?more"
    r"|expected)\b",
    re.IGNORECASE,
)
"""What says, before a phrase, that something else closes the issue."""
_HEDGED = re.compile(
    r"\b(?:probably|likely|(?:i|we)\s{1,3}(?:guess|suppose)|presumably|suggest(?:ed)?|propose[ds]?|proposing|suggesting)\b",
    re.IGNORECASE,
)
_THAT = re.compile(
    r"\s{1,3}(?:that(?:\s{1,3}(?:one|issue|bug|ticket))?|it|the\s{1,3}other"
    r"|the\s{1,3}(?:newer|new|older|old|existing|earlier|previous|above|linked|first)"
    r"\s{1,3}(?:one|issue|bug|ticket|report))\b",
    re.IGNORECASE,
)
_OR = re.compile(r"\s{0,2},?\s{0,2}\b(?:or|nor|and/or)\b\s{0,2}(?:#|issue|bug|ticket|http)", re.IGNORECASE)
_SELF = re.compile(
    r"^\s{0,3}(?:(?:i|we)\s{1,3}(?:think|believe)\s{1,3}(?:that\s{1,3})?)?"
    r"(?:(?:this|it|that)(?:\s{1,3}(?:issue|bug|one|ticket|report|problem))?\s{0,3}"
    r"(?:['\u2019]s|is|was|has\s{1,3}been|looks?\s{1,3}like|looks|seems?\s{1,3}(?:like|to\s{1,3}be)|seems"
    r"|appears\s{1,3}to\s{1,3}be|sounds\s{1,3}like)?\s{0,3})?"
    r"(?:\b(?:now|already|basically|really|actually|exactly|indeed|clearly|just|essentially|effectively|the|an?|been|accidental(?:ly)?"
    r"|all)\b\s{0,3}){0,4}$",
    re.IGNORECASE,
)


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
    text = prose(comment[:MAX_COMMENT])
    found = _named(text)
    if not found and len(text) <= _SHORT and not GUESSES.search(text):
        mentions, end = mentions_at(text, 0)
        found.update(dict.fromkeys(mentions if not text[end:].strip(" .!*_)\n") else ()))
    refs = resolved(found, own_ref, resolve)
    return tuple(refs) if len(refs) == 1 else ()


def original_of_closing(comment: str, own_ref: Ref, resolve: Resolve) -> tuple[Ref, ...]:
    """Return the one issue of its project for which a comment closes its own, where nothing else marks a duplicate.

    Such are "closing in favour of #12", "this is the same issue as #12" and "closing, it is tracked in #12". "See #12"
    and "#12" alone say too little there.
    """
    text = prose(comment[:MAX_COMMENT])
    if _CLOSES_OTHER.search(text) or _PARTLY.search(text):
        return ()
    refs = resolved(_named(text, is_closing=_CLOSING.search(text) is not None), own_ref, resolve)
    return tuple(refs) if len(refs) == 1 and refs[0].project == own_ref.project else ()


def _named(text: str, *, is_closing: bool | None = None) -> dict[Mention, None]:
    """Return the issues that a text names in other words.

    Args:
        text: Prose.
        is_closing: Whether it speaks of the closing of its own issue; None if that is known to be a duplicate.
    """
    found: dict[Mention, None] = {}
    if GUESSES.search(text):
        return found
    patterns = (_ANY, _OTHER_LANGUAGES) if is_closing is None else (_ANY,)
    for phrase in (match for pattern in patterns for match in islice(pattern.finditer(text), _MAX_PHRASES)):
        clause = clause_before(text, phrase.start())
        if is_closing is not None and (
            not _is_sure(phrase, clause, is_closing=is_closing) or _DONE.search(text, 0, phrase.start())
        ):
            continue
        mentions, end = mentions_at(text, phrase.end())
        if not mentions and phrase.groupdict().get("favour"):
            mentions = _meant(text, phrase)
        is_claim = not any(pattern.search(clause) for pattern in (DENIED, GUESSED, OTHER_SUBJECT))
        if is_claim and not QUESTION.match(text, end) and not _OR.match(text, end):
            found.update(dict.fromkeys(mentions))
    return found


def _meant(text: str, phrase: re.Match[str]) -> list[Mention]:
    """Return the one issue before "in favour of that one"; nothing if there are several."""
    if not _THAT.match(text, phrase.end()):
        return []
    start = max(0, phrase.start() - _SHORT)
    named = [mention_of(target)[0] for target in TARGET.finditer(text, start, phrase.start())]
    mentions = list(dict.fromkeys(mention for mention in named if mention is not None))
    return mentions if len(mentions) == 1 else []


def _is_sure(phrase: re.Match[str], clause: str, *, is_closing: bool) -> bool:
    """Return whether a phrase by itself says that the comment's own issue is a duplicate."""
    if _LATER.search(clause) or _HEDGED.search(clause):
        return False
    if phrase["favour"]:
        return _CLOSING.search(clause) is not None
    if phrase["same"]:
        return is_closing or _SELF.match(clause) is not None
    return bool(phrase["go_on"]) and is_closing
