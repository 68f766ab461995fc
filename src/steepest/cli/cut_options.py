"""The options of `line` and `plane` for a cost of the user's own, each written once."""

from pathlib import Path
from typing import Annotated, Any

import typer

from steepest.errors import SteepestError, near

OwnCost = Annotated[
    str | None,
    typer.Option(
        metavar="MODULE:FUNCTION",
        help="Your own: a function in a module of this folder that returns a Cost, or a Cost and its start. The module "
        "is imported, so its code runs. For example --cost my_job:make_cost",
        show_default=False,
    ),
]
CutAt = Annotated[
    list[str] | None,
    typer.Option(
        "--at",
        metavar="PLACE",
        help="Where to cut: m=0.9,b=0.1, zeros, or random. With --cost: a safetensors file, such as "
        "weights.safetensors. Default: the start that came with the cost.",
        show_default=False,
    ),
]
CutReach = Annotated[
    list[str] | None,
    typer.Option(
        metavar="LOW:HIGH",
        help="From where to where, once for each parameter or direction: --reach=-1:1. Default: wide enough "
        "to see the cost rise.",
        show_default=False,
    ),
]
Points = Annotated[
    int | None,
    typer.Option(
        metavar="NUMBER",
        help="How many points along each. Default: 101; with --cost, of a plane or between models, 61.",
        min=2,
        show_default=False,
    ),
]
CutSeed = Annotated[int, typer.Option(metavar="NUMBER", help="For random directions, samples and held-out checks.")]
Ways = Annotated[
    str | None,
    typer.Option(
        "--directions",
        metavar="KIND",
        help="With --cost: random (each filter as long as the weights', see --seed), sharpest (eigenvectors of the "
        "Hessian), principal (of a --run) or between (models, see --to). Default: as --to or --run say; else random.",
        show_default=False,
    ),
]
To = Annotated[
    list[Path] | None,
    typer.Option(
        metavar="FILE",
        help="With --cost: another model, at 1 where --at is 0: --to other.safetensors. Once for a line, twice for a "
        "plane through three models.",
        show_default=False,
    ),
]
AlongRun = Annotated[
    Path | None,
    typer.Option(
        "--run",
        metavar="RUN",
        help="With --cost: a run that descend or watch has written, whose principal directions to take and whose path "
        "to draw: --run watched.steepest",
        show_default=False,
    ),
]
Layers = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAMES",
        help="With --cost: move only these parameters or modules: --layers head,layer4.*",
        show_default=False,
    ),
]
Budget = Annotated[
    float | None,
    typer.Option(
        metavar="SECONDS",
        help="With --cost: refine the picture where it errs most, for so long: --budget 60",
        min=0.0,
        show_default=False,
    ),
]
Tolerance = Annotated[
    float | None,
    typer.Option(
        metavar="ERROR",
        help="With --cost: refine until a check at new places errs less, as a share of the range or in decades: "
        "--tolerance 0.02",
        min=0.0,
        show_default=False,
    ),
]
Most = Annotated[
    int | None,
    typer.Option(
        metavar="NUMBER",
        help="With --cost: measure so many places at most, where the picture errs most: --most 350. Default of a plane "
        "that would take longer than 10 seconds, without --points, --budget and --tolerance.",
        min=1,
        show_default=False,
    ),
]
Scale = Annotated[
    str | None,
    typer.Option(
        metavar="SCALE",
        help="With --cost: linear or log. Default: log where the costs span more than two decades.",
        show_default=False,
    ),
]
Sample = Annotated[
    int | None,
    typer.Option(
        metavar="NUMBER",
        help="With --cost: measure on so many rows of the data, the same at every point, and say how far off that may "
        "be: --sample 4096",
        min=20,
        show_default=False,
    ),
]
StoreFolder = Annotated[
    Path | None,
    typer.Option(
        metavar="FOLDER",
        help="With --cost: keep every point as it is measured, so that the same command goes on where it was stopped: "
        "--store plane.points",
        show_default=False,
    ),
]


def asked(table: dict[str, Any], own: dict[str, Any], cost: str | None) -> None:
    """Refuse options that belong to a table's cost where `--cost` is given, and the other way round."""
    given = [name for name, value in (table if cost is not None else own).items() if value]
    if given and cost is not None:
        raise SteepestError(
            f"{' and '.join(given)} belong to a table's cost",
            remedy="Leave them out, or leave out --cost",
            asked="--cost",
        )
    if given:
        raise SteepestError(
            f"{' and '.join(given)} need a cost of your own",
            remedy="Give --cost my_job:make_cost, or leave them out",
        )


def named(*names: str | None) -> tuple[str, ...]:
    """Give the parameters named, of which a table's cost needs all."""
    given = tuple(name for name in names if name is not None)
    if len(given) < len(names):
        verb, number = ("line", "one parameter") if len(names) == 1 else ("plane", "two parameters")
        raise SteepestError(
            f"{number} of the table's cost must be named, and {len(given) or 'none'} is",
            remedy="Write for example `steepest line m`, `steepest plane m b`, or give --cost my_job:make_cost",
            asked=verb,
        )
    return given


def own_options(own: dict[str, Any], *, at: list[str] | None, reach: list[str] | None, **plain: Any) -> dict[str, Any]:
    """Gather what the options say of a cut through a cost of the user's own."""
    if at and len(at) > 1:
        raise SteepestError(f"{len(at)} places are given", remedy="Give one file of parameters", asked="--at")
    made = {name.removeprefix("--"): value for name, value in own.items()}
    made["to"] = tuple(made["to"] or ())
    made["layers"] = tuple(name for each in made["layers"] or () for name in each.split(",") if name)
    spans = tuple(span(text) for text in reach or ())
    return made | plain | {"at": Path(at[0]) if at else None, "reach": spans}


def cut_own(cost: str, dimensions: int, along: tuple[str | None, ...], options: dict[str, Any]) -> int:
    """Cut through a cost of the user's own; torch is imported no sooner than here."""
    from steepest.cli.cost_cut import Cut, run

    return run(Cut(cost, dimensions, tuple(name for name in along if name is not None), **options))


def span(text: str) -> tuple[float, float]:
    """Read LOW:HIGH."""
    low, sign, high = text.partition(":")
    try:
        ends = float(low), float(high)
    except ValueError:
        sign = ""
        ends = 0.0, 0.0
    if not sign:
        raise SteepestError(f"--reach {text} is not low:high", remedy="Write for example --reach=-1.5:1")
    return ends


def one_of(option: str, value: str | None, known: tuple[str, ...]) -> None:
    """Refuse a word that an option does not know."""
    if value is not None and value not in known:
        raise SteepestError(f"there is no {option} {value}", remedy=near(value, known), asked=option)
