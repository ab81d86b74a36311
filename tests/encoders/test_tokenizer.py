import random
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from dupfind.encoders.model_folder import ModelFolder
from dupfind.encoders.tokenizer import ModelTokenizer, well_formed
from dupfind.errors import ModelError
from tests.support.tiny_models import change, minilm, needs_minilm, needs_peer, put, write_model

pytestmark = pytest.mark.slow

TEXTS = {
    "empty": "",
    "spaces": " \t\n\r\x0b\x0c\x85\u00a0\u3000\u2028 ",
    "nul": "a\x00b \x00",
    "control": "a\x01b\x1fc\x7fd\x9fe\x0bf\x0cg",
    "replacement": "a\ufffdb \ufffd",
    "control tokens": "[SEP] a[CLS]b [MASK] [PAD] [UNK] [sep] [SE P]",
    "words": "disk full " * 5_000,
    "long word": "x" * 5_000 + " end",
    "word of 100": "x" * 100 + " " + "y" * 101,
    "chinese": "打开设置页面时应用崩溃" * 50,
    "japanese": "設定ページを開くとアプリがクラッシュする。ｶﾀｶﾅ",
    "korean": "설정 페이지를 열 때 앱이 충돌함",
    "arabic": "التطبيق يتعطل عند فتح صفحة الإعدادات\u200f",
    "hebrew": "\u202eהאפליקציה קורסת\u202c",
    "thai": "แอปขัดข้องเมื่อเปิดหน้าการตั้งค่า",
    "hindi": "सेटिंग पृष्ठ खोलने पर ऐप क्रैश",
    "emoji": "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466 \U0001f1e9\U0001f1ea \u2764\ufe0f",
    "combining": "Z\u0351\u036b\u0343\u036a\u0302\u036b\u033d\u034f\u0334\u0319\u0324\u031e cafe\u0301 Å",
    "case": "İstanbul STRASSE straße ǅ ﬁ ﬀ",
    "code": "if (x->y != NULL && z[3] <= 0x7f) { free(p); } // ${HOME}\\n",
    "trace": "java.lang.NullPointerException\n\tat org.example.Main.run(Main.java:42)\r\n" * 40,
    "private use": "\ue000\U000f0000\uffff\ufeffx",
}
LONG = {
    "words": "connection refused by peer " * 40_000,
    "spaces and then words": " \n" * 30_000 + "connection refused " * 1_000,
    "a word and then words": "x" * 60_000 + " connection refused" * 1_000,
    "no space": "a.b/c" * 20_000,
    "deleted characters": "\ufffd" * 60_000 + "connection refused " * 500,
    "vertical tabs": "connection\x0brefused\x0c" * 5_000 + " by peer" * 500,
    "a control token on the edge": "x " * 2_040 + "[SEP] " * 400,
    "chinese": "打开设置页面时应用崩溃" * 5_000,
}


@cache
def peer() -> Any:
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(str(minilm().path), local_files_only=True)


def peers_ids(text: str) -> list[int]:
    ids: list[int] = peer()(text, truncation=True, max_length=256)["input_ids"]
    return ids


@pytest.mark.model
@needs_minilm
@needs_peer
@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_the_ids_are_those_of_transformers(text: str) -> None:
    [ids] = ModelTokenizer(minilm()).ids([text])
    assert ids.tolist() == peers_ids(text)


@pytest.mark.model
@needs_minilm
@needs_peer
@pytest.mark.parametrize("text", LONG.values(), ids=LONG)
def test_cutting_a_long_text_first_changes_no_id(text: str) -> None:
    [ids] = ModelTokenizer(minilm()).ids([text])
    assert ids.tolist() == peers_ids(text)


@pytest.mark.model
@needs_minilm
@needs_peer
@pytest.mark.parametrize("seed", range(50))
def test_the_ids_of_random_characters_are_those_of_transformers(seed: int) -> None:
    draw = random.Random(seed)
    alphabet = [
        *" \t\n[]#.é中ß\u0301\u200d\ufffd\x00aAzZ09",
        "[SEP]",
        "word ",
        *map(chr, draw.sample(range(0xD7FF), 40)),
    ]
    text = "".join(draw.choices(alphabet, k=draw.choice([5, 50, 500, 20_000])))
    [ids] = ModelTokenizer(minilm()).ids([text])
    assert ids.tolist() == peers_ids(text)


@pytest.mark.model
@needs_minilm
def test_the_whole_window_is_read_and_not_the_128_of_the_file() -> None:
    [ids] = ModelTokenizer(minilm()).ids(["disk full " * 5_000])
    assert len(ids) == 256
    [short] = ModelTokenizer(minilm()).ids(["disk full"])
    assert short.tolist() == [101, 9785, 2440, 102]


def test_a_lone_surrogate_reads_as_the_replacement_character_and_a_pair_as_its_character() -> None:
    assert well_formed("a\ud83dz") == "a\ufffdz"
    assert well_formed("\ude00\ud83d") == "\ufffd\ufffd"
    assert well_formed("\ud83d\ude00") == "\U0001f600"
    assert well_formed("plain é \U0001f600") == "plain é \U0001f600"


def test_texts_one_by_one_or_all_at_once_have_the_same_ids(tmp_path: Path) -> None:
    tokens = ModelTokenizer(ModelFolder(write_model(tmp_path / "model")))
    texts = ["a b c", "", "\ud800", "abc" * 40]
    together, alone = tokens.ids(texts), tokens.ids(texts, parallel=False)
    assert [ids.tolist() for ids in together] == [ids.tolist() for ids in alone]
    assert together[1].tolist() == [2, 3]
    assert max(map(len, together)) <= 24


def test_no_texts_have_no_ids(tmp_path: Path) -> None:
    assert ModelTokenizer(ModelFolder(write_model(tmp_path / "model"))).ids([]) == []


def test_a_default_prompt_stands_before_every_text(tmp_path: Path) -> None:
    path = write_model(tmp_path / "model")
    plain = ModelTokenizer(ModelFolder(path)).ids(["a b c"])
    put(path / "config_sentence_transformers.json", {"prompts": {"p": "a b "}, "default_prompt_name": "p"})
    [prompted] = ModelTokenizer(ModelFolder(path)).ids(["c"])
    assert prompted.tolist() == plain[0].tolist()


def test_a_damaged_tokenizer_is_a_model_error(tmp_path: Path) -> None:
    path = write_model(tmp_path / "model")
    change(path / "tokenizer.json", model={"type": "NoSuch"})
    with pytest.raises(ModelError, match=r"tokenizer\.json"):
        ModelTokenizer(ModelFolder(path))
