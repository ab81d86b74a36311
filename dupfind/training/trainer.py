"""sentence-transformers' trainer without padding, with complete checkpoints, and without texts in any file."""

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from sentence_transformers import SentenceTransformerTrainer
from sentence_transformers.base.evaluation import BaseEvaluator
from transformers import PrinterCallback, TrainerCallback

from dupfind.encoders.load import Vectors
from dupfind.progress import Advance
from dupfind.training import checkpoints, packed_forward
from dupfind.training.pair_metrics import Figures

_LOSS = "loss.safetensors"
"""File in a checkpoint with the weights of the loss itself, which the library leaves out."""


class Trainer(SentenceTransformerTrainer):  # type: ignore[misc]
    """The library's trainer with three differences.

    A batch goes through the model without padding (where `is_packed`). A checkpoint holds the loss's own weights, so
    that a resumed run gives the same model as an unbroken one. Neither the checkpoint nor the model has a card, because
    the library's card shows texts.
    """

    def __init__(self, *, is_packed: bool, **settings: Any) -> None:
        """Configure the trainer.

        Args:
            is_packed: Whether to leave out the padding; for a BERT on the CPU.
            settings: Of the library.
        """
        self._is_packed = is_packed
        super().__init__(**settings)
        self.remove_callback(PrinterCallback)  # the library adds it with disable_tqdm=True

    def add_model_card_callback(self, default_args_dict: dict[str, Any]) -> None:
        """Collect no texts for a card."""

    def compute_loss(
        self, model: Any, inputs: dict[str, Any], return_outputs: bool = False, num_items_in_batch: Any = None
    ) -> Any:
        """Return the loss of a batch; its columns are encoded together before the loss calls the model."""
        context: AbstractContextManager[None] = nullcontext()
        if self._is_packed:
            names = [name.removesuffix("input_ids") for name in inputs if name.endswith("_input_ids")]
            columns, _ = self.collect_features(inputs)
            with self.accelerator.autocast():
                encoded = packed_forward.vectors(self.model, columns)  # (batch, dim) a column
            inputs |= {
                f"{name}sentence_embedding": vectors for name, vectors in zip(names, encoded, strict=True)
            }
            context = packed_forward.precomputed(self.model)
        with context:
            return super().compute_loss(model, inputs, return_outputs, num_items_in_batch)

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Encode texts with the model as it stands, in the precision of the training."""
        if not self._is_packed:
            return np.asarray(self.model.encode(list(texts), show_progress_bar=False))
        with self.accelerator.autocast():
            return packed_forward.encode(self.model, texts)

    def _save(self, output_dir: str | None = None, state_dict: Any = None) -> None:
        folder = Path(output_dir or self.args.output_dir)
        self.model.save_pretrained(str(folder), create_model_card=False)
        # safetensors refuses tensors that are not contiguous.
        own = {name: value.contiguous() for name, value in self._own_weights().items()}
        if own:
            save_file(own, folder / _LOSS)

    def _load_from_checkpoint(self, checkpoint_path: str, model: Any = None) -> None:
        super()._load_from_checkpoint(checkpoint_path)
        own = self._own_weights()
        if own:
            for name, saved in load_file(Path(checkpoint_path) / _LOSS).items():
                own[name].copy_(saved)

    def _own_weights(self) -> dict[str, torch.Tensor]:
        """Return the weights of the loss that do not belong to the model."""
        # The loss contains the model, and so lists its weights, too.
        inner = {id(value) for value in self.model.parameters()}
        return {name: value.data for name, value in self.loss.named_parameters() if id(value) not in inner}


class TrainingMonitor(TrainerCallback):  # type: ignore[misc]
    """Counts pairs and the seconds of the steps, and marks checkpoints as complete."""

    def __init__(self, n_pairs: int, progress: Advance | None) -> None:
        """Start with the number of pairs of an epoch, and the function that shows progress."""
        self._seconds = 0.0
        self._n_steps = 0
        self._n_pairs = n_pairs
        self._pairs_a_step = 0.0
        self._progress = progress
        self._since = 0.0

    @property
    def pairs_a_second(self) -> float:
        """Speed of this process's steps."""
        return self._n_steps * self._pairs_a_step / self._seconds if self._seconds else 0.0

    def on_train_begin(self, args: Any, state: Any, control: Any, *, train_dataloader: Any, **_: Any) -> None:
        """Start the clock, and report the steps of an earlier process at once."""
        self._pairs_a_step = self._n_pairs / len(train_dataloader)
        if self._progress is not None and state.global_step:
            self._progress(state.global_step * self._pairs_a_step)
        self._since = time.perf_counter()

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Count a step."""
        now = time.perf_counter()
        self._seconds += now - self._since
        self._since = now
        self._n_steps += 1
        if self._progress is not None:
            self._progress(self._pairs_a_step)

    def on_evaluate(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Leave the time of an evaluation out."""
        self._since = time.perf_counter()

    def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Mark a checkpoint as complete, keep no other, and leave its time out."""
        checkpoint = Path(args.output_dir) / f"checkpoint-{state.global_step}"
        checkpoints.finish(checkpoint)
        if state.is_world_process_zero:
            checkpoints.remove_others(checkpoint)
        self._since = time.perf_counter()


class Evaluator(BaseEvaluator):  # type: ignore[misc]
    """Evaluate by a function that needs no arguments."""

    def __init__(self, figures: Callable[[], Figures]) -> None:
        """Set the function."""
        super().__init__()
        self._figures = figures

    def __call__(
        self, model: Any, output_path: str | None = None, epoch: int = -1, steps: int = -1
    ) -> Figures:
        """Return the figures; no file is written."""
        return self._figures()
