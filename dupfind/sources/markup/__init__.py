"""Converters from the markup of trackers to Markdown: one module a markup, pure functions, in linear time.

Only marks of the tracker's own markup change, so a text in another markup stays as it is.
"""
