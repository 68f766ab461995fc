"""The commands and their options, as `steepest --help` shows them."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from steepest import __version__
from steepest.cli import learn as learning
from steepest.cli import looking
from steepest.cli.options import (
    DropEmpty,
    Features,
    InFull,
    Json,
    Quiet,
    Replace,
    Ridge,
    RunArgument,
    Seed,
    Standardise,
    Start,
    TableArgument,
    Target,
    choices,
)
from steepest.errors import SteepestError
from steepest.files import what_to_do

INTERRUPTED = 130

app = typer.Typer(
    name="steepest",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"steepest {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """See, check and trust a gradient descent.

    \b
    Examples:
      steepest descend                                    the lesson: a drug's dosage and forgetfulness
      steepest descend houses.csv --target price          your own table, a safe rate chosen for you
      steepest check                                      the gradient by hand, by autograd and by taps
      steepest curvature houses.csv --target price        what limits the learning rate and the speed
      steepest diagnose runs/houses/run.steepest          what a descent suffered from, and what to try
      steepest learn                                      the course, and how far you are
    """


@app.command()
def descend(
    table: TableArgument = None,
    target: Target = None,
    features: Features = None,
    learning_rate: Annotated[
        str | None,
        typer.Option(
            metavar="RATE",
            help="A number, or auto: the best fixed rate for this table's curvature. Default: auto; the trial: 0.01.",
            show_default=False,
        ),
    ] = None,
    epochs: Annotated[
        int | None,
        typer.Option(
            metavar="NUMBER",
            help="At most so many adjustments. Default: 1000; the trial: 1001.",
            min=0,
            show_default=False,
        ),
    ] = None,
    start: Start = None,
    seed: Seed = 0,
    standardise: Standardise = False,
    ridge: Ridge = 0.0,
    drop_empty: DropEmpty = False,
    gradient_below: Annotated[
        float | None,
        typer.Option(
            metavar="NUMBER",
            help="Stop where the gradient's norm falls below this. Default: a billionth of its size at the start.",
            min=0.0,
            show_default=False,
        ),
    ] = None,
    change_below: Annotated[
        float | None,
        typer.Option(
            metavar="NUMBER", help="Stop where the cost changes by less than this.", min=0.0, show_default=False
        ),
    ] = None,
    plain: Annotated[
        bool, typer.Option("--plain", help="Walk by autograd over all rows at each epoch, as the lesson does.")
    ] = False,
    dtype: Annotated[
        str, typer.Option(help="float64, or float32 (plain, the lesson's digits).", metavar="DTYPE")
    ] = "float64",
    device: Annotated[str, typer.Option(metavar="DEVICE", help="cpu, cuda, mps: where a plain walk computes.")] = "cpu",
    lr: InFull = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o", "--output", help="Folder for the run and its figures. Default: runs/NAME.", show_default=False
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a run that is there already.")] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Continue a run that was stopped.")] = False,
    figures: Annotated[bool, typer.Option("--figures/--no-figures", help="Draw fit, cost curve and contour.")] = True,
    report: Annotated[
        bool, typer.Option("--report/--no-report", help="Write the page in which the descent can be touched.")
    ] = False,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Annotated[bool, typer.Option("-v", "--verbose", help="Show the first ten epochs, not two.")] = False,
) -> None:
    """Fit a line or a plane to a table by batch gradient descent.

    The first epochs are shown step by step.

    \b
    Examples:
      steepest descend
      steepest descend --learning-rate 0.06               past the limit: see it diverge
      steepest descend --dtype float32                    the digits the lesson prints
      steepest descend --report                           and one page in which all of it can be touched
      steepest descend houses.csv --target price --standardise
      steepest descend houses.csv --target price --features area,rooms
      cat houses.csv | steepest descend - --target price --json
      steepest descend big.parquet --target y --epochs 100000 --resume

    Exit status: 0 done, 1 diverged, 2 bad request, 130 interrupted (what was done is saved).
    """
    from steepest.cli.descend import run

    raise typer.Exit(
        run(
            choices(table, target, features, drop_empty, standardise, ridge, start, seed, plain, dtype, device),
            learning_rate=learning_rate,
            epochs=epochs,
            gradient_below=gradient_below,
            change_below=change_below,
            output=output,
            force=force,
            resume=resume,
            figures=figures,
            report=report,
            json=json,
            shown=0 if quiet else 10 if verbose else 2,
        )
    )


@app.command()
def check(
    table: TableArgument = None,
    target: Target = None,
    features: Features = None,
    at: Annotated[
        list[str] | None,
        typer.Option(
            "--at",
            metavar="VALUES",
            help="The point: m=0.9,b=0.1, zeros, or random (see --seed).",
            show_default=False,
        ),
    ] = None,
    seed: Seed = 0,
    by_hand: Annotated[
        list[str] | None,
        typer.Option(
            metavar="VALUES",
            help="Your own partial derivatives: m=36.3,b=6.27. Default: derived here.",
            show_default=False,
        ),
    ] = None,
    derivation: Annotated[
        str, typer.Option(help="Show the derivation as text, latex or mathml, or none.", metavar="FORM")
    ] = "text",
    drop_empty: DropEmpty = False,
    dtype: Annotated[str, typer.Option(help="float64 or float32.", metavar="DTYPE")] = "float64",
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Put the gradient by hand, by autograd and by taps side by side.

    \b
    Examples:
      steepest check
      steepest check --by-hand m=72.61,b=6.265            your own answer, and what is wrong with it
      steepest check --derivation latex
      steepest check houses.csv --target price --at zeros

    Exit status: 0 the roads agree, 1 they do not, 2 bad request.
    """
    from steepest.cli.check import run

    asked = choices(table, target, features, drop_empty, False, 0.0, at, seed, True, dtype, "cpu", "--at")
    raise typer.Exit(run(asked, by_hand=by_hand, derivation=derivation, json=json, quiet=quiet))


