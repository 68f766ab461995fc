"""Lesson 11, flat is not lowest: kinds of flat places, saddles, and what a random start is good for."""

from __future__ import annotations

import copy
import functools
import itertools
from collections.abc import Callable
from random import Random
from typing import Any

import torch
from torch import Tensor

from steepest.lessons.answers import tensor
from steepest.lessons.exercise import Exercise, Given, Prediction
from steepest.lessons.mistakes import mistake
from steepest.lessons.reply import Mistake
from steepest.lessons.sheets.cores import one_core
from steepest.lessons.sheets.numbers import trial

KINDS = ("minimum", "maximum", "saddle", "cannot tell")
ZERO = 1e-9
STARTS = 1000
PLACES = 20_000
HIDDEN: tuple[tuple[float, ...], ...] = (
    (2.0,),
    (-0.5,),
    (3.0, 1.0),
    (-1.0, -4.0),
    (2.0, -1.0),
    (5.0, 0.0),
    (2.0, 0.0, -3.0),
    (-2.0, 0.0, -1.0),
    (4.0, 2.0, 0.5, 0.1),
    (3.0, 1.0, -2.0, -0.5),
    (6.0, 5.0, 4.0, 3.0, -0.1),
    (-1.0, -2.0, -3.0, -4.0, -5.0, -6.0),
)
"""The eigenvalues of the twelve hidden flat places; each is turned by chance."""


def kind(eigenvalues: Tensor) -> str:
    """Say what kind of flat place has these eigenvalues, as far as they can tell."""
    up, down = bool((eigenvalues > ZERO).any()), bool((eigenvalues < -ZERO).any())
    if up and down:
        return "saddle"
    if bool((eigenvalues.abs() <= ZERO).any()):
        return "cannot tell"
    return "minimum" if up else "maximum"


def turned(eigenvalues: tuple[float, ...], chance: Random) -> Tensor:
    """Make a symmetric matrix with these eigenvalues, whose own axes point anywhere."""
    source = torch.Generator().manual_seed(chance.getrandbits(30))
    size = len(eigenvalues)
    axes = torch.linalg.qr(torch.randn(size, size, generator=source, dtype=torch.float64))[0]
    made = axes @ torch.diag(torch.tensor(eigenvalues, dtype=torch.float64)) @ axes.T
    return (made + made.T) / 2


def _by_diagonal(hessian: Tensor) -> str:
    return kind(hessian.diagonal())


def _by_determinant(hessian: Tensor) -> str:
    value = float(torch.linalg.det(hessian))
    if abs(value) <= ZERO:
        return "cannot tell"
    return "saddle" if value < 0 else "minimum" if hessian[0, 0] > 0 else "maximum"


def _zero_as_positive(hessian: Tensor) -> str:
    values = torch.linalg.eigvalsh(hessian)
    return "minimum" if values[0] >= -ZERO else "maximum" if values[-1] <= ZERO else "saddle"


def _zero_hides(hessian: Tensor) -> str:
    values = torch.linalg.eigvalsh(hessian)
    return "cannot tell" if bool((values.abs() <= ZERO).any()) else kind(values)


def _swapped(hessian: Tensor) -> str:
    return kind(-torch.linalg.eigvalsh(hessian))


WAYS: dict[str, Callable[[Tensor], str]] = {
    "upside down": _swapped,
    "looks along the axes only": _by_diagonal,
    "looks at the determinant only": _by_determinant,
    "zero for positive": _zero_as_positive,
    "a zero hides the saddle": _zero_hides,
    "flat for lowest": lambda hessian: "minimum",
}
"""What the known mistakes say of a Hessian."""


