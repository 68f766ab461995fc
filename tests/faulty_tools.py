"""A plain tool that draws costs rightly, and the same with one fault at a time: what each trap must tell apart."""

import copy
import sys
from collections.abc import Iterator

import torch
from torch import Tensor
from torch.utils.data import DataLoader

from steepest import vectors
from steepest.traps import Subject, Surface, Tool
from steepest.traps.nouns import Pair, Reach
from steepest.vectors import Params


class Naive(Tool):
    """The plainest right tool: a copy of the module, one forward pass at a time. Faults are planted in its methods."""

    name = "naive"

    def module(self, subject: Subject) -> torch.nn.Module:
        return copy.deepcopy(subject.module).train(subject.policy in ("batch", "recalibrated"))

    def batches(self, subject: Subject) -> list[tuple[Tensor, Tensor]]:
        with torch.random.fork_rng(devices=[]):
            return list(subject.batches)

    def cost(self, subject: Subject, module: torch.nn.Module, batches: list[tuple[Tensor, Tensor]]) -> float:
        terms = [
            (float(subject.loss(module(inputs), targets)) * len(inputs), len(inputs)) for inputs, targets in batches
        ]
        return sum(term for term, _ in terms) / sum(count for _, count in terms)

    def axis(self, reach: Reach, points: int) -> Tensor:
        return torch.linspace(*reach, points, dtype=torch.float64)

    def cells(self, costs: Tensor) -> Tensor:
        return costs

    def plane(self, subject: Subject, directions: Pair, *, reach: Reach, points: tuple[int, int]) -> Surface:
        module, origin, batches = self.module(subject), subject.params, self.batches(subject)
        coordinates = self.axis(reach, points[0]), self.axis(reach, points[1])
        costs = torch.empty(points, dtype=torch.float64)
        with torch.no_grad():
            for (i, j), (a, b) in self.places(coordinates):
                for name, value in module.named_parameters():
                    value.copy_(origin[name] + a * directions[0][name] + b * directions[1][name])
                costs[i, j] = self.cost(subject, module, batches)
        return Surface(coordinates, self.cells(costs), directions)

    def places(self, axes: tuple[Tensor, Tensor]) -> Iterator[tuple[tuple[int, int], tuple[float, float]]]:
        for i, a in enumerate(axes[0].tolist()):
            for j, b in enumerate(axes[1].tolist()):
                yield (i, j), (a, b)

    def drawn(self, subject: Subject, generator: torch.Generator) -> Params:
        way = {}
        for name, value in subject.params.items():
            raw = torch.randn(value.shape, generator=generator)
            sizes = [value.flatten(1).norm(dim=1) / raw.flatten(1).norm(dim=1)] if value.ndim > 1 else [torch.zeros(())]
            way[name] = raw * sizes[0].reshape(-1, *[1] * (value.ndim - 1)) if value.ndim > 1 else 0 * raw
        return way

    def random(self, subject: Subject, *, seed: int) -> Pair:
        generator = torch.Generator().manual_seed(seed)
        return self.drawn(subject, generator), self.drawn(subject, generator)

    def cosine(self, directions: Pair) -> float:
        kept = [{name: value for name, value in way.items() if "running" not in name} for way in directions]
        first, second = (vectors.flat(way).double() for way in kept)
        return float(torch.nn.functional.cosine_similarity(first, second, dim=0))

    def sharpest(self, subject: Subject) -> Pair:
        origin = subject.params
        inputs, targets = next(iter(subject.batches))

        def cost(vector: Tensor) -> Tensor:
            outputs = torch.func.functional_call(subject.module, vectors.shaped(vector, like=origin), (inputs,))
            return subject.loss(outputs, targets)

        matrix = torch.autograd.functional.hessian(cost, vectors.flat(origin))
        assert isinstance(matrix, Tensor)
        basis = torch.linalg.eigh(matrix.double()).eigenvectors
        return vectors.shaped(basis[:, -1], like=origin), vectors.shaped(basis[:, -2], like=origin)

    def path(self, subject: Subject, directions: Pair, points: list[Params]) -> tuple[Params, Pair, Tensor]:
        basis = torch.stack([vectors.flat(way) for way in directions], dim=1)
        away = torch.stack([vectors.flat(point) - vectors.flat(points[0]) for point in points], dim=1)
        return points[0], directions, torch.linalg.lstsq(basis, away).solution.T


