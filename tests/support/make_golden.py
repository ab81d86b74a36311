"""Writes golden.json: the vectors of sentence-transformers itself, in float32, for texts of many kinds.

    HF_HUB_OFFLINE=1 python -m tests.support.make_golden

It needs dupfind[train] and the weights of MiniLM. The vectors are little-endian float32 in base64; the file names the
versions used.
"""

import base64
import json
from importlib.metadata import version

import numpy as np
from sentence_transformers import SentenceTransformer

from dupfind.encoders.weights import MINILM_SHA256, find_model
from tests.support.paths import GOLDEN

TEXTS = [
    "App crashes when opening the settings page",
    "Settings screen: the application dies on open",
    "Export to CSV drops the last row",
    "",
    " ",
    "word",
    "java.lang.NullPointerException at org.example.Main.run(Main.java:42)\n\tat java.lang.Thread.run()",
    "E1042: Verbindung zum Server verloren, Gerät antwortet nicht mehr",
    "打开设置页面时应用崩溃",
    "التطبيق يتعطل عند فتح صفحة الإعدادات",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467 \U0001f525 build is on fire \U0001f525",
    "a literal [SEP] and [CLS] and [MASK] in the text",
    "replacement \ufffd and NUL \x00 and cafe\u0301 and zero\u200bwidth",
    "x" * 300,
    "0x7ffdeadbeef /usr/lib/libc.so.6 v2.3.1-rc1 CVE-2024-12345 <html>&amp;</html> ${HOME} || true",
    "timeout while reading from socket " * 60,
]


def main() -> None:
    """Encode the texts and write the file next to this one."""
    model = find_model()
    assert model.manifest["model.safetensors"] == MINILM_SHA256
    vectors = SentenceTransformer(str(model.path), device="cpu").encode(TEXTS, normalize_embeddings=True)
    golden = {
        "model": model.name,
        "sha256": MINILM_SHA256,
        "made_by": {
            name: version(name) for name in ("sentence-transformers", "transformers", "tokenizers", "torch")
        },
        "texts": TEXTS,
        "vectors": [
            base64.b64encode(vector.astype("<f4").tobytes()).decode() for vector in np.asarray(vectors)
        ],
    }
    GOLDEN.write_text(json.dumps(golden, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
