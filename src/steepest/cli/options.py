"""The options that several commands share, each written once."""

from pathlib import Path
from typing import Annotated, Any

import typer

from steepest.errors import SteepestError

TableArgument = Annotated[
    str | None,
    typer.Argument(
        metavar="[TABLE]",
        help="A CSV, TSV or Parquet file, or - for standard input. Without one: the lesson's clinical trial.",
        show_default=False,
    ),
]
Target = Annotated[str | None, typer.Option(metavar="COLUMN", help="The column to be estimated.", show_default=False)]
Features = Annotated[
    list[str] | None,
    typer.Option(
        metavar="COLUMNS",
        help='The columns to estimate from, comma-separated ("in quotes" if a name has a comma), or one an option. '
        "Default: all other numeric columns.",
        show_default=False,
    ),
]
DropEmpty = Annotated[bool, typer.Option("--drop-empty", help="Leave out rows with an empty cell.")]
Standardise = Annotated[
    bool,
    typer.Option(
        "--standardise/--own-units",
        help="Walk with every feature at mean 0 and deviation 1; results come back in the table's own units.",
    ),
]
Ridge = Annotated[float, typer.Option(metavar="NUMBER", help="Penalty on squared weights, added to the cost.", min=0.0)]
Start = Annotated[
    list[str] | None,
    typer.Option(
        metavar="VALUES",
        help="Where to start: m=0.9,b=0.1, or zeros, or random (see --seed). Unnamed parameters start at 0.",
        show_default=False,
    ),
]
Seed = Annotated[int, typer.Option(metavar="NUMBER", help="For a random start or point.")]


def _in_full(given: str | None) -> None:
    if given is not None:
        raise SteepestError("--lr is called --learning-rate here", remedy=f"Write --learning-rate {given}")


InFull = Annotated[str | None, typer.Option("--lr", hidden=True, callback=_in_full)]
"""What torch calls the learning rate, answered with the name that it has here."""

Picture = Annotated[
    Path | None,
    typer.Option(
        "-o", "--output", metavar="FILE", help="The picture. Default: named after the cut.", show_default=False
    ),
]
Replace = Annotated[bool, typer.Option("--force", help="Replace a picture that is there already.")]
RunArgument = Annotated[Path, typer.Argument(metavar="RUN", help="A run that descend or watch has written.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document on standard output, and nothing else.")]
Quiet = Annotated[bool, typer.Option("-q", "--quiet", help="Print the outcome only.")]


def choices(*values: Any) -> Any:
    """Gather what the options say of the problem; torch is imported no sooner than here."""
    from steepest.cli.problem import Choices

    return Choices(*values)
