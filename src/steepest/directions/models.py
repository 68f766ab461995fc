"""Directions from one model to others."""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from torch import Tensor

from steepest import vectors
from steepest.directions.chosen import Layers, chosen, only_in
from steepest.directions.noun import Directions
from steepest.errors import SteepestError, door
from steepest.vectors import Params

REACH = (-0.25, 1.25)
"""A quarter beyond the models on either side: whether they lie in one basin is seen at its edges."""

STRAIGHT = 1 - 1e-6
"""A cosine above which three models lie on one line: float32 cannot tell it from 1."""

Model = Mapping[str, Tensor] | torch.nn.Module


def between(first: Model, second: Model, third: Model | None = None, *, layers: Layers | None = None) -> Directions:
    """Lead from a model to a second, and to a third: axes on which the models are at (0, 0), (1, 0) and (0, 1).

    Each direction is the difference to the first, which is the `origin`; `reach` suggests a quarter more on either side
    (Goodfellow, Vinyals and Saxe, 2015). Models are parameters by name, or modules, of which the parameters that
    require a gradient count. Buffers, such as the statistics of a batch norm, are not between them: `Cost.from_module`
    has a policy for these. Where `layers` moves only some, the other models are not quite reached.

    Raises SteepestError for models of other names or shapes, for equal ones, and for three on one line.

    >>> here, there = {"m": torch.tensor(1.0), "b": torch.tensor(0.0)}, {"m": torch.tensor(4.0), "b": torch.tensor(4.0)}
    >>> ways = between(here, there)
    >>> float(ways.norms[0]), ways.reach
    (5.0, ((-0.25, 1.25),))
    """
    with door("directions.between"):
        words = ("first", "second", "third")
        given = [_params(model) for model in (first, second, third) if model is not None]
        origin, *others = given
        for word, model in zip(words, given, strict=False):
            _refuse_unfit(model, origin, word)
        moved = chosen(layers, tuple(origin))
        made = tuple(
            {n: other[n].to(v) - v if n in moved else torch.zeros_like(v) for n, v in origin.items()}
            for other in others
        )
        ways = Directions(made, tuple(f"first to {word}" for word in words[1 : len(given)]), "")
        for index, length in enumerate(ways.norms.tolist()):
            if not length:
                raise SteepestError(
                    f"the first model and the {words[index + 1]} are equal{only_in(moved, tuple(origin))}",
                    cause="Are both the same object, changed in place since?",
                    remedy="Give two different models, and copy the first before training goes on",
                )
        if len(made) == 2 and abs(float(ways.cosines[0, 1])) > STRAIGHT:
            raise SteepestError(
                f"the three models lie on one line (cosine {float(ways.cosines[0, 1]):.7f})",
                remedy="Give a third that lies beside it, or cut the line between two",
            )
        apart = f"distance {ways.norms[0]:.4g}"
        if len(made) == 2:
            apart = f"distances {ways.norms[0]:.4g} and {ways.norms[1]:.4g}, cosine {float(ways.cosines[0, 1]):.3f}"
        told = (
            f"from the first of {('two', 'three')[len(made) - 1]} models (0) to the other{'s' * (len(made) - 1)} (1)"
            f"{only_in(moved, tuple(origin))}: {apart}"
        )
        return Directions(made, ways.names, told, origin=vectors.own(origin), reach=(REACH,) * len(made))


def _params(model: Model) -> Params:
    if isinstance(model, torch.nn.Module):
        return {name: value.detach() for name, value in model.named_parameters() if value.requires_grad}
    return {name: torch.as_tensor(value).detach() for name, value in model.items()}


def _refuse_unfit(model: Params, first: Params, word: str) -> None:
    for name in (*first, *model):
        if name not in model or name not in first or model[name].shape != first[name].shape:
            has = f"'{name}' of shape {tuple(model[name].shape)}" if name in model else f"no '{name}'"
            wants = f"one of shape {tuple(first[name].shape)}" if name in first else "none"
            raise SteepestError(
                f"the {word} model has {has}, and the first has {wants}", remedy="Give models of one architecture"
            )
        if not model[name].is_floating_point():
            raise SteepestError(
                f"'{name}' of the {word} model is {str(model[name].dtype).removeprefix('torch.')}, no parameter",
                cause="A state_dict() holds buffers too",
                remedy="Give the module itself, or dict(module.named_parameters())",
            )
    if not math.isfinite(vectors.norm(model)):
        bad = next(name for name, value in model.items() if not math.isfinite(vectors.norm({name: value})))
        raise SteepestError(
            f"the {word} model is not finite in '{bad}'",
            cause="Is it the end of a run that diverged?",
            remedy="Give a finite one",
        )
