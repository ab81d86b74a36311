import base64
import json
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from dupfind.encoders import load
from dupfind.encoders.encoder import encode_in_company
from dupfind.encoders.load import Encoder, ModelFolder, available_devices, available_engines, load_encoder
from dupfind.encoders.numpy_engine import gelu
from dupfind.encoders.packing import Batch
from dupfind.errors import ModelError
from tests.support.paths import GOLDEN
from tests.support.tiny_models import (
    HIDDEN,
    bert_tensors,
    change,
    has_peer,
    minilm,
    needs_minilm,
    needs_peer,
    needs_torch,
    put,
    write_model,
    write_modules,
    write_safetensors,
    write_tokenizer,
)

ENGINES = ["numpy", pytest.param("torch", marks=needs_torch)]
TEXTS = ["a b c", "", "abc def " * 30, "g h i j k l", "z", "a b c", "m n " * 8, "\ud800 \x00 \ufffd"] * 3


def tiny(tmp_path: Path, **more: Any) -> ModelFolder:
    return ModelFolder(write_model(tmp_path / "model", **more))


def golden() -> tuple[list[str], NDArray[np.float32]]:
    content = json.loads(GOLDEN.read_text(encoding="utf-8"))
    return content["texts"], np.array(
        [np.frombuffer(base64.b64decode(each), "<f4") for each in content["vectors"]]
    )


@cache
def real(engine: str, precision: str) -> Encoder:
    return load_encoder(minilm(), engine, device="cpu", precision=precision)


@pytest.mark.model
@needs_minilm
@pytest.mark.parametrize(
    ("engine", "precision", "cosine", "shift"),
    [
        ("numpy", "fp32", 0.999999, 2e-6),
        pytest.param("torch", "fp32", 0.999999, 2e-6, marks=needs_torch),
        # The largest shift met on 1,500 real titles was .0033.
        pytest.param("torch", "bf16", 0.9999, 0.005, marks=needs_torch),
    ],
)
def test_the_golden_vectors_come_out(engine: str, precision: str, cosine: float, shift: float) -> None:
    texts, expected = golden()
    # Texts of other scripts have vectors of their words (test_unknown_text.py).
    is_known = np.array([text.isascii() for text in texts])
    texts, expected = [text for text in texts if text.isascii()], expected[is_known]
    vectors = real(engine, precision).encode(texts)
    assert vectors.dtype == np.float32
    assert vectors.flags.c_contiguous
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-6)
    assert (vectors * expected).sum(axis=1).min() >= cosine
    assert np.abs(vectors @ vectors.T - expected @ expected.T).max() <= shift


@pytest.mark.model
@needs_minilm
@needs_torch
def test_long_and_short_texts_mixed_agree_between_the_engines() -> None:
    words = ["disk", "full", "on", "node", "seven", "while", "writing", "the", "journal", "of", "redis"]
    draw = np.random.default_rng(0)
    texts = [" ".join(draw.choice(words, n)) for n in draw.integers(0, 300, 60)]
    numpy_made, torch_made = real("numpy", "fp32").encode(texts), real("torch", "fp32").encode(texts)
    assert (numpy_made * torch_made).sum(axis=1).min() > 0.999999


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("pooling", ["mean", "cls", "max"])
@needs_peer
def test_each_pooling_is_that_of_sentence_transformers(tmp_path: Path, engine: str, pooling: str) -> None:
    model = tiny(tmp_path, pooling=pooling)
    texts = [text for text in TEXTS if "\ud800" not in text]
    vectors = load_encoder(model, engine, device="cpu", precision="fp32").encode(texts)
    assert np.abs(vectors - peer_vectors(model.path, texts)).max() < 2e-6


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("dtype", ["F16", "BF16"])
def test_weights_stored_in_16_bits_give_nearly_the_same_vectors(
    tmp_path: Path, engine: str, dtype: str
) -> None:
    whole = load_encoder(tiny(tmp_path / "32"), engine, device="cpu", precision="fp32").encode(TEXTS)
    half = load_encoder(tiny(tmp_path / "16", dtype=dtype), engine, device="cpu", precision="fp32").encode(
        TEXTS
    )
    assert (whole * half).sum(axis=1).min() > 0.999


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("threads", [1, 3])
def test_vectors_come_in_the_order_of_the_texts_in_any_company(
    tmp_path: Path, engine: str, threads: int
) -> None:
    encoder = load_encoder(tiny(tmp_path), engine, device="cpu", threads=threads, precision="fp32")
    together = encoder.encode(TEXTS)
    alone = np.concatenate([encoder.encode([text]) for text in TEXTS])
    assert np.abs(together - alone).max() < 2e-6
    assert np.abs(together - encoder.encode(TEXTS[::-1])[::-1]).max() < 2e-6


