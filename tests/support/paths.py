"""Where things stand: the checkout, its docs, and the real data beside it."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
SHARED = ROOT.parent / "shared"
"""Real trackers and labelled pairs, where a machine has them."""

TRACKERS = SHARED / "trackers"
"""One invented corpus in many trackers' own containers."""

GOLDEN = Path(__file__).with_name("golden.json")
"""Vectors that sentence-transformers itself gives; `python tests/support/make_golden.py` writes it."""
