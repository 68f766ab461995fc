"""loss-landscapes: `random_plane(model, metric, distance, steps, normalization='filter')`."""

from __future__ import annotations

import copy
import math

import torch
from loss_landscapes import ModelWrapper, random_plane  # pyright: ignore[reportMissingImports]
from loss_landscapes.metrics import Loss  # pyright: ignore[reportMissingImports]

from peers import named, one_batch, refuse_oblong, refuse_policy, seeded
from steepest.traps import NotOffered, Subject, Surface, Tool
from steepest.traps.nouns import Pair, Reach


class Seen(Loss):
    """Its own metric, which also keeps where it was asked: the tool does not give its directions."""

    def __init__(self, subject: Subject) -> None:
        inputs, targets = one_batch(subject)
        super().__init__(subject.loss, inputs, targets)
        self.visited: list[list[torch.Tensor]] = []

    def __call__(self, model_wrapper: ModelWrapper) -> float:
        self.visited.append([value.detach().double() for value in model_wrapper.get_module_parameters()])
        return super().__call__(model_wrapper)


class Peer(Tool):
    """Draws its own directions, and returns costs without coordinates: those of the comment in its source are used."""

    name = "loss-landscapes"

    def plane(self, subject: Subject, directions: Pair, *, reach: Reach, points: tuple[int, int]) -> Surface:
        refuse_policy(subject)
        steps = refuse_oblong(points)
        if reach[0] != -reach[1]:
            raise NotOffered
        length = math.sqrt(sum(float(value.square().sum()) for value in subject.params.values()))
        metric = Seen(subject)
        with seeded(0):
            costs = random_plane(subject.module, metric, distance=length / (2 * reach[1]), steps=steps)
        axis = (torch.arange(steps) - steps / 2) * (2 * reach[1] / steps)
        first, second = _steps(subject, metric, steps)
        unit = steps / (2 * reach[1])
        used = {n: v * unit for n, v in first.items()}, {n: v * unit for n, v in second.items()}
        return Surface((axis, axis), torch.as_tensor(costs), used)

    def random(self, subject: Subject, *, seed: int) -> Pair:
        metric = Seen(subject)
        with seeded(seed):
            random_plane(copy.deepcopy(subject.module), metric, distance=1, steps=3)
        return _steps(subject, metric, 3)


def _steps(subject: Subject, metric: Seen, steps: int) -> Pair:
    """The first row goes by the second direction; the second row comes back from one step along the first."""
    row, back = metric.visited[:steps], metric.visited[steps]
    second = [(b - a) / (steps - 1) for a, b in zip(row[0], row[-1], strict=True)]
    first = [b - a for a, b in zip(row[-2], back, strict=True)]
    return named(subject, first), named(subject, second)