def _kind(answer: Any, given: Given, chance: Random) -> Mistake | str:  # noqa: PLR0911 - one for each mistake
    if not callable(answer):
        return mistake("wrong type", "A function is asked for: give its name, without brackets.")
    matrices = [turned(values, chance) for values in chance.sample(HIDDEN, len(HIDDEN))]
    said = []
    for hessian in matrices:
        lent = hessian.clone()
        try:
            word = answer(lent)
        except (Exception, SystemExit) as error:  # whatever a learner's code raises is told
            words = str(error).partition("\n")[0]
            shape = tuple(hessian.shape)
            return mistake("exception", f"At a Hessian of shape {shape} it stopped: {type(error).__name__}: {words}.")
        if not torch.equal(lent, hessian):
            return mistake("changed in place", "Your function changed the Hessian that it was given.")
        if word is None:
            return mistake("nothing came back", "Your function returned None.")
        if str(word) not in KINDS:
            return mistake("wrong type", f"It returned {word!r:.40}, and one of {', '.join(KINDS)} should come back.")
        said.append(str(word))
    right = [kind(torch.linalg.eigvalsh(hessian)) for hessian in matrices]
    if said == right:
        return f"All {len(matrices)} hidden flat places are named rightly, of up to six parameters."
    at = next(index for index, word in enumerate(said) if word != right[index])
    values = ", ".join(f"{float(value) + 0.0:.2g}" for value in torch.linalg.eigvalsh(matrices[at]))
    wrong = sum(one != other for one, other in zip(said, right, strict=True))
    claim = (
        f"{len(said) - wrong} of {len(said)} are right. One has the eigenvalues {values}; it is '{right[at]}', and "
        f"your function says '{said[at]}'."
    )
    for name, way in WAYS.items():
        if said == [way(hessian) for hessian in matrices]:
            return mistake(name, claim)
    return Mistake("", claim, "What do all positive, all negative, both signs and a zero each mean?")


@one_core()
def parted(weights: Tensor, steps: int = 300) -> float:
    """Train a small network from these first weights, and give how far its two most alike units are apart."""
    source = torch.Generator().manual_seed(5)
    x = torch.randn(40, weights.shape[1], generator=source, dtype=torch.float64)
    y = torch.tanh(2 * x[:, 0]) - 0.5 * x[:, -1] ** 2
    inner = weights.clone().requires_grad_()
    outer = torch.full((len(weights),), 1 / len(weights), dtype=torch.float64, requires_grad=True)
    for _ in range(steps):
        cost = ((torch.tanh(x @ inner.T) @ outer - y) ** 2).mean()
        by_inner, by_outer = torch.autograd.grad(cost, (inner, outer))
        with torch.no_grad():
            inner -= 0.1 * by_inner
            outer -= 0.1 * by_outer
    rows = inner.detach()
    return min(float((one - other).norm()) for one, other in itertools.combinations(rows, 2))


def _start(answer: Any, given: Given, chance: Random) -> Mistake | str:  # noqa: PLR0911 - one for each mistake
    if not callable(answer):
        return mistake("wrong type", "A function is asked for: give its name, without brackets.")
    nearest = float("inf")
    for units, inputs in ((2, 2), (5, 3), (16, 4)):
        where = f"With {units} units and {inputs} inputs"
        try:
            came = copy.deepcopy(answer(units, inputs))
        except (Exception, SystemExit) as error:  # whatever a learner's code raises is told
            return mistake("exception", f"{where} it stopped: {type(error).__name__}: {error!s:.80}.")
        if came is None:
            return mistake("nothing came back", "Your function returned None.")
        try:
            weights = tensor(came)
        except (TypeError, ValueError, RuntimeError):
            return mistake("wrong type", f"{where} it returned {came!r:.40}, and a table of numbers is asked for.")
        if weights.shape != (units, inputs):
            return mistake("wrong shape", f"{where} the shape is {tuple(weights.shape)}, not ({units}, {inputs}).")
        if not bool(weights.isfinite().all()):
            return mistake("not finite", f"{where} not every weight is finite.")
        if not bool(weights.any()):
            return mistake("all zero", f"{where} every weight is 0, so every unit does the same and gets the same.")
        if float(weights.square().sum(1).mean().sqrt()) > 10:
            typical = float(weights.square().sum(1).mean().sqrt())
            return mistake("too large", f"{where} a unit's weights have length {typical:.3g}; tanh is flat out there.")
        apart = parted(weights)
        if apart < 1e-6:
            return mistake("all alike", f"{where} two of them are {apart:.1g} apart after 300 steps: still one unit.")
        nearest = min(nearest, apart)
    return f"After 300 steps the two most alike units of three hidden networks are {nearest:.2g} apart."


