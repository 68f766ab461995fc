"""The command line for networks: a cost of the user's own measured, watched runs judged and drawn."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from test_cli import alone, document, run
from torch import nn

from steepest import Cost, SteepestError, Trajectory, curvature_at, watch
from steepest.trajectory.beside import beside
from steepest.watcher import Measurements, snapshots

JOB = """
import torch
from torch import nn
from steepest import Cost

print("the job's own words")
generator = torch.Generator().manual_seed(1)
X = torch.randn(50, 4, generator=generator, dtype=torch.float64)
Y = torch.randint(0, 3, (50,), generator=generator)

def network():
    net = nn.Sequential(nn.Linear(4, 5), nn.Tanh(), nn.Linear(5, 3)).double()
    for value in net.parameters():
        value.data = torch.randn(value.shape, generator=torch.Generator().manual_seed(2), dtype=torch.float64) / 2
    return net

def make_cost():
    return Cost.from_module(network(), nn.functional.cross_entropy, [(X, Y)])

def with_start():
    cost = make_cost()
    return cost, {name: zero + 0.1 for name, zero in cost.zeros().items()}

def bowl():
    return Cost.from_function(lambda m, b: 3 * m**2 + b**2)

def three():
    return 3

def fails():
    return 1 / 0

def needs():
    import nothing_of_this_name

number = 4
"""


@pytest.fixture
def job(tmp_path: Path) -> Iterator[Path]:
    import sys

    (tmp_path / "my_job.py").write_text(JOB)
    (tmp_path / "broken.py").write_text("def f(:\n")
    yield tmp_path
    for name in ("my_job", "broken"):
        sys.modules.pop(name, None)


def network() -> nn.Sequential:
    """The same network as the job's."""
    net = nn.Sequential(nn.Linear(4, 5), nn.Tanh(), nn.Linear(5, 3)).double()
    for value in net.parameters():
        value.data = torch.randn(value.shape, generator=torch.Generator().manual_seed(2), dtype=torch.float64) / 2
    return net


def measured_at(params: dict[str, torch.Tensor]) -> float:
    generator = torch.Generator().manual_seed(1)
    x = torch.randn(50, 4, generator=generator, dtype=torch.float64)
    y = torch.randint(0, 3, (50,), generator=generator)
    return curvature_at(Cost.from_module(network(), nn.functional.cross_entropy, [(x, y)]), params).sharpness


# ---- curvature -------------------------------------------------------------------------------------------------------


def test_the_sharpness_at_a_file_of_parameters(job: Path) -> None:
    params = {name: 0.7 * value.detach() for name, value in network().named_parameters()}
    save_file(params, job / "weights.safetensors")
    asked = ("curvature", "--cost", "my_job:make_cost", "--at", "weights.safetensors")
    done = run(*asked, "--json", folder=job)
    found = document(done)
    assert done.returncode == 0 and found["sharpness"] == pytest.approx(measured_at(params))
    assert found["at"] == "weights.safetensors" and found["parameters"] == 43 and found["unused"] == []
    assert found["products"] > 0 and found["seconds"] > 0 and found["cost"] == "my_job:make_cost"
    assert "the job's own words" in done.stderr, "nothing but the document is on standard output"
    shown = alone(*asked, folder=job)  # the module is found in the current folder, as a shell starts it
    assert shown.returncode == 0, shown.stderr
    for words in (f"sharpness   {found['sharpness']:.6g} ± ", "smallest ", "= 2 / sharpness", "Hessian products in "):
        assert words in shown.stdout, shown.stdout


@pytest.mark.parametrize(("function", "told"), [("make_cost", "the module as"), ("with_start", "the start that")])
def test_without_a_file_it_starts_where_the_cost_does(job: Path, function: str, told: str) -> None:
    found = document(run("curvature", "--cost", f"my_job:{function}", "--json", folder=job))
    start = {name: value.detach() for name, value in network().named_parameters()}
    if function == "with_start":
        start = {name: torch.full_like(value, 0.1) for name, value in start.items()}
    assert found["at"].startswith(told) and found["sharpness"] == pytest.approx(measured_at(start))


