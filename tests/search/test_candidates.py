"""What is known of proposed records, and of the clusters they were in at the time."""

from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from dupfind.collection.collection import Collection
from dupfind.collection.writable import WritableCollection
from dupfind.records import Record, Ref
from dupfind.search.candidates import candidates
from dupfind.search.record_facts import StoredFacts
from dupfind.storage.vector_view import View
from tests.support.samples import NOW, WordEncoder, corpus, record


def issue(id: str, day: int, *targets: str) -> Record:
    """An issue of some day, marked a duplicate of others."""
    return record(
        id,
        f"worker crash {id}",
        created=NOW + timedelta(days=day),
        duplicate_of=tuple(Ref(None, target) for target in targets),
    )


def known(
    collection: WritableCollection, *ids: str, own: str | None = None, moment: datetime | None = None
) -> tuple[list[int], list[int]]:
    """Cluster and members of some records."""
    store = collection.store
    with store.reading():
        encoding = store.encoding()
        nodes = [store.find(id)[0][0] for id in ids]
        rows = np.array(sorted(nodes), dtype=np.int64)
        own_rows = np.array([] if own is None else [store.find(own)[0][0]], dtype=np.int64)
        compared = View(encoding, []).scored(np.zeros((1, 2 * encoding.dim), dtype=np.float32), rows)
        found = candidates(
            StoredFacts(store), compared, rows, np.zeros(len(rows)), store.heads(rows), own_rows, moment
        )
    return found.cluster.tolist(), found.n_members.tolist()


def test_a_cycle_of_marks_is_one_cluster(writable: WritableCollection) -> None:
    writable.index([issue("1", 1, "2"), issue("2", 2, "3"), issue("3", 3, "1"), issue("4", 4)])
    assert known(writable, "1", "3", "4") == ([0, 0, 1], [3, 3, 1])


def test_marks_and_members_that_came_later_are_not_known_yet(writable: WritableCollection) -> None:
    writable.index([issue("1", 1), issue("2", 2), issue("3", 3, "1", "2"), issue("4", 4, "1")])
    assert known(writable, "1", "2", moment=NOW + timedelta(days=3)) == ([0, 1], [1, 1])
    assert known(writable, "1", "2", moment=NOW + timedelta(days=4)) == ([0, 0], [3, 3])
    assert known(writable, "1", "2") == ([0, 0], [4, 4])


def test_a_records_own_marks_are_not_known(writable: WritableCollection) -> None:
    writable.index([issue("1", 1), issue("2", 2), issue("3", 3, "1", "2")])
    assert known(writable, "1", "2", own="3") == ([0, 1], [1, 1])


def test_a_target_that_is_missing_or_came_later_joins_and_is_no_member(writable: WritableCollection) -> None:
    writable.index([issue("1", 1, "99"), issue("2", 2, "99"), issue("3", 3, "5"), issue("5", 5)])
    assert known(writable, "1", "2", "3", moment=NOW + timedelta(days=4)) == ([0, 0, 1], [2, 2, 1])


def test_a_later_mark_changes_nothing_about_an_earlier_query(tmp_path: Path) -> None:
    early = [issue(str(number), number) for number in range(1, 12)]
    found = []
    for name, records in (("a", early), ("b", [*early, issue("90", 90, "1", "2", "3")])):
        with Collection.create(tmp_path / name, encoder=WordEncoder()) as collection:
            collection.index(records)
            hits = collection.search(early[-1], k=10, before=early[-1].created)
            found.append([hit.id for hit in hits])
    assert found[0] == found[1]


def test_the_shipped_bands_are_of_no_use_to_another_model(writable: WritableCollection) -> None:
    writable.index([issue(str(number), number) for number in range(5)])
    copy, *others = writable.search("worker crash 3")
    assert (copy.id, copy.verdict, copy.kind, copy.is_exact) == ("3", "likely", "copy", True)
    assert [(hit.probability, hit.verdict) for hit in others] == [(None, None)] * 4
    assert writable.info()["calibration"] is None


def test_the_order_is_the_same_on_one_thread_and_on_several(writable: WritableCollection) -> None:
    from threadpoolctl import threadpool_limits

    writable.index(corpus(300))
    found = []
    for n_threads in (1, 2, 4):
        with threadpool_limits(n_threads):
            found.append([hit.id for hit in writable.search("worker crash on login\nredis is slow", k=300)])
    assert len(found[0]) == 300
    assert found[0] == found[1] == found[2]


@pytest.mark.parametrize("n", [1, 2, 150])
def test_a_search_works_with_one_record_and_with_many(writable: WritableCollection, n: int) -> None:
    writable.index([issue(str(number), number) for number in range(n)])
    assert writable.search("worker crash 0", k=1)[0].id == "0"
