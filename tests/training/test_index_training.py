"""A model is taken into use only if it is better on later duplicates, and a kill in between loses nothing."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dupfind.cli import train_index
from dupfind.cli.main import run
from dupfind.collection import indexing
from dupfind.collection.collection import Collection
from dupfind.encoders.load import ModelFolder, load_encoder
from dupfind.ranking.ranker import shipped
from dupfind.storage import stored_vectors, trained_models
from dupfind.storage.writer import Writer
from dupfind.training import acceptance
from dupfind.training.mining import mine
from dupfind.training.recipes import RECIPES
from tests.support.modules import import_line
from tests.support.samples import Command
from tests.support.tiny_models import has_peer, write_model
from tests.support.training_trackers import holding, tracker

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not has_peer, reason="sentence-transformers is not installed"),
]

QUICK = ["--learning-rate", "0.02", "--epochs", "10", "--batch-size", "32", "-q"]
N_CLUSTERS = 220
"""So many that the lead of the trained model is no noise on any processor, and too few for a calibration."""
N_RECORDS = 3 * N_CLUSTERS


def quietly(name: str, total: int | None, unit: str = "records") -> Callable[[float], None]:
    return lambda _: None


def make_index(folder: Path, model: Path) -> Path:
    with Collection.create(folder, model=str(model)) as collection:
        collection.index(tracker(N_CLUSTERS))
    return folder


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index whose own duplicates have been trained on, and which has its old model still."""
    from dupfind.cli.main import run

    folder = tmp_path_factory.mktemp("gate")
    write_model(folder / "base")
    make_index(folder / "index", folder / "base")
    assert run(["train", "--index", str(folder / "index"), *QUICK]) == 0
    return folder / "index"


@pytest.fixture
def trained(index: Path, tmp_path: Path) -> Path:
    """A copy of it, to change."""
    shutil.copytree(index, tmp_path / "index")
    return tmp_path / "index"


def model_of(index: Path) -> str:
    with Collection.open(index) as collection:
        return str(collection.summary()["model"])


def test_a_model_that_learned_the_trackers_duplicates_passes(index: Path) -> None:
    with Collection.open(index) as collection, collection.store.reading():
        [model] = trained_models.trained_models(collection.store)
    gate = model.document["gate"]
    assert model.is_better, gate["reason"]
    assert gate["ahead"]["vectors"]["mrr"]["low"] > 0
    assert gate["tuned"]["vectors"]["recall@10"]["mean"] > gate["base"]["vectors"]["recall@10"]["mean"]
    assert gate["duplicates"] == model.document["mined"]["pairs"] // 3


def test_a_model_that_learned_shuffled_labels_does_not_pass(index: Path, tmp_path: Path) -> None:
    from dupfind.training.fine_tune import fine_tune

    recipe = replace(RECIPES["duplicates"], kind="records", learning_rate=0.02, epochs=4, batch_size=32)
    with Collection.open(index) as collection:
        examples = mine(collection.store)
        partners = [(example.texts[1], example.texts[4]) for example in examples.train]
        random.Random(0).shuffle(partners)
        train = [
            replace(each, texts=(each.texts[0], whole, each.texts[2], each.texts[3], title, each.texts[5]))
            for each, (whole, title) in zip(examples.train, partners, strict=True)
        ]
        base = next((index / "models").iterdir())
        fine_tune(recipe, train, examples.test, ModelFolder(base), tmp_path / "shuffled")
        tuned = load_encoder(ModelFolder(tmp_path / "shuffled"))
        judged, _ = acceptance.judge(collection, tuned, since=examples.since, progress=quietly)
    assert not judged.is_better, judged.reason
    assert "noise" in judged.reason or "behind" in judged.reason


def test_the_base_itself_does_not_pass(index: Path) -> None:
    with Collection.open(index) as collection:
        base = load_encoder(ModelFolder(next((index / "models").iterdir())))
        judged, _ = acceptance.judge(collection, base, since=None, progress=quietly)
    assert not judged.is_better
    assert judged.ahead["vectors"].mrr.mean == pytest.approx(0, abs=1e-9)


