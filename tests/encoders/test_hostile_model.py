"""A model that is no model is refused in bounded time and memory, with one reason."""

import base64
import json
import os
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dupfind.encoders.load import load_encoder
from dupfind.encoders.model_folder import ModelFolder
from dupfind.encoders.tokenizer import ModelTokenizer
from dupfind.encoders.tokenizer_steps import check_steps
from dupfind.errors import ModelError
from tests.support.modules import import_line
from tests.support.tiny_models import needs_peer, write_model

TEXTS = ["abc def " * 40, "a" * 2_000 + "b", ""]


def changed(path: Path, change: Callable[[Any], object]) -> None:
    content = json.loads(path.read_text(encoding="utf-8"))
    change(content)
    path.write_text(json.dumps(content), encoding="utf-8")


def tokenizer(**parts: object) -> Callable[[Path], None]:
    return lambda folder: changed(folder / "tokenizer.json", lambda content: content.update(parts))


def vocabulary(change: Callable[[dict[str, int]], object]) -> Callable[[Path], None]:
    return lambda folder: changed(
        folder / "tokenizer.json", lambda content: change(content["model"]["vocab"])
    )


def config(**fields: object) -> Callable[[Path], None]:
    return lambda folder: changed(folder / "config.json", lambda content: content.update(fields))


def window(length: object) -> Callable[[Path], None]:
    settings = json.dumps({"max_seq_length": length})

    def change(folder: Path) -> None:
        (folder / "sentence_bert_config.json").write_text(settings, encoding="utf-8")

    return change


def replaced(name: str, make: Callable[[Path], object]) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        (folder / name).unlink()
        make(folder / name)

    return change


def header(content: object, n_bytes: int = 0) -> Callable[[Path], None]:
    text = (content if isinstance(content, str) else json.dumps(content)).encode()
    return replaced(
        "model.safetensors",
        lambda path: path.write_bytes(struct.pack("<Q", len(text)) + text + bytes(n_bytes)),
    )


def sparse(n_bytes: int) -> Callable[[Path], object]:
    def make(path: Path) -> None:
        with path.open("wb") as file:
            file.truncate(n_bytes)

    return make


def replacements(n: int) -> dict[str, Any]:
    step = {"type": "Replace", "pattern": {"String": "a"}, "content": "a" * 20}
    return {"type": "Sequence", "normalizers": [step] * n}


def expressions(expression: str, content: str, n: int) -> dict[str, Any]:
    step = {"type": "Replace", "pattern": {"Regex": expression}, "content": content}
    return {"type": "Sequence", "normalizers": [step] * n}


def ligatures(n: int) -> dict[str, Any]:
    """Each pair of steps makes 18 characters of a space."""
    step = {"type": "Replace", "pattern": {"String": " "}, "content": "\ufdfa"}
    return {"type": "Sequence", "normalizers": [step, {"type": "NFKC"}] * n}


def split(expression: str) -> dict[str, Any]:
    return {"type": "Split", "pattern": {"Regex": expression}, "behavior": "Isolated", "invert": False}


def tensor(**fields: object) -> dict[str, Any]:
    return {"x": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4], **fields}}


