"""Converters from the markup of trackers to Markdown: one module a markup, pure functions, in linear time.

What no tracker marks is left as it stands, so that a text in another markup than its tracker's comes through unharmed.
"""
