"""Rows of a table are chosen by its own library, whose own faults are shown as they are."""

from typing import Any

import pytest

from dupfind.errors import DupfindError
from dupfind.tables.row_choice import chosen_rows


class Foreign:
    """A table of a library that dupfind does not know."""

    shape = (3, 1)

    def __getitem__(self, numbers: list[int]) -> list[str]:
        """Choose rows; text is no number."""
        if any(number > 1 for number in numbers):
            raise TypeError("the third column is no text")
        return ["abc"[number] for number in numbers]


class Relation:
    """What a relation of DuckDB looks like; `tests/dedup/test_other_tables.py` has the real one."""

    shape = (3, 1)

    def __getitem__(self, name: str) -> str:
        """Choose a column."""
        raise AssertionError("a relation is indexed by the name of a column")

    def fetchall(self) -> list[Any]:
        """Return the rows."""
        return []

    def project(self, _: str) -> "Relation":
        """Choose columns."""
        return self


def test_an_error_of_a_foreign_table_is_its_own() -> None:
    assert chosen_rows(Foreign(), [0, 1]) == ["a", "b"]
    with pytest.raises(TypeError, match="the third column is no text"):
        chosen_rows(Foreign(), [0, 2])


def test_a_relation_and_an_iterator_have_no_rows_with_numbers() -> None:
    with pytest.raises(
        DupfindError, match="rows of a Relation cannot be chosen by their numbers: use `kept`"
    ):
        chosen_rows(Relation(), [0])
    with pytest.raises(DupfindError, match="rows of a list_iterator cannot be chosen"):
        chosen_rows(iter([1]), [0])
