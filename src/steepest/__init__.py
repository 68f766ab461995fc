"""See, check and trust a gradient descent, on PyTorch, from two parameters to a whole network."""

from __future__ import annotations

import importlib
import logging
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from steepest import directions as directions
    from steepest import draw as draw
    from steepest import lessons as lessons
    from steepest import vectors as vectors
    from steepest.check import check_gradient as check_gradient
    from steepest.check import compass as compass
    from steepest.check import tap as tap
    from steepest.cost import Cost as Cost
    from steepest.curvature import Curvature as Curvature
    from steepest.curvature import above_minimum_after as above_minimum_after
    from steepest.curvature import agreement as agreement
    from steepest.curvature import cost_by_mode as cost_by_mode
    from steepest.curvature import curvature_at as curvature_at
    from steepest.curvature import epochs_until as epochs_until
    from steepest.curvature import spectral_density as spectral_density
    from steepest.curvature import trace as trace
    from steepest.derivation import derive as derive
    from steepest.descent import descend as descend
    from steepest.descent import steps as steps
    from steepest.diagnosis import Finding as Finding
    from steepest.diagnosis import diagnose as diagnose
    from steepest.diagnosis import diagnose_slice as diagnose_slice
    from steepest.errors import SteepestError as SteepestError
    from steepest.report import report_data as report_data
    from steepest.report import show_report as show_report
    from steepest.report import write_report as write_report
    from steepest.slices import Slice as Slice
    from steepest.slices import line as line
    from steepest.slices import plane as plane
    from steepest.slices import read_slice as read_slice
    from steepest.tables import Table as Table
    from steepest.tables import clinical_trial as clinical_trial
    from steepest.tables import read as read
    from steepest.trajectory import Outcome as Outcome
    from steepest.trajectory import Step as Step
    from steepest.trajectory import Trajectory as Trajectory
    from steepest.watcher import watch as watch

__version__ = "0.1.0"

# Where each public name lives: nothing is imported, torch least of all, before a name is used (PEP 562).
_HOMES = {
    "check": ("check_gradient", "compass", "tap"),
    "cost": ("Cost",),
    "curvature": (
        "Curvature",
        "above_minimum_after",
        "agreement",
        "cost_by_mode",
        "curvature_at",
        "epochs_until",
        "spectral_density",
        "trace",
    ),
    "derivation": ("derive",),
    "descent": ("descend", "steps"),
    "diagnosis": ("Finding", "diagnose", "diagnose_slice"),
    "errors": ("SteepestError",),
    "report": ("report_data", "show_report", "write_report"),
    "slices": ("Slice", "line", "plane", "read_slice"),
    "tables": ("Table", "clinical_trial", "read"),
    "trajectory": ("Outcome", "Step", "Trajectory"),
    "watcher": ("watch",),
}
_MODULES = ("directions", "draw", "lessons", "vectors")

__all__ = sorted([*(name for names in _HOMES.values() for name in names), *_MODULES])  # pyright: ignore[reportUnsupportedDunderAll]

logging.getLogger(__name__).addHandler(logging.NullHandler())


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return importlib.import_module(f"{__name__}.{name}")
    for module, names in _HOMES.items():
        if name in names:
            return getattr(importlib.import_module(f"{__name__}.{module}"), name)
    raise AttributeError(f"module '{__name__}' has no attribute '{name}'")


def __dir__() -> list[str]:
    return __all__
