"""The traps of `steepest selftest`, set for other tools that draw costs, each in an environment of its own.

An environment is a folder with the tool and what it needs beside torch and numpy, which are the ones running this. It
is made once, in the user's cache or in the folder that --environments names; with --quick, only those that are there
already are used.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from measure import section

from steepest import __version__
from steepest.traps import Steepest, Tool, examine

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Peer:
    """A tool, what its environment needs, and where its adapter is."""

    name: str
    packages: tuple[str, ...]
    module: str
    adapter: str = "Peer"


PLOTLY = "plotly==7.1.0"
TQDM = "tqdm==4.70.1"
PEERS = (
    Peer("loss-landscapes", ("loss-landscapes==3.0.6",), "loss_landscapes"),
    Peer(
        "landscaper",
        (
            *("landscaper==1.3.1", "gudhi==3.13.0", "topopy==1.0.4", "nglpy==1.1.7", "treelib==1.8.0"),
            *("coloraide==8.13.1", "drawsvg==2.4.2", "six==1.17.0", TQDM),
        ),
        "landscaper",
    ),
    Peer(
        "pylandscape",
        (
            *("pylandscape==0.1.3", "pyhessian==0.1", "brevitas==0.12.1", "dependencies==2.0.1", "unfoldNd==0.2.3"),
            *("torchvision==0.28.0", "setuptools<81", TQDM),
        ),
        "pylandscape",
    ),
    Peer("loss-landscape-3d", ("loss-landscape-3d==0.1.3", PLOTLY), "loss_landscape_3d"),
    Peer("loss-landscape-3d, given a copy", ("loss-landscape-3d==0.1.3", PLOTLY), "loss_landscape_3d", "Copied"),
    Peer("gradfield", ("gradfield==0.5.0", PLOTLY), "gradfield"),
)

Answers = list[dict[str, str]]


def environment(peer: Peer, folder: Path, *, make: bool) -> Path | None:
    """The folder of a peer's packages, made where it is not there; None where it cannot be had."""
    there = folder / peer.module
    if there.is_dir() or not make:
        return there if there.is_dir() else None
    # Without their own requirements: one pins another torch, and would fetch gigabytes.
    command = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", str(there), *peer.packages]
    return there if subprocess.run(command, stdout=subprocess.DEVNULL, check=False).returncode == 0 else None


def asked(peer: Peer, there: Path) -> Answers | str:
    """The peer's answers, from a process of its own; or why there are none."""
    command = [sys.executable, "-W", "ignore", __file__, "--of", peer.name]
    variables = {**os.environ, "PYTHONPATH": str(there), "PYTHONHASHSEED": "0"}
    try:
        done = subprocess.run(command, capture_output=True, text=True, env=variables, timeout=600, check=False)
    except subprocess.TimeoutExpired:
        return "did not end within ten minutes"
    if done.returncode:
        return (done.stderr.strip().splitlines() or ["ended without a word"])[-1]
    return json.loads(done.stdout)


def answers(tool: Tool) -> Answers:
    """Set all traps; what a tool prints goes to standard error."""
    with contextlib.redirect_stdout(sys.stderr):
        return [answer.to_dict() for answer in examine(tool)]


def run_one(name: str) -> None:
    """Print one peer's answers as JSON."""
    peer = next(each for each in PEERS if each.name == name)
    tool = getattr(importlib.import_module(f"peers.of_{peer.module}"), peer.adapter)()
    found = answers(tool)
    print(json.dumps(found))


def table(found: dict[str, Answers | str]) -> None:
    """Print who falls into which trap, and what was shown."""
    whole = {name: each for name, each in found.items() if not isinstance(each, str)}
    words = {"failed": "**failed**", "not offered": "–", "passed": "passed", "refused": "refused"}
    rows = [(row[0]["trap"], *(words[each["status"]] for each in row)) for row in zip(*whole.values(), strict=True)]
    counts = [
        f"{statuses.count('failed')} of {len(statuses) - statuses.count('not offered')}"
        for statuses in ([each["status"] for each in every] for every in whole.values())
    ]
    missing = "".join(f" {name} could not be asked: {why}." for name, why in found.items() if isinstance(why, str))
    section(
        "Traps: who draws something wrong",
        "Tiny costs with known answers (`steepest selftest`), each tool called as its README says, PyTorch and NumPy "
        "the same for all. A tool that has no function for what a trap asks cannot fall into it (–); `refused` is a "
        "sentence instead of a picture, where the request is itself the mistake. loss-landscapes returns no "
        "coordinates, and those of the comment in its source are taken; loss-landscape-3d is asked as its README does, "
        "which passes the live weights as the centre, and again with a copy of them; landscaper and loss-landscapes "
        "choose their own unit along a direction, which is taken as they mean it; pylandscape asks for PyTorch 2.10 "
        f"and is given the one at hand.{missing}",
        ("trap", *whole),
        [*rows, ("**failed, of those that could be set**", *counts)],
    )
    section(
        "Traps: what was shown",
        "Of every failure above, what the trap found.",
        ("tool", "trap", "found"),
        [
            (name, each["trap"], each["found"].replace("|", "\\|"))
            for name, every in whole.items()
            for each in every
            if each["status"] == "failed"
        ],
    )


def main() -> None:
    """Make the environments, ask every tool, print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--of", metavar="TOOL")
    parser.add_argument("--environments", type=Path, default=Path.home() / ".cache" / "steepest-peers")
    given = parser.parse_args()
    if given.of:
        run_one(given.of)
        return
    found: dict[str, Answers | str] = {f"steepest {__version__}": answers(Steepest())}
    for peer in PEERS:
        version = peer.packages[0].partition("==")[2]
        print(f"{peer.name} ...", file=sys.stderr)
        there = environment(peer, given.environments, make=not given.quick)
        name, comma, rest = peer.name.partition(",")
        title = f"{name} {version}{comma}{rest}"
        found[title] = asked(peer, there) if there else "it was not installed"
    table(found)


if __name__ == "__main__":
    main()
