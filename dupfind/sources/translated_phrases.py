"""Find "duplicate of #12" in German, French, Spanish, Portuguese, Italian, Russian, Chinese, Japanese and Korean."""

import re
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from dupfind.sources.issue_mentions import TARGET, Mention, mention_of

HINTS = ("dup", "dubl", "dopp", "doubl", "дубл", "重复", "重複", "중복")
"""Parts of words, in lower case, of which one is in each phrase, in English, too."""

_MAX_PHRASES = 50  # of a comment
_MAX_TRIED = 200  # phrases at which the name of an issue is looked for
_BEFORE, _AFTER = 60, 100  # characters around a phrase that are read

# Every quantifier is bounded, so that no text makes a search slower than linear.
_THEN_ISSUE = re.compile(
    r"\b(?:duplikat|dublette|doublette)\s{1,3}(?:von|zu|des|der)\b|\bdoppelt\s{1,3}(?:zu|mit)\b"
    r"|\b(?:doublon|duplicata)\s{1,3}(?:de|du|avec)\b"
    r"|\bduplicad[oa]\s{1,3}(?:de|del|do|da)\b|\bduplicat[oa]\s{1,3}(?:di|del|della|dell|de|da|do)\b"
    r"|\bдубл(?:икат(?:ом)?|ь|ирует)\b(?=[\s:#])"
    r"|(?:重复|重複|중복)(?:了|于|於)?(?=[\s:：#]{1,3})",
    re.IGNORECASE,
)
"""Phrases before the name of the original."""
_AFTER_ISSUE = re.compile(
    r"\s{0,2}(?:の|と|に|的|问题|的问题|와|과|의|이슈와|이슈의)?\s{0,2}(?:重复|重複|중복)"
)
"""What follows the name of the original."""
_LEAD = re.compile(r"[\s:：*_('\"\u2019]{0,6}(?:[^\W\d_]{1,15}\s{1,2}){0,2}")
_CLAUSE_END = re.compile(r"[.!?;,:\n。！？；，、]")
_SENTENCE_END = re.compile(r"[.!?;:\n。！？；]")
_DENIED = re.compile(
    r"\b(?:kein\w{0,2}|nicht|pas|aucun|no|ni|nunca|não|nao|nem|non|né|не|нет|not)\b|不是|并非|並非|没有|不算|未"
    r"|아니|않",
    re.IGNORECASE,
)
_DENIED_AFTER = re.compile(
    r"[^.!?\n。！？#]{0,6}?(?:ではな|じゃな|でな|しな|していな|이 아|은 아|아니|아님|아닙|되지 않)"
)
_GUESSED = re.compile(
    r"\b(?:vielleicht|möglicherweise|eventuell|evtl|könnte|ob|falls|peut-être|pourrait|éventuel\w{0,4}|si"
    r"|quizás?|tal vez|podría|posible(?:mente)?|talvez|poderia|pode|possível|possivelmente|se|forse|potrebbe"
    r"|possibile|может|возможно|возможный|наверное|ли)\b|可能|也许|也許|疑似|是否|恐らく|おそらく|たぶん|아마|혹시",
    re.IGNORECASE,
)
_GUESSED_AFTER = re.compile(
    r"[^.!?\n。！？#]{0,8}?(?:かも|可能|吗|嗎|ですか|でしょうか|인가요|일까|일 수|같)"
)
_WRONGLY = re.compile(
    r"\b(?:versehentlich|irrtümlich(?:erweise)?|fälschlich(?:erweise)?|aus\s{1,3}versehen|zu\s{1,3}unrecht"
    r"|par\s{1,3}erreur|à\s{1,3}tort|por\s{1,3}(?:error|erro|engano|equivocación)|erróneamente|erroneamente"
    r"|equivocadamente|per\s{1,3}(?:errore|sbaglio)|ошибочно|по\s{1,3}ошибке)\b"
    r"|误(?:标|判|报|将|关)|誤(?:って|標|判)|錯誤地|错误地|間違(?:えて|って)|실수로|잘못",
    re.IGNORECASE,
)
_MARKED = re.compile(
    r"\b(?:als|comme|como|come|как)\b"
    r"|\b(?:markiert|geschlossen|marqué|fermé|marcad[oa]|cerrad[oa]|fechad[oa]|segnalat[oa]|contrassegnat[oa]|chius[oa]"
    r"|помечен|закрыт|отмечен)|标|標|关闭|關閉|判|クローズ|マーク|として|표시|닫|처리",
    re.IGNORECASE,
)
"""Words of a mark: with one of `_WRONGLY` in the same clause they take it back."""
_OTHER_SUBJECT = re.compile(
    r"#\d{1,18}\s{1,3}(?:ist|est|es|é|è|является|—|-)\s|#\d{1,18}\s{0,2}(?:是|は|는|은)", re.IGNORECASE
)
_VERDICT = re.compile(
    r"\bals\s{1,3}(?:duplikat|doppelt|dublette)\b|\b(?:comme|en\s{1,3}tant\s{1,3}que)\s{1,3}(?:doublon|duplicata)\b"
    r"|\b(?:como|por|come)\s{1,3}(?:(?:un\s{1,3})?duplicad[oa]|duplicata|duplicato|doppione)\b"
    r"|\bкак\s{1,3}дубл(?:икат|ь)\b|(?:作为|作為|因为|因為|由于)重[复複]|重[复複](?:问题|議題|issue)?[，,、]?\s{0,2}(?:关闭|關閉)"
    r"|重複(?:として|のため|なので|です)|중복(?:으로|이므로|이라|입니다)",
    re.IGNORECASE,
)
"""What says that the comment's own issue is a duplicate, without the name of the original."""
_QUESTION = re.compile(r"[^.!;\n。！]{0,40}[?？]")


