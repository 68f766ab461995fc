"""The gradient derived by hand: symbolic, line by line, each line named by its rule and checked before it is shown."""

from steepest.derivation.board import Derivation as Derivation
from steepest.derivation.board import Line as Line
from steepest.derivation.problem import Model as Model
from steepest.derivation.roads import by_hand as by_hand
from steepest.derivation.roads import cost_of as cost_of
from steepest.derivation.roads import derive as derive
