"""Reads tensors from safetensors files in place: a checked header and memory-mapped arrays."""

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dupfind.encoders.model_file import check_plain
from dupfind.errors import ModelError, shortage

Array = NDArray[np.float32]

_MAX_HEADER = 16 << 20  # bytes; 4,000 tensors have 0.5 MB, and the format allows 100 MB
_MAX_TENSORS = 100_000
_TYPES = {"F32": "<f4", "F16": "<f2", "BF16": "<u2"}  # numpy has no bfloat16, so its bits are read


class SafetensorsFile:
    """Named float32 arrays from one safetensors file or several shards.

    Stored float32 is a view of the mapped file: opening 90 MB takes a millisecond, and only pages in use are
    read. float16 and bfloat16 are converted to float32. The views are copy-on-write, so the file never changes.
    The format: https://huggingface.co/docs/safetensors (8 bytes of length, a JSON header, the numbers).
    """

    def __init__(self, paths: Sequence[Path]) -> None:
        """Open the files.

        Raises:
            ModelError: A file is missing, truncated, or not in the safetensors format.
        """
        self._entries: dict[str, tuple[Path, NDArray[np.uint8], dict[str, Any]]] = {}
        for path in paths:
            header, data = _open(path)
            self._entries |= {
                name: (path, data, entry) for name, entry in header.items() if name != "__metadata__"
            }

    def __contains__(self, name: str) -> bool:
        """Return whether there is a tensor of this name."""
        return name in self._entries

    def get(self, name: str, shape: tuple[int, ...] | None = None) -> Array:
        """Return a tensor as float32.

        Args:
            name: Its name in the file.
            shape: The required shape; None accepts any.

        Raises:
            ModelError: It is missing, has another shape, or is not a floating-point type of 16 or 32 bits.
        """
        if name not in self._entries:
            raise ModelError(f"the model's weights lack {name}: fetch the model again")
        path, data, entry = self._entries[name]
        kind = _TYPES.get(entry["dtype"])
        if kind is None:
            raise ModelError(
                f"{path} stores {name} as {entry['dtype']}, which only the torch engine may read"
            )
        actual = tuple(entry["shape"])
        if shape is not None and actual != shape:
            raise ModelError(
                f"{path} holds {name} as {actual}, but config.json requires {shape}: the files do not match"
            )
        start, end = entry["data_offsets"]
        numbers = data[start:end].view(kind).reshape(actual)
        if entry["dtype"] == "BF16":  # the upper half of a float32
            return (numbers.astype(np.uint32) << 16).view(np.float32)
        return numbers.astype(np.float32, copy=False)


def check_safetensors(path: Path) -> None:
    """Check that a file has a valid header and the size that the header announces.

    Raises:
        ModelError: It is missing, truncated, or not in the safetensors format.
    """
    _open(path)


def _open(path: Path) -> tuple[dict[str, Any], NDArray[np.uint8]]:
    try:
        check_plain(path)
        with path.open("rb") as file:
            size = int.from_bytes(file.read(8), "little")
            if not 2 <= size <= _MAX_HEADER:
                raise ValueError("it has no header")
            header = json.loads(file.read(size))
        data = np.memmap(path, dtype=np.uint8, mode="c", offset=8 + size)  # (bytes,); "c" is copy-on-write
        if len(header) > _MAX_TENSORS:
            raise ValueError(f"it has {len(header):,} tensors")
        end = 0
        for name, entry in header.items():
            if name == "__metadata__":
                continue
            start, stop = entry["data_offsets"]
            _check_numbers(name, (start, stop, *entry["shape"]))
            width = _TYPES.get(entry["dtype"])  # None for types that `get` refuses
            if not 0 <= start <= stop:
                raise ValueError(f"{name} has no valid place")
            if width is not None and stop - start != math.prod(entry["shape"]) * np.dtype(width).itemsize:
                raise ValueError(f"the size of {name} does not match its shape")
            end = max(end, stop)
        if end != data.size:
            raise ValueError(f"it holds {data.size:,} bytes of numbers, but its header announces {end:,}")
    except FileNotFoundError:
        raise ModelError(f"{path} is missing: the model is incomplete; fetch it again") from None
    except OSError as error:
        raise shortage(error) or ModelError(f"{path} cannot be read ({error.strerror})") from error
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise ModelError(f"{path} is damaged or half downloaded ({error}): fetch the model again") from error
    return header, data


def _check_numbers(name: str, numbers: Sequence[object]) -> None:
    """Refuse places and shapes that no file has, before they are multiplied."""
    if len(numbers) > 10 or not all(type(number) is int and 0 <= number < 1 << 48 for number in numbers):
        raise ValueError(f"{name} has no valid place or shape")
