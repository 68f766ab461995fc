"""One offline HTML page, in which a run can be looked at, touched and checked."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

from torch import Tensor

from steepest.cost import Cost
from steepest.curvature import Curvature, SpectralDensity
from steepest.derivation import Derivation
from steepest.derivation.printing import MATHML_NAMESPACE
from steepest.errors import SteepestError, door
from steepest.files import refuse_unwritable, written
from steepest.report import bundle, parts
from steepest.report.cut_pictures import cut_pictures
from steepest.report.data import Story, gather
from steepest.report.plain import to_plain
from steepest.slices import Slice
from steepest.trajectory import Trajectory

if TYPE_CHECKING:
    from jinja2 import Template
    from markupsafe import Markup

ESCAPES = {ord(sign): f"\\u{ord(sign):04x}" for sign in "<>&"}
"""Signs that could end a script element or open a comment in it; JSON reads them back."""

JOINERS = "\u200c\u200d"
"""Not printable on their own, but parts of words in Persian and of composed emoji."""


class Given(TypedDict, total=False):
    """What belongs to a run, as `write_report` says."""

    cost: Cost | None
    inputs: Tensor | None
    targets: Tensor | None
    x_name: str | Sequence[str]
    y_name: str
    title: str | None
    along: tuple[str, str] | None
    slices: Slice | Mapping[str, Slice] | None
    curvature: Curvature | None
    density: SpectralDensity | None


def report_data(run: Trajectory | Mapping[str, Trajectory], **given: Unpack[Given]) -> dict[str, Any]:
    """Tell a run, or several by their names, as plain data: strings, numbers, lists and dicts that JSON can hold.

    The arguments are those of `write_report`. Of a long run the steps are thinned, as the `rule` of each of `["runs"]`
    says; a number that is not finite is None, and `["not_finite"]` has its path and what it was.

    Raises SteepestError for arguments that do not belong to the run.

    >>> from steepest import Cost, descend
    >>> run = descend(Cost.from_function(lambda m: m**2), {"m": 1.0}, learning_rate=0.25, epochs=1)
    >>> report_data(run)["runs"][0]["costs"]
    [1.0, 0.25]
    """
    with door("report_data"):
        return to_plain(gather(run, **given))


class Shown:
    """A page in a notebook: the cell that ends in it shows it in a frame of its own, which can do nothing outside.

    >>> from steepest import Cost, descend
    >>> run = descend(Cost.from_function(lambda m: m**2), {"m": 1.0}, learning_rate=0.25, epochs=1)
    >>> show_report(run).text[:15]
    '<!DOCTYPE html>'
    """

    def __init__(self, story: Story, text: str, height: int) -> None:
        self.text, self._story, self._height = text, story, height

    def __repr__(self) -> str:
        return f"Page('{shown(self._story.title)}': {self._story.run})"

    def _repr_html_(self) -> str:
        # Without allow-same-origin the frame has no way to the notebook, nor to what others wrote there.
        return (
            f'<iframe sandbox="allow-scripts allow-downloads allow-modals" srcdoc="{escape(self.text)}" '
            f'title="{escape(shown(self._story.title))}" loading="lazy" '
            f'style="width: 100%; height: {self._height}px; border: 0"></iframe>'
        )

    def _repr_png_(self) -> bytes:
        return parts.png(parts.cost_axes(self._story))


def show_report(run: Trajectory | Mapping[str, Trajectory], *, height: int = 900, **given: Unpack[Given]) -> Shown:
    """Make the page of `write_report` for a notebook's cell, so many pixels high.

    The other arguments are those of `write_report`. Where frames are not shown, the cell has the cost curve, or words.

    Raises SteepestError for arguments that do not belong to the run.

    >>> from steepest import Cost, descend
    >>> run = descend(Cost.from_function(lambda m: m**2), {"m": 1.0}, learning_rate=0.25, epochs=9)
    >>> show_report(run)
    Page('A descent of 9 epochs': 9 epochs, cost 1 to 3.8147e-06: ran out of epochs after 9, with the gradient's norm \
at 0.00391)
    """
    with door("show_report"):
        story = gather(run, **given)
        return Shown(story, page(story), height)


def write_report(
    path: str | Path,
    run: Trajectory | Mapping[str, Trajectory],
    *,
    cost: Cost | None = None,
    inputs: Tensor | None = None,
    targets: Tensor | None = None,
    x_name: str | Sequence[str] = "input",
    y_name: str = "target",
    title: str | None = None,
    along: tuple[str, str] | None = None,
    slices: Slice | Mapping[str, Slice] | None = None,
    curvature: Curvature | None = None,
    density: SpectralDensity | None = None,
    force: bool = False,
) -> Path:
    """Write a run, or several by their names, as one HTML file in which the descent can be touched, offline.

    Of a linear model under mean squared error (a `Cost.least_squares`, or `inputs` and `targets` that give the run's
    costs) the page walks by itself, in float64: start, learning rate, frozen parameters, standardising and dragged
    points are live. Of any other `cost` it plays back the recorded run over a slice of the cost, and says so. The run
    alone gives the verdict, the cost curve and the table of steps. The surface lies over the two parameters named
    `along`, or those that changed the cost most. `x_name` names the input, or each of several.

    `slices`, one or several by their names, are lines and planes that were cut before, of a network such as a watched
    one or of another tool's file: the page draws each with its error, its method and its verdict, and lays the runs on
    it, of which only coordinates are embedded, never parameters. `curvature`, measured at the run's last finite step,
    stands for measuring it here; it and `density` are drawn as a spectrum.

    What cannot be shown is missing with the reason in words. The data of `report_data` are inside, as JSON; nothing is
    asked of any network, and where scripts may not run, the pictures stand still.

    A cost that is no bowl known by its factor is asked for a Hessian product for each parameter, or for some 200 beyond
    2,000 parameters, and for 1,681 forward passes.

    Raises SteepestError for a file that is there already, unless `force`, for a folder that is not there, and for
    arguments that do not belong to the run.

    >>> import tempfile
    >>> from steepest import Cost, descend
    >>> run = descend(Cost.from_function(lambda m: m**2), {"m": 1.0}, learning_rate=0.25, epochs=9)
    >>> write_report(Path(tempfile.mkdtemp()) / "run.html", run).name
    'run.html'
    """
    with door("write_report"):
        if isinstance(path, Trajectory | Mapping):
            raise SteepestError(
                "the first argument is a run", remedy='Give the file first: write_report("run.html", run)'
            )
        path = Path(path)
        refuse_unwritable(path, force=force)
        text = page(
            gather(
                run,
                cost=cost,
                inputs=inputs,
                targets=targets,
                x_name=x_name,
                y_name=y_name,
                title=title,
                along=along,
                slices=slices,
                curvature=curvature,
                density=density,
            )
        )
        with written(path), path.open("w" if force else "x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    return path


def page(told: Story) -> str:
    """Write a story as the text of a page."""
    from markupsafe import Markup

    from steepest.draw.trilobite import POSES

    run = told.run
    pictures = [
        parts.cost_picture(told),
        *parts.map_picture(told),
        *cut_pictures(told),
        *parts.fit_picture(told),
    ]
    script = bundle.script()
    return _template().render(
        told=told,
        run=run,
        facts=parts.facts(told),
        curvature=parts.curvature(told),
        pictures=pictures,
        steps=parts.steps(run),
        derivations={name: _mathml(derivation) for name, derivation in told.derivations.items()},
        embedded=Markup(_json(to_plain(told))),
        drawing=Markup(_json({pose: asdict(figure) for pose, figure in POSES.items()})),
        style=Markup(bundle.style()),
        script=Markup(script),
        hash=Markup(bundle.fingerprint(script)),
    )


def _json(data: Any) -> str:
    return json.dumps(data, allow_nan=False, separators=(",", ":")).translate(ESCAPES)


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
