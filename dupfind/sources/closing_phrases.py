"""Find the issue that the comment at a closing names as the place to go on, without the word "duplicate"."""

import re
from itertools import islice
from typing import NamedTuple

from dupfind.records import Ref
from dupfind.sources.closing_words import (
    ANY,
    CLOSES_OTHER,
    CLOSING,
    COVERS,
    IS_OF_THIS,
    NOT_THE_SAME,
    OR,
    OTHER_LANGUAGES,
    SENTENCE_END,
    THAT,
    is_other_claim,
    is_sure,
)
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
from dupfind.sources.withdrawn_claims import is_another_matter, is_supposed, is_withdrawn

_MAX_PHRASES = 200  # of a comment
_SHORT = 400  # characters of a comment that may be a name alone, and before "that one"
_TO_NAME = re.compile(
    r"(?:(?!\b(?:PR|pull|commit|patch|RFC)\b)[^.!?;()\n#\[<]){0,80}?[\s:,]\s{0,2}(?=#|GH-|https?:)",
    re.IGNORECASE,
)
"""What may stand between "in favour of" and a name: "the general problem, #12"."""


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
    found = dict.fromkeys(_read_originals(text).sure)
    if not found and len(text) <= _SHORT and not GUESSES.search(text):
        mentions, end = mentions_at(text, 0)
        found.update(dict.fromkeys(mentions if not text[end:].strip(" .!*_)\n") else ()))
    return _only(resolved(found, own_ref, resolve))


def original_mentioned(comment: str, own_ref: Ref, resolve: Resolve) -> tuple[Ref, ...]:
    """Return the only issue that the last comment on a closed duplicate mentions, in whatever words and language.

    Nothing if it mentions several, or says that this one is another problem, its cause, or what fixed it.
    """
    text = prose(comment[:MAX_COMMENT])
    if GUESSES.search(text) or CLOSES_OTHER.search(text):
        return ()
    found: list[Mention] = []
    for target in islice(TARGET.finditer(text), _MAX_PHRASES):
        mention, end = mention_of(target)
        if mention is None:
            continue
        clause = clause_before(text, target.start())
        if DENIED.search(clause) or NOT_THE_SAME.search(clause) or OTHER_SUBJECT.match(text, target.start()):
            return ()
        before = SENTENCE_END.split(text[max(0, target.start() - 100) : target.start()])[-1]
        if is_withdrawn(text, clause, end) or is_another_matter(text, before, end):
            return ()
        found.append(mention)
        if IS_OF_THIS.match(text, end):
            return ()
    return _only(resolved(found, own_ref, resolve))


def original_of_closing(comment: str, own_ref: Ref, resolve: Resolve) -> tuple[Ref, ...]:
    """Return the one issue of its project for which a comment closes its own, where nothing else marks a duplicate.

    Such are "closing in favour of #12", "this is the same issue as #12", "#12 supersedes this" and "closing, it is
    tracked in #12". "See #12" and "#12" alone say too little there.
    """
    text = prose(comment[:MAX_COMMENT])
    if CLOSES_OTHER.search(text):
        return ()
    found = _read_originals(text, is_closing=CLOSING.search(text) is not None).sure
    refs = _only(resolved(found, own_ref, resolve))
    return tuple(ref for ref in refs if ref.project == own_ref.project)


def originals_supposed(comment: str, own_ref: Ref, resolve: Resolve) -> list[Ref]:
    """Return the issues of which a comment supposes that its own says the same: "Same bug as #12?"."""
    text = prose(comment[:MAX_COMMENT])
    if CLOSES_OTHER.search(text):
        return []
    named = _read_originals(text, is_closing=True)
    return resolved((*named.sure, *named.supposed), own_ref, resolve)


class _Originals(NamedTuple):
    """The issues that a text names in other words, for sure and as guesses or questions."""

    sure: list[Mention]
    supposed: list[Mention]


def _read_originals(text: str, *, is_closing: bool | None = None) -> _Originals:
    """Return the issues that a text names in other words than "duplicate".

    Args:
        text: Prose.
        is_closing: Whether it speaks of the closing of its own issue; None if that is known to be a duplicate.
    """
    found = _Originals([], [])
    if GUESSES.search(text):
        return found
    patterns = (ANY, OTHER_LANGUAGES) if is_closing is None else (ANY,)
    phrases = [match for pattern in patterns for match in islice(pattern.finditer(text), _MAX_PHRASES)]
    for phrase in phrases:
        if is_closing is not None and phrase["see"]:
            continue  # too little, where nothing says that it is a duplicate
        mentions, end = mentions_at(text, phrase.end())
        if not mentions and phrase.groupdict().get("favour"):
            mentions, end = _meant(text, phrase)
        _add(found, text, phrase, mentions, end, is_closing=is_closing)
    for target in islice(TARGET.finditer(text), _MAX_PHRASES):
        mention, end = mention_of(target)
        covers = COVERS.match(text, end)
        if mention is not None and covers is not None:
            _add(found, text, covers, [mention], covers.end(), is_closing=is_closing, start=target.start())
    return found


def _add(
    found: _Originals,
    text: str,
    phrase: re.Match[str],
    mentions: list[Mention],
    end: int,
    *,
    is_closing: bool | None,
    start: int | None = None,
) -> None:
    """Add what a phrase names, unless it denies it."""
    start = phrase.start() if start is None else start
    clause = clause_before(text, start)
    if not mentions or DENIED.search(clause) or OTHER_SUBJECT.search(clause) or OR.match(text, end):
        return
    if is_withdrawn(text, clause, end):
        return
    is_guess = any((GUESSED.search(clause), is_supposed(clause), QUESTION.match(text, end)))
    if is_closing is not None and not is_guess:
        sentence = SENTENCE_END.search(text, end)
        upto = sentence.start() if sentence else len(text)
        is_guess = is_other_claim(text, clause, end, upto, is_closing=is_closing) or not is_sure(
            phrase, text, clause, start, upto, is_closing=is_closing
        )
    (found.supposed if is_guess else found.sure).extend(mentions)


def _meant(text: str, phrase: re.Match[str]) -> tuple[list[Mention], int]:
    """Return the one issue before "in favour of that one", or after "in favour of the older issue:"."""
    if THAT.match(text, phrase.end()):
        start = max(0, phrase.start() - _SHORT)
        named = [mention_of(target)[0] for target in TARGET.finditer(text, start, phrase.start())]
        mentions = list(dict.fromkeys(mention for mention in named if mention is not None))
        if len(mentions) == 1:
            return mentions, phrase.end()
    lead = _TO_NAME.match(text, phrase.end())
    return mentions_at(text, lead.end()) if lead else ([], phrase.end())


def _only(refs: list[Ref]) -> tuple[Ref, ...]:
    """Return the one name; nothing if there are several."""
    return tuple(refs) if len(refs) == 1 else ()
