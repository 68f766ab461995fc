"""A linear model under mean squared error, whose abilities are cheap because its data have become a few numbers."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from steepest.cost.base import Cost, Restriction
from steepest.cost.moments import EPS, Moments
from steepest.errors import SteepestError
from steepest.vectors import Params


class LeastSquares(Cost):
    """A bowl, `C(u) = |B (u - lowest)|^2 + floor`, known exactly. Made by `Cost.least_squares`.

    >>> x = torch.tensor([0.0, 2.0, 4.0], dtype=torch.float64)
    >>> cost = Cost.least_squares(x, 3 * x + 1, standardise=True)
    >>> {name: round(float(value), 3) for name, value in cost.minimum.items()}
    {'m': 4.899, 'b': 7.0}
    >>> {name: round(float(value), 3) for name, value in cost.in_own_units(cost.minimum).items()}
    {'m': 3.0, 'b': 1.0}
    >>> cost.standardised({"m": torch.tensor(3.0), "b": torch.tensor(1.0)})["b"]
    tensor(7., dtype=torch.float64)
    """

    def __init__(
        self, moments: Moments, *, names: Sequence[str] | None, ridge: float = 0.0, standardise: bool = False
    ) -> None:
        if ridge < 0:
            raise SteepestError(f"ridge is {ridge:g}, and a penalty is not negative", remedy="Give 0 or more")
        features = len(moments.mean)
        count = features + moments.intercept
        scalars = names is not None
        if names is None:
            names = ("weights", "intercept") if moments.intercept else ("weights",)
        if scalars and (len(names) != count or len(set(names)) != count):
            raise SteepestError(
                f"{len(names)} names were given for {count} parameters: {', '.join(names)}",
                remedy="Give each weight, and last the intercept, a name of its own",
            )
        self.names = tuple(names)
        self.examples = moments.examples
        self.moments = moments
        self.ridge, self.standardise = ridge, standardise
        self._scalars = scalars
        self._shapes = [()] * count if scalars else [(features,), ()][: len(names)]
        self._scale = torch.where(moments.deviation > 0, moments.deviation, 1.0) if standardise else None
        bowl, weights, floor = _solve(moments, ridge, self._scale)
        lowest = weights if self._scale is None else weights * self._scale
        if moments.intercept:
            level = moments.level if standardise else moments.level - float(moments.mean @ weights)
            lowest = torch.cat([lowest, lowest.new_tensor([level])])
        self._factor = bowl
        self._lowest = lowest
        # One more row holds the floor, so that the cost is one dot product of the vector B (u - lowest), root of floor.
        self._rows = torch.cat([bowl, bowl.new_zeros(1, count)])
        self._floor = torch.cat([bowl.new_zeros(len(bowl)), torch.tensor([floor], dtype=torch.float64).sqrt()])
        self._slopes = (2 * self._rows).T.contiguous()

    @property
    def minimum(self) -> Params:
        return self._shaped(self._lowest)

    @property
    def factor(self) -> Tensor:
        return self._factor * 2**0.5

    @property
    def digits(self) -> dict[str, float]:
        """Estimate how many decimal digits of each parameter of the minimum can be trusted, of the 16 float64 has.

        First-order bounds on what rounding in the data does to a least-squares answer: the pseudoinverse P of the
        factor carries that of the targets, `P P'` that of the columns times the residual (Björck, 1996, §1.4).
        """
        moments = self.moments
        scale = torch.where(moments.deviation > 0, moments.deviation, 1.0)
        inverse = torch.linalg.pinv(moments.factor / scale, rtol=0.0)
        twice = inverse @ inverse.T
        answer = self.in_own_units(self.minimum)
        weights = self._flat(answer)[: len(scale)] * scale
        residual = moments.rest**0.5
        once = moments.target_size + float(weights.norm())
        if moments.pooled:
            once += abs(moments.level) + float((moments.mean / scale).abs() @ weights.abs())
        error = EPS * (inverse.norm(dim=1) * once + twice.norm(dim=1) * residual * len(scale) ** 0.5)
        if moments.squared_condition:
            error += EPS * twice.norm(dim=1) * float((moments.factor / scale).T.mv(moments.target).norm())
        error = error / scale
        if moments.intercept:
            last = float(moments.mean.abs() @ error) + EPS * abs(moments.level)
            error = torch.cat([error, error.new_tensor([last])])
        share = torch.nan_to_num(error / self._flat(answer).abs(), nan=EPS, posinf=1.0).clamp(EPS, 1.0)
        return {name: float(-value.max().log10()) for name, value in self._shaped(share).items()}

    def zeros(self) -> Params:
        return {n: torch.zeros(s, dtype=torch.float64) for n, s in zip(self.names, self._shapes, strict=True)}

    def value(self, params: Params) -> Tensor:
        lengths = torch.addmv(self._floor, self._rows, self._flat(params) - self._lowest)
        return torch.dot(lengths, lengths).to(params[self.names[0]])

    def value_and_gradient(self, params: Params) -> tuple[Tensor, Params]:
        flat = self._flat(params)
        lengths = torch.addmv(self._floor, self._rows, (flat.detach() if flat.requires_grad else flat) - self._lowest)
        value = torch.dot(lengths, lengths)
        gradient = self._shaped(torch.mv(self._slopes, lengths))
        first = params[self.names[0]]
        if first.dtype is torch.float64 and first.is_cpu:
            return value, gradient
        return value.to(first), {name: slope.to(params[name]) for name, slope in gradient.items()}

    def product(self, params: Params, vector: Params) -> Params:
        product = self._shaped(self._slopes @ (self._rows @ self._flat(vector)))
        return {name: value.to(params[name]) for name, value in product.items()}

    def restricted(self, origin: Params, directions: Sequence[Params]) -> Restriction | None:
        """Give the bowl's restriction to a plane, `C(a, b) = |R (a - a0, b - b0, 1)|^2 + floor`, R a triangle.

        `(a0, b0)` is the lowest place of the plane, or of the reach asked for the nearest to it, and the last column of
        R belongs to it as it was rounded: no cost near the bottom is the difference of large numbers.
        """
        at = self._flat(origin)
        ways = torch.stack([self._flat(direction) for direction in directions], dim=1)
        slopes, start = self._factor @ ways, self._factor @ (at - self._lowest)
        if not bool(slopes.isfinite().all() and start.isfinite().all()):
            return None
        size = torch.linalg.vector_norm(slopes, dim=0)
        size = torch.where(size > 0, size, 1.0)
        bottom = torch.linalg.lstsq(slopes / size, -start[:, None], driver="gelsd").solution[:, 0] / size

        def costs(places: Tensor) -> Tensor:
            places = places.double().cpu()
            centre = bottom.clamp(places.amin(dim=0), places.amax(dim=0))
            left = self._factor @ (at + ways @ centre - self._lowest)
            triangle = torch.linalg.qr(torch.cat([slopes, left[:, None]], dim=1), mode="r").R
            lengths = torch.cat([places - centre, torch.ones_like(places[:, :1])], dim=1) @ triangle.T
            return (lengths.square().sum(dim=1) + self._floor[-1].square()).to(origin[self.names[0]])

        count = (len(directions) + 1) * (len(directions) + 2) // 2
        return Restriction(costs, f"worked out from {count} numbers of the quadratic, exact at each point")

    def in_own_units(self, params: Params) -> Params:
        """Give standardised parameters back in the units of the data: `w = v / deviation`, `b = v_b - mean . w`."""
        if self._scale is None:
            return dict(params)
        flat = self._flat(params)
        weights = flat[: len(self._scale)] / self._scale
        return self._shaped(self._with_intercept(weights, flat, -self.moments.mean @ weights))

    def standardised(self, params: Params) -> Params:
        """Give parameters in the units of the data as standardised ones: `v = w * deviation`, `v_b = b + mean . w`."""
        if self._scale is None:
            return dict(params)
        flat = self._flat(params)
        weights = flat[: len(self._scale)]
        return self._shaped(self._with_intercept(weights * self._scale, flat, self.moments.mean @ weights))

    def _with_intercept(self, weights: Tensor, flat: Tensor, change: Tensor) -> Tensor:
        return torch.cat([weights, (flat[-1] + change)[None]]) if self.moments.intercept else weights

    def _flat(self, params: Params) -> Tensor:
        values = [params[name] for name in self.names]
        vector = torch.stack(values) if self._scalars else torch.cat([value.reshape(-1) for value in values])
        return vector if vector.dtype is torch.float64 and vector.is_cpu else vector.cpu().double()

    def _shaped(self, vector: Tensor) -> Params:
        if self._scalars:
            return dict(zip(self.names, vector.unbind(), strict=True))
        pieces = (vector[:-1], vector[-1]) if self.moments.intercept else (vector,)
        return dict(zip(self.names, pieces, strict=True))


def _solve(moments: Moments, ridge: float, scale: Tensor | None) -> tuple[Tensor, Tensor, float]:
    """Find the bowl's factor B, its lowest weights in the data's own units, and its floor.

    Without intercept, `mean . w` must reach the mean target by the weights alone: one more row of the system.
    """
    features = len(moments.mean)
    column = torch.ones(features, dtype=torch.float64) if scale is None else 1 / scale
    penalty = torch.diag(ridge**0.5 / column) if ridge else moments.factor.new_zeros(0, features)
    system = [moments.factor, penalty]
    goal = [moments.target, -penalty @ moments.weights]
    if not moments.intercept:
        system.append(moments.mean[None])
        goal.append(moments.mean.new_tensor([moments.level]) - moments.mean @ moments.weights)
    matrix, aim = torch.cat(system), torch.cat(goal)
    size = torch.linalg.vector_norm(matrix, dim=0)
    size = torch.where(size > 0, size, 1.0)
    change = torch.zeros(features, dtype=torch.float64)
    if features:
        change = torch.linalg.lstsq(matrix / size, aim[:, None], driver="gelsd").solution[:, 0] / size
    floor = moments.rest + float((matrix @ change - aim).square().sum())
    bowl = matrix * column
    if moments.intercept:
        level = torch.zeros(1, features, dtype=torch.float64) if scale is not None else moments.mean[None]
        bottom = torch.cat([level, level.new_ones(1, 1)], dim=1)
        bowl = torch.cat([torch.cat([bowl, bowl.new_zeros(len(bowl), 1)], dim=1), bottom])
    return bowl, moments.weights + change, floor
