"""Texts to unit vectors: the protocol that every encoder follows, and the engines that do."""

from importlib.util import find_spec

from dupfind.encoders.encoder import Encoder, Vectors
from dupfind.encoders.model_encoder import ModelEncoder
from dupfind.encoders.model_folder import ModelFolder
from dupfind.encoders.weights import DEFAULT_MODEL, find_model
from dupfind.errors import ModelError

__all__ = [
    "DEFAULT_MODEL",
    "Encoder",
    "ModelFolder",
    "Vectors",
    "available_devices",
    "available_engines",
    "find_model",
    "load_encoder",
]


def load_encoder(
    model: ModelFolder,
    engine: str = "auto",
    device: str = "auto",
    threads: int | None = None,
    precision: str = "auto",
) -> Encoder:
    """Load a model into the engine that suits the work; only the libraries of that engine are imported.

    Args:
        model: From `find_model`.
        engine: "auto" for bulk work: torch where it is installed, else numpy. "quick" for a few texts: numpy,
            which starts in a tenth of a second, else torch. "numpy" or "torch" for that one and no other.
        device: "auto", "cpu" or "cuda"; numpy has the CPU alone.
        threads: Threads of the CPU; None for one a core.
        precision: "auto" (bfloat16 where the hardware is faster with it), "fp32", or "bf16" (torch alone).

    Raises:
        ModelError: No installed engine runs the model, or the device is not there; the message says what to
            install.
    """
    for value, known in (
        (engine, ("auto", "quick", "numpy", "torch")),
        (device, ("auto", "cpu", "cuda")),
        (precision, ("auto", "fp32", "bf16")),
    ):
        if value not in known:
            raise ModelError(f"{value!r} is none of {', '.join(known)}")
    why_not = model.layout.why_not_bert
    has_torch = find_spec("torch") is not None
    # What is asked for by name is done that way or not at all; the rest is a choice.
    only_torch = engine == "torch" or device == "cuda" or precision == "bf16"
    if engine == "numpy" and only_torch:
        raise ModelError("the numpy engine computes in fp32 on the CPU: ask for the torch engine")
    if why_not is None and not only_torch and (engine in ("numpy", "quick") or not has_torch):
        from dupfind.encoders.numpy_engine import NumpyEngine

        return ModelEncoder(model, NumpyEngine(model, threads))
    if engine == "numpy":
        raise ModelError(f"the numpy engine runs plain BERT models, and {model.name} is none: {why_not}")
    if not has_torch:
        reason = "torch was asked for" if why_not is None else f"{model.name} needs it ({why_not})"
        raise ModelError(f"torch is not installed and {reason}: pip install 'dupfind[train]'")
    if why_not is None:
        from dupfind.encoders.torch_engine import TorchEngine

        return ModelEncoder(model, TorchEngine(model, device, threads, precision))
    from dupfind.encoders.modules_engine import ModulesEngine

    return ModelEncoder(model, ModulesEngine(model, device, threads, precision))


def available_engines() -> list[str]:
    """List the installed engines with their versions and what they serve, importing none of them."""
    from importlib.metadata import PackageNotFoundError, version

    serves = {
        "numpy": "single texts, and everything where torch is missing; BERT models",
        "torch": "bulk encoding; BERT models",
        "sentence-transformers": "models that are no BERT, on torch",
    }
    found = []
    for name, what in serves.items():
        try:
            found.append(f"{name} {version(name)}: {what}")
        except PackageNotFoundError:
            continue
    return found


def available_devices() -> list[str]:
    """List where torch can compute and how, such as "cpu: 2 threads, bf16"; [] without torch. Imports it."""
    if find_spec("torch") is None:
        return []
    from dupfind.encoders.devices import describe_devices

    return describe_devices()
