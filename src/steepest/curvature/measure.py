"""`curvature_at`: the one question, answered exactly for few parameters and at both ends of the spectrum for many."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from steepest.cost import Cost
from steepest.curvature.exact import LARGEST, eigenpairs
from steepest.curvature.lanczos import Ritz, lanczos
from steepest.curvature.noun import Curvature
from steepest.curvature.products import KINKED, By, Products, drawn, size_of
from steepest.errors import SteepestError, door, near

SMALL = 0.01
"""Share of the eigenvalue largest in size below which an end's residual is measured against that share instead: an
eigenvalue that is nearly zero is never known to a share of itself."""

FEWEST = 5
"""Steps before a residual is believed: a start that happens to hold little of the sharpest direction looks settled."""

BASIS_BYTES = 2**30
"""What the vectors kept may take together, unless that would be fewer than the fewest that a restart can work with."""

FEWEST_VECTORS = 12


def curvature_at(
    cost: Cost,
    at: Mapping[str, Tensor | float],
    *,
    method: Literal["exact", "lanczos"] | None = None,
    only: Sequence[str] | None = None,
    ends: Literal["both", "largest"] = "both",
    each_end: int = 1,
    tolerance: float = 1e-2,
    products: int = 200,
    vectors: int | None = None,
    by: By | None = None,
    seed: int = 0,
    tell: Callable[[int], None] | None = None,
) -> Curvature:
    """Measure how a cost bends at a point: eigenvalues of its Hessian, condition number, learning-rate limit.

    Up to 2,000 parameters, "exact": a cost that knows a factor A of its Hessian `A'A` is decomposed by A's singular
    values, which keeps twice the digits (Golub and Van Loan, 2013, §8.6); any other gives one Hessian product a
    parameter. Beyond, "lanczos" (1950) from a random start drawn by `seed`: `each_end` eigenvalues at both ends (or
    at the "largest" alone), until each residual is below `tolerance` of its eigenvalue, or of a hundredth of the one
    largest in size where that is more, or until so many `products` are used. It keeps at most `vectors` vectors as
    long as the parameters, by default as many as fit in 1 GiB, and at least 12.

    `only` names the parameters whose block of the Hessian is meant. Products are `by` "autograd", or by "taps", finite
    differences of gradients, where double backward breaks. Unless the "largest" alone is asked for, autograd's product
    along the sharpest direction is compared with taps, and `method` says so where they differ by a tenth. `tell` hears
    before each product how many are done.

    Raises SteepestError for "exact" beyond 2,000 parameters, for a product that is not finite, and for an argument that
    makes no sense.

    >>> cost = Cost.from_function(lambda m, b: 3 * m**2 + b**2, dtype=torch.float64)
    >>> curvature = curvature_at(cost, {"m": 0.9, "b": 0.1})
    >>> curvature.sharpness, curvature.condition_number, curvature.learning_rate_limit
    (6.0, 3.0, 0.3333333333333333)
    >>> curvature_at(cost, {"m": 0.9, "b": 0.1}, only=["b"]).sharpness
    2.0
    """
    with door("curvature_at"):
        _refuse_nonsense(method, ends, {"each_end": each_end, "products": products, "tolerance": tolerance}, vectors)
        ask = Products(cost, cost.params(at), only=only, by=by, tell=tell)
        if method is None:
            method = "exact" if ask.size <= LARGEST else "lanczos"
        if method == "exact":
            values, directions, residuals, noise, told = eigenpairs(ask)
            kinks = 0.0
            if ask.count:
                steepest = directions[0].to(ask.device, ask.dtype)
                kinks = ask.kinked(steepest, values[0].to(steepest) * steepest)
            return _noun(ask, values, directions, residuals, told=told, noise=noise, kinks=kinks)
        return _by_lanczos(ask, _Wanted(ends, each_end, tolerance, products, vectors, seed))


@dataclass(frozen=True)
class _Wanted:
    """What Lanczos is asked for, and when that is enough."""

    ends: str
    each_end: int
    tolerance: float
    products: int
    vectors: int | None
    seed: int

    def kept(self, ask: Products) -> int:
        """How many vectors are kept at most."""
        least = max(FEWEST_VECTORS, 8 * self.each_end)
        most = BASIS_BYTES // _bytes(ask) if self.vectors is None else self.vectors
        return min(max(least, most), self.products, ask.size)

    def places(self, found: Ritz) -> list[int]:
        """Which of the Ritz values are asked for, in falling order."""
        count = len(found.values)
        return sorted({*range(min(self.each_end, count)), *range(max(0, count - self.each_end), count)})

    def settling(self, count: int) -> int:
        """How many of the values asked for have to settle."""
        return count if self.ends == "both" else min(self.each_end, count)

    def allowed(self, values: Tensor, largest: float) -> Tensor:
        """What the residuals may be."""
        return self.tolerance * values.abs().clamp(min=SMALL * largest)

    def enough(self, found: Ritz) -> bool:
        """Whether the Ritz values asked for have settled."""
        places = self.places(found)
        places = places[: self.settling(len(places))]
        allowed = self.allowed(found.values[places], float(found.values.abs().max()))
        return found.steps >= FEWEST and bool((found.bounds[places] <= allowed).all())


def _by_lanczos(ask: Products, wanted: _Wanted) -> Curvature:
    kept = wanted.kept(ask)
    start = drawn(ask, torch.Generator().manual_seed(wanted.seed))
    found = lanczos(ask, start, products=wanted.products, vectors=kept, enough=wanted.enough)
    places = wanted.places(found)
    checked, kinks = wanted.settling(len(places)), 0.0
    values, residuals, directions = found.values[places], found.bounds[places], []
    largest = float(found.values.abs().max())
    noise = rounding = 10 * ask.eps * largest
    for place, index in enumerate(places):
        direction = found.vector(index)
        if place < checked:  # the recurrence's word is proved by one product more
            image = ask(direction)
            values[place] = torch.dot(direction.double(), image.double())
            apart = ask.disagreement(direction, image)
            residuals[place] = size_of(image.double() - values[place] * direction.double()) + apart
            noise = rounding + apart
            if place == 0 and wanted.ends == "both":
                kinks = ask.kinked(direction, image)
        directions.append(direction.double().cpu())
    settled = bool((residuals <= 1.5 * wanted.allowed(values, largest) + rounding)[:checked].all())
    order = values.argsort(descending=True)
    told = (
        f"Lanczos with full reorthogonalisation: {ask.told}; "
        + ("" if settled else f"stopped before the residuals were below {wanted.tolerance:g}; ")
        + f"at most {kept} vectors of {ask.size:,} numbers kept ({kept * _bytes(ask) / 2**20:,.1f} MiB)"
    )
    return _noun(
        ask,
        values[order],
        torch.stack(directions)[order],
        residuals[order],
        told=told,
        noise=noise,
        unseen=found.unseen,
        partial=len(values) < ask.size,
        settled=settled,
        kinks=kinks,
    )


def _bytes(ask: Products) -> int:
    return ask.size * (8 if ask.dtype is torch.float64 else 4)


def _noun(
    ask: Products,
    values: Tensor,
    directions: Tensor,
    residuals: Tensor,
    *,
    told: str,
    noise: float,
    unseen: float = 0.0,
    partial: bool = False,
    settled: bool = True,
    kinks: float = 0.0,
) -> Curvature:
    sharpness, smallest = float(values[0]), float(values[-1])
    doubt = max(noise, float(residuals[-1]) + unseen) if partial else noise
    condition, why = None, ""
    if smallest > doubt:
        condition = sharpness / smallest
    elif smallest < -noise:
        why = f"the smallest eigenvalue is negative ({smallest:.4g}): the cost bends downwards in some direction"
    elif not partial or abs(smallest) <= noise:
        within = "rounding" if ask.by == "autograd" else f"the error of finite differences, {noise:.2g}"
        why = f"the smallest eigenvalue is zero to within {within}: the cost is flat in some direction"
    else:
        why = (
            f"the smallest eigenvalue found is {smallest:.4g}, the true one may lie {doubt:.4g} below it: whether all "
            "are positive is not known"
        )
    if kinks > KINKED:
        told += f"; along the sharpest direction finite differences of gradients differ by {kinks:.0%}: kinks, as of "
        told += 'ReLU, or a backward that autograd cannot differentiate, of which by="taps" tells more'
    return Curvature(
        sharpness=sharpness,
        residual=float(residuals[0]) / abs(sharpness) if sharpness else 0.0,
        smallest=smallest,
        condition_number=condition,
        why=why,
        learning_rate_limit=2 / sharpness if sharpness > 0 else None,
        method=told,
        eigenvalues=values,
        directions=directions,
        residuals=residuals,
        smallest_residual=float(residuals[-1]),
        unseen=unseen,
        partial=partial,
        converged=settled,
        products=ask.count,
        examples=ask.cost.examples,
        names=ask.names,
    )


def _refuse_nonsense(method: str | None, ends: str, positive: dict[str, float], vectors: int | None) -> None:
    if method not in (None, "exact", "lanczos"):
        raise SteepestError(f"there is no method '{method}'", remedy=near(str(method), ["exact", "lanczos"]))
    if ends not in ("both", "largest"):
        raise SteepestError(f"there are no ends '{ends}'", remedy=near(ends, ["both", "largest"]))
    for name, value in (positive | ({} if vectors is None else {"vectors": vectors})).items():
        if not value > 0:
            raise SteepestError(f"{name} is {value:g}", remedy="Give more than 0")
