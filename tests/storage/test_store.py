"""What a database says of records is what was put in, whatever was put in."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies

from dupfind.clustering.marked_clusters import MarkedClusters
from dupfind.collection.collection import Collection
from dupfind.collection.writable import WritableCollection
from dupfind.errors import DupfindError, StoreError
from dupfind.records import Ref, storable
from dupfind.storage import duplicate_links
from dupfind.storage.row_filter import Filter
from dupfind.storage.same_texts import times_of_texts
from dupfind.storage.store import Store
from dupfind.storage.stored_times import moment, timestamp
from dupfind.storage.stored_vectors import damaged_embeddings
from tests.support.samples import NOW, WordEncoder, corpus, record
from tests.support.snapshots import forget_snapshots
from tests.support.timing import growth

zones = strategies.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
moments = strategies.datetimes(timezones=zones)


@given(moments, moments)
def test_the_text_of_moments_orders_as_they_do(a: datetime, b: datetime) -> None:
    assert len(timestamp(a)) == len(timestamp(b)) == 27
    if a < b:
        assert timestamp(a) <= timestamp(b)
    if timestamp(a) < timestamp(b):
        assert a < b


@given(strategies.datetimes(timezones=strategies.just(UTC)))
def test_a_moment_is_read_back_as_it_was(when: datetime) -> None:
    assert moment(timestamp(when)) == when


def test_moments_beyond_the_calendar_in_utc_are_its_first_and_last() -> None:
    east, west = timezone(timedelta(hours=14)), timezone(timedelta(hours=-12))
    assert timestamp(datetime(1, 1, 1, tzinfo=east)) == "0001-01-01T00:00:00.000000Z"
    assert timestamp(datetime.max.replace(tzinfo=west)) == "9999-12-31T23:59:59.999999Z"


def test_before_is_a_moment_and_leaves_out_records_of_unknown_date(writable: WritableCollection) -> None:
    days = {
        "first": datetime(1, 1, 1, tzinfo=UTC),
        "early": NOW - timedelta(microseconds=1),
        "now": NOW,
        "late": NOW + timedelta(microseconds=1),
        "last": datetime.max.replace(tzinfo=UTC),
        "unknown": None,
    }
    writable.index([record(name, "worker crash", created=when) for name, when in days.items()])

    def before(when: datetime) -> set[str]:
        return {hit.id for hit in writable.search("crash", before=when)}

    assert before(NOW) == {"first", "early"}
    assert before(NOW.astimezone(timezone(timedelta(hours=5)))) == {"first", "early"}
    assert before(datetime.max.replace(tzinfo=UTC)) == {"first", "early", "now", "late"}
    assert before(datetime(1, 1, 1, tzinfo=UTC)) == set()


@pytest.mark.parametrize("name", ["\ud800", "\0", "'; DROP TABLE record; --", "%", "*", "", "ü\udcff日"])
def test_any_string_can_be_the_name_in_a_filter_or_a_record(writable: WritableCollection, name: str) -> None:
    writable.index(corpus(20), source="tracker")
    assert writable.find(name) == []
    assert writable.find("7", project=name or "?") == []
    assert writable.find("7", source=name or "?") == []
    with pytest.raises(DupfindError, match="no project "):
        writable.search("crash", project=name or "?")
    with pytest.raises(DupfindError, match="no source "):
        writable.search("crash", source=name or "?")
    assert writable.search(record(name, "crash", source=name, project=name), k=20)
    assert len(writable) == 20


def test_a_record_is_found_by_its_original_name_even_if_characters_of_it_were_replaced(
    writable: WritableCollection,
) -> None:
    issue = record("a\udcff\0", "worker crash", project="p\ud800")
    writable.index([issue], source="tr\udcff.db", location="/home/\udcff/tr\udcff.db")
    [match] = writable.find("a\udcff\0", project="p\ud800", source="tr\udcff.db")
    assert (match.id, match.project, match.source) == ("a?", "p?", "tr?.db")
    assert writable.search("crash", project="p\ud800", source="tr\udcff.db")[0].id == "a?"
    assert writable.search("crash", project="p\ud800", source="tr\udcff.db", state="closed") == []
    assert writable.index([issue], source="tr\udcff.db").n_same == 1


anything = strategies.text(strategies.characters())  # surrogates, too


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WritableCollection]:
    with Collection.create(tmp_path_factory.mktemp("shared"), encoder=WordEncoder()) as collection:
        yield collection


@settings(max_examples=60)
@given(anything, anything, anything.filter(lambda id: storable(id).strip()), anything)
def test_any_text_is_kept_and_read_back(
    shared: WritableCollection, title: str, body: str, id: str, project: str
) -> None:
    strange = record(id, title, body, project=project, duplicate_of=(Ref(project, id),))
    shared.index([strange], complete=True)
    [stored] = shared.store.records(shared.store.allowed(Filter())).values()
    assert (stored.id, stored.title, stored.body) == (storable(id), storable(title), storable(body))
    assert stored.project == (storable(project) or None)
    assert shared.find(id, project=project) == [stored]
    assert shared.index([strange], complete=True).n_same == 1


def test_no_project_and_an_empty_one_are_the_same(writable: WritableCollection) -> None:
    run = writable.index(
        [record("1", "worker crash"), record("1", "slow page", project=""), record("1", "x", project="\0")]
    )
    assert (run.n_new, run.n_repeated) == (1, 2)
    [found] = writable.find("1")
    assert (found.project, found.title) == (None, "x")


def flipped(folder: Path, place: int) -> None:
    """Flip one bit in the first embedding's vector, in the database's own file."""
    with closing(sqlite3.connect(folder / "dupfind.db")) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        (vector,) = connection.execute("SELECT vector FROM embedding ORDER BY id LIMIT 1").fetchone()
    content = bytearray((folder / "dupfind.db").read_bytes())
    assert content.count(vector) == 1
    content[content.index(vector) + place // 8] ^= 1 << (place % 8)
    (folder / "dupfind.db").write_bytes(content)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index without a snapshot, so that every search reads the vectors themselves."""
    folder = tmp_path_factory.mktemp("whole")
    with Collection.create(folder, encoder=WordEncoder()) as collection:
        collection.index(corpus(20))
        forget_snapshots(collection.store)
    return folder


