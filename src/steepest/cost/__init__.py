"""The centre of the house: a cost is a function of its parameters, with three abilities and no fourth."""

from steepest.cost.base import Cost as Cost
from steepest.cost.base import Restriction as Restriction
