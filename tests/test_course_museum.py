"""The bug museum: each broken loop has its fingerprint, is diagnosed where a rule can, and its mended twin is right."""

import functools
import json
from pathlib import Path
from typing import Any

import pytest
import torch
from tolerances import CLOSED_FORM, assert_close, assert_params

from steepest import lessons
from steepest.cost import Cost
from steepest.curvature import curvature_at
from steepest.descent import descend
from steepest.errors import SteepestError
from steepest.lessons import examination, museum
from steepest.trajectory import Outcome

GOLDEN = json.loads((Path(__file__).parent / "golden" / "clinical_trial.json").read_text(encoding="utf-8"))
DIGITS = 5e-5
"""The fingerprints are written with five digits or more."""

SILENT = {"broadcasting", "sequential update", "x outside the sum", "same batch"}
"""What no rule on the path or in the loop can prove: a person has to look at the numbers."""

RULES = {
    "no zero_grad": "uncleared",
    "stale gradient": "unaccounted",
    "half the gradient": "unaccounted",
    "sum for mean": "diverging",
    "uphill": "climbing",
    "detached": "detached",
    "forgotten parameter": "unheld",
    "thousandfold units": "diverging",
}


@functools.cache
def broken(name: str) -> museum.Seen:
    return museum.EXHIBITS[name]()


def cost(name: str, epoch: int) -> float:
    return float(broken(name).run.costs[epoch])


def after_one(name: str) -> list[float]:
    return [float(broken(name).run.steps[1].params[parameter]) for parameter in ("m", "b")]


def trial(scale: float = 1.0, unit: float = 1.0) -> Cost:
    x, y = museum.data()
    return Cost.from_function(lambda m, b: scale * ((m * unit * x + b - y) ** 2).mean(), dtype=torch.float64)


def limit(of: Cost) -> float:
    found = curvature_at(of, {"m": 0.0, "b": 0.0}).learning_rate_limit
    assert found is not None
    return found


@pytest.mark.parametrize("name", museum.EXHIBITS)
def test_the_mended_twin_is_plain_descent(name: str) -> None:
    mended = museum.EXHIBITS[name](100, mended=True)
    walk = descend(trial(), {"m": 0.9, "b": 0.1}, learning_rate=0.01, epochs=100)
    assert_params(mended.run.end, walk.end, CLOSED_FORM, name)
    assert_close(mended.run.costs, walk.costs, CLOSED_FORM, name)
    assert not {finding.rule for finding in mended.findings} & set(RULES.values())


@pytest.mark.parametrize("name", museum.EXHIBITS)
def test_the_broken_loop_is_another_walk_and_is_diagnosed_where_a_rule_can(name: str) -> None:
    walk = descend(trial(), {"m": 0.9, "b": 0.1}, learning_rate=0.01, epochs=20)
    seen = broken(name)
    last = min(20, len(seen.run.steps) - 1)
    assert any(abs(float(seen.run.steps[last].params[p]) - float(walk.end[p])) > 1e-3 for p in ("m", "b"))
    rules = [finding.rule for finding in seen.findings]
    if name in SILENT:
        assert not set(rules) & set(RULES.values()), rules
    else:
        assert rules == [RULES[name]]
    assert {*SILENT, *RULES} == set(museum.EXHIBITS)
    assert "if mended" in museum.source(name) or "if not mended" in museum.source(name)


def test_no_zero_grad_is_heavy_ball_with_factor_one() -> None:
    found = [cost("no zero_grad", epoch) for epoch in (5, 10, 50, 100, 1000)]
    assert_close(torch.tensor(found), torch.tensor([20.303, 20.526, 17.15, 2.517, 11.28]), 5e-4)
    model, (x, y) = museum.Line(*museum.START), museum.data()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=1.0)
    for _ in range(1000):
        optimizer.zero_grad()
        ((model(x) - y) ** 2).mean().backward()
        optimizer.step()
    settled = torch.tensor([float(value.detach()) for value in model.parameters()])
    assert_close(torch.tensor(broken("no zero_grad").end), settled, 1e-6)


def test_broadcasting_learns_the_mean_line() -> None:
    assert_close(cost("broadcasting", 0), 15.2407, DIGITS)
    long = museum.broadcasting(4000)
    assert_close(long.end[1], float(museum.data()[1].mean()), 1e-6)
    assert abs(long.end[0]) < 1e-6
    assert_close(long.cost, GOLDEN["cost_of_mean_line"], 1e-6)


def test_sum_for_mean_lowers_the_limit_eightfold_and_half_raises_it() -> None:
    assert_close(cost("sum for mean", 0), 8 * GOLDEN["path"][0]["cost"], CLOSED_FORM)
    assert_close(limit(trial(scale=8)), 0.0068637, DIGITS)
    assert_close(limit(trial(scale=8)) * 8, GOLDEN["learning_rate_limit"], CLOSED_FORM)
    assert_close(limit(trial(scale=0.5)), 0.1098, 5e-4)
    assert broken("sum for mean").run.outcome is Outcome.DIVERGED
    evidence = broken("sum for mean").findings[0].evidence["learning_rate_limit"]
    assert evidence is not None
    assert_close(evidence, 0.0068637, DIGITS)