HOSTILE_TOKENIZERS = {
    "a tokenizer that lengthens a text": tokenizer(normalizer=replacements(7)),
    "a replacement of nothing": tokenizer(normalizer=expressions("(?=a)", "a", 30)),
    "a replacement of what may be nothing": tokenizer(normalizer=expressions("b{0,3}", "a", 30)),
    "a ligature that is spelled out": tokenizer(normalizer=ligatures(10)),
    "bytes of bytes": tokenizer(normalizer={"type": "Sequence", "normalizers": [{"type": "ByteLevel"}] * 30}),
    "a regular expression without end": tokenizer(pre_tokenizer=split("(a|a|aa)+$")),
    "a group behind a backslash": tokenizer(pre_tokenizer=split("(a|a|b" + "\\\\" + ")+$")),
    "a repeated group of repeats": tokenizer(pre_tokenizer=split("(x+x+)*y")),
    "a group that repeats twice or more": tokenizer(pre_tokenizer=split("(a*){2,}$")),
    "an id beyond the weights": vocabulary(lambda words: words.update({"a": 1_000_000})),
    "an id of 32 bits": vocabulary(lambda words: words.update({"a": 2**32 - 1})),
    "an id of 64 bits": vocabulary(lambda words: words.update({"a": 2**64})),
    "no words": vocabulary(lambda words: words.clear()),
    "a tokenizer that is a pipe": replaced("tokenizer.json", os.mkfifo),
    "a tokenizer without end": replaced("tokenizer.json", lambda path: path.symlink_to("/dev/zero")),
    "a huge tokenizer": replaced("tokenizer.json", sparse(1 << 30)),
}
HOSTILE = {
    **HOSTILE_TOKENIZERS,
    "an epsilon in words": config(layer_norm_eps="x"),
    "a negative epsilon": config(layer_norm_eps=-1),
    "a list for a width": config(hidden_size=[16]),
    "more words than rows": config(vocab_size=10**12),
    "a million layers": config(num_hidden_layers=10**6),
    "a window below nothing": window(-1),
    "a window of a trillion": window(10**12),
    "a window in words": window("long"),
    "a config that is a pipe": replaced("config.json", os.mkfifo),
    "a config without end": replaced("config.json", lambda path: path.symlink_to("/dev/zero")),
    "a huge config": replaced("config.json", sparse(1 << 30)),
    "a config of brackets": replaced("config.json", lambda path: path.write_text("[" * 200_000)),
    "weights that are a pipe": replaced("model.safetensors", os.mkfifo),
    "weights without end": replaced("model.safetensors", lambda path: path.symlink_to("/dev/zero")),
    "a header longer than the file": replaced(
        "model.safetensors", lambda path: path.write_bytes(struct.pack("<Q", 2**63) + b"{}")
    ),
    "a header of brackets": header("[" * 200_000),
    "a header that is a list": header([1]),
    "a shape of a million numbers": header(tensor(shape=[2] * 1_000_000)),
    "a shape of huge numbers": header(tensor(shape=[10**300, 10**300])),
    "a shape below nothing": header(tensor(shape=[-1, -1]), 4),
    "a shape in words": header(tensor(shape=["a"])),
    "a place beyond the file": header(tensor(data_offsets=[0, 2**62])),
    "a type that is a list": header(tensor(dtype=[])),
    "a place that is a fraction": header(tensor(data_offsets=[0.0, 4.0]), 4),
}


CHILD = f"""
import resource, sys
from pathlib import Path
{import_line(load_encoder, ModelFolder, ModelError)}
resource.setrlimit(resource.RLIMIT_CPU, (20, 20))
resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
try:
    load_encoder(ModelFolder(Path(sys.argv[1])), "ENGINE", "cpu").encode({TEXTS!r})
except ModelError as error:
    sys.exit(f"refused: {{error}}")
"""


@pytest.mark.slow
@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_model_is_refused_in_bounded_time_and_memory(tmp_path: Path, name: str) -> None:
    folder = write_model(tmp_path / "model")
    HOSTILE[name](folder)
    done = encode_in_child(folder, "numpy", memory=3 << 30)
    assert (done.returncode, done.stderr[:9], done.stderr.count("\n")) == (1, "refused: ", 1), done.stderr


@needs_peer
@pytest.mark.slow
@pytest.mark.parametrize("name", HOSTILE_TOKENIZERS)
def test_a_hostile_tokenizer_of_another_model_than_plain_bert_is_refused_alike(
    tmp_path: Path, name: str
) -> None:
    folder = write_model(tmp_path / "model", hidden_act="relu")
    HOSTILE_TOKENIZERS[name](folder)
    done = encode_in_child(folder, "torch", memory=16 << 30)
    assert (done.returncode, done.stderr[:9], done.stderr.count("\n")) == (1, "refused: ", 1), done.stderr


