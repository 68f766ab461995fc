"""Batch norm under a policy: which statistics normalise while the cost is asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Literal, get_args

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm  # pyright: ignore[reportPrivateUsage]  # the only common base

from steepest import ranks
from steepest.errors import SteepestError, near

Policy = Literal["frozen", "batch", "recalibrated"]


class Norms:
    """The batch norms of a module, and the policy for them."""

    def __init__(self, module: nn.Module, policy: Policy | None) -> None:
        self.policy: Policy | None = policy
        self.parts = {name: part for name, part in module.named_modules() if isinstance(part, _BatchNorm)}

    @property
    def recalibrated(self) -> bool:
        """Whether statistics are worked out anew for the parameters of every question."""
        return self.policy == "recalibrated" and bool(self.parts)

    def refuse_unchosen(self) -> None:
        """Refuse a policy that does not exist, is missing or cannot be followed."""
        if self.policy is not None and self.policy not in get_args(Policy):
            raise SteepestError(
                f"there is no batch_norm={self.policy!r}", remedy=near(str(self.policy), get_args(Policy))
            )
        for part in self.parts.values():
            kind, without = type(part).__name__, part.running_mean is None
            if without and self.policy in ("frozen", "recalibrated"):
                raise SteepestError(
                    f'batch_norm="{self.policy}" needs running statistics, and a {kind} keeps none',
                    cause="It was made with track_running_stats=False",
                    remedy='Choose batch_norm="batch"',
                )
            if self.policy is None and (part.training or without):
                raise SteepestError(
                    f"{kind} "
                    + ("keeps no running statistics" if without else "is in training mode")
                    + ": it normalises by each batch's own"
                    + ("" if without else " statistics and changes its running ones at every pass"),
                    remedy='Choose batch_norm="batch"'
                    if without
                    else 'Call module.eval(), which also stills dropout; or choose batch_norm="batch", or "frozen" for '
                    'the running ones as in eval mode, or "recalibrated" for those of all batches',
                )

    @contextmanager
    def under(self, policy: Policy | None) -> Iterator[None]:
        """Follow a policy inside, and put the modes back."""
        modes = {name: part.training for name, part in self.parts.items()}
        try:
            for part in self.parts.values() if policy else ():
                part.training = policy == "batch"
            yield
        finally:
            for name, training in modes.items():
                self.parts[name].training = training

    def recalibrate(self, walk: Callable[[], None], *, sharded: bool) -> dict[str, Tensor]:
        """Give the buffers for one walk over all batches, each normalised by its own statistics.

        Mean and variance of all that reaches each norm, pooled over batches by sums and counts:
        `mean = sum n_b mean_b / n`, `variance = sum (n_b variance_b + n_b (mean_b - mean)^2) / n`.
        """
        seen: dict[str, list[tuple[int, Tensor, Tensor]]] = {name: [] for name in self.parts}

        def watching(name: str) -> Callable[[nn.Module, tuple[Tensor, ...]], None]:
            def look(part: nn.Module, given: tuple[Tensor, ...]) -> None:
                del part
                values = given[0].detach().transpose(0, 1).flatten(1).double()
                variance, mean = torch.var_mean(values, dim=1, correction=0)
                seen[name].append((values.shape[1], mean, variance))

            return look

        def work() -> None:
            handles = [part.register_forward_pre_hook(watching(name)) for name, part in self.parts.items()]
            try:
                with torch.no_grad(), self.under("batch"):
                    walk()
            finally:
                for handle in handles:
                    handle.remove()

        ranks.agreed(work) if sharded else work()
        total = ranks.summed if sharded else list
        buffers: dict[str, Tensor] = {}
        for name, part in self.parts.items():
            assert part.running_mean is not None and part.running_var is not None
            like = part.running_mean.double()
            zero, parts = torch.zeros_like(like), seen[name]
            count, sums = total([torch.tensor(sum(n for n, _, _ in parts)), sum((n * m for n, m, _ in parts), zero)])
            if not float(count):
                raise SteepestError(
                    f"no batch reached the {type(part).__name__} '{name}', whose statistics were to be recalibrated",
                    cause="Was the module compiled?",
                    remedy="Give the module as it was before torch.compile, or choose another policy",
                )
            mean = sums / count.to(sums)
            (squares,) = total([sum((n * (v + (m - mean).square()) for n, m, v in parts), zero)])
            prefix = f"{name}." if name else ""
            buffers[f"{prefix}running_mean"] = mean.to(part.running_mean)
            buffers[f"{prefix}running_var"] = (squares / count.to(sums)).to(part.running_var)
        return buffers
