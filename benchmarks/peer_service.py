"""A minimal service for finding duplicates, of FastAPI, sentence-transformers and FAISS, for comparison.

`load.py` starts it: model, index and titles as arguments, then the port.
"""

import json
import sys
from pathlib import Path
from typing import Any

import faiss
import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel
from sentence_transformers import SentenceTransformer

MODEL, INDEX, TITLES, PORT = sys.argv[1:]

app = FastAPI()
model = SentenceTransformer(MODEL, device="cpu", local_files_only=True)
index = faiss.read_index(INDEX)
titles = json.loads(Path(TITLES).read_text(encoding="utf-8"))


class Question(BaseModel):
    """A new issue."""

    title: str
    body: str = ""
    k: int = 10


@app.post("/query")
def query(arguments: Question) -> dict[str, Any]:
    """Return the nearest titles with their scores."""
    vectors = model.encode(
        [f"{arguments.title}\n{arguments.body}"], normalize_embeddings=True, show_progress_bar=False
    )
    scores, rows = index.search(vectors, arguments.k)
    return {
        "hits": [
            {"id": int(row), "title": titles[row], "score": float(score)}
            for score, row in zip(scores[0], rows[0], strict=True)
        ]
    }


@app.get("/health")
def health() -> dict[str, str]:
    """Report that the service is up."""
    return {"status": "ok"}


uvicorn.run(app, host="127.0.0.1", port=int(PORT), log_level="warning")