def test_what_is_in_the_file_beside_the_parameters_is_named(job: Path) -> None:
    save_file({**network().float().state_dict(), "bn.running_mean": torch.zeros(2)}, job / "more.safetensors")
    done = run("curvature", "--cost", "my_job:make_cost", "--at", "more.safetensors", folder=job)
    assert done.returncode == 0 and "not used, being no parameters of the cost: 'bn.running_mean'" in done.stderr


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("my_job", "'my_job' is not MODULE:FUNCTION. Write for example my_job:make_cost"),
        ("my_jab:make_cost", "there is no module 'my_jab' in "),
        ("my_jab:make_cost", "Did you mean 'my_job'?"),
        ("my_job:make_costs", "'my_job' has no function 'make_costs'. Did you mean 'make_cost'?"),
        ("my_job:number", "my_job:number is a value of type int, not a function"),
        ("my_job:three", "my_job:three returned a value of type int, not a Cost"),
        ("my_job:bowl", "returned a Cost and no start. Give --at weights.safetensors"),
        ("my_job:fails", "my_job:fails failed: ZeroDivisionError: division by zero (my_job.py, line 31)"),
        ("my_job:needs", "ModuleNotFoundError: No module named 'nothing_of_this_name' (my_job.py, line 34)"),
        ("./my_job:three", "Go to the folder of its .py file, and write my_job:FUNCTION"),
        ("broken:f", "module 'broken' could not be imported: SyntaxError: invalid syntax (broken.py, line 1)"),
    ],
)
def test_what_is_wrong_with_a_job_is_one_sentence(job: Path, asked: str, said: str) -> None:
    done = run("curvature", "--cost", asked, folder=job)
    assert done.returncode == 2 and said in done.stderr and "Traceback" not in done.stderr, done.stderr


def test_what_is_wrong_with_a_file_is_one_sentence(job: Path) -> None:
    state = network().state_dict()
    save_file({name.replace("2.bias", "2.bais"): value for name, value in state.items()}, job / "names")
    save_file({**state, "2.weight": torch.zeros(2, 2)}, job / "shapes")
    save_file({f"net.{name}": value for name, value in state.items()}, job / "within")
    torch.save(state, job / "weights.pt")
    torch.save(state, job / "old.pt", _use_new_zipfile_serialization=False)
    (job / "empty").touch()
    for file, said in (
        ("names", "names: it has no tensor '2.bias'. Did you mean '2.bais'?"),
        ("shapes", "shapes: tensor '2.weight' has shape (2, 2), the cost's has (3, 5)"),
        ("within", "Save the state_dict of the model that the cost is made of, whose names are these without 'net.'"),
        ("empty", "empty: it is no safetensors file (Error while deserializing header"),
    ):
        done = run("curvature", "--cost", "my_job:make_cost", "--at", file, folder=job)
        assert done.returncode == 2 and said in done.stderr, done.stderr
    for file, said in (
        ("weights.pt", "weights.pt: it is a pickle, as torch.save writes, and reading one can run code"),
        ("old.pt", "torch.load('old.pt', weights_only=True), 'old.safetensors')"),
        ("nowhere", "nowhere: there is no such file"),
    ):
        done = run("curvature", "--cost", "my_job:make_cost", "--at", file, folder=job)
        assert done.returncode == 2 and said in done.stderr, done.stderr
        assert "the job's own words" not in done.stdout + done.stderr, "said before the user's code is run"


def test_options_that_do_not_go_together_are_refused(job: Path) -> None:
    done = run("curvature", "houses.csv", "--cost", "my_job:bowl", "--standardise", folder=job)
    assert done.returncode == 2 and "TABLE and --standardise belong to a table's cost" in done.stderr
    done = run("curvature", "--at", "weights", folder=job)
    assert done.returncode == 2 and "--at: a file of parameters needs the cost" in done.stderr


# ---- watched runs ----------------------------------------------------------------------------------------------------


def watched(path: Path, *, every: bool = True, break_at: int = -1, record: bool = True) -> None:
    model = network()
    held = list(model.parameters()) if every else list(model[0].parameters())
    optimizer = torch.optim.SGD(held, lr=0.1)
    x, y = torch.ones(5, 4, dtype=torch.float64), torch.tensor([0, 1, 2, 0, 0])
    with watch(model, optimizer, save=path) as seen:
        for step in range(30):
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(x), y) * (float("nan") if step == break_at else 1.0)
            loss.backward()
            if record:
                seen.record(loss)
            optimizer.step()


def rules(done: Any) -> list[str]:
    return [finding["rule"] for finding in document(done)["findings"]]


