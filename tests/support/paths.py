"""Paths that tests read: the checkout, its docs, the invented corpus, and real data outside the checkout."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
SHARED = ROOT.parent / "shared"
"""Real trackers and labelled pairs, where a machine has them."""

CORPUS = ROOT / "tests" / "data" / "corpus.json"
"""The invented issues that `tests/support/containers.py` writes in each tracker's format."""

GOLDEN = Path(__file__).with_name("golden.json")
"""Vectors of sentence-transformers itself; `python tests/support/make_golden.py` writes the file."""