def test_training_changes_nothing_that_a_query_sees_until_the_model_is_adopted(
    trained: Path, dupfind: Command
) -> None:
    assert model_of(trained) == "base"
    ran = dupfind("train", "--index", trained, *QUICK, "--adopt")
    assert ran.code == 0, ran.err
    assert "only copies have a verdict" in ran.out
    assert "5 are missing; find more with `dupfind review`" in ran.out
    assert model_of(trained).startswith("duplicates-")
    with Collection.open(trained) as collection:
        assert stored_vectors.n_vectors(collection.store, collection.store.encoding().id) == N_RECORDS
        hits = collection.search("a b c d", k=3)
        choice = collection.choice()
        with collection.store.reading():
            [model] = trained_models.trained_models(collection.store)
    assert not choice.is_own
    assert [hit.verdict for hit in hits] == [None] * 3
    order = model.document["order"]
    assert order["is_refitted"] == (order["ahead"]["mean"] > 0)
    assert choice.ranker.to_json() == (order["ranker"] or shipped().to_json())


def test_where_the_labels_suffice_an_adopted_model_has_verdicts_at_once(
    tmp_path: Path, dupfind: Command
) -> None:
    write_model(tmp_path / "base")
    with Collection.create(tmp_path / "index", model=str(tmp_path / "base")) as collection:
        collection.index(tracker(280))
    ran = dupfind("train", "--index", tmp_path / "index", *QUICK, "--no-adaptation", "--adopt")
    assert ran.code == 0, ran.err
    assert "its verdicts are calibrated on 70 duplicates that it has not learned from" in ran.out
    with Collection.open(tmp_path / "index") as collection:
        assert collection.calibration() == "own"
        newest = list(tracker(280))[-150:]
        found = (hit.verdict for each in newest for hit in collection.search(each, k=1))
        assert any(verdict in ("likely", "possible") for verdict in found)
    # A further run trains the adopted model once more, and may adopt another one.
    assert train_index._calibrate(tmp_path / "index", True) == "its verdicts were calibrated before"


def test_the_same_is_not_trained_twice(trained: Path, dupfind: Command) -> None:
    ran = dupfind("train", "--index", trained, *QUICK[:-1])
    assert ran.code == 0, ran.err
    assert "was already trained on exactly these examples" in ran.err
    assert "--adopt" in ran.out
    assert len(list((trained / trained_models.FOLDER).iterdir())) == 1


def test_a_model_that_is_not_better_is_not_adopted_and_the_command_says_so(
    tmp_path: Path, dupfind: Command
) -> None:
    write_model(tmp_path / "base")
    index = tmp_path / "index"
    with Collection.create(index, model=str(tmp_path / "base")) as collection:
        collection.index(tracker())
    ran = dupfind("train", "--index", index, "--max-steps", 1, "--learning-rate", 1e-9, "--adopt", "-q")
    assert ran.code == 0, ran.err
    assert "the index keeps base" in ran.out, ran.out
    assert model_of(index) == "base"


@pytest.fixture
def wordy(tmp_path: Path) -> Path:
    """An index whose records say enough to adapt a model to them."""
    write_model(tmp_path / "base")
    with Collection.create(tmp_path / "index", model=str(tmp_path / "base")) as collection:
        collection.index(replace(each, body=f"{each.body} {each.title} {each.body}") for each in tracker())
    return tmp_path / "index"


def test_a_model_reads_the_tracker_before_it_learns_its_duplicates(
    wordy: Path, dupfind: Command, tmp_path: Path
) -> None:
    fast = ["--index", wordy, "--max-steps", 2]
    ran = dupfind("train", *fast, "--out", tmp_path / "with")
    assert ran.code == 0, ran.err
    assert "first adapting the model to the titles and bodies of 180 records" in ran.err
    assert dupfind("train", *fast, "--out", tmp_path / "without", "--no-adaptation", "-q").code == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["base", "index", "with", "without"]
    metadata, plain = (
        json.loads((tmp_path / name / "training.json").read_text(encoding="utf-8"))
        for name in ("with", "without")
    )
    assert metadata["adapted"]["steps"] == 2
    assert metadata["gate"]["duplicates"] == 30
    assert {leg: set(metadata["gate"][leg]) for leg in ("base", "tuned")} == {
        "base": {"vectors", "dupfind"},
        "tuned": {"vectors", "dupfind"},
    }
    assert 0 < metadata["gate"]["bm25"]["mrr"]["mean"] <= 1
    assert (plain["adapted"], plain["recipe"]["adaptation"]) == (None, None)
    assert metadata["figures"]["base"] == plain["figures"]["base"]
    assert len({ModelFolder(tmp_path / name).fingerprint for name in ("with", "without")}) == 2
    cards = [(tmp_path / name / "README.md").read_text(encoding="utf-8") for name in ("with", "without")]
    assert ["the titles and bodies of 180 records" in card for card in cards] == [True, False]


