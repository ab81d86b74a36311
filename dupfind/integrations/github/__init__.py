"""Suggest duplicates on GitHub: one comment per issue, which lists the issues that it may duplicate."""