@needs_peer
@pytest.mark.slow
def test_a_panic_in_another_model_than_plain_bert_is_a_model_error(tmp_path: Path) -> None:
    folder = write_model(tmp_path / "model", hidden_act="relu")
    tokenizer(pre_tokenizer=split("(a|a|aa)?*$"))(folder)
    done = encode_in_child(folder, "torch", memory=16 << 30)
    assert done.returncode == 1
    assert "refused: " in done.stderr.splitlines()[-1]
    assert "retry-limit-in-match over" in done.stderr.splitlines()[-1]


def encode_in_child(folder: Path, engine: str, memory: int) -> "subprocess.CompletedProcess[str]":
    program = CHILD.replace("ENGINE", engine).replace("MEMORY", str(memory))
    return subprocess.run(
        [sys.executable, "-c", program, str(folder)], capture_output=True, encoding="utf-8", timeout=60
    )


def test_a_panic_of_the_library_is_a_model_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class PanicException(BaseException):
        """As pyo3 raises, outside of Exception."""

    class Panicking:
        def encode(self, _: str) -> None:
            raise PanicException("retry-limit-in-match over")

    loaded = ModelTokenizer(ModelFolder(write_model(tmp_path / "model")))
    monkeypatch.setattr(loaded, "_tokenizer", Panicking())
    with pytest.raises(ModelError, match="retry-limit-in-match over"):
        loaded.ids(["abc"])


@pytest.mark.parametrize(
    "expression",
    [
        r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+",
        r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+",
        r"[\r\n\s]|\(\)+|[)]+",
    ],
)
def test_the_expressions_of_real_models_are_taken(tmp_path: Path, expression: str) -> None:
    folder = write_model(tmp_path / "model")
    tokenizer(pre_tokenizer=split(expression))(folder)
    loaded = ModelTokenizer(ModelFolder(folder))
    assert [len(ids) >= 2 for ids in loaded.ids(["abc def", "()"])] == [True, True]


@pytest.mark.parametrize(
    "steps",
    [
        expressions(" {2,}", "\u2581", 40),
        expressions(r"\s+", " ", 40),
        expressions("``", '"', 40),
        expressions("[\t\n]", " ", 40),
        {
            "type": "Sequence",
            "normalizers": [{"type": "NFKD"}, {"type": "StripAccents"}, {"type": "Lowercase"}],
        },
    ],
)
def test_the_replacements_of_real_models_are_taken(tmp_path: Path, steps: dict[str, Any]) -> None:
    folder = write_model(tmp_path / "model")
    tokenizer(normalizer=steps)(folder)
    assert len(ModelTokenizer(ModelFolder(folder)).ids(["abc  def"])[0]) > 2


@pytest.mark.parametrize(("longest", "is_taken"), [(18, True), (1_000, False)])
def test_a_table_of_characters_is_measured_by_its_longest_text(longest: int, is_taken: bool) -> None:
    content = struct.pack("<I", 4) + bytes(4) + b"\0ab\0" + b"x" * longest + b"\0"
    table = {"type": "Precompiled", "precompiled_charsmap": base64.b64encode(content).decode()}

    class Step:
        def __getstate__(self) -> bytes:
            return json.dumps(table).encode()

    if is_taken:
        check_steps(Step())
    else:
        with pytest.raises(ModelError, match=r"lengthens a text 1,000 times"):
            check_steps(Step())


def test_ids_with_gaps_are_taken_where_the_config_states_no_number_of_words(tmp_path: Path) -> None:
    folder = write_model(tmp_path / "model")
    vocabulary(lambda words: words.update({"a": 70}))(folder)
    changed(folder / "config.json", lambda content: content.pop("vocab_size"))
    loaded = ModelTokenizer(ModelFolder(folder))
    assert 70 in loaded.ids(["a"])[0]


def test_a_window_without_a_limit_is_that_of_the_positions(tmp_path: Path) -> None:
    folder = write_model(tmp_path / "model")
    (folder / "sentence_bert_config.json").unlink(missing_ok=True)
    changed(folder / "tokenizer_config.json", lambda content: content.update(model_max_length=10**30))
    assert ModelFolder(folder).layout.max_length == 32
