"""A collection that follows a source: it keeps a cursor with what it stands for, and drops what is gone."""

from collections.abc import Iterator

import pytest

from dupfind.collection.writable import WritableCollection
from dupfind.errors import SourceError
from dupfind.records import Record, Ref
from dupfind.storage import new_records, source_state
from tests.support.samples import NOW, record


class Numbers:
    """Records 0, 1, 2, ... up to where they break off; the cursor is how many are kept."""

    def __init__(self, start: int, end: int, *, breaks: bool = False, there: set[str] | None = None) -> None:
        self.numbers = range(start, end)
        self.breaks = breaks
        self.there = there
        self.asked: list[int] = []
        self.n_here: int | None = None
        self.private: set[Ref] = set()

    def __iter__(self) -> Iterator[Record]:
        for number in self.numbers:
            yield record(str(number), f"worker {number}")
        if self.breaks:
            raise SourceError("broke off")

    def cursor(self, n_records: int) -> str | None:
        self.asked.append(n_records)
        if self.private:
            return None
        return str(self.numbers.start + n_records) if n_records else None

    def hidden(self) -> set[Ref]:
        private, self.private = self.private, set()
        return private

    def present(self, n_here: int) -> set[Ref] | None:
        self.n_here = n_here
        return None if self.there is None else {Ref(None, id) for id in self.there}


def cursor(collection: WritableCollection) -> str | None:
    [reading] = source_state.readings(collection.store)
    return reading.cursor


def test_the_cursor_is_kept_batch_by_batch(writable: WritableCollection) -> None:
    numbers = Numbers(0, 600)
    writable.index(numbers, changes=numbers)
    assert cursor(writable) == "600"
    assert numbers.asked[:2] == [256, 512]
    assert numbers.n_here == 600


def test_a_cursor_stands_for_all_that_came_before_a_source_broke_off(writable: WritableCollection) -> None:
    numbers = Numbers(0, 300, breaks=True)
    with pytest.raises(SourceError, match="broke off"):
        writable.index(numbers, changes=numbers)
    assert (cursor(writable), len(writable)) == ("300", 300)


def test_where_nothing_was_read_the_cursor_stays(writable: WritableCollection) -> None:
    for numbers in (Numbers(0, 3), Numbers(3, 3)):
        writable.index(numbers, changes=numbers)
    assert cursor(writable) == "3"


def test_what_did_not_change_is_not_gone_and_what_is_not_present_is(writable: WritableCollection) -> None:
    writable.index(Numbers(0, 3), changes=Numbers(0, 3))
    changed = Numbers(3, 4)
    assert writable.index(changed, changes=changed).n_gone == 0
    assert len(writable) == 4
    fewer = Numbers(3, 4, there={"0", "3"})
    assert writable.index(fewer, changes=fewer).n_gone == 2
    assert [bool(writable.find(str(number))) for number in range(4)] == [True, False, False, True]


def test_what_only_some_people_may_see_by_now_is_gone(writable: WritableCollection) -> None:
    writable.index(Numbers(0, 3), changes=Numbers(0, 3))
    changed = Numbers(3, 4)
    changed.private = {Ref(None, "1"), Ref(None, "9")}
    assert writable.index(changed, changes=changed).n_gone == 1
    assert [bool(writable.find(str(number))) for number in range(4)] == [True, False, True, True]
    assert cursor(writable) == "4"


def test_the_new_records_of_a_reading_are_those_whose_name_is_new(writable: WritableCollection) -> None:
    writable.index([record("1", "worker"), record("2", "crash")], source="a")
    last_row = new_records.last_row(writable.store)
    writable.index([record("2", "crash again"), record("3", "leak"), record("4", "disk")], source="a")
    writable.index([record("5", "login")], source="b")
    assert [it.id for it in new_records.new_names(writable.store, "a", last_row, 9)] == ["4", "3"]
    assert [it.id for it in new_records.new_names(writable.store, "a", last_row, 1)] == ["4"]


def test_how_a_source_was_read_is_known(writable: WritableCollection) -> None:
    writable.index(
        [record("1", "worker")], source="a", location="/x/a.csv", mapping={"table": "t"}, clock=lambda: NOW
    )
    [reading] = source_state.readings(writable.store)
    assert (reading.name, reading.location, reading.cursor) == ("a", "/x/a.csv", None)
    assert dict(reading.mapping) == {"table": "t"}
