"""The verdicts, and how readily they are given. It imports nothing, so that a command line shows them at once."""

LIKELY, POSSIBLE = "likely", "possible"
VERDICTS = (LIKELY, POSSIBLE)
"""Verdicts on a pair, the surer one first; most pairs get neither."""

STRICT, BALANCED, EAGER = "strict", "balanced", "eager"
MODES = (STRICT, BALANCED, EAGER)
"""How readily `POSSIBLE` is said: of few issues up to many; docs/evaluation.md has the figures of each."""
