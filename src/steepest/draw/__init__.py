"""Matplotlib pictures of the nouns, one function a picture: axes in, axes out, nothing shown, nothing global."""

from steepest.draw.animation import animate as animate
from steepest.draw.compare import gradients as gradients
from steepest.draw.compare import rates as rates
from steepest.draw.contours import contour as contour
from steepest.draw.cuts import curve as curve
from steepest.draw.data import fit as fit
from steepest.draw.epochs import cost_curve as cost_curve
from steepest.draw.lines import slope as slope
from steepest.draw.many import bars as bars
from steepest.draw.network import cosines as cosines
from steepest.draw.network import norms as norms
from steepest.draw.network import updates as updates
from steepest.draw.off_slice import off_plane as off_plane
from steepest.draw.phases import four_steps as four_steps
from steepest.draw.saving import save as save
from steepest.draw.side_by_side import planes as planes
from steepest.draw.spectra import spectrum as spectrum
from steepest.draw.stability import sharpness as sharpness
from steepest.draw.surface import surface as surface
