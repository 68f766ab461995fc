"""Cuts through a cost, and a run laid on them."""

from steepest.slices.cuts import line as line
from steepest.slices.cuts import plane as plane
from steepest.slices.noun import Slice as Slice
from steepest.slices.projection import Projection as Projection
from steepest.slices.projection import project as project
from steepest.slices.projection import reach_around as reach_around