def _sheet(chance: Random | None) -> Given:
    a, b, c = (1, 3, 2) if chance is None else (chance.randint(-4, 4), chance.randint(-4, 4), chance.randint(-4, 4))
    return {"a": a, "b": b, "c": c}


def _by_hand(answer: Any, given: Given, chance: Random) -> Mistake | str:
    hessian = torch.tensor([[given["a"], given["b"]], [given["b"], given["c"]]], dtype=torch.float64)
    said = str(answer).strip().lower()
    if said not in KINDS:
        return mistake("wrong type", f"One of {', '.join(KINDS)} is asked for, and '{str(answer)[:40]}' came.")
    right = kind(torch.linalg.eigvalsh(hessian))
    if said == right:
        return f"Its eigenvalues say so: {_values(given)}."
    claim = f"It is not '{said}'."
    for name, way in WAYS.items():
        if said == way(hessian):
            return mistake(name, claim)
    return Mistake("", claim, "a*c - b*b is the product of the two eigenvalues, and a + c their sum.")


def _values(given: Given) -> str:
    hessian = torch.tensor([[given["a"], given["b"]], [given["b"], given["c"]]], dtype=torch.float64)
    return ", ".join(f"{float(value) + 0.0:.3g}" for value in torch.linalg.eigvalsh(hessian))


def _key(given: Given) -> str:
    hessian = torch.tensor([[given["a"], given["b"]], [given["b"], given["c"]]], dtype=torch.float64)
    return f"{kind(torch.linalg.eigvalsh(hessian))}: the eigenvalues are {_values(given)}"


EXERCISES = (
    Exercise(
        "kind of flat place",
        11,
        "The gradient is zero somewhere. Write a function of the Hessian there, a symmetric tensor of any size, that "
        "returns 'minimum', 'maximum', 'saddle' or 'cannot tell'. An eigenvalue of less than 1e-9 in size counts as "
        "zero.",
        "torch.linalg.eigvalsh(hessian) gives the eigenvalues. Which signs occur?",
        "def kind(hessian):\n"
        "    import torch\n"
        "    values = torch.linalg.eigvalsh(hessian)\n"
        "    up, down = (values > 1e-9).any(), (values < -1e-9).any()\n"
        "    if up and down:\n"
        "        return 'saddle'\n"
        "    if (values.abs() <= 1e-9).any():\n"
        "        return 'cannot tell'\n"
        "    return 'minimum' if up else 'maximum'",
        _kind,
    ),
    Exercise(
        "break the symmetry",
        11,
        "Write a function start(units, inputs) that returns the first weights of a layer, a tensor of shape (units, "
        "inputs), from which the units can become different ones.",
        "What two units never share is what chance gave each of them.",
        "def start(units, inputs):\n    import torch\n    return torch.randn(units, inputs) / inputs**0.5",
        _start,
    ),
    Exercise(
        "kind by hand",
        11,
        "With pencil and paper. At a place without slope the cost is {a} * u**2 / 2 + {b} * u * v + {c} * v**2 / 2, so "
        "its Hessian is [[{a}, {b}], [{b}, {c}]]. Is the place a minimum, a maximum or a saddle, or can the Hessian "
        "not tell?",
        "The product of the two eigenvalues is a*c - b*b, their sum a + c. So which signs have they?",
        "See the key.",
        _by_hand,
        _sheet,
        _key,
    ),
)


def slid(start: tuple[float, float], rate: float = 0.1, most: int = 1000) -> tuple[int, float, float]:
    """Walk down u^2 - v^2 until v has left the saddle by 1, or so many steps: steps, u and v."""
    u, v = start
    for step in range(most):
        if abs(v) > 1:
            return step, u, v
        u, v = u - rate * 2 * u, v + rate * 2 * v
    return most, u, v


@one_core()
def thousand(epochs: int = 2000, rate: float = 0.05) -> Tensor:
    """Where plain descent on the trial ends from 1000 random starts: one row of m and b for each."""
    _, x, y = trial()
    source = torch.Generator().manual_seed(0)
    m, b = (20 * torch.rand(STARTS, 1, generator=source, dtype=torch.float64) - 10 for _ in "mb")
    for _ in range(epochs):
        over = m * x + b - y
        m, b = m - rate * (2 * over * x).mean(1, keepdim=True), b - rate * (2 * over).mean(1, keepdim=True)
    return torch.cat([m, b], dim=1)


