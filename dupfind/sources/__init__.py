"""Trackers to records, lazily."""
