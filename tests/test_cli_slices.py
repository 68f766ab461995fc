"""The command line for slices of a network: its directions, its refusals, its store, many ranks, Ctrl-C."""

import json
import math
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from test_cli import alone, document, run
from test_cli_network import JOB, network
from tolerances import CLOSED_FORM, SINGLE, assert_close
from torch import nn

from steepest import Cost, curvature_at, descend, directions
from steepest.cli.cut_time import duration, estimate
from steepest.slices.saving import load
from steepest.vectors import Params, moved

MORE = """
import os, time

def slow():
    def value(m, b):
        time.sleep(float(os.environ.get("PAUSE", "0")))
        with open("asked.txt", "a") as file:
            file.write(f"{float(m)} {float(b)}\\n")
        return 3 * m**2 + b**2
    return Cost.from_function(value, dtype=torch.float64), {"m": 1.0, "b": 2.0}

def shards():
    import torch.distributed as dist
    rows = slice(dist.get_rank(), None, dist.get_world_size())
    return Cost.from_module(network(), nn.functional.cross_entropy, [(X[rows], Y[rows])], sharded=True)
"""

NORMS = """
import torch
from torch import nn
from steepest import Cost

def norms():
    torch.manual_seed(0)
    return nn.Sequential(nn.BatchNorm1d(1), nn.Linear(1, 1)).eval()

def make_cost():
    data = torch.linspace(-1, 1, 20)[:, None]
    return Cost.from_module(norms(), nn.functional.mse_loss, [(data, data)])
"""


def norms() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.BatchNorm1d(1), nn.Linear(1, 1)).eval()


@pytest.fixture
def job(tmp_path: Path) -> Iterator[Path]:
    (tmp_path / "my_job.py").write_text(JOB + MORE)
    for name, by in {"a": 1.0, "b": 0.5, "c": -0.2}.items():
        params = {n: by * v.detach() + (0.1 if name == "c" else 0) for n, v in network().named_parameters()}
        save_file(params, tmp_path / f"{name}.safetensors")
    yield tmp_path
    sys.modules.pop("my_job", None)


def cost() -> Cost:
    generator = torch.Generator().manual_seed(1)
    x = torch.randn(50, 4, generator=generator, dtype=torch.float64)
    y = torch.randint(0, 3, (50,), generator=generator)
    return Cost.from_module(network(), nn.functional.cross_entropy, [(x, y)])


def at(by: float = 1.0) -> Params:
    return {name: by * value.detach() for name, value in network().named_parameters()}


def corner(ways: directions.Directions, origin: Params, first: float, second: float) -> float:
    return float(cost().value(moved(moved(origin, ways[0], by=first), ways[1], by=second)))


# ---- directions ------------------------------------------------------------------------------------------------------

PLANE = ("plane", "--cost", "my_job:make_cost", "--json", "--points", "3")


def test_a_plane_of_random_directions(job: Path) -> None:
    found = document(run(*PLANE, "--reach=-1:2", "--seed", "5", folder=job))
    ways = directions.random(cost(), at=at(), seed=5)
    assert found["coordinates"] == [[-1.0, 0.5, 2.0]] * 2 and found["directions"]["norms"] == ways.norms.tolist()
    assert_close(found["costs"][0][2], corner(ways, at(), -1, 2), CLOSED_FORM, "cost at (-1, 2)")
    assert found["about"] == ways.told and found["names"] == list(ways.names)
    assert found["cost"] == "my_job:make_cost" and found["parameters"] == 43 and found["origin"] is None
    assert found["sample"] is found["store"] is None and found["seconds"] > 0


def test_layers_are_the_only_ones_moved(job: Path) -> None:
    found = document(run(*PLANE, "--reach=0:1", "--layers", "2.weight,0.bias", folder=job))
    ways = directions.random(cost(), at=at(), layers=["2.weight", "0.bias"])
    assert_close(found["costs"][2][2], corner(ways, at(), 1, 1), CLOSED_FORM, "cost at (1, 1)")
    assert not ways[0]["0.weight"].any()


