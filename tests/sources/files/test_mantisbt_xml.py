"""MantisBT's export as XML: what is not for everybody, notes that name originals, and files that are broken."""

from pathlib import Path

import pytest

from dupfind.errors import SourceError
from dupfind.records import Ref
from dupfind.sources.files.xml_file import MAX_DEPTH
from dupfind.sources.open import open_source


def issue(id: int, more: str = "", *, resolution: int = 60, view: int = 10) -> str:
    return (
        f"<issue><id>{id}</id><summary>s{id}</summary><resolution id='{resolution}'>x</resolution>"
        f"<view_state id='{view}'>x</view_state><status id='90'>zu</status>{more}</issue>\n"
    )


def note(text: str, view: int = 10) -> str:
    return f"<bugnote><note>{text}</note><view_state id='{view}'>x</view_state></bugnote>"


def written(folder: Path, issues: str, head: str = "<mantis version='2.0'>\n") -> str:
    path = folder / "a.xml"
    path.write_text(f"{head}{issues}</mantis>", encoding="utf-8")
    return str(path)


def test_notes_and_old_fields_name_the_originals_of_duplicates_alone(tmp_path: Path) -> None:
    notes = note("Looks like #9") + note("Duplicate of #0000002, closing.")
    path = written(
        tmp_path,
        issue(1, f"<bugnotes>{notes}</bugnotes>")
        + issue(2, f"<bugnotes>{note('Not a duplicate of #1')}</bugnotes>")
        + issue(3, f"<bugnotes>{note('Duplicate of #1', view=50)}</bugnotes>")
        + issue(4, f"<bugnotes>{note('Duplicate of #1')}</bugnotes>", resolution=20)
        + issue(5, "<duplicate_id>3</duplicate_id>")
        + issue(6, "<duplicate_id>6</duplicate_id>")
        + issue(7, view=50),
    )
    marks = {record.id: record.duplicate_of for record in open_source(path)}
    assert marks == {"1": (Ref(None, "2"),), "2": (), "3": (), "4": (), "5": (Ref(None, "3"),), "6": ()}


def test_what_stands_before_a_broken_line_is_read_and_the_line_is_named(tmp_path: Path) -> None:
    path = written(tmp_path, issue(1) + issue(2) + "<issue><id>3</id><oops></issue>")
    records = iter(open_source(path))
    assert [next(records).id, next(records).id] == ["1", "2"]
    with pytest.raises(SourceError, match=r"a\.xml, line 4: not XML: mismatched tag"):
        next(records)


@pytest.mark.parametrize(
    ("head", "issues", "message"),
    [
        (
            "<!DOCTYPE x [<!ENTITY a 'b'>]>\n<mantis>",
            issue(1, "<description>&a;</description>"),
            "declares the entity",
        ),
        ("<mantis>", "<issue><summary>x</summary></issue>", "line 1: an issue without an id"),
        ("<mantis>", issue(1, "<a>" * MAX_DEPTH), f"elements are nested more than {MAX_DEPTH} deep"),
    ],
)
def test_what_cannot_be_read_says_why(tmp_path: Path, head: str, issues: str, message: str) -> None:
    with pytest.raises(SourceError, match=message):
        list(open_source(written(tmp_path, issues, head)))


def test_numbers_that_are_none_are_as_if_they_were_not_there(tmp_path: Path) -> None:
    strange = "<issue><id>1</id><status id='x'>a</status><resolution id='999999999999'>b</resolution></issue>"
    [record] = open_source(written(tmp_path, strange))
    assert (record.state, record.resolution, record.url, record.title) == ("open", None, None, "")


def test_public_notes_are_comments(tmp_path: Path) -> None:
    notes = note("hot") + note("staff only", view=50)
    [record] = open_source(written(tmp_path, issue(1, f"<bugnotes>{notes}</bugnotes>")))
    assert [comment.text for comment in record.comments] == ["hot"]
