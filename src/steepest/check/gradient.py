"""The gradient by three roads, side by side: derived by hand, by autograd, and by tapping with the cane."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from steepest import vectors
from steepest.check.taps import Tap, tap
from steepest.cost import Cost
from steepest.errors import SteepestError, door
from steepest.vectors import Params

ByHand = Mapping[str, Tensor | float] | Callable[..., Mapping[str, Tensor | float]]


@dataclass(frozen=True)
class GradientRow:
    """One partial derivative by each road, in cost per unit of the `parameter`.

    `by_hand` is None where no hand derivation was given, `autograd` is what backward gave, `tapped` is known to within
    its `uncertainty`.

    >>> GradientRow("m", by_hand=3.0, autograd=6.0, tapped=6.0, uncertainty=1e-9, verdict="'m' disagrees.").ratio
    0.5
    """

    parameter: str
    by_hand: float | None
    autograd: float
    tapped: float
    uncertainty: float
    verdict: str
    """Empty where the roads agree, else one sentence."""

    @property
    def ratio(self) -> float | None:
        """How many times the one by autograd the one by hand is, or None where that says nothing."""
        return None if self.by_hand is None or self.autograd == 0 else self.by_hand / self.autograd


@dataclass(frozen=True, repr=False)
class GradientCheck:
    """What `check_gradient` found: a row a partial derivative, and the price of each road in passes.

    `rows` holds the `partials` that were compared, all or some of them; taps took `forward_passes`, autograd
    `backward_passes`.

    >>> cost = Cost.from_function(lambda m, b: m**2 + b)
    >>> found = check_gradient(cost, {"m": 3.0, "b": 1.0}, by_hand=lambda m, b: {"m": 2 * m, "b": 1.0})
    >>> found.agrees, found.partials, found.backward_passes, found.rows[0].by_hand
    (True, 2, 1, 6.0)
    """

    rows: tuple[GradientRow, ...]
    partials: int
    forward_passes: int
    backward_passes: int

    @property
    def agrees(self) -> bool:
        """True where all roads agree in every row."""
        return not self.complaints

    @property
    def complaints(self) -> tuple[str, ...]:
        """One sentence for each row in which a road disagrees."""
        return tuple(row.verdict for row in self.rows if row.verdict)

    @property
    def price(self) -> str:
        """What the roads cost here, and what taps alone would cost, as a clause."""
        return (
            f"{self.forward_passes} forward passes for these taps, {self.backward_passes} backward for autograd; "
            f"the gradient by taps takes at least {self.partials + 1:,} forward passes, one for each partial "
            "derivative and one more"
        )

    def to_dict(self) -> dict[str, Any]:
        """Turn the check into numbers, strings and lists."""
        rows = [
            {
                "parameter": row.parameter,
                "by_hand": row.by_hand,
                "autograd": row.autograd,
                "tapped": row.tapped,
                "uncertainty": row.uncertainty,
                "ratio": row.ratio,
                "agrees": not row.verdict,
            }
            for row in self.rows
        ]
        return {
            "agrees": self.agrees,
            "complaints": list(self.complaints),
            "rows": rows,
            "partials": self.partials,
            "forward_passes": self.forward_passes,
            "backward_passes": self.backward_passes,
        }

    def __repr__(self) -> str:
        return str(self)

    def __str__(self) -> str:
        width = max(9, *(len(row.parameter) for row in self.rows))
        lines = [f"{'':{width}} {'by hand':>14} {'autograd':>14} {'tapped':>14}   hand/autograd"]
        for row in self.rows:
            hand = "-" if row.by_hand is None else f"{row.by_hand:.8g}"
            ratio = "-" if row.ratio is None else f"{row.ratio:.6f}"
            lines.append(f"{row.parameter:{width}} {hand:>14} {row.autograd:>14.8g} {row.tapped:>14.8g}   {ratio}")
        verdict = "All roads agree" if self.agrees else "The roads disagree"
        return "\n".join([*lines, f"{verdict} ({self.price}).", *self.complaints])


def check_gradient(
    cost: Cost,
    at: Mapping[str, Tensor | float],
    *,
    by_hand: ByHand | None = None,
    most: int = 40,
    seed: int = 0,
) -> GradientCheck:
    """Put the gradient by hand, by autograd and by taps side by side, and name the usual mistake where they differ.

    `by_hand` is your own derivation: a dict of partial derivatives, or a function of the parameters by name that
    returns one; a least-squares cost has its closed form instead. Beyond `most` partial derivatives, that many are
    drawn at random by `seed` and the rest is checked by one tap along the gradient, whose slope must be its norm.

    Raises SteepestError for a point or a derivation with wrong names or shapes; a wrong derivation is an answer.

    >>> cost = Cost.from_function(lambda m, b: m**2 + b, dtype=torch.float64)
    >>> check_gradient(cost, {"m": 3.0, "b": 1.0}, by_hand=lambda m, b: {"m": m, "b": 1.0}).complaints[0]
    "'m' disagrees. By hand 3, autograd 6, tapped 6 (by hand / autograd = 0.5). The other two agree: look at the hand \
formula; a factor 2 forgotten, or half the cost meant?"
    """
    with door("check_gradient"):
        params = cost.params(at)
        precision = torch.finfo(next(iter(params.values())).dtype).eps
        automatic = _autograd(cost, params)
        hand = _hand(cost, params, by_hand)
        entries = [(name, index) for name, value in params.items() for index in range(value.numel())]
        partials = len(entries)
        if partials > most:
            order = torch.randperm(partials, generator=torch.Generator().manual_seed(seed))[:most]
            entries = [entries[int(index)] for index in sorted(order.tolist())]
        felt = {entry: tap(cost, params, _unit(params, *entry)) for entry in entries}
        passes = sum(each.forward_passes for each in felt.values())
        noise = _rounding(params, felt, precision)
        rows = []
        for name, index in entries:
            label = name if params[name].ndim == 0 else f"{name}[{', '.join(map(str, _place(params[name], index)))}]"
            rows.append(
                _compared(
                    label,
                    None if hand is None else float(hand[name].reshape(-1)[index]),
                    float(automatic[name].reshape(-1)[index]),
                    felt[name, index],
                    precision=precision,
                    noise=noise[name, index],
                    others=_partials(automatic, besides=(name, index)) if partials <= most else {},
                    examples=cost.examples,
                )
            )
        length = vectors.norm(automatic)
        if partials > len(entries) and 0 < length < math.inf:
            whole = tap(cost, params, vectors.scaled(automatic, by=1 / length))
            passes += whole.forward_passes
            along = None if hand is None else vectors.dot(hand, automatic) / length
            rows.append(
                _compared(
                    "along the gradient",
                    along,
                    length,
                    whole,
                    precision=precision,
                    noise=precision * length,
                    others={},
                    examples=cost.examples,
                )
            )
        return GradientCheck(tuple(rows), partials, passes, 1)


def _autograd(cost: Cost, params: Params) -> Params:
    """The gradient by `backward` through the cost's value; for a closed form a road of its own."""
    leaves = {name: value.detach().requires_grad_() for name, value in params.items()}
    value = cost.value(leaves)
    if not value.requires_grad:  # a cost over batches walks its graph batch by batch
        return cost.value_and_gradient(params)[1]
    gradient = torch.autograd.grad(value, tuple(leaves.values()), materialize_grads=True)
    return dict(zip(leaves, gradient, strict=True))