def test_every_flipped_bit_of_a_vector_is_noticed_and_a_rebuild_repairs_it(whole: Path) -> None:
    right = (whole / "dupfind.db").read_bytes()
    places = np.random.default_rng(0).integers(8 * 4 * WordEncoder().dim, size=40).tolist()
    for place in places:
        flipped(whole, place)
        with Collection.open(whole, encoder=WordEncoder()) as collection:
            with pytest.raises(StoreError, match="damaged vector: `dupfind index --rebuild`"):
                collection.search("worker crash")
            assert list(damaged_embeddings(collection.store)) == [1]
        (whole / "dupfind.db").write_bytes(right)
    with Collection.open(whole, encoder=WordEncoder()) as collection:
        answers = collection.search("worker crash", k=20)
    flipped(whole, places[0])
    with Collection.create(whole, encoder=WordEncoder(), rebuild=True) as collection:
        collection.rebuild()
        assert collection.search("worker crash", k=20) == answers
    (whole / "dupfind.db").write_bytes(right)


def test_a_filter_passes_the_records_that_match(writable: WritableCollection) -> None:
    records = corpus(60)
    writable.index(records, source="x")
    writable.index(corpus(5, seed=3), source="y")
    rows = writable.store.records(writable.store.allowed(Filter()))
    tests: dict[Filter, Callable[[Any], bool]] = {
        Filter(): lambda r: True,
        Filter(state="open"): lambda r: r.state == "open",
        Filter(project="b"): lambda r: r.project == "b",
        Filter(source="y"): lambda r: r.source == "y",
        Filter(state="closed", project="a", source="x", before=datetime(2024, 1, 9, tzinfo=UTC)): lambda r: (
            (r.state, r.project, r.source) == ("closed", "a", "x")
            and r.created < datetime(2024, 1, 9, tzinfo=UTC)
        ),
        Filter(source="nobody's"): lambda r: False,
    }
    for filter, passes in tests.items():
        assert writable.store.allowed(filter).tolist() == [
            row for row, issue in rows.items() if passes(issue)
        ]


def test_a_reader_sees_one_moment_while_the_writer_goes_on(tmp_path: Path) -> None:
    with Collection.create(tmp_path, encoder=WordEncoder()) as collection:
        collection.index(corpus(10))
        with closing(Store.open(tmp_path / "dupfind.db")) as store:
            with store.reading():
                assert store.n_records() == 10
                collection.index(corpus(15))
                assert store.n_records() == 10
            assert store.n_records() == 15
            assert [store.n_first_records(most) for most in (4, 15, 40)] == [4, 15, 15]


