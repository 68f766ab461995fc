"""Every exercise of lessons 1 to 6 takes right answers in several forms, and names each mistake it must catch."""

import math
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from steepest import lessons
from steepest.errors import SteepestError
from steepest.lessons import progress
from steepest.lessons.mistakes import HINTS
from steepest.lessons.sheets import EXERCISES, PREDICTIONS
from steepest.lessons.sheets.lesson_01 import Valley


def slopes(m: Any, b: Any, x: Any, y: Any) -> tuple[Any, Any]:
    over = m * x + b - y
    return (2 * over * x).mean(), (2 * over).mean()


def by_autograd(m: float, b: float, x: Any, y: Any, learning_rate: float) -> list[Any]:
    leaves = [torch.tensor(value, dtype=x.dtype, requires_grad=True) for value in (m, b)]
    ((leaves[0] * x + leaves[1] - y) ** 2).mean().backward()
    optimizer = torch.optim.SGD(leaves, lr=learning_rate)
    optimizer.step()
    return leaves


def in_single(m: float, b: float, x: Any, y: Any, learning_rate: float) -> Any:
    by = slopes(m, b, x.float(), y.float())
    return np.array([m - learning_rate * float(by[0]), b - learning_rate * float(by[1])], dtype=np.float32)


def the_round(change: Callable[..., Any]) -> Callable[..., Any]:
    def one_round(m: float, b: float, x: Any, y: Any, learning_rate: float) -> Any:
        return change(m, b, x, y, learning_rate, *slopes(m, b, x, y))

    return one_round


def sequential(m: float, b: float, x: Any, y: Any, learning_rate: float) -> Any:
    m = m - learning_rate * slopes(m, b, x, y)[0]
    return m, b - learning_rate * slopes(m, b, x, y)[1]


def in_place(m: float, b: float, x: Any, y: Any, learning_rate: float) -> Any:
    x -= x.mean()
    return m, b


def raising(m: float, b: float, x: Any, y: Any, learning_rate: float) -> Any:
    return m / 0, b


def rounds(how: str = "") -> Callable[..., Any]:
    def many_rounds(m: float, b: float, x: Any, y: Any, epochs: int) -> Any:
        by, kept = slopes(m, b, x, y), (0.0, 0.0)
        for _ in range(epochs + {"more": 1, "fewer": -1}.get(how, 0)):
            fresh = by if how == "once" else slopes(m, b, x, y)
            kept = (kept[0] + fresh[0], kept[1] + fresh[1])
            used = {"kept": kept, "late": by}.get(how, fresh)
            by = by if how == "once" else fresh
            sign = 1 if how == "uphill" else -1
            m = m + sign * 0.01 * used[0]
            if how == "sequential":
                used = slopes(m, b, x, y)
            b = b + sign * 0.01 * used[1]
            if how == "return in the loop":
                break
        return m, b

    return many_rounds


def halving(known: list[tuple[float, float]]) -> float:
    best = min(known, key=lambda tap: tap[1])[0]
    above = min((place for place, _ in known if place > best), default=10.0)
    below = max((place for place, _ in known if place < best), default=-10.0)
    return (best + above) / 2 if above - best > best - below else (best + below) / 2


