"""Suggestions: one comment on a GitHub issue that names what it may be a duplicate of."""
