"""What a source's records have in common is learned, and records are composed anew without it."""

import random
from collections.abc import Iterator
from dataclasses import astuple
from itertools import count

import numpy as np
import pytest

from dupfind.collection import indexing, reencoding
from dupfind.collection.collection import Collection
from dupfind.collection.indexing import Progress
from dupfind.collection.writable import WritableCollection
from dupfind.records import Record
from dupfind.storage import source_state
from dupfind.storage.line_rows import SourceLines
from dupfind.storage.writer import Writer
from dupfind.text import boilerplate
from dupfind.text.boilerplate import NOTHING, Boilerplate
from dupfind.text.composition import compose, fingerprint
from dupfind.text.fingerprint import text_fingerprint
from dupfind.text.indexed_words import indexed_words
from tests.support.samples import WordEncoder, corpus, record

TEMPLATE = """Thank you for taking the time to report this to our small team of volunteers.
Please search the existing tickets before you open a new one about the same thing.
Product version: {version}
I have read the guide for contributors and agree to follow it in every way.
{own}
Attach whatever else could help us to look into this for you."""

VOCABULARY = [
    f"{a}{b}{c}"
    for a in "bdgkt"
    for b in ("ar", "el", "im", "on", "ud")
    for c in ("ba", "do", "fi", "gu", "ne")
]


def template_records(n: int, seed: int = 0, pairs: int = 0) -> list[Record]:
    """n records that share a template, of which the first `pairs` and the next as many say the same."""
    rng = random.Random(seed)
    meanings = [rng.sample(VOCABULARY, 8) for _ in range(n - pairs)]
    records = []
    for number in range(n):
        words = meanings[number % (n - pairs)]
        own = " ".join(rng.sample(words, 8))
        version = f"{rng.randrange(9)}.{rng.randrange(9)}"
        records.append(record(str(number), " ".join(words[:3]), TEMPLATE.format(version=version, own=own)))
    return records


def wide() -> WordEncoder:
    return WordEncoder(dim=512)


@pytest.fixture
def collection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WritableCollection]:
    with Collection.create(tmp_path_factory.mktemp("index"), encoder=wide()) as collection:
        yield collection


def scores(collection: Collection, records: list[Record], pairs: int) -> tuple[list[float], list[float]]:
    """The scores of the true pairs, and the best other score of each record."""
    true, false = [], []
    n_meanings = len(records) - pairs
    for number, issue in enumerate(records):
        partner = {str((number + n_meanings) % len(records)), str(number - n_meanings)}
        hits = collection.search(record(issue.id, issue.title, issue.body, source="tracker"), k=len(records))
        true += [hit.score for hit in hits if hit.id in partner and number < pairs]
        false.append(max(hit.score for hit in hits if hit.id not in partner))
    return true, false