RIGHT: list[tuple[str, Any]] = [
    ("next tap", halving),
    ("beat the cost", (-0.47, 1.76)),
    ("beat the cost", torch.tensor([-0.46, 1.7])),
    ("mse", lambda estimate, target: torch.nn.functional.mse_loss(estimate.reshape(target.shape), target)),
    ("mse", lambda estimate, target: float(np.mean((estimate.numpy().ravel() - target.numpy()) ** 2))),
    ("mse", lambda a, b: sum((p - q) ** 2 for p, q in zip(a.flatten().tolist(), b.tolist(), strict=True)) / len(b)),
    ("mae", torch.nn.functional.l1_loss),
    ("central difference", lambda f, x, h: (f(x + h) - f(x - h)) / h / 2),
    ("central difference", lambda f, x, h: (8 * (f(x + 1e-3) - f(x - 1e-3)) - f(x + 2e-3) + f(x - 2e-3)) / 12e-3),
    ("step for float32", 3e-4),
    ("step for float32", np.float32(3e-4)),
    ("step for float64", 1e-7),
    ("gradient by nudges", lambda c, m, b, h: [(c(m + h, b) - c(m, b)) / h, (c(m, b + h) - c(m, b)) / h]),
    ("arrow", 189.79),
    ("arrow", 186),
    ("arrow", 189.79 - 360),
    ("partials by hand", (-5, 4, -6)),
    ("secant by hand", (7, 6.1, 6)),
    ("cost by hand", 1.75),
    ("one round", by_autograd),
    ("one round", in_single),
    ("one round", lambda m, b, x, y, rate: torch.tensor([m, b]) - rate * torch.stack(slopes(m, b, x, y))),
    ("one round", lambda *given: [value.reshape(1) for value in by_autograd(*given)]),
    ("many rounds", rounds()),
    ("a round by hand", (-0.1333333, 1)),
    ("slope of one", "2*(m*x+b-y)*x"),
    ("slope of one", "2*x*(b - y) + 2*m*x**2"),
    ("gradient of m", "2*sum((m*x + b - y)*x)/n"),
    ("gradient of m", "2*m*mean(x**2) + 2*b*mean(x) - 2*mean(x*y)"),
    ("gradient of m", "-2 * mean(x * (y - m*x - b))"),
    ("gradient of m", "(sum((m*x+b-y)*x) / (0.5 * n))"),
    ("gradient of m", lambda m, b, x, y: (2 * (m * x + b - y) * x).mean()),
    ("gradient of m", lambda m, b, x, y: torch.func.grad(lambda w: ((w * x + b - y) ** 2).mean())(torch.tensor(m))),
    ("gradient of b", "2 * (m*mean(x) + b - mean(y))"),
    ("gradient of b", "mean(-2*(y - (m*x + b)))"),
    ("mean of the singles", (8.5, 2)),
    ("lowest tap", "West"),
    ("lowest tap", "w"),
]