@app.command()
def curvature(
    table: TableArgument = None,
    target: Target = None,
    features: Features = None,
    standardise: Standardise = False,
    ridge: Ridge = 0.0,
    drop_empty: DropEmpty = False,
    start: Start = None,
    seed: Annotated[
        int, typer.Option(metavar="NUMBER", help="For --start random; with --cost, for the start of Lanczos.")
    ] = 0,
    cost: Annotated[
        str | None,
        typer.Option(
            metavar="MODULE:FUNCTION",
            help="Your own: a function in a module of this folder that returns a Cost, or a Cost and its start. The "
            "module is imported, so its code runs.",
            show_default=False,
        ),
    ] = None,
    at: Annotated[
        Path | None,
        typer.Option(
            "--at",
            metavar="FILE",
            help="With --cost: a safetensors file with the parameters. Default: the start that came with the cost.",
            show_default=False,
        ),
    ] = None,
    products: Annotated[
        int, typer.Option(metavar="NUMBER", help="With --cost: at most so many Hessian products.", min=1)
    ] = 200,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o", "--output", metavar="FILE", help="With --cost: a picture of the spectrum.", show_default=False
        ),
    ] = None,
    force: Replace = False,
    json: Json = False,
) -> None:
    """Say how the cost bends, and what that allows.

    Of a table: eigenvalues, condition number, learning-rate limit, epochs by rate. Of a network, or any other cost of
    your own: sharpness and the smallest eigenvalue, each with its error.

    \b
    Examples:
      steepest curvature
      steepest curvature --standardise                    what standardising buys
      steepest curvature houses.csv --target price --json
      steepest curvature --cost my_job:make_cost --at weights.safetensors
      steepest curvature --cost my_job:make_cost -o spectrum.png
    """
    if cost is not None:
        from steepest.cli.job import run as run_job

        other = {"TABLE": table, "--target": target, "--features": features, "--standardise": standardise}
        other |= {"--ridge": ridge, "--drop-empty": drop_empty, "--start": start}
        if given := [name for name, value in other.items() if value]:
            raise SteepestError(
                f"{' and '.join(given)} belong to a table's cost",
                remedy="Leave them out, or leave out --cost",
                asked="--cost",
            )
        status = run_job(cost, at=at, products=products, seed=seed, output=output, force=force, json=json)
        raise typer.Exit(status)
    if output is not None:
        raise SteepestError(
            "a picture is drawn of a cost of your own",
            remedy="Give --cost my_job:make_cost, or leave -o out",
            asked="-o",
        )
    if at is not None:
        raise SteepestError(
            "a file of parameters needs the cost that it belongs to",
            remedy="Give --cost my_job:make_cost; for a table's cost, --start m=0.9,b=0.1",
            asked="--at",
        )
    from steepest.cli.curvature import run

    asked = choices(table, target, features, drop_empty, standardise, ridge, start, seed, False, "float64", "cpu")
    raise typer.Exit(run(asked, json=json))


@app.command()
def diagnose(
    run_file: RunArgument,
    json: Json = False,
) -> None:
    """Say what a descent suffered from, and what to try.

    Each finding has the numbers that prove it. Where descend has kept the curvature in the run, it is used as well.

    \b
    Examples:
      steepest diagnose runs/clinical-trial/run.steepest
      steepest diagnose runs/clinical-trial/run.steepest --json
      steepest diagnose watched.steepest                  a watched run, with the measurements beside it

    Exit status: 0 healthy, 1 bad news, 2 bad request.
    """
    from steepest.cli.diagnose import run

    raise typer.Exit(run(run_file, json=json))


@app.command()
def doctor(json: Json = False) -> None:
    """Check that this installation works.

    It shows versions and devices, and recomputes the lesson's numbers.
    """
    from steepest.cli.doctor import run

    raise typer.Exit(run(json=json))


@app.command()
def selftest(json: Json = False) -> None:
    """Set traps for this installation, to catch wrong pictures.

    They are tiny costs with known answers, at which a wrong picture shows.

    \b
    Examples:
      steepest selftest
      steepest selftest --json

    Exit status: 0 all right, 1 something is drawn wrong.
    """
    from steepest.cli.selftest import run

    raise typer.Exit(run(json=json))


app.command("learn")(learning.learn)
for name, command in looking.COMMANDS.items():
    app.command(name)(command)


def main() -> None:
    """Run the command line; a complaint is one message on standard error and exit status 2."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure: Callable[..., None] | None = getattr(stream, "reconfigure", None)
        if reconfigure:  # a name that the terminal cannot show must not end the run
            reconfigure(errors="replace")
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    try:
        app()
    except SteepestError as complaint:
        typer.echo(f"steepest: {complaint}", err=True)
        sys.exit(2)
    except KeyboardInterrupt:
        typer.echo("steepest: interrupted.", err=True)
        sys.exit(INTERRUPTED)
    except SystemExit as ended:  # typer's own answer to Ctrl-C, and to a reader such as head that has seen enough
        if isinstance(ended.__context__, BrokenPipeError):
            sys.exit(INTERRUPTED + 11)
        if ended.__context__ and isinstance(ended.__context__.__cause__, KeyboardInterrupt):
            typer.echo("steepest: interrupted.", err=True)
        raise
    except BrokenPipeError:  # the reader, such as head, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(INTERRUPTED + 11)
    except OSError as error:  # a disk that is full, a folder that may not be written
        where = f"{error.filename}: " if error.filename else ""
        typer.echo(f"steepest: {where}{error.strerror or error}. {what_to_do(error)}.", err=True)
        sys.exit(2)
