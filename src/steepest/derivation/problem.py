"""What a derivation is asked for: a model, its parameters and its data, read and refused early with a sentence."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, cast, get_args

import torch
from torch import Tensor

from steepest.derivation.expressions import Symbol
from steepest.derivation.values import Laid, Values
from steepest.errors import SteepestError, listed, near
from steepest.vectors import Params

Model = Literal["linear", "polynomial", "logistic", "hidden layer"]
Activation = Literal["tanh", "sigmoid"]

HIDDEN_AXES = {"W": "jk", "b": "j", "v": "j", "c": ""}
PLAIN_NAME = re.compile(r"([A-Za-z]{1,12})([0-9]{0,3})")
TAKEN = {"C", "i", "j", "k", "n", "x", "y", "p", "z", "h", "d", "e", "ln", "tanh"}


@dataclass(frozen=True)
class Problem:
    """A model with its parameters in order and its data: inputs `(examples, features)`, targets `(examples,)`."""

    model: Model
    params: Params
    inputs: Tensor
    targets: Tensor
    activation: Activation

    @property
    def examples(self) -> int:
        return len(self.targets)

    @property
    def single(self) -> bool:
        """One example is derived without a mean, a sum or an index."""
        return self.examples == 1

    @property
    def example_axis(self) -> str:
        return "" if self.single else "i"

    @property
    def index(self) -> tuple[str, ...]:
        """What is written below a symbol that differs from example to example."""
        return tuple(self.example_axis)

    @property
    def parameter_axes(self) -> dict[str, str]:
        if self.model == "hidden layer":
            return dict(zip(self.params, HIDDEN_AXES.values(), strict=True))
        return dict.fromkeys(self.params, "")

    @property
    def stand_ins(self) -> tuple[str, ...]:
        """The symbols used where the user's own names cannot stand in a formula."""
        if self.model == "hidden layer":
            return tuple(HIDDEN_AXES)
        if self.model == "polynomial":
            return tuple(f"c{power}" for power in range(len(self.params)))
        if len(self.params) == 2:
            return ("m", "b")
        return (*(f"w{place}" for place in range(1, len(self.params))), "b")

    @property
    def shown(self) -> dict[str, str]:
        """How each parameter is written: by its own name if all names can stand in a formula, else by stand-ins."""
        parts = [PLAIN_NAME.fullmatch(name) for name in self.params]
        digits_used = self.model == "hidden layer"  # its subscripts are indices
        plain = all(part and not (digits_used and part[2]) and part[1] not in TAKEN for part in parts)
        return dict(zip(self.params, self.params if plain else self.stand_ins, strict=True))

    def symbol(self, name: str) -> Symbol:
        """Write one parameter as a symbol, with indices for its entries."""
        match = PLAIN_NAME.fullmatch(self.shown[name])
        assert match
        axes = self.parameter_axes[name]
        return Symbol(self.key(name), axes, match[1], (*axes, *((match[2],) if match[2] else ())))

    def key(self, name: str) -> str:
        return f"parameter {list(self.params).index(name)}"

    def values(self, params: Mapping[str, Tensor]) -> Values:
        """Give every symbol its value, in the dtype of `params`."""
        like = next(iter(params.values())).detach()
        inputs, targets = self.inputs.to(like), self.targets.to(like)
        given = {
            self.key(name): Laid(axes, params[name].detach().to(like)) for name, axes in self.parameter_axes.items()
        }
        given["n"] = Laid("", torch.full_like(like.reshape(-1)[0], self.examples))
        given["y"] = self._laid("i", targets)
        if self.model == "hidden layer":
            given["x"] = self._laid("ik", inputs)
        else:
            given |= {f"x{place}": self._laid("i", column) for place, column in enumerate(inputs.unbind(1), 1)}
        hidden = len(params[list(params)[1]]) if self.model == "hidden layer" else 0
        return Values(
            given, {"i": self.examples, "j": hidden, "k": inputs.shape[1]}, torch.zeros_like(given["n"].tensor)
        )

    def _laid(self, axes: str, tensor: Tensor) -> Laid:
        return Laid(axes.replace("i", ""), tensor[0]) if self.single else Laid(axes, tensor)

    def sample(self, rows: Tensor) -> Problem:
        """Keep only some of the examples."""
        return replace(self, inputs=self.inputs[rows], targets=self.targets[rows])

    def random_params(self, generator: torch.Generator) -> Params:
        """Draw parameters in float64 with estimates of the size of one, whatever the scale of the inputs."""

        def draw(*shape: int) -> Tensor:
            return torch.rand(shape, generator=generator, dtype=torch.float64) * 2 - 1

        reach = self.inputs.double().abs().amax(0).cpu()
        reach = torch.where(reach > 0, reach, 1.0)
        if self.model == "hidden layer":
            shapes = [value.shape for value in self.params.values()]
            drawn = [draw(*shapes[0]) / (reach * len(reach) ** 0.5), draw(*shapes[1]), draw(*shapes[2]), draw()]
        elif self.model == "polynomial":
            drawn = [draw() / reach[0] ** power for power in range(len(self.params))]
        else:
            drawn = [*(draw() / (scale * len(reach) ** 0.5) for scale in reach), draw()]
        return {name: value.to(self.inputs.device) for name, value in zip(self.params, drawn, strict=True)}

    def own(self, params: Mapping[str, Tensor | float]) -> Params:
        """Read the caller's parameters, or refuse them; the same names and shapes as those the problem was given."""
        for name in params:
            if name not in self.params:
                raise SteepestError(f"there is no parameter '{name}'", remedy=near(name, self.params))
        for name in self.params:
            if name not in params:
                raise SteepestError(
                    f"parameter '{name}' has no value", remedy=f"Give a value for each of {listed(self.params)}"
                )
        made = {name: _tensor(name, params[name]) for name in self.params}
        for name, given in self.params.items():
            if made[name].shape != given.shape:
                raise _misshapen(name, made[name], tuple(given.shape))
        return made


