"""`steepest diagnose`: the verdict on a run, from its file alone."""

from __future__ import annotations

from pathlib import Path

from rich.text import Text

from steepest.cli import show, watched
from steepest.cli.kept import kept_curvature
from steepest.cli.problem import run_at
from steepest.diagnosis import Finding, diagnose
from steepest.trajectory import Trajectory
from steepest.watcher.hindsight import findings_in

PATH_ONLY = (
    "Judged by the recorded path alone, in which a crawl along a flat direction can look like a descent. Of a cost "
    "that is at hand, diagnose(run, curvature=curvature_at(cost, run.end)) in Python tells them apart."
)
CURVATURE_TOO = "Judged with the curvature that steepest descend measured and kept in the run."
NOT_SAVED = "Only watch.findings(), while the loop runs, can tell of gradients left uncleared or scaled."


def run(path: Path, *, json: bool) -> int:
    """Do what `steepest diagnose` was asked for and return the exit status."""
    path = run_at(path)
    trajectory = Trajectory.load(path)
    measured = watched.load(path)
    curvature = kept_curvature(path)
    findings = diagnose(trajectory, curvature=curvature)
    if measured is not None:
        faults = findings_in(measured)  # of the same rule they know more: every step, and each parameter by itself
        known = {fault.rule for fault in faults}
        findings = (*faults, *(finding for finding in findings if finding.rule not in known))
    bad = any(finding.bad for finding in findings)
    if json:
        facts = {
            "bad": bad,
            "because": trajectory.because,
            "with_curvature": curvature is not None,
            "findings": [each.to_dict() for each in findings],
        }
        if measured is not None:
            facts["measurements"] = {
                "steps": len(measured),
                "every": measured.every,
                "parameters": len(measured.names),
            }
        show.document(facts)
        return int(bad)
    out = show.console()
    out.print(Text(str(trajectory), style="dim"))
    if measured is not None:
        kept = "" if measured.every == 1 else f", every {measured.every}th"
        told = f"Read beside it: measurements of {len(measured):,} steps{kept}, {len(measured.names):,} parameters. "
        out.print(Text(told + NOT_SAVED, style="dim"))
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
    if measured is None:
        out.print(Text(f"\n{PATH_ONLY if curvature is None else CURVATURE_TOO}", style="dim"))
    return int(bad)


def verdict(finding: Finding) -> Text:
    """Print a finding's rule and claim, bad news in red."""
    return Text.assemble((f"{finding.rule}  ", "bold red" if finding.bad else "bold green"), finding.claim)
