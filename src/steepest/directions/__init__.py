"""Directions through the parameters, made right, each set with its norms, cosines and a sentence."""

from steepest.directions.noun import Directions as Directions