@pytest.mark.model
@needs_minilm
@pytest.mark.parametrize(
    ("engine", "precision"),
    [
        ("numpy", "fp32"),
        pytest.param("torch", "fp32", marks=needs_torch),
        pytest.param("torch", "bf16", marks=needs_torch),
    ],
)
def test_a_vector_is_the_same_to_the_last_bit_in_any_company(engine: str, precision: str) -> None:
    texts, _ = golden()
    texts = [*texts[:24], *(text * 5 for text in texts[:12])]
    together = real(engine, precision).encode(texts)
    for start in range(5):
        assert (real(engine, precision).encode(texts[start::5]) == together[start::5]).all()


_DIFFERENT_IN_COMPANY = f"""
import json, sys
from {load.__name__} import find_model, load_encoder
encoder = load_encoder(find_model(sys.argv[1]), "numpy")
texts = json.load(sys.stdin)
together = encoder.encode(texts)
parts = [texts[start : start + n] for n in (1, 2, 3, 7) for start in range(0, len(texts), n)]
expected = [together[start : start + n] for n in (1, 2, 3, 7) for start in range(0, len(texts), n)]
print(sum((encoder.encode(part) != vectors).any(axis=1).sum() for part, vectors in zip(parts, expected)))
"""


@pytest.mark.model
@needs_minilm
@pytest.mark.parametrize("processor", ["", "Haswell", "Prescott"])  # "" is the one that runs the test
def test_with_the_products_of_any_processor_a_text_alone_has_the_vector_that_it_has_in_company(
    processor: str,
) -> None:
    texts, _ = golden()
    done = subprocess.run(
        [sys.executable, "-c", _DIFFERENT_IN_COMPANY, str(minilm().path)],
        input=json.dumps([*texts[:20], *(text * 5 for text in texts[:8]), "z", "a b"]),
        env={**os.environ, "OPENBLAS_CORETYPE": processor},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout.strip(), done.stderr) == ("0", "")


@pytest.mark.model
@needs_minilm
@pytest.mark.parametrize(
    ("engine", "precision"),
    [
        ("numpy", "fp32"),
        pytest.param("torch", "fp32", marks=needs_torch),
        pytest.param("torch", "bf16", marks=needs_torch),
    ],
)
@pytest.mark.parametrize("n_texts", [1, 2])
def test_one_or_two_texts_have_the_same_vectors_in_an_index_as_in_any_company(
    engine: str, precision: str, n_texts: int
) -> None:
    texts = ["", "z", "disk", "the disk is full", "the disk of a node is full " * 9, "a disk"]
    together = real(engine, precision).encode(texts)
    for start in range(0, len(texts), n_texts):
        done: list[int] = []
        few = encode_in_company(real(engine, precision), texts[start : start + n_texts], done.append)
        assert (few == together[start : start + n_texts]).all()
        assert done == [n_texts]


