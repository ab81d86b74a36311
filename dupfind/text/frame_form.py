"""What one form of a stack trace's frames is described by."""

import re
from typing import NamedTuple


class Form(NamedTuple):
    """How the frames of one kind of trace are written.

    Attributes:
        kind: The kind of trace; several forms may be of one kind.
        needs: What every such line contains.
        line: Matches the line; its groups are `function`, `file`, `column`, `offset` and `numbered`.
        has_digit: Whether every such line has a digit.
    """

    kind: str
    needs: str
    line: re.Pattern[str]
    has_digit: bool = True
