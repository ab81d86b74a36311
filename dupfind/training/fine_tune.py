"""A fine-tune: sentence-transformers' trainer, run as a recipe says, from a model folder to a model folder."""

import hashlib
import json
import os
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from accelerate import PartialState
from datasets import Dataset
from sentence_transformers import SentenceTransformer, SentenceTransformerTrainingArguments
from sentence_transformers.base.modules import Normalize

from dupfind.encoders.devices import choose_device, choose_precision
from dupfind.encoders.load import ModelFolder, load_encoder
from dupfind.encoders.modules_engine import load_modules
from dupfind.errors import DupfindError
from dupfind.training import checkpoints, losses, model_card
from dupfind.training.pair_file import Example
from dupfind.training.pair_metrics import Encode, Figures, head_accuracy, judge
from dupfind.training.recipes import Recipe
from dupfind.training.sampling import sampler
from dupfind.training.trainer import Evaluator, Trainer, Watch

SCHEMA_VERSION = 1
TOLD = "training.json"
"""In a model's folder: what it was made of, how, and what came of it."""
N_CHECKPOINTS = 10
"""Of a run; a kill costs what came after the last one."""
N_LOGGED = 50
"""Times that a run notes its loss."""


@dataclass(frozen=True)
class FineTuned:
    """What came out.

    Attributes:
        model: The folder.
        base: The held-out figures before training, by name.
        tuned: The same after it.
        pairs_a_second: How fast the steps were, evaluations and checkpoints left out.
    """

    model: ModelFolder
    base: Figures
    tuned: Figures
    pairs_a_second: float


