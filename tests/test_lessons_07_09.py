"""Lessons 7 to 9: right answers in several forms, each mistake by its name, and the numbers by other roads."""

import math
import re
from collections.abc import Callable
from typing import Any

import pytest
import torch
from answers_07_09 import (
    Closures,
    adding,
    at_once,
    ball,
    by_torch,
    conjugate,
    engine,
    from_columns,
    loop,
    newton,
    nothing_passed,
    overwriting,
    own_slope_only,
    plain,
    power,
    smallest,
    trace,
    walking,
)
from tolerances import CLOSED_FORM, LONG_WALK, assert_close

from steepest import lessons
from steepest.lessons.mistakes import HINTS
from steepest.lessons.sheets import EXERCISES, PREDICTIONS, lesson_07, lesson_08, lesson_09
from steepest.lessons.sheets.lesson_07 import Value

OURS = {name: exercise for name, exercise in EXERCISES.items() if 7 <= exercise.lesson <= 9}


RIGHT: list[tuple[str, Any]] = [
    ("engine", Value),
    ("engine", engine()),
    ("engine", engine(backward=walking(adding))),
    ("engine", Closures),
    ("clean rounds", loop("before")),
    ("clean rounds", loop("after")),
    ("clean rounds", lambda m, b, x, y, epochs: [leaf.item() for leaf in loop("before")(m, b, x, y, epochs)]),
    ("pendulum's factor", 1),
    ("walk home by hand", (-80, -2880, 1920)),
    ("limit", power()),
    ("limit", from_columns),
    ("fastest rate", 0.053),
    ("fastest rate", 2 / 37),
    ("limit by hand", (10, 0.2)),
    ("heavy ball", ball()),
    ("heavy ball", by_torch),
    ("forty gradients", newton),
    ("forty gradients", conjugate),
    ("angle by hand", 38.7),
    ("angle by hand", 39),
]

WRONG: list[tuple[str, Any, str]] = [
    ("engine", Value(1.0), "wrong type"),
    ("engine", float, "exception"),
    ("engine", engine(tanh=None), "exception"),
    ("engine", engine(__add__=lambda a, b: engine()(a.data - b.data, ((a, 1.0), (b, 1.0)))), "forward pass"),
    ("engine", engine(__mul__=lambda a, b: Value(a.data * b.data, ((a, a.data), (b, b.data)))), "local slope"),
    ("engine", engine(__sub__=lambda a, b: Value(a.data - b.data, ((a, 1.0), (b, 1.0)))), "local slope"),
    ("engine", engine(tanh=lambda a: Value(math.tanh(a.data), ((a, 1 - math.tanh(a.data)),))), "local slope"),
    ("engine", engine(backward=walking(overwriting)), "overwritten gradient"),
    ("engine", engine(backward=walking(own_slope_only)), "outer slope forgotten"),
    ("engine", engine(backward=walking(nothing_passed)), "walk not begun"),
    ("engine", engine(backward=walking(adding, first=0.0)), "walk not begun"),
    ("engine", engine(backward=at_once), "wrong order"),
    ("clean rounds", loop("never"), "uncleared gradient"),
    ("clean rounds", loop("between"), "emptied too soon"),
    ("clean rounds", loop("before", extra=1), "one round too many"),
    ("clean rounds", loop("before", extra=-1), "one round too few"),
    ("clean rounds", 3, "wrong type"),
    ("pendulum's factor", 0.9, ""),
    ("pendulum's factor", 0, ""),
    ("pendulum's factor", "one", "wrong type"),
    ("pendulum's factor", math.nan, "wrong type"),
    ("walk home by hand", (-80, 1920, -2880), "swapped parameters"),
    ("walk home by hand", (-80, -2880, 160), "inner slope forgotten"),
    ("walk home by hand", (-80, 36, -24), "inner slope forgotten"),
    ("walk home by hand", (80, 2880, -1920), "wrong sign"),
    ("limit", power(of=lambda sharpness: sharpness), "sharpness for limit"),
    ("limit", power(of=lambda sharpness: 1 / sharpness), "one over the sharpness"),
    ("limit", smallest, "smallest for largest"),
    ("limit", trace, "a factor"),
    ("limit", lambda product, vector: 2 / float(vector @ product(vector) / (vector @ vector)), "too few rounds"),
    ("limit", lambda product, vector: lesson_08.limit(product, vector, 2), "too few rounds"),
    ("limit", lambda product, vector: 0.0549097, "ignores its arguments"),
    ("limit", lambda product, vector: math.inf, "not finite"),
    ("fastest rate", 0.01, "too cautious"),
    ("fastest rate", 0.051, "too cautious"),
    ("fastest rate", 0.0549, "too near the cliff"),
    ("fastest rate", 0.055, "past the cliff"),
    ("fastest rate", -0.05, "wrong type"),
    ("limit by hand", (10, 0.1), "one over the sharpness"),
    ("limit by hand", (20, 0.1), "sum for mean"),
    ("limit by hand", (5, 0.4), "a factor"),
    ("limit by hand", (0.2, 10), "swapped parameters"),
    ("heavy ball", ball("plain"), "velocity forgotten"),
    ("heavy ball", ball("kept"), "velocity undiminished"),
    ("heavy ball", ball("damped"), "damped velocity"),
    ("heavy ball", ball("uphill"), "uphill"),
    ("heavy ball", ball(more=1), "one round too many"),
    ("heavy ball", ball(more=-1), "one round too few"),
    ("heavy ball", ball("look"), "looks ahead"),
    ("heavy ball", lambda slope, place, rate, factor, epochs: place, "nothing moved"),
    ("heavy ball", lambda slope, place, rate, factor, epochs: place.sub_(rate * slope(place)), "changed in place"),
    ("forty gradients", plain(600), "too many gradients"),
    ("forty gradients", plain(40, 0.05), "not there yet"),
    ("forty gradients", plain(40, -0.05), "not there yet"),
    ("forty gradients", lambda gradient, m, b: (-0.46928571, 1.76), "ignores its arguments"),
    ("forty gradients", lambda gradient, m, b: (math.nan, b), "not finite"),
    ("forty gradients", lambda gradient, m, b: m, "wrong shape"),
    ("forty gradients", lambda gradient, m: m, "exception"),
    ("forty gradients", 40, "wrong type"),
    ("angle by hand", 0.675, "radians"),
    ("angle by hand", 141.34, "uphill"),
    ("angle by hand", 45, ""),
    ("angle by hand", "steep", "wrong type"),
]


