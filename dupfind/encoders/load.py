"""Loads a model into the engine that suits the work, and lists the installed engines and devices."""

from importlib.util import find_spec

from dupfind.encoders import torch_library
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
    """Load a model into an engine; only the libraries of that engine are imported.

    Args:
        model: From `find_model`.
        engine: "auto" for bulk work: torch if it is installed, else numpy. "quick" for a few texts: numpy,
            which starts in a tenth of a second, else torch. "numpy" or "torch" for exactly that engine.
        device: "auto", "cpu" or "cuda"; numpy runs on the CPU only.
        threads: Threads of the CPU; None for one a core.
        precision: "auto" (bfloat16 if the hardware is faster with it), "fp32", or "bf16" (torch only).

    Raises:
        ModelError: No installed engine runs the model, or the device is missing; the message names the package to
            install.
        DupfindError: There is too little memory for torch.
    """
    for value, choices in (
        (engine, ("auto", "quick", "numpy", "torch")),
        (device, ("auto", "cpu", "cuda")),
        (precision, ("auto", "fp32", "bf16")),
    ):
        if value not in choices:
            raise ModelError(f"{value!r} is not one of {', '.join(choices)}")
    why_not = model.layout.why_not_bert
    has_torch = find_spec("torch") is not None  # looks for torch without importing it
    # An engine, device or precision that is named is used or refused; "auto" and "quick" are choices.
    only_torch = engine == "torch" or device == "cuda" or precision == "bf16"
    if engine == "numpy" and only_torch:
        raise ModelError("the numpy engine computes in fp32 on the CPU: choose the torch engine")
    if why_not is None and not only_torch and (engine in ("numpy", "quick") or not has_torch):
        from dupfind.encoders.numpy_engine import NumpyEngine

        return ModelEncoder(model, NumpyEngine(model, threads))
    if engine == "numpy":
        raise ModelError(f"the numpy engine runs plain BERT models only, not {model.name}: {why_not}")
    if not has_torch:
        reason = "torch was requested" if why_not is None else f"{model.name} needs it ({why_not})"
        raise ModelError(f"torch is not installed and {reason}: pip install 'dupfind[train]'")
    torch_library.load()
    if why_not is None:
        from dupfind.encoders.torch_engine import TorchEngine

        return ModelEncoder(model, TorchEngine(model, device, threads, precision))
    from dupfind.encoders.modules_engine import ModulesEngine

    return ModelEncoder(model, ModulesEngine(model, device, threads, precision))


def available_engines() -> list[str]:
    """List the installed engines with their versions and uses, without importing them."""
    from importlib.metadata import PackageNotFoundError, version

    uses = {
        "numpy": "single texts, and everything if torch is missing; BERT models",
        "torch": "bulk encoding; BERT models",
        "sentence-transformers": "models other than BERT, on torch",
    }
    engines = []
    for name, use in uses.items():
        try:
            engines.append(f"{name} {version(name)}: {use}")
        except PackageNotFoundError:
            continue
    return engines


def available_devices() -> list[str]:
    """List torch's devices with their precision, such as "cpu: 2 cores, bf16"; [] without torch. Imports torch."""
    if find_spec("torch") is None:
        return []
    from dupfind.encoders.devices import describe_devices

    return describe_devices()
