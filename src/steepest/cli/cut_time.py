"""How long a cut will take: measured before it starts, said in one line, and where it is long, made shorter."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from time import perf_counter

import torch

from steepest import ranks
from steepest.cli import show
from steepest.cost import Cost
from steepest.cost.sample import is_sharded
from steepest.curvature.exact import LARGEST
from steepest.directions import Directions
from steepest.slices.refine import MOST
from steepest.slices.store import MANIFEST, count_points
from steepest.vectors import Params

LONG = 10.0
"""Seconds from which an estimate is worth a line, and from which a plane is not measured point by point unasked."""

PRODUCTS = 200
"""Hessian products at most, where nothing else is said."""

SEARCH = 6
"""Costs that it takes, or about, to find how far to go along a direction."""

FEW = 300
"""Points of a refined picture, to compare with."""


def one_point(cost: Cost, at: Params, ways: Directions, points: int) -> float:
    """Measure the seconds of one point, the same number on all ranks: of many, in the way in which they will be."""

    def timed(work: Callable[[], object]) -> float:
        began = perf_counter()
        work()
        return float(ranks.sent({"one": torch.tensor(perf_counter() - began, dtype=torch.float64)})["one"])

    one = timed(lambda: cost.value(at))
    if one * points < LONG:
        return one
    way = cost.restricted(at, ways.vectors)
    if way is None:
        return timed(lambda: cost.value(at))  # the first has warmed up
    places = torch.linspace(0, 1e-3, 3, dtype=torch.float64)[:, None].expand(-1, len(ways))
    costs = way.costs
    costs(places)  # which checks it, once
    return sorted(timed(lambda place=place: costs(place[None])) for place in places)[1]  # others use the machine


def estimate(
    count: int,
    one: float,
    *,
    shared: int = 1,
    budget: float | None = None,
    most: int | None = None,
    tolerance: float | None = None,
    kept: int = 0,
) -> str:
    """Say how long so many points take, and what fewer would.

    >>> estimate(2601, 0.9)
    '2,601 points at 0.9 s = 39 min; at 300 points: 4.5 min, as --most, --tolerance or --budget choose them'
    """
    over = "" if shared == 1 else f" over {shared} ranks"
    told = f"{count:,} points at {duration(one)}{over} = {duration(count * one / shared)}"
    if budget is not None:
        told = f"{duration(one)} a point{over}: about {max(1, int(budget * shared / one)):,} in {duration(budget)}"
    elif most is not None:
        told = f"at most {most:,} points at {duration(one)}{over} = {duration(most * one / shared)}"
    elif tolerance is not None:
        told = f"{duration(one)} a point{over}: {duration(FEW * one / shared)} for {FEW} of them"
    elif count > FEW:
        told += f"; at {FEW} points: {duration(FEW * one / shared)}, as --most, --tolerance or --budget choose them"
    return told + (f"; {kept:,} points are in the store" if kept else "")


def fewer(count: int, one: float, *, shared: int = 1, points: int) -> str:
    """Say why a plane is not measured point by point.

    >>> fewer(3721, 0.17, points=61)
    '3,721 points at 0.17 s = 11 min, so no more than 350 are measured, where the picture errs most: 60 s. \
--points 61 measures all'
    """
    over = "" if shared == 1 else f" over {shared} ranks"
    return (
        f"{count:,} points at {duration(one)}{over} = {duration(count * one / shared)}, so no more than {MOST} are "
        f"measured, where the picture errs most: {duration(MOST * one / shared)}. --points {points} measures all"
    )


def duration(seconds: float) -> str:
    """Two digits in the unit that suits.

    >>> [duration(each) for each in (0.0012, 0.9, 270, 2341, 9000)]
    ['1.2 ms', '0.9 s', '4.5 min', '39 min', '2.5 h']
    """
    units = ((3600, 3600, "h"), (60, 60, "min"), (0.1, 1, "s"), (0, 1e-3, "ms"))
    _, size, unit = next(each for each in units if seconds >= each[0])
    value = seconds / size
    return f"{value:,.0f} {unit}" if value >= 9.95 else f"{value:.2g} {unit}"


def say(told: str) -> None:
    """Say it before the start, on standard error; rank 0 alone does."""
    if ranks.rank() == 0:
        show.console(stderr=True).print(told, markup=False)


def kept_in(store: Path | None) -> int:
    """How many points are there already."""
    return count_points(store) if store and (store / MANIFEST).exists() else 0


def sharing(cost: Cost) -> int:
    """How many ranks take points of their own."""
    return 1 if is_sharded(cost) else ranks.count()


def products(size: int, most: int = PRODUCTS) -> contextlib.AbstractContextManager[Callable[[int], None] | None]:
    """Show how many Hessian products are done: all of few parameters, else as many as it takes, up to the most."""
    if size <= LARGEST:
        return progress(size, f"of {size:,} Hessian products")
    return progress(None, f"Hessian products, about {most:,} at most")


@contextlib.contextmanager
def progress(total: int | None, of: str = "points") -> Iterator[Callable[[int], None] | None]:
    """Show how far it is, on a terminal, by rank 0."""
    console = show.console(stderr=True)
    if ranks.rank() > 0 or not console.is_terminal:
        yield None
        return
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = TextColumn(f"{{task.completed:,.0f}} {of}"), BarColumn(), TimeRemainingColumn()
    with Progress(*columns, console=console, transient=True) as shown:
        task = shown.add_task("", total=total)
        yield lambda known: shown.update(task, completed=known)