@pytest.mark.model
@needs_minilm
@needs_torch
def test_the_texts_of_a_query_are_not_padded_to_a_whole_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    from dupfind.encoders import torch_engine

    engine = torch_engine.TorchEngine(minilm(), "cpu", 1, "fp32")
    n_tokens: list[int] = []

    def counted(batch: Batch) -> Any:
        n_tokens.append(len(batch.ids))
        return np.zeros((len(batch.texts), engine.dim), dtype=np.float32)

    monkeypatch.setattr(engine, "_net", counted)
    for texts in (["the disk is full"], ["the disk is full", "the disk of a node is full"], ["a", "b", "c"]):
        engine.run(texts, lambda places, vectors: None)
    assert n_tokens[:2] == [16, 32]
    assert n_tokens[2] > 500


@pytest.mark.parametrize("engine", ENGINES)
def test_many_batches_in_many_threads_are_still_in_order(tmp_path: Path, engine: str) -> None:
    model = tiny(tmp_path)
    texts = [" ".join("abcdefgh"[int(c)] for c in np.base_repr(i, 8)) for i in range(2_000)]
    one = load_encoder(model, engine, device="cpu", threads=1, precision="fp32").encode(texts)
    four = load_encoder(model, engine, device="cpu", threads=4, precision="fp32").encode(texts)
    assert (one == four).all()


@pytest.mark.parametrize("engine", ENGINES)
def test_the_same_texts_give_the_same_bits(tmp_path: Path, engine: str) -> None:
    model = tiny(tmp_path)
    first = load_encoder(model, engine, device="cpu").encode(TEXTS)
    assert (load_encoder(model, engine, device="cpu").encode(TEXTS) == first).all()


@pytest.mark.parametrize("engine", ENGINES)
def test_no_texts_give_no_vectors(tmp_path: Path, engine: str) -> None:
    assert load_encoder(tiny(tmp_path), engine, device="cpu").encode([]).shape == (0, HIDDEN)


@pytest.mark.parametrize("engine", ENGINES)
def test_progress_counts_every_text_once(tmp_path: Path, engine: str) -> None:
    counts: list[int] = []
    load_encoder(tiny(tmp_path), engine, device="cpu", threads=2).encode(TEXTS * 40, counts.append)
    assert sum(counts) == len(TEXTS) * 40
    assert len(counts) > 1


@pytest.mark.parametrize("engine", ENGINES)
def test_an_interruption_ends_between_batches_and_leaves_the_encoder_usable(
    tmp_path: Path, engine: str
) -> None:
    encoder = load_encoder(tiny(tmp_path), engine, device="cpu", threads=2)
    counts: list[int] = []

    def interrupt(n: int) -> None:
        counts.append(n)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        encoder.encode(TEXTS * 100, interrupt)
    assert len(counts) == 1
    assert encoder.encode(["a"]).shape == (1, HIDDEN)


@pytest.mark.parametrize("engine", ENGINES)
def test_an_encoder_has_a_name_a_fingerprint_a_width_and_an_engine(tmp_path: Path, engine: str) -> None:
    model = tiny(tmp_path)
    encoder = load_encoder(model, engine, device="cpu", precision="fp32")
    assert (encoder.name, encoder.dim, encoder.fingerprint) == ("model", HIDDEN, model.fingerprint)
    assert encoder.engine == {"numpy": "numpy", "torch": "torch-fp32"}[engine]


@pytest.mark.parametrize("engine", ENGINES)
def test_damaged_weights_are_an_error_and_never_a_nan(tmp_path: Path, engine: str) -> None:
    path = write_model(tmp_path / "model")
    tensors = bert_tensors()
    tensors["encoder.layer.1.output.dense.bias"][3] = np.nan
    write_safetensors(path / "model.safetensors", tensors)
    with pytest.raises(ModelError, match="not finite"):
        load_encoder(ModelFolder(path), engine, device="cpu").encode(["a"])


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    "changes",
    [{"hidden_size": 32}, {"num_hidden_layers": 3}, {"num_attention_heads": 5}, {"intermediate_size": "x"}],
)
def test_weights_that_do_not_fit_the_configuration_are_an_error(
    tmp_path: Path, engine: str, changes: dict[str, Any]
) -> None:
    with pytest.raises(ModelError):
        load_encoder(tiny(tmp_path, **changes), engine, device="cpu")


