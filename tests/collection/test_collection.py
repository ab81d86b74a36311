"""A collection keeps records, finds them, and never answers wrongly for want of an index file."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from dupfind.collection import collection, indexing
from dupfind.collection.collection import Collection
from dupfind.collection.index_info import folder_size
from dupfind.collection.writable import WritableCollection
from dupfind.errors import DupfindError, EncoderMismatch, SourceError, StoreError, TextError
from dupfind.records import Record, Ref
from dupfind.sources.reading_counts import ReadingCounts
from dupfind.storage import snapshot_rows
from dupfind.storage.model_copy import TITLE_WEIGHT
from dupfind.text.composition import compose
from dupfind.vectors.title_body import concat
from tests.support.samples import NOW, WordEncoder, corpus, record


def brute_force(records: list[Record], query: str, encoder: WordEncoder) -> dict[str, float]:
    """Every record's score by its definition."""
    texts = [compose(record("", query))] + [compose(r) for r in records]
    vectors = concat(
        encoder.encode([t.title for t in texts]), encoder.encode([t.whole for t in texts]), TITLE_WEIGHT
    )
    scores = vectors[1:].astype(np.float64) @ vectors[0]
    return {r.id: float(score) for r, score in zip(records, scores, strict=True)}


@pytest.mark.parametrize("seed", range(3))
def test_scores_are_those_of_brute_force(
    writable: WritableCollection, encoder: WordEncoder, seed: int
) -> None:
    records = corpus(120, seed)
    writable.index(records)
    expected = brute_force(records, "worker crash password", encoder)
    hits = writable.search("worker crash password", k=120)
    assert len(hits) == 120
    for hit in hits:
        assert hit.score == pytest.approx(expected[hit.id], abs=2e-6)


def test_titles_alone_make_an_index_half_as_wide_with_the_same_scores(
    writable: WritableCollection, encoder: WordEncoder
) -> None:
    records = [record(str(i), r.title) for i, r in enumerate(corpus(50))]
    writable.index(records)
    [snapshot] = snapshot_rows.snapshots(writable.store, writable.store.encoding().id)
    assert snapshot.dim == encoder.dim
    expected = brute_force(records, "slow login", encoder)
    with_body = writable.search(record("", "slow login", "slow login page"), k=50)
    assert all(
        hit.score == pytest.approx(expected[hit.id], abs=2e-6) for hit in writable.search("slow login", k=50)
    )
    assert with_body[0].score <= 1


def test_the_order_does_not_depend_on_k(writable: WritableCollection) -> None:
    writable.index(corpus(700))
    longest = [hit.id for hit in writable.search("memory leak in sync", k=700)]
    assert len(longest) == len(set(longest)) == 700
    for k in (1, 10, 200, 399, 500):
        assert [hit.id for hit in writable.search("memory leak in sync", k=k)] == longest[:k]


def test_the_order_does_not_depend_on_the_order_of_indexing(tmp_path: Path, encoder: WordEncoder) -> None:
    orders = []
    for name, records in (("a", corpus(150)), ("b", corpus(150)[::-1])):
        with Collection.create(tmp_path / name, encoder=encoder) as collection:
            collection.index(records)
            orders.append([hit.id for hit in collection.search("disk full crash", k=50)])
    assert orders[0] == orders[1]


def test_filters_come_before_the_cut(writable: WritableCollection) -> None:
    writable.index(corpus(600))
    for wanted in ({"state": "open"}, {"project": "b"}, {"before": datetime(2024, 1, 3, tzinfo=UTC)}):
        hits = writable.search("redis password", k=30, **wanted)
        assert len(hits) == 30
        everything = [hit.id for hit in writable.search("redis password", k=600)]
        assert {hit.state for hit in hits} == {"open"} or "state" not in wanted
        assert {hit.project for hit in hits} == {"b"} or "project" not in wanted
        assert {hit.id for hit in hits} <= set(everything)
    with pytest.raises(DupfindError, match='no project "nobody\'s"'):
        writable.search("redis password", project="nobody's")


