"""Every script has tokens, and one text has the same ones however it is typed."""

import time
import unicodedata

import pytest

from dupfind.text.arabic_stem import arabic_stem
from dupfind.text.search_tokens import MAX_TOKEN, hashed_tokens, normalised, search_tokens, words

SAMPLES = {
    "Chinese": "点击保存后窗口变白",
    "Japanese": "保存ボタンを押すとアプリが落ちる",
    "Korean": "저장을 누르면 창이 하얗게 변합니다",
    "Thai": "กดบันทึกแล้วหน้าจอค้าง",
    "Khmer": "កម្មវិធីគាំងពេលរក្សាទុក",
    "Lao": "ແອັບຄ້າງເມື່ອບັນທຶກ",
    "Myanmar": "သိမ်းဆည်းရာတွင် ရပ်တန့်သွားသည်",
    "Hindi": "सहेजने पर विंडो सफेद हो जाती है",
    "Arabic": "تتجمد النافذة عند الحفظ",
    "Hebrew": "החלון קופא בעת השמירה",
    "Georgian": "ფანჯარა იყინება შენახვისას",
    "Amharic": "ሲቀመጥ መስኮቱ ይቆማል",
    "Russian": "Ёлка зависает при сохранении",
    "Greek": "Το παράθυρο παγώνει στην αποθήκευση",
    "German": "Größenänderung läßt das Fenster einfrieren",
    "Turkish": "Iğdır ısı değeri İstanbul'da kayboluyor",
    "Vietnamese": "Cửa sổ bị đơ khi lưu tệp đính kèm",
    "mixed": "点击 Save 后 NullPointerException 出现 3 次",
}


@pytest.mark.parametrize("language", SAMPLES)
@pytest.mark.parametrize("english", [True, False])
def test_composed_and_decomposed_texts_have_the_same_tokens(language: str, english: bool) -> None:
    text = SAMPLES[language]
    forms = [unicodedata.normalize(form, text) for form in ("NFC", "NFD", "NFKC", "NFKD")]
    tokens = [search_tokens(form, english=english) for form in forms]
    assert tokens[0]
    assert all(each == tokens[0] for each in tokens)
    assert len({tuple(words(form)) for form in forms}) == 1


@pytest.mark.parametrize("language", SAMPLES)
def test_tokens_are_letters_for_every_version_of_sqlite(language: str) -> None:
    for token in search_tokens(SAMPLES[language], english=False):
        assert token.isascii()
        assert token.isalnum()


@pytest.mark.parametrize("language", SAMPLES)
def test_a_part_of_a_text_shares_tokens_with_it(language: str) -> None:
    text = SAMPLES[language]
    half = text[: len(text) // 2]
    shared = set(search_tokens(half, english=False)) & set(search_tokens(text, english=False))
    assert len(shared) >= 3


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("كِتَابٌ", "كتاب"),  # vowel signs
        ("كـــتاب", "كتاب"),  # the long stroke
        ("أحمد إلى آخر ٱلكتاب", "احمد الى اخر الكتاب"),  # variants of alef
        ("مكتبة", "مكتبه"),
        ("علی", "علي"),  # the Persian letter
        ("שָׁלוֹם", "שלום"),
        ("İSTANBUL ısı", "istanbul isi"),
        ("Straße", "STRASSE"),
        ("ΟΔΟΣ", "οδος"),
        ("Ёлка", "елка"),
        ("ＦＵＬＬ　ｗｉｄｔｈ１２", "full width12"),
        ("ｶﾞﾗｽ", "ガラス"),
        ("ﬁle", "file"),
        ("manœuvre Ægir", "manoeuvre aegir"),
        ("Đường", "duong"),
        ("naïve café", "naive cafe"),
        ("✂️ cut", "✂ cut"),  # a variation selector
        ("می‌شود", "میشود"),  # a joiner of no width
    ],
)
def test_two_ways_to_type_a_word_have_the_same_tokens(one: str, other: str) -> None:
    assert search_tokens(one, english=False) == search_tokens(other, english=False)
    assert search_tokens(one, english=False)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("กา", "กิ"),
        ("कि", "की"),
        ("が", "か"),
        ("土", "士"),
        ("가", "각"),
        ("მა", "მე"),
        ("ር", "ሮ"),
        ("သီ", "သိ"),
    ],
)
def test_two_words_of_one_script_have_other_tokens(one: str, other: str) -> None:
    assert search_tokens(one, english=False) != search_tokens(other, english=False)


def test_a_script_without_spaces_becomes_characters_and_pairs() -> None:
    tokens = search_tokens("保存后", english=False)
    assert tokens == ["4fdd", "5b58", "540e", "4fdd5b58", "5b58540e"]
    assert words("保存后 ok") == ["保存", "存后", "ok"]