def test_half_the_gradient_is_half_the_first_move() -> None:
    start, right = GOLDEN["path"][0], GOLDEN["path"][1]
    moves = [start[name] - value for name, value in zip("mb", after_one("half the gradient"), strict=True)]
    assert_close(torch.tensor(moves), torch.tensor([start[name] - right[name] for name in "mb"]) / 2, 1e-6)
    assert_close(cost("half the gradient", 1000), 0.022699, DIGITS)


def test_sequential_update_is_known_by_its_first_number_only() -> None:
    assert_close(torch.tensor(after_one("sequential update")), torch.tensor([0.53695, 0.0627635]), 1e-6)
    assert cost("sequential update", 1000) < 0.0195


def test_uphill_climbs_from_the_first_step() -> None:
    assert_close(torch.tensor(after_one("uphill")), torch.tensor([0.9 + 0.36305, 0.1 + 0.06265]), 1e-6)
    assert bool((broken("uphill").run.costs.diff() > 0).all())


def test_stale_gradient_strides_on() -> None:
    m = broken("stale gradient").run.path("m")
    assert_close(m.diff(), torch.full((1000,), -0.36305), 1e-6)


def test_x_outside_the_sum_is_the_textbooks_number() -> None:
    assert_close(after_one("x outside the sum")[0], 0.46145, 1e-6)
    over = 0.9 - after_one("x outside the sum")[0], 0.1 - after_one("x outside the sum")[1]
    assert_close(over[0] / over[1], 7.0, 1e-6)
    assert_close(broken("x outside the sum").cost, 1.3817, DIGITS)


def test_same_batch_fits_two_patients_only() -> None:
    long = museum.same_batch(6000)
    assert_close(torch.tensor(long.end), torch.tensor([1.31 - 1.86, 1.86]), 1e-5)
    assert long.run.costs[-1] < 1e-9 < GOLDEN["optimum"]["cost"] < long.cost


def test_detached_and_forgotten_stand_still() -> None:
    assert broken("detached").end == museum.START
    assert bool((broken("detached").run.costs == cost("detached", 0)).all())
    assert broken("forgotten parameter").end[1] == 0.1
    x, y = museum.data()
    assert_close(broken("forgotten parameter").end[0], float((x * (y - 0.1)).sum() / (x * x).sum()), 1e-6)


def test_thousandfold_units_end_in_no_number() -> None:
    seen = broken("thousandfold units")
    assert seen.run.outcome is Outcome.DIVERGED and not seen.run.costs[-1].isfinite() and len(seen.run.steps) < 40
    assert_close(limit(trial(unit=1000)), 5.714e-8, 1e-4)


def line_of(seen: museum.Seen) -> list[tuple[float, ...]]:
    return [
        (step.cost, float(step.params["m"]), float(step.params["b"]))
        for step in seen.run.steps
        if step.epoch in examination.SHOWN
    ]


@pytest.mark.parametrize("seed", [0, 1, 17])
def test_the_exam_can_be_passed_from_what_it_shows(seed: int) -> None:
    drawn = examination.papers(seed)
    assert len(drawn) == examination.QUESTIONS == len({name for name, _ in drawn.values()})
    fingerprints = [tuple(map(tuple, line_of(seen))) for _, seen in drawn.values()]
    assert len(set(fingerprints)) == len(fingerprints), "two loops cannot be told apart"
    right = {letter: name for letter, (name, _) in drawn.items()}
    assert lessons.exam(right, seed=seed).passed  # pyright: ignore[reportAttributeAccessIssue]
    shown = str(lessons.exam(seed=seed))
    assert all(f"\n{letter}  " in shown for letter in drawn) and f"m = {float(drawn['A'][1].run.start['m']):g}" in shown


def test_the_exam_points_at_what_is_wrong_and_shows_no_answer_unasked() -> None:
    right: dict[str, Any] = {letter: name for letter, (name, _) in examination.papers(0).items()}
    reply = lessons.exam(right | {"A": right["B"], "B": right["A"]})
    assert isinstance(reply, lessons.Reply) and not reply.passed
    assert "6 of 8" in reply.claim and "'A' and 'B'" in reply.claim
    assert reply.hint == f"A: {examination.TELLS[right['A']]}" and right["A"] not in reply.claim
    assert f"A: {right['A']}" in reply.solution()
    with pytest.raises(SteepestError, match="is no answer here"):
        lessons.exam({"Z": "uphill"})
    with pytest.raises(SteepestError, match="bugs are 'no zero_grad'"):
        lessons.exam({"A": "gremlins"})
    assert set(examination.TELLS) == set(museum.EXHIBITS)


def test_an_exhibit_is_found_by_either_name_and_a_wrong_one_is_said() -> None:
    assert str(museum.source("forgotten_parameter")) == str(museum.source("forgotten parameter"))
    with pytest.raises(SteepestError, match=r"museum.source: there is no exhibit 'forgoten'. Did you mean 'forgotten"):
        museum.source("forgoten")
