"""A text's words and names as numbers."""

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from zlib import crc32

import numpy as np
import pytest

from dupfind.collection.writable import WritableCollection
from dupfind.errors import StoreError
from dupfind.text import terms
from dupfind.text.composition import ComposedText, compose
from dupfind.text.terms import Lists
from tests.support.samples import record


def test_a_word_has_one_number_in_whatever_case_and_words_keep_their_order() -> None:
    result = terms.terms(ComposedText("Disk full", "FULL disk, disk"))
    disk, full = result.title
    assert result.body.tolist() == [full, disk, disk]


def test_names_are_found_in_the_whole_record_each_once() -> None:
    text = compose(
        record(
            "1",
            "E0308 in to_string",
            "std::io, e0308 --frozen TableViewRow 3.1.4 x" + " word" * 400 + " late_name",
        )
    )
    assert text.names == ("--frozen", "3.1.4", "e0308", "late_name", "std::io", "tableviewrow", "to_string")
    assert len(terms.terms(text).names) == 7


def test_stored_terms_are_read_back(writable: WritableCollection) -> None:
    issue = record("1", "worker crash", "the disk is full of_names")
    writable.index([issue, record("2", "login")])
    [[row, _]] = writable.store.find("1")
    stored = writable.store.terms([row])[0]
    fresh = terms.terms(compose(issue))
    assert [part.tolist() for part in (stored.title, stored.body, stored.names)] == [
        part.tolist() for part in (fresh.title, fresh.body, fresh.names)
    ]


def test_an_edit_and_a_deletion_leave_no_terms_behind(writable: WritableCollection) -> None:
    writable.index([record("1", "worker crash"), record("2", "login")])
    writable.index([record("1", "worker crash again")], complete=True)
    assert writable.store.connection.execute("SELECT count(*) FROM terms").fetchone() == (1,)


def test_a_blob_that_is_cut_short_is_damage(writable: WritableCollection) -> None:
    writable.index([record("1", "worker crash")])
    writable.store.connection.execute("UPDATE terms SET body = x'0102'")
    with pytest.raises(StoreError, match="damaged"):
        writable.store.terms([1])


def plain(lists: Lists) -> list[list[int]]:
    return [lists[place].tolist() for place in range(len(lists))]


def test_lists_are_taken_and_joined_as_arrays_are() -> None:
    numbers = [[1, 2, 3], [], [4], [5, 6], []]
    lists = Lists.of([np.array(each, dtype=np.uint32) for each in numbers])
    assert plain(lists) == numbers
    assert lists.owners.tolist() == [0, 0, 0, 2, 3, 3]
    taken = lists.take(np.array([3, 1, 0, 3]))
    assert plain(taken) == [[5, 6], [], [1, 2, 3], [5, 6]]
    assert plain(Lists.joined([Lists.of([]), taken, lists])) == plain(taken) + numbers
    assert plain(lists.take(np.array([], dtype=np.int64))) == []


@pytest.fixture
def quick_switches() -> Iterator[None]:
    """Let the interpreter change threads as often as it can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("quick_switches")
def test_two_threads_may_number_words_while_the_memory_of_words_is_full(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(terms, "_REMEMBERED", 50)

    def number(thread: int) -> None:
        for turn in range(3000):
            words = [f"w{thread}x{turn}x{place}" for place in range(40)]
            title = terms.terms(ComposedText(" ".join(words), "")).title
            assert title.tolist() == [crc32(word.encode()) for word in words]

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(number, range(2)))
