"""Linear layers in the form that a device multiplies fastest."""

import pytest
import torch
from torch.nn import functional

from dupfind.encoders import linear
from dupfind.encoders.linear import can_pack, fused_linear

ULP = 2**-8  # of bfloat16


@pytest.fixture(params=[True, False], ids=["packed", "plain"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both ways to multiply; the first one only where this processor has it."""
    if not request.param:
        monkeypatch.setattr(linear, "can_pack", lambda weight: False)
    elif not can_pack(torch.zeros(2, 2, dtype=torch.bfloat16)):
        pytest.skip("this torch or this processor lays no weights out")


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("n_tokens", [1, 7, 300])
@pytest.mark.parametrize("gelu", [False, True])
def test_a_layer_in_bfloat16_is_the_exact_one_but_for_its_rounding(n_tokens: int, gelu: bool) -> None:
    torch.manual_seed(1)
    x, weight, bias = torch.randn(n_tokens, 48), torch.randn(96, 48) / 7, torch.randn(96)
    halves = [each.bfloat16() for each in (x, weight, bias)]
    exact = functional.linear(*(each.double() for each in halves))
    exact = functional.gelu(exact) if gelu else exact
    with torch.inference_mode():
        found = fused_linear(*halves[1:], gelu=gelu)(halves[0])
    assert found.dtype == torch.bfloat16
    assert found.shape == (n_tokens, 96)
    # Two roundings: one of the sum, which is of a few units, and one of its GELU.
    assert torch.allclose(found.double(), exact, rtol=2 * ULP, atol=4 * ULP)


def test_float32_keeps_torch_s_own_product() -> None:
    x, weight, bias = torch.randn(5, 8), torch.randn(3, 8), torch.randn(3)
    assert not can_pack(weight)
    assert fused_linear(weight, bias)(x).equal(functional.linear(x, weight, bias))
    assert fused_linear(weight, bias, gelu=True)(x).equal(functional.gelu(functional.linear(x, weight, bias)))