def test_min_score_leaves_out_what_scores_lower(writable: WritableCollection) -> None:
    writable.index(corpus(100))
    every = writable.search("login page", k=100)
    threshold = sorted(hit.score for hit in every)[60]
    kept = writable.search("login page", k=100, min_score=threshold)
    assert [hit.id for hit in kept] == [hit.id for hit in every if hit.score >= threshold]
    assert len(kept) == 40


def test_an_indexed_record_is_not_its_own_duplicate(writable: WritableCollection) -> None:
    writable.index(
        [record("1", "worker crash"), record("2", "worker crash"), record("3", "slow page")], source="t"
    )
    [found] = writable.find("1", source="t")
    assert [hit.id for hit in writable.search(found, k=5)] == ["2", "3"]


def test_two_records_with_the_same_text_are_two_records_encoded_once(
    writable: WritableCollection, encoder: WordEncoder
) -> None:
    run = writable.index([record("1", "worker crash"), record("2", "worker crash")])
    assert (run.n_new, run.n_encoded, encoder.encoded) == (2, 1, ["worker crash"])
    hits = writable.search("worker crash")
    assert [hit.score for hit in hits] == [1.0, 1.0]


def test_only_new_and_changed_texts_are_encoded_again(
    writable: WritableCollection, encoder: WordEncoder
) -> None:
    writable.index(corpus(40))
    encoder.encoded.clear()
    again = writable.index(corpus(40))
    assert (again.n_same, again.n_encoded, encoder.encoded) == (40, 0, [])
    changed = corpus(40)
    changed[3] = record("3", "quite another title", project="a")
    run = writable.index(changed)
    assert (run.n_changed, run.n_same, encoder.encoded) == (1, 39, ["quite another title"])
    assert writable.search("quite another title")[0].id == "3"
    assert len(writable) == 40


def test_records_with_the_same_whole_text_are_found_by_its_fingerprint_in_any_order_of_indexing(
    tmp_path: Path,
) -> None:
    long = "the disk is full " * 12_000
    records = [
        record("a", "Disk full", "No space left."),
        record("b", "Disk full No space", " left.\n"),
        record("c", "Disk full", "No space left!"),
        record("d", "Disk", f"{long} on host 1"),
        record("e", "Disk", f"{long} on host 2"),
        record("f", "Disk", f"{long} on  host 1"),
    ]
    copies = []
    for name, order in (("forth", records), ("back", records[::-1])):
        with Collection.create(tmp_path / name, encoder=WordEncoder()) as collection:
            collection.index(order)
            ids = {row: found.id for row, found in collection.store.records(range(1, 7)).items()}
            fingerprints = collection.store.text_fingerprints(ids)
            copies.append(
                {
                    ids[row]: sorted(ids[other] for other in ids if fingerprints[other] == fingerprint)
                    for row, fingerprint in fingerprints.items()
                }
            )
    assert copies[0] == copies[1]
    assert copies[0] == {
        "a": ["a", "b"], "b": ["a", "b"], "c": ["c"], "d": ["d", "f"], "e": ["e"], "f": ["d", "f"]
    }  # fmt: skip


def test_responses_and_children_are_kept_up_to_date_without_a_changed_record(
    writable: WritableCollection, encoder: WordEncoder
) -> None:
    writable.index([record("1", "worker crash", n_responses=1), record("2", "slow page")])
    encoder.encoded.clear()
    run = writable.index([record("1", "worker crash", n_responses=5, n_children=3), record("2", "slow page")])
    assert (run.n_same, run.n_changed, run.n_new, encoder.encoded) == (2, 0, 0, [])
    assert [(made.n_children, made.n_responses) for made in writable.find("1")] == [(3, 5)]
    assert list(writable.store.records([1, 2])) == [1, 2]


def test_a_closing_is_one_changed_record_that_keeps_its_row_and_vector(
    writable: WritableCollection, encoder: WordEncoder
) -> None:
    writable.index([record("1", "worker crash", state="open")])
    encoder.encoded.clear()
    run = writable.index([record("1", "worker crash", state="closed", closed=NOW, n_responses=2)])
    assert (run.n_changed, encoder.encoded) == (1, [])
    assert writable.store.records([1])[1].closed == NOW
    # Redmine keeps the time of an earlier closing when an issue is opened again.
    writable.index([record("1", "worker crash", state="open", closed=NOW)])
    assert writable.store.records([1])[1].closed is None