WRONG: list[tuple[str, Any, str]] = [
    ("next tap", lambda known: known[-1][0] + 0.1, "steps too short"),
    ("next tap", lambda known: 3.0, "the same place again"),
    ("next tap", lambda known: known[-1][0] * 2 + 1, "off the map"),
    ("next tap", lambda known: (1 if len(known) == 1 or known[1][1] > known[0][1] else -1) * len(known) / 10, "uphill"),
    ("next tap", lambda known: 7 * (-1) ** len(known) + len(known) / 100, "steps too long"),
    ("next tap", lambda known: None, "wrong type"),
    ("next tap", lambda known: known[99], "exception"),
    ("next tap", 3, "wrong type"),
    ("next tap", lambda known: float("nan"), "off the map"),
    ("lowest tap", "east", "uphill"),
    ("lowest tap", "north", ""),
    ("lowest tap", "down", "wrong type"),
    ("beat the cost", (1.76, -0.47), "swapped parameters"),
    ("beat the cost", (0.9, 0.1), ""),
    ("beat the cost", "a line", "wrong type"),
    ("beat the cost", (float("nan"), 2), "wrong type"),
    ("mse", lambda a, b: ((a - b) ** 2).mean(), "broadcasting"),
    ("mse", torch.nn.functional.mse_loss, "broadcasting"),
    ("mse", lambda a, b: ((a.reshape(-1) - b) ** 2).sum(), "sum for mean"),
    ("mse", lambda a, b: ((a.reshape(-1) - b) ** 2).mean() / 2, "factor 1/2"),
    ("mse", lambda a, b: (a.reshape(-1) - b).mean(), "signs cancel"),
    ("mse", lambda a, b: (a.reshape(-1) - b).abs().mean(), "absolute for squared"),
    ("mse", lambda a, b: ((a.reshape(-1) - b) ** 2).mean().sqrt(), "root taken"),
    ("mse", lambda a, b: (a.reshape(-1)[-1] - b[-1]) ** 2, "one point for the batch"),
    ("mse", lambda a, b: (a.reshape(-1) - b) ** 2, "wrong shape"),
    ("mse", lambda a, b: 0 * a.mean() / 0, "not finite"),
    ("mse", lambda a, b: None, "nothing came back"),
    ("mse", lambda a, b: "12", "wrong type"),
    ("mse", lambda a: 1.0, "wrong type"),
    ("mse", 19.675, "wrong type"),
    ("mse", lambda a, b: a.sub_(b).square().mean(), "changed in place"),
    ("mae", lambda a, b: ((a - b) ** 2).mean(), "squared for absolute"),
    ("mae", lambda a, b: (a - b).mean().abs(), "signs cancel"),
    ("central difference", lambda f, x, h: (f(x + h) - f(x)) / h, "forward difference"),
    ("central difference", lambda f, x, h: (f(x + h) - f(x - h)) / h, "factor 2"),
    ("central difference", lambda f, x, h: f(x + h) - f(x - h), "distance forgotten"),
    ("central difference", lambda f, x, h: (f(x - h) - f(x + h)) / (2 * h), "wrong sign"),
    ("step for float32", 1e-6, "step too small"),
    ("step for float32", 0.1, "step too large"),
    ("step for float64", 1e-14, "step too small"),
    ("step for float64", 1e-3, "step too large"),
    ("step for float64", 1e300, "step too large"),
    ("step for float32", 1e-40, "step too small"),
    ("step for float64", -1, "wrong type"),
    ("secant by hand", (-7, -6.1, -6), "wrong sign"),
    ("secant by hand", (7, 0.61, 6), "distance forgotten"),
    ("gradient by nudges", lambda c, m, b, h: ((c(m + h, b) - c(m, b)) / h,) * 2, "one slope for both"),
    (
        "gradient by nudges",
        lambda c, m, b, h: ((c(m + h, b) - c(m, b)) / h, (c(m + h, b + h) - c(m, b)) / h),
        "not put back",
    ),
    (
        "gradient by nudges",
        lambda c, m, b, h: ((c(m, b + h) - c(m, b)) / h, (c(m + h, b) - c(m, b)) / h),
        "swapped parameters",
    ),
    ("arrow", 9.79, "uphill"),
    ("arrow", 189.79 - 19.58, "clockwise"),
    ("arrow", 260.2, "swapped parameters"),
    ("arrow", 129.5, ""),
    ("arrow", "west", "wrong type"),
    ("partials by hand", (-5, 4, 6), "wrong sign"),
    ("partials by hand", (-5, -6, 4), "swapped parameters"),
    ("cost by hand", 7.0, "sum for mean"),
    ("cost by hand", -1.25, "signs cancel"),
    ("one round", the_round(lambda m, b, x, y, rate, by_m, by_b: (m, b)), "nothing moved"),
    ("one round", the_round(lambda m, b, x, y, rate, by_m, by_b: (m + rate * by_m, b + rate * by_b)), "uphill"),
    (
        "one round",
        the_round(lambda m, b, x, y, rate, by_m, by_b: (m - rate * len(x) * by_m, b - rate * len(x) * by_b)),
        "sum for mean",
    ),
    (
        "one round",
        the_round(lambda m, b, x, y, rate, by_m, by_b: (m - rate * by_m / 2, b - rate * by_b / 2)),
        "factor 1/2",
    ),
    (
        "one round",
        the_round(lambda m, b, x, y, rate, by_m, by_b: (m - rate * 2 * by_m, b - rate * 2 * by_b)),
        "factor 2",
    ),
    (
        "one round",
        the_round(lambda m, b, x, y, rate, by_m, by_b: (m - rate * 3 * by_m, b - rate * 3 * by_b)),
        "a factor",
    ),
    (
        "one round",
        the_round(lambda m, b, x, y, rate, by_m, by_b: (b - rate * by_b, m - rate * by_m)),
        "swapped parameters",
    ),
    (
        "one round",
        the_round(lambda m, b, x, y, rate, by_m, by_b: (m - rate * by_b * x[-1], b - rate * by_b)),
        "one point for the batch",
    ),
    (
        "one round",
        lambda m, b, x, y, rate: (
            m - rate * slopes(m, b, x[:1], y[:1])[0],
            b - rate * slopes(m, b, x[:1], y[:1])[1],
        ),
        "one point for the batch",
    ),
    ("one round", sequential, "sequential update"),
    ("one round", in_place, "changed in place"),
    ("one round", raising, "exception"),
    ("one round", lambda m, b, x, y, rate: sys.exit(), "exception"),
    ("one round", lambda m, b, x, y, rate: (0.53695, 0.03735), "ignores its arguments"),
    ("one round", lambda m, b, x, y, rate: (float("nan"), b), "not finite"),
    ("one round", lambda m, b, x, y, rate: (m, b, 0), "wrong shape"),
    ("one round", lambda m, b, x, y, rate: {"m": m, "b": b}, "wrong type"),
    ("many rounds", rounds("once"), "stale gradient"),
    ("many rounds", rounds("late"), "stale gradient"),
    ("many rounds", rounds("kept"), "uncleared gradient"),
    ("many rounds", rounds("sequential"), "sequential update"),
    ("many rounds", rounds("uphill"), "uphill"),
    ("many rounds", rounds("more"), "one round too many"),
    ("many rounds", rounds("fewer"), "one round too few"),
    ("many rounds", rounds("return in the loop"), "one round too few"),
    ("many rounds", lambda m, b, x, y, epochs: (m, b), "nothing moved"),
    ("a round by hand", (0.13333333, 1), "uphill"),
    ("a round by hand", (1, -0.13333333), "swapped parameters"),
    ("a round by hand", "half", "wrong type"),
    ("slope of one", "2 * (m*x + b - y)", "inner slope forgotten"),
    ("slope of one", "(m*x + b - y)**2", "cost for slope"),
    ("gradient of m", "-mean(2*(m*x + b - y)*x)", "wrong sign"),
    ("gradient of m", "mean((m*x + b - y)*x)", "factor 1/2"),
    ("gradient of m", "4*mean((m*x + b - y)*x)", "factor 2"),
    ("gradient of m", "-4*mean((m*x + b - y)*x)", "a factor"),
    ("gradient of m", "sum(2*(m*x + b - y)*x)", "sum for mean"),
    ("gradient of m", "mean(2*(m*x + b - y)*x)/n", "mean for sum"),
    ("gradient of m", "2*(m*x + b - y)*x", "no mean"),
    ("gradient of m", "mean(2*(m*x + b - y))", "swapped parameters"),
    ("gradient of m", "mean(2*(m*x + b - y))*mean(x)", "product of means"),
    ("gradient of m", "mean((m*x + b - y)**2)", "cost for slope"),
    ("gradient of m", "2.0000001*mean((m*x + b - y)*x)", ""),
    ("gradient of m", "mean(log(-x*x))", "not finite"),
    ("gradient of m", "mean(x/0)", "not finite"),
    ("gradient of m", "mean(2*(m*x + b - y)x)", "formula"),
    ("gradient of m", 36.305, "wrong type"),
    ("gradient of b", "mean(2*(m*x + b - y)*x)", "swapped parameters"),
    ("gradient of b", "2*sum(m*x + b - y)", "sum for mean"),
    ("mean of the singles", (34, 8), "sum for mean"),
    ("mean of the singles", (2, 8.5), "swapped parameters"),
]


