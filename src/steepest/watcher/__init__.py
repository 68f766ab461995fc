"""The user's own loop, watched through its optimizer: steps, measurements at every step, and faults."""

from steepest.watcher.measurements import Measurements as Measurements
from steepest.watcher.opening import watch as watch
from steepest.watcher.session import Watch as Watch
from steepest.watcher.snapshots import load as load
