"""English is told from other languages."""

import pytest

from dupfind.text.language import is_english
from tests.text.test_search_tokens import SAMPLES


@pytest.mark.parametrize("language", [name for name in SAMPLES if name != "mixed"])
def test_other_languages_are_not_english(language: str) -> None:
    assert not is_english(SAMPLES[language])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "12 34 !?",
        "NullPointerException at Main.java:3",
        "The window freezes when I save a file",
        "Crash",
        "Save button does not work in the café menu, and the naïve fix did not help us",
        "TableViewRow height is wrong",
        "panic: index out of range",
    ],
)
def test_english_and_code_count_as_english(text: str) -> None:
    assert is_english(text)


@pytest.mark.parametrize(
    "text",
    [
        "Das Fenster ist nicht mehr zu sehen, wenn ich speichere",
        "La ventana se cierra cuando guardo el archivo",
        "Quand je sauvegarde, la fenêtre se ferme",
        "Quando salvo o arquivo a janela fecha",
        "Okno zamyka się, gdy zapisuję plik",
        "Het venster sluit niet als ik het bestand bewaar",
    ],
)
def test_sentences_in_latin_script_are_told_from_english(text: str) -> None:
    assert not is_english(text)


@pytest.mark.parametrize(
    "title",
    [
        "Drucken beachtet Querformat nicht",
        "Kupon rabatowy naliczany dwa razy przy zakupie",
        "İki kopya yerine tek kopya yazdırılıyor",
        "Drukarka nie respektuje liczby kopii",
        "Imprimante hors ligne avec macOS",
    ],
)
def test_one_word_that_no_english_text_has_tells_a_short_title(title: str) -> None:
    assert not is_english(title)


@pytest.mark.parametrize(
    "title",
    [
        "Pod restarts",
        "MIT license missing",
        "du prints wrong sizes",
        "Van Gogh theme",
        "y axis by default",
        "I18n: i",
        "Jest tests fail on Windows",
        "Upgrade jest to 29",
        "Della theme",
        "Pero parser crashes",
        "Sono icon missing",
    ],
)
def test_a_name_that_is_a_word_elsewhere_leaves_a_title_english(title: str) -> None:
    assert is_english(title)