def test_a_planted_template_makes_no_false_pairs_and_the_true_ones_stay(
    tmp_path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    records, pairs, near = template_records(200, pairs=20), 20, 0.7
    with monkeypatch.context() as untaught:
        untaught.setattr(boilerplate, "FEWEST", 10**9)
        with Collection.create(f"{tmp_path}/untaught", encoder=wide()) as collection:
            collection.index(records, source="tracker")
            true, false = scores(collection, records, pairs)
            assert len(true) == pairs
            assert min(true) > near
            assert np.median(false) > near  # most records have a neighbour that says something else
    with Collection.create(f"{tmp_path}/taught", encoder=wide()) as collection:
        collection.index(records, source="tracker")
        learned_true, learned_false = scores(collection, records, pairs)
        assert len(learned_true) == pairs
        assert min(learned_true) > near > max(learned_false)


def texts_of(collection: WritableCollection) -> dict[str, tuple[str, str]]:
    """The composed title and body of each live record."""
    rows = collection.store.connection.execute(
        "SELECT id, c.title, c.body FROM record JOIN composed c USING (row_id) WHERE died IS NULL"
    )
    return {id: (title, body) for id, title, body in rows}


def check_in_step(collection: WritableCollection) -> None:
    """Every live record's words and vector are those of one text, composed with what is known now."""
    store = collection.store
    for source_id in source_state.source_ids(store).values():
        learned = store.boilerplate(source_id)
        assert len(SourceLines.read(store, source_id).stale(learned)) == 0
        for row_id in store.rows_of(source_id).tolist():
            issue = store.records([row_id])[row_id]
            assert store.text_fingerprints([row_id]) == {row_id: text_fingerprint(issue.title, issue.body)}
            text = compose(issue, learned)
            assert store.text(row_id) == text
            stored = store.connection.execute(
                "SELECT title, body, rest, names, trace FROM words WHERE rowid = ?", (row_id,)
            ).fetchall()
            assert stored == [astuple(indexed_words(issue, text))]
            [(title, whole)] = store.connection.execute(
                "SELECT t.fingerprint, w.fingerprint FROM vector v JOIN embedding t ON t.id = title_embedding"
                " JOIN embedding w ON w.id = whole_embedding WHERE row_id = ?",
                (row_id,),
            )
            assert title == fingerprint(text.title)
            assert whole == fingerprint(text.whole)


def test_only_records_whose_text_changes_are_encoded_again(
    collection: WritableCollection, monkeypatch: pytest.MonkeyPatch
) -> None:
    # All records are composed before the template is known.
    monkeypatch.setattr(boilerplate.LineCounter, "boilerplate", lambda _: NOTHING)
    plain = corpus(150)
    with_template = [
        record(f"t{issue.id}", issue.title, issue.body, duplicate_of=(plain[0].ref._replace(project=None),))
        for issue in template_records(60)
    ]
    run = collection.index([*plain, *with_template], source="tracker", complete=True)
    assert (run.n_read, run.n_new, run.n_recomposed, run.n_gone) == (210, 210, 60, 0)
    assert run.marked_pairs + run.dead_marks == 60
    assert len(collection) == 210
    assert len(collection.store.deleted_rows(10**6)) == 60
    check_in_step(collection)
    again = collection.index([*plain, *with_template], source="tracker", complete=True)
    assert (again.n_same, again.n_encoded, again.n_recomposed, again.n_gone) == (210, 0, 0, 0)


def test_what_a_record_has_of_its_own_stays_and_so_do_rare_identifiers(
    collection: WritableCollection,
) -> None:
    records = template_records(100)
    records[7] = record(
        "7", "abc", records[7].body + "\nerror E0308 in core::str::from_utf8 at /srv/app/main.rs --fast"
    )
    collection.index(records, source="tracker")
    _, body = texts_of(collection)["7"]
    assert "error E0308 in core::str::from_utf8 at " in body
    assert "--fast" in body
    assert "Thank you" not in body
    assert "Product version" not in body


def test_the_order_of_records_does_not_matter(tmp_path: str) -> None:
    records = template_records(300) + [
        record(f"c{issue.id}", issue.title, issue.body) for issue in corpus(300)
    ]
    seen = []
    for seed in range(3):
        with Collection.create(f"{tmp_path}/{seed}", encoder=wide()) as collection:
            collection.index(random.Random(seed).sample(records, len(records)), source="tracker")
            seen.append((collection.store.boilerplate(), texts_of(collection)))
    assert len(seen[0][0]) == 6
    assert seen[0] == seen[1] == seen[2]


class Looks(list[int]):
    """How many records were looked at again, each time."""

    def __call__(self, n_records: int) -> Progress:
        self.append(n_records)
        return lambda _: None


def test_what_is_learned_late_is_left_out_of_earlier_records_at_the_end(
    collection: WritableCollection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexing, "BATCH", 16)
    monkeypatch.setattr(indexing, "AHEAD", 8)
    records = template_records(300)
    later = [record(f"l{n}", f"abc {n}", f"Now we ask you for this.\nown words {n}") for n in range(100)]
    looked_at = Looks()
    run = collection.index([*records, *later], source="tracker", settling=looked_at)
    # The template is known when 50 records are read, and the late line when 20 of 100 are.
    assert looked_at == [run.n_recomposed]
    assert 0 < run.n_recomposed < 50 + 20
    assert "now we ask you for this" in collection.store.boilerplate().n_records
    check_in_step(collection)


def test_a_few_more_records_do_not_have_all_looked_at_again(collection: WritableCollection) -> None:
    records = template_records(300)
    collection.index(records[:200], source="tracker")
    learned = list(collection.store.boilerplate().n_records)
    looked_at = Looks()
    for end in (205, 210, 300):
        run = collection.index(records[:end], source="tracker", settling=looked_at)
        assert run.n_recomposed == 0
        assert set(collection.store.boilerplate().n_records.values()) == {end}
    assert looked_at == []
    assert list(collection.store.boilerplate().n_records) == learned
    check_in_step(collection)


def test_a_line_that_is_boilerplate_no_more_comes_back(collection: WritableCollection) -> None:
    records = [
        record(str(n), f"abc {n}", f"Please be polite.\nThe {VOCABULARY[n]} went wrong.") for n in range(60)
    ]
    others = [record(f"o{n}", f"abc {n}", f"The {VOCABULARY[-n]} went wrong, too.") for n in range(60)]
    collection.index([*records, *others], source="tracker", complete=True)
    assert texts_of(collection)["7"][1] == f"The {VOCABULARY[7]} went wrong."
    run = collection.index([*records[:19], *others], source="tracker", complete=True)
    assert (run.n_gone, run.n_recomposed) == (41, 19)
    assert texts_of(collection)["7"][1] == f"Please be polite.\nThe {VOCABULARY[7]} went wrong."
    check_in_step(collection)


def test_records_of_an_older_dupfind_are_composed_again_and_encoded_only_where_they_change(
    collection: WritableCollection,
) -> None:
    records = [*template_records(100), record("plain", "abc", "Own words only.")]
    collection.index(records, source="tracker")
    before = texts_of(collection)
    connection = collection.store.connection
    connection.execute("DELETE FROM lines")
    collection.store.replace_boilerplate(1, Boilerplate({"own words only": 50}))
    connection.execute("UPDATE composed SET body = 'an older text' WHERE title = ?", (records[7].title,))
    connection.execute("UPDATE words SET rest = '', names = '', trace = ''")
    connection.execute("UPDATE terms SET names = x''")
    assert collection.info()["sources"][0]["unsettled"] == 101
    run = collection.index(records, source="tracker")
    assert run.n_recomposed == 1
    assert texts_of(collection) == before
    check_in_step(collection)


def test_a_small_tracker_teaches_nothing(collection: WritableCollection) -> None:
    run = collection.index(template_records(49), source="tracker")
    assert run.n_recomposed == 0
    assert len(collection.store.boilerplate()) == 0


def test_each_source_has_its_own_boilerplate(collection: WritableCollection) -> None:
    collection.index(template_records(100), source="tracker")
    said = "I have read the guide for contributors and agree to follow it in every way."
    collection.index([record("o", "abc", said)], source="other")
    assert texts_of(collection)["o"] == ("abc", said)
    assert [source["boilerplate"] > 0 for source in collection.info()["sources"]] == [True, False]


def test_a_pasted_template_in_a_question_counts_for_next_to_nothing(collection: WritableCollection) -> None:
    records = template_records(100)
    collection.index(records, source="tracker")
    words = " ".join(VOCABULARY[:6])
    with_template = collection.search(f"abc def\n{TEMPLATE.format(version='9.9', own=words)}", k=100)
    without = collection.search(f"abc def\n{words}", k=100)
    assert [(hit.id, hit.score) for hit in with_template] == [(hit.id, hit.score) for hit in without]
    # Every word of the template is in all records: each counts .005, and a rare one 4.
    lexical = [hit.lexical for hit in without]
    assert [hit.lexical for hit in with_template] == pytest.approx(lexical, abs=0.02 * max(lexical))
    as_a_whole = collection.search(TEMPLATE.format(version="9.9", own=words), k=9)
    assert [hit.score for hit in as_a_whole] == [hit.score for hit in collection.search(words, k=9)]


def test_an_interrupted_settling_goes_on_where_it_stopped(
    collection: WritableCollection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexing, "BATCH", 16)
    monkeypatch.setattr(indexing, "AHEAD", 0)
    monkeypatch.setattr(boilerplate.LineCounter, "boilerplate", lambda _: NOTHING)
    records, settled, batches = template_records(100), Writer.recompose, count()

    def settle(*args: object) -> None:
        if next(batches) == 3:
            raise KeyboardInterrupt
        settled(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(Writer, "recompose", settle)
    with pytest.raises(KeyboardInterrupt):
        collection.index(records, source="tracker")
    [source] = collection.info()["sources"]
    assert (source["records"], source["unsettled"]) == (100, 100 - 3 * 16)
    assert source["last_run"]["status"] == "interrupted"
    run = collection.index(records, source="tracker", complete=True)
    assert (run.n_same, run.n_recomposed, run.n_gone) == (100, 52, 0)
    check_in_step(collection)


def test_a_rebuild_settles_what_was_interrupted(
    collection: WritableCollection, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as interrupted:
        interrupted.setattr(boilerplate.LineCounter, "boilerplate", lambda _: NOTHING)
        interrupted.setattr(Writer, "recompose", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            collection.index(template_records(100), source="tracker")
    assert collection.info()["sources"][0]["unsettled"] == 100
    collection.rebuild()
    check_in_step(collection)


def test_new_boilerplate_ends_a_rebuild_in_the_making(collection: WritableCollection) -> None:
    collection.index(template_records(40), source="tracker")
    store = collection.store
    other = store.add_encoding(store.encoding(), is_current=False)
    reencoding.encode_again(store, other, wide().encode, progress=lambda _: None)
    collection.index(template_records(100), source="tracker")
    assert store.unfinished_encoding() is None
    collection.rebuild()
    check_in_step(collection)