def test_a_tokenizer_of_more_words_than_the_weights_have_is_an_error(tmp_path: Path) -> None:
    path = write_model(tmp_path / "model")
    tensors = bert_tensors()
    tensors["embeddings.word_embeddings.weight"] = tensors["embeddings.word_embeddings.weight"][:10]
    write_safetensors(path / "model.safetensors", tensors)
    with pytest.raises(ModelError, match="the weights have 10"):
        load_encoder(ModelFolder(path), "numpy")


def test_weights_under_a_bert_prefix_are_read(tmp_path: Path) -> None:
    path = write_model(tmp_path / "model")
    expected = load_encoder(ModelFolder(path), "numpy").encode(["a b"])
    tensors = {f"bert.{name}": values for name, values in bert_tensors().items()}
    write_safetensors(path / "model.safetensors", tensors)
    assert (load_encoder(ModelFolder(path), "numpy").encode(["a b"]) == expected).all()


def test_gelu_is_that_of_the_error_function() -> None:
    from math import erf, sqrt

    x = np.concatenate([np.linspace(-8, 8, 20_001), [-100, 100, 0]]).astype(np.float32)
    expected = np.array([v * (1 + erf(v / sqrt(2))) / 2 for v in x.tolist()])
    result = x.copy()
    gelu(result)
    assert np.abs(result - expected).max() < 1e-6


@needs_torch
def test_torch_leaves_the_number_of_its_threads_as_it_was(tmp_path: Path) -> None:
    import torch

    before = torch.get_num_threads()
    load_encoder(tiny(tmp_path), "torch", device="cpu", threads=3).encode(TEXTS * 100)
    assert torch.get_num_threads() == before


