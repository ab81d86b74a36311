"""The verdicts, and how readily they are given. It imports nothing, so that a command line shows them at once."""

LIKELY, POSSIBLE = "likely", "possible"
VERDICTS = (LIKELY, POSSIBLE)
"""Verdicts on a pair, the surer one first; most pairs get neither."""

LIKELY_FROM = 0.9
"""Probability from which on a calibration says `LIKELY`, where no other is named."""

STRICT, BALANCED, EAGER = "strict", "balanced", "eager"
MODES = (STRICT, BALANCED, EAGER)
"""How readily `POSSIBLE` is said: of few issues up to many; docs/evaluation.md has the figures of each."""
