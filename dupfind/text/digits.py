"""The fast test for a digit, which most words and many lines do not have."""

import re

DIGITS = re.compile(r"\A\D*+\d")
"""Matches a text that has a digit of any script. A search for the digit alone takes more than twice the time."""
