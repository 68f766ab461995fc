"""A picture from few places: where they lie, how far it is off, and what is never drawn."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
import torch
from tolerances import CLOSED_FORM, assert_close
from torch import Tensor

from steepest.errors import SteepestError
from steepest.slices.interpolate import Surface, chosen_scale
from steepest.slices.refine import Refined, refined

SQUARE = ((-1.0, 1.0), (-1.0, 1.0))
DOUBLE = [torch.float64, torch.float64]
AXIS = torch.linspace(-1, 1, 51, dtype=torch.float64)
GRID = torch.cartesian_prod(AXIS, AXIS)


def random_places(count: int, seed: int = 7) -> Tensor:
    return 2 * torch.rand(count, 2, generator=torch.Generator().manual_seed(seed), dtype=torch.float64) - 1


def trained(places: Tensor) -> Tensor:
    """The like of a trained network's cost: four decades deep, bent near its lowest, nearly flat far from it."""
    a, b = places.unbind(dim=1)
    return 1e-4 + 1 - torch.exp(-2 * a**2 - (b + a * a / 2) ** 2 - a * b / 2) + 0.05 * (b - a) ** 4


def bowl(places: Tensor) -> Tensor:
    return 3 * places[:, 0] ** 2 - places[:, 0] * places[:, 1] + places[:, 1] ** 2 + 1


@dataclass
class Asked:
    """A cost that keeps every batch it is asked for, on a clock that only it moves."""

    cost: Callable[[Tensor], Tensor]
    batches: list[Tensor] = field(default_factory=list)
    interrupt_at: int = 10**9
    now: float = 0.0

    def __call__(self, places: Tensor) -> Tensor:
        if self.count + len(places) > self.interrupt_at:
            raise KeyboardInterrupt
        self.batches.append(places)
        self.now += len(places)
        return self.cost(places)

    @property
    def count(self) -> int:
        return sum(len(batch) for batch in self.batches)

    def refined(self, **given: object) -> Refined:
        asked: dict = {"reach": SQUARE, "kinds": DOUBLE, "clock": lambda: self.now} | given
        return refined(self, asked.pop("reach"), **asked)


def bilinear(costs: Tensor, places: Tensor) -> Tensor:
    """Straight lines between the points of a 51x51 grid: what is drawn of 2,601 evaluations."""
    position = (places + 1) * 25
    cell = position.floor().clamp(0, 49).long()
    (u, v), (i, j) = (position - cell).unbind(dim=1), cell.unbind(dim=1)
    low = torch.lerp(costs[i, j], costs[i + 1, j], u)
    return torch.lerp(low, torch.lerp(costs[i, j + 1], costs[i + 1, j + 1], u), v)


@pytest.mark.parametrize("scale", ["log", "linear"])
def test_350_evaluations_are_no_worse_than_straight_lines_between_2601(scale: str) -> None:
    asked = Asked(trained)
    found = asked.refined(most=350, scale=scale)
    shown = torch.log10 if scale == "log" else torch.Tensor.clone
    places = random_places(2000)
    true, ours = shown(trained(places)), shown(found.surface(places))
    theirs = bilinear(shown(trained(GRID)).reshape(51, 51), places)
    assert asked.count <= 350 and found.scale == scale
    assert (ours - true).abs().max() < (theirs - true).abs().max()
    assert (ours - true).square().mean() < (theirs - true).square().mean()
    uniform = Surface(
        torch.cartesian_prod(AXIS[::3], AXIS[::3]), trained(torch.cartesian_prod(AXIS[::3], AXIS[::3])), "log"
    )
    if scale == "log":
        evenly = (uniform(places).log10() - true).abs().max()
        assert (ours - true).abs().max() < evenly / 2, "places chosen where it errs beat as many evenly spaced"


