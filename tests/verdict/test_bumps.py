"""Tests of titles that raise the version of a package."""

import pytest

from dupfind.verdict.differences import difference
from tests.support.two_issues import issues, shared


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Sound stops after update program to 6.1", "Sound stops after update application to 6.1"),
        ("Alarm lost after upgrade Android to 13", "Alarm lost after update phone to 13"),
        ("No mail after update Ubuntu to 24", "No mail after upgrade laptop to 24"),
        ("Upgrade app from 6.0 to 6.1 fails", "Upgrade program from 6.0 to 6.1 fails"),
    ],
)
def test_an_update_before_something_failed_bumps_no_package(left: str, right: str) -> None:
    for titles in ((left, right), (right, left)):
        pair = issues(titles, ("", ""))
        assert difference(*pair, shared(*pair)) is None


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("chore(deps): bump tinyrouter from 1.2 to 1.3", "chore(deps): bump quickjson from 2.4 to 2.5"),
        ("[Java 21] Upgrade quick-json to 3.10", "[Java 21] Upgrade tiny-router to 3.4.0"),
        ("Update package quickjson to v3", "Update package tinyrouter to v2 before the release"),
        ("Upgrade tinyrouter to 4.1.5 on branch-2.1", "Update quickjson to 4.1.4"),
    ],
)
def test_two_bumped_packages_set_apart(left: str, right: str) -> None:
    pair = issues((left, right), ("", ""))
    found = difference(*pair, shared(*pair))
    assert found is not None
    assert found.kind == "name"