def test_a_plane_along_the_sharpest_directions_bends_as_they_do(job: Path) -> None:
    found = document(run(*PLANE, "--directions", "sharpest", "--reach=-0.01:0.01", folder=job))
    below, middle, above = (row[1] for row in found["costs"])
    bend = (below - 2 * middle + above) / 0.01**2
    assert bend == pytest.approx(curvature_at(cost(), at()).sharpness, rel=1e-4)


def test_a_plane_through_three_models_has_them_at_its_corners(job: Path) -> None:
    others = ("--at", "a.safetensors", "--to", "b.safetensors", "--to", "c.safetensors")
    found = document(run(*PLANE, *others, "--reach=0:1", folder=job))
    third = {name: -0.2 * value + 0.1 for name, value in at().items()}
    for (i, j), params in {(0, 0): at(), (2, 0): at(0.5), (0, 2): third}.items():
        assert_close(found["costs"][i][j], float(cost().value(params)), CLOSED_FORM, f"cost at {i}, {j}")


def test_a_line_between_two_models_shows_their_barrier(job: Path) -> None:
    done = run("line", "--cost", "my_job:make_cost", "--at", "a.safetensors", "--to", "b.safetensors", folder=job)
    assert done.returncode == 0, done.stderr
    assert (job / "line-between.png").stat().st_size > 1000
    assert "a.safetensors: 43 numbers in 4 parameters; 50 examples" in done.stdout and "line-between.png" in done.stdout
    assert "from the first of two models (0) to the other (1)" in done.stdout


def test_the_principal_directions_of_a_run_end_where_it_ends(job: Path) -> None:
    trajectory = descend(cost(), at(), learning_rate=0.5, epochs=12)
    trajectory.save(job / "run.steepest")
    found = document(run(*PLANE, "--run", "run.steepest", "--reach=0:1", folder=job))
    assert_close(found["costs"][0][0], trajectory.steps[-1].cost, CLOSED_FORM, "cost at the run's end")
    assert found["at"] == "the end of run.steepest" and sum(found["directions"]["shares"]) > 0.9
    done = run("plane", "--cost", "my_job:make_cost", "--run", "run.steepest", "--points", "5", folder=job)
    assert done.returncode == 0, done.stderr
    assert (job / "plane-principal.png").exists() and "of the variance" in done.stdout


def test_named_parameters_are_their_own_coordinates(job: Path) -> None:
    found = document(
        run("plane", "m", "b", "--cost", "my_job:slow", "--json", "--points", "3", "--reach=0:2", folder=job)
    )
    assert found["names"] == ["m", "b"]
    assert found["costs"] == [[3 * m**2 + b**2 for b in (0.0, 1.0, 2.0)] for m in (0.0, 1.0, 2.0)]
    found = document(run("line", "0.weight[0, 3]", *PLANE[1:], "--reach=0:2", folder=job))
    moved_to = at()
    moved_to["0.weight"][0, 3] = 2.0
    assert_close(found["costs"][2], float(cost().value(moved_to)), CLOSED_FORM, "cost where one weight is 2")


def test_the_picture_and_the_facts(job: Path) -> None:
    done = run("plane", "--cost", "my_job:make_cost", "--reach=-1:1", "--points", "5", "-o", "p.svg", folder=job)
    assert done.returncode == 0, done.stderr
    assert (job / "p.svg").read_text().startswith("<?xml")
    for words in (
        "the module as my_job:make_cost made it: 43 numbers",
        "random directions of seed 0",
        "costs ",
        "method",
    ):
        assert words in done.stdout
    assert "points at" not in done.stderr, "what is done at once needs no estimate"


