"""The twelve lessons: what each makes tangible, and where their notebooks lie."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from steepest.errors import SteepestError


@dataclass(frozen=True)
class Lesson:
    """One lesson of the course: its number, its file's name, its title and the one thing it makes tangible."""

    number: int
    file: str
    title: str
    tangible: str
    minutes: int = 30


COURSE: dict[int, Lesson] = {
    number: Lesson(number, f"{number:02d}-{name}", title, tangible)
    for number, (name, title, tangible) in enumerate(
        (
            ("the-blind-trilobite", "The blind trilobite", "you can find a valley by tapping"),
            ("a-line-and-its-cost", "A line and its cost", "a cost is an area that you can see"),
            ("slope-by-nudging", "Slope by nudging", "a derivative is where the slope of a short step settles"),
            ("two-knobs-two-slopes", "Two knobs, two slopes", "a gradient is a list of what each nudge is worth"),
            ("the-four-steps", "The four steps", "forward pass, cost, gradient, adjust: one round, again and again"),
            ("derive-it-yourself", "Derive it yourself", "the formula is the mean of eight single slopes"),
            ("let-autograd-do-it", "Let autograd do it", "backward is the walk home through the graph"),
            ("how-big-a-step", "How big a step", "there is a cliff at 2 / sharpness"),
            ("valleys-scales-momentum", "Valleys, scales, momentum", "slow means a flat direction"),
            ("noise-batches-schedules", "Noise: batches and schedules", "a batch's gradient is one of a cloud"),
            ("flat-is-not-lowest", "Flat is not lowest", "minimum, maximum, saddle and plateau are all flat"),
            ("your-data-your-model", "Your data, your model", "the same four steps at any size"),
        ),
        start=1,
    )
}
"""By number."""


def lesson_at(number: int | str) -> Lesson:
    """Find a lesson by its number, as 5, "5" or "05", or by the name of its file.

    Raises SteepestError where there is none.

    >>> lesson_at("05").title
    'The four steps'
    """
    asked = str(number).strip().removesuffix(".ipynb")
    digits = asked.partition("-")[0]
    lesson = COURSE.get(int(digits)) if digits.isascii() and digits.isdigit() and len(digits) < 4 else None
    if lesson is None or asked not in (digits, lesson.file):
        raise SteepestError(
            f"there is no lesson '{asked[:60]}'", remedy=f"Give a number from 1 to {len(COURSE)}", asked="lesson"
        )
    return lesson


def home() -> Path:
    """Find the folder of the notebooks: inside the package where it is installed, beside `src` in its repository."""
    inside = Path(__file__).parent / "notebooks"
    return inside if inside.is_dir() else Path(__file__).parents[3] / "lessons"


def notebook(lesson: Lesson) -> Path | None:
    """Find the notebook of a lesson, or None where this installation has none."""
    path = home() / f"{lesson.file}.ipynb"
    return path if path.is_file() else None