def _hand(cost: Cost, params: Params, by_hand: ByHand | None) -> Params | None:
    if by_hand is None:
        return cost.value_and_gradient(params)[1] if cost.factor is not None else None
    given = by_hand(**params) if callable(by_hand) else by_hand
    if not isinstance(given, Mapping):
        raise SteepestError(
            f"the hand derivation gave {type(given).__name__}, not a dict",
            remedy="Return {'m': ..., 'b': ...}, a partial derivative for each parameter",
        )
    with door("by_hand"):
        return cost.params(given)


def _unit(params: Params, name: str, index: int) -> Params:
    unit = {other: torch.zeros_like(value) for other, value in params.items()}
    unit[name].reshape(-1)[index] = 1
    return unit


def _place(value: Tensor, index: int) -> tuple[int, ...]:
    return tuple(int(place) for place in torch.unravel_index(torch.tensor(index), value.shape))


def _partials(gradient: Params, *, besides: tuple[str, int]) -> dict[str, float]:
    return {
        name: float(value.reshape(-1)[index])
        for name, value in gradient.items()
        for index in range(value.numel())
        if (name, index) != besides
    }


def _rounding(params: Params, felt: dict[tuple[str, int], Tap], precision: float) -> dict[tuple[str, int], float]:
    """How far two right gradients may differ by rounding: near a minimum their terms cancel, and a ratio says nothing.

    A partial derivative sums terms of size `|H_ij x_j|`, and `|H_ij| <= sqrt(H_ii H_jj)` for a bowl.
    """
    bends = {entry: math.sqrt(abs(each.bend)) if math.isfinite(each.bend) else 0.0 for entry, each in felt.items()}
    reach = sum(bend * abs(float(params[name].reshape(-1)[index])) for (name, index), bend in bends.items())
    return {entry: 64 * precision * bend * (reach + bend) for entry, bend in bends.items()}


