from pathlib import Path

import pytest

from dupfind.errors import SourceError
from dupfind.sources.files.encodings import detect, known
from dupfind.sources.open import Mapping, open_source

TEXTS = {
    "cp1251": "Принтер печатает пустые страницы после обновления",
    "koi8_r": "Принтер печатает пустые страницы после обновления",
    "gb18030": "打印机在更新以后只打印空白页面",
    "big5": "印表機在更新之後只列印空白頁面",
    "shift_jis": "更新後にプリンタが白紙のページを印刷する",
    "euc_jp": "更新後にプリンタが白紙のページを印刷する",
    "cp949": "업데이트 후 프린터가 빈 페이지를 인쇄합니다",
    "cp1252": "Der Drucker druckt nach dem Update leere Seiten, größer als nötig",
    "cp1250": "Drukarka po aktualizacji drukuje puste strony, źle działa żądanie użytkownika",
    "utf-8": "プリンタ, größer, страницы",
    "utf-16": "更新後にプリンタが白紙のページを印刷する",
}


@pytest.mark.parametrize(("encoding", "title"), TEXTS.items())
def test_a_file_in_the_encoding_of_a_country_is_read_right(tmp_path: Path, encoding: str, title: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(f'id,title\n1,"{title}"\n2,plain words\n'.encode(encoding))
    first, second = open_source(str(path))
    assert (first.title, second.title) == (title, "plain words")


@pytest.mark.parametrize("encoding", ["cp1251", "gb18030", "shift_jis"])
def test_json_lines_in_the_encoding_of_a_country_are_read_right(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(f'{{"id": 1, "title": "{TEXTS[encoding]}"}}\n'.encode(encoding))
    assert [record.title for record in open_source(str(path))] == [TEXTS[encoding]]


@pytest.mark.parametrize(
    ("encoding", "title"),
    [
        ("cp1256", "الفرن بارد في الليل"),
        ("cp1256", "خطأ عند التشغيل لا يعمل"),
        ("iso8859_6", "العنوان الوصف الحالة"),
        ("iso8859_6", "تاريخ الانشاء تاريخ الإغلاق"),
        ("cp1255", "התנור קר בלילה"),
        ("cp1253", "Ο φούρνος είναι κρύος"),
        ("cp874", "ข้อผิดพลาดเมื่อเริ่มต้น ไม่ทำงาน"),
        ("cp1251", "Печь холодная"),
        ("koi8_r", "Глазурь стекает"),
    ],
)
def test_a_file_of_two_lines_is_enough_for_a_script(tmp_path: Path, encoding: str, title: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(f"id,title\n1,{title}\n".encode(encoding))
    assert [record.title for record in open_source(str(path))] == [title]


def test_few_accented_letters_are_no_greek(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("id,title\n1,ÄÖÜ ÄÖÜ ÜÜÜ äöü\n".encode("cp1252"))
    with pytest.raises(SourceError, match="its encoding is not clear"):
        list(open_source(str(path)))


def test_an_encoding_that_is_not_clear_is_refused_and_the_option_reads_it(tmp_path: Path) -> None:
    title = "תנור קר"
    path = tmp_path / "a.csv"
    path.write_bytes(f"id,title\n1,{title}\n".encode("cp1255"))
    with pytest.raises(SourceError, match="its encoding is not clear: name it, as with --encoding cp1251"):
        list(open_source(str(path)))
    [record] = open_source(str(path), Mapping(encoding="cp1255"))
    assert record.title == title


def test_the_encoding_that_was_found_is_said(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(f"id,title\n1,{TEXTS['cp1251']}\n".encode("cp1251"))
    assert "encoding: cp1251, by its letters (change with --encoding)" in open_source(str(path)).notes


@pytest.mark.parametrize("sample", [b"", b"plain", b"caf\xe9", b"a \x93quoted\x94 word", "\u00e9".encode()])
def test_texts_of_western_europe_need_no_other_encoding(sample: bytes) -> None:
    assert detect(sample) == (None, True)


@pytest.mark.parametrize("name", ["klingon", "base64", ""])
def test_a_name_of_no_encoding_is_refused(name: str) -> None:
    with pytest.raises(SourceError, match="no encoding is called"):
        known(name)
