"""What one of two texts alone has around the same words: a log at its end, or the headings of a form (pure)."""

import re

from dupfind.text.log_lines import is_loud, is_routine

_FENCES = ("```", "~~~")
_FOLDS = ("<details", "</details", "<summary", "</summary")
_FEWEST_LINES = 3  # of a log without fences
_LABEL_WORDS = 5  # of a line such as "Here is the log:"
_LEAST_LETTERS = 50  # of a text that says what the fault is
_LETTERS_OF_A_SIGN = 2  # what a letter beyond ASCII counts: of Chinese it is half a word
_FRAME = re.compile(
    r"\s{0,12}(?:at [\w$.<>/]{3,200}[(:]|File \"|Caused by: |\d{1,4}: 0x|Traceback \(|[\w.]{1,80}(?:Error|Exception): )"
)
_INDENTED = ("    ", "\t")  # as the code of a frame is
_FEWEST_HEADINGS = 2
_HEADING = re.compile(r"\s{0,3}(?:#{1,6}\s\S|\*\*[^*]{2,60}\*\*:?\s{0,3}$)")
_FILLED_IN = re.compile(
    r"\s{0,3}(?:[-*] \[[ xX]\] |_[^_]{2,30}_\s{0,3}$|<!--.{0,400}-->\s{0,3}$|(?:n/?a|none)\s{0,3}$)", re.I
)


def without_appended(left: str, right: str) -> tuple[str, str]:
    """Return two texts without the log or the form that only one of them has.

    A log is a fenced block at the end, or lines of a log or a stack trace there. Of a form the headings, the boxes and
    the empty answers go. Where both texts have a log it is compared: it may be all that they differ in.

    Args:
        left: Title and body of an issue, one after the other.
        right: The same of the other issue.
    """
    ours, theirs = left.split("\n"), right.split("\n")
    for has, without in ((has_log, _without_log), (_is_form, _without_form)):
        if has(ours) != has(theirs):
            ours, theirs = without(ours), without(theirs)
    return "\n".join(ours), "\n".join(theirs)


def has_log(lines: list[str]) -> bool:
    """Return whether some of these lines are of a log or of a stack trace."""
    return any(map(_is_of_log, lines))


def _is_of_log(line: str) -> bool:
    if not line.strip():
        return False
    return is_routine(line) or is_loud(line) or _FRAME.match(line) is not None


def _may_be_of_log(line: str) -> bool:
    return line.startswith(_INDENTED) or _is_of_log(line)


def _without_log(lines: list[str]) -> list[str]:
    """Return the lines before a log at the end; a text that says little without it is left whole."""
    end = _end(lines, len(lines))
    if not end:
        return lines
    if lines[end - 1].strip() in _FENCES:
        start = next((at for at in range(end - 2, 0, -1) if lines[at].lstrip().startswith(_FENCES)), end)
        if not has_log(lines[start:end]):  # code, or what someone asked a database
            start = end
    else:
        start = next(
            (at + 1 for at in range(end - 1, 0, -1) if lines[at].strip() and not _may_be_of_log(lines[at])), 1
        )
        if end - start < _FEWEST_LINES:
            start = end
    start = _end(lines, start) if start < end else start
    is_label = 1 < start < end and lines[start - 1].rstrip(" *").endswith(":")
    if is_label and len(lines[start - 1].split()) <= _LABEL_WORDS:
        start -= 1
    return lines[:start] if _says_enough(lines[1:start]) else lines


def _says_enough(lines: list[str]) -> bool:
    """Return whether the lines under a title say what the fault is, and not only that there is one."""
    letters = [sign for line in lines for sign in line if sign.isalpha()]
    return sum(1 if sign.isascii() else _LETTERS_OF_A_SIGN for sign in letters) >= _LEAST_LETTERS


def _end(lines: list[str], end: int) -> int:
    """Return the number of lines up to the last one with a text, among the first `end`."""
    while end and (not lines[end - 1].strip() or lines[end - 1].lstrip().startswith(_FOLDS)):
        end -= 1
    return end


def _is_form(lines: list[str]) -> bool:
    return sum(_HEADING.match(line) is not None for line in lines[1:]) >= _FEWEST_HEADINGS


def _without_form(lines: list[str]) -> list[str]:
    if not _is_form(lines):
        return lines
    return lines[:1] + [line for line in lines[1:] if not (_HEADING.match(line) or _FILLED_IN.match(line))]
