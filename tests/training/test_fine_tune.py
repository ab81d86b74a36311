"""A fine-tune runs as its recipe says, continues after a kill with the same result, and writes nobody's texts."""

import json
import random
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dupfind.encoders.load import ModelFolder, load_encoder
from dupfind.encoders.model_encoder import ModelEncoder
from dupfind.errors import DupfindError
from dupfind.training.pair_file import Example
from dupfind.training.recipes import RECIPES, Recipe
from tests.support.paths import ROOT
from tests.support.tiny_models import has_peer
from tests.support.training_trackers import holding

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not has_peer, reason="sentence-transformers is not installed"),
]

CANARY = "zebracanary"
NAMES = list(RECIPES)


def examples(recipe: Recipe, n: int, seed: int = 0) -> list[Example]:
    """Pairs of made-up words; those that are alike share most of them."""
    chance = random.Random(seed)

    def text() -> str:
        return " ".join("".join(chance.choices("abcdefgh", k=4)) for _ in range(chance.randint(1, 9)))

    made = []
    for number in range(n):
        anchor, kind = text(), number % 3
        other = f"{anchor} {text()[:4]}" if kind == 0 else text()
        if recipe.kind == "ranking":
            made.append(Example((anchor, f"{anchor} ab", text()), None, group=number))
        else:
            made.append(Example((anchor, other), kind if recipe.kind == "classes" else float(kind == 0)))
    return made


def small(name: str) -> Recipe:
    return replace(RECIPES[name], batch_size=4, epochs=2, learning_rate=1e-3)


def tune(
    recipe: Recipe | str,
    model: Path,
    out: Path,
    *,
    train: Sequence[Example] | None = None,
    test: Sequence[Example] | None = None,
    **more: Any,
) -> dict[str, Any]:
    """Fine-tune the tiny model on a few pairs, and give its training.json."""
    from dupfind.training.fine_tune import fine_tune

    recipe = small(recipe) if isinstance(recipe, str) else recipe
    fine_tune(
        recipe,
        examples(recipe, 18) if train is None else train,
        examples(recipe, 9, seed=1) if test is None else test,
        ModelFolder(model, "tiny"),
        out,
        precision="fp32",
        **more,
    )
    metadata = json.loads((out / "training.json").read_text(encoding="utf-8"))
    assert isinstance(metadata, dict)
    return metadata


def weights(folder: Path) -> bytes:
    return (folder / "model.safetensors").read_bytes()


def interrupt_after(n_pairs: int) -> Callable[[float], None]:
    """Progress that is interrupted."""
    left: float = n_pairs

    def progress(done: float) -> None:
        nonlocal left
        left -= done
        if left <= 0:
            raise KeyboardInterrupt

    return progress


@pytest.mark.parametrize("name", NAMES)
def test_every_recipe_gives_a_folder_that_numpy_and_sentence_transformers_load(
    name: str, model: Path, tmp_path: Path
) -> None:
    from dupfind.encoders.modules_engine import ModulesEngine

    metadata = tune(name, model, tmp_path / "tuned", max_steps=3)
    folder = ModelFolder(tmp_path / "tuned")
    assert folder.fingerprint != ModelFolder(model).fingerprint
    assert [module.kind for module in folder.layout.modules] == [
        "Transformer",
        "Pooling",
        *(["Normalize"] if RECIPES[name].normalize else []),
    ]
    texts = ["abc def", "gab cab", ""]
    peer = ModelEncoder(folder, ModulesEngine(folder, "cpu", precision="fp32")).encode(texts)
    np.testing.assert_allclose(load_encoder(folder, "numpy").encode(texts), peer, atol=1e-5)
    assert metadata["steps"] == 3
    assert metadata["recipe"]["name"] == name
    assert metadata["figures"]["base"].keys() == metadata["figures"]["tuned"].keys() >= {"recall_at_1"}
    assert [row["loss"] for row in metadata["log"] if "loss" in row]
    assert not (tmp_path / "tuned.checkpoints").exists()


def test_similarities_are_learned(model: Path, tmp_path: Path) -> None:
    recipe = replace(
        small("concept-pairs"), batch_size=10, epochs=20, learning_rate=5e-3, evaluate_every=1000
    )
    train = examples(recipe, 30)
    metadata = tune(recipe, model, tmp_path / "tuned", train=train, test=train)
    assert metadata["figures"]["tuned"]["spearman"] > metadata["figures"]["base"]["spearman"] + 0.1


def test_a_soup_is_the_average_of_tuned_and_base_weights(model: Path, tmp_path: Path) -> None:
    from safetensors.numpy import load_file

    for share in (0.0, 0.25):
        recipe = replace(small("question-pairs"), base_weight=share)
        tune(recipe, model, tmp_path / str(share), max_steps=2)
    base, tuned, soup = (
        load_file(folder / "model.safetensors") for folder in (model, tmp_path / "0.0", tmp_path / "0.25")
    )
    for name in soup.keys() & base.keys():
        np.testing.assert_allclose(soup[name], 0.75 * tuned[name] + 0.25 * base[name], atol=1e-6)
    assert any((tuned[name] != base[name]).any() for name in soup.keys() & base.keys())