# ---- refusals --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("plane", "m"), "plane: two parameters of the table's cost must be named, and 1 is"),
        (("line",), "line: one parameter of the table's cost must be named, and none is"),
        (("plane", "m", "b", "--budget", "3"), "--budget need a cost of your own. Give --cost my_job:make_cost"),
        (("line", "m", "--store", "s", "--sample", "50"), "--sample and --store need a cost"),
        (("plane", "m", "b", "t.csv", "--cost", "my_job:slow"), "TABLE belong to a table's cost"),
        (("plane", "m", "--cost", "my_job:slow"), "plane: only 'm' is named"),
        (("plane", "m", "b", "--cost", "my_job:slow", "--directions", "random"), "parameters m and b and other direct"),
        (("plane", "--cost", "my_job:make_cost", "--directions", "randon"), "Did you mean 'random'?"),
        (("plane", "--cost", "my_job:make_cost", "--scale", "logs"), "Did you mean 'log'?"),
        (("plane", "--cost", "my_job:make_cost", "--to", "b.safetensors"), "1 other model is given for a plane"),
        (("line", "--cost", "my_job:make_cost", "--directions", "between"), "0 other models are given for a line"),
        (("plane", "--cost", "my_job:make_cost", "--directions", "principal"), "a run is needed. Give --run"),
        (("line", "--cost", "my_job:make_cost", "--to", "z.safetensors"), "z.safetensors: there is no such file"),
        (("line", "--cost", "my_job:make_cost", "--reach", "1"), "--reach 1 is not low:high"),
        (("line", "--cost", "my_job:make_cost", "--reach=0:1", "--reach=0:1"), "2 reaches for a line"),
        (("line", "--cost", "my_job:make_cost", "--layers", "hed"), "no parameter of the cost is 'hed'"),
        (("line", "--cost", "my_job:make_cost", "--sample", "51"), "sample: 51 examples are asked for, and the batc"),
        (("line", "--cost", "my_job:slow", "--sample", "50"), "sample: a FunctionCost has no rows"),
        (("line", "--cost", "my_job:make_cost", "-o", "p.jpeg2"), "'p.jpeg2' ends in '.jpeg2'"),
        (("line", "--cost", "my_job:make_cost", "-o", "no/p.png"), "there is no folder 'no'"),
        (("line", "--cost", "my_job:make_cost", "-o", "a.png"), "'a.png' is there already"),
        (("line", "--cost", "my_job:make_cost", "--at", "a.png", "--at", "b.png"), "2 places are given"),
        (("line", "--cost", "my_job:fails"), "my_job:fails failed: ZeroDivisionError"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(job: Path, arguments: tuple[str, ...], words: str) -> None:
    (job / "a.png").touch()
    done = run(*arguments, folder=job)
    assert done.returncode == 2 and words in done.stderr, done.stderr
    assert "Traceback" not in done.stderr and done.stdout.replace("the job's own words\n", "") == ""
    assert not (job / "asked.txt").exists() or arguments[2:3] == ("b",), "nothing was measured for nothing"


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (estimate(2601, 0.9), "2,601 points at 0.9 s = 39 min; at 300 points: 4.5 min, as --most, --tolerance or"),
        (estimate(2601, 0.9, shared=4, kept=1200), "over 4 ranks = 9.8 min; at 300 points: 1.1 min"),
        (estimate(2601, 0.9, budget=90), "0.9 s a point: about 100 in 1.5 min"),
        (estimate(121, 2.0, kept=40), "121 points at 2 s = 4 min; 40 points are in the store"),
    ],
)
def test_the_estimate(found: str, expected: str) -> None:
    assert expected in found


@pytest.mark.parametrize("seconds", [1e-5, 0.0999, 0.1, 9.94, 9.96, 59.9, 60, 3599, 3600, 1e6])
def test_a_duration_is_right_to_two_digits(seconds: float) -> None:
    value, unit = duration(seconds).replace(",", "").split()
    back = float(value) * {"h": 3600, "min": 60, "s": 1, "ms": 1e-3}[unit]
    assert math.isclose(back, seconds, rel_tol=0.06)


