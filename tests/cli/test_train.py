"""`dupfind train`, as a person runs it."""

import json
import random
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dupfind.cli import train
from dupfind.cli.main import run
from dupfind.encoders.load import ModelFolder
from tests.support.modules import import_line
from tests.support.samples import Command
from tests.support.tiny_models import has_peer

if TYPE_CHECKING:
    from transformers import TrainerState

pytestmark = pytest.mark.slow

needs_peer = pytest.mark.skipif(not has_peer, reason="sentence-transformers is not installed")


@pytest.fixture
def pairs(here: Path) -> Path:
    """Forty pairs of made-up words, half of them alike."""
    chance = random.Random(1)

    def text() -> str:
        return " ".join("".join(chance.choices("abcdefgh", k=4)) for _ in range(5))

    rows = ["title1,title2,label"]
    for number in range(40):
        title = text()
        rows.append(f"{title},{title if number % 2 else text()} ab,{number % 2}")
    path = here / "pairs.csv"
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


@needs_peer
def test_a_model_is_trained_told_of_and_indexed_with(
    pairs: Path, model: Path, here: Path, dupfind: Command
) -> None:
    command = ("train", "pairs.csv", "--recipe", "issue-titles", "--out", "tuned", "--base-model", model)
    ran = dupfind(*command, "--batch-size", 4, "--max-steps", 4, "--fp32", "--learning-rate", 0.001)
    assert ran.code == 0, ran.err
    assert "issue-titles: learning from 36 pairs, measuring on 4" in ran.err
    assert "next: dupfind index --model tuned --rebuild" in ran.err
    assert "spearman" in ran.out
    metadata = json.loads((here / "tuned" / "training.json").read_text(encoding="utf-8"))
    assert metadata["steps"] == 4
    assert (metadata["recipe"]["batch_size"], metadata["recipe"]["learning_rate"], metadata["precision"]) == (
        4,
        0.001,
        "fp32",
    )
    assert ModelFolder(here / "tuned").name == "tuned"
    (here / "issues.jsonl").write_text('{"id": 1, "title": "abc"}\n', encoding="utf-8")
    assert dupfind("index", "issues.jsonl", "--model", "tuned", "-q").code == 0
    assert dupfind(*command, "--batch-size", 4).err.startswith("issue-titles: learning")
    assert "tuned exists: name a new folder" in dupfind(*command, "--batch-size", 4, "-q").err


@needs_peer
def test_an_interrupted_run_says_how_to_go_on_and_goes_on(
    pairs: Path, model: Path, here: Path, dupfind: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dupfind.training.trainer import TrainingMonitor

    def interrupted(
        self: TrainingMonitor, args: object, state: "TrainerState", *_: object, **__: object
    ) -> None:
        if state.global_step == 5:
            raise KeyboardInterrupt

    command = ("train", "pairs.csv", "--recipe", "concept-pairs", "--out", "tuned", "--base-model", model)
    with monkeypatch.context() as patched:
        patched.setattr(TrainingMonitor, "on_step_end", interrupted)
        ran = dupfind(*command)
    assert ran.code == 130
    assert (
        "tuned.checkpoints keeps the checkpoints: run the same command with --resume to continue" in ran.err
    )
    assert dupfind(*command).code == 2
    ran = dupfind(*command, "--resume")
    assert ran.code == 0, ran.err
    assert [path.name for path in here.glob("tuned*")] == ["tuned"]


@needs_peer
def test_figures_come_as_json_and_from_a_file_of_their_own(
    pairs: Path, model: Path, here: Path, dupfind: Command
) -> None:
    (here / "other.jsonl").write_text(
        '{"sentence1": "abab", "sentence2": "abab cd", "label": 1}\n'
        '{"sentence1": "fade", "sentence2": "bead", "label": 0}\n',
        encoding="utf-8",
    )
    command = (
        "train",
        "pairs.csv",
        "--recipe",
        "question-pairs",
        "--out",
        "tuned",
        "--base-model",
        model,
        "--json",
    )
    ran = dupfind(*command, "--eval", "other.jsonl", "--max-steps", 1, "-q")
    assert ran.code == 0, ran.err
    assert ran.err == ""
    assert ran.json["recipe"] == "question-pairs"
    assert set(ran.json["figures"]["tuned"]) >= {"pearson", "spearman", "average_precision", "recall_at_1"}


def test_the_recipes_are_listed_with_source_and_figures(dupfind: Command) -> None:
    ran = dupfind("train", "--list")
    assert ran.code == 0
    for part in (
        "page-sections: ",
        "no Normalize module",
        "a model of the 549,367 pairs of SNLI",
        "Spearman .8600",
    ):
        assert part in ran.out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--recipe", "nonsense", "--out", "x"], "there is no recipe 'nonsense': choose one of issue-titles"),
        (["--recipe", "nli", "--out", "x"], "label '1'"),
        (["--recipe", "issue-titles"], "name a new folder for the model with --out DIR"),
        (["--recipe", "issue-titles", "--out", "x", "--batch-size", "64"], "fewer than a batch of 64"),
        (["--recipe", "issue-titles", "--out", "x", "--eval", "pairs.csv"], "pairs are in both parts"),
        (["--recipe", "issue-titles", "--out", "x", "--scale", "0"], "--scale"),
        (["--recipe", "nli", "--out", "x", "--soup", "0.5"], "--soup does not work with nli"),
        (["--out", "x", "--no-adaptation"], "--no-adaptation needs a model of the index's own"),
    ],
)
def test_trouble_is_one_line_and_code_2(
    pairs: Path, arguments: list[str], message: str, dupfind: Command
) -> None:
    text = pairs.read_text(encoding="utf-8")
    if "nli" in arguments and "--soup" not in arguments:
        pairs.write_text(text.replace(",1\n", ",one\n"), encoding="utf-8")
        message = "'one' is not a label of nli"
    ran = dupfind("train", "pairs.csv", *arguments)
    assert ran.code == 2
    assert message in ran.err
    assert "Traceback" not in ran.err


def test_neither_help_nor_list_imports_torch() -> None:
    code = (
        f"import sys\n{import_line(run)}import {train.__name__}\n"
        "run(['train', '--help'])\nrun(['train', '--list'])\n"
        "assert not {'torch', 'sentence_transformers', 'datasets', 'numpy'} & set(sys.modules), sys.modules.keys()"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
