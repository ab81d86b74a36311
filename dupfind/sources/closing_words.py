"""The words with which people close an issue for another one, without the word "duplicate"."""

import re

# Every quantifier is bounded, so that no text makes a search slower than linear.
_SAME = (
    r"(?:the\s{1,3})?same\s{1,3}(?:(?:(?:underlying|root)\s{1,3})?"
    r"(?:issue|bug|problem|thing|error|crash|request|cause|false\s{1,3}positive|failure|symptom|report|ice|panic"
    r"|regression|question|feature|behaviou?r|exception|defect)\s{1,3})?(?:as|with)"
    r"(?:\s{1,3}in\b)?"
    r"|(?:double|re|cross)[\s-]?post(?:ed|ing)?\s{1,3}of"
    r"|identical\s{1,3}(?:to|with)|equivalent\s{1,3}to"
    r"|(?:subsumed|super[sc]ee?ded|absorbed|duplicated|encompassed)(?:\s{1,3}\([^()\n#]{0,80}\))?\s{1,3}(?:by|in|into|under)"
    r"|(?:already|previously)\s{1,3}(?:being\s{1,3})?(?:reported|filed|tracked|raised|known|covered|discussed|open)"
    r"\s{1,3}(?:in|as|at|by|under|with)"
    r"|(?:we\s{1,3})?already\s{1,3}have(?:\s{1,3}an?\s{1,3}(?:issue|bug|ticket)(?:\s{1,3}(?:for|on|about)\s{1,3}"
    r"(?:this|that|it))?)?"
)
_GO_ON = (
    r"(?:being\s{1,3})?(?:tracked|covered|discussed|followed|continued)"
    r"(?:\s{1,3}(?:more|better|much|also)\s{1,3}[a-z]{1,15})?\s{1,3}(?:in|by|at|on|under|as)"
    r"|(?:merged|folded|rolled|consolidated|moved)\s{1,3}(?:in)?to|continues\s{1,3}(?:in|at)"
    r"|(?:redundant|overlaps)\s{1,3}with|replaced\s{1,3}by"
    r"|fall(?:s|ing)\s{1,3}under(?:\s{1,3}the\s{1,3}[a-z]{1,15}\s{1,3}of)?"
)
_PART = (
    r"(?:an?\s{1,3}|the\s{1,3})?(?:sub-?set|instance|(?:special\s{1,3}|particular\s{1,3})?case|variant|variation|part"
    r"|sub-?issue|symptom|consequence)\s{1,3}of"
)
_IS = r"(?:this|that|it)(?:\s{1,3}(?:issue|bug|one))?(?:\s{1,3}is|['\u2019]s)"
_IN_FAVOUR = r"in\s{1,3}fav(?:ou?r)\s{1,3}of"
ANY = re.compile(
    rf"\b(?:(?P<favour>{_IN_FAVOUR})|(?P<same>{_SAME})|(?P<go_on>{_GO_ON})"
    rf"|(?P<part>{_PART})|(?P<is>{_IS}(?:\s{{1,3}}(?:just|really|basically|actually))?(?=\s{{1,3}}(?:#|GH-|https?:)))|(?P<see>see(?:\s{{1,3}}also)?))\b",
    re.IGNORECASE,
)
OTHER_LANGUAGES = re.compile(
    r"(?:zugunsten\s{1,3}von|(?:siehe|dasselbe\s{1,3}wie|gleiches\s{1,3}problem\s{1,3}wie)"
    r"|bereits\s{1,3}(?:gemeldet|erfasst)\s{1,3}(?:in|als|unter)"
    r"|en\s{1,3}faveur\s{1,3}de|voir|identique\s{1,3}à|déjà\s{1,3}(?:signalé|suivi)e?\s{1,3}(?:dans|par|ici)"
    r"|a\s{1,3}favor\s{1,3}de|en\s{1,3}favor\s{1,3}de|ver|ya\s{1,3}(?:reportado|informado)\s{1,3}en"
    r"|(?:lo|el)\s{1,3}mismo\s{1,3}que|em\s{1,3}favor\s{1,3}d[aeo]|já\s{1,3}(?:reportado|relatado)\s{1,3}em"
    r"|o\s{1,3}mesmo\s{1,3}que|a\s{1,3}favore\s{1,3}di|vedi|già\s{1,3}segnalato\s{1,3}in|lo\s{1,3}stesso\s{1,3}di"
    r"|в\s{1,3}пользу|см\.?|то\s{1,3}же,?\s{1,3}что\s{1,3}и|уже\s{1,3}(?:есть|сообщено|заведено)\s{1,3}в)(?=[\s:#])",
    re.IGNORECASE,
)
CLOSING = re.compile(
    r"\bclosing\b|\b(?:i'?ll|will|gonna|to|can|should|must|let\W?s|let\s{1,3}me|i'?m|i|and|so)\s{1,3}close\b"
    r"|\bclose\s{1,3}(?:this|it)\b|\bclosed?\s{1,3}(?:this\s{1,3})?(?:as|in\s{1,3}fav)|\bgiv(?:e|ing)\s{1,3}"
    r"(?:this|it)\s{1,3}a\s{1,3}close",
    re.IGNORECASE,
)
CLOSES_OTHER = re.compile(
    r"\bclos(?:e|ed|ing)\s{1,3}(?:that|the\s{1,3}other|those|#\d{1,18}|pull|pr\b|the\s{1,3}pull)",
    re.IGNORECASE,
)
_LATER = re.compile(
    r"\b(?:when|once|after|until|unless|if|before|pending|reopen(?:ing|ed)?|re-open(?:ing|ed)?|fixed|fixes|landed|resolved)\b",
    re.IGNORECASE,
)
_PARTLY = re.compile(
    r"\bremain(?:s|ing|der)?\b|\bstragglers\b|\b(?:the\s{1,3}rest|most|some|half|parts?)\s{1,3}of\b(?!\s{1,3}(?:#|http))|\bwhat\W{0,2}s\s{1,3}left\b",
    re.IGNORECASE,
)
"""What says that the other issue has only a part of this one."""
_UNSURE = re.compile(
    r"\b(?:not|n['\u2019]t)\s{1,3}(?:(?:totally|entirely|completely|really|100%)\s{1,3})?(?:sure|certain)\b",
    re.IGNORECASE,
)
_DONE = re.compile(
    r"\b(?:fixed|implemented|done|landed|removed|gone|works|completed|worked\s{1,3}out|no\s{1,3}longer|any\s?more"
    r"|expected)\b",
    re.IGNORECASE,
)
"""What says, before a phrase, that something else closes the issue."""
_FIXED_BY = re.compile(
    r"\b(?:fixed|implemented|done|landed|resolved|removed)\s{1,3}(?:in|by|via|with)\b", re.IGNORECASE
)
_HEDGED = re.compile(
    r"\b(?:probably|likely|(?:i|we)\s{1,3}suppose|presumably|suggest(?:ed)?|propose[ds]?|proposing|suggesting)\b",
    re.IGNORECASE,
)
THAT = re.compile(
    r"\s{1,3}(?:that(?:\s{1,3}(?:one|issue|bug|ticket))?|it|the\s{1,3}other"
    r"|the\s{1,3}(?:newer|new|older|old|existing|earlier|previous|above|linked|first)"
    r"\s{1,3}(?:one|issue|bug|ticket|report))\b",
    re.IGNORECASE,
)
OR = re.compile(r"\s{0,2},?\s{0,2}\b(?:or|nor|and/or)\b\s{0,2}(?:#|issue|bug|ticket|http)", re.IGNORECASE)
_SELF = re.compile(
    r"^\s{0,3}(?:(?:so|since|as|because|but|and|also|yes|yeah|ok|okay)\s{1,3})?"
    r"(?:(?:(?:i|we)\s{1,3}(?:think|believe|guess)|it\s{1,3}(?:seems|appears|looks\s{1,3}like))\s{1,3}(?:that\s{1,3})?)?"
    r"(?:(?:(?:this|it|that|issue|bug)(?:\s{1,3}(?:issue|bug|one|ticket|report|problem))?)?\s{0,3}"
    r"(?:['\u2019]s|is|was|has\s{1,3}been|looks?\s{1,3}like|looks|seems?\s{1,3}(?:like|to\s{1,3}be)|seems"
    r"|appears\s{1,3}to\s{1,3}be|sounds\s{1,3}like)?\s{0,3})?"
    r"(?:\b(?:now|already|basically|really|actually|exactly|indeed|clearly|just|essentially|effectively|strictly|simply|the|an?|been"
    r"|accidental(?:ly)?|all|more\s{1,3}or\s{1,3}less|pretty\s{1,3}much|almost\s{1,3}certainly)\b\s{0,3}){0,4}$",
    re.IGNORECASE,
)
SENTENCE_END = re.compile(r"[.!?](?=\s|$)|\n")
COVERS = re.compile(
    r"\)?\s{1,3}(?:(?:seems?|appears?)\s{1,3}to\s{1,3}|(?:would|will|should|now|already|basically|also|really)\s{1,3}){0,2}"
    r"(?:(?P<same>(?:subsumes?|super[sc]ee?des?|obsoletes?|encompass(?:es)?|duplicates?)"
    r"(?:\s{1,3}(?:this|it|the\s{1,3}present)\b(?:\s{1,3}(?:issue|bug|one|ticket|report))?)?(?=\s{0,2}(?:[.,;!)\n]|\Z|and\b|so\b|but\b))"
    r"|(?:covers?|describes?|reports?|be|is|looks?\s{1,3}like|sounds?\s{1,3}like)\s{1,3}(?:(?:about|exactly|really|essentially)\s{1,3})?"
    r"the\s{1,3}(?:very\s{1,3})?same(?:\s{1,3}(?:issue|bug|problem|thing|error|crash|request))?\b(?!\s{1,3}(?:as|with|[a-z]{3,20}\s{1,3}as)\b))"
    r"|(?P<go_on>(?:covers?|tracks?|handles?)\s{1,3}(?:this|it|that)\b|is\s{1,3}(?:now\s{1,3})?(?:the|our)\s{1,3}tracking\s{1,3}issue\b))",
    re.IGNORECASE,
)
"""What follows the name of an issue that says the same: "#12 supersedes this"."""


