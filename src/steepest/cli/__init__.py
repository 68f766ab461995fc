"""The command line: one command is one verb. Nothing here imports torch before a command runs."""

from steepest.cli.app import main as main
