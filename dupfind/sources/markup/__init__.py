"""Markups of trackers as Markdown, one module a markup: text in, text out, in time that grows linearly with it.

What no tracker marks is left as it stands, so that a text in another markup than its tracker's comes through unharmed.
"""