@pytest.mark.parametrize(("name", "answer"), RIGHT, ids=lambda part: part if isinstance(part, str) else "form")
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
    assert worked and all(worked not in shown for shown in (str(reply), repr(reply), reply._repr_html_()))


@pytest.mark.parametrize(
    ("name", "answer", "given_away"),
    [("partials by hand", (1, 1, 1), "-6"), ("a round by hand", (0, 0), "0.13333"), ("cost by hand", 3, "1.75")],
)
def test_a_task_on_paper_is_not_given_away(name: str, answer: Any, given_away: str) -> None:
    reply = lessons.check(name, answer)
    assert not reply.passed and given_away not in str(reply) and given_away in reply.solution()


def test_both_lists_cover_every_exercise() -> None:
    ours = {name for name, exercise in EXERCISES.items() if exercise.lesson <= 6}
    assert {name for name, _ in RIGHT} == {name for name, _, _ in WRONG} == ours
    assert {name for _, _, name in WRONG} - {""} <= set(HINTS)


@pytest.mark.parametrize("name", EXERCISES)
@pytest.mark.parametrize("seed", [None, 3, 17])
def test_the_solution_that_is_shown_is_right(name: str, seed: int | None) -> None:
    exercise = EXERCISES[name]
    if exercise.key:
        numbers = exercise.answered(seed)
        assert numbers != "See the key." and exercise.asked(seed) == lessons.task(name, seed=seed)
        return
    worked = exercise.solution
    if worked.startswith(("def ", "class ")):
        world: dict[str, Any] = {"math": math, "torch": torch}
        exec(worked, world)  # noqa: S102  # our own solution
        answer = list(world.values())[-1]
    else:
        answer = worked if re.search("[a-z]{2}|x", worked) else eval(worked)  # noqa: S307  # our own solution
    assert lessons.check(name, answer, seed=seed).passed


