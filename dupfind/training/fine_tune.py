"""Fine-tune a model by a recipe with sentence-transformers' trainer, from one model folder to another."""

import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
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
from dupfind.progress import Advance
from dupfind.training import checkpoints, losses, model_card
from dupfind.training.pair_file import Example
from dupfind.training.pair_metrics import Encode, Figures, head_accuracy, judge
from dupfind.training.recipes import Recipe
from dupfind.training.sampling import sampler
from dupfind.training.trainer import Evaluator, Trainer, TrainingMonitor

SCHEMA_VERSION = 1
METADATA = "training.json"
"""Name of the file in a model's folder that holds its origin, settings and figures."""
N_CHECKPOINTS = 10
"""Checkpoints of a run; a kill costs the work after the last one."""
N_LOGGED = 50
"""Times that a run logs its loss."""


@dataclass(frozen=True)
class FineTuned:
    """A fine-tuned model and its figures.

    Attributes:
        model: The folder.
        base: The held-out figures before training, by name.
        tuned: The same after it.
        pairs_a_second: Speed of the steps, without evaluations and checkpoints.
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
    metadata: dict[str, Any] | None = None,
    progress: Advance | None = None,
) -> FineTuned:
    """Fine-tune a model on examples, and write it to a folder.

    The same seed, data, machine and number of threads give the same weights, whether the run was interrupted or not.
    Under `accelerate launch` each process takes its share of the batches, and the first one writes.

    Args:
        recipe: Its kind is that of the examples.
        train: Examples to learn from, all with as many texts.
        test: Held-out examples to measure base and tuned model on.
        base: The model to compare with; its weights have a share of `recipe.base_weight` in the result.
        start: A model made from the base, to start training from; None for the base.
        out: A folder that does not exist. Until it does, checkpoints are in `<out>.checkpoints`.
        seed: Of the order, the dropout and new weights.
        max_steps: Stop after so many steps; None for all epochs.
        precision: "auto" (half where the hardware is faster with it), "fp32", "fp16" or "bf16".
        resume: Whether to continue from the checkpoints of an interrupted run.
        checkpoint_every: Steps between two checkpoints; None for a tenth of all steps.
        card_examples: Whether the card may show texts.
        metadata: Added to training.json, such as the origin of the pairs.
        progress: Called with the number of pairs of each finished step.

    Raises:
        DupfindError: The folder exists; there is an unfinished run and `resume` is not set, or its data or
            settings are different; or the device lacks the precision.
    """
    if out.exists():
        raise DupfindError(f"{out} exists: name a new folder with --out")
    device = choose_device("auto")
    half = _half_precision(recipe, precision, device)
    start = start or base
    data = fingerprint(train, test)
    run = f"{data} {base.fingerprint} {start.fingerprint} {recipe.to_json()} {seed} {max_steps} {half}"
    scratch, processes = checkpoints.folder(out), PartialState(cpu=device.type == "cpu")
    with processes.main_process_first():  # the others find the run that it has begun
        checkpoint = checkpoints.begin(scratch, run, resume=resume or not processes.is_main_process)

    torch.manual_seed(seed)  # before the loss, whose own weights are random
    model = _model(start, recipe, device)
    loss = losses.build(recipe, model)
    before = _figures(load_encoder(base, precision="fp32").encode, test, recipe, loss)
    arguments = _arguments(
        recipe,
        train,
        scratch,
        device,
        half,
        seed=seed,
        max_steps=max_steps,
        checkpoint_every=checkpoint_every,
    )
    monitor = TrainingMonitor(len(train), progress)
    trainer = Trainer(
        is_packed=device.type == "cpu" and base.layout.why_not_bert is None,
        model=model,
        args=arguments,
        train_dataset=_dataset(train),
        loss=loss,
        evaluator=Evaluator(lambda: _figures(trainer.encode, test, recipe, loss)),
        callbacks=[monitor],
    )
    _train(trainer, recipe, checkpoint)
    _average_with_base(model, base, recipe, device)

    tuned = scratch / "model"
    if processes.is_main_process:
        model.save_pretrained(str(tuned), create_model_card=False)
    processes.wait_for_everyone()
    after = _figures(load_encoder(ModelFolder(tuned), precision="fp32").encode, test, recipe, loss)
    document = {
        "schema_version": SCHEMA_VERSION,
        "model": out.name,
        "recipe": recipe.to_json(),
        "base": {"name": base.name, "fingerprint": base.fingerprint},
        "seed": seed,
        "steps": trainer.state.global_step,
        "precision": next((name for name, is_used in half.items() if is_used), "fp32"),
        "device": device.type,
        "data": {
            "fingerprint": data,
            **{
                part: model_card.example_statistics(examples, recipe, ModelFolder(tuned))
                for part, examples in (("train", train), ("test", test))
            },
        },
        "figures": {"base": before, "tuned": after},
        "settings": model_card.settings(arguments.to_dict()),
        "log": trainer.state.log_history,
        "pairs_a_second": round(monitor.pairs_a_second, 1),
        "versions": model_card.versions(),
        **(metadata or {}),
    }
    processes.wait_for_everyone()  # every process has read the folder before it moves
    if processes.is_main_process:
        _publish(tuned, out, document, train[: model_card.N_EXAMPLES] if card_examples else ())
        checkpoints.remove(scratch)
    processes.wait_for_everyone()
    return FineTuned(ModelFolder(out), before, after, monitor.pairs_a_second)


def _train(trainer: Trainer, recipe: Recipe, checkpoint: Path | None) -> None:
    """Train with the recipe's shorter texts, from a checkpoint if there is one."""
    model = trainer.model
    max_length = model.max_seq_length
    model.max_seq_length = min(recipe.trained_length or max_length, max_length)
    trainer.train(resume_from_checkpoint=None if checkpoint is None else str(checkpoint))
    model.max_seq_length = max_length