def test_absurd_counts_of_a_program_are_stored_as_the_nearest_that_fits(writable: WritableCollection) -> None:
    writable.index([record("1", "worker crash", n_children=-3, n_responses=10**40)])
    [made] = writable.find("1")
    assert made.n_children == 0
    assert made.n_responses > 10**9


def test_a_record_of_an_index_from_before_there_were_counts_is_the_same_when_it_is_read_again(
    writable: WritableCollection,
) -> None:
    issue = record(
        "12",
        "Disk full",
        "No space left.",
        source="hub",
        project="o/r",
        state="closed",
        resolution="duplicate",
        created=datetime(2025, 1, 2, tzinfo=UTC),
        duplicate_of=(Ref("o/r", "7"),),
        closed=NOW,
        n_responses=4,
    )
    writable.index([issue])
    [fingerprint] = writable.store.connection.execute("SELECT fingerprint FROM record").fetchone()
    assert fingerprint == "94584dbeedc89da4bd6350c7abd9bfe6"  # as dupfind 0.2.0 wrote it


def test_an_edit_beyond_the_stored_part_changes_the_fingerprint_and_nothing_else(
    writable: WritableCollection, encoder: WordEncoder
) -> None:
    long = "the disk is full " * 12_000
    writable.index([record("1", "Disk", f"{long} on host 1")])
    [before] = writable.store.text_fingerprints([1]).values()
    encoder.encoded.clear()
    run = writable.index([record("1", "Disk", f"{long} on host 2")])
    assert (run.n_same, run.n_changed, encoder.encoded) == (1, 0, [])
    [after] = writable.store.text_fingerprints([1]).values()
    assert after != before
    writable.index([record("1", "Disk", f"{long} on host 1", state="closed")])
    assert writable.store.text_fingerprints([1]) == {1: before}


def test_a_new_state_needs_no_encoding_and_shows_at_once(
    writable: WritableCollection, encoder: WordEncoder
) -> None:
    writable.index([record("1", "worker crash", state="open")])
    encoder.encoded.clear()
    run = writable.index([record("1", "worker crash", state="closed")])
    assert (run.n_changed, encoder.encoded) == (1, [])
    assert writable.search("worker crash")[0].state == "closed"


def test_what_left_a_source_that_was_read_whole_is_found_no_more(writable: WritableCollection) -> None:
    writable.index([record("1", "worker crash"), record("2", "slow page")], source="a", complete=True)
    writable.index([record("9", "slow page")], source="b", complete=True)
    run = writable.index([record("2", "slow page")], source="a", complete=True)
    assert run.n_gone == 1
    assert sorted((hit.source, hit.id) for hit in writable.search("worker crash")) == [("a", "2"), ("b", "9")]


def test_a_part_of_a_source_buries_nothing(writable: WritableCollection) -> None:
    writable.index([record("1", "worker crash"), record("2", "slow page")])
    assert writable.index([record("3", "disk full")]).n_gone == 0
    assert len(writable) == 3


def test_a_source_that_breaks_off_keeps_what_came_before_and_buries_nothing(
    writable: WritableCollection,
) -> None:
    def broken() -> Iterator[Record]:
        yield from corpus(600)[:300]
        raise SourceError("line 301 is broken")

    writable.index([record("old", "an old one")], complete=True)
    with pytest.raises(SourceError, match="line 301"):
        writable.index(broken(), complete=True)
    assert len(writable) == 1 + 300
    assert writable.info()["sources"][0]["last_run"]["status"] == "failed"


def test_the_last_of_several_records_with_one_id_is_kept(writable: WritableCollection) -> None:
    run = writable.index(
        [record("twin", "worker crash"), record("twin", "slow page"), *corpus(400), record("twin", "x y")]
    )
    assert (run.n_repeated, run.n_new, run.n_changed) == (2, 401, 0)
    assert writable.find("twin")[0].title == "x y"


