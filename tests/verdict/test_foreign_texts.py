"""Tests of pairs in languages that an English encoder knows badly."""

import pytest

from dupfind.records import Record
from dupfind.verdict.foreign_texts import have_no_words_in_common


def is_apart(left: tuple[str, str], right: tuple[str, str]) -> bool:
    """Compare both ways, and require one answer."""
    one, other = (Record("", *side) for side in (left, right))
    found = {have_no_words_in_common(*pair) for pair in ((one, other), (other, one))}
    assert len(found) == 1
    return found.pop()


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (
            ("Kartan laddas mycket långsamt", "Jag väntar en minut på gatorna."),
            ("Kan inte byta lösenord", "När jag sparar det nya får jag ett fel."),
        ),
        (
            ("Mapa se načítá pomalu", "Čekám minutu, než uvidím ulice."),
            ("Nelze změnit heslo", "Po uložení se zobrazí chyba."),
        ),
        (
            ("Lassú a térkép", "Egy percig várok az utcákra."),
            ("Nem kapok levelet", "Tegnap óta semmi sem jött."),
        ),
        (("電池がすぐ減る", "二時間で空になる。"), ("ログインできない", "正しい合言葉でも失敗する。")),
        (("मानचित्र धीमा है", "सड़कें देर से दिखती हैं।"), ("पासवर्ड नहीं बदलता", "सहेजने पर त्रुटि आती है।")),
    ],
)
def test_two_foreign_texts_without_a_common_word_are_near_by_their_language_alone(
    left: tuple[str, str], right: tuple[str, str]
) -> None:
    assert is_apart(left, right)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (
            ("Kan inte byta lösenord", "När jag sparar det nya lösenordet visas ett fel."),
            ("Lösenordet går inte att ändra", "Ett felmeddelande dyker upp när jag vill spara."),
        ),
        (
            ("Nelze změnit heslo", "Po uložení nového hesla se zobrazí chyba."),
            ("Heslo nejde změnit", "Když uložím nové, aplikace hlásí chybu."),
        ),
        (
            ("電池がすぐ減る", "アプリを使うと二時間で空になる。"),
            ("電池の減りが早い", "アプリを開くだけで空になる。"),
        ),
        # One name, code, number or rare word in common is enough.
        (("Kein Bild über DVI", ""), ("DVI: schwarzer Schirm", "Nichts zu sehen, also kein Bild.")),
        (("Brak dźwięku po VPN", ""), ("Głośnik milczy, gdy działa VPN", "")),
        (("Błąd 4711 przy wysyłce", ""), ("Koszyk kończy się kodem 4711", "")),
        (("Nie można dodać załącznika", ""), ("Załączniki znikają po zapisie", "")),
        (("Không gửi được thư", ""), ("Lỗi khi gửi thư", "")),
        (("登录失败", ""), ("无法登录系统", "")),
        # English, and a text with its translation.
        (("Map is slow", "Streets come late."), ("Cannot log in", "The password is right.")),
        (
            ("Kartan laddas långsamt", "Jag väntar på gatorna."),
            ("The map is slow", "I wait for the streets."),
        ),
    ],
)
def test_a_paraphrase_a_translation_and_english_are_left_to_the_evidence(
    left: tuple[str, str], right: tuple[str, str]
) -> None:
    assert not is_apart(left, right)
