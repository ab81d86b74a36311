"""The torch engine for other architectures: sentence-transformers' modules, in batches of like length."""

import warnings
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any

import numpy as np
import torch
from torch.nn import functional

from dupfind.encoders.devices import choose_device, choose_precision, engine_name, torch_threads
from dupfind.encoders.model_encoder import Deliver
from dupfind.encoders.model_folder import ModelFolder
from dupfind.encoders.safetensors_file import Array
from dupfind.encoders.threads import n_threads
from dupfind.encoders.tokenizer import ModelTokenizer, library_errors, well_formed
from dupfind.errors import ModelError, shortage

_CPU_BUDGET = 1024  # tokens a batch, padding included
_CUDA_BUDGET = 32_768


class ModulesEngine:
    """Runs any sentence-transformers folder.

    bfloat16 is autocast, which keeps normalisation and pooling in float32.
    """

    window = 4096

    def __init__(
        self, model: ModelFolder, device: str = "auto", threads: int | None = None, precision: str = "auto"
    ) -> None:
        """Load a model; code and pickles in its folder are refused.

        Args:
            model: Any model folder.
            device: "auto", "cpu" or "cuda".
            threads: Threads of the CPU inside each product; None for one a core.
            precision: "auto", "fp32" or "bf16".

        Raises:
            ModelError: sentence-transformers is not installed or cannot load the model, or the device is missing.
        """
        self._model = model
        self._layout = model.layout
        self._device = choose_device(device)
        self._dtype = choose_precision(precision, self._device)
        self._threads = n_threads(threads)
        self._budget = _CUDA_BUDGET if self._device.type == "cuda" else _CPU_BUDGET
        if model.tokenizer.exists():  # older models have a list of words in its place, and no steps to check
            _ = self.tokenizer  # checked before another library reads it
        self._net = load_modules(model, self._device)
        self.name = engine_name(self._device, self._dtype)
        # Some modules do not report their width; then a forward pass shows it.
        self.dim: int = self._net.get_embedding_dimension() or self._forward([""]).shape[1]

    @cached_property
    def tokenizer(self) -> ModelTokenizer:
        """The model's tokenizer."""
        return ModelTokenizer(self._model)

    def run(self, texts: Sequence[str], deliver: Deliver) -> None:
        """Encode a window of texts, as `Engine.run`.

        Raises:
            ModelError: The device's memory does not hold one text, or the model cannot be run.
        """
        window = [well_formed(text) for text in texts]
        with torch_threads(self._threads):
            for batch in self._batches(window):
                with library_errors(self._model.path):
                    vectors = self._forward_or_halves([window[text] for text in batch])
                deliver(np.array(batch), vectors)

    def _batches(self, texts: Sequence[str]) -> Iterator[list[int]]:
        """Yield the places of texts, the longest first, as many at a time as the budget holds with padding."""
        prompt = self._layout.prompt
        with library_errors(self._model.path):
            ids = self._net.tokenizer(
                [prompt + text for text in texts], truncation=True, max_length=self._layout.max_length
            )["input_ids"]
        order = sorted(range(len(texts)), key=lambda text: -len(ids[text]))
        while order:
            # The first text is the longest, so the others are padded to its length.
            n_taken = max(1, self._budget // max(1, len(ids[order[0]])))
            yield order[:n_taken]
            del order[:n_taken]

    def _forward_or_halves(self, texts: list[str]) -> Array:
        """Run a batch; if the device's memory does not hold it, run its halves, down to one text."""
        try:
            return self._forward(texts)
        except torch.OutOfMemoryError as error:
            if len(texts) == 1:
                raise ModelError(
                    f"the memory of {self._device} does not hold one text: "
                    "close other programs that use it, or pass --device cpu"
                ) from error
        # Outside the except clause: the error holds the tensors of the failed run.
        if self._device.type == "cuda":
            torch.cuda.empty_cache()
        self._budget = max(_CPU_BUDGET, self._budget // 2)  # _batches reads it again for the next batch
        half = len(texts) // 2
        return np.concatenate([self._forward_or_halves(texts[:half]), self._forward_or_halves(texts[half:])])

    @torch.inference_mode()
    def _forward(self, texts: list[str]) -> Array:
        features = self._net.preprocess(texts, prompt=self._layout.prompt or None)
        features = {
            key: each.to(self._device) if torch.is_tensor(each) else each for key, each in features.items()
        }
        with torch.autocast(self._device.type, torch.bfloat16, enabled=self._dtype == torch.bfloat16):
            embeddings = self._net(features)["sentence_embedding"]  # (n, dim)
        vectors: Array = functional.normalize(embeddings.float()).cpu().numpy()  # (n, dim) float32
        return vectors


def load_modules(model: ModelFolder, device: torch.device) -> Any:
    """Load a folder as a SentenceTransformer for encoding, in float32.

    Raises:
        ModelError: sentence-transformers is not installed or cannot load it.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the library warns about its own parts
            from sentence_transformers import SentenceTransformer
            from transformers.utils.logging import disable_progress_bar, set_verbosity_error

            disable_progress_bar()
            set_verbosity_error()
            return SentenceTransformer(
                str(model.path),
                device=str(device),
                local_files_only=True,
                trust_remote_code=False,
                # transformers 5 keeps the stored precision by default, which may be half.
                model_kwargs={"use_safetensors": True, "dtype": "float32"},
            ).eval()
    except ImportError as error:
        raise shortage(error) or ModelError(
            f"{model.name} needs sentence-transformers ({error}): pip install 'dupfind[train]'"
        ) from error
    # The library raises errors of many kinds for a damaged folder.
    except Exception as error:
        first = str(error).strip().partition("\n")[0]
        raise shortage(error) or ModelError(
            f"sentence-transformers cannot load {model.name} ({first})"
        ) from error