def test_the_doubt_of_the_surface_tells_its_error() -> None:
    places = random_places(200, seed=1)
    surface = Surface(places, trained(places), "log")
    others = random_places(1000)
    true = (surface(others).log10() - trained(others).log10()).abs()
    doubts = surface.doubts(others)
    assert 0.2 < float(true.max() / doubts.max()) < 5
    worst = doubts.argsort(descending=True)[:100]
    assert true[worst].mean() > 4 * true.mean(), "it errs most where it says so"
    assert float(surface.doubts(places).max()) < 1e-6 * float(doubts.max())


def test_the_held_out_places_are_new_and_their_error_is_what_is_said() -> None:
    asked = Asked(trained)
    found = asked.refined(most=200)
    assert len(found.held_out) == 20 and len(found.places) == 180 == asked.count - 20
    assert torch.cdist(found.held_out, found.places).min() > 0, "none of them is part of the surface"
    assert found.held_out_costs.equal(trained(found.held_out))
    gaps = (found.surface(found.held_out).log10() - found.held_out_costs.log10()).abs()
    assert_close(found.held_out_error or 0.0, gaps.max(), CLOSED_FORM, "largest error held out, in decades")
    straight = asked.refined(most=200, scale="linear")
    costs = torch.cat([straight.measured, straight.held_out_costs])
    gaps = (straight.surface(straight.held_out) - straight.held_out_costs).abs() / (costs.max() - costs.min())
    assert_close(straight.held_out_error or 0.0, gaps.max(), CLOSED_FORM, "largest error held out, of the range")
    assert "180 places measured" in found.told and "20 other places drawn at random" in found.told


def test_the_check_catches_what_the_places_cannot_know() -> None:
    def planted(places: Tensor) -> Tensor:
        on_lattice = ((places * 128) % 1 == 0).all(dim=1)
        return torch.where(on_lattice, bowl(places), bowl(places) + 3)

    found = Asked(planted).refined(most=200)
    assert found.doubt < 1e-6 and (found.held_out_error or 0) > 0.3


def test_the_coordinates_asked_are_those_of_the_parameters_dtype() -> None:
    for kind in (torch.float32, torch.bfloat16):
        asked = Asked(trained)
        asked.refined(most=200, kinds=[kind, kind], reach=((-1.1, 0.7), (0.1, 0.3)))
        for batch in asked.batches:
            assert batch.dtype == torch.float64 and batch.equal(batch.to(kind).double())
            assert batch[:, 0].equal(batch[:, 0].sort().values), "rows of one first coordinate follow each other"
        every = torch.cat(asked.batches[:-1])
        assert len(every.unique(dim=0)) == len(every), "no place is asked for twice"
        assert every.amin(dim=0).equal(torch.tensor([-1.1, 0.1]).to(kind).double())


def test_the_first_picture_starts_with_its_centre_and_corners() -> None:
    asked = Asked(trained)
    asked.refined(most=101)
    places = torch.cat(asked.batches)
    assert places[0].tolist() == [0, 0]
    assert sorted(places[1:5].tolist()) == [[-1, -1], [-1, 1], [1, -1], [1, 1]]
    assert sorted(places[:81].tolist()) == torch.cartesian_prod(*[torch.linspace(-1, 1, 9)] * 2).tolist()


