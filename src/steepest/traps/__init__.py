"""Traps for whatever draws a cost: each a tiny world with a known answer, set for steepest or for any other tool."""

from steepest.traps import planes, states, ways
from steepest.traps.nouns import Answer as Answer
from steepest.traps.nouns import NotOffered as NotOffered
from steepest.traps.nouns import Refused as Refused
from steepest.traps.nouns import Subject as Subject
from steepest.traps.nouns import Surface as Surface
from steepest.traps.nouns import Tool as Tool
from steepest.traps.nouns import Trap as Trap
from steepest.traps.nouns import sprung as sprung
from steepest.traps.ours import Steepest as Steepest

TRAPS: tuple[Trap, ...] = (*planes.TRAPS, *states.TRAPS, *ways.TRAPS)
"""All traps: of the plane, of the user's model and data, of the directions."""


def examine(tool: Tool, traps: tuple[Trap, ...] = TRAPS) -> tuple[Answer, ...]:
    """Set every trap for a tool, each on its own.

    >>> import torch
    >>> class Level(Tool):
    ...     def plane(self, subject, directions, *, reach, points):
    ...         axes = torch.linspace(*reach, points[0]), torch.linspace(*reach, points[1])
    ...         return Surface(axes, torch.ones(points), directions)
    >>> for answer in examine(Level(), TRAPS[3:6:2]):
    ...     print(answer.status, "-", answer.trap.name, "-", answer.found)
    failed - the centre is the model - the centre is 1, the model's own cost 2.8663
    failed - more columns than rows - 12 of 15 cells are wrong; the worst, at (-1, -1), is 1 where the cost is 15.06
    """
    return tuple(sprung(trap, tool) for trap in traps)