def interrupted(index: Path, stage: str | None, out: Path | None) -> tuple[list[str], str]:
    """Which stages began until one was interrupted, and the fingerprint of the model if none was."""
    from dupfind.training.index_training import plan_training, train_on_index

    begun: list[str] = []

    def begin(name: str, total: int | None, unit: str = "records") -> Callable[[float], None]:
        begun.append(name.partition(" ")[0])

        def advance(done: float) -> None:
            if begun[-1] == stage:
                raise KeyboardInterrupt

        return advance

    with Collection.open(index) as collection:
        plan = plan_training(collection, RECIPES["duplicates"], max_steps=2)
        try:
            model = train_on_index(
                collection, plan, out, progress=begin, now=datetime(2026, 1, 1, tzinfo=UTC)
            )
        except KeyboardInterrupt:
            return begun, ""
    assert model is not None
    return begun, model.fingerprint


@pytest.mark.parametrize("is_inside", [False, True])
def test_wherever_it_is_interrupted_no_stage_is_made_twice_and_nothing_is_left_behind(
    is_inside: bool, wordy: Path, tmp_path: Path
) -> None:
    out = None if is_inside else tmp_path / "out"
    place = wordy / trained_models.FOLDER if is_inside else tmp_path
    assert interrupted(wordy, "adapting", out) == (["adapting"], "")
    assert interrupted(wordy, "training", out) == (["adapting", "training"], "")
    [checkpoints] = place.glob("*.checkpoints")
    assert not holding(next(tracker()).title, checkpoints)
    assert interrupted(wordy, "replay", out) == (["training", "replay"], "")
    begun, fingerprint = interrupted(wordy, None, out)
    assert begun[0] == "replay"
    assert not list(place.glob("*.checkpoints"))
    assert interrupted(wordy, None, tmp_path / "unbroken")[1] == fingerprint


def test_what_a_kill_left_beside_a_finished_model_goes(wordy: Path, dupfind: Command) -> None:
    arguments = ["train", "--index", wordy, "--max-steps", 1, "-q"]
    assert dupfind(*arguments).code == 0
    [model] = (wordy / trained_models.FOLDER).iterdir()
    (model.with_name(f"{model.name}.checkpoints") / "adapted").mkdir(parents=True)
    with Collection.create(wordy) as collection:
        collection.store.connection.execute("DELETE FROM model")  # killed before it was remembered
    assert dupfind(*arguments).code == 0
    assert list((wordy / trained_models.FOLDER).iterdir()) == [model]


def test_too_few_texts_for_a_batch_are_not_adapted_to(trained: Path) -> None:
    from dupfind.training.index_training import plan_training

    with Collection.open(trained) as collection:
        plan = plan_training(collection, RECIPES["duplicates"])
    assert plan.mined.texts == []
    assert plan.recipe.domain_adaptation is None


def test_what_decides_the_weights_makes_another_training(wordy: Path) -> None:
    from dupfind.training.index_training import plan_training

    recipe = RECIPES["duplicates"]
    with Collection.open(wordy) as collection:
        runs = [
            plan_training(collection, each, **settings).run
            for each, settings in (
                (recipe, {}),
                (recipe, {"precision": "fp32"}),
                (recipe, {"seed": 7}),
                (recipe, {"max_steps": 2}),
                (replace(recipe, domain_adaptation=None), {}),
            )
        ]
        assert plan_training(collection, recipe).run == runs[0]
    assert len(set(runs)) == len(runs)


