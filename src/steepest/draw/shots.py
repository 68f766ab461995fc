"""Frames of an animation as images with one palette, and as a file."""

from __future__ import annotations

import io
import itertools
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from steepest.draw.squares import tints
from steepest.draw.stage import Stage

if TYPE_CHECKING:
    from PIL.Image import Image

UNCHANGED = 255
"""The entry of the palette that stands for the pixel of the frame before: no colour has it."""


def film(images: Sequence[Image], kind: str, durations: Sequence[int]) -> bytes:
    """All frames as one file, repeated for ever: GIF with only what changed from frame to frame, or lossless WebP."""
    from PIL.Image import fromarray

    file = io.BytesIO()
    first, times = images[0], list(durations)
    if kind == "WEBP":
        colours = [image.convert("RGB") for image in images]
        colours[0].save(
            file, kind, save_all=True, append_images=colours[1:], duration=times, loop=0,
            lossless=True, quality=10, method=1,
        )  # fmt: skip
        return file.getvalue()
    numbers = [np.asarray(image) for image in images]
    rest: list[Image] = []
    for before, after in itertools.pairwise(numbers):
        image = fromarray(np.where(before == after, np.uint8(UNCHANGED), after))
        image.putpalette(first.getpalette() or [])
        rest.append(image)
    first.save(
        file, kind, save_all=True, append_images=rest, duration=times, loop=0, disposal=1,
        optimize=False, transparency=UNCHANGED,
    )  # fmt: skip
    return file.getvalue()


def shots(stage: Stage, chosen: Sequence[int]) -> Iterator[Image]:
    """One image a step, all with one palette: the background is drawn and quantized once, then only what differs."""
    from PIL import Image

    from steepest.draw.paper import quiet_glyphs

    canvas, renderer = stage.canvas, stage.canvas.get_renderer()
    still = canvas.copy_from_bbox(stage.figure.bbox)
    background = np.asarray(canvas.buffer_rgba()).copy()
    palette = _palette(background, stage)
    known = np.full(2**24, UNCHANGED, dtype=np.uint8)
    before = _packed(background)
    plain = _numbers(before, palette, known)
    for index in chosen:
        stage.show(index)
        canvas.restore_region(still)
        with quiet_glyphs():
            for artist in stage.moving:
                artist.draw(renderer)
        now = _packed(np.asarray(canvas.buffer_rgba()))
        changed = now != before
        numbers = plain.copy()
        numbers[changed] = _numbers(now[changed], palette, known)
        image = Image.fromarray(numbers)
        image.putpalette(palette.tobytes())
        yield image


def _palette(background: np.ndarray, stage: Stage) -> np.ndarray:
    """255 colours: those of what moves, with their edges against black and white, and the background's commonest."""
    from matplotlib.colors import to_rgb
    from PIL import Image

    from steepest.draw import paper

    greys = np.repeat(np.linspace(0, 1, 17)[:, None], 3, axis=1)
    ramps = [greys]
    for colour in (paper.ORANGE, paper.VERMILION, paper.BLUE, paper.YELLOW):
        for edge in (0.0, 1.0):
            share = np.array([0.25, 0.5, 0.75, 1.0] if edge else [0.33, 0.67])[:, None]
            ramps.append(share * np.array(to_rgb(colour)) + (1 - share) * edge)
    if stage.squares is not None and (axes := stage.squares.axes) is not None:
        ramps.append(np.array(tints(axes.get_facecolor())))
    reserved = np.rint(255 * np.concatenate(ramps)).astype(np.uint8)
    rest = Image.fromarray(background[..., :3].copy()).quantize(UNCHANGED - len(reserved), Image.Quantize.MEDIANCUT)
    found = np.array(rest.getpalette(), dtype=np.uint8).reshape(-1, 3)
    return np.concatenate([reserved, found[: UNCHANGED - len(reserved)]])


def _packed(pixels: np.ndarray) -> np.ndarray:
    return pixels.view("<u4")[..., 0] & 0xFFFFFF


def _numbers(colours: np.ndarray, palette: np.ndarray, known: np.ndarray) -> np.ndarray:
    """The nearest entry to each colour; `known` has those that were looked up already, by the colour's own number."""
    if len(new := np.unique(colours[known[colours] == UNCHANGED])):
        rgb = np.stack([new & 255, new >> 8 & 255, new >> 16], axis=1).astype(np.float32)
        entries = palette.astype(np.float32)
        known[new] = ((entries**2).sum(axis=1) - 2 * rgb @ entries.T).argmin(axis=1)
    return known[colours]