def _publish(tuned: Path, out: Path, document: dict[str, Any], examples: Sequence[Example]) -> None:
    """Add training.json and the card to a model's folder, and move the folder to its final place."""
    (tuned / METADATA).write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    (tuned / "README.md").write_text(model_card.card(document, examples), encoding="utf-8")
    os.replace(tuned, out)  # atomic: the checkpoints lie next to `out`, on one file system


def is_first_process() -> bool:
    """Return whether this process is the first of those that train together; it alone reports the result."""
    return bool(PartialState().is_main_process)


def fingerprint(*parts: Sequence[Example]) -> str:
    """Return a hash of all texts and labels of some parts, in their order."""
    hashed = hashlib.sha256()
    for part in parts:
        for example in part:
            hashed.update(json.dumps([example.texts, example.label]).encode())
        hashed.update(b"\n")
    return hashed.hexdigest()


def _arguments(
    recipe: Recipe,
    train: Sequence[Example],
    folder: Path,
    device: torch.device,
    half: dict[str, bool],
    *,
    seed: int,
    max_steps: int | None,
    checkpoint_every: int | None,
) -> SentenceTransformerTrainingArguments:
    """Return the trainer's settings; those that are not named here keep the library's defaults."""
    n_steps = max_steps or recipe.epochs * -(-len(train) // recipe.batch_size)
    # The key matches names of parameters; SoftmaxLoss calls its layer `classifier`.
    rates = {} if recipe.head_learning_rate is None else {"classifier": recipe.head_learning_rate}
    return SentenceTransformerTrainingArguments(
        output_dir=str(folder),
        num_train_epochs=recipe.epochs,
        max_steps=max_steps or -1,
        seed=seed,
        batch_sampler=sampler(recipe, train),
        per_device_train_batch_size=recipe.batch_size,
        learning_rate=recipe.learning_rate,
        learning_rate_mapping=rates,
        optim="adamw_torch_fused",
        use_cpu=device.type == "cpu",
        dataloader_pin_memory=device.type == "cuda",  # torch warns about it without an accelerator
        **half,
        eval_strategy="epoch" if recipe.evaluate_every is None else "steps",
        eval_steps=recipe.evaluate_every,
        save_strategy="steps",
        save_steps=checkpoint_every or max(1, n_steps // N_CHECKPOINTS),
        save_total_limit=2,  # a kill during a save leaves the one before
        logging_steps=max(1, n_steps // N_LOGGED),
        disable_tqdm=True,
        log_level="error",
        report_to="none",
    )


def _half_precision(recipe: Recipe, precision: str, device: torch.device) -> dict[str, bool]:
    """Return the trainer's flags of half precision."""
    if precision == "auto" and recipe.half and device.type == "cuda":
        precision = "fp16"
    if precision == "fp16" and device.type == "cpu":
        raise DupfindError("fp16 needs a GPU: pass --bf16 (fast on some processors), or neither")
    is_bf16 = precision != "fp16" and choose_precision(precision, device) == torch.bfloat16
    return {"bf16": is_bf16, "fp16": precision == "fp16"}


def _model(base: ModelFolder, recipe: Recipe, device: torch.device) -> SentenceTransformer:
    """Load the base, with the recipe's length of texts and with or without a Normalize module at its end."""
    model = load_modules(base, device)
    is_normal = isinstance(model[-1], Normalize)
    if is_normal and not recipe.normalize:
        del model[-1]
    elif recipe.normalize and not is_normal:
        model.append(Normalize())
    if not recipe.dropout:
        for module in model.modules():
            if isinstance(module, torch.nn.Dropout):
                module.p = 0.0
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


def _average_with_base(
    model: SentenceTransformer, base: ModelFolder, recipe: Recipe, device: torch.device
) -> None:
    """Average the weights with the base's, in place, so that the model forgets less (Wortsman et al. 2022)."""
    if recipe.base_weight:
        with torch.no_grad():
            for tuned, before in zip(
                model.parameters(), _model(base, recipe, device).parameters(), strict=True
            ):
                tuned.lerp_(before, recipe.base_weight)
