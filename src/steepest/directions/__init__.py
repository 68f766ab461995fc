"""Directions through the parameters, made right, each set with its norms, cosines and a sentence."""

from steepest.directions.bending import gradient as gradient
from steepest.directions.bending import sharpest as sharpest
from steepest.directions.filters import random as random
from steepest.directions.models import between as between
from steepest.directions.motion import principal as principal
from steepest.directions.named import along as along
from steepest.directions.noun import Directions as Directions
