"""The commands that make pictures: `draw`, `report`, `line`, `plane`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from steepest.cli.cut_options import (
    AlongRun,
    Budget,
    CutAt,
    CutReach,
    CutSeed,
    Layers,
    Most,
    OwnCost,
    Points,
    Sample,
    Scale,
    StoreFolder,
    To,
    Tolerance,
    Ways,
    asked,
    cut_own,
    named,
    own_options,
)
from steepest.cli.options import (
    DropEmpty,
    Features,
    Json,
    Picture,
    Replace,
    Ridge,
    RunArgument,
    Standardise,
    TableArgument,
    Target,
    choices,
)


def draw_run(
    run_file: RunArgument,
    table: TableArgument = None,
    target: Target = None,
    features: Features = None,
    what: Annotated[
        str,
        typer.Option(
            metavar="PICTURES",
            help="Comma-separated, of fit, cost, contour, squares, surface, slope, steps, rates, gradients, animation; "
            "of a watched run, of cost, norms, sizes, updates, cosines; or all.",
        ),
    ] = "all",
    standardise: Standardise = False,
    ridge: Ridge = 0.0,
    drop_empty: DropEmpty = False,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FOLDER", help="Default: beside the run.", show_default=False),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace pictures that are there already.")] = False,
) -> None:
    """Draw a run: the fit, the cost by epoch, the contour, and more.

    Of the pictures, fit is the data at the end, squares the same at the start. Of a watched run, norms are those of
    each parameter's gradient, sizes those of the parameter, updates how far each step moves it, and cosines how the
    gradient turns; they are drawn from the measurements that lie beside it.

    \b
    Examples:
      steepest draw runs/clinical-trial/run.steepest -o pictures
      steepest draw watched.steepest --what norms,updates,cosines
      steepest draw runs/clinical-trial/run.steepest --what surface,slope --force
      steepest draw runs/houses/run.steepest houses.csv --target price
    """
    from steepest.cli.pictures import draw_run

    chosen = choices(table, target, features, drop_empty, standardise, ridge, None, 0, False, "float64", "cpu")
    raise typer.Exit(draw_run(run_file, chosen, what=tuple(what.split(",")), output=output, force=force))


def report(
    files: Annotated[
        list[str],
        typer.Argument(
            metavar="RUN... [TABLE]",
            help="Runs that descend or watch has written, and last the table they were made with, if it is yours.",
        ),
    ],
    target: Target = None,
    features: Features = None,
    standardise: Standardise = False,
    ridge: Ridge = 0.0,
    drop_empty: DropEmpty = False,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o", "--output", metavar="FILE", help="The page. Default: report.html beside the run.", show_default=False
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a page that is there already.")] = False,
) -> None:
    """Write one offline page in which a descent can be touched.

    It has the surface, the data, the four steps, the rate and the verdict. Of several runs, the page compares them on
    one surface.

    \b
    Examples:
      steepest report runs/clinical-trial/run.steepest
      steepest report slow/run.steepest fast/run.steepest -o race.html
      steepest report runs/houses/run.steepest houses.csv --target price -o houses.html
    """
    from steepest.cli.page import report_runs

    chosen = choices(None, target, features, drop_empty, standardise, ridge, None, 0, False, "float64", "cpu")
    raise typer.Exit(report_runs(files, chosen, output=output, force=force))


def line(
    along: Annotated[
        str | None, typer.Argument(metavar="[PARAMETER]", help="The parameter that varies.", show_default=False)
    ] = None,
    table: TableArgument = None,
    target: Target = None,
    features: Features = None,
    at: CutAt = None,
    reach: CutReach = None,
    points: Points = None,
    cost: OwnCost = None,
    directions: Ways = None,
    seed: CutSeed = 0,
    to: To = None,
    run: AlongRun = None,
    layers: Layers = None,
    budget: Budget = None,
    tolerance: Tolerance = None,
    most: Most = None,
    scale: Scale = None,
    sample: Sample = None,
    store: StoreFolder = None,
    output: Picture = None,
    force: Replace = False,
    json: Json = False,
) -> None:
    """Cut through the cost along one parameter or direction.

    It gives the curve, and of a table the slope where you stand.

    \b
    Examples:
      steepest line m
      steepest line b --at m=-0.47,b=0 --reach=-1:4 -o b.png
      steepest line area houses.csv --target price --json
      steepest line --cost my_job:make_cost --at weights.safetensors
      steepest line --cost my_job:make_cost --at a.safetensors --to b.safetensors --points 21
    """
    own = {"--directions": directions, "--to": to, "--run": run, "--layers": layers, "--budget": budget}
    own |= {"--tolerance": tolerance, "--most": most, "--scale": scale, "--sample": sample, "--store": store}
    own |= {"--seed": seed}
    asked({"TABLE": table, "--target": target, "--features": features}, own, cost)
    if cost is not None:
        more = own_options(own, at=at, reach=reach, points=points, output=output, force=force, json=json)
        raise typer.Exit(cut_own(cost, 1, (along,), more))
    from steepest.cli.pictures import cut

    chosen = choices(table, target, features, False, False, 0.0, at, 0, False, "float64", "cpu", "--at")
    status = cut(chosen, along=named(along), reach=reach, points=points or 101, output=output, force=force, json=json)
    raise typer.Exit(status)


def plane(
    first: Annotated[
        str | None,
        typer.Argument(metavar="[PARAMETER]", help="The parameter that varies to the right.", show_default=False),
    ] = None,
    second: Annotated[
        str | None,
        typer.Argument(metavar="[PARAMETER]", help="The parameter that varies upwards.", show_default=False),
    ] = None,
    table: TableArgument = None,
    target: Target = None,
    features: Features = None,
    at: CutAt = None,
    reach: CutReach = None,
    points: Points = None,
    cost: OwnCost = None,
    directions: Ways = None,
    seed: CutSeed = 0,
    to: To = None,
    run: AlongRun = None,
    layers: Layers = None,
    budget: Budget = None,
    tolerance: Tolerance = None,
    most: Most = None,
    scale: Scale = None,
    sample: Sample = None,
    store: StoreFolder = None,
    output: Picture = None,
    force: Replace = False,
    json: Json = False,
) -> None:
    """Cut through the cost along two parameters or directions.

    It gives the contour.

    \b
    Examples:
      steepest plane m b
      steepest plane m b --reach=-2:1 --reach=-1:4 -o plane.png
      steepest plane area rooms houses.csv --target price --json
      steepest plane --cost my_job:make_cost --at weights.safetensors --budget 60
      steepest plane --cost my_job:make_cost --directions sharpest --reach=-1:1 --store plane.points
      steepest plane --cost my_job:make_cost --run watched.steepest --sample 4096
      torchrun --nproc-per-node 4 -m steepest plane --cost my_job:make_cost --store plane.points

    Under torchrun the ranks are started before your function is called, and share the points; where the cost is
    sharded, all measure each point together.

    Exit status: 0 done, 2 bad request, 130 interrupted (what was measured is in the store).
    """
    own = {"--directions": directions, "--to": to, "--run": run, "--layers": layers, "--budget": budget}
    own |= {"--tolerance": tolerance, "--most": most, "--scale": scale, "--sample": sample, "--store": store}
    own |= {"--seed": seed}
    asked({"TABLE": table, "--target": target, "--features": features}, own, cost)
    if cost is not None:
        more = own_options(own, at=at, reach=reach, points=points, output=output, force=force, json=json)
        raise typer.Exit(cut_own(cost, 2, (first, second), more))
    from steepest.cli.pictures import cut

    chosen = choices(table, target, features, False, False, 0.0, at, 0, False, "float64", "cpu", "--at")
    along = named(first, second)
    status = cut(chosen, along=along, reach=reach, points=points or 101, output=output, force=force, json=json)
    raise typer.Exit(status)


COMMANDS: dict[str, Callable[..., None]] = {"draw": draw_run, "report": report, "line": line, "plane": plane}