KEYS: dict[str, Callable[[str], Any]] = {
    "lowest tap": str,
    "cost by hand": lambda key: float(key.rpartition("mean ")[2]),
    "secant by hand": lambda key: [float(part) for part in key.partition(":")[0].split(",")],
    "arrow": lambda key: float(re.findall(r"([\d.]+) degrees", key)[0]),
    "partials by hand": lambda key: [float(part) for part in key.split(",")],
    "a round by hand": lambda key: [float(part) for part in re.findall(r"new [mb] ([-\d.e]+)", key)],
    "mean of the singles": lambda key: [float(part) for part in re.findall(r"mean ([-\d.e]+)", key)],
}


@pytest.mark.parametrize("name", KEYS)
@pytest.mark.parametrize("seed", [None, 1, 2, 17, 99])
def test_the_key_of_a_seed_passes_with_that_seed_and_seeds_differ(name: str, seed: int | None) -> None:
    assert lessons.check(name, KEYS[name](str(lessons.solution(name, seed=seed))), seed=seed).passed
    assert len({lessons.task(name, seed=number) for number in range(12)}) > 5
    assert {name for name, exercise in EXERCISES.items() if exercise.key and exercise.lesson <= 6} == set(KEYS)


@pytest.mark.parametrize("text", ["__import__('os').system('true')", "x.mean()", "(lambda: 1)()", "[v for v in x]"])
def test_nothing_of_a_formula_is_run(text: str) -> None:
    reply = lessons.check("gradient of m", text)
    assert reply.mistake == "formula" and "is not a part of a formula" in reply.claim


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("9**9**9", "power"),
        ("((((x**9)**9)**9)**9)", "powers multiply"),
        ("x**b", "no plain number"),
        ("1e400", "larger than"),
        ("x^2", "Write ** for a power"),
        ("2m", "Write * between"),
        ("dC/dm = 2*x", "right of ="),
        ("slope", "There are: m, b, x, y, n"),
        ("m(x)", "Write * between: m*"),
        ("mean", "Write mean(...)"),
        ("(" * 300, "cannot be read"),
        ("-" * 399 + "1", ""),
        ("1" * 401, "401 characters"),
        ("True", "no number"),
        ("'x'", "no number"),
        ("", "cannot be read"),
        ("mean(x, y)", "not a part"),
        ("mean(*x)", "not a part"),
        ("x if m else y", "not a part"),
    ],
)
def test_a_formula_that_cannot_be_read_gets_one_sentence(text: str, said: str) -> None:
    reply = lessons.check("gradient of m", text)
    assert not reply.passed and said in reply.claim and "\n" not in reply.claim


