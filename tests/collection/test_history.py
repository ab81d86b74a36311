"""What an index answers follows from the records that it holds, not from how it came to hold them."""

import random
from pathlib import Path

import pytest

from dupfind.collection import indexing
from dupfind.collection.collection import Collection
from dupfind.records import Record
from dupfind.search import hybrid, pipeline
from tests.support.answers import Everything, everything, report
from tests.support.pieces import write, write_in_pieces
from tests.support.samples import WordEncoder, record
from tests.support.template_tracker import CRASH, LATE, QUERIES, earlier, template_tracker, with_comments

RECORDS = with_comments(template_tracker(190))
SOURCES = {"tracker": RECORDS[:110], "other": template_tracker(80, seed=1)}


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(indexing, "BATCH", 16)
    monkeypatch.setattr(indexing, "AHEAD", 64)


def found(folder: Path) -> Everything:
    """The answers of an index, with fewer candidates for a query than it has records."""
    with pytest.MonkeyPatch.context() as few:
        few.setattr(hybrid, "DEPTH", 20)
        few.setattr(pipeline, "DEPTH", 20)
        return everything(folder, WordEncoder(), QUERIES)


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Everything:
    """The answers of an index that was made in one go."""
    folder = tmp_path_factory.mktemp("clean")
    write(folder, RECORDS)
    return found(folder)


def test_the_clean_index_has_learned_the_template_and_not_the_crash(clean: Everything) -> None:
    learned = [line for _, line, _ in clean["boilerplate"]]
    assert "please say what you did before it went wrong" in learned
    assert LATE.lower().strip(".") in learned
    assert not any("fragment" in line for line in learned)
    assert sum(CRASH.partition("\n")[0] in text[4] for text in clean["texts"]) == 19
    assert not any("Please say" in text[4] for text in clean["texts"])


@pytest.mark.parametrize("seed", range(12))
def test_an_index_made_in_pieces_equals_one_made_in_one_go(
    seed: int, tmp_path: Path, clean: Everything, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = random.Random(seed)
    monkeypatch.setattr(indexing, "AHEAD", rng.choice([0, 16, 64, 10_000]))
    write_in_pieces(tmp_path, RECORDS, rng)
    assert found(tmp_path) == clean


@pytest.mark.parametrize("seed", range(4))
def test_the_order_of_records_does_not_matter(seed: int, tmp_path: Path, clean: Everything) -> None:
    write(tmp_path, random.Random(seed).sample(RECORDS, len(RECORDS)))
    assert found(tmp_path) == clean


@pytest.fixture(scope="module")
def clean_sources(tmp_path_factory: pytest.TempPathFactory) -> Everything:
    """The answers of an index of two sources, each made in one go."""
    folder = tmp_path_factory.mktemp("sources")
    for source, records in SOURCES.items():
        write(folder, records, source)
    return found(folder)


@pytest.mark.parametrize("seed", range(8))
def test_two_sources_in_pieces_and_in_any_order_equal_two_in_one_go(
    seed: int, tmp_path: Path, clean_sources: Everything
) -> None:
    rng = random.Random(seed)
    pieces = [name for name in SOURCES for _ in range(rng.randrange(1, 4))]
    rng.shuffle(pieces)
    for place, name in enumerate(pieces):
        records = SOURCES[name]
        if name in pieces[place + 1 :]:
            past = earlier(records, rng)
            write(tmp_path, rng.sample(past, rng.randrange(1, len(past))), name, complete=rng.random() < 0.3)
        else:
            write(tmp_path, rng.sample(records, len(records)), name)
    assert found(tmp_path) == clean_sources


@pytest.mark.parametrize("seed", range(2))
def test_ties_at_the_last_candidate_do_not_go_by_the_order_of_indexing(seed: int, tmp_path: Path) -> None:
    rng = random.Random(seed)
    # 300 reports of one crash, and 300 of as many words each, of which a query has two: equal by vectors or by words.
    equal = [record(f"e{n}", "worker crash", "in the night") for n in range(300)]
    words = [record(f"w{n}", "worker crash", f"word{n % 60} again") for n in range(300)]
    queries: list[str | Record] = [
        "worker crash",
        "worker crash\nin the night",
        "worker crash word3",
        record("e7", "night worker"),
    ]
    seen, reports = [], []
    for number in range(2):
        folder = tmp_path / str(number)
        write(folder, rng.sample([*equal, *words], 600))
        with Collection.open(folder, encoder=WordEncoder()) as collection:
            assert collection.store.n_records() == 600
            options = ({"k": 5}, {"k": 250}, {"k": 500}, {"k": 500, "source": "tracker"})
            seen.append([collection.search(query, **each) for query in queries for each in options])
        reports.append(report(folder, WordEncoder()))
    assert seen[0] == seen[1]
    assert reports[0] == reports[1]
    assert [len(hits) for hits in seen[0][:4]] == [5, 250, 500, 500]


@pytest.mark.parametrize("seed", range(6))
def test_runs_that_break_off_leave_no_trace(
    seed: int, tmp_path: Path, clean: Everything, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = random.Random(seed)
    for _ in range(3):
        left = rng.randrange(1, 40)

        class Stopped(WordEncoder):
            def encode(self, texts, progress=None):  # type: ignore[no-untyped-def]
                nonlocal left
                left -= 1
                if not left:
                    raise KeyboardInterrupt
                return super().encode(texts, progress)

        with Collection.create(tmp_path, encoder=Stopped()) as collection:
            try:
                collection.index(RECORDS, source="tracker", complete=True)
            except KeyboardInterrupt:
                continue
    write(tmp_path, RECORDS)
    assert found(tmp_path) == clean


def test_a_change_that_moves_no_boilerplate_composes_nothing_again(tmp_path: Path) -> None:
    encoder = WordEncoder()
    with Collection.create(tmp_path, encoder=encoder) as collection:
        collection.index(RECORDS[:-2], source="tracker", complete=True)
        encoder.encoded.clear()
        run = collection.index(RECORDS, source="tracker", complete=True)
    assert (run.n_new, run.n_recomposed) == (2, 0)
    assert len(encoder.encoded) <= 4


def test_a_first_run_encodes_each_text_once_where_it_reads_all_records_ahead(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexing, "AHEAD", 4_096)
    with Collection.create(tmp_path, encoder=WordEncoder()) as collection:
        assert collection.index(RECORDS, source="tracker", complete=True).n_recomposed == 0
