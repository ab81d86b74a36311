"""Find the original that one comment supposes and a later one confirms: "Same as #12?", then "Yes, closing"."""

import re
from collections.abc import Iterable, Sequence

from dupfind.records import Ref
from dupfind.sources.closing_phrases import originals_supposed
from dupfind.sources.closing_words import CLOSES_OTHER, SENTENCE_END
from dupfind.sources.duplicate_phrases import DENIED, GUESSES, clause_before, read_claims
from dupfind.sources.issue_mentions import MAX_COMMENT, TARGET, Mention, Resolve, mention_of, prose, resolved

_MAX_MENTIONS = 200  # of a comment
_READ = 300  # characters of an answer

# Every quantifier is bounded, so that no text makes a search slower than linear.
_AGREES = re.compile(
    r"\s{0,3}(?:@[\w-]{1,40}[,:]?\s{1,3}){0,3}(?:(?:oh|ah|hm+|oops|whoops|ok|okay|well|thanks|sorry)\b[,.!]{0,3}\s{1,3}){0,3}"
    r"(?:(?:yes|yep|yup|yeah|yea|indeed|agreed|exactly|correct|confirmed|oops|whoops|good\s{1,3}(?:call|catch|find|point)"
    r"|you(?:['\u2019]re|\s{1,3}are)\s{1,3}(?:right|correct)|so\s{1,3}it\s{1,3}is|that\s{1,3}it\s{1,3}is"
    r"|(?:it|this|that)\s{1,3}(?:(?:definitely|certainly|surely|really|sure)\s{1,3})?(?:is|does)(?=\s{0,2}(?:[.,!;\n]|\Z))"
    r"|(?:it\s{1,3})?(?:seems|appears|looks)\s{1,3}(?:so|like\s{1,3}it|that\s{1,3}way|to\s{1,3}be\s{1,3}so)|i\s{1,3}(?:think|believe)\s{1,3}so"
    r"|ja|jawohl|genau|stimmt|richtig|korrekt|oui|en\s{1,3}effet|exact|exactement|s[ií]|exacto|correcto|efectivamente|sim|exato|isso"
    r"|(?:right|true|sure)(?=[.!]|\s{0,3}(?:\Z|\n)"
    r"|[,;:]?\s{1,3}(?:(?:i|i['\u2019]ll|i['\u2019]m|we|will|let['\u2019]s|let|me|it|is|it['\u2019]s|covers|looks|seems|like|this|that['\u2019]s|an?|can|be|thanks|sorry"
    r"|my|the)\b[,.!]?\s{1,3}){0,5}(?:clos(?:e|ed|ing)|dup|same|exactly))"
    r"|correto|sì|esatto|infatti|да|точно|верно|именно|согласен)\b|\+1|👍|是的|对|對|確實|确实|没错|沒錯|はい|そうです|その通り|確かに|네|예|맞습니다"
    r"|맞아요|그렇)",
    re.IGNORECASE,
)
_THANKS = re.compile(
    r"\s{0,3}(?:thanks|thank\s{1,3}you|thx|danke|merci|gracias|obrigad[oa]|grazie|спасибо|谢谢|謝謝|ありがとう\w{0,12}|감사\w{0,8})"
    r"[^.!?\n]{0,40}[.!]{0,3}\s{0,10}(?:closing\b[^.!?\n]{0,40}[.!]{0,3}\s{0,10})?",
    re.IGNORECASE,
)
_CLOSES = re.compile(
    r"\bclos(?:e|ed|ing)\b|schlie(?:ß|ss)|\bferme|\bcierro|\bfecho|\bchiudo|закрыва|关闭|關閉|閉じ|クローズ|닫",
    re.IGNORECASE,
)
"""What thanks have to say to agree: they close the issue."""
_SORRY = re.compile(
    r"\b(?:sorry|apologi[sz]e|apologies)\s{1,3}(?:for|about)\s{1,3}(?:the|a|another|my|yet\s{1,3}another)\s{1,3}(?:dup|noise)",
    re.IGNORECASE,
)
_DISAGREES = re.compile(
    r"\b(?:but|however|different(?:ly)?|separate(?:ly)?|unrelated|although|though|except|whether|reopen|aber|mais|pero|mas|ma|но)\b",
    re.IGNORECASE,
)


def confirmed_original(
    comments: Sequence[str], own_ref: Ref, resolve: Resolve, *, is_duplicate: bool = False
) -> tuple[Ref, ...]:
    """Return the one issue that a comment supposes to be the original and a later one confirms.

    A verdict without a name, such as "Closing as a dupe.", means the issue that was supposed, or the only one that
    the comment before mentions.

    Args:
        comments: What people said on one issue, oldest first.
        own_ref: The issue's name.
        resolve: Turns a mention into the name of a record.
        is_duplicate: Whether the issue is known to be a duplicate; then a guess needs no confirmation.

    Returns:
        Nothing if there are several, or none.
    """
    supposed: list[Ref] = []
    mentioned: list[Ref] = []
    found: list[Ref] = []
    is_next = False
    for comment in comments:
        claims = read_claims(comment)
        denied = set(resolved(claims.denied, own_ref, resolve))
        guessed = resolved(claims.guessed, own_ref, resolve) or originals_supposed(comment, own_ref, resolve)
        here = resolved(_mentions(comment), own_ref, resolve)
        if claims.is_verdict and not here:
            found = supposed or mentioned or found
        elif is_next and set(here) <= set(supposed) and agrees(comment):
            found = supposed
        is_next = bool(guessed)
        supposed = [ref for ref in guessed or supposed if ref not in denied]
        mentioned = [ref for ref in here or mentioned if ref not in denied]
        found = [ref for ref in found if ref not in denied]
    if is_duplicate:
        found = found or supposed
    return tuple(found) if len(found) == 1 else ()


def agrees(comment: str) -> bool:
    """Return whether a comment agrees with the one before it: "Yep, closing."."""
    text = prose(comment[:_READ])
    end = SENTENCE_END.search(text)
    first = text[: end.end()] if end else text
    if DENIED.search(first) or "?" in first or _DISAGREES.search(text) or GUESSES.search(text):
        return False
    return any((_AGREES.match(text), _THANKS.fullmatch(text) and _CLOSES.search(text), _SORRY.search(text)))


def objects_to(comment: str) -> bool:
    """Return whether a comment may object to the one before it, has a question, or speaks of other issues."""
    text = prose(comment[:_READ])
    return bool(DENIED.search(text) or _DISAGREES.search(text) or "?" in text or TARGET.search(text))


def _mentions(comment: str) -> Iterable[Mention]:
    """Yield the issues that a comment mentions, without those that it denies."""
    text = prose(comment[:MAX_COMMENT])
    if CLOSES_OTHER.search(text):
        return
    for number, target in enumerate(TARGET.finditer(text)):
        mention = mention_of(target)[0]
        if number == _MAX_MENTIONS:
            return
        if mention is not None and not DENIED.search(clause_before(text, target.start())):
            yield mention