def test_a_reply_is_readable_everywhere() -> None:
    reply = lessons.check("one round", lambda m, b, x, y, rate: 1 / 0)
    assert str(reply) == repr(reply) and "ZeroDivisionError" in reply.claim and "1 / 0" in reply.claim
    assert "<strong>✗ Not yet (exception).</strong>" in reply._repr_html_()
    assert "**Not yet (exception).**" in reply._repr_markdown_()
    script = lessons.check("gradient of m", "<script>")
    assert "<script>" not in script._repr_html_() and "&lt;script&gt;" in script._repr_html_()
    assert repr(lessons.task("mse")).startswith("Write") and "<pre" in lessons.solution("mse")._repr_html_()
    assert "→ No answer yet." in lessons.check("mse", ...)._repr_html_()


def test_no_answer_and_unknown_names_say_what_to_do() -> None:
    assert lessons.check("mse", ...).mistake == "No answer yet"
    with pytest.raises(SteepestError, match="Did you mean 'mse'"):
        lessons.check("mes", ...)
    with pytest.raises(SteepestError, match=r"lessons\.predict: there is no question"):
        lessons.predict("weather")
    with pytest.raises(SteepestError, match="Choose one of: arrives, diverges"):
        lessons.predict("fate at 0.05", "explodes")
    with pytest.raises(SteepestError, match="is not a number"):
        lessons.predict("estimate for 7 mL", "six")


def test_a_guess_is_kept_and_held_against_the_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("steepest.lessons.desk.GUESSES", {})
    assert lessons.explain("fate at 0.05").mistake == "No guess was kept"
    lessons.predict("fate at 0.05", "diverges")
    surprise = lessons.explain("fate at 0.05")
    assert surprise.mistake == "A surprise" and str(surprise).startswith("A surprise. You said diverges")
    assert "0.0549097" in surprise.claim
    lessons.predict("estimate for 7 mL", 6.4)
    assert lessons.explain("estimate for 7 mL").passed
    lessons.predict("estimate for 7 mL", 7)
    assert not lessons.explain("estimate for 7 mL").passed


def test_every_prediction_is_explained_with_a_number() -> None:
    for prediction in PREDICTIONS.values():
        found, why = prediction.found()
        assert re.search(r"\d", why), prediction.name
        assert not prediction.choices or found in prediction.choices, prediction.name
        assert isinstance(found, str) == bool(prediction.choices), prediction.name


def test_a_learners_seed_does_not_leak() -> None:
    before = torch.get_rng_state()

    def seeding(m: float, b: float, x: Any, y: Any, rate: float) -> Any:
        torch.manual_seed(0)
        return m, b

    lessons.check("one round", seeding)
    assert torch.get_rng_state().equal(before)


def test_what_passed_is_noted_beside_the_copies_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    lessons.check("gradient of b", "mean(2*(m*x + b - y))")
    assert not list(tmp_path.iterdir())
    progress.begin(tmp_path)
    lessons.check("gradient of b", "1")
    assert progress.passed(tmp_path) == []
    for _ in range(2):
        lessons.check("gradient of b", "mean(2*(m*x + b - y))")
    assert progress.passed(tmp_path) == ["gradient of b"]
    (tmp_path / progress.FILE).write_text("[]", encoding="utf-8")
    lessons.check("gradient of b", "mean(2*(m*x + b - y))")
    assert (tmp_path / progress.FILE).read_text(encoding="utf-8") == "[]", "what is not ours is left alone"


def test_a_valley_is_lowest_where_it_says() -> None:
    valley = Valley(lowest=2.0, floor=-1.0, left=0.5, right=3.0, power=1.5)
    assert valley.height(2.0) == -1.0 == min(valley.height(place / 10) for place in range(-100, 100))