class TranslatedClaims(NamedTuple):
    """The issues that a text names as originals, excludes and guesses, and whether it has a verdict without a name."""

    explicit: list[Mention]
    denied: list[Mention]
    guessed: list[Mention]
    is_verdict: bool


def translated_claims(text: str) -> TranslatedClaims:
    """Read the prose of a comment; questions and guesses claim nothing."""
    claims = TranslatedClaims([], [], [], _is_verdict(text))
    for start, end, mention in islice(_named(text), _MAX_PHRASES):
        clause = _CLAUSE_END.split(text[max(0, start - _BEFORE) : start])[-1]
        sentence = _SENTENCE_END.split(text[max(0, start - _BEFORE) : start])[-1]
        rest = text[end : end + _AFTER]
        whole = f"{clause}{text[start:end]}{_CLAUSE_END.split(rest)[0]}"
        is_withdrawn = _WRONGLY.search(whole) is not None and _MARKED.search(whole) is not None
        if is_withdrawn or _DENIED.search(clause) or _DENIED_AFTER.match(rest):
            claims.denied.append(mention)
        elif not _OTHER_SUBJECT.search(clause):
            is_guess = _GUESSED.search(sentence) or _GUESSED_AFTER.match(rest) or _QUESTION.match(rest)
            (claims.guessed if is_guess else claims.explicit).append(mention)
    return claims


def _is_verdict(text: str) -> bool:
    for phrase in islice(_VERDICT.finditer(text), _MAX_PHRASES):
        before = _SENTENCE_END.split(text[max(0, phrase.start() - _BEFORE) : phrase.start()])[-1]
        rest = text[phrase.end() : phrase.end() + _AFTER]
        if not (
            _DENIED.search(before)
            or _GUESSED.search(before)
            or _DENIED_AFTER.match(rest)
            or _GUESSED_AFTER.match(rest)
            or _QUESTION.match(rest)
        ):
            return True
    return False


def _named(text: str) -> Iterator[tuple[int, int, Mention]]:
    """Yield the issues that a phrase names, each with the beginning and the end of phrase and name."""
    for phrase in islice(_THEN_ISSUE.finditer(text), _MAX_TRIED):
        lead = _LEAD.match(text, phrase.end())
        target = TARGET.match(text, lead.end() if lead else phrase.end())
        if target is not None and (mention := mention_of(target)[0]) is not None:
            yield phrase.start(), mention_of(target)[1], mention
    if any(word in text for word in ("重", "중복")):
        for word in islice(re.finditer("重[复複]|중복", text), _MAX_TRIED):
            start = max(0, word.start() - _BEFORE)
            before = list(TARGET.finditer(text, start, word.end()))
            target = before[-1] if before else None
            if target is None or (mention := mention_of(target)[0]) is None:
                continue
            joint = _AFTER_ISSUE.match(text, mention_of(target)[1])
            if joint is not None and joint.end() == word.end():
                yield target.start(), word.end(), mention
