"""What an index answers follows from the records that it holds, not from how it came to hold them."""

import random
from pathlib import Path

import pytest

from dupfind.collection import indexing
from dupfind.collection.collection import Collection
from tests.support.answers import Everything, everything
from tests.support.samples import WordEncoder
from tests.support.template_tracker import CRASH, LATE, QUERIES, earlier, template_tracker

RECORDS = template_tracker(190)


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(indexing, "BATCH", 16)
    monkeypatch.setattr(indexing, "AHEAD", 64)


def found(folder: Path) -> Everything:
    return everything(folder, WordEncoder(), QUERIES)


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Everything:
    """The answers of an index that was made in one go."""
    folder = tmp_path_factory.mktemp("clean")
    with Collection.create(folder, encoder=WordEncoder()) as collection:
        collection.index(RECORDS, source="tracker", complete=True)
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
    past = earlier(RECORDS, rng)
    for _ in range(rng.randrange(1, 6)):
        piece = rng.sample(past, rng.randrange(1, len(past)))
        # A new writer each time, as of another process.
        with Collection.create(tmp_path, encoder=WordEncoder()) as collection:
            collection.index(piece, source="tracker", complete=rng.random() < 0.3)
    with Collection.create(tmp_path, encoder=WordEncoder()) as collection:
        collection.index(RECORDS, source="tracker", complete=True)
    assert found(tmp_path) == clean


@pytest.mark.parametrize("seed", range(4))
def test_the_order_of_records_does_not_matter(seed: int, tmp_path: Path, clean: Everything) -> None:
    with Collection.create(tmp_path, encoder=WordEncoder()) as collection:
        collection.index(random.Random(seed).sample(RECORDS, len(RECORDS)), source="tracker", complete=True)
    assert found(tmp_path) == clean


def test_the_order_of_two_sources_does_not_matter(tmp_path: Path) -> None:
    sources = {"tracker": RECORDS[:110], "other": template_tracker(80, seed=1)}
    seen = []
    orders = (["tracker", "other"], ["other", "tracker"], ["other", "tracker", "other"])
    for number, names in enumerate(orders):
        with Collection.create(tmp_path / str(number), encoder=WordEncoder()) as collection:
            for place, name in enumerate(names):
                records = sources[name]
                is_last = name not in names[place + 1 :]
                collection.index(records if is_last else records[:50], source=name, complete=True)
        seen.append(found(tmp_path / str(number)))
    assert seen[0] == seen[1] == seen[2]


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
    with Collection.create(tmp_path, encoder=WordEncoder()) as collection:
        collection.index(RECORDS, source="tracker", complete=True)
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