def test_english_words_are_whole_also_between_chinese_ones() -> None:
    tokens = search_tokens("点击 Save 后 crash", english=True)
    assert "save" in tokens
    assert "crash" in tokens
    assert search_tokens("Save the file", english=True) == ["save", "the", "file"]


def test_words_of_other_languages_have_their_parts() -> None:
    assert search_tokens("Ofen", english=False) == ["ofen", "30of", "3ofe", "3fen", "3en0"]


@pytest.mark.parametrize("script", ["Thai", "Lao", "Khmer", "Myanmar"])
def test_letters_of_a_script_without_spaces_are_no_tokens_of_their_own(script: str) -> None:
    letters = {f"{ord(char):x}" for char in SAMPLES[script]}
    assert letters.isdisjoint(search_tokens(SAMPLES[script], english=False))
    assert search_tokens("ก", english=False) == ["e01"]  # nothing else stands for it


@pytest.mark.parametrize(
    ("one", "other"),
    [("печать", "печати"), ("drukarka", "drukarki"), ("Speicherung", "speichern"), ("εκτυπωτής", "εκτυπωτή")],
)
def test_forms_of_a_word_share_their_beginning(one: str, other: str) -> None:
    shared = set(search_tokens(one, english=False)) & set(search_tokens(other, english=False))
    assert any(token.startswith("4") and token.endswith("0") for token in shared)
    assert len(set(search_tokens("save", english=False))) == 5  # the word and its threes


@pytest.mark.parametrize(
    ("bare", "word"),
    [
        ("ملف", "الملف"),
        ("ملف", "والملف"),
        ("ملف", "للملف"),
        ("ملف", "ملفات"),
        ("خريطة", "الخريطة"),
        ("صورة", "وصورة"),
    ],
)
def test_an_arabic_word_is_found_without_article_conjunction_and_ending(bare: str, word: str) -> None:
    bare_tokens, tokens = search_tokens(bare, english=False), search_tokens(word, english=False)
    assert bare_tokens[0] in tokens or bare_tokens[1] in tokens
    assert set(bare_tokens[2:]) <= set(tokens)
    assert tokens[0] not in bare_tokens  # the word as it stands is a token, too


@pytest.mark.parametrize("word", ["ال", "وقت", "و", "ان", "هي", "خطة", "سنة", "مكان", "это", "file"])
def test_a_short_arabic_word_and_other_scripts_keep_their_letters(word: str) -> None:
    assert arabic_stem(normalised(word)) == normalised(word)


@pytest.mark.parametrize("word", ["после", "إلى", "για", "לפני", "में", "برای", "für", "değil", "không", "і"])
def test_a_frequent_word_has_no_parts(word: str) -> None:
    assert len(search_tokens(word, english=False)) == 1


@pytest.mark.parametrize("letter", ["é", "ü", "à"])
def test_a_letter_with_an_accent_is_no_frequent_word(letter: str) -> None:
    base = normalised(letter)
    assert search_tokens(letter, english=False) == [base, f"30{base}0"]


def test_vectors_of_unknown_texts_are_made_of_the_tokens_that_stored_ones_are_made_of() -> None:
    assert hashed_tokens("Ofen 12 und ключ") == [
        *("ofen", "30of", "3ofe", "3fen", "3en0", "12", "und"),
        *("43a43b44e447", "3043a43b", "343a43b44e", "343b44e447", "344e4470"),
    ]
    assert hashed_tokens("กาก") == ["e01", "e32", "e01", "e01e32", "e32e01"]
    assert hashed_tokens("после")[1:3] == ["3043f43e", "343f43e441"]
    assert hashed_tokens("...") == []


@pytest.mark.parametrize("text", ["The printer prints ten pages", "für printers in the naïve café", "İ am"])
def test_latin_words_of_english_texts_have_no_parts(text: str) -> None:
    assert len(search_tokens(text, english=True)) == len(text.split())


def test_emoji_and_punctuation_are_no_words() -> None:
    assert search_tokens("🐝🔥 … !?", english=False) == []
    assert words("🐝🔥") == []


@pytest.mark.parametrize("base", ["a", "க", "ก", "ب", "字"])
@pytest.mark.parametrize("mark", ["\u0301", "\u0bbe", "\u0e34", "\u064e", "\u3099", "\u0327"])
def test_a_thousand_marks_cost_little_and_make_no_long_token(base: str, mark: str) -> None:
    text = f"{base}{mark * 1_000} end " * 50
    started = time.process_time()
    tokens = search_tokens(text, english=False)
    assert time.process_time() - started < 5
    assert max(map(len, tokens)) <= 6 * MAX_TOKEN
    assert normalised("e" + "\u0301" * 1_000) == "e"


@pytest.mark.parametrize("text", ["", " ", "\ud800", "\x00", "\u0301", "\u200d", "___"])
def test_a_text_without_letters_has_no_tokens(text: str) -> None:
    assert search_tokens(text, english=False) == []
    assert search_tokens(text, english=True) == []