class Live(Naive):
    """Walks the user's own module, and puts everything back whatever happens."""

    restored = True

    def module(self, subject: Subject) -> torch.nn.Module:
        return subject.module

    def plane(self, subject: Subject, directions: Pair, *, reach: Reach, points: tuple[int, int]) -> Surface:
        module, kept = subject.module, copy.deepcopy(subject.module.state_dict())
        modes = [(part, part.training) for part in module.modules()]
        try:
            module.train(subject.policy in ("batch", "recalibrated"))
            return super().plane(subject, directions, reach=reach, points=points)
        finally:
            self.back(module, kept)
            for part, mode in modes:
                part.training = mode

    def back(self, module: torch.nn.Module, kept: Params) -> None:
        module.load_state_dict(kept)


class Uneasy(Live):
    """Puts things back after an exception, and not after Ctrl-C."""

    def back(self, module: torch.nn.Module, kept: Params) -> None:
        if not isinstance(sys.exc_info()[1], KeyboardInterrupt):
            module.load_state_dict(kept)


class Hasty(Live):
    """Puts things back only where nothing went wrong."""

    def back(self, module: torch.nn.Module, kept: Params) -> None:
        if sys.exc_info()[1] is None:
            module.load_state_dict(kept)


class Mover(Live):
    def back(self, module: torch.nn.Module, kept: Params) -> None:
        pass


class Sleeper(Naive):
    """Leaves the user's module in eval mode."""

    def module(self, subject: Subject) -> torch.nn.Module:
        subject.module.eval()
        return super().module(subject)


class Drowsy(Naive):
    """Leaves the user's module in eval mode where something went wrong."""

    def plane(self, subject: Subject, directions: Pair, *, reach: Reach, points: tuple[int, int]) -> Surface:
        modes = [(part, part.training) for part in subject.module.modules()]
        subject.module.eval()
        found = super().plane(subject, directions, reach=reach, points=points)
        for part, mode in modes:
            part.training = mode
        return found


class Crasher(Naive):
    """Divides by the norm of a filter."""

    def drawn(self, subject: Subject, generator: torch.Generator) -> Params:
        return {
            name: value / own[0].norm().sign()
            for (name, value), own in zip(
                super().drawn(subject, generator).items(), subject.params.values(), strict=True
            )
        }


class Forgetful(Naive):
    def module(self, subject: Subject) -> torch.nn.Module:
        subject.module.requires_grad_(False)
        return super().module(subject)


class Cleaner(Naive):
    def module(self, subject: Subject) -> torch.nn.Module:
        subject.module.zero_grad()
        return super().module(subject)


class Gambler(Naive):
    def module(self, subject: Subject) -> torch.nn.Module:
        torch.rand(1)
        return super().module(subject)


class Swallower(Naive):
    """Takes an exception of the loss for a bad cell."""

    def cost(self, subject: Subject, module: torch.nn.Module, batches: list[tuple[Tensor, Tensor]]) -> float:
        try:
            return super().cost(subject, module, batches)
        except ArithmeticError:
            return float("nan")


class AsItIs(Naive):
    """Leaves a copy in whatever mode the user's module is in."""

    def module(self, subject: Subject) -> torch.nn.Module:
        module = super().module(subject)
        for own, part in zip(subject.module.modules(), module.modules(), strict=True):
            part.training = own.training if not subject.policy else part.training
        return module


class OnePolicy(Naive):
    """Is asked for statistics of one kind, and takes the running ones all the same."""

    def module(self, subject: Subject) -> torch.nn.Module:
        return copy.deepcopy(subject.module).eval()


class Collector(Live):
    """Walks the user's module in the mode it is in, and restores weights only: statistics are collected."""

    def plane(self, subject: Subject, directions: Pair, *, reach: Reach, points: tuple[int, int]) -> Surface:
        kept = subject.params
        if subject.policy:
            return super().plane(subject, directions, reach=reach, points=points)
        with torch.no_grad():
            try:
                return Naive.plane(self, subject, directions, reach=reach, points=points)
            finally:
                for name, value in subject.module.named_parameters():
                    value.copy_(kept[name])


class FirstBatch(Naive):
    def batches(self, subject: Subject) -> list[tuple[Tensor, Tensor]]:
        return super().batches(subject)[:1]


class MeanOfMeans(Naive):
    def cost(self, subject: Subject, module: torch.nn.Module, batches: list[tuple[Tensor, Tensor]]) -> float:
        return sum(float(subject.loss(module(inputs), targets)) for inputs, targets in batches) / len(batches)


class AnyBatch(Naive):
    """Reads a batch anew at every point; where the loader shuffles, another one."""

    def cost(self, subject: Subject, module: torch.nn.Module, batches: list[tuple[Tensor, Tensor]]) -> float:
        read = self.batches_now(subject) if isinstance(subject.batches, DataLoader) else batches
        return super().cost(subject, module, read)

    def batches_now(self, subject: Subject) -> list[tuple[Tensor, Tensor]]:
        return [next(iter(subject.batches))]


