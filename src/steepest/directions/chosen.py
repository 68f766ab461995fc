"""What directions are made of: a place, and the parameters that they may move."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase

from torch import Tensor

from steepest.cost import Cost
from steepest.cost.module import ModuleCost
from steepest.errors import SteepestError, near
from steepest.vectors import Params

Layers = str | Sequence[str]


def place(cost: Cost, at: Mapping[str, Tensor | float] | None) -> Params:
    """Copy the point asked for, or the module's own where none is."""
    if at is None and not isinstance(cost, ModuleCost):
        raise SteepestError(
            "no place is given, and this cost has none of its own", remedy="Give it as at=, such as the end of a run"
        )
    params = cost.at_module if at is None and isinstance(cost, ModuleCost) else cost.params(at or {})
    for name, value in params.items():
        if not bool(value.isfinite().all()):
            raise SteepestError(
                f"'{name}' is not finite at this place",
                cause="Is it the end of a run that diverged?",
                remedy="Give a finite place as at=, such as the run's start",
            )
    return params


def chosen(layers: Layers | None, names: Sequence[str], *, cost: Cost | None = None) -> tuple[str, ...]:
    """Give the names that layers stand for: parameters, modules with all that is in them, or patterns with a star.

    Of a tied parameter any of its names will do; the others are known from the cost's module.

    >>> chosen(["head", "*.bias"], ["body.weight", "body.bias", "head.weight"])
    ('body.bias', 'head.weight')
    """
    if layers is None:
        return tuple(names)
    wanted = [layers] if isinstance(layers, str) else list(layers)
    if not wanted:
        raise SteepestError("layers=[] names no parameter", remedy="Name at least one, or leave layers= out")
    others, held = _others(cost)
    known = [*((name, name) for name in names), *others]
    found: set[str] = set()
    for item in wanted:
        hits = {own for name, own in known if _fits(name, item)}
        if not hits:
            frozen = any(_fits(name, item) for name in held)
            raise SteepestError(
                f"no parameter of the cost is '{item}' or in it",
                cause="It is frozen, or was left out with only=, so the cost holds it" if frozen else "",
                remedy=near(item, [*_modules(name for name, _ in known), *names]),
            )
        found |= hits
    return tuple(name for name in names if name in found)


def held_by(cost: Cost) -> list[str]:
    """The module's parameters that are none of the cost's: frozen ones, and those left out with `only`."""
    return _others(cost)[1]


def only_in(names: Sequence[str], of: Sequence[str]) -> str:
    """Say which parameters are moved, where not all are."""
    if len(names) == len(of):
        return ""
    return f", in {listed(names[:4])}" + (f" and {len(names) - 4} more" if names[4:] else "") + " alone"


def listed(items: Iterable[str]) -> str:
    """Join words as a sentence does.

    >>> listed(["m", "b", "c"])
    'm, b and c'
    """
    *most, last = items
    return f"{', '.join(most)} and {last}" if most else last


def _fits(name: str, item: str) -> bool:
    return name == item or name.startswith(f"{item}.") or fnmatchcase(name, item)


def _modules(names: Iterable[str]) -> list[str]:
    """Every module that the names lie in, outermost first."""
    parts = [name.split(".") for name in names]
    return list(dict.fromkeys(".".join(part[:end]) for part in parts for end in range(1, len(part))))


def _others(cost: Cost | None) -> tuple[list[tuple[str, str]], list[str]]:
    """Other names of the cost's parameters, each with the cost's own; and parameters of the module that are not its."""
    if not isinstance(cost, ModuleCost):
        return [], []
    every = list(cost.module.named_parameters(remove_duplicate=False))
    own = {id(value): name for name, value in every if name in cost.names}
    others = [(name, own[id(value)]) for name, value in every if id(value) in own and own[id(value)] != name]
    return others, [name for name, value in every if id(value) not in own]
