"""landscaper: `LossLandscape.compute(model, data, dirs, scalar_fn, steps, distance, dim=2)`."""

from __future__ import annotations

import torch
from landscaper import LossLandscape, PyHessian  # pyright: ignore[reportMissingImports]
from landscaper.compute import get_model_norm, normalize_direction  # pyright: ignore[reportMissingImports]
from landscaper.utils import generate_random_orthogonal_directions  # pyright: ignore[reportMissingImports]
from torch import Tensor, nn

from peers import named, one_batch, refuse_oblong, refuse_policy, seeded
from steepest.traps import NotOffered, Subject, Surface, Tool
from steepest.traps.nouns import Pair, Reach


class Peer(Tool):
    """Takes directions and scales them: one unit of a coordinate is the norm of the model."""

    name = "landscaper"

    def plane(self, subject: Subject, directions: Pair, *, reach: Reach, points: tuple[int, int]) -> Surface:
        refuse_policy(subject)
        batch, steps = one_batch(subject), refuse_oblong(points)
        if reach[0] != -reach[1]:
            raise NotOffered
        ways = [[way[name] for name in subject.params] for way in directions]
        used = tuple(named(subject, _walked(subject, way)) for way in ways)

        def scalar(model: nn.Module, data: tuple[Tensor, Tensor]) -> float:
            return subject.loss(model(data[0]), data[1]).item()

        with seeded(0):
            found = LossLandscape.compute(
                subject.module, batch, ways, scalar, steps=steps, distance=reach[1], dim=2, device="cpu"
            )
        axes = torch.as_tensor(found.ranges[0]), torch.as_tensor(found.ranges[1])
        return Surface(axes, torch.as_tensor(found.loss), (used[0], used[1]))

    def random(self, subject: Subject, *, seed: int) -> Pair:
        with seeded(seed):
            first, second = generate_random_orthogonal_directions(subject.module, n=2)
        return named(subject, _walked(subject, first)), named(subject, _walked(subject, second))

    def sharpest(self, subject: Subject) -> Pair:
        with seeded(0):
            _, found = PyHessian(subject.module, subject.loss, subject.batches, "cpu").eigenvalues(top_n=2)
        return named(subject, _walked(subject, found[0])), named(subject, _walked(subject, found[1]))


def _walked(subject: Subject, way: list[Tensor]) -> list[Tensor]:
    """What its compute makes of a direction before it walks: its own two functions, in its own order."""
    own = list(subject.params.values())
    normalised = normalize_direction([value.clone() for value in way], own)
    return [value * get_model_norm(own) / get_model_norm(normalised) for value in normalised]
