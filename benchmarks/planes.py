"""A plane of 51 x 51 points of a model's cost, against loss-landscapes, landscaper and the bare forward pass.

Neither peer is a dependency: they are looked for where STEEPEST_PEERS says, each in a folder of its name, and where one
is not there, that is said in its place.
"""

from __future__ import annotations

import contextlib
import copy
import importlib.util
import io
import os
import subprocess
import sys
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from measure import medians, section, time_of
from sklearn.datasets import load_digits  # pyright: ignore[reportMissingImports]  # make bench installs it
from torch import Tensor, nn

from steepest import Cost, plane, vectors
from steepest.cost.stand_in import StandIn
from steepest.vectors import Params

GRID = 51
PEERS = {"loss-landscapes": "loss_landscapes", "landscaper": "landscaper"}
sys.path += [str(Path(os.environ[key]) / name) for key in ("STEEPEST_PEERS",) if key in os.environ for name in PEERS]
HERE = {name: importlib.util.find_spec(module) is not None for name, module in PEERS.items()}
FORWARD = "the bare forward pass"


@dataclass
class Problem:
    """A model with its data in batches, and two directions that all contestants take."""

    name: str
    net: nn.Module
    loss: Callable[[Tensor, Tensor], Tensor]
    batches: list[tuple[Tensor, Tensor]]
    cost: Any
    at: Params
    points: int = GRID
    told: str = ""
    found: dict[str, Tensor] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Directions of the model's own length, each tensor as long as its number of entries asks: landscaper's."""
        generator = torch.Generator().manual_seed(1)
        own = {name: value.detach() for name, value in self.net.named_parameters()}
        length = vectors.norm(own)
        drawn = [{n: torch.randn(p.shape, generator=generator).to(p) for n, p in own.items()} for _ in range(2)]
        scaled = [{n: d * (d.numel() ** 0.5 / d.norm()) for n, d in way.items()} for way in drawn]
        self.ways = [vectors.scaled(way, by=length / vectors.norm(way)) for way in scaled]

    def steepest(self, points: int) -> None:
        """From nothing but the cost: sharing, checking and all."""
        ways = [self.as_of_cost(way) for way in self.ways]
        far = 1 - 1 / points
        made = plane(self.cost, at=self.at, along=(ways[0], ways[1]), reach=((-far, far), (-far, far)), points=points)
        self.found["steepest"], self.told = made.costs, made.method

    def as_of_cost(self, way: Params) -> Params:
        """The same direction under the names of the cost, in its shapes."""
        zeros = self.cost.zeros().values()
        laid = [value.reshape(zero.shape).to(zero) for value, zero in zip(way.values(), zeros, strict=True)]
        return dict(zip(self.cost.names, laid, strict=True))

    def forward(self, points: int) -> None:
        with torch.no_grad():
            for _ in range(points**2):
                for inputs, targets in self.batches:
                    self.loss(self.net(inputs), targets)

    def mean(self, net: Any) -> Tensor:
        count = sum(len(targets) for _, targets in self.batches)
        losses = [self.loss(net(inputs), targets) * (len(targets) / count) for inputs, targets in self.batches]
        return torch.stack(losses).sum() if len(losses) > 1 else losses[0]

    def loss_landscapes(self, points: int) -> None:
        import loss_landscapes  # pyright: ignore[reportMissingImports]
        from loss_landscapes.metrics import Metric  # pyright: ignore[reportMissingImports]

        problem = self

        class Mean(Metric):
            def __call__(self, wrapper: Any) -> Any:  # as its own Loss does, over all batches
                return problem.mean(wrapper.forward).clone().detach().numpy()

        start = vectors.moved(dict(self.net.named_parameters()), self.ways[0], by=1 / points - 1)
        start = vectors.moved(start, self.ways[1], by=-1 / points - 1)
        models = []
        for ends in (start, *(vectors.moved(start, way, by=2) for way in self.ways)):
            models.append(copy.deepcopy(self.net).requires_grad_(False))
            models[-1].load_state_dict(ends, strict=False)
        rows = loss_landscapes.planar_interpolation(*models, Mean(), steps=points)
        self.found["loss-landscapes"] = torch.as_tensor(rows)

    def landscaper(self, points: int) -> None:
        from landscaper.compute import compute_loss_landscape  # pyright: ignore[reportMissingImports]

        ways: Any = [list(vectors.own(way).values()) for way in self.ways]
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            costs, _ = compute_loss_landscape(
                self.net, None, ways, lambda net, _: float(self.mean(net)), points, 1.0, 2, "cpu"
            )
        self.found["landscaper"] = torch.as_tensor(costs)


def row(given: Problem, who: str, seconds: float, ours: float, points: int) -> tuple[str, ...]:
    """One contestant, its costs compared with ours where it measured the same places."""
    costs, right = given.found.get(who), given.found["steepest, again"]
    same = ""
    if costs is not None and who != "steepest":
        off = (costs.double() / right.double() - 1).abs()
        same = f"{float((off < 1e-3).double().mean()):.0%}"
    return who, time_of(seconds), time_of(seconds * GRID**2), f"{seconds / ours:.3g}", same, f"{points} x {points}"


def compare(given: Problem, points: int, runs: int) -> None:
    contestants: dict[str, tuple[Callable[[int], None], int]] = {
        "steepest": (given.steepest, min(given.points, max(points, given.points)) if runs > 1 else points),
        FORWARD: (given.forward, points),
    }
    if HERE["loss-landscapes"]:
        contestants["loss-landscapes"] = given.loss_landscapes, points
    if HERE["landscaper"]:
        contestants["landscaper"] = given.landscaper, points
    work = {who: (lambda do=do, count=count: do(count)) for who, (do, count) in contestants.items()}
    found = {who: seconds / contestants[who][1] ** 2 for who, seconds in medians(work, runs=runs).items()}
    method = given.told
    given.steepest(points)
    given.found["steepest, again"] = given.found["steepest"]
    absent = "".join(
        f" {name} is not installed here and was not measured." for name, there in HERE.items() if not there
    )
    size = sum(value.numel() for value in given.net.parameters())
    section(
        f"A plane of {given.name}, {size:,} parameters, {len(given.batches)} batch{'es' * (len(given.batches) > 1)}",
        f"steepest: {method}. Ours with all that it prepares and checks. Directions and places are the same for all; "
        f"`same` is how many costs are ours to 1e-3 (every other row of loss-landscapes is one column off).{absent}",
        ("who", "a point", f"{GRID} x {GRID}", "over steepest", "same", "points timed"),
        [row(given, who, seconds, found["steepest"], contestants[who][1]) for who, seconds in found.items()],
    )


def module_problem(name: str, net: nn.Module, loss: Any, batches: list[tuple[Tensor, Tensor]], **given: Any) -> Problem:
    cost: Any = Cost.from_module(net, loss, batches)
    return Problem(name, net, loss, batches, cost, cost.at_module, **given)


def digits(size: int | None = None) -> tuple[Tensor, Tensor]:
    """scikit-learn's digits, as 8 x 8 pixels, or the first 1,024 at 28 x 28."""
    pixels, targets = load_digits(return_X_y=True)
    images = torch.tensor(pixels / 16, dtype=torch.float32).reshape(-1, 1, 8, 8)
    if size is None:
        return images.flatten(1), torch.tensor(targets)
    large = nn.functional.interpolate(images[:1024], size=(size, size), mode="bilinear", align_corners=False)
    return large.flatten(1), torch.tensor(targets[:1024])


