"""gradfield: `sample_grid(model_loss_fn(model, loss_fn, inputs, targets), x_range, y_range, resolution)`."""

from __future__ import annotations

import inspect
from collections.abc import Callable

import torch
from gradfield import model_loss_fn, sample_grid  # pyright: ignore[reportMissingImports]

from peers import named, one_batch, refuse_oblong, refuse_policy, seeded
from steepest.traps import Subject, Surface, Tool
from steepest.traps.nouns import Pair, Reach


class Peer(Tool):
    """Draws its own directions; they are read where its function keeps them."""

    name = "gradfield"

    def plane(self, subject: Subject, directions: Pair, *, reach: Reach, points: tuple[int, int]) -> Surface:
        refuse_policy(subject)
        inputs, targets = one_batch(subject)
        resolution = refuse_oblong(points)
        with seeded(0):
            cost = model_loss_fn(subject.module, subject.loss, inputs, targets)
            field = sample_grid(cost, x_range=reach, y_range=reach, resolution=resolution)
        axes = torch.from_numpy(field["X"][0]), torch.from_numpy(field["Y"][:, 0])
        return Surface(axes, torch.from_numpy(field["Z"]).T, _drawn(subject, cost))

    def random(self, subject: Subject, *, seed: int) -> Pair:
        with seeded(seed):
            return _drawn(subject, model_loss_fn(subject.module, subject.loss, *one_batch(subject)))


def _drawn(subject: Subject, cost: Callable[..., object]) -> Pair:
    kept = inspect.getclosurevars(cost).nonlocals
    return named(subject, kept["direction1"]), named(subject, kept["direction2"])
