"""What all points of a slice share, worked out once: activations that do not change, and affine ones in three parts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, fx

from steepest.cost import losses
from steepest.cost.entropy import are_classes, is_plain, of_logits
from steepest.cost.graph import BIASED, Call, Kind, Parted, Run, parted
from steepest.cost.stand_in import HELD, Place, StandIn

PAYS = 0.1
"""The share of a forward pass's arithmetic that has to be saved for activations to be kept."""

SMALL = 2**18
"""Bytes of activations below which many points can be taken at a time, where sharing alone would not pay."""

TOUCHED = 16
"""Products that take as long as a number takes to be read and written, in a pass over memory that does little else."""


@dataclass
class Kept:
    """What one call of the module needs at each point: fixed values, and for affine ones `origin, d1, d2, ...`."""

    fixed: list[Any]
    parts: list[tuple[Tensor, ...]]


class Shared:
    """A stand-in whose module works out only what a point changes: the rest of its graph, behind what is kept.

    A value that is affine in the coordinates is combined, `Z0 + a Z1 + b Z2`, with `Z0 + a Z1` kept for the row.
    """

    def __init__(self, stand_in: StandIn, parts: Parted) -> None:
        self.stand_in, self.parts = stand_in, parts
        used = {id(value) for value in parts.rest.parameters()}
        # A loss of the outputs alone sees nothing of this module's parameters; one of the module may see them all.
        self.needed = [
            name for name in stand_in.moved if stand_in.cost.of_batch or id(stand_in.parameters[name]) in used
        ]
        self.kept: list[list[Kept]] = []
        self._classes = False
        self.size = 0
        self.pays = True
        self._affine = [parts.kinds[node] is Kind.AFFINE for node in parts.frontier]
        self._row: list[list[list[Tensor]]] = []
        self._row_at: float | None = None
        self._place: Place = ()
        self.coming: Iterator[list[Any]] = iter(())
        self.answer: Callable[..., Any] = parts.rest.forward

    @property
    def outputs_are_affine(self) -> bool:
        """Whether the module's output is one value that is combined."""
        output = self.parts.output.args[0]
        return isinstance(output, fx.Node) and self.parts.kinds[output] is Kind.AFFINE

    @property
    def method(self) -> str:
        """What is shared, and what is left to do."""
        if self.outputs_are_affine:
            return (
                f"affine outputs in {len(self.stand_in.directions) + 1} parts, shared by all points; the loss at each"
            )
        shared = "affine layers and what comes before" if any(self._affine) else "what comes before"
        return f"{shared}, up to '{self.parts.first}', worked out once; the rest of the forward pass at each point"

    def costs(self, places: Tensor) -> Tensor:
        """Give the cost at each place; shape `(places, directions)` to `(places,)`, in float64."""
        with self.answering():
            return self.stand_in.walked(places, self._stand, self._at_place)

    @contextmanager
    def answering(self) -> Iterator[None]:
        """Let the rest of the graph answer in place of the module's own forward."""
        module: Any = self.stand_in.module
        module.forward = lambda *_, **__: self.answer(*next(self.coming))
        try:
            yield
        finally:
            self.answer = self.parts.rest.forward
            del module.forward

    def keep(self, calls: list[list[Call]], limit: int) -> bool:
        """Work out what is shared, unless that, and the row's part of it, is too much to be kept."""
        columns = len(self.stand_in.directions) + 1
        for batch in calls:
            self.kept.append([self._kept(call) for call in batch])
            if self.size * (columns + 1) / columns > limit:
                return False
        self._classes = self._are_classes()
        return True

    def _are_classes(self) -> bool:
        """Whether the loss is plain cross-entropy of what the module puts out."""
        cost, held = self.stand_in.cost, self.stand_in.held or ()
        if cost.of_batch or not is_plain(cost.loss):
            return False
        return all(are_classes(each[1], losses.outputs_of(self.stand_in.module, each[0])) for each in held[:1]) and all(
            isinstance(each[1], Tensor) and not bool((each[1] < 0).any()) for each in held
        )

    def _kept(self, call: Call) -> Kept:
        stand_in = self.stand_in
        names = {id(value): name for name, value in stand_in.parameters.items()}
        origin = Run(self.parts).values(call.arguments)
        fixed = {node: value for node, value in origin.items() if self.parts.kinds[node] is Kind.FIXED}
        columns = [origin]
        for way in stand_in.directions:

            def along(value: Tensor, way: Any = way) -> Tensor:
                return way[names[id(value)]] if id(value) in names else torch.zeros_like(value)

            columns.append(Run(self.parts, along, fixed).values(call.arguments))
        kept = Kept([], [])
        inputs = {id(value) for value in call.arguments.values()}
        for node, affine in zip(self.parts.frontier, self._affine, strict=True):
            if affine:
                kept.parts.append(tuple(values[node].contiguous() for values in columns))
                self.size += sum(value.nbytes for value in kept.parts[-1])
            else:
                kept.fixed.append(origin[node])
                if isinstance(origin[node], Tensor) and id(origin[node]) not in inputs:
                    self.size += origin[node].nbytes
        return kept

    def _stand(self, place: Place) -> None:
        self.stand_in.stand(place, self.needed)
        self._place = place
        if len(place) > 1 and place[0] != self._row_at:
            self._row_at = None  # until all of it is there: Ctrl-C may come in between
            self._row = [
                [[torch.add(zero, first, alpha=place[0]) for zero, first, *_ in call.parts] for call in batch]
                for batch in self.kept
            ]
            self._row_at = place[0]

    def loss_of(self, index: int, each: Any) -> Tensor:
        """Compute the mean loss of a batch, whose outputs the rest gives."""
        if not self._classes:
            return self.stand_in.loss_of(index, each)
        return of_logits(losses.outputs_of(self.stand_in.module, each[0]), each[1])

    def _at_place(self, index: int, each: Any) -> Tensor:
        rows = self._row[index] if len(self._place) > 1 else [None] * len(self.kept[index])
        self.coming = (
            self.laid(call, self._combined(call, row)) for call, row in zip(self.kept[index], rows, strict=True)
        )
        return self.loss_of(index, each)

    def laid(self, call: Kept, combined: Iterator[Tensor]) -> list[Any]:
        """Lay fixed and combined values out as the rest's inputs."""
        fixed = iter(call.fixed)
        return [next(combined) if affine else next(fixed) for affine in self._affine]

    def _combined(self, call: Kept, row: list[Tensor] | None) -> Iterator[Tensor]:
        first, *others = self._place
        for index, (zero, one, *more) in enumerate(call.parts):
            if row is None:
                yield torch.add(zero, one, alpha=first)
                continue
            value = torch.add(row[index], more[0], alpha=others[0])
            for way, by in zip(more[1:], others[1:], strict=True):
                value = torch.add(value, way, alpha=by)
            yield value


