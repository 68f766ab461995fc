"""The only place with tolerances, each with its reason; all comparisons are in float64."""

import math
from collections.abc import Mapping

import torch
from torch import Tensor

CLOSED_FORM = 1e-12
"""Two float64 roads to one number, a few hundred roundings apart."""

LONG_WALK = 1e-10
"""A thousand epochs over many rows, summed in another order at each: what the issue promises."""

TAPPED = 1e-6
"""A central difference in float64, whose best step leaves about ten digits of sixteen."""

SINGLE = 1e-4
"""float32 has seven digits; a gradient that sums eight terms keeps five or more."""


def assert_close(found: Tensor | float, expected: Tensor | float, tolerance: float, what: str = "") -> None:
    """Compare relative to the larger of the two; print both and their ratio where they differ."""
    found, expected = (torch.as_tensor(value, dtype=torch.float64) for value in (found, expected))
    assert found.shape == expected.shape, f"{what}: shapes {tuple(found.shape)} and {tuple(expected.shape)}"
    scale = max(float(expected.abs().max()), float(found.abs().max())) if expected.numel() else 0.0
    gap = float((found - expected).abs().max()) if expected.numel() else 0.0
    assert gap <= tolerance * scale or (gap == 0 and scale == 0), (
        f"{what}: found {found.tolist()}, expected {expected.tolist()}, "
        f"ratio {(found / expected).tolist()}, off by {gap / scale if scale else math.nan:.3g} of {tolerance:g}"
    )


def assert_params(
    found: Mapping[str, Tensor], expected: Mapping[str, Tensor | float], tolerance: float, what: str = ""
) -> None:
    """Compare parameters name by name, each relative to the largest of all."""
    assert list(found) == list(expected), f"{what}: names {list(found)} and {list(expected)}"
    pairs = [
        (found[name].double().reshape(-1), torch.as_tensor(v, dtype=torch.float64).reshape(-1))
        for name, v in expected.items()
    ]
    assert_close(torch.cat([pair[0] for pair in pairs]), torch.cat([pair[1] for pair in pairs]), tolerance, what)