@pytest.mark.parametrize(("name", "answer"), RIGHT, ids=[f"{index} {name}" for index, (name, _) in enumerate(RIGHT)])
def test_a_right_answer_passes_in_whatever_form(name: str, answer: Any) -> None:
    reply = lessons.check(name, answer)
    assert reply.passed and str(reply).startswith("Right. "), reply


@pytest.mark.parametrize(
    ("name", "answer", "mistake"), WRONG, ids=[f"{index} {name}" for index, (name, *_) in enumerate(WRONG)]
)
def test_a_mistake_is_named(name: str, answer: Any, mistake: str) -> None:
    reply = lessons.check(name, answer)
    assert not reply.passed and reply.mistake == mistake, reply
    assert reply.hint and len(reply.claim) > 20
    worked = str(reply.solution())
    assert worked and (
        len(worked) < 4 or all(worked not in shown for shown in (str(reply), repr(reply), reply._repr_html_()))
    )


def test_both_lists_cover_every_exercise_and_every_hint_of_these_lessons_is_given() -> None:
    assert {name for name, _ in RIGHT} == {name for name, _, _ in WRONG} == set(OURS)
    assert {name for _, _, name in WRONG} - {""} <= set(HINTS)


@pytest.mark.parametrize("name", [name for name, exercise in OURS.items() if not exercise.key])
@pytest.mark.parametrize("seed", [None, 3, 17])
def test_the_solution_that_is_shown_is_right(name: str, seed: int | None) -> None:
    world: dict[str, Any] = {"math": math, "torch": torch}
    worked = OURS[name].solution
    if worked.startswith(("def ", "class ")):
        exec(worked, world)  # noqa: S102  # our own solution
        answer = list(world.values())[-1]
    else:
        answer = float(worked)
    assert lessons.check(name, answer, seed=seed).passed


ORDER = ("the estimate", "v", "w")

KEYS: dict[str, Callable[[str], Any]] = {
    "walk home by hand": lambda key: [float(re.findall(rf"by {name} ([-\d.e+]+)", key)[0]) for name in ORDER],
    "fastest rate": lambda key: float(key.partition(" ")[0]),
    "limit by hand": lambda key: [float(part) for part in re.findall(r"[\d.]+", key)],
    "angle by hand": lambda key: float(key.partition(" ")[0]),
}


@pytest.mark.parametrize("name", KEYS)
@pytest.mark.parametrize("seed", [None, 1, 2, 17, 99])
def test_the_key_of_a_seed_passes_with_that_seed_and_seeds_differ(name: str, seed: int | None) -> None:
    assert lessons.check(name, KEYS[name](str(lessons.solution(name, seed=seed))), seed=seed).passed
    assert len({lessons.task(name, seed=number) for number in range(12)}) > 5
    assert {name for name, exercise in OURS.items() if exercise.key} == set(KEYS)


