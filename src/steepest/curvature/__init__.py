"""How a cost bends, and what that says of learning rates and epochs: exact for few parameters, Lanczos for many."""

from steepest.curvature.density import SpectralDensity as SpectralDensity
from steepest.curvature.density import spectral_density as spectral_density
from steepest.curvature.exact import LARGEST as LARGEST
from steepest.curvature.halves import Agreement as Agreement
from steepest.curvature.halves import agreement as agreement
from steepest.curvature.measure import curvature_at as curvature_at
from steepest.curvature.noun import Curvature as Curvature
from steepest.curvature.predict import above_minimum_after as above_minimum_after
from steepest.curvature.predict import cost_by_mode as cost_by_mode
from steepest.curvature.predict import epochs_until as epochs_until
from steepest.curvature.traces import Trace as Trace
from steepest.curvature.traces import trace as trace
