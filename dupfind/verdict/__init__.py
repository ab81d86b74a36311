"""Verdicts on pairs of records: copy, duplicate, sibling or nothing, and how probable a duplicate is."""
