"""A cost of the user's own, and where a file of parameters stands; `steepest curvature --cost`: how it bends there."""

from __future__ import annotations

import contextlib
import importlib
import sys
import traceback
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from types import ModuleType
from typing import Any

from steepest import ranks, vectors
from steepest.cli import cut_time, show
from steepest.cost import Cost
from steepest.cost.module import ModuleCost
from steepest.curvature import Curvature, curvature_at
from steepest.errors import SteepestError, door, near
from steepest.files import refuse_unwritable
from steepest.vectors import Params

WRAPPERS = ("_orig_mod.", "module.", "_orig_mod.")
"""What torch.compile and DistributedDataParallel, or one within the other, put before each name of a state_dict."""


@dataclass(frozen=True)
class Place:
    """A cost, a point of it, and what to say of the point."""

    cost: Cost
    params: Params
    told: str
    unused: tuple[str, ...] = ()
    """Tensors in the file that are neither parameters of the cost nor buffers of its module."""
    lacking: tuple[str, ...] = ()
    """Buffers of the module that are saved with it and are not in the file."""


def run(
    name: str,
    *,
    at: Path | None,
    products: int,
    seed: int,
    json: bool,
    output: Path | None = None,
    force: bool = False,
) -> int:
    """Do what `steepest curvature --cost` was asked for and return the exit status; a picture with `output`."""
    refuse_unreadable(at)
    if output is not None:
        refuse_unsavable(output, force=force)
    # what the user's module prints must not come between a reader and the one JSON document
    with ranks.started(), contextlib.redirect_stdout(sys.stderr) if json else contextlib.nullcontext():
        place = place_of(name, at)
        began = perf_counter()
        showing = cut_time.products(vectors.size(place.params), products)
        with told(f"{name}: measuring its cost failed"), showing as tell:
            curvature = curvature_at(place.cost, place.params, products=products, seed=seed, tell=tell)
        seconds = perf_counter() - began
        if ranks.rank() > 0:
            return 0
    if json:
        more = {"cost": name, "at": place.told, "parameters": vectors.size(place.params), "seconds": seconds}
        show.document(curvature.to_dict() | more | {"unused": list(place.unused)})
        return 0
    say_unused(place)
    rows = _sentences(place, curvature, seconds)
    if output is not None:
        from steepest import draw

        rows.append(("picture", str(draw.save(draw.spectrum(curvature), output, force=force))))
    show.console().print(show.facts(rows, width=12))
    return 0


def refuse_unsavable(path: Path, *, force: bool) -> None:
    """Refuse a picture that could not be saved, before it is measured."""
    from matplotlib.backend_bases import FigureCanvasBase

    if path.suffix.removeprefix(".").lower() not in FigureCanvasBase.get_supported_filetypes():
        raise SteepestError(
            f"'{path.name}' ends in '{path.suffix}', which is no kind of picture", remedy="End it in .png or .svg"
        )
    refuse_unwritable(path, force=force)


def refuse_unreadable(path: Path | None) -> None:
    """Refuse a file of parameters that is not there, or a pickle, before the user's function is called."""
    if path is None:
        return
    if not path.is_file():
        raise SteepestError("there is no such file", remedy="Check the path to the parameters", asked=str(path))
    with path.open("rb") as file:
        head = file.read(2)
    if head[:1] == b"\x80" or head == b"PK":  # how pickles begin, and the zip files that torch.save puts them in
        raise SteepestError(
            "it is a pickle, as torch.save writes, and reading one can run code",
            remedy="Turn it into safetensors once, in Python: safetensors.torch.save_file(torch.load("
            f"'{path}', weights_only=True), '{path.with_suffix('.safetensors')}'), with ['model'] or what it is called "
            "there after torch.load(...) where the weights are a part of it",
            asked=str(path),
        )


def where(place: Place) -> str:
    """Say where a cost is looked at."""
    rows = "" if place.cost.examples is None else f"; {place.cost.examples:,} examples"
    return f"{place.told}: {vectors.size(place.params):,} numbers in {len(place.params)} parameters{rows}"


def say_unused(place: Place) -> None:
    """Name the tensors of a file that are not used, and those that it lacks, on standard error."""
    out = show.console(stderr=True)
    if place.unused:
        out.print(f"{place.told}: not used, being no parameters of the cost: {_some(place.unused)}", markup=False)
    if place.lacking:
        sentence = f"{place.told} lacks {_some(place.lacking)}: these stay as the module was made with them"
        out.print(f"{sentence}. Save the whole state_dict to have them", markup=False)


