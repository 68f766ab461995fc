"""`steepest line --cost` and `steepest plane --cost`: cuts through a cost of the user's own."""

from __future__ import annotations

import contextlib
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter
from typing import Any

from steepest import directions, draw, ranks, slices, vectors
from steepest.cli import cut_time, job, show
from steepest.cli.cut_options import one_of
from steepest.cli.diagnose import verdict
from steepest.cost import Cost
from steepest.cost.sample import SampledCost, is_sharded, sample
from steepest.diagnosis import Finding
from steepest.diagnosis.slice_verdict import diagnose_slice
from steepest.directions import Directions
from steepest.directions.chosen import chosen
from steepest.errors import SteepestError, door
from steepest.slices.noun import Slice
from steepest.slices.refine import MOST
from steepest.slices.store import MANIFEST, count_points
from steepest.trajectory import Trajectory
from steepest.vectors import Params

INTERRUPTED = 130
KINDS = ("random", "sharpest", "principal", "between")


@dataclass(frozen=True)
class Cut:
    """What was asked for, `along` one or two names where parameters were named."""

    cost: str
    dimensions: int
    along: tuple[str, ...] = ()
    at: Path | None = None
    directions: str | None = None
    to: tuple[Path, ...] = ()
    run: Path | None = None
    layers: tuple[str, ...] = ()
    reach: tuple[tuple[float, float], ...] = ()
    points: int | None = None
    budget: float | None = None
    tolerance: float | None = None
    most: int | None = None
    scale: str | None = None
    sample: int | None = None
    seed: int = 0
    store: Path | None = None
    output: Path | None = None
    force: bool = False
    json: bool = False

    @property
    def verb(self) -> str:
        """Which command it is."""
        return "line" if self.dimensions == 1 else "plane"

    @property
    def kind(self) -> str:
        """How directions are made, where no parameters are named."""
        return self.directions or ("between" if self.to else "principal" if self.run else "random")

    @property
    def picture(self) -> Path:
        """Where the picture goes."""
        plain = ["".join(c if c.isalnum() else "_" for c in name)[:40] for name in self.along]
        return self.output or Path("-".join([self.verb, *(plain or [self.kind])]) + ".png")

    @property
    def count(self) -> int:
        """How many points along each; a line between models has the models among them."""
        usual = 61 if self.dimensions == 2 or (self.kind == "between" and not self.along) else 101
        return self.points or usual

    def refuse_contradictions(self) -> None:
        """Refuse what could be found out only after a long time."""
        one_of("--directions", self.directions, KINDS)
        one_of("--scale", self.scale, ("linear", "log"))
        if self.along and (self.directions or self.to or self.run or self.layers):
            raise SteepestError(
                f"the parameter{'s' * (len(self.along) > 1)} {' and '.join(self.along)} and other directions are asked "
                "for",
                remedy="Name parameters, or leave them out and give --directions, --to or --run",
                asked="--cost",
            )
        if self.along and len(self.along) != self.dimensions:
            raise SteepestError(
                f"only '{self.along[0]}' is named", remedy="Name two parameters, or none", asked=self.verb
            )
        if (self.kind == "between") != bool(self.to) or len(self.to) not in (0, self.dimensions):
            models = "1 other model is" if len(self.to) == 1 else f"{len(self.to)} other models are"
            raise SteepestError(
                f"{models} given for a {self.verb} with --directions {self.kind}",
                remedy="Give --to other.safetensors once for a line and twice for a plane, with --directions between",
                asked="--to",
            )
        if self.kind == "principal" and self.run is None:
            raise SteepestError("a run is needed", remedy="Give --run watched.steepest", asked="--directions principal")
        if self.run is not None and self.kind == "between":
            raise SteepestError("--run and --to are both given", remedy="Leave one out", asked="--run")
        if len(self.reach) not in (0, 1, self.dimensions):
            raise SteepestError(
                f"{len(self.reach)} reaches for a {self.verb}", remedy="Give --reach once, or once for each direction"
            )
        for path in (self.at, *self.to):
            job.refuse_unreadable(path)
        if not self.json:
            job.refuse_unsavable(self.picture, force=self.force)


