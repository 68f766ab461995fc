"""Lesson 1, the blind trilobite: read taps, and decide where to tap next on valleys nobody has seen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

from steepest.check import compass
from steepest.lessons.answers import number
from steepest.lessons.exercise import Exercise, Given, Prediction
from steepest.lessons.mistakes import mistake
from steepest.lessons.reply import Mistake
from steepest.lessons.sheets.numbers import START, trial

TAPS = 40
VALLEYS = 50
EDGE = 10.0
NEAR = 0.01
WORDS = {
    "E": "east",
    "NE": "north-east",
    "N": "north",
    "NW": "north-west",
    "W": "west",
    "SW": "south-west",
    "S": "south",
    "SE": "south-east",
}


@dataclass(frozen=True)
class Valley:
    """A curve with one lowest place: steeper on one side than on the other, round or pointed at the bottom."""

    lowest: float
    floor: float
    left: float
    right: float
    power: float

    def height(self, place: float) -> float:
        """How high the ground is at a place."""
        side = self.left if place < self.lowest else self.right
        return self.floor + side * abs(place - self.lowest) ** self.power


class Refused(Exception):  # noqa: N818 - it is no error of ours
    """A tap that cannot be made."""

    def __init__(self, name: str, claim: str) -> None:
        super().__init__(claim)
        self.name, self.claim = name, claim


def valley(chance: Random) -> Valley:
    """Draw a valley whose lowest place lies well within the edges."""
    sides = chance.uniform(0.2, 3), chance.uniform(0.2, 3)
    return Valley(chance.uniform(-8, 8), chance.uniform(-5, 5), *sides, chance.choice((1.0, 1.5, 2.0)))


def tapped(next_tap: Callable[[list[tuple[float, float]]], Any], ground: Valley) -> list[tuple[float, float]]:
    """Tap at 0, and then where `next_tap` says, until the taps are used up."""
    known = [(0.0, ground.height(0.0))]
    while len(known) < TAPS:
        said = next_tap(list(known))
        place = number(said)
        if place is None:
            raise Refused("wrong type", f"It returned {said!r:.40} ({type(said).__name__}), and a place is one number.")
        if not abs(place) <= EDGE:
            raise Refused(
                "off the map", f"Tap {len(known) + 1} is at {place:.4g}; the map ends at {-EDGE:g} and {EDGE:g}."
            )
        known.append((place, ground.height(place)))
    return known


def _next_tap(answer: Any, given: Given, chance: Random) -> Mistake | str:
    if not callable(answer):
        return mistake("wrong type", "A function is asked for: give its name, without brackets.")
    found, trouble = 0, None
    for _ in range(VALLEYS):
        ground = valley(chance)
        try:
            known = tapped(answer, ground)
        except Refused as refused:
            return mistake(refused.name, refused.claim)
        except (Exception, SystemExit) as error:  # whatever a learner's code raises is told
            return mistake("exception", f"Your function stopped with {type(error).__name__}: {error}.")
        if min(height for _, height in known) <= ground.floor + NEAR:
            found += 1
        elif trouble is None:
            trouble = _trouble(known, ground)
    if trouble is None:
        return f"It found all {VALLEYS} hidden valleys, to {NEAR:g} of their height, with {TAPS} taps in each."
    return Mistake(trouble.name, f"It found {found} of {VALLEYS} hidden valleys. {trouble.claim}", trouble.hint)


def _trouble(known: list[tuple[float, float]], ground: Valley) -> Mistake:
    """What went wrong in one valley, by what the taps looked like."""
    places, heights = zip(*known, strict=True)
    best = min(heights) - ground.floor
    seen = f"In one, the lowest tap is {best:.3g} above the floor."
    if max(places[-5:]) - min(places[-5:]) < 1e-9:
        return mistake("the same place again", f"{seen} The last five taps are all at {places[-1]:.4g}.")
    if abs(places[-1] - places[-2]) <= 1 and heights.index(min(heights)) <= 2 and heights[-1] > heights[0]:
        return mistake("uphill", f"{seen} That was one of the first three, and then it went up.")
    if abs(places[-1] - places[-2]) <= 1 and heights.index(min(heights)) >= TAPS - 3:
        return mistake("steps too short", f"{seen} It was still on its way when the taps were used up.")
    return mistake("steps too long", f"{seen} It went to and fro across the lowest place, and got no nearer.")


def _sheet(chance: Random | None) -> Given:
    if chance is None:
        place = dict(START)
    else:
        place = {"m": round(chance.uniform(-1.5, 1), 1), "b": round(chance.uniform(-1, 3), 1)}
    changes = compass(trial()[0], place, step=0.01)
    table = ", ".join(f"{WORDS[name]} {change:+.5f}" for name, change in changes.items())
    return {**place, "lowest": min(changes, key=lambda name: changes[name]), "table": table}


def _lowest(answer: Any, given: Given, chance: Random) -> Mistake | str:
    said = str(answer).strip().lower()
    word = WORDS[given["lowest"]]
    if said in (word, given["lowest"].lower()):
        return f"Of the eight, the ground is lowest in the {word}."
    if said not in (*WORDS.values(), *(name.lower() for name in WORDS)):
        return mistake("wrong type", f"One of the eight directions is asked for, and '{answer}' came.")
    opposite = list(WORDS.values())[(list(WORDS).index(given["lowest"]) + 4) % 8]
    if said in (opposite, opposite[0]):
        return mistake("uphill", f"In the {opposite} the ground rises most.")
    return Mistake("", f"There is a direction in which the ground falls more than in the {said}.", "Mind the signs.")


EXERCISES = (
    Exercise(
        "lowest tap",
        1,
        "At m = {m:g}, b = {b:g} the trilobite taps a hundredth of a unit away, and feels these changes of height: "
        "{table}. In which direction is the ground lowest?",
        "Minus is down. The lowest is the most negative.",
        "See the key.",
        _lowest,
        _sheet,
        lambda given: WORDS[given["lowest"]],
    ),
    Exercise(
        "next tap",
        1,
        f"Write a function next_tap(known) that gets all taps so far, a list of (place, height), and returns the place "
        f"of the next tap, from {-EDGE:g} to {EDGE:g}. The first tap is at 0. It is tried on {VALLEYS} hidden valleys "
        f"with {TAPS} taps each, and has to come within {NEAR:g} of the lowest height in all of them.",
        "Tap beside the lowest place that you know: right and left of it. If both are higher, stand nearer.",
        "def next_tap(known):\n"
        "    best = min(known, key=lambda tap: tap[1])[0]\n"
        "    right = [place for place, height in known if place > best]\n"
        "    left = [place for place, height in known if place < best]\n"
        "    if not right or not left:            # the lowest so far is the last one: go on that way, twice as far\n"
        "        step = 2 * max([abs(best)] + [0.5])\n"
        "        return min(10, best + step) if not right else max(-10, best - step)\n"
        "    right, left = min(right), max(left)  # else into the middle of the wider gap beside it\n"
        "    return (best + right) / 2 if right - best > best - left else (best + left) / 2",
        _next_tap,
    ),
)


def _way() -> tuple[str, str]:
    changes = compass(trial()[0], START, step=0.01)
    return "west", (
        f"West is {changes['W']:+.4f}, south-west {changes['SW']:+.4f}, south only {changes['S']:+.5f}: less m helps "
        "much, less b hardly."
    )


def _wells() -> tuple[float, str]:
    share = well_share(10_000)
    return share, (
        f"{share:.1%} of 10,000 starts, evenly spread from -2 to 2, end in the lower valley: those on its side of the "
        "ridge at 0.101. A trilobite that walks down and stops has no way to know of the other valley."
    )


def well(place: float) -> float:
    """Two valleys, of which the left one is lower: `w^4 / 4 - w^2 / 2 + w / 10`."""
    return place**4 / 4 - place**2 / 2 + place / 10


def well_share(starts: int) -> float:
    """What share of evenly spread starts from -2 to 2 walks down into the lower of the two valleys."""
    lower = 0
    for index in range(starts):
        place = -2 + 4 * (index + 0.5) / starts
        for _ in range(100):
            place -= 0.1 * (place**3 - place + 0.1)
        lower += place < 0
    return lower / starts


PREDICTIONS = (
    Prediction(
        "lowest direction",
        1,
        "The trilobite stands at m = 0.9, b = 0.1, where the best place is at m = -0.47, b = 1.76. In which "
        "direction is "
        "the ground lowest under its cane?",
        _way,
        ("north-west", "west", "south-west"),
    ),
    Prediction(
        "share of the lower valley",
        1,
        "Of two valleys the left one is lower. Of starts spread evenly from -2 to 2, what share walks into it, from 0 "
        "to 1?",
        _wells,
        share=0.1,
    ),
)