def trained(net: nn.Module, loss: Any, data: tuple[Tensor, Tensor], *, steps: int = 100) -> nn.Module:
    optimizer = torch.optim.SGD(net.parameters(), lr=0.2)
    for _ in range(steps):
        optimizer.zero_grad()
        loss(net(data[0]), data[1]).backward()
        optimizer.step()
    optimizer.zero_grad()
    return net.eval()


def linear(statistics: bool, rows: int) -> Problem:
    generator = torch.Generator().manual_seed(0)
    inputs = torch.randn(rows, 20, generator=generator)
    targets = inputs @ torch.randn(20, 1, generator=generator) + torch.randn(rows, 1, generator=generator)
    loss = nn.functional.mse_loss
    net = trained(nn.Linear(20, 1), loss, (inputs, targets), steps=20)
    if not statistics:
        return module_problem("a linear model under mean squared error, from a module", net, loss, [(inputs, targets)])
    cost = Cost.least_squares(inputs, targets[:, 0])
    own = dict(net.named_parameters())
    at = {"weights": own["weight"].detach()[0].double(), "intercept": own["bias"].detach()[0].double()}
    name = "a linear model under mean squared error, by its statistics"
    return Problem(name, net, loss, [(inputs, targets)], cost, at)


def problems(quick: bool) -> list[Callable[[], Problem]]:
    entropy = nn.functional.cross_entropy
    small, image = digits(), digits(28)
    pairs = list(zip(small[0].split(256), small[1].split(256), strict=True))

    def net(*layers: nn.Module) -> nn.Module:
        return nn.Sequential(*layers)

    def convolutional() -> nn.Module:
        return net(
            nn.Conv2d(1, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(), nn.Conv2d(16, 32, 3, padding=1),
            nn.BatchNorm2d(32), nn.ReLU(), nn.Flatten(), nn.Linear(2048, 10),
        )  # fmt: skip

    def deep(batches: list[tuple[Tensor, Tensor]]) -> Problem:
        two = net(nn.Linear(64, 100), nn.ReLU(), nn.Linear(100, 100), nn.ReLU(), nn.Linear(100, 10))
        return module_problem("two hidden layers, digits of 8 x 8", trained(two, entropy, small), entropy, batches)

    def images() -> Problem:
        pixels = small[0].reshape(-1, 1, 8, 8)
        batches = [(inputs.reshape(-1, 1, 8, 8), targets) for inputs, targets in pairs]
        found = trained(convolutional(), entropy, (pixels, small[1]), steps=5 if quick else 30)
        return module_problem(
            "a convolutional net with batch norm, digits of 8 x 8", found, entropy, batches, points=11
        )

    def wide(*layers: nn.Module, name: str) -> Problem:
        return module_problem(name, trained(net(*layers), entropy, image), entropy, [image])

    torch.manual_seed(0)
    return [
        lambda: linear(True, 1000 if quick else 100_000),
        lambda: linear(False, 1000 if quick else 100_000),
        lambda: wide(nn.Linear(784, 10), name="softmax regression, digits of 28 x 28"),
        lambda: wide(nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 10), name="one hidden layer, digits of 28 x 28"),
        lambda: deep([small]),
        lambda: deep(pairs),
        images,
    ]


