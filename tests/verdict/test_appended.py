"""Tests of a log or a form's headings that one of two texts alone has."""

import pytest

from dupfind.verdict.appended import without_appended
from dupfind.verdict.relation import relation
from tests.support.two_issues import issues

TITLE = "Ferry timetable shows departures of yesterday"
BODY = "After midnight the page still lists the boats of the day before. It helps to open it anew. It is on GMT+2."
LOG = "\n".join(
    f"2031-02-{day:02d} 07:11:52 INFO timetable: loaded page {day} of the pier" for day in range(1, 28)
)
TRACE = "\n".join(f"    at pier.Timetable.load{n}(Timetable.java:{n})" for n in range(10, 30))
PYTHON = (
    "Traceback (most recent call last):\n"
    + "".join(f'  File "/srv/pier/boat{n}.py", line {n}, in sail\n    moor{n}(quay)\n' for n in range(10, 20))
    + "TideError: no water"
)


def are_copies(left: str, right: str) -> bool:
    """Compare two bodies under one title both ways, and require one answer."""
    one, other = issues((TITLE, TITLE), (left, right))
    found = {relation(*pair, is_same_text=False).is_near_copy for pair in ((one, other), (other, one))}
    assert len(found) == 1
    return found.pop()


@pytest.mark.parametrize(
    "end",
    [
        f"\n\n```\n{LOG}\n```",
        f"\n\n{LOG}",
        f"\n\nHere is the log:\n\n~~~text\n{LOG}\n~~~\n",
        f"\n\n{TRACE}\n",
        f"\n\n{PYTHON}\n",
        f"\n<details>\n<summary>Log</summary>\n\n```\n{LOG}\n```\n</details>",
    ],
    ids=["fenced", "plain", "with a label", "trace", "trace with code", "folded"],
)
def test_a_text_with_a_log_at_its_end_is_a_copy(end: str) -> None:
    assert are_copies(BODY, BODY + end)


def test_logs_of_both_are_compared() -> None:
    other = LOG.replace("INFO timetable", "ERROR tide").replace(
        "loaded page", "no water gauge answers at buoy"
    )
    assert not are_copies(f"{BODY}\n\n```\n{LOG}\n```", f"{BODY}\n\n```\n{other}\n```")
    left, right = f"{TITLE}\n{LOG}", f"{TITLE}\n{other}"
    assert without_appended(left, right) == (left, right)


def test_code_that_a_text_goes_on_behind_stays() -> None:
    left, right = f"{TITLE}\n```\nload(pier)\n```\nThis line fails.", f"{TITLE}\n{BODY}"
    assert without_appended(left, right) == (left, right)


def test_a_title_with_a_log_alone_stays_whole() -> None:
    left, right = f"{TITLE}\n```\n{LOG}\n```", f"{TITLE}\n"
    assert without_appended(left, right) == (left, right)


@pytest.mark.parametrize(
    ("title", "body"),
    [
        ("時刻表が昨日のまま", "日付が変わっても前日の便が表示されます。開き直すと直ります。毎晩起きます。"),
        ("船班时刻表仍是昨天的", "过了零点页面还显示前一天的船班。重新打开就好了。每天晚上都会这样。"),
    ],
)
def test_a_text_put_into_an_english_form_is_a_copy(title: str, body: str) -> None:
    form = (
        f"### Describe the problem\n\n{body}\n\n### Which version do you use?\n\nlatest\n\n### Additional context\n\n"
        "_No response_\n\n### Checks\n\n- [x] I have searched the existing issues\n- [x] I agree to the code of conduct"
    )
    one, other = issues((title, title), (body, form))
    assert relation(one, other, is_same_text=False).is_near_copy


def test_headings_of_both_stay() -> None:
    left = f"{TITLE}\n## Pier\n\nNorth\n\n## Boat\n\nGull"
    right = f"{TITLE}\n## Tide\n\nNorth\n\n## Buoy\n\nGull"
    assert without_appended(left, right) == (left, right)


@pytest.mark.parametrize(
    ("body", "end"),
    [
        ("It stops.", f"\n\n{LOG}\n2031-02-27 07:12:01 ERROR licence server refused the key"),
        (
            "Please look at it.",
            "\n\n```\nERROR: tide gauge is missing\n    at pier.Gauge.read(Gauge.java:7)\n```",
        ),
        (BODY, "\n\n```sql\nSELECT boat FROM pier LEFT JOIN tide USING (day)\n```"),
    ],
    ids=["a log", "a fence", "code"],
)
def test_what_says_the_fault_alone_stays(body: str, end: str) -> None:
    left, right = f"{TITLE}\n{body}{end}", f"{TITLE}\n{body}"
    assert without_appended(left, right) == (left, right)