@needs_torch
@pytest.mark.parametrize("kind", ["bert", "other"])
def test_batches_are_halved_until_the_device_holds_them(
    tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    encoder, net = small_device(tmp_path, kind, monkeypatch, room=3)
    counts: list[int] = []
    vectors = encoder.encode(TEXTS, counts.append)
    monkeypatch.undo()
    assert np.abs(vectors - encoder.encode(TEXTS)).max() < 2e-6
    assert sum(counts) == len(TEXTS)
    assert min(net) <= 3 < max(net)


@needs_torch
@pytest.mark.parametrize("kind", ["bert", "other"])
def test_a_device_too_full_for_one_text_is_a_clear_error(
    tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    encoder, net = small_device(tmp_path, kind, monkeypatch, room=0)
    with pytest.raises(ModelError, match=r"does not hold one text.*--device cpu"):
        encoder.encode(TEXTS)
    assert min(net) == 1


def small_device(
    tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch, room: int
) -> tuple[Encoder, list[int]]:
    """An encoder whose device holds `room` texts, and the sizes of the batches that it runs."""
    import torch

    if kind == "other" and not has_peer:
        pytest.skip("sentence-transformers is not installed")
    model = tiny(tmp_path) if kind == "bert" else ModelFolder(distilbert(tmp_path / "model"))
    encoder: Any = load_encoder(model, "torch", device="cpu", threads=1, precision="fp32")
    engine = encoder._engine
    owner, name = (type(engine._net), "__call__") if kind == "bert" else (type(engine), "_forward")
    run: Callable[..., Any] = getattr(owner, name)
    sizes: list[int] = []

    def limited(self: Any, batch: Any) -> Any:
        sizes.append(len(batch.texts if kind == "bert" else batch))
        if sizes[-1] > room:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return run(self, batch)

    monkeypatch.setattr(owner, name, limited)
    return encoder, sizes


def peer_vectors(path: Path, texts: list[str]) -> NDArray[np.float32]:
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(path), device="cpu", model_kwargs={"use_safetensors": True})
    return np.asarray(model.encode(texts, normalize_embeddings=True, show_progress_bar=False), np.float32)


def distilbert(path: Path) -> Path:
    """A tiny model that is no BERT, saved by transformers itself."""
    import torch
    from transformers import DistilBertConfig, DistilBertModel

    torch.manual_seed(0)
    config = DistilBertConfig(
        vocab_size=40,
        dim=HIDDEN,
        hidden_dim=32,
        n_layers=2,
        n_heads=4,
        max_position_embeddings=32,
        pad_token_id=0,
    )
    path.mkdir(parents=True)
    DistilBertModel(config).save_pretrained(path)
    write_tokenizer(path)
    put(path / "sentence_bert_config.json", {"max_seq_length": 24})
    write_modules(path)
    return path


def mpnet(path: Path) -> Path:
    """Another, with another attention."""
    import torch
    from transformers import MPNetConfig, MPNetModel

    torch.manual_seed(0)
    config = MPNetConfig(
        vocab_size=40, hidden_size=HIDDEN, intermediate_size=32, num_hidden_layers=2, num_attention_heads=4,
        max_position_embeddings=40,
    )  # fmt: skip
    path.mkdir(parents=True)
    MPNetModel(config).save_pretrained(path)
    write_tokenizer(path)
    put(path / "sentence_bert_config.json", {"max_seq_length": 24})
    write_modules(path)
    return path


@needs_peer
@pytest.mark.parametrize("make", [distilbert, mpnet])
def test_another_architecture_is_served_by_sentence_transformers(
    tmp_path: Path, make: Callable[[Path], Path]
) -> None:
    model = ModelFolder(make(tmp_path / "model"))
    texts = [text for text in TEXTS if "\ud800" not in text]
    counts: list[int] = []
    encoder = load_encoder(model, device="cpu", precision="fp32")
    vectors = encoder.encode(texts, counts.append)
    assert (encoder.engine, encoder.dim) == ("torch-fp32", HIDDEN)
    assert np.abs(vectors - peer_vectors(model.path, texts)).max() < 2e-6
    assert sum(counts) == len(texts)
    assert encoder.encode([]).shape == (0, HIDDEN)
    assert np.isfinite(load_encoder(model, device="cpu", precision="bf16").encode(TEXTS)).all()


@needs_peer
def test_quick_falls_back_to_torch_and_numpy_names_the_reason(tmp_path: Path) -> None:
    model = ModelFolder(distilbert(tmp_path / "model"))
    assert load_encoder(model, "quick", device="cpu").engine.startswith("torch")
    with pytest.raises(ModelError, match="model_type is 'distilbert'"):
        load_encoder(model, "numpy")


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"model_type": "roberta"}, "model_type"),
        ({"hidden_act": "relu"}, "hidden_act"),
        ({"position_embedding_type": "relative_key"}, "position_embedding_type"),
        ({"is_decoder": True}, "decoder"),
    ],
)
def test_a_model_other_than_plain_bert_has_a_reason(
    tmp_path: Path, changes: dict[str, Any], why: str
) -> None:
    assert why in str(tiny(tmp_path, **changes).layout.why_not_bert)


def test_other_poolings_are_left_to_sentence_transformers(tmp_path: Path) -> None:
    path = write_model(tmp_path / "model", pooling="mean_sqrt_len_tokens")
    assert "pooling" in str(ModelFolder(path).layout.why_not_bert)
    put(path / "1_Pooling" / "config.json", {"pooling_mode": "mean", "include_prompt": False})
    assert ModelFolder(path).layout.why_not_bert is None
    put(path / "config_sentence_transformers.json", {"prompts": {"p": "a "}, "default_prompt_name": "p"})
    assert "without the prompt" in str(ModelFolder(path).layout.why_not_bert)


def test_without_torch_numpy_serves_and_other_models_name_the_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(load, "find_spec", lambda name: None)
    model = tiny(tmp_path)
    assert load_encoder(model).engine == "numpy"
    assert available_devices() == []
    with pytest.raises(ModelError, match=r"pip install 'dupfind\[train\]'"):
        load_encoder(model, "torch")
    change(model.path / "config.json", model_type="mpnet")
    with pytest.raises(ModelError, match=r"model_type is 'mpnet'.*pip install 'dupfind\[train\]'"):
        load_encoder(ModelFolder(model.path), "quick")


