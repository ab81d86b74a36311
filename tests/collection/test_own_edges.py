"""An index keeps where the levels of the verdict begin on its own records."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from dupfind.collection import own_edges
from dupfind.collection.collection import Collection
from dupfind.collection.own_edges import N_OLDEST, NEWEST, NEWEST_ROW
from dupfind.collection.writable import WritableCollection
from dupfind.dedup import tracker_edges
from dupfind.errors import RankerError
from dupfind.ranking.ranker import shipped
from dupfind.search.ranker_choice import EDGES, MEASURED, MEASURED_WITH
from dupfind.verdict import model
from dupfind.verdict.model import shipped_verdicts
from tests.support.samples import NOW, Command, WordEncoder, corpus
from tests.support.verdicts import ship_a_verdict

RECORDS = [
    replace(each, project=None, created=NOW + timedelta(days=number))
    for number, each in enumerate(corpus(60))
]


@pytest.fixture(autouse=True)
def known_model(encoder: WordEncoder, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let dupfind come with a verdict for the tests' model, and measure small indexes."""
    ship_a_verdict(monkeypatch, encoder.fingerprint, least_records=20)


def edges(collection: Collection) -> list[float]:
    return [float(edge) for edge in collection.choice().verdicts.edges]


def stored(collection: Collection) -> dict[str, object]:
    with collection.store.reading():
        document = collection.store.calibration(collection.store.encoding().id) or {}
    measured: dict[str, object] = document.get(MEASURED, {})
    return measured


def test_a_tracker_has_edges_of_its_own_once_it_is_large_enough(writable: WritableCollection) -> None:
    writable.index(RECORDS[:19])
    assert (edges(writable), stored(writable)) == (shipped_verdicts().edges.tolist(), {})
    writable.index(RECORDS[19:20])
    assert stored(writable)[N_OLDEST] == 20
    assert edges(writable) == stored(writable)[EDGES] != shipped_verdicts().edges.tolist()
    assert (writable.calibration(), writable.choice().is_own) == ("shipped", False)


def test_they_follow_from_the_records_alone(
    writable: WritableCollection, tmp_path: Path, encoder: WordEncoder
) -> None:
    for start in range(0, 60, 7):
        writable.index(RECORDS[start : start + 7])
    with WritableCollection.create(tmp_path / "at once", encoder=encoder) as other:
        other.index(RECORDS[::-1])
        assert edges(other) == edges(writable)


def test_between_two_steps_nothing_is_measured(
    writable: WritableCollection, monkeypatch: pytest.MonkeyPatch
) -> None:
    writable.index(RECORDS[:20])
    before = stored(writable)
    monkeypatch.setattr(tracker_edges, "measured_edges", lambda *_: pytest.fail("measured again"))
    writable.index(RECORDS[:29])
    assert stored(writable) == before


