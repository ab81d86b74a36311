import json
from pathlib import Path
from typing import Any

import pytest

from dupfind.sources.open import open_source
from dupfind.sources.restricted import is_restricted


def table(folder: Path, column: str, hidden: str, shown: str) -> list[str]:
    """Return the ids that are read of a table whose second row alone is hidden."""
    path = folder / "kilns.csv"
    rows = [
        ("1", "The kiln stays cold", shown),
        ("2", "The key of the safe", hidden),
        ("3", "Glaze runs", shown),
    ]
    path.write_text(f"ID;Title;{column}\n" + "".join(";".join(row) + "\n" for row in rows), encoding="utf-8")
    return [record.id for record in open_source(str(path))]


@pytest.mark.parametrize(
    ("column", "hidden", "shown"),
    [
        ("is_public", "0", "1"),
        ("Public", "No", "Yes"),
        ("Visible to public", "FALSE", "TRUE"),
        ("Öffentlich", "Nein", "Ja"),
        ("是否公开", "否", "是"),
        ("公開", "いいえ", "はい"),
        ("Restrict Access", "true", "false"),
        ("Private?", "x", ""),
        ("Internal only", "Y", "N"),
        ("Nur intern", "Ja", "Nein"),
        ("是否保密", "是", "否"),
        ("비공개", "예", "아니오"),
        ("Hidden", "TRUE", "FALSE"),
        ("Embargoed", "✓", ""),
        ("Sensitive", "Y", "N"),
        ("Viewable By", "Kiln masters", "Everyone"),
        ("Access Level", "Restricted", "Public"),
        ("Sensitivity", "Highly Confidential", "Public"),
        ("data_classification", "internal-only", "public"),
        ("Visibility", "members_only", "everyone"),
        ("密级", "机密", "公开"),
        ("Sichtbarkeit", "Intern", "Öffentlich"),
        ("Sichtbarkeit", "Eingeschränkt", "Öffentlich"),
        ("Visibilité", "privée", "publique"),
        ("Visibilidad", "privada", "pública"),
        ("Visibilità", "riservata", "pubblica"),
    ],
)
def test_a_column_in_any_of_many_words_hides_its_row(
    column: str, hidden: str, shown: str, tmp_path: Path
) -> None:
    assert table(tmp_path, column, hidden, shown) == ["1", "3"]


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("Public", ""),
        ("Public", "library of Oslo"),
        ("Visibility", "public"),
        ("Classification", "Bug"),
        ("Sensitivity", "High"),
        ("Access", "by the back door"),
        ("Internal", "no"),
        ("Audience", "Admins"),
        ("Accessibility", "Limited"),
        ("Access", "Admin"),
    ],
)
def test_a_column_that_does_not_say_so_hides_nothing(column: str, value: str, tmp_path: Path) -> None:
    assert table(tmp_path, column, value, value) == ["1", "2", "3"]


@pytest.mark.parametrize(
    "marks",
    [
        {"meta": {"private": True}},
        {"attributes": {"isPublic": False}},
        {"privacy": {"visibility": {"name": "Staff only"}}},
    ],
)
def test_a_mark_may_stand_in_an_object_inside_an_issue(marks: dict[str, Any]) -> None:
    assert is_restricted({"id": 1, "title": "a", **marks})


@pytest.mark.parametrize(
    "marks",
    [
        {"isPublic": False, "shareId": None},  # of Sentry: an issue without a link for everybody
        {"repository": {"private": True}},
        {"public": None},
        {"meta": {"private": False}},
        {"internal": 4711},
        {"permissions": {"public": False, "pull": True}},
        {"classification": "Internal", "groups": [], "summary": "a", "product": "kiln"},  # of Bugzilla
    ],
)
def test_a_mark_of_something_else_hides_no_issue(marks: dict[str, Any]) -> None:
    assert not is_restricted({"id": 1, "title": "a", **marks})


def test_a_mark_may_stand_around_an_issue(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    issues = [
        {"is_public": False, "record": {"id": 1, "title": "The key of the safe"}},
        {"is_public": True, "record": {"id": 2, "title": "The kiln stays cold"}},
    ]
    path.write_text(json.dumps(issues), encoding="utf-8")
    [record] = open_source(str(path))
    assert record.id == "2"