def test_what_it_begins_with_is_not_what_has_a_share_in_the_average(model: Path, tmp_path: Path) -> None:
    from safetensors.numpy import load_file

    still = replace(small("question-pairs"), learning_rate=1e-12, base_weight=0.25)
    before = tune("question-pairs", model, tmp_path / "start", max_steps=2)
    metadata = tune(still, model, tmp_path / "tuned", start=ModelFolder(tmp_path / "start"), max_steps=2)
    base, start, tuned = (
        load_file(folder / "model.safetensors") for folder in (model, tmp_path / "start", tmp_path / "tuned")
    )
    for name in tuned.keys() & base.keys():
        np.testing.assert_allclose(tuned[name], 0.75 * start[name] + 0.25 * base[name], atol=1e-6)
    assert metadata["figures"]["base"] == before["figures"]["base"]


def test_a_packed_batch_has_the_vectors_and_the_gradient_of_a_padded_one(model: Path) -> None:
    import torch

    from dupfind.encoders.modules_engine import load_modules
    from dupfind.training import packed_forward

    net = load_modules(ModelFolder(model), torch.device("cpu"))  # without dropout
    pairs = [example.texts for example in examples(RECIPES["issue-titles"], 12)]
    columns = [net.preprocess([pair[side] for pair in pairs]) for side in (0, 1)]
    gradients = []
    for made in (
        packed_forward.vectors(net, columns),
        [net(column)["sentence_embedding"] for column in columns],
    ):
        net.zero_grad()
        (made[0] * made[1].roll(1, 0)).sum().backward()
        gradients.append(
            [made[0].detach(), made[1].detach()] + [p.grad for p in net.parameters() if p.grad is not None]
        )
    for ours, theirs in zip(*gradients, strict=True):
        torch.testing.assert_close(ours, theirs, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("name", ["issue-titles", "duplicates"])
def test_progress_comes_to_the_pairs_of_all_epochs(name: str, model: Path, tmp_path: Path) -> None:
    counts: list[float] = []
    tune(name, model, tmp_path / "tuned", progress=counts.append)
    assert sum(counts) == pytest.approx(2 * 18)


@pytest.mark.parametrize("name", ["nli", "duplicates"])
def test_the_same_seed_gives_the_same_model_and_another_seed_another(
    name: str, model: Path, tmp_path: Path
) -> None:
    for place, seed in (("one", 7), ("two", 7), ("three", 8)):
        tune(name, model, tmp_path / place, seed=seed, max_steps=3)
    assert weights(tmp_path / "one") == weights(tmp_path / "two") != weights(tmp_path / "three")


@pytest.fixture
def one_thread() -> Iterator[None]:
    """Sums in one order, in this process as in one that it starts."""
    import torch

    n_threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(n_threads)


KILLED = """
import os, signal, sys
from pathlib import Path
import torch
torch.set_num_threads(1)
sys.path[:0] = {paths!r}
from tests.training.test_fine_tune import examples, small, tune
left = 8 * 4
def progress(done):
    global left
    left -= done
    if left <= 0:
        os.kill(os.getpid(), signal.SIGKILL)
tune("nli", Path({model!r}), Path({out!r}), checkpoint_every=3, progress=progress)
"""


@pytest.mark.usefixtures("one_thread")
def test_after_a_kill_in_the_second_epoch_it_goes_on_and_ends_as_an_unbroken_run(
    model: Path, tmp_path: Path
) -> None:
    out = tmp_path / "tuned"
    paths = [str(ROOT), *(path for path in sys.path if path)]
    code = KILLED.format(paths=paths, model=str(model), out=str(out))
    died = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert died.returncode == -signal.SIGKILL, died.stderr
    assert not out.exists()
    metadata = tune("nli", model, out, checkpoint_every=3, resume=True)
    expected = tune("nli", model, tmp_path / "unbroken", checkpoint_every=3)
    assert weights(out) == weights(tmp_path / "unbroken")
    assert metadata["figures"] == expected["figures"]
    assert [row["step"] for row in metadata["log"]] == [row["step"] for row in expected["log"]]


@pytest.fixture(scope="module")
def unbroken(model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that was trained without an interruption."""
    out = tmp_path_factory.mktemp("unbroken") / "tuned"
    tune("issue-titles", model, out)
    return out


@pytest.mark.parametrize("n_pairs", [4, 24])
def test_wherever_it_is_interrupted_it_ends_as_an_unbroken_run(
    n_pairs: int, model: Path, unbroken: Path, tmp_path: Path
) -> None:
    out = tmp_path / "tuned"
    with pytest.raises(KeyboardInterrupt):
        tune("issue-titles", model, out, checkpoint_every=2, progress=interrupt_after(n_pairs))
    assert (tmp_path / "tuned.checkpoints").is_dir()
    tune("issue-titles", model, out, checkpoint_every=2, resume=True)
    assert weights(out) == weights(unbroken)


def test_a_checkpoint_that_was_cut_short_is_passed_over(model: Path, unbroken: Path, tmp_path: Path) -> None:
    out, place = tmp_path / "tuned", tmp_path / "tuned.checkpoints"
    with pytest.raises(KeyboardInterrupt):
        tune("issue-titles", model, out, checkpoint_every=2, progress=interrupt_after(20))
    [kept] = place.glob("checkpoint-*")
    assert kept.name == "checkpoint-4"  # only the last complete one is kept
    cut = shutil.copytree(kept, place / "checkpoint-6")
    (cut / "whole").unlink()
    (cut / "optimizer.pt").write_bytes(b"cut")
    tune("issue-titles", model, out, checkpoint_every=2, resume=True)
    assert weights(out) == weights(unbroken)


def test_an_unfinished_run_is_neither_overwritten_nor_taken_for_another(model: Path, tmp_path: Path) -> None:
    out = tmp_path / "tuned"
    with pytest.raises(KeyboardInterrupt):
        tune("issue-titles", model, out, checkpoint_every=2, progress=interrupt_after(12))
    with pytest.raises(DupfindError, match="holds an unfinished run: pass --resume"):
        tune("issue-titles", model, out)
    with pytest.raises(
        DupfindError, match="belongs to a run with other pairs, another base or other settings"
    ):
        tune("issue-titles", model, out, resume=True, seed=1)
    out.mkdir()
    with pytest.raises(DupfindError, match="exists: name a new folder"):
        tune("issue-titles", model, out, resume=True)


@pytest.mark.parametrize("name", ["nli", "page-sections", "duplicates"])
def test_no_file_that_is_left_holds_a_text(name: str, model: Path, tmp_path: Path) -> None:
    train = [
        replace(example, texts=tuple(f"{text} {CANARY}" for text in example.texts))
        for example in examples(RECIPES[name], 18)
    ]
    with pytest.raises(KeyboardInterrupt):
        tune(name, model, tmp_path / "tuned", train=train, checkpoint_every=2, progress=interrupt_after(16))
    assert holding(CANARY, tmp_path) == []
    tune(name, model, tmp_path / "tuned", train=train, checkpoint_every=2, resume=True)
    assert holding(CANARY, tmp_path) == []
    assert (tmp_path / "tuned" / "README.md").is_file()


def test_a_card_shows_texts_where_it_is_asked_to(model: Path, tmp_path: Path) -> None:
    train = [replace(each, texts=(f"a {CANARY} ```", each.texts[1])) for each in examples(small("nli"), 18)]
    tune("nli", model, tmp_path / "tuned", train=train, max_steps=1, card_examples=True)
    assert holding(CANARY, tmp_path) == ["README.md"]
    card = (tmp_path / "tuned" / "README.md").read_text(encoding="utf-8")
    assert card.count("```") == 4


def test_the_card_tells_data_settings_log_figures_and_versions(model: Path, tmp_path: Path) -> None:
    metadata = tune("nli", model, tmp_path / "tuned")
    card = (tmp_path / "tuned" / "README.md").read_text(encoding="utf-8")
    for part in (
        'base_model: "tiny"',
        "- loss:SoftmaxLoss",
        "- dataset_size:18",
        "entailment 6, neutral 6, contradiction 6",
        "| learning_rate | `0.001` |",
        "| per_device_train_batch_size | `4` |",
        "| num_train_epochs | `2` |",
        "| seed | `42` |",
        f"| head accuracy | {metadata['figures']['base']['head_accuracy']:.4f} |",
        "- sentence-transformers: ",
    ):
        assert part in card
    assert str(tmp_path) not in card + json.dumps(metadata)
    assert len(metadata["data"]["fingerprint"]) == 64


def test_half_precision_that_the_device_lacks_is_refused(model: Path, tmp_path: Path) -> None:
    import torch

    from dupfind.training.fine_tune import fine_tune

    if torch.cuda.is_available():
        pytest.skip("a GPU has fp16")
    recipe = small("issue-titles")
    train, test = examples(recipe, 18), examples(recipe, 9, seed=1)
    with pytest.raises(DupfindError, match="fp16 needs a GPU"):
        fine_tune(recipe, train, test, ModelFolder(model), tmp_path / "tuned", precision="fp16")
    fine_tune(recipe, train, test, ModelFolder(model), tmp_path / "tuned", precision="bf16", max_steps=2)
    assert json.loads((tmp_path / "tuned" / "training.json").read_text())["precision"] == "bf16"
