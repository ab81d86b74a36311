"""The numbers of a safetensors file, read in place: a checked header and memory-mapped arrays."""

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dupfind.errors import ModelError

Array = NDArray[np.float32]

_MAX_HEADER = 100_000_000  # the format's own limit
_TYPES = {"F32": "<f4", "F16": "<f2", "BF16": "<u2"}


class SafetensorsFile:
    """Named float32 arrays out of one safetensors file or several shards.

    Stored float32 is a view of the mapped file, so that opening 90 MB takes a millisecond and only what is
    touched is read; float16 and bfloat16 are widened on the way. The views are copy-on-write: the file never
    changes.
    The format: https://huggingface.co/docs/safetensors (8 bytes of length, a JSON header, the numbers).
    """

    def __init__(self, paths: Sequence[Path]) -> None:
        """Open the files.

        Raises:
            ModelError: A file is missing, cut short, or no safetensors file.
        """
        self._entries: dict[str, tuple[Path, NDArray[np.uint8], dict[str, Any]]] = {}
        for path in paths:
            header, data = _open(path)
            self._entries |= {
                name: (path, data, entry) for name, entry in header.items() if name != "__metadata__"
            }

    def __contains__(self, name: str) -> bool:
        """Is there a tensor of this name?"""
        return name in self._entries

    def get(self, name: str, shape: tuple[int, ...] | None = None) -> Array:
        """Give a tensor as float32.

        Args:
            name: Its name in the file.
            shape: What it must be; None accepts any.

        Raises:
            ModelError: It is not there, of another shape, or no floating-point number of 16 or 32 bits.
        """
        if name not in self._entries:
            raise ModelError(f"the model's weights lack {name}: fetch the model again")
        path, data, entry = self._entries[name]
        kind = _TYPES.get(entry["dtype"])
        if kind is None:
            raise ModelError(
                f"{path} stores {name} as {entry['dtype']}, which only the torch engine may read"
            )
        found = tuple(entry["shape"])
        if shape is not None and found != shape:
            raise ModelError(
                f"{path} holds {name} as {found} where config.json says {shape}: the files do not match"
            )
        start, end = entry["data_offsets"]
        numbers = data[start:end].view(kind).reshape(found)
        if entry["dtype"] == "BF16":  # the upper half of a float32
            return (numbers.astype(np.uint32) << 16).view(np.float32)
        return numbers.astype(np.float32, copy=False)


def check_safetensors(path: Path) -> None:
    """Make sure that a file is whole, as far as its header tells.

    Raises:
        ModelError: It is missing, cut short, or no safetensors file.
    """
    _open(path)


def _open(path: Path) -> tuple[dict[str, Any], NDArray[np.uint8]]:
    try:
        with path.open("rb") as file:
            size = int.from_bytes(file.read(8), "little")
            if not 2 <= size <= _MAX_HEADER:
                raise ValueError("it has no header")
            header = json.loads(file.read(size))
        data = np.memmap(path, dtype=np.uint8, mode="c", offset=8 + size)
        end = 0
        for name, entry in header.items():
            if name == "__metadata__":
                continue
            start, stop = entry["data_offsets"]
            width = _TYPES.get(entry["dtype"])
            if not 0 <= start <= stop:
                raise ValueError(f"{name} lies nowhere")
            if width is not None and stop - start != math.prod(entry["shape"]) * np.dtype(width).itemsize:
                raise ValueError(f"{name} has another size than its shape")
            end = max(end, stop)
        if end != data.size:
            raise ValueError(f"it holds {data.size:,} bytes of numbers where its header announces {end:,}")
    except FileNotFoundError:
        raise ModelError(f"{path} is missing: only a part of the model is there; fetch it again") from None
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise ModelError(f"{path} is damaged or half downloaded ({error}): fetch the model again") from error
    return header, data
