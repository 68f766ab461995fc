"""`steepest diagnose`: the verdict on a run, from its file alone."""

from __future__ import annotations

from pathlib import Path

from rich.text import Text

from steepest.cli import show
from steepest.diagnosis import Finding, diagnose
from steepest.trajectory import Trajectory


def run(path: Path, *, json: bool) -> int:
    """Do what `steepest diagnose` was asked for and return the exit status."""
    trajectory = Trajectory.load(path)
    findings = diagnose(trajectory)
    bad = any(finding.bad for finding in findings)
    if json:
        show.document({"bad": bad, "because": trajectory.because, "findings": [each.to_dict() for each in findings]})
        return int(bad)
    out = show.console()
    out.print(Text(str(trajectory), style="dim"))
    for finding in findings:
        out.print()
        out.print(verdict(finding))
        out.print(
            show.facts(
                [
                    ("judged by", finding.threshold),
                    ("refuted by", finding.refuted_by),
                    ("try", finding.advice),
                    ("source", finding.source),
                ],
                width=12,
            )
        )
    return int(bad)


def verdict(finding: Finding) -> Text:
    """Print a finding's rule and claim, bad news in red."""
    return Text.assemble((f"{finding.rule}  ", "bold red" if finding.bad else "bold green"), finding.claim)