def _some(names: tuple[str, ...]) -> str:
    return ", ".join(f"'{each}'" for each in names[:4]) + (", …" if len(names) > 4 else "")


def _sentences(place: Place, curvature: Curvature, seconds: float) -> list[tuple[str, str]]:
    limit = curvature.learning_rate_limit
    unsettled = "" if curvature.converged else ": not settled, so give more with --products"
    beyond = ""
    if curvature.partial:
        beyond = ", the largest eigenvalue found" + _beyond(curvature, "above")
    return [
        ("at", where(place)),
        (
            "sharpness",
            f"{curvature.sharpness:.6g} ± {abs(curvature.sharpness) * curvature.residual:.1g}"
            + (beyond or ", the largest eigenvalue of the Hessian"),
        ),
        (
            "smallest",
            f"{curvature.smallest:.6g} ± {curvature.smallest_residual:.1g}"
            + (_beyond(curvature, "below") if curvature.partial else ""),
        ),
        ("condition", _condition(curvature)),
        (
            "limit",
            "none: nothing bends upwards here"
            if limit is None
            else f"{limit:.6g} = 2 / sharpness: plain descent with a larger learning rate diverges on this bowl",
        ),
        ("method", curvature.method),
        ("products", f"{curvature.products:,} Hessian products in {seconds:.3g} seconds{unsettled}"),
    ]


def _beyond(curvature: Curvature, where: str) -> str:
    if curvature.unseen in (0.0, float("inf")):
        return ""
    return f"; the true one lies at most {curvature.unseen:.1g} {where} with 99 % probability"


def _condition(curvature: Curvature) -> str:
    if curvature.condition_number is None:
        return curvature.why
    return f"{curvature.condition_number:.6g}, largest over smallest"


def place_of(name: str, at: Path | None, *, otherwise: tuple[Params, str] | None = None) -> Place:
    """Make the user's cost, and find its place: the file's, or else the one it came with.

    Before the cost's own comes `otherwise`, a place and what to say of it.
    """
    made = _made(name)
    start: Any = None
    if isinstance(made, tuple) and len(made) == 2:
        made, start = made
    if not isinstance(made, Cost):
        raise SteepestError(
            f"{name} returned a value of type {type(made).__name__}, not a Cost",
            remedy="Return Cost.from_module(...), or a pair of a Cost and its start",
            asked="--cost",
        )
    if at is not None:
        with door(str(at)):
            return from_file(made, at, buffers=True)
    if otherwise is not None:
        with door(otherwise[1]):
            return Place(made, made.params(otherwise[0]), otherwise[1])
    if start is None:
        start = getattr(made, "at_module", None)
        if start is None:
            raise SteepestError(
                f"{name} returned a Cost and no start",
                remedy="Give --at weights.safetensors, or return a pair of the Cost and its start",
                asked="--cost",
            )
        return Place(made, made.params(start), f"the module as {name} made it")
    with door(f"the start that {name} returned"):
        if not isinstance(start, Mapping):
            raise SteepestError(
                f"it is of type {type(start).__name__}", remedy="Return a dict: a tensor for each parameter"
            )
        return Place(made, made.params(start), f"the start that {name} returned")


def _made(name: str) -> Any:
    """Import the user's module from the current folder, as `python -m` does, and call its function."""
    module_name, _, function_name = name.partition(":")
    if not (module_name and function_name):
        raise SteepestError(
            f"'{name}' is not MODULE:FUNCTION", remedy="Write for example my_job:make_cost", asked="--cost"
        )
    here = str(Path.cwd())
    sys.path.insert(0, here)
    try:
        module = _imported(module_name)
        function = getattr(module, function_name, None)
        if function is None:
            known = [each for each, value in vars(module).items() if callable(value) and not each.startswith("_")]
            raise SteepestError(
                f"'{module_name}' has no function '{function_name}'", remedy=near(function_name, known), asked="--cost"
            )
        if not callable(function):
            raise SteepestError(
                f"{name} is a value of type {type(function).__name__}, not a function",
                remedy="Name a function that returns a Cost",
                asked="--cost",
            )
        with told(f"{name} failed"):
            return function()
    finally:
        with contextlib.suppress(ValueError):
            sys.path.remove(here)


