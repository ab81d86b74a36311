import pytest

from dupfind.errors import SourceError
from dupfind.records import Record, Ref
from dupfind.sources.entries import LeftOut
from dupfind.sources.generic_row import record, records


def one(**cells: object) -> Record:
    names = (
        "id",
        "title",
        "body",
        "state",
        "resolution",
        "created",
        "updated",
        "closed",
        "url",
        "project",
        "duplicate_of",
    )
    return record("s", [cells.get(name) for name in names], lambda: "line 3")


def test_cells_become_a_record() -> None:
    made = one(
        id=7,
        title="t",
        body=None,
        state="Done",
        resolution="Fixed",
        url=" u ",
        project="p",
        created=1704273120,
    )
    assert (made.id, made.title, made.body, made.source) == ("7", "t", "", "s")
    assert (made.state, made.resolution, made.url, made.ref) == ("closed", "fixed", "u", Ref("p", "7"))
    assert made.created is not None
    assert made.created.year == 2024


@pytest.mark.parametrize("missing", [None, "", "  "])
def test_a_missing_id_is_refused_with_its_place(missing: object) -> None:
    with pytest.raises(SourceError, match=r"^line 3 has no id"):
        one(id=missing, title="t")


def test_a_row_without_id_is_named_by_its_number_and_title() -> None:
    rows: list[list[object]] = [[1, "first", *[None] * 9], [None, "second", *[None] * 9]]
    first, second = records("s", 'table "t"', rows)
    assert isinstance(second, LeftOut)
    assert (isinstance(first, Record), second.reason) == (True, "broken")
    assert second.message.startswith("s, table \"t\", row 2 ('second') has no id")


@pytest.mark.parametrize(
    ("value", "originals"),
    [
        (None, []),
        ("", []),
        (0, []),
        ("0", []),
        ("none", []),
        (12, ["12"]),
        (12.0, ["12"]),
        ("#12", ["12"]),
        (" LAR-12 ", ["LAR-12"]),
        ("3, #4;5", ["3", "4", "5"]),
        ([3, "4", None, 3], ["3", "4"]),
        ("7", []),
        ("2.0", ["2"]),
        ("NaN", []),
        ("n/a", []),
        ("https://github.com/o/r/issues/2", ["2"]),
        (
            "https://bugs.example.org/show_bug.cgi?id=12, https://jira.example.org/browse/LAR-3/",
            ["12", "LAR-3"],
        ),
    ],
)
def test_the_originals_of_a_cell(value: object, originals: list[str]) -> None:
    made = one(id="7", title="t", project="p", duplicate_of=value)
    assert made.duplicate_of == tuple(Ref("p", original) for original in originals)


def test_an_id_with_a_point_is_a_name_and_no_number() -> None:
    made = one(id="1.1", title="t", duplicate_of="2.0")
    assert made.duplicate_of == (Ref(None, "2.0"),)


def test_a_project_is_taken_out_of_an_address_of_github() -> None:
    assert one(id="7", project="https://api.github.com/repos/o/r").project == "o/r"
    assert one(id="7", project=" ").project is None
