"""Find the issues that a comment calls duplicates of its own: "#77 is a duplicate of this one"."""

import re
from itertools import islice

from dupfind.sources.duplicate_phrases import DENIED, GUESSED, QUESTION, clause_before, may_claim
from dupfind.sources.issue_mentions import MAX_COMMENT, TARGET, Mention, mention_of, prose
from dupfind.sources.withdrawn_claims import is_withdrawn

_MAX_PHRASES = 200  # of a comment
_BEFORE = 100  # characters before a phrase in which the name stands
_AFTER = 20  # characters after it that may deny it

# Every quantifier is bounded, so that no text makes a search slower than linear.
_OF_THIS = re.compile(
    r"\bdup(?:licated?|e)?\s{1,3}of\s{1,3}(?:this|the\s{1,3}present)(?:\s{1,3}(?:one|(?:feature\s{1,3})?request|issue|bug|ticket|report|problem"
    r"|defect|question|card|task|item|thread|post|story)\b(?!\s{1,3}(?:in|from)\b)|\b(?!\s{1,3}(?:in|from)\b)"
    r"(?=\s{0,3}(?:[^\w\s]|\Z)|\s{0,3}\n|\s{1,3}(?:too|as|so|and|but|or|since|because|with|which|that|now|then|by|again|already|here"
    r"|imho|i|we|for|if|when|per|given|though|although)\b))"
    r"|\b(?:duplikat|dublette)\s{1,3}(?:hiervon|davon|von\s{1,3}die(?:sem|ser)|die(?:ses|ser))\b"
    r"|\b(?:doublon|duplicata)\s{1,3}de\s{1,3}(?:celui-ci|celle-ci|ce(?:tte)?)\b"
    r"|\bduplicad[oa]\s{1,3}de\s{1,3}est[ea]\b|\bduplicad[oa]\s{1,3}dest[ea]\b|\bduplicata\s{1,3}dest[ea]\b"
    r"|\bduplicato\s{1,3}di\s{1,3}quest[oa]\b|\bдубл(?:икат(?:ом)?|ь|ирует)\s{1,3}(?:эт(?:ой|ого|у|от)|данно[йг])"
    r"|(?:本|此|这个|這個)\w{0,5}的?重[复複]|(?:この|本)\w{0,6}の重複|이\s{0,2}\w{0,6}의\s{0,2}중복",
    re.IGNORECASE,
)
_IS = re.compile(
    r"\)?\s{0,2}(?:(?:is|was|has\s{1,3}been|looks\s{1,3}like|ist|wurde|est|es|é|è|является|—|–|-|是|は|은|는|이|가)\s{0,3}"
    r"(?:(?:now|also|just|clearly|marked|closed|an?|as|ein(?:e)?|als|auch|une?|uma?|como|comme|come)\s{1,3}){0,4}|\s{0,2})$",
    re.IGNORECASE,
)
"""What may stand between the name and the phrase."""
_DENIED_AFTER = re.compile(
    r"[^.!?\n。！？]{0,8}?(?:ではな|じゃな|でな|아[니닙님]|かも|可能|吗|嗎|ですか|일까)"
)


def named_duplicates(comment: str) -> list[Mention]:
    """Return the issues that a comment calls duplicates of its own; denials, guesses and questions claim nothing."""
    if not may_claim(comment):
        return []
    text = prose(comment[:MAX_COMMENT])
    found: list[Mention] = []
    for phrase in islice(_OF_THIS.finditer(text), _MAX_PHRASES):
        start = max(0, phrase.start() - _BEFORE)
        targets = list(TARGET.finditer(text, start, phrase.start()))
        mention, end = mention_of(targets[-1]) if targets else (None, 0)
        if mention is None or _IS.match(text, end, phrase.start()) is None:
            continue
        around = f"{clause_before(text, targets[-1].start())} {text[end : phrase.start()]}"
        rest = text[phrase.end() : phrase.end() + _AFTER]
        if not (
            DENIED.search(around)
            or GUESSED.search(around)
            or is_withdrawn(text, text[end : phrase.end()], phrase.end())
            or QUESTION.match(text, phrase.end())
            or _DENIED_AFTER.match(rest)
        ):
            found.append(mention)
    return list(dict.fromkeys(found))
