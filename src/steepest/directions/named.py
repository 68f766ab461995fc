"""Directions along parameters by their names: numbers, single elements, whole tensors and whole modules."""

from __future__ import annotations

import re
from collections.abc import Mapping

import torch
from torch import Tensor

from steepest import vectors
from steepest.cost import Cost
from steepest.directions.chosen import chosen, listed, place
from steepest.directions.noun import Directions
from steepest.errors import SteepestError, door
from steepest.vectors import Params

TIMES = ", times"
"""How the name of a direction ends along which a coordinate is a factor: the model stands at 1."""

ELEMENT = re.compile(r"(.+)\[\s*(-?\d+(?:\s*,\s*-?\d+)*)\s*\]")


def along(cost: Cost, *names: str, at: Mapping[str, Tensor | float] | None = None) -> Directions:
    """Lead along parameters by their names, one direction for each.

    Of a parameter that is one number ("m"), and of one element ("weight[0, 3]"), the coordinate is its own value. Of a
    tensor ("fc.weight") or a module ("fc") it is a factor on all of it: at 1 it is as it is, at 0 it is gone. `origin`
    is `at` (the module's own place) with 0 for what is named, so that these are the coordinates.

    Raises SteepestError for a name or element that is not there, and for two names of which one holds the other.

    >>> cost = Cost.from_function(lambda w: w.square().sum(), like={"w": torch.zeros(2, 2)})
    >>> ways = along(cost, "w[0, 1]", at={"w": torch.ones(2, 2)})
    >>> ways[0]["w"].tolist(), ways.origin["w"].tolist()
    ([[0.0, 1.0], [0.0, 0.0]], [[1.0, 0.0], [1.0, 1.0]])
    """
    with door("directions.along"):
        if not names:
            raise SteepestError("no parameter is named", remedy="Name one for a line, or two for a plane")
        params = place(cost, at)
        origin = vectors.own(params)
        taken = {name: torch.zeros_like(value, dtype=torch.bool) for name, value in params.items()}
        made: list[Params] = []
        told: list[tuple[str, str]] = []
        for name in names:
            masks, own_value = _meant(name, params, cost)
            made.append({key: torch.zeros_like(value) for key, value in params.items()})
            for key, mask in masks.items():
                if bool((taken[key] & mask).any()):
                    raise SteepestError(
                        f"'{name}' and a name before it both move '{key}'",
                        remedy="Name parts that have no number in common",
                    )
                taken[key] |= mask
                made[-1][key] = mask.to(params[key]) if own_value else params[key] * mask
                origin[key] = origin[key].masked_fill(mask, 0)
            if not vectors.norm(made[-1]):
                raise SteepestError(
                    f"'{name}' is zero here, so a factor on it leads nowhere",
                    remedy="Give another place as at=, or name single elements of it",
                )
            told.append(
                (name, f"'{name}' by its own value") if own_value else (f"{name}{TIMES}", f"'{name}' by a factor")
            )
        labels, sentences = zip(*told, strict=True)
        return Directions(tuple(made), labels, f"along {listed(sentences)}", origin=origin)


def _meant(name: str, params: Params, cost: Cost) -> tuple[dict[str, Tensor], bool]:
    """Which numbers a name stands for, and whether it is one alone, whose own value is the coordinate."""
    element = ELEMENT.fullmatch(name)
    if name in params or not element:
        whole = chosen(name, tuple(params), cost=cost)
        masks = {key: torch.ones_like(params[key], dtype=torch.bool) for key in whole}
        return masks, len(whole) == 1 and params[whole[0]].numel() == 1
    key, *more = chosen(element[1], tuple(params), cost=cost)
    if more:
        raise SteepestError(
            f"'{element[1]}' is {listed(map(repr, (key, *more)))}, so '{name}' is no one number",
            remedy="Give the full name of one parameter before the bracket",
        )
    index = tuple(int(part) for part in element[2].split(","))
    shape = tuple(params[key].shape)
    if len(index) != len(shape) or any(not -size <= part < size for part, size in zip(index, shape, strict=True)):
        raise SteepestError(
            f"there is no element {list(index)} in '{key}', whose shape is {shape}",
            remedy="Give one number for each dimension, from 0",
        )
    mask = torch.zeros_like(params[key], dtype=torch.bool)
    mask[index] = True
    return {key: mask}, True