def read(
    model: str,
    params: Mapping[str, Tensor | float],
    inputs: Tensor,
    targets: Tensor,
    *,
    activation: str,
) -> Problem:
    """Read a request, or refuse it."""
    if model not in get_args(Model):
        raise SteepestError(f"there is no model '{model}'", remedy=near(str(model), get_args(Model)))
    if activation not in get_args(Activation):
        raise SteepestError(
            f"there is no activation '{activation}'", remedy=near(str(activation), get_args(Activation))
        )
    inputs, targets = _paired(inputs, targets)
    for what, data in (("inputs", inputs), ("targets", targets)):
        _refuse_gaps(what, data)
    named = {name: _tensor(name, value) for name, value in params.items()}
    widest = functools.reduce(torch.promote_types, (value.dtype for value in named.values()), torch.float32)
    named = {name: value.to(widest) for name, value in named.items()}
    problem = Problem(cast("Model", model), named, inputs, targets, cast("Activation", activation))
    if model == "hidden layer":
        _refuse_layer_shapes(problem)
    else:
        _refuse_count(problem)
    if model == "logistic" and bool(((targets < 0) | (targets > 1)).any()):
        low, high = float(targets.min()), float(targets.max())
        raise SteepestError(
            f"the targets of a logistic model reach from {low:g} to {high:g}",
            cause="They are probabilities, or classes 0 and 1",
            remedy="Code one class as 0 and the other as 1",
        )
    return problem