@pytest.mark.parametrize(
    "choice",
    [{"engine": "onnx"}, {"device": "tpu"}, {"precision": "int8"}, {"engine": "numpy", "device": "cuda"}],
)
def test_an_unknown_choice_is_an_error(tmp_path: Path, choice: dict[str, str]) -> None:
    with pytest.raises(ModelError):
        load_encoder(tiny(tmp_path), **choice)  # type: ignore[arg-type]


@needs_torch
def test_a_missing_cuda_device_is_an_error(tmp_path: Path) -> None:
    import torch

    if torch.cuda.is_available():
        pytest.skip("there is a CUDA device")
    with pytest.raises(ModelError, match="finds no CUDA device"):
        load_encoder(tiny(tmp_path), device="cuda")


@needs_torch
def test_bf16_is_chosen_by_a_measurement_if_torch_lacks_the_private_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import torch

    from dupfind.encoders import devices

    monkeypatch.delattr(torch.cpu, "_is_amx_tile_supported", raising=False)
    monkeypatch.setattr(devices, "_time_product", lambda dtype: 1.0 if dtype == torch.float32 else 0.3)
    assert devices.has_fast_bf16.__wrapped__()
    monkeypatch.setattr(devices, "_time_product", lambda dtype: 1.0)
    assert not devices.has_fast_bf16.__wrapped__()


def test_the_engines_are_listed_with_their_versions() -> None:
    assert any(line.startswith(f"numpy {np.__version__}") for line in available_engines())


@needs_torch
def test_the_devices_are_listed_with_the_precision_that_suits_them() -> None:
    assert any(line.startswith("cpu: ") and line.endswith(("bf16", "fp32")) for line in available_devices())


@needs_torch
@pytest.mark.parametrize("engine", ["torch", "numpy"])
def test_ctrl_c_ends_a_long_run_without_a_hanging_thread(tmp_path: Path, engine: str) -> None:
    write_model(tmp_path / "model")
    code = f"""
        import sys
        from pathlib import Path
        from {load.__name__} import ModelFolder, load_encoder
        model = ModelFolder(Path({str(tmp_path / "model")!r}))
        encoder = load_encoder(model, {engine!r}, device="cpu", threads=2)
        try:
            print("ready", flush=True)
            while True:
                encoder.encode(["a b c"] * 20_000)
        except KeyboardInterrupt:
            sys.exit(130)
    """
    running = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)], stdout=subprocess.PIPE, text=True
    )
    assert running.stdout is not None
    try:
        with running.stdout:
            assert running.stdout.readline() == "ready\n"
            os.kill(running.pid, signal.SIGINT)
            assert running.wait(timeout=60) == 130
    finally:
        running.kill()  # a run that hears no Ctrl-C would encode for ever


@needs_peer
@pytest.mark.parametrize("with_dense", [False, True])
def test_a_folder_that_sentence_transformers_saved_is_read(tmp_path: Path, with_dense: bool) -> None:
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.base.modules import Dense

    peer = SentenceTransformer(str(write_model(tmp_path / "model")), device="cpu")
    if with_dense:
        peer.append(Dense(HIDDEN, 6))
    peer.prompts = {"title": "a title: "}
    peer.default_prompt_name = "title"
    peer.save(str(tmp_path / "saved"))
    texts = [text for text in TEXTS if "\ud800" not in text]
    expected = np.asarray(peer.encode(texts, normalize_embeddings=True, show_progress_bar=False))
    encoder = load_encoder(ModelFolder(tmp_path / "saved"), device="cpu", precision="fp32")
    assert encoder.dim == (6 if with_dense else HIDDEN)
    assert np.abs(encoder.encode(texts) - expected).max() < 2e-6
