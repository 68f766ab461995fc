"""Matplotlib pictures of the nouns, one function a picture: axes in, axes out, nothing shown, nothing global."""

from steepest.draw.data import fit as fit
from steepest.draw.epochs import cost_curve as cost_curve
from steepest.draw.planes import contour as contour
from steepest.draw.saving import save as save
