"""Gradients checked: by hand, by autograd and by taps."""

from steepest.check.gradient import GradientCheck as GradientCheck
from steepest.check.gradient import GradientRow as GradientRow
from steepest.check.gradient import check_gradient as check_gradient
from steepest.check.taps import Tap as Tap
from steepest.check.taps import compass as compass
from steepest.check.taps import tap as tap
