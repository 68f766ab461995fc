"""A worksheet to print, with numbers of each learner's own, and its answer key from the same exercises."""

from __future__ import annotations

from html import escape

from steepest.errors import door
from steepest.lessons.course import lesson_at
from steepest.lessons.sheets import EXERCISES

STYLE = """\
body { font: 12pt/1.5 system-ui, sans-serif; max-width: 42em; margin: 2em auto; padding: 0 1em; color-scheme: light }
h1 { font-size: 1.5em } h2 { font-size: 1.1em; margin-bottom: 0.2em } p { margin: 0.3em 0 }
pre { white-space: pre-wrap; background: #f4f4f4; padding: 0.6em }
section { break-inside: avoid } .room { height: 9em; border-bottom: 1px solid #999 }
.who { display: flex; gap: 2em; flex-wrap: wrap; border-bottom: 1px solid #999; padding-bottom: 0.4em }
"""


def worksheet(lesson: int | str, *, seed: int | None = None, key: bool = False) -> str:
    """Write one lesson's exercises as an HTML page to print, or with `key` their answers.

    Of one `seed` the sheet, its key and `lessons.check(..., seed=seed)` have the same numbers. The page asks nothing of
    any network.

    Raises SteepestError where there is no such lesson.

    >>> "(new m, new b)" in worksheet(5, seed=17)
    True
    """
    with door("worksheet"):
        told = lesson_at(lesson)
        number = "the lesson's own numbers" if seed is None else f"sheet {seed}"
        kind = "Answer key" if key else "Worksheet"
        title = f"{kind}: {told.number} {told.title}"
        parts = []
        for index, exercise in enumerate((item for item in EXERCISES.values() if item.lesson == told.number), start=1):
            below = f"<pre>{escape(exercise.answered(seed))}</pre>" if key else '<div class="room"></div>'
            parts.append(
                f"<section><h2>{index}. {escape(exercise.name.capitalize())}</h2>"
                f"<p>{escape(exercise.asked(seed))}</p>\n{below}</section>"
            )
        if not parts:
            parts = ["<p>This lesson has no exercises on paper.</p>"]
        who = "" if key else '<p class="who"><span>Name:</span></p>'
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>\n{STYLE}</style></head>\n"
        f"<body><main><h1>{escape(title)}</h1><p>What it makes tangible: {escape(told.tangible)}. "
        f"{escape(number.capitalize())}.</p>{who}\n" + "\n".join(parts) + "\n</main></body></html>\n"
    )
