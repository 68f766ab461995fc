"""Cuts through a cost, and a run laid on them."""

from steepest.slices.barrier import Barrier as Barrier
from steepest.slices.barrier import barrier as barrier
from steepest.slices.bounds import Bounds as Bounds
from steepest.slices.bounds import bounds as bounds
from steepest.slices.cuts import line as line
from steepest.slices.cuts import plane as plane
from steepest.slices.foreign import read_slice as read_slice
from steepest.slices.local import local_planes as local_planes
from steepest.slices.noun import Slice as Slice
from steepest.slices.projection import Projection as Projection
from steepest.slices.projection import project as project
from steepest.slices.projection import reach_around as reach_around
from steepest.slices.reach import Rise as Rise
from steepest.slices.reach import reach_for_rise as reach_for_rise