def test_a_run_that_was_killed_before_is_made_up_for(
    writable: WritableCollection, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as killed:
        killed.setattr(own_edges, "n_vectors", interrupted)
        with pytest.raises(KeyboardInterrupt):
            writable.index(RECORDS)
    assert stored(writable) == {}
    writable.index(RECORDS)
    assert stored(writable)[N_OLDEST] == 45


def interrupted(*_: object) -> int:
    raise KeyboardInterrupt


@pytest.mark.parametrize(
    "wrong",
    [
        {NEWEST_ROW: 10**30},
        {NEWEST_ROW: -1},
        {NEWEST_ROW: "7"},
        {NEWEST: "\ud800"},
        {NEWEST: None},
        {N_OLDEST: 10**400},
        {N_OLDEST: [1]},
        {N_OLDEST: -5},
    ],
    ids=str,
)
def test_where_what_is_stored_makes_no_sense_it_is_measured_again(
    wrong: dict[str, object], writable: WritableCollection
) -> None:
    writable.index(RECORDS)
    before = stored(writable)
    encoding = writable.store.encoding()
    writable.store.calibrate(encoding.id, {MEASURED: {**before, **wrong}}, NOW)
    writable.index(RECORDS)
    assert stored(writable) == before


def test_edges_of_another_verdict_are_not_used_and_measured_again(
    writable: WritableCollection, monkeypatch: pytest.MonkeyPatch
) -> None:
    writable.index(RECORDS)
    before = stored(writable)
    [now] = [replace(each, weights=each.weights * 1.1) for each in model._shipped().values()]
    monkeypatch.setattr(model, "_shipped", lambda: {now.about["model_fingerprint"]: now})
    with Collection.open(writable.folder, encoder=WordEncoder()) as updated:
        assert edges(updated) == now.edges.tolist()
    writable.index(RECORDS)
    assert stored(writable)[MEASURED_WITH] != before[MEASURED_WITH]
    assert edges(writable) == stored(writable)[EDGES] != before[EDGES]


def test_an_index_that_shrinks_has_the_shipped_ones_again(writable: WritableCollection) -> None:
    writable.index(RECORDS)
    writable.index(RECORDS[:5], complete=True)
    assert edges(writable) == shipped_verdicts().edges.tolist()


def test_a_calibration_keeps_its_own_and_the_next_one_starts_from_those_of_the_tracker(
    writable: WritableCollection,
) -> None:
    writable.index(RECORDS[:20])
    start = writable.choice().verdicts
    encoding = writable.store.encoding()
    about = {"model_fingerprint": encoding.model_fingerprint, "recipe": encoding.text_version}
    writable.calibrate(shipped(), replace(start, about=about))
    assert stored(writable)[N_OLDEST] == 20
    writable.index(RECORDS)
    assert edges(writable) == start.edges.tolist()
    assert stored(writable)[N_OLDEST] == 45
    assert writable.calibration() == "own"


def test_many_older_records_that_come_later_count(
    writable: WritableCollection, tmp_path: Path, encoder: WordEncoder
) -> None:
    writable.index(RECORDS[15:45], source="newer")
    before = edges(writable)
    writable.index(RECORDS[:3], source="older")
    assert edges(writable) == before  # a tenth
    writable.index(RECORDS[:15], source="older")
    with WritableCollection.create(tmp_path / "other", encoder=encoder) as other:
        other.index(RECORDS[:15], source="older")
        other.index(RECORDS[15:45], source="newer")
        assert edges(writable) == edges(other) != before


def test_a_record_that_comes_and_goes_measures_nothing(
    writable: WritableCollection, monkeypatch: pytest.MonkeyPatch
) -> None:
    writable.index(RECORDS[:30])
    before = stored(writable)
    monkeypatch.setattr(tracker_edges, "measured_edges", lambda *_: pytest.fail("measured again"))
    for n in (29, 30, 28):
        writable.index(RECORDS[:n], complete=True)
        assert stored(writable) == before


def test_records_without_a_word_say_nothing(writable: WritableCollection) -> None:
    empty = [replace(RECORDS[0], id=f"e{n}", title="", body="") for n in range(30)]
    writable.index(RECORDS[:20])
    before = stored(writable)
    writable.index(empty, source="empty")
    assert stored(writable)[EDGES] == before[EDGES]


def test_a_calibration_of_an_earlier_version_stops_no_run(
    writable: WritableCollection, dupfind: Command, encoder: WordEncoder
) -> None:
    writable.index(RECORDS[:19])
    encoding = writable.store.encoding()
    writable.store.calibrate(encoding.id, {"order": {}, "verdict": {"levels": []}}, NOW)
    writable.index(RECORDS)
    assert stored(writable)[N_OLDEST] == 45
    with pytest.raises(RankerError, match="calibrate` again"):
        writable.search("crash of redis")
    ran = dupfind("doctor", "--index", writable.folder)
    assert ran.code == 2
    assert "dupfind calibrate" in ran.out


@pytest.mark.parametrize("wrong", [[1], [2, 1, 0, -1], ["a", "b", "c", "d"], 7, {"a": 1}, [10**400] * 4])
def test_edges_that_make_no_sense_are_told_with_the_way_out(
    wrong: object, writable: WritableCollection
) -> None:
    writable.index(RECORDS)
    encoding = writable.store.encoding()
    writable.store.calibrate(encoding.id, {MEASURED: {**stored(writable), EDGES: wrong}}, NOW)
    with pytest.raises(RankerError, match="dupfind index --rebuild"):
        writable.search("crash of redis")
    writable.rebuild()
    assert stored(writable)[EDGES] != wrong
    assert len(writable.search("crash of redis"))
