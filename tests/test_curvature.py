"""What the bowl knows: eigenvalues, limits, half-lives and epochs, against closed forms and the golden file."""

import json
import math
from pathlib import Path

import pytest
import torch
from costs import START, X, Y, bowl, network, saddle, trial
from tolerances import CLOSED_FORM, TAPPED, assert_close

from steepest.cost import Cost
from steepest.curvature import above_minimum_after, cost_by_mode, curvature_at, epochs_until
from steepest.descent import descend
from steepest.errors import SteepestError

GOLDEN = json.loads((Path(__file__).parent / "golden" / "clinical_trial.json").read_text())

both = pytest.mark.parametrize("cost", [trial(), Cost.least_squares(X, Y)], ids=["autograd", "statistics"])


@both
def test_the_trials_geometry(cost: Cost) -> None:
    curvature = curvature_at(cost, START)
    assert_close(curvature.sharpness, GOLDEN["eigenvalues"][1], CLOSED_FORM, "sharpness")
    assert_close(curvature.smallest, GOLDEN["eigenvalues"][0], CLOSED_FORM, "smallest")
    assert_close(curvature.condition_number or math.nan, GOLDEN["condition_number"], CLOSED_FORM, "condition number")
    assert_close(curvature.learning_rate_limit or math.nan, GOLDEN["learning_rate_limit"], CLOSED_FORM, "limit")
    assert_close(curvature.best_learning_rate or math.nan, GOLDEN["best_fixed_learning_rate"], CLOSED_FORM, "best")
    assert curvature.residual < 1e-12 and curvature.why == ""
    assert curvature.half_life(0.01) == pytest.approx(119.9, abs=0.05)
    assert sorted(curvature.contraction(0.01).tolist()) == pytest.approx([0.6358, 0.99423], abs=5e-5)
    assert float(curvature.contraction(curvature.best_learning_rate or 0).max()) == pytest.approx(0.96884, abs=5e-6)


@both
def test_the_cost_splits_into_a_steep_and_a_flat_mode(cost: Cost) -> None:
    curvature = curvature_at(cost, START)
    run = descend(cost, START, learning_rate=0.01, epochs=10)
    for epoch, shares in ((0, (18.6158, 1.0402)), (10, (0.00217, 0.9266))):
        found = cost_by_mode(curvature, run.steps[epoch].gradient)
        assert found.tolist() == pytest.approx(shares, rel=2e-3), f"epoch {epoch}"
        assert_close(found.sum(), run.steps[epoch].cost - GOLDEN["optimum"]["cost"], 1e-9, f"sum at {epoch}")


@both
@pytest.mark.parametrize("entry", GOLDEN["rates"], ids=lambda entry: f"{entry['learning_rate']}")
def test_predicted_epochs_are_those_that_it_takes(cost: Cost, entry: dict[str, float]) -> None:
    curvature = curvature_at(cost, START)
    gradient = cost.value_and_gradient(cost.params(START))[1]
    for within, key in ((1e-3, "steps_to_1e_3"), (1e-6, "steps_to_1e_6")):
        found = epochs_until(curvature, gradient, learning_rate=entry["learning_rate"], above_minimum=within)
        assert found == entry[key]


def test_no_number_of_epochs_is_enough_above_the_limit() -> None:
    curvature = curvature_at(trial(), START)
    gradient = trial().value_and_gradient(trial().params(START))[1]
    assert epochs_until(curvature, gradient, learning_rate=0.055, above_minimum=1e-3) is None
    assert epochs_until(curvature, gradient, learning_rate=0.01, above_minimum=100.0) == 0


def test_the_predicted_cost_is_the_walked_one() -> None:
    cost = trial()
    curvature = curvature_at(cost, START)
    run = descend(cost, START, learning_rate=0.03, epochs=50)
    for epochs in (0, 1, 7, 50):
        left = above_minimum_after(curvature, run.steps[0].gradient, learning_rate=0.03, epochs=epochs)
        assert_close(left, run.steps[epochs].cost - GOLDEN["optimum"]["cost"], 1e-9, f"after {epochs}")


def test_chosen_eigenvalues_are_found_with_their_directions() -> None:
    chosen = [0.5, 3.0, 40.0, 1e4]
    cost = bowl(chosen)
    curvature = curvature_at(cost, cost.zeros())
    assert_close(curvature.eigenvalues.flip(0), torch.tensor(chosen, dtype=torch.float64), 1e-12, "eigenvalues")
    at = cost.zeros()
    for value, direction in zip(curvature.eigenvalues, curvature.directions, strict=True):
        assert_close(cost.product(at, {"w": direction})["w"], value * direction, 1e-10, f"eigenvalue {float(value)}")