def run(cut: Cut) -> int:
    """Do what was asked for and return the exit status."""
    cut.refuse_contradictions()
    with ranks.started(), contextlib.redirect_stdout(sys.stderr) if cut.json else contextlib.nullcontext():
        trajectory = None if cut.run is None else Trajectory.load(cut.run)
        end = None if trajectory is None else (trajectory.end, f"the end of {cut.run}")
        place = job.place_of(cut.cost, cut.at, otherwise=end)
        if cut.sample is not None:
            place = replace(place, cost=sample(place.cost, cut.sample, seed=cut.seed))
        with job.told(f"{cut.cost}: measuring its cost failed"):
            ways = _ways(cut, place, trajectory)
            began = perf_counter()
            with _watched() as interrupted:
                try:
                    slice = _measured(cut, place, ways)
                except KeyboardInterrupt:
                    if cut.store is None or not (cut.store / MANIFEST).exists():
                        raise
                    return _stopped(cut)
            seconds = perf_counter() - began
        if ranks.rank() > 0:
            return INTERRUPTED if interrupted else 0
    findings = diagnose_slice(slice, projection=None if trajectory is None else slices.project(trajectory, onto=slice))
    if cut.json:
        show.document(_facts(cut, place, ways, slice, seconds) | {"findings": [each.to_dict() for each in findings]})
    else:
        job.say_unused(place)
        picture = _picture(cut, slice, trajectory)
        told = [*_sentences(place, slice, seconds), ("picture", str(draw.save(picture, cut.picture, force=cut.force)))]
        show.console().print(show.facts(told, width=12))
        _judge(findings)
    if interrupted:
        return _stopped(cut)
    return 0


def _ways(cut: Cut, place: job.Place, trajectory: Trajectory | None) -> Directions:
    """Make the directions, the same on all ranks to the last bit."""
    cost, at, layers = place.cost, place.params, list(cut.layers) or None
    if cut.along:
        ways = directions.along(cost, *cut.along, at=at)
    elif cut.kind == "between":
        others = []
        for path in cut.to:
            with door(str(path)):
                others.append(job.from_file(cost, path).params)
        ways = directions.between(at, *others, layers=layers)
    elif cut.kind == "principal":
        assert trajectory is not None
        ways = directions.principal(trajectory, count=cut.dimensions, layers=layers)
        if cut.at is not None:  # the run's suggestions are about its end
            ways = replace(ways, origin=None, reach=None)
    elif cut.kind == "sharpest":
        size = vectors.size({name: at[name] for name in chosen(layers, tuple(at), cost=cost)})
        with cut_time.products(size) as tell:
            ways = directions.sharpest(cost, at=at, count=cut.dimensions, layers=layers, seed=cut.seed, tell=tell)
    else:
        ways = directions.random(cost, at=at, count=cut.dimensions, layers=layers, seed=cut.seed)
    return ways if ranks.alone() else replace(ways, vectors=tuple(ranks.sent(each) for each in ways.vectors))