@pytest.mark.parametrize("n_between", [0, 300, 900])
def test_of_several_records_with_one_id_the_one_changed_last_is_kept(
    writable: WritableCollection, n_between: int
) -> None:
    newer = record("twin", "worker crash", updated=datetime(2026, 3, 1, tzinfo=UTC))
    older = record("twin", "slow page", updated=datetime(2026, 1, 1, tzinfo=UTC))
    others = corpus(n_between)
    for records in ([newer, *others, older], [older, *others, newer]):
        run = writable.index(records, complete=True)
        assert run.n_repeated == 1
        [found] = writable.find("twin")
        assert found.title == "worker crash"
        assert len(writable) == 1 + n_between


def test_nothing_is_taken_for_deleted_where_entries_were_left_out_as_broken(
    writable: WritableCollection,
) -> None:
    writable.index([record("1", "worker crash"), record("2", "slow page")], complete=True)
    counts = ReadingCounts(n_broken=1)
    assert writable.index([record("1", "worker crash")], complete=True, counts=counts).n_gone == 0
    assert writable.info()["sources"][0]["last_run"]["reading"]["n_broken"] == 1
    assert writable.index([record("1", "worker crash")], complete=True).n_gone == 1


def test_a_number_is_found_with_the_sign_that_answers_show_it_with(writable: WritableCollection) -> None:
    writable.index(
        [record("24", "slow page"), record("LAR-1", "red page"), record("#7", "blue page"), record("7", "b")]
    )
    assert [each.id for id in ("#24", "24", "#7", "7") for each in writable.find(id)] == [
        "24",
        "24",
        "#7",
        "7",
    ]
    assert writable.find("#LAR-1") == writable.find("##24") == writable.find("#") == []
    [hit] = writable.search("blue page", k=1)
    assert hit.id == "#7"
    writable.index([record("7", "b")], complete=True)
    assert writable.record(hit) is None


def test_the_same_id_in_two_projects_is_two_records(writable: WritableCollection) -> None:
    writable.index([record("1", "worker crash", project="x"), record("1", "slow page", project="y")])
    assert len(writable.find("1")) == 2
    assert writable.find("1", project="y")[0].title == "slow page"


def test_a_record_without_a_word_is_kept_and_never_found(writable: WritableCollection) -> None:
    run = writable.index([record("1", "   "), record("2", "worker crash"), record("3", "\0\x01")])
    assert (run.n_without_text, len(writable)) == (2, 3)
    assert [hit.id for hit in writable.search("crash", k=5)] == ["2"]


def test_a_record_without_an_id_is_refused_by_its_place(writable: WritableCollection) -> None:
    with pytest.raises(SourceError, match=r"record 2 .*'slow page'"):
        writable.index([record("1", "worker crash"), record(" ", "slow page")])


def test_nul_surrogates_and_very_long_bodies_are_taken_in(writable: WritableCollection) -> None:
    run = writable.index([record("1", "worker\0 crash \ud800", "x " * 600_000, project="p\0")])
    assert run.n_cut == 1
    [hit] = writable.search("worker crash")
    assert (hit.title, hit.project) == ("worker crash ?", "p")


def test_a_query_without_a_word_is_refused(writable: WritableCollection) -> None:
    writable.index(corpus(3))
    for query in ("", "  \n ", "\0"):
        with pytest.raises(TextError, match="no word"):
            writable.search(query)


def test_a_text_of_several_lines_is_a_title_and_a_body(writable: WritableCollection) -> None:
    writable.index(corpus(30))
    lines = writable.search("slow login\nthe page takes a minute", k=30)
    apart = writable.search(record("", "slow login", "the page takes a minute"), k=30)
    assert lines == apart


def test_marked_duplicates_fold_into_their_best_hit(writable: WritableCollection) -> None:
    writable.index(
        [
            record("1", "worker crash on start"),
            record("2", "worker crash", duplicate_of=(Ref(None, "1"),)),
            record("3", "crash worker start", duplicate_of=(Ref(None, "2"),)),
            record("4", "slow page", duplicate_of=(Ref(None, "gone"),)),
        ]
    )
    hits = writable.search("worker crash", fold=True)
    assert [hit.id for hit in hits] == ["2", "4"]
    assert sorted(hits[0].folded) == ["1", "3"]
    assert hits[0].duplicate_of == "1"
    assert [hit.rank for hit in hits] == [1, 2]
    assert writable.info()["marked_pairs"] == 2


