"""`steepest selftest`: does this installation, on this machine, draw costs that are right?"""

from __future__ import annotations

import time

from rich.text import Text

from steepest.cli import show
from steepest.traps import Steepest, examine

STYLES = {"passed": "green", "refused": "green", "failed": "bold red", "not offered": "dim"}


def run(*, json: bool) -> int:
    """Do what `steepest selftest` was asked for and return the exit status."""
    began = time.perf_counter()
    answers = examine(Steepest())
    seconds = time.perf_counter() - began
    failed = [answer for answer in answers if not answer.good]
    if json:
        document = {"passed": not failed, "seconds": seconds, "traps": [answer.to_dict() for answer in answers]}
        show.document(document)
        return 1 if failed else 0
    out = show.console()
    for answer in answers:
        word = "FAILED" if answer.status == "failed" else answer.status
        out.print(Text(f"{word:<13}", style=STYLES[answer.status]) + Text(answer.trap.name))
        if not answer.good:
            out.print(Text(f"{'':13}{answer.found}"))
            out.print(Text(f"{'':13}{answer.trap.wrong} ({answer.trap.source})", style="dim"))
    refused = sum(answer.status == "refused" for answer in answers)
    out.print(
        f"\n{len(answers)} traps in {seconds:.1f} s: {len(failed)} failed; {refused} refused with a sentence, which is "
        "right where the request is the mistake."
    )
    return 1 if failed else 0
