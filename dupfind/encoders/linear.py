"""Products: a linear layer, and the GELU behind it, as fast as the device multiplies."""

from collections.abc import Callable

import torch
from torch.nn import functional

Product = Callable[[torch.Tensor], torch.Tensor]


def fused_linear(weight: torch.Tensor, bias: torch.Tensor, *, gelu: bool = False) -> Product:
    """A layer that gives `x @ weight.T + bias`, or the exact GELU of it.

    On a CPU in bfloat16 the weights are laid out once as oneDNN multiplies them, and the GELU is taken of the float32
    sums before they are rounded. torch does the same in what it compiles for inference; otherwise it lays the weights
    out at each call.

    Args:
        weight: (out, in) on a device.
        bias: (out,) beside it.
        gelu: Whether GELU is applied.

    Returns:
        What takes (n, in) of the weights' kind and gives (n, out).
    """
    if can_pack(weight):
        packed = torch.ops.mkldnn._reorder_linear_weight(weight)
        then, how = ("gelu", "none") if gelu else ("none", "")
        return lambda x: torch.ops.mkldnn._linear_pointwise(x, packed, bias, then, [], how)
    if gelu:
        return lambda x: functional.gelu(functional.linear(x, weight, bias))
    return lambda x: functional.linear(x, weight, bias)


def can_pack(weight: torch.Tensor) -> bool:
    """Whether this torch and this processor multiply such weights by oneDNN; the names are private to torch."""
    if weight.device.type != "cpu" or weight.dtype != torch.bfloat16:
        return False
    names = ("_is_mkldnn_bf16_supported", "_reorder_linear_weight", "_linear_pointwise")
    return all(hasattr(torch.ops.mkldnn, name) for name in names) and bool(
        torch.ops.mkldnn._is_mkldnn_bf16_supported()
    )
