"""Texts that a model does not know have vectors of their own, and the others keep the model's."""

import unicodedata
from functools import cache

import numpy as np
import pytest

from dupfind.encoders.load import load_encoder
from dupfind.encoders.tokenizer import ModelTokenizer
from dupfind.encoders.unknown_text import KNOWN, UNKNOWN, with_unknown_texts, word_vector
from tests.support.tiny_models import minilm, needs_minilm
from tests.text.test_search_tokens import SAMPLES

DIM = 384
OTHERS = {
    "Chinese": ("点击保存后窗口变白", "点击打开后窗口变白", "打印时页码消失"),
    "Japanese": ("保存すると落ちる", "印刷すると落ちる", "文字が重なって表示される"),
    "Korean": ("저장하면 창이 꺼집니다", "인쇄하면 창이 꺼집니다", "글자가 겹쳐 보입니다"),
    "Thai": ("กดบันทึกแล้วหน้าจอค้าง", "กดพิมพ์แล้วหน้าจอค้าง", "ตัวอักษรซ้อนกัน"),
    "Khmer": ("កម្មវិធីគាំងពេលរក្សាទុក", "កម្មវិធីគាំងពេលបោះពុម្ព", "អក្សរជាន់គ្នា"),
    "Lao": ("ແອັບຄ້າງເມື່ອບັນທຶກ", "ແອັບຄ້າງເມື່ອພິມ", "ຕົວອັກສອນຊ້ອນກັນ"),
    "Myanmar": ("သိမ်းဆည်းရာတွင် ရပ်တန့်သည်", "ပုံနှိပ်ရာတွင် ရပ်တန့်သည်", "စာလုံးများ ထပ်နေသည်"),
    "Amharic": ("ሲቀመጥ መስኮቱ ይቆማል", "ሲታተም መስኮቱ ይቆማል", "ፊደሎች ተደራርበዋል"),
    "Georgian": ("ფანჯარა იყინება შენახვისას", "ფანჯარა იყინება ბეჭდვისას", "ასოები ერთმანეთს ფარავს"),
    "emoji": ("🐝🔥", "🔥🐝🐝", "🍯"),
}


@cache
def tokenizer() -> ModelTokenizer:
    return ModelTokenizer(minilm())


@pytest.mark.parametrize("script", OTHERS)
def test_word_vectors_have_unit_length_and_are_nearer_for_texts_of_common_words(script: str) -> None:
    one, near, far = (word_vector(text, DIM) for text in OTHERS[script])
    assert one is not None
    assert near is not None
    assert far is not None
    assert np.linalg.norm(one) == pytest.approx(1, abs=1e-5)
    assert one @ near > one @ far
    assert one @ near < 0.999


def test_word_vectors_of_the_same_words_in_another_order_differ() -> None:
    one, other = word_vector("猫 狗 鸟", DIM), word_vector("鸟 猫 狗", DIM)
    assert one is not None
    assert other is not None
    assert not np.array_equal(one, other)
    assert one @ other > 0.98


@pytest.mark.parametrize("language", SAMPLES)
def test_word_vectors_do_not_depend_on_how_a_text_is_typed(language: str) -> None:
    one, other = (word_vector(unicodedata.normalize(form, SAMPLES[language]), DIM) for form in ("NFC", "NFD"))
    assert one is not None
    assert other is not None
    np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("text", ["", " \n", "\u200d", "\u0301"])
def test_a_text_without_a_character_to_count_is_none_or_has_unit_length(text: str) -> None:
    vector = word_vector(text, DIM)
    assert vector is None or np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)


@pytest.mark.slow
@pytest.mark.model
@needs_minilm
@pytest.mark.parametrize("script", [script for script in OTHERS if script != "emoji"])
def test_different_texts_of_one_unknown_script_have_different_vectors(script: str) -> None:
    encoder = load_encoder(minilm())
    texts = sorted({*OTHERS[script], SAMPLES.get(script, OTHERS[script][0])})
    vectors = encoder.encode(texts)
    cosines = vectors @ vectors.T
    np.fill_diagonal(cosines, 0)
    assert cosines.max() < 0.98
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


@pytest.mark.slow
@needs_minilm
@pytest.mark.parametrize("script", [*OTHERS, "Hindi", "Hebrew", "Arabic", "Russian", "Greek"])
def test_most_pieces_of_an_unknown_script_are_unknown(script: str) -> None:
    text = SAMPLES.get(script) or OTHERS[script][0]
    assert tokenizer().unknown_shares([text])[0] > KNOWN


@pytest.mark.slow
@needs_minilm
def test_single_letters_of_kana_say_nothing_to_a_model_for_english() -> None:
    assert tokenizer().unknown_shares(["表を取り込むと日付が一日ずれる"])[0] >= UNKNOWN


@pytest.mark.slow
@needs_minilm
def test_pieces_of_english_are_known() -> None:
    shares = tokenizer().unknown_shares(
        ["The window freezes when I save a file", "café menu — naïve fix…", "", "NullPointerException “x”"]
    )
    assert (shares < KNOWN).all()
    assert shares[2] == 0
    assert UNKNOWN > KNOWN


@pytest.mark.slow
@needs_minilm
def test_texts_in_ascii_keep_exactly_the_vectors_of_the_model() -> None:
    texts = ["The window freezes", "xqzw vbnk plrt", "", "!!", "点击保存后窗口变白"]
    before = np.random.default_rng(7).normal(size=(len(texts), DIM)).astype(np.float32)
    before /= np.linalg.norm(before, axis=1, keepdims=True)
    after = with_unknown_texts(texts, before, tokenizer())
    np.testing.assert_array_equal(after[:4], before[:4])
    assert not np.array_equal(after[4], before[4])
    assert with_unknown_texts(texts[:4], before[:4], tokenizer())[0] is not None
    np.testing.assert_array_equal(with_unknown_texts(texts[:4], before[:4], tokenizer()), before[:4])
