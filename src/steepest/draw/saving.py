"""A picture as a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from steepest.errors import SteepestError, door
from steepest.files import refuse_unwritable, written

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def save(ax: Axes, path: str | Path, *, force: bool = False) -> Path:
    """Write the figure that the axes belong to into a file, of the kind its name ends in (.png, .svg, .pdf).

    Raises SteepestError for an ending that matplotlib cannot write, a folder that is not there, and a file that is,
    unless `force`.

    >>> import tempfile
    >>> import torch
    >>> from steepest.draw import fit
    >>> ax = fit(torch.tensor([0.0, 1.0]), torch.tensor([1.0, 3.0]), params={"m": torch.tensor(2.0)})
    >>> save(ax, Path(tempfile.mkdtemp()) / "fit.png").name
    'fit.png'
    """
    from steepest.draw.paper import quiet_glyphs

    path = Path(path)
    with door("save"):
        figure = ax.get_figure(root=True)
        assert figure is not None
        known = figure.canvas.get_supported_filetypes()
        if path.suffix.removeprefix(".").lower() not in known:
            raise SteepestError(
                f"'{path.name}' ends in '{path.suffix}', which is no kind of picture",
                remedy=f"End it in one of {', '.join('.' + kind for kind in known)}",
            )
        refuse_unwritable(path, force=force)
        with quiet_glyphs(), written(path):
            figure.savefig(path)
    return path