def _measured(cut: Cut, place: job.Place, ways: Directions) -> Slice:
    cost, at = place.cost, place.params if ways.origin is None else ways.origin
    reach: Any = tuple(cut.reach) * (cut.dimensions // len(cut.reach)) if cut.reach else ways.reach
    most = _most(cut, cost, at, ways)
    refined = any(limit is not None for limit in (cut.budget, cut.tolerance, most))
    options = {
        "reach": reach[0] if reach and cut.dimensions == 1 else reach,
        "points": cut.count,
        "budget": cut.budget,
        "tolerance": cut.tolerance,
        "most": most,
        "scale": cut.scale,
        "store": cut.store,
        "spread": not ranks.alone() and not is_sharded(cost),
        "seed": cut.seed,
    }
    verb: Callable[..., Slice] = slices.line if cut.dimensions == 1 else slices.plane
    search = 0 if reach or cut.along else cut_time.SEARCH * cut.dimensions
    with door(cut.verb), cut_time.progress(None if refined else cut.count**cut.dimensions + search) as tell:
        return verb(cost, at=at, along=ways, **{n: v for n, v in options.items() if v is not None}, tell=tell)


def _most(cut: Cut, cost: Cost, at: Params, ways: Directions) -> int | None:
    """Say how long it may take; give how many places to measure at most, where nothing was asked and all is long."""
    count, shared = cut.count**cut.dimensions, cut_time.sharing(cost)
    one = cut_time.one_point(cost, at, ways, count)
    free = all(each is None for each in (cut.points, cut.budget, cut.tolerance, cut.most))
    if min(count, cut.most or count) * one / shared < cut_time.LONG and cut.budget is None:
        return cut.most
    if free and cut.dimensions == 2:
        cut_time.say(cut_time.fewer(count, one, shared=shared, points=cut.count))
        return MOST
    kept = cut_time.kept_in(cut.store)
    limits: Any = {"budget": cut.budget, "tolerance": cut.tolerance, "most": cut.most}
    cut_time.say(cut_time.estimate(count, one, shared=shared, kept=kept, **limits))
    return cut.most


@contextlib.contextmanager
def _watched() -> Iterator[list[int]]:
    """Note Ctrl-C, also where the picture is finished with what there is."""
    seen: list[int] = []
    before = signal.getsignal(signal.SIGINT)

    def note(number: int, frame: Any) -> None:
        seen.append(number)
        if callable(before):
            before(number, frame)

    signal.signal(signal.SIGINT, note)
    try:
        yield seen
    finally:
        signal.signal(signal.SIGINT, before)


def _stopped(cut: Cut) -> int:
    if ranks.rank() == 0:
        kept = "Nothing is kept: give --store FOLDER, and the same command can go on."
        if cut.store:
            kept = f"{count_points(cut.store):,} points are kept in {cut.store}: the same command goes on from there."
        show.console(stderr=True).print(f"steepest: interrupted. {kept}", markup=False)
    return INTERRUPTED


def _picture(cut: Cut, slice: Slice, trajectory: Trajectory | None) -> Any:
    if cut.dimensions == 2:
        return draw.contour(slice, trajectory)
    models_are_points = all(bool(slice.coordinates[0].sub(at).abs().lt(1e-6).any()) for at in (0, 1))
    if cut.kind == "between" and not cut.along and models_are_points:
        return draw.curve(slice, between=(cut.at.stem if cut.at else "start", cut.to[0].stem))
    return draw.curve(slice)


def _judge(findings: Sequence[Finding]) -> None:
    """Print what the cut shows in words, and of bad news what to do."""
    out = show.console()
    for finding in findings:
        line = verdict(finding)
        if finding.bad:
            line.append(f" {finding.advice}", style="dim")
        out.print(line)


def _sentences(place: job.Place, slice: Slice, seconds: float) -> list[tuple[str, str]]:
    costs = slice.costs.double()
    finite = costs[costs.isfinite()]
    ends = "none of them is finite"
    if finite.numel():
        beyond = costs.numel() - finite.numel()
        ends = f"{float(finite.min()):.6g} to {float(finite.max()):.6g}"
        ends += f"; {beyond:,} of {costs.numel():,} points are not finite" if beyond else ""
    told = [("at", job.where(place)), ("cut", slice.about or " and ".join(slice.names)), ("costs", ends)]
    if slice.intervals is not None and slice.intervals.numel():
        told.append(("sample", f"each cost ± {float(slice.intervals.double().median()):.2g} at the median, 95 %"))
    told.append(("method", slice.method))
    if slice.held_out_error is not None:
        unit = f"{slice.held_out_error:.2g} decades" if slice.scale == "log" else f"{slice.held_out_error:.2%} of range"
        told.append(("error", f"at most {unit} at places measured afterwards"))
    return [*told, ("seconds", f"{seconds:.3g}")]


def _facts(cut: Cut, place: job.Place, ways: Directions, slice: Slice, seconds: float) -> dict[str, Any]:
    """The slice without the millions of numbers that say where it lies, and what it was made of."""
    light = replace(slice, origin={}, directions=tuple({} for _ in slice.directions)).to_dict()
    sampled = place.cost.sampled if isinstance(place.cost, SampledCost) else None
    return light | {
        "names": list(slice.names),
        "origin": None,
        "directions": ways.to_dict(),
        "cost": cut.cost,
        "at": place.told,
        "unused": list(place.unused),
        "parameters": vectors.size(place.params),
        "sample": None if sampled is None else sampled.told,
        "store": None if cut.store is None else str(cut.store),
        "seconds": seconds,
    }