def _compared(
    label: str,
    hand: float | None,
    automatic: float,
    felt: Tap,
    *,
    precision: float,
    noise: float,
    others: dict[str, float],
    examples: int | None,
) -> GradientRow:
    close = precision**0.6 * abs(automatic) + noise  # 9 digits of float64, 4 of float32
    tapped_close = 16 * felt.uncertainty + close
    by_hand_wrong = hand is not None and not abs(hand - automatic) <= close
    tapped_wrong = not abs(felt.slope - automatic) <= tapped_close
    verdict = ""
    if by_hand_wrong and hand is not None and not tapped_wrong:
        guess = _usual_mistake(hand, automatic, others, examples)
        verdict = "The other two agree: look at the hand formula" + (f"; {guess}?" if guess else ".")
    elif tapped_wrong and hand is not None and not by_hand_wrong:
        verdict = "By hand and autograd agree: is there a kink here, or noise in the forward pass?"
    elif tapped_wrong and hand is not None and abs(hand - felt.slope) <= tapped_close:
        verdict = "By hand and the taps agree: is part of the graph detached, or a custom backward wrong?"
    elif tapped_wrong:
        verdict = "Is part of the graph detached, a custom backward wrong, or a kink at this very point?"
    gap = abs(hand / automatic - 1) if hand is not None and automatic else 1.0
    digits = 6 if not 0 < gap < 1e-3 else 3 - math.floor(math.log10(gap))
    numbers = f"autograd {automatic:.{digits}g}, tapped {felt.slope:.6g}"
    if hand is not None:
        ratio = f" (by hand / autograd = {hand / automatic:.{digits - 2}g})" if automatic else ""
        numbers = f"by hand {hand:.{digits}g}, {numbers}{ratio}"
    return GradientRow(
        parameter=label,
        by_hand=hand,
        autograd=automatic,
        tapped=felt.slope,
        uncertainty=felt.uncertainty,
        verdict=f"'{label}' disagrees. {numbers[0].upper()}{numbers[1:]}. {verdict}" if verdict else "",
    )


def _usual_mistake(hand: float, automatic: float, others: dict[str, float], examples: int | None) -> str:
    """Name what usually makes this ratio."""

    def same(value: float, other: float) -> bool:
        return math.isclose(value, other, rel_tol=1e-4)

    if automatic and math.isfinite(hand):
        ratio = hand / automatic
        size = abs(ratio)
        sign = "the sign turned round" if ratio < 0 else ""
        factors = {
            1.0: "",
            2.0: "a factor 2 counted twice",
            0.5: "a factor 2 forgotten, or half the cost meant",
            4.0: "a factor 2 counted three times",
        }
        if examples and examples > 1:
            factors |= {
                float(examples): f"a sum where the mean over {examples} is meant",
                examples / 2: f"a sum where the mean over {examples} is meant, and a factor 2 forgotten",
                1 / examples: f"divided by {examples} twice",
            }
        for factor, words in factors.items():
            if same(size, factor):
                return " and ".join(part for part in (sign, words) if part)
    for name, value in others.items():
        if value and same(hand, value):
            return f"it is the derivative by '{name}': the inner derivative (a missing x)"
    if automatic and same(abs(hand / automatic), round(abs(hand / automatic))) and abs(hand / automatic) > 4:
        return f"a sum where a mean over {round(abs(hand / automatic))} is meant"
    return ""