NOT_THE_SAME = re.compile(
    r"\b(?:fix(?:e[sd]|ing)?|resolve[sd]?|implement(?:ed|s)?|landed|caused|introduced|regress(?:ed|ion)|broke(?:n)?|block(?:ed|s)"
    r"|depends|unlike|different|differs|behoben|gelöst|verursacht|anders|corrigée?|résolue?|causée?|diffère|corregid[oa]|resuelt[oa]"
    r"|corrigid[oa]|resolvid[oa]|risolt[oa]|corrett[oa]|исправлен[оа]?|решен[оа]?|kein\w{0,2}|nicht|pas|não|non|не)\b|修复|修正|不是|不同|해결|수정",
    re.IGNORECASE,
)
"""What says, before a name, that this issue is not the original: it fixed the problem, caused it, or is another one."""
IS_OF_THIS = re.compile(
    r"\)?\s{1,3}(?:is|was|has\s{1,3}been)\s{1,3}(?:[a-z]{1,12}\s{1,3}){0,4}dup|\s{0,2}(?:fix(?:e[sd])?|resolve[sd])\b",
    re.IGNORECASE,
)
"""What follows the name of an issue that is no original: "#12 is a duplicate", "#12 fixes it"."""


_OTHER_SAMENESS = re.compile(
    r"\b(?:works?|working|worked|behaves?|behaving|does|did|acts?|performs?|runs|is\s{1,3}(?:done|handled|treated|formatted))\b"
    r"(?:\s{1,3}(?:exactly|now|just|much|basically|about|pretty|almost|all)){0,3}\s{0,3}$",
    re.IGNORECASE,
)
"""What says, before "the same as", what something does: "It works the same as #12"."""
_ASPECT = re.compile(
    r"\)?\s{1,3}in\s{1,3}(?:(?:its|their|terms\s{1,3}of|the)\s{1,3})?(?:effort|size|scope|difficulty|severity|priority|complexity"
    r"|cost|importance|urgency|style|value|risk|impact|speed|performance)\b"
    r"|\)?,?\s{1,3}(?:and|but|where\s{1,3}it\s{1,3}was|which\s{1,3}was)\s{1,3}(?:(?:it|was|then|there|later|got|been)\s{1,3}){0,3}"
    r"(?:rejected|declined|refused|turned\s{1,3}down|dismissed|decided\s{1,3}against|denied|abandoned|ruled\s{1,3}out)\b"
    r"|\s{1,3}for\s{1,3}(?:the|our|all|next|version|milestone|v?\d)(?:\s{1,3}[\w.]{1,20}){0,2}?\s{0,3}(?:release|version|milestone|sprint|quarter|roadmap)s?\b",
    re.IGNORECASE,
)
"""What limits a phrase right after its issue: "in effort", "and rejected", "for the release"."""
_LIMIT = re.compile(
    r"\b(?:part(?:ial)?ly|partial|in\s{1,3}part\b|to\s{1,3}(?:some|a\s{1,3}certain)\s{1,3}(?:extent|degree)|somewhat|half"
    r"|(?:keep|keeping|leave|leaving)\s{1,3}(?:both|them|this|each)(?:\s{1,3}[a-z]{1,10}){0,2}\s{1,3}open)\b",
    re.IGNORECASE,
)
_WITH_DIFFERENCE = re.compile(
    r"\)?,?\s{1,3}(?:but|only|just)\s{1,3}(?:on|for|in|under|against|instead)\b", re.IGNORECASE
)