def shared(stand_in: StandIn) -> Shared | None:
    """Share what points have in common, where the module can be traced and it fits; None otherwise."""
    if not stand_in.held or stand_in.counts or stand_in.norms.recalibrated or _half(stand_in):
        return None
    if stand_in.cost.differentiates:
        return None
    with torch.no_grad(), stand_in.quiet():
        try:
            stand_in.stand([0.0] * len(stand_in.directions), stand_in.moved)
            calls = _recorded(stand_in)
            parts = parted(stand_in.module, calls[0][0], [stand_in.parameters[name] for name in stand_in.moved])
            if parts is None:
                return None
            made = Shared(stand_in, parts)
            made.pays = made.outputs_are_affine or _pays(parts, calls[0][0])
            return made if made.keep(calls, HELD if made.pays else SMALL) else None
        except Exception:  # a module that cannot be called this way is left to the loop
            return None
        finally:
            stand_in.put_back()


def _half(stand_in: StandIn) -> bool:
    """Whether parameters are of half precision, where parts that are added up lose what a sum has."""
    return any(value.dtype.itemsize < 4 for value in stand_in.parameters.values())


def _recorded(stand_in: StandIn) -> list[list[Call]]:
    """Write down how the loss calls the module, for each batch."""
    module: Any = stand_in.module
    own, calls = module.forward, []

    def forward(*given: Any, **keywords: Any) -> Any:
        calls[-1].append(Call.of(module, given, keywords))
        return own(*given, **keywords)

    module.forward = forward
    try:
        for index, each in enumerate(stand_in.held or ()):
            calls.append([])
            stand_in.loss_of(index, each)
    finally:
        del module.forward
    return calls


def _pays(parts: Parted, call: Call) -> bool:
    """Count the arithmetic of a call, and what of it the combining of affine values would take the place of."""
    run = Run(parts)
    run.values(call.arguments)
    saved = whole = 0
    for node in parts.whole.graph.nodes:
        if node.op in ("placeholder", "output"):
            continue
        value = run.env[node] = run.env[node] if node in run.env else run.run_node(node)
        if node.op == "get_attr" or not isinstance(value, Tensor):
            continue
        spent = value.numel() * (TOUCHED + _products(run, node))
        whole += spent
        if parts.kinds[node] is not Kind.REST:
            saved += spent - TOUCHED * value.numel() * (node in parts.frontier and parts.kinds[node] is Kind.AFFINE)
    return saved > PAYS * whole


def _products(run: Run, node: fx.Node) -> int:
    """How many products are summed for each number that a node puts out."""
    if node.op == "call_module":
        weight = getattr(run.module.get_submodule(str(node.target)), "weight", None)
        return weight[0].numel() if isinstance(weight, Tensor) and weight.ndim > 1 else 0
    inputs = [run.env[each] for each in node.all_input_nodes]
    if node.target in BIASED:
        return inputs[1][0].numel()
    return inputs[0].shape[-1] if "matmul" in str(node.target) or node.target in (torch.mm, torch.bmm, "mm") else 0
