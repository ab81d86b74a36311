"""Chooses where torch computes and in which precision; the only module that uses a private name of torch."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING

from dupfind.encoders.threads import n_cores
from dupfind.errors import ModelError

if TYPE_CHECKING:
    import torch


def choose_device(device: str) -> "torch.device":
    """Choose a device: "auto" is the first CUDA device if there is one, else the CPU.

    Raises:
        ModelError: CUDA is requested and missing, or the name is unknown.
    """
    import torch

    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    if device not in ("cpu", "cuda"):
        raise ModelError(f"unknown device {device!r}: pass auto, cpu or cuda")
    if device == "cuda" and not torch.cuda.is_available():
        raise ModelError(
            f"torch {torch.__version__} finds no CUDA device: pass --device cpu, or install a CUDA build"
        )
    return torch.device(device)


def choose_precision(precision: str, device: "torch.device") -> "torch.dtype":
    """Choose a number format: "auto" is bfloat16 if the hardware multiplies it faster, else float32.

    Raises:
        ModelError: The name is unknown.
    """
    import torch

    if precision not in ("auto", "fp32", "bf16"):
        raise ModelError(f"unknown precision {precision!r}: pass auto, fp32 or bf16")
    if precision == "auto":
        fast = (
            torch.cuda.is_bf16_supported(including_emulation=False)  # GPUs before Ampere only emulate it
            if device.type == "cuda"
            else has_fast_bf16()
        )
        precision = "bf16" if fast else "fp32"
    return torch.bfloat16 if precision == "bf16" else torch.float32


def engine_name(device: "torch.device", dtype: "torch.dtype") -> str:
    """Name an engine: "torch-fp32", "torch-bf16", "torch-cuda-fp32" or "torch-cuda-bf16"."""
    place = "cuda-" if device.type == "cuda" else ""
    return f"torch-{place}{'bf16' if dtype.itemsize == 2 else 'fp32'}"


def describe_devices() -> list[str]:
    """List each device and the precision that "auto" chooses on it."""
    import torch

    devices = [f"cpu: {n_cores()} cores, {'bf16' if has_fast_bf16() else 'fp32'}"]
    for number in range(torch.cuda.device_count()):
        dtype = choose_precision("auto", torch.device("cuda", number))
        memory = torch.cuda.get_device_properties(number).total_memory / 2**30
        name = torch.cuda.get_device_name(number)
        devices.append(
            f"cuda:{number}: {name}, {memory:.0f} GiB, {'bf16' if dtype == torch.bfloat16 else 'fp32'}"
        )
    return devices


@contextmanager
def torch_threads(number: int) -> Iterator[None]:
    """Limit torch's products to a number of threads."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(number)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@cache
def has_fast_bf16() -> bool:
    """Return whether this CPU multiplies bfloat16 faster than float32; without AMX it is 3 to 7 times slower."""
    import torch

    try:
        return bool(torch.cpu._is_amx_tile_supported())
    except AttributeError:  # a private name, which other versions of torch may lack
        return _time_product(torch.bfloat16) < 0.6 * _time_product(torch.float32)


def _time_product(dtype: "torch.dtype") -> float:
    """Return the seconds of the fastest of five products, of the size of an encoder's."""
    import torch

    x, weight = torch.ones(512, 384, dtype=dtype), torch.ones(1536, 384, dtype=dtype)
    times = []
    for _ in range(6):
        start = time.perf_counter()
        torch.nn.functional.linear(x, weight)
        times.append(time.perf_counter() - start)
    return min(times[1:])  # the first product also pays for torch's setup