def test_duplicates_of_what_is_not_there_fold_into_one(writable: WritableCollection) -> None:
    of = (Ref(None, "gone"),)
    writable.index(
        [record("1", "worker crash", duplicate_of=of), record("2", "crash worker", duplicate_of=of)]
    )
    [hit] = writable.search("worker crash", fold=True)
    assert (hit.id, hit.folded) == ("1", ("2",))


def test_folding_shows_k_hits_where_k_clusters_are(writable: WritableCollection) -> None:
    copies = [record(f"d{i}", "crash boom", duplicate_of=(Ref(None, "1"),)) for i in range(600)]
    others = [record(f"o{i}", f"slow page {i}") for i in range(30)]
    writable.index([record("1", "crash boom"), *copies, *others])
    longest = [hit.id for hit in writable.search("crash boom", k=31, fold=True)]
    assert len(set(longest)) == 31
    for k in (1, 2, 10):
        assert [hit.id for hit in writable.search("crash boom", k=k, fold=True)] == longest[:k]


def test_marks_are_counted_by_source(writable: WritableCollection) -> None:
    first = [record("1", "worker crash"), record("2", "worker crashed", duplicate_of=(Ref(None, "1"),))]
    second = [*first, record("3", "disk full", duplicate_of=(Ref(None, "1"), Ref(None, "gone")))]
    assert (writable.index(first, source="a").marked_pairs, writable.info()["marked_pairs"]) == (1, 1)
    run = writable.index(second, source="b")
    assert (run.marked_pairs, run.dead_marks) == (2, 1)
    assert [source["marked_pairs"] for source in writable.info()["sources"]] == [1, 2]


def test_min_score_and_k_reach_beyond_what_the_legs_propose(writable: WritableCollection) -> None:
    near = [record(str(i), "worker crash on start") for i in range(500)]
    words = [record(f"w{i}", "disk " * 8 + "crash") for i in range(150)]
    writable.index([*near, *words])
    hits = writable.search("worker crash on start", k=450, min_score=0.99)
    assert len(hits) == 450
    assert {hit.score for hit in hits} == {1.0}


def test_an_index_of_one_record_answers(writable: WritableCollection) -> None:
    writable.index([record("1", "worker crash")])
    assert [hit.id for hit in writable.search("something else", k=10)] == ["1"]


def test_an_empty_index_answers_with_nothing(writable: WritableCollection) -> None:
    run = writable.index([], complete=True)
    assert (run.n_read, writable.search("crash")) == (0, [])


def test_there_is_nothing_to_search_before_anything_was_indexed(writable: WritableCollection) -> None:
    with pytest.raises(StoreError, match="dupfind index SOURCE"):
        writable.search("crash")


