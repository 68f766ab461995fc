"""loss-landscape-3d: `LossLandscapeCalculator(model, loader, criterion).calculate(xs, ys, dir_x, dir_y, state)`."""

from __future__ import annotations

import copy

import torch
from loss_landscape_3d import (  # pyright: ignore[reportMissingImports]
    LossLandscapeCalculator,
    generate_hessian_directions,
    generate_pca_directions,
    generate_random_directions,
)
from torch import Tensor

from peers import refuse_policy, seeded
from steepest.traps import Subject, Surface, Tool
from steepest.traps.nouns import Pair, Reach
from steepest.vectors import Params


class Peer(Tool):
    """Takes directions, coordinates and batches; `center_state=model.state_dict()`, as its README has it."""

    name = "loss-landscape-3d"
    copied = False

    def plane(self, subject: Subject, directions: Pair, *, reach: Reach, points: tuple[int, int]) -> Surface:
        refuse_policy(subject)
        axes = _axis(reach, points[0]), _axis(reach, points[1])
        calculator = LossLandscapeCalculator(subject.module, subject.batches, subject.loss)
        state = subject.module.state_dict()
        state = copy.deepcopy(state) if self.copied else state
        ways = [_of_state(subject, way) for way in directions]
        with seeded(0):
            costs = calculator.calculate(axes[0].numpy(), axes[1].numpy(), *ways, center_state=state)
        return Surface(axes, torch.as_tensor(costs), directions)

    def random(self, subject: Subject, *, seed: int) -> Pair:
        with seeded(seed):
            return generate_random_directions(subject.module, normalize=True)

    def sharpest(self, subject: Subject) -> Pair:
        with seeded(0):
            first, second, _ = generate_hessian_directions(subject.module, subject.batches, subject.loss)
        return first, second

    def path(self, subject: Subject, directions: Pair, points: list[Params]) -> tuple[Params, Pair, Tensor]:
        first, second, centre, coordinates = generate_pca_directions(points, normalize=True)
        return centre, (first, second), torch.tensor(coordinates)


class Copied(Peer):
    """The same with a copy of the state: the README's is the live weights, and moves with them from cell to cell."""

    name = "loss-landscape-3d, given a copy"
    copied = True


def _axis(reach: Reach, points: int) -> Tensor:
    return torch.linspace(*reach, points, dtype=torch.float64)


def _of_state(subject: Subject, way: Params) -> Params:
    """Its directions are those of a state dict, in which a tied tensor has two names."""
    names = {value.data_ptr(): name for name, value in subject.module.named_parameters()}
    found = {key: names.get(value.data_ptr()) for key, value in subject.module.state_dict().items()}
    return {key: way[name] for key, name in found.items() if name}
