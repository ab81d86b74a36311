from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, strategies

from dupfind.errors import SourceError
from dupfind.sources.column_names import normalize
from dupfind.sources.mapping import UNMAPPED, Mapping, choose, describe, join_names


@pytest.mark.parametrize(
    ("name", "as_word"),
    [
        ("Issue ID", "issue_id"),
        ("issueId", "issue_id"),
        ("Created At (UTC)", "created_at_utc"),
        ("short-desc", "short_desc"),
        ("TITLE", "title"),
        ("#", "number"),
        ("", ""),
        ("標題", "標題"),
        ("Clé de ticket", "clé_de_ticket"),
    ],
)
def test_names_are_compared_in_lower_case_and_joined_words(name: str, as_word: str) -> None:
    assert normalize(name) == as_word


def test_the_likeliest_name_is_chosen_for_each_field() -> None:
    columns = ("Summary", "nr", "Text", "ticket_status", "dup_of", "opened_at", "owner")
    assert describe(choose(columns, UNMAPPED, where="t")) == (
        "id=nr, title=Summary, body=Text, state=ticket_status, created=opened_at, duplicate_of=dup_of"
    )


def test_a_column_serves_one_field_only() -> None:
    chosen = choose(("id", "text"), Mapping(title_column="text"), where="t")
    assert chosen == {"id": "id", "title": "text"}


def test_exported_objects_are_named_by_their_number_rather_than_their_inner_id() -> None:
    assert choose(("id", "number", "title"), UNMAPPED, where="f", is_file=True)["id"] == "number"
    assert choose(("id", "number", "title"), UNMAPPED, where="t")["id"] == "id"


def test_a_person_may_write_a_name_in_another_case() -> None:
    assert choose(("Kopf", "id"), Mapping(title_column="kopf"), where="t")["title"] == "Kopf"


@pytest.mark.parametrize("field", ["id", "title", "body", "state", "duplicate_of"])
def test_a_column_that_is_not_there_is_refused_with_those_that_are(field: str) -> None:
    mapping = replace(UNMAPPED, **dict[str, Any]({f"{field}_column": "nope"}))
    with pytest.raises(SourceError, match=r"^t has no column 'nope'; its columns: id, title$"):
        choose(("id", "title"), mapping, where="t")


def test_a_name_that_differs_from_two_in_case_alone_is_refused() -> None:
    with pytest.raises(SourceError, match="TITLE"):
        choose(("Title", "title"), Mapping(title_column="TITLE"), where="t")


def test_long_lists_of_names_are_cut() -> None:
    assert join_names([str(number) for number in range(42)], limit=2) == "0, 1 and 40 more"
    assert join_names([]) == "none"


def test_a_name_with_a_line_break_stays_in_the_one_line_of_a_message() -> None:
    assert join_names(["id", "a\nb\x00", "Überschrift"]) == r"id, 'a\nb\x00', Überschrift"
    assert describe({"title": "Title\n"}) == r"title='Title\n'"


@given(strategies.lists(strategies.text(max_size=12), unique=True, max_size=12))
def test_any_names_can_be_chosen_among(names: list[str]) -> None:
    chosen = choose(names, UNMAPPED, where="t")
    assert set(chosen.values()) <= set(names)
    assert len(set(chosen.values())) == len(chosen)
