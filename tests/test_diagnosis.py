"""Known descents: what is said and what is true; every rule with a run that fires it and a near miss that does not."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import pytest
import torch
from costs import START, X, Y, bowl, saddle, trial
from torch import Tensor

from steepest.cost import Cost
from steepest.curvature import curvature_at, epochs_until
from steepest.descent import descend
from steepest.diagnosis import Finding, diagnose
from steepest.errors import SteepestError
from steepest.trajectory import Outcome, Step, Trajectory

Start = Mapping[str, float | Tensor]


def walk(cost: Cost, start: Start, rate: float, epochs: int) -> Trajectory:
    return descend(cost, start, learning_rate=rate, epochs=epochs)


def rules(findings: tuple[Finding, ...]) -> str:
    return ", ".join(finding.rule for finding in findings)


def ones(count: int) -> Start:
    return {"w": torch.ones(count, dtype=torch.float64)}


def plateau() -> Cost:
    return Cost.from_function(lambda w, b: (torch.sigmoid(w + b) - 1) ** 2, dtype=torch.float64)


def steep_and_flat(condition: float) -> Cost:
    return bowl([1.0, condition**-0.5, 1 / condition])


@dataclass(frozen=True)
class Case:
    """A descent about which the truth is known, beside what is said of it: with the curvature, and without."""

    name: str
    cost: Cost
    start: Start
    rate: float
    epochs: int
    truth: str
    said: str
    by_the_path: str


MINIMUM: Start = dict(Cost.least_squares(X, Y).minimum or {})
LONG = Cost.from_function(lambda x, y: x**2 / 2 + y**2 / 20, dtype=torch.float64)
HUNDRED, MYRIAD = steep_and_flat(1e2), steep_and_flat(1e4)
TRUE = [
    Case("bowl 1e2, 0.01", HUNDRED, ones(3), 0.01, 300, "flat half-life 6931", "crawling", "descending"),
    Case("bowl 1e2, 0.5", HUNDRED, ones(3), 0.5, 300, "flat half-life 138", "crawling", "crawling"),
    Case("bowl 1e2, 1", HUNDRED, ones(3), 1.0, 300, "flat half-life 69", "descending", "descending"),
    Case("bowl 1e2, 1.9", HUNDRED, ones(3), 1.9, 300, "4e-8 left", "settled, zigzag", "settled, zigzag"),
    Case("bowl 1e2, 2.02", HUNDRED, ones(3), 2.02, 300, "grows by 1.02", "diverging", "diverging"),
    Case("bowl 1e2, 2.2", HUNDRED, ones(3), 2.2, 300, "grows by 1.2", "diverging", "diverging"),
    Case("bowl 1e4, 0.01", MYRIAD, ones(3), 0.01, 300, "the steep mode holds most", "descending", "descending"),
    Case("bowl 1e4, 0.5", MYRIAD, ones(3), 0.5, 300, "flat half-life 13,862", "crawling", "crawling"),
    Case("bowl 1e4, 1", MYRIAD, ones(3), 1.0, 300, "flat half-life 6931", "crawling", "crawling"),
    Case("bowl 1e4, 1.9", MYRIAD, ones(3), 1.9, 300, "flat half-life 3648", "crawling, zigzag", "crawling, zigzag"),
    Case("bowl 1e4, 2.02", MYRIAD, ones(3), 2.02, 300, "grows by 1.02", "diverging", "diverging"),
    Case("bowl 1e4, 2.2", MYRIAD, ones(3), 2.2, 300, "grows by 1.2", "diverging", "diverging"),
    Case("bowl, 2 exactly", bowl([1.0, 0.1]), ones(2), 2.0, 1000, "never arrives", "zigzag", "zigzag"),
    Case("bowl, 1.98", bowl([1.0]), ones(1), 1.98, 100, "shrinks by 0.98", "descending, zigzag", "descending, zigzag"),
    Case("2.02, hidden", LONG, {"x": 1e-6, "y": 1.0}, 2.02, 20, "grows by 1.02, unseen yet", "diverging", "descending"),
    Case("lesson, 0.01", trial(), START, 0.01, 1001, "flat half-life 119.9", "crawling", "crawling"),
    Case("lesson, 0.05", trial(), START, 0.05, 1001, "minimum", "settled, zigzag", "settled, zigzag"),
    Case("lesson, 0.055", trial(), START, 0.055, 1001, "limit 0.0549", "diverging", "diverging"),
    Case("lesson, 0.06", trial(), START, 0.06, 1001, "limit 0.0549", "diverging", "diverging"),
    Case("lesson, 0.1, to inf", trial(), START, 0.1, 1001, "limit 0.0549", "diverging", "diverging"),
    Case("lesson, 1, to inf", trial(), START, 1.0, 1001, "limit 0.0549", "diverging", "diverging"),
    Case("lesson, float32", trial(torch.float32), START, 0.01, 1001, "flat half-life 119.9", "crawling", "crawling"),
    Case("float32, to its floor", trial(torch.float32), START, 0.01, 5000, "minimum", "settled", "settled"),
    Case("saddle, on its ridge", saddle(), {"x": 1.0, "y": 0.0}, 0.1, 100, "a saddle, for ever", "saddle", "settled"),
    Case("saddle, beside it", saddle(), {"x": 1.0, "y": 1e-3}, 0.1, 50, "escaped", "descending", "descending"),
    Case("plateau", plateau(), {"w": -30.0, "b": -3.0}, 0.5, 100, "both vanish", "plateau", "settled"),
    Case("plateau, its edge", plateau(), {"w": -3.0, "b": -3.0}, 0.5, 100, "leaving it", "descending", "descending"),
    Case("converged start", trial(), MINIMUM, 0.01, 10, "minimum", "settled", "settled"),
    Case("zero gradient", bowl([1.0, 2.0]), {"w": torch.zeros(2).double()}, 0.1, 10, "minimum", "settled", "settled"),
    Case("one step only", trial(), START, 0.1, 0, "nothing known", "unclear", "unclear"),
    Case("negative rate", trial(), START, -0.01, 50, "uphill", "climbing", "climbing"),
]


@pytest.mark.parametrize("case", TRUE, ids=lambda case: case.name)
def test_what_is_said_is_true(case: Case) -> None:
    run = walk(case.cost, case.start, case.rate, case.epochs)
    at = next(step.params for step in reversed(run.steps) if all(v.isfinite().all() for v in step.params.values()))
    curvature = curvature_at(case.cost, at)
    told, guessed = diagnose(run, curvature=curvature), diagnose(run)
    assert (rules(told), rules(guessed)) == (case.said, case.by_the_path), f"the truth: {case.truth}"
    healthy = {"settled", "descending", "unclear"}
    assert told[0].bad == (told[0].rule not in healthy)
    for finding in (*told, *guessed):
        assert json.loads(json.dumps(finding.to_dict(), allow_nan=True))["rule"] == finding.rule
        assert str(finding).endswith(".") and finding.threshold and finding.refuted_by and finding.source


def test_the_lessons_own_run_is_told_how_to_be_quicker() -> None:
    run = walk(trial(), START, 0.01, 1001)
    (finding,) = diagnose(run, curvature=curvature_at(trial(), run.end))
    assert "takes 119.9 epochs to halve" in finding.claim and "9.766e-06 is left" in finding.claim
    assert finding.advice.startswith(
        "Try 0.053 instead of 0.01: about 112 epochs instead of 601 to within 0.001 of the minimum from the start."
    )
    assert finding.evidence["half_life"] == pytest.approx(119.876, abs=1e-3)
    tried = walk(trial(), START, 0.053, 112)
    lowest = float(trial().value(trial().params(MINIMUM)))
    assert tried.costs[112] - lowest < 1e-3 <= tried.costs[111] - lowest
    (by_path,) = diagnose(run)
    assert by_path.evidence["half_life"] == pytest.approx(119.876, rel=1e-3)
    assert "rates above 0.05496 diverge" in by_path.advice and "cannot prove a rate too small" in by_path.advice


@pytest.mark.parametrize("rate", [0.055, 0.06, 0.1, 1.0])
def test_a_diverging_run_is_told_its_limit(rate: float) -> None:
    run = walk(trial(), START, rate, 1001)
    for curvature in (None, curvature_at(trial(), START)):
        (finding,) = diagnose(run, curvature=curvature)
        assert finding.bad and finding.evidence["learning_rate_limit"] == pytest.approx(0.0549097, rel=1e-5)
        assert finding.evidence["rate_times_curvature"] == pytest.approx(rate * 36.42345, rel=1e-5)
    assert "Try 0.053: about 112 epochs" in finding.advice


def test_a_zigzag_is_measured_and_told_what_it_costs() -> None:
    run = walk(trial(), START, 0.05, 1001)
    settled, zigzag = diagnose(run, curvature=curvature_at(trial(), run.end))
    assert not settled.bad and not zigzag.bad and "From epoch 0 to 18" in zigzag.claim
    assert zigzag.evidence["rate_times_curvature"] == pytest.approx(0.05 * 36.4, rel=0.02)
    assert zigzag.advice.startswith("Leave it") and "112 epochs instead of 119" in zigzag.advice
    near = walk(trial(), START, 0.03, 1001)
    assert "zigzag" not in rules(diagnose(near)), "rate x sharpness is 1.09: it overshoots by 9 %"
    standing, *_ = diagnose(walk(bowl([1.0, 0.1]), ones(2), 2.0, 1000))
    assert standing.bad and "no longer falls" in standing.claim


def test_a_catapult_is_not_a_divergence() -> None:
    cost = Cost.from_function(lambda u, v: (u * v) ** 2 / 2, dtype=torch.float64)
    run = walk(cost, {"u": 3.0, "v": 0.1}, 0.25, 40)
    assert float(run.costs.max()) > 5 * float(run.costs[0]), "the cost rises before it falls"
    assert "diverging" not in rules(diagnose(run)) and not diagnose(run)[0].bad
    rising = walk(cost, {"u": 3.0, "v": 0.1}, 0.25, 8)
    assert rules(diagnose(rising)).startswith("unclear"), "above its start, but the curvature gives way already"


def test_a_stop_on_small_steps_is_not_an_arrival() -> None:
    stopped = descend(trial(), START, learning_rate=0.01, epochs=1001, change_below=1e-4)
    assert stopped.outcome is Outcome.SETTLED
    (finding,) = diagnose(stopped)
    assert finding.rule == "crawling" and "not because it had arrived" in finding.claim
    arrived = descend(trial(), START, learning_rate=0.01, epochs=1001, gradient_below=0.02)
    assert rules(diagnose(arrived)) == "settled"


def test_numbers_that_end_without_a_rate_too_large() -> None:
    cost = Cost.from_function(lambda m: m.sqrt() + m / 10, dtype=torch.float64)
    run = walk(cost, {"m": 1.0}, 0.3, 20)
    (finding,) = diagnose(run)
    assert finding.rule == "non-finite" and finding.bad and "root" in finding.advice
    (at_once,) = diagnose(walk(cost, {"m": -1.0}, 0.3, 20))
    assert at_once.rule == "non-finite" and "at the start" in at_once.claim
    assert rules(diagnose(walk(cost, {"m": 10.0}, 0.3, 5))) != "non-finite"
    assert rules(diagnose(walk(trial(), START, 1.0, 200))) == "diverging", "infinite, and the rate is why"


def test_a_saddle_says_how_long_it_holds() -> None:
    run = walk(saddle(), {"x": 1.0, "y": 1e-9}, 0.1, 50)
    (finding,) = diagnose(run, curvature=curvature_at(saddle(), run.end))
    escape = finding.evidence["escape_epochs"]
    assert escape == pytest.approx(math.log(1 / (1e-9 * 1.2**50)) / math.log(1.2), abs=1.0)
    on = walk(saddle(), run.end, 0.1, round(escape or 0))
    assert float(on.end["y"].abs()) == pytest.approx(1.0, rel=0.2)
    (held,) = diagnose(
        walk(saddle(), {"x": 1.0, "y": 0.0}, 0.1, 100), curvature=curvature_at(saddle(), {"x": 0.0, "y": 0.0})
    )
    assert "would stay for ever" in held.claim and "y 1" in held.advice
    (unknown,) = diagnose(walk(saddle(), {"x": 1.0, "y": 0.0}, 0.1, 100))
    assert "cannot tell a minimum from a saddle" in unknown.claim
    top = Cost.from_function(lambda x, y: -(x**2) - y**2 / 2, dtype=torch.float64)
    (summit,) = diagnose(walk(top, {"x": 0.0, "y": 0.0}, 0.1, 5), curvature=curvature_at(top, {"x": 0.0, "y": 0.0}))
    assert summit.rule == "maximum"


def test_a_weak_fit_is_not_a_plateau() -> None:
    noise = Cost.from_function(lambda m: 1e4 + m**2, dtype=torch.float64)
    run = walk(noise, {"m": 1.0}, 0.4, 100)
    assert rules(diagnose(run, curvature=curvature_at(noise, run.end))).startswith("settled")


def thinned(run: Trajectory, every: int) -> Trajectory:
    kept = tuple(step for step in run.steps if step.epoch % every == 0)
    return replace(run, steps=kept, every=every)


def test_a_thinned_run_is_judged_without_pairs() -> None:
    crawl = thinned(walk(trial(), START, 0.01, 1001), 8)
    (finding,) = diagnose(crawl)
    assert finding.rule == "crawling" and finding.evidence["half_life"] == pytest.approx(119.876, rel=1e-3)
    assert "no two kept steps" in finding.advice
    (exact,) = diagnose(crawl, curvature=curvature_at(trial(), crawl.end))
    assert "112 epochs instead of 601" in exact.advice
    away = thinned(walk(trial(), START, 0.06, 800), 8)
    (finding,) = diagnose(away)
    assert finding.rule == "diverging" and "above the limit 0.0549" in finding.claim
    assert "cannot say why" in finding.claim and finding.evidence["rate_times_curvature"] is None
    assert rules(diagnose(thinned(walk(trial(), START, 0.05, 400), 8))) == "settled"


def test_a_better_rate_is_only_as_good_as_it_proves() -> None:
    run = walk(HUNDRED, ones(3), 0.5, 300)
    curvature = curvature_at(HUNDRED, run.end)
    (finding,) = diagnose(run, curvature=curvature)
    rate, epochs = finding.evidence["better_rate"] or 0, finding.evidence["epochs_at_better_rate"]
    start = run.steps[0].gradient
    assert rate < 0.98 * (curvature.learning_rate_limit or 0)
    assert epochs == epochs_until(curvature, start, learning_rate=rate, above_minimum=1e-6)
    assert finding.evidence["epochs_at_this_rate"] == epochs_until(
        curvature, start, learning_rate=0.5, above_minimum=1e-6
    )
    (myriad,) = diagnose(walk(MYRIAD, ones(3), 1.0, 300), curvature=curvature_at(MYRIAD, ones(3)))
    assert "condition number 1e+04 is the cause" in myriad.advice and "condition" not in finding.advice


def test_the_edge_of_stability_is_no_divergence() -> None:
    x = torch.linspace(-1, 1, 20, dtype=torch.float64)[:, None]
    generator = torch.Generator().manual_seed(0)
    like = {
        "w": torch.randn(1, 20, generator=generator, dtype=torch.float64),
        "b": torch.zeros(20, dtype=torch.float64),
        "v": torch.randn(20, 1, generator=generator, dtype=torch.float64) / 20**0.5,
    }
    cost = Cost.from_function(
        lambda w, b, v: ((torch.tanh(x @ w + b) @ v - (4 * x**3 - 3 * x)) ** 2).mean() / 2, like=like
    )
    run = walk(cost, dict(like), 0.4, 3000)
    assert run.steps[-1].cost < 0.2 * run.steps[0].cost
    for findings in (diagnose(run), diagnose(run, curvature=curvature_at(cost, run.end))):
        assert "diverging" not in rules(findings) and "saddle" not in rules(findings)


def test_the_curvature_of_another_cost_is_refused() -> None:
    with pytest.raises(SteepestError, match="diagnose: the curvature has 3 parameters, the run has 2"):
        diagnose(walk(trial(), START, 0.01, 5), curvature=curvature_at(HUNDRED, ones(3)))


def heavy_ball(rate: float, momentum: float, epochs: int) -> Trajectory:
    cost, params = trial(), trial().params(START)
    velocity = {name: torch.zeros_like(value) for name, value in params.items()}
    steps = []
    for epoch in range(epochs + 1):
        value, gradient = cost.value_and_gradient(params)
        steps.append(Step(epoch, float(value), params, gradient, rate))
        velocity = {name: momentum * velocity[name] + slope for name, slope in gradient.items()}
        params = {name: value - rate * velocity[name] for name, value in params.items()}
    return Trajectory(tuple(steps), Outcome.OUT_OF_EPOCHS, "made by hand")


def test_steps_that_are_not_plain_descents_show_no_curvature() -> None:
    """Two gradients prove a rate too large only if the step between them was that rate times the first."""
    ball = heavy_ball(0.09, 0.8, 50)  # above plain descent's limit, and on its way down
    assert ball.steps[-1].cost < 0.03 and rules(diagnose(ball)) == "descending"
    assert rules(diagnose(heavy_ball(0.05, 0.0, 400))) == rules(diagnose(walk(trial(), START, 0.05, 400)))


def test_a_cost_that_was_never_recorded_is_no_fault_of_the_run() -> None:
    run = walk(trial(), START, 0.01, 20)
    silent = replace(run, steps=tuple(replace(step, cost=math.nan) for step in run.steps))
    (finding,) = diagnose(silent)
    assert finding.rule == "unrecorded" and not finding.bad and "from 36.84 to" in finding.claim
    lost = {"m": torch.tensor(math.nan), "b": torch.tensor(0.0)}
    broken = replace(run, steps=tuple(replace(step, cost=math.nan, gradient=lost) for step in run.steps))
    assert rules(diagnose(broken)) == "non-finite"
    assert rules(diagnose(replace(silent, steps=(*silent.steps[:-1], run.steps[-1])))) != "unrecorded"
