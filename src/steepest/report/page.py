"""One offline HTML page: pictures, tables, the derivation and the verdict of a run."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from torch import Tensor

from steepest.cost import Cost
from steepest.derivation import Derivation
from steepest.derivation.printing import MATHML_NAMESPACE
from steepest.errors import SteepestError, door
from steepest.report import parts
from steepest.report.data import Story, gather
from steepest.trajectory import Trajectory

if TYPE_CHECKING:
    from jinja2 import Template
    from markupsafe import Markup

ESCAPES = {ord(sign): f"\\u{ord(sign):04x}" for sign in "<>&"}
"""Signs that could end a script element or open a comment in it; JSON reads them back."""

JOINERS = "\u200c\u200d"
"""Not printable on their own, but parts of words in Persian and of composed emoji."""


def report_data(
    run: Trajectory,
    *,
    cost: Cost | None = None,
    inputs: Tensor | None = None,
    targets: Tensor | None = None,
    x_name: str = "input",
    y_name: str = "target",
    title: str | None = None,
    along: tuple[str, str] | None = None,
) -> dict[str, Any]:
    """Tell a run as plain data: strings, numbers, lists and dicts that JSON can hold.

    The arguments are those of `write_report`. Of a long run the steps are thinned, as `["run"]["rule"]` says; a number
    that is not finite is None, and `["not_finite"]` has its path and what it was.

    >>> from steepest import Cost, descend
    >>> run = descend(Cost.from_function(lambda m: m**2), {"m": 1.0}, learning_rate=0.25, epochs=1)
    >>> [step["cost"] for step in report_data(run)["run"]["steps"]]
    [1.0, 0.25]
    """
    with door("report_data"):
        told = gather(
            run, cost=cost, inputs=inputs, targets=targets, x_name=x_name, y_name=y_name, title=title, along=along
        )
        return told.to_dict()


def write_report(
    path: str | Path,
    run: Trajectory,
    *,
    cost: Cost | None = None,
    inputs: Tensor | None = None,
    targets: Tensor | None = None,
    x_name: str = "input",
    y_name: str = "target",
    title: str | None = None,
    along: tuple[str, str] | None = None,
    force: bool = False,
) -> Path:
    """Write a run as one HTML file that needs no network and runs no code.

    The run alone gives the verdict, the cost curve and the table of steps; with its `cost` come the curvature and the
    map with the path, over the two parameters named `along` (or those that changed the cost most); with `inputs` and
    `targets` of a linear model under mean squared error, the fit and the derivation at the run's start. What cannot
    be shown is missing with the reason in words. The data of `report_data` are inside, as JSON.

    A cost that is no bowl known by its factor is asked for a Hessian product for each parameter, up to 2,000, and for
    1,681 forward passes.

    Raises SteepestError for a file that is there already, unless `force`, for a folder that is not there, and for
    arguments that do not belong to the run.

    >>> import tempfile
    >>> from steepest import Cost, descend
    >>> run = descend(Cost.from_function(lambda m: m**2), {"m": 1.0}, learning_rate=0.25, epochs=9)
    >>> write_report(Path(tempfile.mkdtemp()) / "run.html", run).name
    'run.html'
    """
    path = Path(path)
    with door("write_report"):
        if not path.parent.is_dir():
            raise SteepestError(f"there is no folder '{path.parent}'", remedy="Make it, or name one that is there")
        if path.is_dir():
            raise SteepestError(f"'{path}' is a folder", remedy="Name a file in it")
        if path.exists() and not force:
            raise SteepestError(f"'{path}' is there already", remedy="Name another file, or pass force=True")
        told = gather(
            run, cost=cost, inputs=inputs, targets=targets, x_name=x_name, y_name=y_name, title=title, along=along
        )
        text = _page(told)
        with path.open("w" if force else "x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    return path


def _page(told: Story) -> str:
    from markupsafe import Markup

    run = told.run
    pictures = [parts.cost_picture(told), *parts.map_picture(told), *parts.fit_picture(told)]
    embedded = json.dumps(told.to_dict(), allow_nan=False, separators=(",", ":")).translate(ESCAPES)
    return _template().render(
        told=told,
        run=run,
        bad=any(finding.bad for finding in told.findings),
        facts=parts.facts(told),
        curvature=parts.curvature(told),
        pictures=pictures,
        steps=parts.steps(run),
        derivations={name: _mathml(derivation) for name, derivation in told.derivations.items()},
        embedded=Markup(embedded),
    )


@functools.cache
def _template() -> Template:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    from steepest.draw import paper

    world = Environment(
        loader=PackageLoader("steepest.report", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    world.filters |= {"shown": shown, "number": lambda value: "none" if value is None else paper.number(value)}
    return world.get_template("page.html.j2")


def shown(text: object) -> str:
    r"""Make any text safe to read: what is invisible, or would turn the words after it around, is spelled out.

    >>> shown("dose\u202e \ud800 认知 🧠")
    'dose\\u202e \\ud800 认知 🧠'
    """
    return "".join(
        sign if sign.isprintable() or sign in JOINERS else sign.encode("unicode_escape").decode() for sign in str(text)
    )


def _mathml(derivation: Derivation) -> Markup:
    from markupsafe import Markup

    # HTML knows MathML without its namespace, and a page without any address is easier to trust.
    return Markup(derivation._repr_html_().replace(f' xmlns="{MATHML_NAMESPACE}"', ""))