def test_help_is_quick_and_has_examples_to_copy() -> None:
    light = (
        "import sys, steepest.cli.app as a\ntry: a.app([{verb!r}, '--help'])\nexcept SystemExit: pass\n"
        "sys.exit(bool({{'torch', 'matplotlib', 'numpy'}} & set(sys.modules)))"
    )
    for verb in ("line", "plane"):
        done = subprocess.run(
            [sys.executable, "-c", light.format(verb=verb)], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        assert f"steepest {verb} --cost my_job:make_cost --at" in done.stdout and "--store" in done.stdout


def test_the_file_brings_running_statistics_and_what_is_lacking_is_said(job: Path) -> None:
    (job / "norms.py").write_text(NORMS)
    module, data = norms(), torch.linspace(-1, 1, 20)[:, None]
    module.train()
    module(3 * data + 2)
    module.eval()
    save_file(module.state_dict(), job / "whole.safetensors")
    save_file({f"module._orig_mod.{n}": v for n, v in module.state_dict().items()}, job / "wrapped.safetensors")
    save_file(dict(module.named_parameters()), job / "weights.safetensors")
    command = ("line", "--cost", "norms:make_cost", "--points", "3", "--reach=-1:1")
    right = float(nn.functional.mse_loss(module(data), data).detach())
    for name in ("whole", "wrapped"):
        found = document(run(*command, "--at", f"{name}.safetensors", "--json", folder=job))
        assert_close(found["costs"][1], right, SINGLE, f"cost with the statistics of {name}")
        assert found["unused"] == [] and {"rule", "claim", "advice"} < set(found["findings"][0])
    done = run(*command, "--at", "weights.safetensors", folder=job)
    assert "weights.safetensors lacks '0.running_mean', '0.running_var'" in done.stderr
    assert "one-valley  " in done.stdout or "valleys  " in done.stdout, "a verdict in words"


def test_a_plane_that_would_take_long_is_measured_where_it_errs(job: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAUSE", "0.003")
    done = run("plane", "m", "b", "--cost", "my_job:slow", "--reach=-1:1", "--json", folder=job)
    assert "3,721 points at " in done.stderr and "so no more than 350 are measured" in done.stderr
    found = document(done)
    assert len(found["measured"]) <= 350 and found["held_out_error"] < 1e-6
    few = document(
        run("plane", "m", "b", "--cost", "my_job:slow", "--reach=-1:1", "--json", "--most", "60", folder=job)
    )
    assert len(few["measured"]) <= 60


# ---- keeping, stopping, many ranks -----------------------------------------------------------------------------------


def test_a_store_makes_the_same_command_go_on(job: Path) -> None:
    command = ("plane", "m", "b", "--cost", "my_job:slow", "--points", "5", "--reach=0:2", "--store", "s", "--json")
    first = document(run(*command, folder=job))
    asked = len((job / "asked.txt").read_text().splitlines())
    again = document(run(*command, folder=job))
    assert again["costs"] == first["costs"] and "25 points were in the store" in again["method"]
    assert len((job / "asked.txt").read_text().splitlines()) <= asked + 6, "checks, and no point of the plane"
    assert load(job / "s").costs.tolist() == first["costs"]
    save_file({"m": torch.tensor(1.0), "b": torch.tensor(2.0)}, job / "here.safetensors")
    done = run("plane", "m", "b", "--cost", "my_job:bowl", "--at", "here.safetensors", *command[5:], folder=job)
    assert done.returncode == 2 and "another dtype: 'm' is float64 there, and float32 here" in done.stderr


def test_a_sample_says_how_far_off_it_may_be(job: Path) -> None:
    options = ("--cost", "my_job:make_cost", "--points", "5", "--reach=-1:1", "--sample", "40", "--seed", "3")
    found = document(run("line", *options, "--json", folder=job))
    assert found["sample"].startswith("a sample of 40 of 50 rows (seed 3") and len(found["intervals"]) == 5
    whole = document(run("line", *options[:-4], "--seed", "3", "--json", folder=job))
    far = [abs(a - b) / half for a, b, half in zip(found["costs"], whole["costs"], found["intervals"], strict=True)]
    assert 0 < max(far) < 2.5
    told = run("line", *options, folder=job).stdout
    assert "each cost ± " in told and "a sample of 40 of 50 rows" in told


def test_a_tolerance_or_a_budget_refines(job: Path) -> None:
    options = ("plane", "m", "b", "--cost", "my_job:slow", "--reach=-1:1", "--points", "41", "--json")
    found = document(run(*options, "--tolerance", "0.01", folder=job))
    assert found["held_out_error"] <= 0.01 and len(found["places"]) < 41**2 / 4 and len(found["costs"]) == 41
    found = document(run(*options, "--budget", "1", "--scale", "log", folder=job))
    assert found["scale"] == "log"


def test_the_reach_is_found_where_none_is_given(job: Path) -> None:
    found = document(run("line", "m", "--cost", "my_job:slow", "--json", "--points", "3", folder=job))
    low, high = found["coordinates"][0][0], found["coordinates"][0][-1]
    assert low < 1 < high and max(found["costs"]) > 2 * 7


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "steepest", *arguments]


def test_ctrl_c_keeps_the_points_and_says_how_to_go_on(job: Path) -> None:
    options = ("plane", "m", "b", "--cost", "my_job:slow", "--points", "9", "--reach=0:2", "--store", "s")
    environment = os.environ | {"PAUSE": "0.1"}
    running = subprocess.Popen(
        command(*options), cwd=job, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    )
    patient = time.monotonic() + 60
    while not (job / "s" / "points-0.jsonl").exists() and time.monotonic() < patient:
        time.sleep(0.02)
    time.sleep(0.5)
    running.send_signal(signal.SIGINT)
    _, errors = running.communicate(timeout=30)
    kept = len((job / "s" / "points-0.jsonl").read_text().splitlines())
    assert running.returncode == 130, errors
    assert f"interrupted. {kept} points are kept in s: the same command goes on from there." in errors
    assert 0 < kept < 81 and not (job / "plane-m-b.png").exists()
    done = run(*options, folder=job)
    assert done.returncode == 0 and f"{kept} points were in the store" in done.stdout, done.stderr
    assert len((job / "s" / "points-0.jsonl").read_text().splitlines()) == 81 and (job / "plane-m-b.png").exists()


def torchrun(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    started = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    environment = os.environ | {"TORCH_DISABLE_SHARE_RDZV_TCP_STORE": "1", "OMP_NUM_THREADS": "1"}
    return subprocess.run(
        [*started, "-m", "steepest", *arguments],
        cwd=folder, capture_output=True, text=True, check=False, timeout=100, env=environment,
    )  # fmt: skip


def test_ranks_share_a_plane_and_the_first_speaks(job: Path) -> None:
    options = ("plane", "m", "b", "--cost", "my_job:slow", "--points", "5", "--reach=0:2", "--store", "s", "--json")
    done = torchrun(*options, folder=job)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    assert found["costs"] == [[3 * m**2 + b**2 for b in (0, 0.5, 1, 1.5, 2)] for m in (0, 0.5, 1, 1.5, 2)]
    assert "dealt over 2 ranks" in found["method"]
    shares = [len((job / "s" / f"points-{rank}.jsonl").read_text().splitlines()) for rank in range(2)]
    assert sorted(shares) == [12, 13]


def test_ranks_with_shards_are_asked_together_and_the_first_speaks(job: Path) -> None:
    done = torchrun("plane", "--cost", "my_job:shards", "--points", "3", "--reach=-1:1", "--json", folder=job)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    ways = directions.random(cost(), at=at())
    assert_close(found["costs"][0][2], corner(ways, at(), -1, 1), CLOSED_FORM, "cost of all shards at (-1, 1)")


def test_curvature_over_shards_is_said_once(job: Path) -> None:
    done = torchrun("curvature", "--cost", "my_job:shards", "--json", folder=job)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["sharpness"] == pytest.approx(curvature_at(cost(), at()).sharpness)


def test_python_m_steepest(tmp_path: Path) -> None:
    done = subprocess.run(command("--version"), cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0 and done.stdout == alone("--version", folder=tmp_path).stdout