@pytest.mark.parametrize(
    ("name", "answer", "given_away"),
    [("walk home by hand", (1, 1, 1), "2880"), ("limit by hand", (1, 1), "0.2"), ("angle by hand", 1, "38.7")],
)
def test_a_task_on_paper_is_not_given_away(name: str, answer: Any, given_away: str) -> None:
    reply = lessons.check(name, answer)
    assert not reply.passed and given_away not in str(reply) and given_away in reply.solution()


def test_every_prediction_is_explained_with_its_number() -> None:
    expected = {
        "twice backward": "36.305",
        "the pendulum": "20.79",
        "rate 0.003": "0.8907",
        "rate 0.01": "0.6358",
        "rate 0.03": "-0.0927",
        "rate 0.05": "-0.8212",
        "rate 0.054": "-0.9669",
        "rate 0.055": "13260",
        "fastest of five": "119 at 0.05, 112 at 0.053, 148 at 0.054",
        "angle of the slope": "18.6158",
        "standardised steps": "m = -1.07527, b = 0.1175",
        "Adam as it comes": "2.344",
    }
    assert set(expected) == {name for name, item in PREDICTIONS.items() if 7 <= item.lesson <= 9}
    found = {name: PREDICTIONS[name].found() for name in expected}
    assert all(number in found[name][1] for name, number in expected.items()), found
    answers = [found[f"rate {rate:g}"][0] for rate in lesson_08.FATES]
    assert answers == ["glides in"] * 2 + ["zigzags in"] * 3 + ["diverges"]
    assert (found["the pendulum"][0], found["fastest of five"][0]) == ("it swings without end", "0.053")
    assert (found["standardised steps"][0], found["Adam as it comes"][0]) == (1, "higher")
    assert_close(float(found["twice backward"][0]), 72.61, CLOSED_FORM)
    for name, item in PREDICTIONS.items():
        assert not item.choices or name not in found or found[name][0] in item.choices


def test_the_angle_of_the_slope_by_the_cosine() -> None:
    downhill = torch.tensor([-36.305, -6.265], dtype=torch.float64)
    way = torch.linalg.solve(torch.tensor([[35.0, 7.0], [7.0, 2.0]]).double(), downhill)
    cosine = float(downhill @ way / (downhill.norm() * way.norm()))
    assert_close(PREDICTIONS["angle of the slope"].found()[0], math.degrees(math.acos(cosine)), CLOSED_FORM)  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize("seed", range(5))
def test_the_engine_agrees_with_torch_on_expressions_that_no_one_chose(seed: int) -> None:
    chance = torch.Generator().manual_seed(seed)
    numbers = torch.rand(4, generator=chance, dtype=torch.float64) * 2 - 1
    leaves, values = [number.clone().requires_grad_() for number in numbers], [Value(float(part)) for part in numbers]
    graph: list[Any] = list(leaves)
    nodes: list[Any] = list(values)
    for _ in range(25):
        which, one, other = (int(torch.randint(limit, (1,), generator=chance)) for limit in (4, len(graph), len(graph)))
        for pool in (graph, nodes):
            made = (
                pool[one] + pool[other],
                pool[one] - pool[other],
                pool[one] * pool[other],
                pool[one].tanh(),
            )
            pool.append(made[which])
    graph[-1].backward()
    nodes[-1].backward()
    for leaf, value in zip(leaves, values, strict=True):
        assert_close(value.grad, 0.0 if leaf.grad is None else leaf.grad, CLOSED_FORM)


def test_without_zero_grad_the_costs_are_those_of_momentum_one() -> None:
    broken = torch.tensor([step.cost for step in lessons.museum.no_zero_grad().run.steps])
    assert torch.equal(broken, torch.tensor(lesson_07.heavy(1.0, 1000)))


@pytest.mark.parametrize("rate", [0.001, 0.01, 0.05, 0.053, 0.054, 2 / 37])
def test_epochs_needed_by_counting(rate: float) -> None:
    u, v = 0.9 + 0.46928571428571429, 0.1 - 1.76
    epochs = 0
    while 0.5 * (35 * u * u + 14 * u * v + 2 * v * v) >= 1e-3:
        u, v, epochs = u - rate * (35 * u + 7 * v), v - rate * (7 * u + 2 * v), epochs + 1
    start = lesson_08.ground()[0].params({"m": 0.9, "b": 0.1})
    assert lesson_08.needed(start, rate) == epochs
    assert lesson_08.fastest(start)[1] <= epochs and lesson_08.needed(start, 0.055) is None


def test_the_rolled_ball_is_torchs_to_the_last_digits() -> None:
    hessian = torch.tensor([[35.0, 7.0], [7.0, 2.0]], dtype=torch.float64)
    start = torch.tensor([0.9, 0.1], dtype=torch.float64)
    ours = lesson_09.rolled(hessian.matmul, start, 0.01, 0.9, 200)
    assert_close(ours, by_torch(hessian.matmul, start, 0.01, 0.9, 200).detach(), LONG_WALK)
