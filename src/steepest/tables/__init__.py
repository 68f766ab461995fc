"""A table, on disk or in memory, becomes named columns of numbers, and these become a Cost."""

from steepest.tables.table import Table as Table
from steepest.tables.table import clinical_trial as clinical_trial
from steepest.tables.table import read as read