def is_other_claim(text: str, clause: str, end: int, sentence_end: int, *, is_closing: bool) -> bool:
    """Return whether the words around a phrase limit it, so that it calls nothing a duplicate.

    Args:
        text: The prose.
        clause: What stands before the phrase in its clause.
        end: The end of the phrase with the issue that it names.
        sentence_end: The end of its sentence.
        is_closing: Whether the text speaks of the closing of its own issue.
    """
    if _OTHER_SAMENESS.search(clause) or _ASPECT.match(text, end) or _LIMIT.search(text, end, sentence_end):
        return True
    return not is_closing and _WITH_DIFFERENCE.match(text, end) is not None


def is_sure(phrase: re.Match[str], text: str, clause: str, start: int, end: int, *, is_closing: bool) -> bool:
    """Return whether a phrase by itself says that the comment's own issue is a duplicate.

    Args:
        phrase: A match of `ANY` or `COVERS`.
        text: The prose around it.
        clause: What stands before it in its clause.
        start: Its beginning, with a name before it.
        end: The end of its sentence.
        is_closing: Whether the text speaks of the closing of its own issue.
    """
    groups = {name for name, value in phrase.groupdict().items() if value}
    is_part = "part" in groups
    if _LATER.search(clause) or _HEDGED.search(clause) or _PARTLY.search(text, 0, start if is_part else end):
        return False
    if "same" in groups:
        is_own = is_closing or phrase.re is COVERS or _SELF.match(clause) is not None
        before = SENTENCE_END.split(text[max(0, start - 200) : start])[-1]
        return is_own and not (_FIXED_BY.search(before) or _UNSURE.search(text, start, end))
    if _DONE.search(text, 0, start):
        return False
    if "favour" in groups:
        return CLOSING.search(clause) is not None
    if is_part or "is" in groups:
        return is_closing and _SELF.match(clause) is not None
    return "go_on" in groups and is_closing
