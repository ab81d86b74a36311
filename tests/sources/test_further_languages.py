from itertools import combinations
from pathlib import Path

import pytest

from dupfind.sources.coerce import state
from dupfind.sources.column_words import CLOSED_STATES, FIELD_WORDS, OPEN_STATES, words
from dupfind.sources.open import open_source

HEADERS = {
    "Swedish": "Ärendenummer;Rubrik;Beskrivning;Status;Skapad;Senast ändrad|Öppen|Stängd",
    "Danish": "Sagsnummer;Emne;Beskrivelse;Status;Oprettet;Opdateret|Åben|Lukket",
    "Norwegian": "Saksnummer;Tittel;Beskrivelse;Status;Opprettet;Oppdatert|Åpen|Lukket",
    "Finnish": "Tunnus;Otsikko;Kuvaus;Tila;Luotu;Päivitetty|Avoin|Suljettu",
    "Czech": "Číslo;Název;Popis;Stav;Vytvořeno;Změněno|Otevřeno|Vyřešeno",
    "Hungarian": "Azonosító;Cím;Leírás;Állapot;Létrehozva;Módosítva|Nyitott|Lezárva",
    "Romanian": "Număr;Titlu;Descriere;Stare;Creat la;Actualizat|Deschis|Închis",
    "Greek": "Αριθμός;Τίτλος;Περιγραφή;Κατάσταση;Δημιουργήθηκε;Ενημερώθηκε|Ανοιχτό|Κλειστό",
    "Ukrainian": "Номер;Назва;Опис;Стан;Створено;Оновлено|Відкрито|Закрито",
    "Vietnamese": "Mã;Tiêu đề;Mô tả;Trạng thái;Ngày tạo;Ngày cập nhật|Đang mở|Đã đóng",
    "Indonesian": "No Tiket;Judul;Deskripsi;Status;Tanggal dibuat;Diperbarui|Terbuka|Selesai",
    "Arabic": "رقم;العنوان;الوصف;الحالة;تاريخ الإنشاء;تاريخ التحديث|مفتوح|مغلق",
    "Hebrew": "מספר;כותרת;תיאור;סטטוס;תאריך יצירה;עודכן|פתוח|סגור",
    "Croatian": "Broj;Naslov;Opis;Stanje;Kreirano;Ažurirano|Otvoreno|Zatvoreno",
    "Bulgarian": "Номер;Заглавие;Описание;Състояние;Създадено;Променено|Отворено|Затворено",
    "Lithuanian": "Numeris;Pavadinimas;Aprašymas;Būsena;Sukurta;Atnaujinta|Atvira|Uždaryta",
    "Latvian": "Numurs;Nosaukums;Apraksts;Statuss;Izveidots;Mainīts|Atvērts|Slēgts",
    "Estonian": "Number;Pealkiri;Kirjeldus;Olek;Loodud;Muudetud|Avatud|Suletud",
    "Turkish": "No;Konu;Açıklama;Durum;Oluşturulma Tarihi;Güncelleme Tarihi|Açık|Çözüldü",
    "Thai": "หมายเลข;หัวข้อ;รายละเอียด;สถานะ;วันที่สร้าง;วันที่แก้ไข|เปิด|ปิดแล้ว",
}


@pytest.mark.parametrize("language", HEADERS)
def test_a_table_has_its_columns_and_states_in_the_language_of_its_team(
    language: str, tmp_path: Path
) -> None:
    header, opened, closed = HEADERS[language].split("|")
    path = tmp_path / "tickets.csv"
    rows = [("K-1", "xx yy zz", "aa bb", opened), ("K-2", "xx zz yy", "bb cc", closed)]
    lines = [header, *(";".join((*row, "2024-02-01", "2024-02-13")) for row in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    first, second = open_source(str(path))
    assert (first.id, first.title, first.body, first.state) == ("K-1", "xx yy zz", "aa bb", "open")
    days = [at and at.day for at in (first.created, first.updated)]
    assert days == [1, 13]
    assert second.state == "closed"


def test_no_word_means_two_states_or_two_fields_that_a_table_has_next_to_each_other() -> None:
    assert not words(OPEN_STATES) & words(CLOSED_STATES)
    for one, other in combinations(("id", "title", "body", "state", "created", "updated"), 2):
        assert not FIELD_WORDS[one] & FIELD_WORDS[other], (one, other)


def test_a_state_of_several_words_is_known_in_any_case() -> None:
    assert (state("ĐANG XỬ LÝ"), state("в роботі")) == ("open", "open")
