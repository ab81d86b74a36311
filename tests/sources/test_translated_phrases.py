"""Marks in other languages than English."""

import time

import pytest

from dupfind.records import Ref
from dupfind.sources.duplicate_phrases import find_originals, may_claim, read_claims
from dupfind.sources.issue_mentions import Mention
from dupfind.sources.translated_phrases import translated_claims


def by_number(mention: Mention) -> Ref | None:
    return Ref(None, mention.id)


@pytest.mark.parametrize(
    "comment",
    [
        "Duplikat von #2",
        "Das ist eine Dublette zu #2.",
        "Doppelt zu Ticket #2",
        "Doublon de #2",
        "C'est un doublon du ticket #2, je ferme.",
        "Duplicado de #2",
        "Esto es un duplicado de la incidencia #2",
        "Duplicata de #2",
        "Duplicado do chamado #2.",
        "Duplicato di #2",
        "È un duplicato della segnalazione #2",
        "Дубликат #2",
        "Это дубликат задачи #2.",
        "Дублирует #2",
        "重复：#2",
        "与 #2 重复",
        "这个问题和#2重复。",
        "#2の重複です。",
        "#2 と重複しています",
        "重複: #2",
        "#2의 중복입니다",
        "#2와 중복",
        "중복: #2",
    ],
)
def test_a_mark_in_another_language_is_found(comment: str) -> None:
    assert may_claim(comment)
    assert [ref.id for ref in find_originals([comment], Ref(None, "6"), by_number)] == ["2"]


@pytest.mark.parametrize(
    "comment",
    [
        "Kein Duplikat von #2",
        "Das ist nicht doppelt zu #2",
        "Vielleicht ein Duplikat von #2",
        "Könnte eine Dublette von #2 sein",
        "Ist das ein Duplikat von #2?",
        "Ce n'est pas un doublon de #2",
        "Peut-être un doublon de #2",
        "No es un duplicado de #2",
        "Quizás un duplicado de #2",
        "Não é duplicado de #2",
        "Talvez duplicata de #2",
        "Non è un duplicato di #2",
        "Forse un duplicato di #2",
        "Не дубликат #2",
        "Возможно, дубликат #2",
        "不是与 #2 重复",
        "可能与 #2 重复",
        "与 #2 重复吗",
        "#2の重複ではない",
        "#2の重複かもしれません",
        "#2의 중복이 아닙니다",
        "혹시 #2의 중복",
        "#2 ist ein Duplikat von #3",
        "重复执行 #2",
        "`Duplikat von #2`",
        "> Duplikat von #2",
    ],
)
def test_a_denial_or_guess_in_another_language_is_no_mark(comment: str) -> None:
    assert find_originals([comment], Ref(None, "6"), by_number) == ()


def test_a_denial_in_another_language_removes_a_mark() -> None:
    comments = ["Duplikat von #2", "Das ist kein Duplikat von #2"]
    assert [mention.id for mention in read_claims(comments[1]).denied] == ["2"]
    assert find_originals(comments, Ref(None, "6"), by_number) == ()


@pytest.mark.parametrize("unit", ["重复", "중복", "重複 ", "doublon de ", "duplikat von ", "#1 重复 x "])
def test_a_comment_of_phrases_alone_takes_little_time(unit: str) -> None:
    text = (unit * 32_768)[:32_768]
    started = time.process_time()
    translated_claims(text)
    assert time.process_time() - started < 0.1


@pytest.mark.parametrize(
    "comment",
    [
        "Ich schließe das als Duplikat.",
        "Fermé comme doublon.",
        "Lo cierro como duplicado.",
        "Fechado como duplicado",
        "Chiuso come duplicato.",
        "Закрываю как дубликат.",
        "重复，关闭",
        "重複のためクローズします。",
        "중복이므로 닫습니다.",
    ],
)
def test_a_verdict_in_another_language_has_no_name(comment: str) -> None:
    claims = read_claims(comment)
    assert claims.is_verdict
    assert not claims.explicit


@pytest.mark.parametrize(
    "comment",
    [
        "Nicht als Duplikat schließen",
        "Könnte als Duplikat geschlossen werden",
        "Ne pas fermer comme doublon",
        "¿Lo cierro como duplicado?",
        "Не закрывать как дубликат",
        "不是重复，关闭",
        "重複のためかも",
    ],
)
def test_a_denial_or_guess_in_another_language_is_no_verdict(comment: str) -> None:
    assert not read_claims(comment).is_verdict


@pytest.mark.parametrize("comment", ["Vielleicht ein Duplikat von #2", "Doublon de #2 ?", "可能与 #2 重复"])
def test_a_guess_in_another_language_is_kept_as_one(comment: str) -> None:
    claims = read_claims(comment)
    assert [mention.id for mention in claims.guessed] == ["2"]
    assert not claims.explicit


@pytest.mark.parametrize(
    "comment",
    [
        "Wurde versehentlich als Duplikat von #2 markiert.",
        "Das Ticket war fälschlicherweise als Duplikat von #2 geschlossen.",
        "Marqué par erreur comme doublon de #2.",
        "Se marcó por error como duplicado de #2.",
        "Foi fechado por engano como duplicado de #2.",
        "È stato chiuso per errore come duplicato di #2.",
        "Ошибочно помечено как дубликат #2.",
        "之前误标为与 #2 重复。",
        "誤って #2の重複としてクローズしました。",
        "실수로 #2의 중복으로 표시했습니다.",
    ],
)
def test_a_mark_by_mistake_takes_the_one_before_it_back(comment: str) -> None:
    comments = ["Duplikat von #2", comment]
    assert find_originals(comments, Ref(None, "6"), by_number) == ()


@pytest.mark.parametrize(
    "comment",
    [
        "Habe ich versehentlich doppelt angelegt, Duplikat von #2.",
        "Créé par erreur, doublon de #2.",
        "Lo abrí por error. Duplicado de #2.",
        "Создано по ошибке, дубликат #2.",
    ],
)
def test_an_issue_that_was_opened_by_mistake_stays_marked(comment: str) -> None:
    assert [ref.id for ref in find_originals([comment], Ref(None, "6"), by_number)] == ["2"]
