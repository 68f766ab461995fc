"""What a trap is, what it asks of a tool, and what came of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor, nn

from steepest.vectors import Params

Pair = tuple[Params, Params]
Reach = tuple[float, float]


class NotOffered(Exception):  # noqa: N818  # an answer of a tool, not an error
    """A tool has no function for what is asked: it cannot fall into this trap."""


class Refused(Exception):  # noqa: N818  # an answer of a tool, not an error
    """A tool declined with a sentence instead of drawing something: what a trap may hope for."""


@dataclass
class Subject:
    """What a user brings: a `module`, a `loss` of `(outputs, targets)`, and `batches` of `(inputs, targets)`.

    >>> from torch import ones
    >>> subject = Subject(nn.Linear(2, 1), nn.functional.mse_loss, [(ones(8, 2), ones(8, 1))])
    >>> {name: tuple(value.shape) for name, value in subject.params.items()}
    {'weight': (1, 2), 'bias': (1,)}
    """

    module: nn.Module
    loss: Callable[[Any, Any], Tensor]
    batches: Iterable[tuple[Tensor, Tensor]]
    policy: str | None = None
    """Which statistics batch norm shall use, for a tool that asks."""

    @property
    def params(self) -> Params:
        """The module's parameters as they are, copied: names and shapes are the module's."""
        return {name: value.detach().clone() for name, value in self.module.named_parameters()}


@dataclass(frozen=True)
class Surface:
    """A plane as a tool states it: `costs[i, j]` at `coordinates[0][i]` and `coordinates[1][j]`.

    `directions` are what one unit of each coordinate means. A tool that scales the directions it is given, or draws
    its own, states those that it used.

    >>> from torch import linspace
    >>> axis, one = linspace(-1, 1, 3), {"m": linspace(1, 1, 1)}
    >>> surface = Surface((axis, axis), axis[:, None] ** 2 + 10 * axis**2, (one, one))
    >>> surface.costs[2, 1], surface.costs[1, 2]  # at (1, 0) and (0, 1)
    (tensor(1.), tensor(10.))
    """

    coordinates: tuple[Tensor, Tensor]
    costs: Tensor
    directions: Pair


class Tool:
    """A tool under test: override what it offers.

    `plane` follows the directions given where the tool takes any, and otherwise its own. `random` draws two directions
    as the tool's own picture of a random plane would use them, `sharpest` those along the two largest eigenvalues.
    `path` lays points on two axes, the ones given where it takes any, and returns origin, axes and coordinates
    `(points, 2)`. `cosine` is the one that the tool reports between two directions.

    >>> from steepest.traps import TRAPS
    >>> class Mute(Tool):
    ...     name = "mute"
    >>> {sprung(trap, Mute()).status for trap in TRAPS}
    {'not offered'}
    """

    name = "a tool"

    def plane(self, subject: Subject, directions: Pair, *, reach: Reach, points: tuple[int, int]) -> Surface:
        """Costs on a plane about the module's parameters, both coordinates in the same reach."""
        raise NotOffered

    def random(self, subject: Subject, *, seed: int) -> Pair:
        """Two random directions, for the parameters and whatever else the tool moves."""
        raise NotOffered

    def sharpest(self, subject: Subject) -> Pair:
        """The two directions of largest curvature, as the tool's plane would walk them."""
        raise NotOffered

    def path(self, subject: Subject, directions: Pair, points: list[Params]) -> tuple[Params, Pair, Tensor]:
        """Origin, axes and coordinates of points on two axes, these of shape `(points, 2)`."""
        raise NotOffered

    def cosine(self, directions: Pair) -> float:
        """The cosine that the tool reports between the two directions it drew last."""
        raise NotOffered


@dataclass(frozen=True)
class Trap:
    """One way in which a picture of a cost comes out wrong, built so small that the right answer is known.

    `name` says what is asked, `wrong` how the picture goes wrong, `source` where that was seen. `build` makes what the
    user brings; `check` returns what is wrong in a few words, or nothing where all is right. Where what the user brings
    is itself the mistake, a tool `may_refuse` it.

    >>> from steepest.traps import TRAPS
    >>> [trap.name for trap in TRAPS if trap.may_refuse]
    ['live dropout', 'a loader that shuffles', 'batch norm in training mode']
    """

    name: str
    wrong: str
    source: str
    build: Callable[[], Subject]
    check: Callable[[Tool, Subject], str]
    may_refuse: bool = False


@dataclass(frozen=True)
class Answer:
    """What came of one trap: `passed`, `refused`, `failed` or `not offered`, and what was found.

    `status` is that word for the `trap`, `found` what the tool showed instead, or its refusal.

    >>> from steepest.traps import TRAPS
    >>> Answer(TRAPS[0], "refused", "the loss is a sum").good, Answer(TRAPS[0], "failed", "121 cells are wrong").good
    (True, False)
    """

    trap: Trap = field(repr=False)
    status: str
    found: str = ""

    @property
    def good(self) -> bool:
        """Whether nothing wrong was drawn."""
        return self.status != "failed"

    def to_dict(self) -> dict[str, str]:
        """Turn the answer into strings."""
        return {
            "trap": self.trap.name,
            "status": self.status,
            "found": self.found,
            "wrong": self.trap.wrong,
            "source": self.trap.source,
        }


def sprung(trap: Trap, tool: Tool) -> Answer:
    """Set one trap for a tool, and say what came of it; whatever the tool raises is an answer, too.

    >>> from steepest.traps import TRAPS, Steepest
    >>> sprung(TRAPS[3], Steepest()).status
    'passed'
    >>> class Short(Tool):
    ...     def plane(self, subject, directions, *, reach, points):
    ...         return 1 / 0
    >>> answer = sprung(TRAPS[3], Short())
    >>> answer.status, answer.found
    ('failed', 'raised ZeroDivisionError: division by zero')
    """
    try:
        found = trap.check(tool, trap.build())
    except NotOffered:
        return Answer(trap, "not offered")
    except Refused as refusal:
        return Answer(trap, "refused" if trap.may_refuse else "failed", str(refusal))
    except Exception as error:  # a tool under test may raise anything, and the next trap is set all the same
        line = next(iter(str(error).splitlines()), "")
        return Answer(trap, "failed", f"raised {type(error).__name__}: {line}"[:200])
    return Answer(trap, "failed" if found else "passed", found)