def fine_tune(
    recipe: Recipe,
    train: Sequence[Example],
    test: Sequence[Example],
    base: ModelFolder,
    out: Path,
    *,
    start: ModelFolder | None = None,
    seed: int = 42,
    max_steps: int | None = None,
    precision: str = "auto",
    resume: bool = False,
    checkpoint_every: int | None = None,
    card_examples: bool = False,
    facts: dict[str, Any] | None = None,
    progress: Callable[[float], None] | None = None,
) -> FineTuned:
    """Fine-tune a model on examples, and write it to a folder.

    The same seed, data, machine and number of threads give the same weights, whether the run was interrupted or not.
    Started by `accelerate launch`, each process takes its share of the batches, and the first one writes.

    Args:
        recipe: What to do; its kind is that of the examples.
        train: What is learned from, all of as many texts.
        test: What base and tuned model are measured on; none of it is learned.
        base: Where the weights come from, what has a share in the average, and what is compared with.
        start: A model that was made of the base, to begin with in its place.
        out: A folder that does not exist. Checkpoints lie beside it, in `<out>.checkpoints`, until it does.
        seed: Of the order, the dropout and new weights.
        max_steps: Fewer steps than the epochs have.
        precision: "auto" (half where the hardware is faster with it), "fp32", "fp16" or "bf16".
        resume: Whether to go on from the checkpoints of a run that was interrupted.
        checkpoint_every: Steps between two checkpoints; None for a tenth of them all.
        card_examples: Whether the card may show texts.
        facts: What the caller adds to training.json, such as where the pairs come from.
        progress: Called with the number of pairs of each finished step.

    Raises:
        DupfindError: The folder exists, there is an unfinished run and `resume` is not asked for, its data and
            settings are others, or the device has no such precision.
    """
    if out.exists():
        raise DupfindError(f"{out} exists: name a folder that does not, with --out")
    device = choose_device("auto")
    halves = _halves(recipe, precision, device)
    data = fingerprint(train, test)
    start = start or base
    run = f"{data} {base.fingerprint} {start.fingerprint} {recipe} {seed} {max_steps} {halves}"
    place, processes = checkpoints.folder(out), PartialState(cpu=device.type == "cpu")
    with processes.main_process_first():
        checkpoint = checkpoints.begin(place, run, resume=resume or not processes.is_main_process)

    torch.manual_seed(seed)
    model = _model(start, recipe, device)
    loss = losses.build(recipe, model)
    before = _figures(load_encoder(base, precision="fp32").encode, test, recipe, loss)
    arguments = SentenceTransformerTrainingArguments(
        output_dir=str(place),
        max_steps=max_steps or -1,
        seed=seed,
        batch_sampler=sampler(recipe, train),
        use_cpu=device.type == "cpu",
        dataloader_pin_memory=device.type == "cuda",
        **halves,
        **_settings(
            recipe, max_steps or recipe.epochs * -(-len(train) // recipe.batch_size), checkpoint_every
        ),
    )
    watch = Watch(len(train), progress)
    trainer = Trainer(
        is_packed=device.type == "cpu" and base.layout.why_not_bert is None,
        model=model,
        args=arguments,
        train_dataset=_dataset(train),
        loss=loss,
        evaluator=Evaluator(lambda: _figures(trainer.encode, test, recipe, loss)),
        callbacks=[watch],
    )
    longest = model.max_seq_length
    model.max_seq_length = min(recipe.trained_length or longest, longest)
    trainer.train(resume_from_checkpoint=None if checkpoint is None else str(checkpoint))
    model.max_seq_length = longest
    _blend(model, base, recipe, device)
    whole = place / "model"
    if processes.is_main_process:
        model.save_pretrained(str(whole), create_model_card=False)
    processes.wait_for_everyone()
    after = _figures(load_encoder(ModelFolder(whole), precision="fp32").encode, test, recipe, loss)
    told = {
        "schema_version": SCHEMA_VERSION,
        "model": out.name,
        "recipe": asdict(recipe),
        "base": {"name": base.name, "fingerprint": base.fingerprint},
        "seed": seed,
        "steps": trainer.state.global_step,
        "precision": next((name for name, wanted in halves.items() if wanted), "fp32"),
        "device": device.type,
        "data": {
            "fingerprint": data,
            "train": model_card.example_statistics(train, recipe, ModelFolder(whole)),
            "test": model_card.example_statistics(test, recipe, ModelFolder(whole)),
        },
        "figures": {"base": before, "tuned": after},
        "settings": model_card.settings(arguments.to_dict()),
        "log": trainer.state.log_history,
        "pairs_a_second": round(watch.pairs_a_second, 1),
        "versions": model_card.versions(),
        **(facts or {}),
    }
    processes.wait_for_everyone()  # all have read the folder before it moves
    if processes.is_main_process:
        (whole / TOLD).write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
        card = model_card.card(told, train[: model_card.N_EXAMPLES] if card_examples else ())
        (whole / "README.md").write_text(card, encoding="utf-8")
        os.replace(whole, out)
        checkpoints.remove(place)
    processes.wait_for_everyone()
    return FineTuned(ModelFolder(out), before, after, watch.pairs_a_second)


def is_first_process() -> bool:
    """Whether this process is the one of those that train together which tells what came out."""
    return bool(PartialState().is_main_process)


def fingerprint(*parts: Sequence[Example]) -> str:
    """Hash of all texts and labels of some parts, in their order."""
    hashed = hashlib.sha256()
    for part in parts:
        for example in part:
            hashed.update(json.dumps([example.texts, example.label]).encode())
        hashed.update(b"\n")
    return hashed.hexdigest()


def _settings(recipe: Recipe, n_steps: int, checkpoint_every: int | None) -> dict[str, Any]:
    """What the trainer is told of a recipe; all else is its default."""
    rates = {} if recipe.head_learning_rate is None else {"classifier": recipe.head_learning_rate}
    return {
        "num_train_epochs": recipe.epochs,
        "per_device_train_batch_size": recipe.batch_size,
        "learning_rate": recipe.learning_rate,
        "learning_rate_mapping": rates,
        "optim": "adamw_torch_fused",
        "eval_strategy": "epoch" if recipe.evaluate_every is None else "steps",
        "eval_steps": recipe.evaluate_every,
        "save_strategy": "steps",
        "save_steps": checkpoint_every or max(1, n_steps // N_CHECKPOINTS),
        "save_total_limit": 2,
        "logging_steps": max(1, n_steps // N_LOGGED),
        "disable_tqdm": True,
        "log_level": "error",
        "report_to": "none",
    }


def _halves(recipe: Recipe, precision: str, device: torch.device) -> dict[str, bool]:
    """Which half precision the trainer is asked for."""
    if precision == "auto" and recipe.half and device.type == "cuda":
        precision = "fp16"
    if precision == "fp16" and device.type == "cpu":
        raise DupfindError("fp16 needs a GPU: pass --bf16, which this processor may be fast with, or neither")
    is_bf16 = precision != "fp16" and choose_precision(precision, device) == torch.bfloat16
    return {"bf16": is_bf16, "fp16": precision == "fp16"}


def _model(base: ModelFolder, recipe: Recipe, device: torch.device) -> SentenceTransformer:
    """The base with the recipe's window, and with or without a Normalize module at its end."""
    model = load_modules(base, device)
    is_normal = isinstance(model[-1], Normalize)
    if is_normal and not recipe.normalize:
        del model[-1]
    elif recipe.normalize and not is_normal:
        model.append(Normalize())
    if not recipe.dropout:
        for part in model.modules():
            if isinstance(part, torch.nn.Dropout):
                part.p = 0.0
    positions = base.layout.config.get("max_position_embeddings", recipe.max_length)
    model.max_seq_length = min(recipe.max_length, positions)
    return model


def _dataset(examples: Sequence[Example]) -> Dataset:
    columns: dict[str, Any] = {
        f"text{side}": [example.texts[side] for example in examples] for side in range(len(examples[0].texts))
    }
    if examples[0].label is not None:
        columns["label"] = [example.label for example in examples]
    return Dataset.from_dict(columns)


def _figures(encode: Encode, test: Sequence[Example], recipe: Recipe, loss: Any) -> Figures:
    figures = judge(encode, test, recipe.kind)
    if recipe.kind == "classes":
        figures["head_accuracy"] = head_accuracy(loss.classifier, encode, test)
    return figures


def _blend(model: SentenceTransformer, base: ModelFolder, recipe: Recipe, device: torch.device) -> None:
    """Average the weights with the base's, which keeps what the base knew (Wortsman et al. 2022)."""
    if recipe.soup:
        with torch.no_grad():
            for tuned, before in zip(
                model.parameters(), _model(base, recipe, device).parameters(), strict=True
            ):
                tuned.lerp_(before, recipe.soup)