def test_links_are_those_of_live_records_within_their_source(writable: WritableCollection) -> None:
    of_1, gone = (Ref(None, "1"),), (Ref("p", "9"),)
    first = [record("1", "crash", state="closed"), record("2", "crashed", duplicate_of=of_1)]
    writable.index(first, source="a")
    writable.index([record("2", "slow page", duplicate_of=(*of_1, *gone))], source="b")
    writable.index([*first[:1], record("2", "crashed again", duplicate_of=of_1)], source="a")
    with writable.store.reading():
        links = duplicate_links.links(writable.store)
    assert [[links.names[row] for row in cluster.members] for cluster in links.clusters] == [
        [("a", "", "1"), ("a", "", "2")]
    ]
    assert [(links.names[row], target) for row, target in links.dead] == [
        (("b", "", "2"), ("b", "", "1")),
        (("b", "", "2"), ("b", "p", "9")),
    ]


def test_the_time_for_links_grows_as_the_marks_do(tmp_path: Path) -> None:
    """Records without a text, in one tree of marks."""

    def links(n: int) -> MarkedClusters:
        folder = tmp_path / str(n)
        if not folder.exists():
            duplicates = (record(str(i), "", duplicate_of=(Ref(None, str(i // 3)),)) for i in range(1, n))
            with Collection.create(folder, encoder=WordEncoder()) as indexed:
                indexed.index([record("0", "crash"), *duplicates])
        with Collection.open(folder, encoder=WordEncoder()) as collection, collection.store.reading():
            return duplicate_links.links(collection.store)

    clusters = links(20_000)
    assert set(clusters.canonical_of.values()) == {clusters.clusters[0].canonical}
    assert growth(links, 2_500) < 24


def test_a_second_thread_is_refused_with_the_reason(writable: WritableCollection) -> None:
    writable.index(corpus(3))
    with writable.store.reading(), pytest.raises(StoreError, match="open one for each thread"):
        writable.search("worker")


def test_a_calibration_takes_the_place_of_the_one_before(writable: WritableCollection) -> None:
    writable.index(corpus(3))
    writable.close()
    with (
        Collection.open(writable.folder, encoder=WordEncoder()) as collection,
        closing(collection.store.open_writer()) as writer,
    ):
        encoding = writer.encoding()
        assert writer.calibration(encoding.id) is None
        for threshold in (0.8, 0.9):
            writer.calibrate(encoding.id, {"threshold": threshold}, NOW)
        assert writer.calibration(encoding.id) == {"threshold": 0.9}
        assert writer.calibration(encoding.id + 1) is None


def test_records_of_one_text_are_found_by_its_fingerprint_in_order_of_time(
    writable: WritableCollection,
) -> None:
    times = {"late": NOW, "early": NOW - timedelta(days=1), "unknown": None}
    same = [record(name, "The upload stops", created=created) for name, created in times.items()]
    writable.index([*same, record("other", "A dark theme for the list")])
    store = writable.store
    rows = {name: row for name in (*times, "other") for row, _ in store.find(name)}
    fingerprint = store.text_fingerprints(rows.values())[rows["late"]]
    assert fingerprint
    assert times_of_texts(store, [fingerprint, "unknown"]) == {
        fingerprint: [(rows[name], times[name]) for name in ("early", "late", "unknown")]
    }
    assert times_of_texts(store, []) == {}


def test_texts_have_the_names_of_their_records(writable: WritableCollection) -> None:
    writable.index([record("7", "The upload stops", body="At 99 percent")], source="tracker")
    assert [text[1:] for text in writable.store.texts()] == [
        (Ref(None, "7"), "The upload stops", "At 99 percent")
    ]
    assert list(writable.store.texts("another")) == []


def test_an_id_is_found_in_its_own_source_alone(writable: WritableCollection) -> None:
    writable.index([record("7", "The upload stops")], source="tracker")
    assert [found.id for _, found in writable.store.find("7", source="tracker")] == ["7"]
    assert writable.store.find("7", source="another") == []
    assert writable.store.find("8", source="tracker") == []