def test_processes_that_train_together_leave_one_model(wordy: Path) -> None:
    ran = subprocess.run(
        [
            *(sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2"),
            *("-m", "dupfind", "train", "--index", wordy, "--max-steps", "2", "-q"),
        ],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "OMP_NUM_THREADS": "1"},
        check=False,
        timeout=300,
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.count("dupfind's order, tuned") == 1
    with Collection.open(wordy) as collection, collection.store.reading():
        [model] = trained_models.trained_models(collection.store)
    assert [path.name for path in (wordy / trained_models.FOLDER).iterdir()] == [model.name]


@pytest.mark.parametrize("taken", ["out", "out.checkpoints"])
def test_a_folder_that_is_taken_is_refused_before_anything_is_learned(
    taken: str, wordy: Path, dupfind: Command, tmp_path: Path
) -> None:
    (tmp_path / taken).mkdir()
    (tmp_path / taken / "run.json").write_text('{"run": "another"}', encoding="utf-8")
    ran = dupfind("train", "--index", wordy, "--max-steps", 1, "--out", tmp_path / "out")
    assert ran.code == 2
    assert f"{tmp_path / taken} belongs to another training" in ran.err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["base", "index", taken]


_KILLED = f"""
import os, signal, sys
import {indexing.__name__} as indexing
{import_line(run, Writer)}indexing.BATCH = 64
add_vectors, calls = Writer.add_vectors, [0]
def killed(*arguments):
    add_vectors(*arguments)
    calls[0] += 1
    if calls[0] == 3:
        os.kill(os.getpid(), signal.SIGKILL)
Writer.add_vectors = killed
run(sys.argv[1:])
"""


def test_a_kill_amid_adoption_leaves_the_old_vectors_and_the_next_run_goes_on(
    trained: Path, dupfind: Command
) -> None:
    with Collection.open(trained) as collection:
        before = [(hit.id, hit.score) for hit in collection.search("a b c d")]
    killed = subprocess.run(
        [sys.executable, "-c", _KILLED, "train", "--index", str(trained), *QUICK, "--adopt"],
        capture_output=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert model_of(trained) == "base"
    with Collection.open(trained) as collection:
        assert [(hit.id, hit.score) for hit in collection.search("a b c d")] == before
    with Collection.create(trained) as collection:
        unfinished = collection.store.unfinished_encoding()
        assert unfinished is not None
        assert 0 < stored_vectors.n_vectors(collection.store, unfinished.id) < N_RECORDS
    ran = dupfind("train", "--index", trained, *QUICK, "--adopt")
    assert ran.code == 0, ran.err
    with Collection.open(trained) as collection:
        assert stored_vectors.n_vectors(collection.store, collection.store.encoding().id) == N_RECORDS
    assert model_of(trained).startswith("duplicates-")


def test_the_models_of_an_index_are_listed_shown_and_exported(
    trained: Path, dupfind: Command, tmp_path: Path
) -> None:
    listed = dupfind("model", "list", "--index", trained, "--json").json
    assert listed["current"] == "base"
    [model] = listed["trained"]
    assert (model["is_current"], model["gate"]["is_better"]) == (False, True)
    assert "base: in use" in dupfind("model", "list", "--index", trained).out
    shown = dupfind("model", "show", model["name"], "--index", trained).out
    assert "vectors alone, tuned" in shown
    assert "the order is " in shown
    assert "ranker" not in model["order"]
    assert dupfind("model", "export", model["name"], tmp_path / "out", "--index", trained).code == 0
    assert ModelFolder(tmp_path / "out").fingerprint == model["fingerprint"]
    assert json.loads((tmp_path / "out" / "training.json").read_text(encoding="utf-8"))["mined"]["pairs"] > 0
    again = dupfind("model", "export", model["name"], tmp_path / "out", "--index", trained)
    assert (again.code, "exists" in again.err) == (2, True)
    missing = dupfind("model", "show", "nothing", "--index", trained)
    assert (missing.code, model["name"] in missing.err) == (2, True)


def test_a_model_from_before_orders_were_refitted_is_shown_too(trained: Path, dupfind: Command) -> None:
    with Collection.create(trained) as collection:
        collection.store.connection.execute("UPDATE model SET document = json_remove(document, '$.order')")
    [name] = [path.name for path in (trained / trained_models.FOLDER).iterdir()]
    shown = dupfind("model", "show", name, "--index", trained)
    assert (shown.code, "vectors alone, tuned" in shown.out, "the order is" in shown.out) == (0, True, False)
    [listed] = dupfind("model", "list", "--index", trained, "--json").json["trained"]
    assert "order" not in listed
    assert "order" not in dupfind("model", "show", name, "--index", trained, "--json").json


def test_a_trained_model_that_is_damaged_is_not_handed_out(
    trained: Path, dupfind: Command, tmp_path: Path
) -> None:
    [place] = (trained / trained_models.FOLDER).iterdir()
    weights = bytearray((place / "model.safetensors").read_bytes())
    weights[-1] ^= 1
    (place / "model.safetensors").write_bytes(weights)
    ran = dupfind("model", "export", place.name, tmp_path / "out", "--index", trained)
    assert (ran.code, "damaged" in ran.err) == (2, True)
    assert not (tmp_path / "out").exists()


def test_an_index_without_marks_says_how_many_are_missing(
    tmp_path: Path, model: Path, dupfind: Command
) -> None:
    with Collection.create(tmp_path / "index", model=str(model)) as collection:
        collection.index(tracker(5))
    ran = dupfind("train", "--index", tmp_path / "index")
    assert (ran.code, "are missing" in ran.err) == (2, True)


def test_a_recipe_for_labelled_pairs_wants_them(trained: Path, dupfind: Command) -> None:
    ran = dupfind("train", "--index", trained, "--recipe", "nli")
    assert (ran.code, "PAIRS" in ran.err) == (2, True)
