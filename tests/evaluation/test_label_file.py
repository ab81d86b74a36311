"""A file of pairs is read however people write it, and what is wrong in it is one line with a way out."""

from pathlib import Path

import pytest

from dupfind.collection.writable import WritableCollection
from dupfind.errors import SourceError
from dupfind.evaluation.label_file import LabelledPair, duplicates, read
from tests.support.samples import record


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "pairs"
    path.write_text(text, encoding="utf-8")
    return path


def seen(path: Path) -> list[tuple[str, str, bool]]:
    return [(*pair.ids, pair.is_duplicate) for pair in read(path)]


@pytest.mark.parametrize(
    "text",
    [
        "1,2\n3,4\n",
        "1\t2\n\n3\t4",
        "\ufeffid1,id2\r\n1,2\r\n3, 4\r\n",
        "title,Duplicate,Original\nx,1,2\ny,3,4\n",
        '{"id1": 1, "id2": "2"}\n\n{"id1": 3, "id2": 4.0}\n',
        '["1", "2"]\n[3, 4]\n',
    ],
)
def test_two_ids_a_line_are_found_in_csv_tsv_and_json_lines(tmp_path: Path, text: str) -> None:
    assert seen(written(tmp_path, text)) == [("1", "2", True), ("3", "4", True)]


@pytest.mark.parametrize(
    "text",
    [
        "id1,id2,label\n1,2,1\n3,4,0\n",
        "bug,master,label\n1,2,duplicate\n3,4,different\n",
        "label,id1,id2\n1,1,2\n0,3,4\n",
        '{"a": 1, "b": 2, "label": true}\n{"a": 3, "b": 4, "label": 0}\n',
    ],
)
def test_a_label_tells_duplicates_from_others(tmp_path: Path, text: str) -> None:
    assert seen(written(tmp_path, text)) == [("1", "2", True), ("3", "4", False)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "holds no pairs"),
        ("id1,id2\n", "holds no pairs"),
        ("1,2\n3\n", "line 2 has one cell"),
        ("1,2\n3,\n", "line 2 lacks an id"),
        ('1,2\n"3,4\n', "line 2: the row that starts here is broken"),
        ("id1,id2,label\n1,2,perhaps\n", "line 2: 'perhaps' is not a label"),
        ('{"id1": 1, "id2": 2}\n{"id1": 1}\n', "line 2 has no two ids"),
        ('{"id1": 1, "id2": 2}\n{"id1"', "line 2 is not JSON"),
        ("[" * 100_000, "line 1 is not JSON"),
    ],
)
def test_a_broken_file_is_one_line_that_names_the_place(tmp_path: Path, text: str, message: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(SourceError, match=message) as raised:
        read(path)
    assert str(path) in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.fixture
def collection(writable: WritableCollection) -> WritableCollection:
    writable.index(
        [
            record("1", "worker crash", project="a"),
            record("2", "worker crash", project="a"),
            record("2", "slow page", project="b"),
            record("3", "disk full"),
        ]
    )
    return writable


def rows(collection: WritableCollection, *pairs: tuple[str, str, bool]) -> list[tuple[int, int]]:
    listed = [LabelledPair((a, b), is_duplicate, 5) for a, b, is_duplicate in pairs]
    with collection.store.reading():
        return duplicates(listed, collection.store, Path("pairs.csv"))


def test_duplicates_become_row_ids_and_other_pairs_are_left_out(collection: WritableCollection) -> None:
    assert rows(collection, ("1", "a#2", True), ("b#2", "3", True), ("1", "3", False)) == [(1, 2), (3, 4)]


@pytest.mark.parametrize(
    ("pair", "message"),
    [
        (("1", "gone", True), "names 1 ids that are not in .*, the first is 'gone' in line 5"),
        (("gone", "a#9", False), "names 2 ids that are not in"),
        (("1", "2", True), "line 5: 2 records have the id '2': write it with its project, such as b#2"),
        (("1", "3", False), "contains no duplicate pairs"),
    ],
)
def test_labels_that_cannot_be_used_are_told(
    collection: WritableCollection, pair: tuple[str, str, bool], message: str
) -> None:
    with pytest.raises(SourceError, match=message):
        rows(collection, pair)
