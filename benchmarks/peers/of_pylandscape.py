"""pylandscape: `Surface(model, criterion, dataloader).random_surface(lams, steps)`."""

from __future__ import annotations

import pyhessian  # pyright: ignore[reportMissingImports]
import torch
from pylandscape import Surface as Theirs  # pyright: ignore[reportMissingImports]

from peers import named, refuse_oblong, refuse_policy, seeded
from steepest.traps import Subject, Surface, Tool
from steepest.traps.nouns import Pair, Reach


class Peer(Tool):
    """Draws its own directions; they are drawn again by its own functions from the same seed."""

    name = "pylandscape"

    def plane(self, subject: Subject, directions: Pair, *, reach: Reach, points: tuple[int, int]) -> Surface:
        refuse_policy(subject)
        steps = refuse_oblong(points)
        theirs = Theirs(subject.module, subject.loss, subject.batches, device=torch.device("cpu"))
        seed = _fitting(subject)
        used = self.random(subject, seed=seed)
        with seeded(seed):
            first, second, costs = theirs.random_surface(reach, steps)
        return Surface((torch.as_tensor(first), torch.as_tensor(second)), torch.as_tensor(costs), used)

    def random(self, subject: Subject, *, seed: int) -> Pair:
        first, second = _drawn(subject, seed)
        return named(subject, first), named(subject, second)

    def sharpest(self, subject: Subject) -> Pair:
        with seeded(0):
            hessian = pyhessian.hessian(subject.module, subject.loss, dataloader=subject.batches, cuda=False)
            _, (first, second) = hessian.eigenvalues(maxIter=100, tol=1e-5, top_n=2)
        return named(subject, first), named(subject, second)


def _drawn(subject: Subject, seed: int) -> tuple[list[torch.Tensor], list[torch.Tensor]]:
    state = torch.get_rng_state()
    torch.manual_seed(seed)
    first = pyhessian.utils.normalization(Theirs._rand_like(subject.params.values()))
    second = pyhessian.utils.normalization(Theirs.orthogonalize_vectors(Theirs._rand_like(first), first))
    torch.set_rng_state(state)
    return first, second


def _fitting(subject: Subject) -> int:
    """A seed with which its own check of orthogonality, absolute to 1e-6 in float32, does not end the program."""
    return next((seed for seed in range(1000) if Theirs.check_orthogonality(*_drawn(subject, seed))), 0)
