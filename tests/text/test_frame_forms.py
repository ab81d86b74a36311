"""A line is only compared with the forms of frames that it can have."""

from re import _constants, _parser  # type: ignore[attr-defined]
from typing import Any

import pytest

from dupfind.text import stack_frame
from dupfind.text.frame_form import Form
from dupfind.text.frame_forms import FORMS


def needs_digit(pattern: Any) -> bool:
    """Return whether every text that a parsed pattern matches has a digit."""
    return any(is_digit(*part) for part in pattern)


def is_digit(kind: Any, value: Any) -> bool:
    if kind is _constants.IN:
        return bool(value == [(_constants.CATEGORY, _constants.CATEGORY_DIGIT)])
    if kind is _constants.BRANCH:
        return all(map(needs_digit, value[1]))
    if kind in (_constants.MAX_REPEAT, _constants.MIN_REPEAT, _constants.POSSESSIVE_REPEAT):
        return value[0] > 0 and needs_digit(value[2])
    if kind in (_constants.SUBPATTERN, _constants.ASSERT):
        return needs_digit(value[-1])
    return bool(kind is _constants.LITERAL and chr(value).isdecimal())


@pytest.mark.parametrize("form", FORMS, ids=lambda form: f"{form.kind} {form.needs}")
def test_a_form_says_whether_its_frames_have_a_digit(form: Form) -> None:
    assert form.has_digit == needs_digit(_parser.parse(form.line.pattern))


def test_prose_is_compared_with_few_forms() -> None:
    stack_frame._forms.cache_clear()
    lines = ["The mill grinds no flour.", "Press Save and look at the list", "It stops (again)", "why?"] * 50
    for n, line in enumerate(lines):
        assert stack_frame.frame(f"{chr(ord('A') + n % 26)}{line}", "") is None
    lists = stack_frame._forms.cache_info().currsize
    assert lists <= 3, "a list for each kind of line, not for each beginning"
    assert (
        max(len(stack_frame._forms("", False, *signs, False, False)) for signs in SIGNS)
        <= 10
        < len(FORMS) / 8
    )


SIGNS = [
    (colon, bracket, dot) for colon in (False, True) for bracket in (False, True) for dot in (False, True)
]


@pytest.mark.parametrize(
    "line", ["٣: mill::stone::turn", "#٠ turn (n=31) at mill/stone.c:31", "at turn (stone.js:٣١:٤)"]
)
def test_a_digit_of_any_script_is_a_digit(line: str) -> None:
    assert (stack_frame.frame(line, "") is None) == all(form.line.match(line) is None for form in FORMS)


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("++ lib/door.sh:9: unlock_door: local n=1", "shell"),
        ("++ lib/door.bash:9: unlock_door: local n=1", "shell"),
        ("+ lib/door.zsh:9:unlock_door: local n=1", "shell"),
        ("Mill.Stone.turn (src/Stone.hs:9:2)", "haskell"),
        ("Mill.Stone.turn (src/Stone.lhs:9:2)", "haskell"),
        ("flatMap @ org.mill.Stone.turn(Stone.scala:9)", "java"),
        ("@ org.mill.Stone.turn(Stone.scala:9)", "java"),
    ],
)
def test_what_a_form_contains_keeps_out_none_of_the_files_that_it_names(line: str, kind: str) -> None:
    found = stack_frame.frame(line, "")
    assert found is not None
    assert found.form == kind