def _imported(name: str) -> ModuleType:
    with told(f"module '{name}' could not be imported"):
        if name.startswith(".") or "/" in name or "\\" in name:
            raise SteepestError(
                f"'{name}' is a path, and no name of a module",
                remedy=f"Go to the folder of its .py file, and write {Path(name).stem}:FUNCTION",
                asked="--cost",
            )
        try:
            return importlib.import_module(name)
        except ModuleNotFoundError as error:
            if error.name is None or not (name == error.name or name.startswith(f"{error.name}.")):
                raise
            files = sorted(file.stem for file in Path.cwd().glob("*.py"))
            raise SteepestError(
                f"there is no module '{name}' in {Path.cwd()}",
                remedy=near(name, files) if files else "Go to the folder of its .py file",
                asked="--cost",
            ) from error


@contextlib.contextmanager
def told(what: str) -> Iterator[None]:
    """Turn whatever the user's code raises into one sentence, with the line where it happened."""
    try:
        yield
    except SteepestError:
        raise
    except Exception as error:
        line = ""
        if isinstance(error, SyntaxError) and error.filename:
            line = f" ({Path(error.filename).name}, line {error.lineno})"
        elif own := [each for each in traceback.extract_tb(error.__traceback__) if _own(each.filename)]:
            line = f" ({Path(own[-1].filename).name}, line {own[-1].lineno})"
        reason = error.msg if isinstance(error, SyntaxError) else error
        raise SteepestError(
            f"{what}: {type(error).__name__}: {reason}{line}", remedy="Mend it, and run it again", asked="--cost"
        ) from error


def _own(filename: str) -> bool:
    """Whether a file is the user's, and not installed."""
    return Path(filename).is_relative_to(Path.cwd()) and "site-packages" not in filename


def _before(wanted: Iterable[str], found: Iterable[str]) -> str:
    """What stands before every name that is wanted, as before those of a model within another; or nothing."""
    first, *others = wanted
    ways = [name.removesuffix(first) for name in found if name.endswith(f".{first}")]
    return next((way for way in ways if all(f"{way}{name}" in set(found) for name in others)), "")


def from_file(cost: Cost, path: Path, *, buffers: bool = False) -> Place:
    """Read the parameters of a cost from a safetensors file, which holds numbers only.

    With `buffers` those of its module are read, too: parameters without the running statistics of their batch norms are
    another model.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, "pt") as file:
            found = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  # it is no dict
    except (OSError, SafetensorError) as error:
        raise SteepestError(
            f"it is no safetensors file ({error})",
            remedy="Write one with safetensors.torch.save_file(model.state_dict(), path)",
        ) from error
    zeros = cost.zeros()
    for wrapper in WRAPPERS:
        if found and all(each.startswith(wrapper) for each in found) and not any(each in zeros for each in found):
            found = {each.removeprefix(wrapper): value for each, value in found.items()}
    missing = [name for name in zeros if name not in found]
    if missing:
        raise SteepestError(
            f"it has no tensor '{missing[0]}'"
            + (f", nor {len(missing) - 1} others of the cost's {len(zeros)} parameters" if len(missing) > 1 else ""),
            cause=near(missing[0], found),
            remedy="Save the state_dict of the model that the cost is made of"
            + (f", whose names are these without '{before}'" if (before := _before(zeros, found)) else ""),
        )
    for name, zero in zeros.items():
        if found[name].shape != zero.shape:
            raise SteepestError(
                f"tensor '{name}' has shape {tuple(found[name].shape)}, the cost's has {tuple(zero.shape)}",
                cause="It was saved from a model of another size",
                remedy="Make the cost of the same model",
            )
    params = {name: found[name].to(zero) for name, zero in zeros.items()}
    module = cost.module if buffers and isinstance(cost, ModuleCost) else None
    own = {} if module is None else dict(module.named_buffers())
    taken = [name for name, value in own.items() if name in found and found[name].shape == value.shape]
    for name in taken:
        own[name].copy_(found[name])
    unused = tuple(name for name in found if name not in zeros and name not in taken)
    lacking = () if module is None else tuple(name for name in own if name not in taken and name in module.state_dict())
    return Place(cost, cost.params(params), str(path), unused, lacking)
