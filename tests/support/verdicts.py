"""Verdicts for an index of the tests' models, by the cosine of the whole texts alone."""

from dataclasses import replace

import numpy as np
import pytest

from dupfind.collection.writable import WritableCollection
from dupfind.dedup import tracker_edges
from dupfind.ranking.ranker import shipped
from dupfind.verdict import model
from dupfind.verdict.bands import MODES, STRICT
from dupfind.verdict.evidence import NAMES
from dupfind.verdict.model import shipped_verdicts

NEVER = 2.0


def judged(collection: WritableCollection, *, likely: float, possible: float, strict: bool = False) -> None:
    """Calibrate an index so that texts are likely duplicates from one cosine on, and possible ones from another.

    With `strict`, that mode calls none possible.
    """
    encoding = collection.store.encoding()
    own = replace(
        shipped_verdicts(),
        weights=np.array([float(name == "whole x whole") for name in NAMES]),
        intercept=0.0,
        edges=np.array([possible, likely + 1e-6]),
        levels=np.array([0.02, 0.5, 0.95]),
        shares=np.array([0.1, 0.01]),
        outstanding=0.02,
        possible=dict.fromkeys(MODES, 0.5) | ({STRICT: 0.9} if strict else {}),
        about={"model_fingerprint": encoding.model_fingerprint, "recipe": encoding.text_version},
    )
    collection.calibrate(shipped(), own)


def ship_a_verdict(monkeypatch: pytest.MonkeyPatch, model_fingerprint: str, *, least_records: int) -> None:
    """Let dupfind come with a verdict for a model, and measure its edges on indexes of so many records."""
    default = shipped_verdicts()
    own = replace(default, about={**default.about, "model_fingerprint": model_fingerprint})
    monkeypatch.setattr(model, "_shipped", lambda: {model_fingerprint: own})
    monkeypatch.setattr(tracker_edges, "MIN_RECORDS", least_records)