def test_columns_that_differ_by_1e6_keep_their_smallest_eigenvalue() -> None:
    """The Hessian's entries span 1e12, its condition number 5.8e7 squared: an eigensolver of it has no digits left."""
    x = X * 1e6
    found = curvature_at(Cost.least_squares(x, Y), {"m": 0.0, "b": 0.0})
    trace, determinant = 2 * float((x**2).mean()) + 2, 4 * (float((x**2).mean()) - float(x.mean()) ** 2)
    sharpness = (trace + math.sqrt(trace**2 - 4 * determinant)) / 2
    assert_close(found.sharpness, sharpness, 1e-12, "sharpness")
    assert_close(found.smallest, determinant / sharpness, 1e-9, "smallest")


def test_thousandfold_units_give_the_beginners_nan() -> None:
    found = curvature_at(Cost.least_squares(X * 1000, Y), {"m": 0.0, "b": 0.0})
    assert found.condition_number == pytest.approx(5.8e7, rel=0.01)
    assert found.learning_rate_limit == pytest.approx(5.7e-8, rel=0.01)


def test_centring_takes_the_interaction_away() -> None:
    found = curvature_at(Cost.least_squares(X - X.mean(), Y), {"m": 0.0, "b": 0.0})
    assert found.eigenvalues.tolist() == pytest.approx([10.5, 2.0])


def test_a_saddle_has_no_condition_number_and_says_why() -> None:
    found = curvature_at(saddle(), {"x": 1.0, "y": 0.0})
    assert found.condition_number is None and "negative (-2)" in found.why and found.best_learning_rate is None
    assert found.learning_rate_limit == pytest.approx(1.0)


def test_a_flat_direction_has_no_condition_number_and_says_why() -> None:
    x = torch.stack([X, 2 * X], dim=1)
    cost = Cost.least_squares(x, Y)
    found = curvature_at(cost, cost.zeros())
    assert found.condition_number is None and "flat" in found.why


def test_a_cost_that_bends_downwards_only_has_no_limit() -> None:
    cost = Cost.from_function(lambda x: -(x**2), dtype=torch.float64)
    found = curvature_at(cost, {"x": 1.0})
    assert found.learning_rate_limit is None and found.condition_number is None


def test_a_network_is_measured_by_products() -> None:
    x, y = X[:, None].expand(8, 3).contiguous(), Y[:, None]
    cost = Cost.from_module(network(), torch.nn.functional.mse_loss, [(x, y)])
    at = {name: zero + 0.3 for name, zero in cost.zeros().items()}
    found = curvature_at(cost, at)
    assert "21 Hessian products" in found.method and len(found.eigenvalues) == 21
    assert found.residual < 1e-12


def test_too_many_parameters_are_refused_where_all_eigenvalues_are_asked_for() -> None:
    cost = Cost.from_function(lambda w: (w**2).sum(), like={"w": torch.zeros(3000)})
    with pytest.raises(SteepestError, match=r'curvature_at: the cost has 3,000 parameters.* method="lanczos"'):
        curvature_at(cost, cost.zeros(), method="exact")


def test_every_eigenvalue_has_its_residual() -> None:
    cost = bowl([0.5, 3.0, 40.0, 1e4])
    found = curvature_at(cost, cost.zeros())
    assert found.residuals.shape == (4,) and float(found.residuals.max()) < 1e-10
    assert found.smallest_residual == float(found.residuals[-1])
    assert not found.partial and found.converged and found.unseen == 0 and found.products == 4
    assert found.names == ("w",) and found.to_dict()["residuals"] == found.residuals.tolist()


@both
@pytest.mark.parametrize("name", ["m", "b"])
def test_a_parameters_own_block_of_the_trials_hessian(cost: Cost, name: str) -> None:
    """The Hessian is [[2 mean x^2, 2 mean x], [2 mean x, 2]]: a block of one is its diagonal."""
    found = curvature_at(cost, START, only=[name])
    expected = {"m": 2 * float((X**2).mean()), "b": 2.0}[name]
    assert_close(found.sharpness, expected, CLOSED_FORM, name)
    assert found.names == (name,) and found.directions.abs().tolist() == [[1.0]]


def test_all_eigenvalues_by_taps_agree_and_say_how() -> None:
    cost = Cost.from_function(lambda x, y: (1 - x) ** 2 + 100 * (y - x**2) ** 2, dtype=torch.float64)
    at = {"x": -1.2, "y": 1.0}
    found, right = curvature_at(cost, at, by="taps"), curvature_at(cost, at)
    assert_close(found.eigenvalues, right.eigenvalues, TAPPED, "eigenvalues")
    assert "finite differences" in found.method and "double backward" in right.method


def test_a_point_where_the_cost_overflows_is_refused() -> None:
    cost = Cost.from_function(lambda x: (x**2).exp(), dtype=torch.float64)
    with pytest.raises(SteepestError, match="not finite"):
        curvature_at(cost, {"x": 100.0})