@functools.lru_cache(maxsize=16)
@one_core()
def share_of_minima(parameters: int, places: int = PLACES) -> float:
    """The share of random Hessians that bend upwards in every direction: symmetric, Gaussian, none preferred."""
    source = torch.Generator().manual_seed(parameters)
    drawn = torch.randn(places, parameters, parameters, generator=source, dtype=torch.float64)
    lowest = torch.linalg.eigvalsh((drawn + drawn.mT) / 2)[:, 0]
    return float((lowest > 0).double().mean())


@one_core()
def stuck(units: int, starts: int = 100) -> int:
    """How many walks of a network with so many hidden units have not learned "either, but not both" in 1500 epochs.

    All start at random and walk at once; a cost above 0.01 is stuck.
    """
    chance = torch.Generator().manual_seed(0)
    inputs = torch.tensor([[-1.0, -1], [-1, 1], [1, -1], [1, 1]], dtype=torch.float64)
    either = torch.tensor([-1.0, 1, 1, -1], dtype=torch.float64)
    values = [
        torch.randn(starts, *shape, generator=chance, dtype=torch.float64).requires_grad_()
        for shape in ((units, 2), (units,), (units,), (1,))
    ]
    cost = torch.zeros(starts)
    for _ in range(1500):
        inner, bias, outer, shift = values
        hidden = torch.tanh(torch.einsum("sui,ni->snu", inner, inputs) + bias[:, None])
        cost = ((torch.einsum("snu,su->sn", hidden, outer) + shift - either) ** 2).mean(1)
        slopes = torch.autograd.grad(cost.sum(), values)
        with torch.no_grad():
            for value, slope in zip(values, slopes, strict=True):
                value.sub_(0.1 * slope)
    return int((cost > 0.01).sum())


def _on_saddle() -> tuple[str, str]:
    steps, u, v = slid((1.0, 0.0))
    return "at the saddle", (
        f"After {steps} steps it is at ({u:.1g}, {v:g}). Along v the slope is -2 * v, and v is exactly 0: nothing ever "
        "pushes it sideways, though one hair's breadth beside it the ground falls for ever."
    )


def _off_saddle() -> tuple[float, str]:
    steps, _, _ = slid((1.0, 1e-6))
    return float(steps), (
        f"Each step multiplies v by 1.2, and 1.2**{steps} is the first power above a million. For most of that while "
        "the gradient is nearly zero."
    )


def _thousand() -> tuple[float, str]:
    found = thousand(1000)
    spread = float((found.max(0).values - found.min(0).values).max())
    return 1.0, f"All {STARTS} end within {spread:.1g} of one another. The trial's ground has one valley."


def _knobs() -> tuple[str, str]:
    shares = {size: share_of_minima(size) for size in (1, 2, 3, 4)}
    told = ", ".join(f"{share:.1%} of {size}" for size, share in shares.items())
    return "it shrinks", (
        f"Minima among {PLACES:,} random flat places, by the number of parameters: {told}. Every direction has to bend "
        "upwards, and with each one more that is a smaller chance; most of the others are saddles."
    )


PREDICTIONS = (
    Prediction(
        "on the saddle",
        11,
        "On u**2 - v**2 the trilobite starts at u = 1 and v = 0 exactly, and walks down. Where does it end?",
        _on_saddle,
        ("at the saddle", "far below it"),
    ),
    Prediction(
        "beside the saddle",
        11,
        "Now it starts at u = 1 and v = 0.000001. After how many steps, at the rate 0.1, has v grown to 1?",
        _off_saddle,
        share=0.2,
    ),
    Prediction(
        "ends of a thousand starts",
        11,
        "A thousand random starts on the trial's ground. In how many different places do they end?",
        _thousand,
        share=0.0,
    ),
    Prediction(
        "more parameters",
        11,
        "Of all flat places of a random ground, some share are minima. With more parameters, what does that share do?",
        _knobs,
        ("it grows", "it stays", "it shrinks"),
    ),
)
