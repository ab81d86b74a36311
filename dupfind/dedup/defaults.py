"""Defaults of a duplicate report. This module imports nothing, so that a command line can show them at once."""

MIN_SCORE = 0.65
"""Cosine similarity at or above which two records are a pair.

Chosen together with `MIN_MARGIN` on the train parts of rust and titanium, among thresholds from 0.5 to 0.75 and margins
from 0 to 0.12. Of the settings whose clusters agree best with the marked ones (adjusted Rand index within 3 % of the
best), this is the most precise (`python benchmarks/clusters.py --part train`).
"""

MIN_MARGIN = 0.06
"""Margin at or above which a pair stands out. Pairs below it are left to the look-alikes."""

MAX_PAIRS = 10_000_000
"""Pairs that a report accepts, about a gigabyte of memory. More pairs are an error, never a silent cut."""