def test_a_budget_is_kept_and_has_room_for_the_check() -> None:
    for seconds in (7, 60, 150):
        asked = Asked(trained)
        found = asked.refined(budget=seconds)
        assert 0.9 * seconds <= asked.now <= seconds
        assert len(found.held_out) == min(20, max(1, seconds // 5)) and found.held_out_error is not None
    quick = Asked(bowl)
    assert quick.refined(budget=1e6, scale="linear").held_out_error is not None and quick.count == 101


def test_a_tolerance_is_met_by_a_check_or_the_miss_is_said() -> None:
    loose, tight = Asked(trained), Asked(trained)
    first, second = loose.refined(tolerance=0.1), tight.refined(tolerance=0.01)
    assert (first.held_out_error or 1) <= 0.1 and (second.held_out_error or 1) <= 0.01
    assert loose.count < tight.count < 1000
    hard = Asked(lambda places: torch.where(places.sum(dim=1) > 0.1234, 1.0, 0.0).double())
    found = hard.refined(tolerance=1e-3, most=400)
    assert hard.count <= 400 and (found.held_out_error or 0) > 1e-3


def test_a_check_that_fails_is_followed_by_another_at_new_places() -> None:
    hidden = Asked(bowl).refined(tolerance=0.05).held_out[7]

    def rough(places: Tensor) -> Tensor:
        """A bowl with a bump between the places of the first picture, where the first check will find it."""
        return torch.exp(-600 * ((places - hidden) ** 2).sum(dim=1)) + bowl(places)

    asked = Asked(rough)
    found = asked.refined(tolerance=0.05)
    assert "the last of" in found.told and (found.held_out_error or 1) < 0.05
    checks = [batch for batch in asked.batches if not bool(((batch * 128) % 1 == 0).all())]
    assert len(checks) > 1 and not checks[0].equal(checks[1]) and found.held_out.equal(checks[-1])
    assert len(found.places) == asked.count - 20 * len(checks), "no check enters the surface"


def test_interrupted_it_keeps_what_there_is_and_says_so() -> None:
    for count in (1, 3, 40, 120):
        asked = Asked(trained, interrupt_at=count)
        found = asked.refined(most=300)
        assert found.held_out_error is None and "interrupted, not checked" in found.told
        assert len(found.places) == asked.count <= count
        assert found.on((AXIS, AXIS)).isfinite().all()
    with pytest.raises(KeyboardInterrupt):
        Asked(trained, interrupt_at=0).refined(most=300)


def test_a_constant_comes_back_as_that_constant() -> None:
    for scale in (None, "linear", "log"):
        asked = Asked(lambda places: torch.full((len(places),), 5.3))
        found = asked.refined(most=300, scale=scale)
        assert found.on((AXIS, AXIS)).unique().tolist() == [float(torch.tensor(5.3))]
        assert found.held_out_error == 0 and asked.count == 101, "nothing more is to be seen"


def test_measured_places_are_as_measured_and_quadratics_exact() -> None:
    places = random_places(40)
    surface = Surface(places, trained(places), "log")
    assert surface(places).equal(trained(places))
    others = random_places(50, seed=8)
    stretched = torch.tensor([1e-3, 1e4], dtype=torch.float64)
    wide = Surface(places * stretched, bowl(places), "linear")
    assert_close(wide(others * stretched), bowl(others), 1e-9, "a quadratic on unlike axes")
    power = Surface(places, 10 ** bowl(places), "log")
    assert_close(power(others).log10(), bowl(others), 1e-9, "a quadratic in the logarithm")


def test_a_line_is_a_cubic_spline() -> None:
    knots = torch.tensor([[0.0], [1.0], [3.0], [4.0], [6.0]], dtype=torch.float64)
    surface = Surface(knots, knots[:, 0] ** 3 - knots[:, 0], "linear")
    step = 1e-3
    for knot in (1.0, 3.0, 4.0):  # value, slope and bend agree from both sides of a knot; the third derivative need not
        near = torch.tensor([[knot + step * k] for k in (-3, -2, -1, 0, 1, 2, 3)], dtype=torch.float64)
        values = surface(near)
        bends = [(values[i] - 2 * values[i + 1] + values[i + 2]) / step**2 for i in (0, 4)]
        assert abs(float(bends[1] - bends[0])) < 0.2
    asked = Asked(lambda places: (places[:, 0] - 0.3) ** 2 + 1e-3)
    found = asked.refined(reach=((-1.0, 1.0),), kinds=[torch.float64], tolerance=0.01)
    assert (found.held_out_error or 1) <= 0.01 and found.on((AXIS,)).shape == (51,) and asked.count < 120


def test_what_is_not_finite_is_never_interpolated_across() -> None:
    def half(places: Tensor) -> Tensor:
        return torch.where(places[:, 0] + 0.2 * places[:, 1] < 0.1, torch.nan, trained(places))

    asked = Asked(half)
    found = asked.refined(most=350)
    grid, true = found.on((AXIS, AXIS)).reshape(-1), half(GRID)
    away = GRID[:, 0] + 0.2 * GRID[:, 1] - 0.1
    assert grid[away < -1 / 16].isnan().all(), "nothing is drawn beyond the border"
    assert grid[away > 1 / 8].isfinite().all(), "and all that is well inside"
    assert float((grid.isnan() != true.isnan()).double().mean()) < 0.04
    assert found.surface(found.places).nan_to_num(-1).equal(half(found.places).nan_to_num(-1))
    near = (found.places[:, 0] + 0.2 * found.places[:, 1] - 0.1).abs() < 1 / 16
    assert int(near.sum()) > 30, "the border is followed"
    bad = int(half(found.places).isnan().sum())
    assert f"{bad} of them not finite and left out" in found.told and bad > 20


def test_infinities_stay_infinite_and_a_plane_of_nothing_is_nothing() -> None:
    found = Asked(lambda at: torch.where((at**2).sum(dim=1) > 0.8, torch.inf, bowl(at))).refined(most=300)
    grid = found.on((AXIS, AXIS)).reshape(-1)
    radius = (GRID**2).sum(dim=1)
    assert grid[radius > 1.2].isposinf().all() and grid[radius < 0.5].isfinite().all() and not grid.isnan().any()
    nothing = Asked(lambda at: torch.full((len(at),), torch.nan)).refined(most=300)
    assert nothing.on((AXIS, AXIS)).isnan().all() and nothing.held_out_error is None
    one_row = Asked(lambda at: torch.where(at[:, 0] == 0, at[:, 1], torch.nan)).refined(most=120)
    row = one_row.surface(one_row.places[one_row.places[:, 0] == 0])
    assert len(row) >= 9 and row.equal(one_row.places[one_row.places[:, 0] == 0][:, 1]), "all on one line are enough"


def test_a_cost_without_logarithm_is_kept_and_not_crossed() -> None:
    found = Asked(lambda at: (at[:, 0] - 0.1).clamp(min=0)).refined(most=200, scale="log")
    grid = found.on((AXIS, AXIS))
    assert "not finite or not positive and left out" in found.told
    assert bool((grid[AXIS < 0] == 0).all()) and bool((grid[AXIS > 0.3] > 0).all())
    assert Asked(lambda at: (at**2).sum(dim=1)).refined(most=150).scale == "linear"
    assert chosen_scale(torch.tensor([1.0, 99.0, math.inf])) == "linear"
    assert chosen_scale(torch.tensor([1.0, 101.0, math.nan])) == "log"


def test_two_runs_are_alike_and_another_seed_checks_elsewhere() -> None:
    heard: list[tuple[int, float]] = []
    first = Asked(trained).refined(most=150, tell=lambda count, doubt: heard.append((count, doubt)))
    second, other = Asked(trained).refined(most=150), Asked(trained).refined(most=150, seed=1)
    assert first.places.equal(second.places) and first.held_out.equal(second.held_out)
    assert first.places.equal(other.places) and not first.held_out.equal(other.held_out)
    counts = [count for count, _ in heard]
    assert counts == sorted(counts) and counts[-1] == 130 and heard[-1][1] < 1


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"budget": 0}, "budget is 0. Give a number above 0"),
        ({"tolerance": math.nan}, "tolerance is nan"),
        ({"most": 2601}, "most is 2,601, and one surface is drawn through 1,500 places at most"),
        ({"reach": ((1.0, -1.0), (0.0, 1.0))}, "the reach is from 1 to -1"),
    ],
)
def test_what_cannot_be_is_refused(given: dict[str, object], said: str) -> None:
    with pytest.raises(SteepestError) as caught:
        Asked(trained).refined(**given)
    assert said in str(caught.value)
