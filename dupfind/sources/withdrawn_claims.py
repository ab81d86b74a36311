"""Words that take back what their sentence says of another issue: "marked as a duplicate of #12 by mistake"."""

import re

_MARKED = (
    r"(?:mark|clos|flag|label|tagg?|call|link|treat|class|identifi)(?:e|s|ed|led|ged|ied|ing|ling|ging)?"
)
_WRONGLY = (
    r"(?:wrongly|mistakenly|erroneously|incorrectly|falsely|accidentally|prematurely|by\s{1,3}(?:a\s{1,3})?mistake"
    r"|by\s{1,3}accident|in\s{1,3}error)"
)

# Every quantifier is bounded, so that no text makes a search slower than linear.
_BEFORE = re.compile(
    rf"\b{_WRONGLY}\s{{1,3}}(?:[a-z]{{1,12}}\s{{1,3}})?{_MARKED}\b"
    rf"|\b{_MARKED}\s{{1,3}}(?:[a-z]{{1,12}}\s{{1,3}}){{0,2}}{_WRONGLY}\s{{1,3}}as\b"
    rf"|\bwrong\s{{1,3}}to\s{{1,3}}{_MARKED}\b"
    rf"|\b(?:stop(?:ped)?|quit|avoid)\s{{1,3}}(?:[a-z]{{1,12}}\s{{1,3}})?{_MARKED}\b"
    r"|\b(?:instead\s{1,3}of|rather\s{1,3}than|as\s{1,3}opposed\s{1,3}to)\b"
    r"|\bused\s{1,3}to\s{1,3}be\b|\b(?:was|were)\s{1,3}once\b|\bonce\s{1,3}was\b|\bformerly\b",
    re.IGNORECASE,
)
"""What may stand in the clause before a claim that does not hold."""
_AFTER_MARKED = re.compile(
    rf"\)?\s{{0,2}}[,(]?\s{{0,2}}(?:(?:obviously|apparently|clearly|probably|only|just|i\s{{1,3}}think)\s{{1,3}})?{_WRONGLY}\b",
    re.IGNORECASE,
)
_MARKING = re.compile(rf"\b{_MARKED}\b", re.IGNORECASE)
_SUSPECTED = re.compile(
    r"\)?\s{1,3}(?:was|were|had\s{1,3}been|has\s{1,3}been)\s{1,3}(?:only\s{1,3}|first\s{1,3}|also\s{1,3})?"
    r"(?:suspected|assumed|suggested|supposed|considered|ruled\s{1,3}out|my\s{1,3}(?:first\s{1,3})?(?:guess|suspicion))\b",
    re.IGNORECASE,
)
_BUT = re.compile(
    r"(?:(?![.!?]\s)[^;\n]){0,40}?\b(?:but|until|though|however)\b(?:(?![.!?]\s)[^;\n]){0,30}?"
    r"\b(?:turn(?:ed|s)\s{1,3}out|that\s{1,3}was\s{1,3}(?:wrong|a\s{1,3}mistake)"
    r"|(?:is|was|does|did)(?:n['\u2019]t|\s{1,3}not)(?=\s{0,2}(?:[.,;!)\n]|\Z)))",
    re.IGNORECASE,
)
_REOPENED = re.compile(
    r"\)?\s{0,2}(?:,|\band\b|\bso\b|\bbut\b|-|\u2014|\u2013)\s{0,2}(?:(?:and|so|but|then|now|later|i|we|am|are|was|is|have|has|been|it|this)\s{1,3}){0,4}"
    r"re-?open(?:ed|ing)\b",
    re.IGNORECASE,
)
_HAD_IT_BEEN = re.compile(r"\bwould\s{1,3}(?:still\s{1,3})?(?:be|have\s{1,3}been|become)\b", re.IGNORECASE)
_CONDITION = re.compile(
    r"(?:(?![.!?]\s)[^;\n]){0,60}?\b(?:had|if|unless|were\s{1,3}it|provided)\b", re.IGNORECASE
)
_THOUGHT = re.compile(
    r"\b(?:thought|believed|assumed|feared)\s{1,3}(?:that\s{1,3})?(?:this|it)\b(?:\s{1,3}issue)?\s{1,3}(?:was|were)\b",
    re.IGNORECASE,
)


def is_withdrawn(text: str, clause: str, end: int) -> bool:
    """Return whether a sentence takes back what it says: "It was marked as a duplicate of #12 by mistake."

    Args:
        text: The prose.
        clause: What stands before the claim in its clause.
        end: The end of the claim with the issue that it names.
    """
    if _BEFORE.search(clause) or any(each.match(text, end) for each in (_SUSPECTED, _BUT, _REOPENED)):
        return True
    if _HAD_IT_BEEN.search(clause):
        return _CONDITION.match(text, end) is not None
    return _MARKING.search(clause) is not None and _AFTER_MARKED.match(text, end) is not None


def is_supposed(clause: str) -> bool:
    """Return whether the words before a claim only suppose it: "It would be a duplicate", "I thought it was one"."""
    return _HAD_IT_BEEN.search(clause) is not None or _THOUGHT.search(clause) is not None


_NEW_OR_OTHER = re.compile(
    r"\b(?:thanks\s{1,3}to|follow[\s-]?ups?|work[\s-]?arounds?|patch(?:es)?)\b(?![.!?;])"
    r"|\b(?:open|fil|creat|submitt|rais|start)(?:e|ed|ing)\s{1,3}(?:(?:an?|the|new|separate|another|feature|request|issue|ticket|bug|up)\s{1,3}){0,4}[(\[]?$",
    re.IGNORECASE,
)
_FOR_THIS = re.compile(
    r"[)\]]?\s{1,3}(?:for|about|to\s{1,3}track|with)\s{1,3}(?:this|it|that|the\s{1,3}same)\b", re.IGNORECASE
)


def is_another_matter(text: str, sentence: str, end: int) -> bool:
    """Return whether the words around a lone mention say that it is no original: "Follow-up work goes to #12".

    Args:
        text: The prose.
        sentence: What stands before the mention in its sentence.
        end: The end of the mention.
    """
    return _NEW_OR_OTHER.search(sentence) is not None and _FOR_THIS.match(text, end) is None


SET_APART = re.compile(
    r"\b(?:(?:separate|distinct|different|independent)\s{1,3}(?:(?:issue|bug|problem|matter|cause|thing)\s{1,3})?(?:from|than|to)"
    r"|(?:unrelated|not\s{1,3}related)\s{1,3}to)\s{1,3}(?:(?:issue|bug|ticket|that\s{1,3}of)\s{1,3})?(?=#|https?:|GH-)",
    re.IGNORECASE,
)
"""What stands before the name of an issue that is no original: "this is separate from #12"."""