class Jitter(Naive):
    def cells(self, costs: Tensor) -> Tensor:
        return costs + 1e-6 * (costs == costs.max())


class Rounder(Naive):
    def cells(self, costs: Tensor) -> Tensor:
        return costs.half().double()


class Filler(Naive):
    def cells(self, costs: Tensor) -> Tensor:
        finite = costs[costs.isfinite()]
        return costs.nan_to_num(nan=float(finite.mean()), posinf=float("inf"), neginf=-float("inf"))


class Clipper(Naive):
    def cells(self, costs: Tensor) -> Tensor:
        return costs.clamp(max=float(costs[costs.isfinite()].max())) if bool(costs.isinf().any()) else costs


class Square(Naive):
    def cells(self, costs: Tensor) -> Tensor:
        return costs if costs.shape[0] == costs.shape[1] else costs.T.reshape(costs.shape)


class Mislabelled(Naive):
    """Says steps of `2 / (points - 1)` and takes those of `2 / points`."""

    def places(self, axes: tuple[Tensor, Tensor]) -> Iterator[tuple[tuple[int, int], tuple[float, float]]]:
        for cell, (a, b) in super().places(axes):
            yield cell, (a * (1 - 1 / len(axes[0])), b * (1 - 1 / len(axes[1])))


class Serpentine(Naive):
    """Odd rows are one step aside."""

    def places(self, axes: tuple[Tensor, Tensor]) -> Iterator[tuple[tuple[int, int], tuple[float, float]]]:
        for (i, j), (a, b) in super().places(axes):
            yield (i, j), (a, b + (i % 2) * float(axes[1][1] - axes[1][0]))


class Elsewhere(Naive):
    """No cell is the model: cells lie around it."""

    def axis(self, reach: Reach, points: int) -> Tensor:
        axis = super().axis(reach, points)
        return axis + (axis[1] - axis[0]) / 2


class Symmetric(Naive):
    def axis(self, reach: Reach, points: int) -> Tensor:
        return super().axis((-max(reach), max(reach)), points)


class Doubled(Naive):
    """Draws anew for the second name of a tensor."""

    def drawn(self, subject: Subject, generator: torch.Generator) -> Params:
        way = super().drawn(subject, generator)
        every = dict(subject.module.named_parameters(remove_duplicate=False))
        return way | {n: torch.randn(v.shape, generator=generator) for n, v in every.items() if n not in way}


class Twin(Naive):
    def random(self, subject: Subject, *, seed: int) -> Pair:
        first, _ = super().random(subject, seed=seed)
        return first, vectors.scaled(first, by=-1)


class Layerwise(Naive):
    def drawn(self, subject: Subject, generator: torch.Generator) -> Params:
        return {
            name: torch.randn(value.shape, generator=generator) * (value.norm() if value.ndim > 1 else 0)
            for name, value in subject.params.items()
        }


class Everything(Naive):
    """Moves biases and norm parameters, too."""

    def drawn(self, subject: Subject, generator: torch.Generator) -> Params:
        way = super().drawn(subject, generator)
        return {n: v if v.ndim > 1 else torch.randn(v.shape, generator=generator) for n, v in way.items()}


class Statistics(Naive):
    def drawn(self, subject: Subject, generator: torch.Generator) -> Params:
        way = super().drawn(subject, generator)
        return way | {n: v + 1 for n, v in subject.module.named_buffers() if v.is_floating_point()}


class Corner(Naive):
    def drawn(self, subject: Subject, generator: torch.Generator) -> Params:
        return {name: value.abs() for name, value in super().drawn(subject, generator).items()}


class Claims(Naive):
    def cosine(self, directions: Pair) -> float:
        return 0.0


class Scaled(Naive):
    """Scales eigenvectors tensor by tensor."""

    def sharpest(self, subject: Subject) -> Pair:
        first, second = (
            {name: value / value.norm() for name, value in way.items()} for way in super().sharpest(subject)
        )
        return first, second


class Slanted(Naive):
    """One eigenvector, and nearly the same again."""

    def sharpest(self, subject: Subject) -> Pair:
        first, second = super().sharpest(subject)
        return first, vectors.moved(second, first, by=0.015)


class Dots(Naive):
    """Coordinates by inner products, as on orthogonal units."""

    def path(self, subject: Subject, directions: Pair, points: list[Params]) -> tuple[Params, Pair, Tensor]:
        origin, used, _ = super().path(subject, directions, points)
        away = [vectors.moved(point, origin, by=-1) for point in points]
        return origin, used, torch.tensor([[vectors.dot(each, way) for way in used] for each in away])