def test_a_missing_index_is_not_made_by_a_reader(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no index at"):
        Collection.open(tmp_path / "nothing")
    assert list(tmp_path.iterdir()) == []


def test_another_model_is_refused_with_the_way_out(tmp_path: Path) -> None:
    with Collection.create(tmp_path, encoder=WordEncoder()) as collection:
        collection.index(corpus(5))
    with pytest.raises(EncoderMismatch, match="--rebuild"):
        Collection.open(tmp_path, encoder=WordEncoder(seed=1))
    with pytest.raises(EncoderMismatch, match="--rebuild"):
        Collection.create(tmp_path, encoder=WordEncoder(seed=1))
    with Collection.open(tmp_path, encoder=WordEncoder()) as collection:
        assert len(collection) == 5


def test_a_collection_reads_back_what_was_given(writable: WritableCollection) -> None:
    given = record(
        "7",
        "Überprüfung 日本語",
        "a body\nof two lines",
        project="p/q",
        state="closed",
        resolution="duplicate",
        created=datetime(2024, 2, 3, 4, 5, 6, 789000, tzinfo=UTC),
        updated=NOW,
        url="https://example.org/7",
        duplicate_of=(Ref("p/q", "1"), Ref(None, "2")),
    )
    writable.index([given], source="tracker.db")
    [found] = writable.find("7")
    assert found.source == "tracker.db"
    assert set(found.duplicate_of) == set(given.duplicate_of)
    for name in ("id", "title", "body", "project", "state", "resolution", "created", "updated", "url"):
        assert getattr(found, name) == getattr(given, name)


def test_a_rebuild_changes_the_model_and_nothing_else(tmp_path: Path) -> None:
    old, new = WordEncoder(), WordEncoder(dim=48, seed=1)
    with Collection.create(tmp_path, encoder=old) as collection:
        collection.index(corpus(300))
        before = collection.find("17")
    with Collection.create(tmp_path, encoder=new, rebuild=True) as collection:
        done: list[float] = []
        collection.rebuild(progress=done.append)
        assert sum(done) == pytest.approx(300)
        assert collection.find("17") == before
    expected = brute_force(corpus(300), "sync memory", new)
    with Collection.open(tmp_path, encoder=new) as collection:
        assert all(
            hit.score == pytest.approx(expected[hit.id], abs=2e-6)
            for hit in collection.search("sync memory", k=300)
        )


def test_an_interrupted_rebuild_keeps_the_old_answers_and_goes_on_where_it_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexing, "BATCH", 128)
    old, new = WordEncoder(), WordEncoder(seed=1)
    with Collection.create(tmp_path, encoder=old) as collection:
        collection.index(corpus(600))
        before = [(hit.id, hit.score) for hit in collection.search("sync memory", k=20)]

    class Interrupted(WordEncoder):
        def encode(self, texts, progress=None):  # type: ignore[no-untyped-def]
            if len(self.encoded) > 300:
                raise KeyboardInterrupt
            return super().encode(texts, progress)

    stopped = Collection.create(tmp_path, encoder=Interrupted(seed=1), rebuild=True)
    with stopped, pytest.raises(KeyboardInterrupt):
        stopped.rebuild()
    with Collection.open(tmp_path, encoder=old) as reader:
        assert [(hit.id, hit.score) for hit in reader.search("sync memory", k=20)] == before
    with Collection.create(tmp_path, encoder=new, rebuild=True) as collection:
        collection.rebuild()
    assert 0 < len(new.encoded) < len(set(old.encoded))
    with Collection.open(tmp_path, encoder=new) as reader:
        expected = brute_force(corpus(600), "sync memory", new)
        assert all(
            hit.score == pytest.approx(expected[hit.id], abs=2e-6)
            for hit in reader.search("sync memory", k=20)
        )


def test_info_goes_on_while_files_of_the_index_come_and_go(writable: WritableCollection) -> None:
    writable.index(corpus(5))
    done = threading.Event()

    def replace_files() -> None:
        while not done.is_set():
            for name in "abc":
                folder = writable.folder / "snapshots" / name
                folder.mkdir()
                (folder / "file").write_bytes(b"12345")
                (folder / "file").unlink()
                folder.rmdir()

    thread = threading.Thread(target=replace_files)
    thread.start()
    try:
        sizes = [writable.info()["bytes"] for _ in range(300)]
    finally:
        done.set()
        thread.join()
    assert max(sizes) - min(sizes) <= 15
    files = [path for path in writable.folder.rglob("*") if path.is_file()]
    assert writable.info()["bytes"] == sum(path.stat().st_size for path in files)


def test_the_size_of_an_index_is_found_outside_of_a_transaction(
    writable: WritableCollection, monkeypatch: pytest.MonkeyPatch
) -> None:
    writable.index([record("1", "Mill stands still")])
    read_within: list[bool] = []

    def walk(folder: Path) -> int:
        read_within.append(writable.store.connection.in_transaction)
        return folder_size(folder)

    monkeypatch.setattr(collection, "folder_size", walk)
    assert writable.info()["bytes"] == folder_size(writable.folder)
    assert read_within == [False]
