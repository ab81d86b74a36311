"""What an index knows of duplicates becomes examples, and nothing of the later slice is among them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from dupfind.collection.collection import Collection
from dupfind.errors import DupfindError
from dupfind.records import Record, Ref
from dupfind.training.mining import MIN_HELD_OUT, MIN_PAIRS, PAIRS_OF_CLUSTER, Mined, mine
from tests.support.samples import WordEncoder, decide, record
from tests.support.training_trackers import START, tracker

pytestmark = pytest.mark.slow


def mined(folder: Path, records: Sequence[Record], decisions: Sequence[tuple[str, str, str]] = ()) -> Mined:
    with Collection.create(folder, encoder=WordEncoder()) as collection:
        collection.index(records)
    for first, second, answer in decisions:
        decide(folder, first, second, answer)
    with Collection.open(folder, encoder=WordEncoder()) as collection:
        return mine(collection.store)


def dated(records: Sequence[Record]) -> dict[str, tuple[str, datetime]]:
    """By its text, the id and the time of each record."""
    return {f"{each.title}\n{each.body}": (each.id, each.created or START) for each in records}


def test_nothing_that_is_learned_from_is_of_the_later_slice_or_of_one_of_its_clusters(tmp_path: Path) -> None:
    records = list(tracker())
    examples = mined(tmp_path, records)
    by_text = dated(records)
    since = examples.since
    assert since is not None
    clusters = {mark.id: each.id for each in records for mark in each.duplicate_of}
    later = {id for id, created in by_text.values() if created >= since}
    learned = [by_text[text] for example in examples.train for text in example.texts[:3]]
    assert all(created < since for _, created in learned)
    assert not any(clusters.get(id) in later for id, _ in learned)
    assert all(by_text[text][1] >= since for example in examples.test for text in example.texts[:2])
    assert examples.n_held_out == pytest.approx(0.25 * len(clusters), abs=1)
    assert examples.n_clusters + examples.n_reaching + len(examples.test) == len(clusters)


def test_a_cluster_that_reaches_into_the_later_slice_is_in_neither_part(tmp_path: Path) -> None:
    records = list(tracker())
    last = record(
        "again", "an old one again", created=START + timedelta(9_000), duplicate_of=(Ref(None, "0"),)
    )
    examples = mined(tmp_path, [*records, last])
    texts = {text for example in (*examples.train, *examples.test) for text in example.texts}
    assert f"{records[0].title}\n{records[0].body}" not in texts
    assert f"{records[5].title}\n{records[5].body}" not in texts
    assert examples.n_reaching >= 1


def test_an_example_holds_two_of_a_cluster_and_one_that_is_of_none(tmp_path: Path) -> None:
    records = list(tracker())
    examples = mined(tmp_path, records)
    by_text = dated(records)
    original = {each.id: each.duplicate_of[0].id for each in records if each.duplicate_of}
    in_a_cluster = {*original, *original.values()}
    for example in examples.train:
        first, second, other = (by_text[whole][0] for whole in example.texts[:3])
        assert original[second] == first
        assert other not in in_a_cluster
        assert example.texts[3:] == tuple(whole.partition("\n")[0] for whole in example.texts[:3])


def test_what_a_tracker_calls_a_duplicate_of_nobody_knows_what_is_no_negative(tmp_path: Path) -> None:
    records = [
        record(
            each.id,
            each.title,
            each.body,
            created=each.created,
            duplicate_of=each.duplicate_of,
            resolution=resolution,
        )
        for each in tracker()
        for resolution in ["Duplicate" if int(each.id) % 15 == 14 else None]
    ]
    by_text = dated(records)
    negatives = {by_text[example.texts[2]][0] for example in mined(tmp_path, records).train}
    assert negatives
    assert not any(int(id) % 15 == 14 for id in negatives)


def test_a_rejected_pair_is_a_negative_and_a_confirmed_one_an_example(tmp_path: Path) -> None:
    records = list(tracker())
    by_text = dated(records)
    # 0 and 5 are duplicates; people say that 6 is none of 5, and that the singles 10 and 11 are the same.
    examples = mined(
        tmp_path, records, [("5", "6", "different"), ("10", "11", "same"), ("1", "6", "different")]
    )
    ids = [tuple(by_text[whole][0] for whole in example.texts[:3]) for example in examples.train]
    assert ("10", "11") in {pair[:2] for pair in ids}
    assert ("0", "5", "6") in ids
    assert ("1", "6") not in {pair[:2] for pair in ids}  # a mark that people have rejected
    assert (examples.n_confirmed, examples.n_rejected) == (1, 1)


def test_a_large_cluster_gives_no_more_pairs_than_a_small_one_of_four(tmp_path: Path) -> None:
    many = [
        record(
            f"copy {n}", f"a b c {n}", created=START - timedelta(9 - n), duplicate_of=(Ref(None, "copy 0"),)
        )
        for n in range(9)
    ]
    examples = mined(tmp_path, [*many, *tracker()])
    assert max(
        sum(example.group == group for example in examples.train) for group in range(examples.n_clusters)
    ) == (PAIRS_OF_CLUSTER)


def with_bodies(records: Sequence[Record]) -> list[Record]:
    """The same with bodies that are long enough to be distinct."""
    return [replace(each, body=f"{each.body} {each.title} {each.body}") for each in records]


def test_titles_and_bodies_are_of_older_records_no_two_of_which_are_of_one_thing(tmp_path: Path) -> None:
    full = with_bodies(list(tracker()))
    early = START - timedelta(1)
    records = [
        *full,
        record("no body", "a title that is long enough", created=early),
        record("no title", "a b", full[1].body + " more", created=early),
        record("same title", full[10].title, full[11].body + " more", created=early),
        record("same body", full[10].title + " more", full[10].body, created=early),
    ]
    examples = mined(tmp_path, records)
    assert examples.since is not None
    originals = {mark.id: each for each in full for mark in each.duplicate_of}
    learned_from = {text for example in examples.train for text in example.texts}
    expected = {
        (each.title, each.body)
        for each in full
        if each.created and each.created < examples.since and not each.duplicate_of
        # an original whose duplicate is of the later slice is of a cluster that nothing is learned from
        if each.id not in originals or each.title in learned_from
    }
    of_ten = {
        (full[10].title, full[10].body),
        *(each for each in texts_of_records(records[-2:])),
    }
    texts = [example.texts for example in examples.texts]
    assert len(set(texts)) == len(texts)
    assert set(texts) - of_ten == expected - of_ten
    assert 1 <= len(set(texts) & of_ten) <= 2
    assert len({title for title, _ in texts}) == len({body for _, body in texts}) == len(texts)


def texts_of_records(records: Sequence[Record]) -> list[tuple[str, str]]:
    return [(each.title, each.body) for each in records]


def test_of_very_many_titles_and_bodies_some_are_drawn(tmp_path: Path) -> None:
    records = with_bodies(list(tracker()))
    every = mined(tmp_path, records)
    with Collection.open(tmp_path, encoder=WordEncoder()) as collection:
        some = mine(collection.store, n_texts=30)
    assert len(some.texts) == 30
    assert {each.texts for each in some.texts} < {each.texts for each in every.texts}
    assert some.train == every.train


def test_the_same_index_gives_the_same_examples(tmp_path: Path) -> None:
    records = list(tracker())
    assert mined(tmp_path / "one", records) == mined(tmp_path / "other", records)


@pytest.mark.parametrize(
    ("n_clusters", "message"), [(0, f"{MIN_PAIRS} are missing"), (30, "are needed: 1"), (70, "later")]
)
def test_too_few_marks_say_how_many_are_missing(n_clusters: int, message: str, tmp_path: Path) -> None:
    records = list(tracker(n_clusters)) or [record("1", "a b c")]
    with pytest.raises(DupfindError, match=message) as raised:
        mined(tmp_path, records)
    assert "dupfind review" in str(raised.value)


def test_duplicates_without_dates_cannot_be_cut_by_time(tmp_path: Path) -> None:
    records = [record(each.id, each.title, each.body, duplicate_of=each.duplicate_of) for each in tracker()]
    with pytest.raises(DupfindError, match="--created-column"):
        mined(tmp_path, records)


def test_nothing_is_held_out_where_the_proof_is_elsewhere(tmp_path: Path) -> None:
    with Collection.create(tmp_path, encoder=WordEncoder()) as collection:
        collection.index(tracker())
        examples = mine(collection.store, held_out=0)
    assert (len(examples.train), examples.test, examples.since, examples.n_held_out) == (120, [], None, 0)
    assert MIN_HELD_OUT > 0


def test_every_record_of_a_cluster_that_is_learned_from_is_known_by_its_group(tmp_path: Path) -> None:
    with Collection.create(tmp_path, encoder=WordEncoder()) as collection:
        collection.index(tracker())
        examples = mine(collection.store)
        text = collection.store.text
        groups = sorted((text(row).whole, group) for row, group in examples.groups.items())
        assert groups == sorted((whole, each.group) for each in examples.train for whole in each.texts[:2])
        assert len(set(examples.groups.values())) == examples.n_clusters
