"""What a descent leaves behind: its steps, how it ended, and the file that keeps both."""

from steepest.trajectory.nouns import Outcome as Outcome
from steepest.trajectory.nouns import Step as Step
from steepest.trajectory.nouns import Trajectory as Trajectory
from steepest.trajectory.recording import Recording as Recording
from steepest.trajectory.together import RecordingTogether as RecordingTogether