def test_a_watched_run_is_judged_with_its_measurements(tmp_path: Path) -> None:
    watched(tmp_path / "run.steepest")
    found = document(run("diagnose", "run.steepest", "--json", folder=tmp_path))
    assert found["measurements"] == {"steps": 30, "every": 1, "parameters": 4}
    assert "unmoved" not in [finding["rule"] for finding in found["findings"]] and found["findings"]
    shown = run("diagnose", "run.steepest", folder=tmp_path).stdout
    assert "measurements of 30 steps, 4 parameters" in shown and "watch.findings()" in shown


def test_parameters_that_never_moved_are_found_afterwards(tmp_path: Path) -> None:
    watched(tmp_path / "run.steepest", every=False)
    done = run("diagnose", "run.steepest", folder=tmp_path)
    assert done.returncode == 1
    assert "2 of 4 parameters did not move at any of 29 recorded steps: '2.weight', '2.bias'. 0 of them" in done.stdout


def test_nan_is_found_at_its_step_and_told_once(tmp_path: Path) -> None:
    watched(tmp_path / "run.steepest", break_at=17)
    done = run("diagnose", "run.steepest", "--json", folder=tmp_path)
    assert done.returncode == 1 and rules(done).count("non-finite") == 1
    assert "At step 17 the gradient of '0.weight' is not finite" in json.dumps(document(done))


def test_a_loss_that_was_not_recorded_is_no_bad_news(tmp_path: Path) -> None:
    watched(tmp_path / "run.steepest", record=False)
    done = run("diagnose", "run.steepest", folder=tmp_path)
    assert done.returncode == 0 and "No cost was recorded" in done.stdout and "non-finite" not in done.stdout
    drawn = run("draw", "run.steepest", folder=tmp_path)
    assert drawn.returncode == 0 and "cost.png" not in drawn.stdout and "norms.png" in drawn.stdout


def test_a_watched_run_is_drawn(tmp_path: Path) -> None:
    watched(tmp_path / "run.steepest")
    done = run("draw", "run.steepest", "--what", "norms,updates,cosines", "-o", "some", folder=tmp_path)
    assert done.returncode == 0 and done.stdout.split() == ["some/norms.png", "some/updates.png", "some/cosines.png"]
    done = run("draw", "run.steepest", "-o", "all", folder=tmp_path)
    names = sorted(file.stem for file in (tmp_path / "all").iterdir())
    assert done.returncode == 0 and names == ["cosines", "cost", "norms", "sizes", "updates"]
    done = run("draw", "run.steepest", "--what", "updatse", folder=tmp_path)
    assert done.returncode == 2 and "Did you mean 'updates'?" in done.stderr
    (tmp_path / "run.steepest.measurements").unlink()
    done = run("draw", "run.steepest", "--what", "norms", folder=tmp_path)
    assert done.returncode == 2 and "there are no measurements beside the run" in done.stderr
    done = run("draw", "run.steepest", folder=tmp_path)
    assert done.returncode == 2 and "its measurements are not beside it. Save it with watch" in done.stderr
    done = run("report", "run.steepest", "-o", "page.html", folder=tmp_path)
    assert done.returncode == 0 and (tmp_path / "page.html").stat().st_size > 100_000, done.stderr
    assert run("diagnose", "run.steepest", folder=tmp_path).returncode in (0, 1), "the run by itself is judged as ever"


# ---- large steps beside the run --------------------------------------------------------------------------------------


def test_large_steps_are_there_however_the_run_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshots, "LARGE", 100)
    path = tmp_path / "run.steepest"
    watched(path)
    read = Trajectory.load(path)
    assert list(read.end) == [name for name, _ in network().named_parameters()]
    end, gradient = read.end["2.bias"], read.steps[-1].gradient["2.bias"]
    assert end.shape == gradient.shape == (3,)
    norms = Measurements.load(f"{path}.measurements").gradient_norms[-1]
    assert float(gradient.norm()) == pytest.approx(float(norms[3]))
    assert run("diagnose", "run.steepest", folder=tmp_path).returncode in (0, 1)
    first = sorted(beside(path).iterdir())[0]
    first.write_bytes(b"damaged")
    with pytest.raises(SteepestError, match="the parameters of step 0 are damaged"):
        Trajectory.load(path)
    first.unlink()
    with pytest.raises(SteepestError, match=r"step 0 are not there: there is no file 'step-0+\.safetensors'"):
        Trajectory.load(path)