def loops(given: Sequence[Problem], runs: int) -> None:
    """The loop that is left where nothing is shared, beside forward passes of models that have its weights already."""
    rows = []
    for problem in given:
        loop = StandIn(problem.cost, problem.at, problem.ways)
        places = torch.tensor([[0.5, by / 20 - 0.5] for by in range(20)], dtype=torch.float64)
        nets = []
        for first, last in places.tolist():
            nets.append(copy.deepcopy(problem.net))
            point = vectors.moved(vectors.moved(problem.at, problem.ways[0], by=first), problem.ways[1], by=last)
            nets[-1].load_state_dict(point, strict=False)

        def forward(nets: list[nn.Module] = nets, problem: Problem = problem) -> None:
            for net in nets:
                for inputs, targets in problem.batches:
                    problem.loss(net(inputs), targets)

        with torch.no_grad():
            found = medians({"loop": lambda loop=loop, p=places: loop.costs(p), "bare": forward}, runs=runs)
        batches = f"{len(problem.batches)} batch{'es' * (len(problem.batches) > 1)}"
        times = [time_of(found[who] / len(places)) for who in ("loop", "bare")]
        rows.append((f"{problem.name}, {batches}", *times, f"{found['loop'] / found['bare']:.3f}"))
    section(
        "The loop, and the bare forward pass",
        "Where nothing is shared: parameters written in place, one pass of a copy of the model. Beside it the passes "
        "alone of 20 models that stand at the 20 places already.",
        ("what", "the loop, a point", FORWARD, "ratio"),
        rows,
    )


MEMORY = """
import sys, torch
from torch import nn
from steepest import Cost
width = int(sys.argv[1])
torch.manual_seed(0)
net = nn.Sequential(nn.Linear(64, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU(), nn.Linear(width, 10)).eval()
cost = Cost.from_module(net, nn.functional.cross_entropy, [(torch.randn(64, 64), torch.arange(64) % 10)])
at = dict(net.named_parameters())
at = {name: value.detach() for name, value in at.items()}
ways = [{name: torch.randn_like(value) for name, value in at.items()} for _ in range(2)]
def resident(field):
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith(field)) * 1024
open("/proc/self/clear_refs", "w").write("5")  # forget the height of building all that
before = resident("VmRSS")
shortcut = cost.restricted(at, ways)
if sys.argv[2] == "points":
    shortcut._seen += 1e9  # as if checked
shortcut.costs(torch.cartesian_prod(torch.linspace(-1, 1, 3), torch.linspace(-1, 1, 3)))
size = sum(value.numel() * value.element_size() for value in at.values())
print((resident("VmHWM") - before) / size, size / 2**20)
"""


def memory(width: int) -> None:
    """The height of a process above what the model, its directions and torch took before."""
    rows = []
    for kind, told in (("points", "the points alone"), ("checked", "with the check by `value` of its first costs")):
        done = subprocess.run(
            [sys.executable, "-c", MEMORY, str(width), kind], capture_output=True, text=True, check=False
        )
        copies = f"{float(done.stdout.split()[0]):.2f}" if done.returncode == 0 else "not measured here"
        rows.append((told, copies))
    section(
        "Memory of a plane",
        f"How far a process rises above the model and its two directions, in copies of the parameters, for two hidden "
        f"layers of {width:,} (9 points).",
        ("what", "copies of the parameters"),
        rows,
    )


if __name__ == "__main__":
    quick = "--quick" in sys.argv
    warnings.filterwarnings("ignore")  # of the peers
    made = [make() for make in problems(quick)]
    for problem in made:
        compare(problem, 3 if quick else 11, 1 if quick else 5)
    loops(made[3:], 1 if quick else 7)
    memory(256 if quick else 6000)