def _paired(inputs: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
    for what, data in (("inputs", inputs), ("targets", targets)):
        if not isinstance(data, Tensor):
            raise SteepestError(
                f"the {what} are {type(data).__name__}, not a tensor", remedy=f"Give torch.tensor({what})"
            )
        if data.is_complex():
            raise SteepestError(f"the {what} are complex numbers", remedy="Give real numbers")
    shapes = f"inputs have shape {tuple(inputs.shape)} and targets {tuple(targets.shape)}"
    inputs = inputs.reshape(-1, 1) if inputs.ndim <= 1 else inputs
    targets = targets.reshape(-1) if targets.ndim == 0 or tuple(targets.shape) == (len(inputs), 1) else targets
    if inputs.ndim != 2 or targets.ndim != 1 or len(inputs) != len(targets):
        raise SteepestError(
            shapes,
            cause="One target belongs to each row of inputs",
            remedy="Give inputs as (examples, features) and targets as (examples,)",
        )
    if not len(targets) or not inputs.shape[1]:
        raise SteepestError(f"{shapes}: there are no examples", remedy="Give at least one example with one feature")
    return inputs.detach(), targets.detach()


def _refuse_gaps(what: str, data: Tensor) -> None:
    if data.is_floating_point() and not bool(torch.isfinite(data).all()):
        gaps = ~torch.isfinite(data)
        first = int(gaps.reshape(len(data), -1).any(1).nonzero()[0])
        raise SteepestError(
            f"the {what} hold {int(gaps.sum())} NaN or infinite numbers (first: row {first})",
            remedy="Fill or drop those rows",
        )


def _tensor(name: str, given: Any) -> Tensor:
    try:
        tensor = given.detach() if isinstance(given, Tensor) else torch.tensor(given, dtype=torch.float64)
    except (TypeError, ValueError, RuntimeError) as error:
        raise SteepestError(
            f"parameter '{name}' is {given!r}, which is not a number", remedy="Give a number or a tensor"
        ) from error
    if tensor.is_complex():
        raise SteepestError(f"parameter '{name}' is complex", remedy="Give real numbers")
    return tensor if tensor.is_floating_point() else tensor.double()


def _refuse_count(problem: Problem) -> None:
    features = problem.inputs.shape[1]
    if problem.model == "polynomial":
        if features != 1:
            raise SteepestError(
                f"the inputs of a polynomial have {features} features", remedy="Give one column, shape (examples,)"
            )
        if not problem.params:
            raise SteepestError("a polynomial needs coefficients", remedy="Give c0, c1 and so on, lowest power first")
    elif len(problem.params) != features + 1:
        raise SteepestError(
            f"there are {len(problem.params)} parameters ({listed(problem.params)}) and {features} features",
            cause=f"A {problem.model} model has a weight for each feature, in their order, and then an intercept",
            remedy=f"Give {features + 1} parameters",
        )
    for name, value in problem.params.items():
        if value.ndim:
            raise _misshapen(name, value, ())


def _refuse_layer_shapes(problem: Problem) -> None:
    if len(problem.params) != 4:
        raise SteepestError(
            f"there are {len(problem.params)} parameters ({listed(problem.params)})",
            cause="A hidden layer has four: W (hidden, features), b (hidden,), v (hidden,) and c",
            remedy="Give these four, in this order",
        )
    features = problem.inputs.shape[1]
    first = next(iter(problem.params.values()))
    hidden = first.shape[0] if first.ndim == 2 else 0
    if not hidden:
        raise _misshapen(next(iter(problem.params)), first, ("hidden", features))
    for (name, value), shape in zip(
        problem.params.items(), [(hidden, features), (hidden,), (hidden,), ()], strict=True
    ):
        if tuple(value.shape) != shape:
            raise _misshapen(name, value, shape)


def _misshapen(name: str, value: Tensor, wanted: tuple[int | str, ...]) -> SteepestError:
    shape = f"({', '.join(map(str, wanted))}{',' if len(wanted) == 1 else ''})"
    return SteepestError(
        f"parameter '{name}' has shape {tuple(value.shape)}, and this model needs {shape}",
        remedy=f"Give '{name}' as a tensor of shape {shape}",
    )
