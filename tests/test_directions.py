"""Directions: each number by another road, and each mistake one sentence."""

import math
from collections.abc import Callable, Iterator

import pytest
import torch
from costs import START, batched, bowl, columns, network, saddle, trial
from tolerances import CLOSED_FORM, SINGLE, TAPPED, assert_close, assert_params
from torch import Tensor, nn

from steepest import vectors
from steepest.cost import Cost
from steepest.descent import descend
from steepest.directions import Directions, along, between, gradient, motion, principal, random, sharpest
from steepest.errors import SteepestError
from steepest.slices import plane
from steepest.slices.asking import Ask
from steepest.slices.reach import reach_for_rise
from steepest.trajectory import Outcome, Step, Trajectory
from steepest.vectors import Params


def drawn_like(values: dict[str, tuple[int, ...]], seed: int = 0, dtype: torch.dtype = torch.float64) -> Params:
    generator = torch.Generator().manual_seed(seed)
    return {n: torch.randn(shape, generator=generator, dtype=torch.float64).to(dtype) for n, shape in values.items()}


def quadratic(like: Params) -> Cost:
    return Cost.from_function(
        lambda **given: sum((v.square().sum() for v in given.values()), torch.zeros(())), like=like
    )


def walked(points: list[Params]) -> Trajectory:
    steps = tuple(Step(index, 0.0, point, point, 0.1) for index, point in enumerate(points))
    return Trajectory(steps, Outcome.OUT_OF_EPOCHS, "")


class Every(nn.Module):
    """One of each kind of layer that has filters of its own, norms, a frozen layer and a tied one."""

    def __init__(self) -> None:
        super().__init__()
        self.words = nn.Embedding(5, 4)
        self.attention = nn.MultiheadAttention(4, 2)
        self.convolution = nn.Conv1d(4, 6, 3, groups=2)
        self.back = nn.ConvTranspose1d(6, 4, 2, groups=2)
        self.plain_back = nn.ConvTranspose1d(4, 4, 2)
        self.norm = nn.LayerNorm([2, 4])
        self.batch_norm = nn.BatchNorm1d(4)
        self.frozen = nn.Linear(4, 4).requires_grad_(False)
        self.body = nn.Linear(4, 4)
        self.head = nn.Linear(4, 5)
        self.head.weight = self.words.weight
        self.shift = nn.Parameter(torch.ones(4))

    def forward(self, given: Tensor) -> Tensor:
        found = self.words(given).transpose(1, 2)
        found = self.plain_back(self.back(self.convolution(found)))[:, :, :2].transpose(1, 2)
        found = self.batch_norm(self.norm(self.attention(found, found, found)[0]).transpose(1, 2)).transpose(1, 2)
        return self.head(self.body(self.frozen(found)) + self.shift).mean(dim=1)


def every(dtype: torch.dtype = torch.float64) -> tuple[Every, Cost]:
    module = Every()
    drawn = drawn_like({name: tuple(value.shape) for name, value in module.named_parameters()}, seed=7)
    for name, value in module.named_parameters():
        value.data = drawn[name].to(value.dtype)
    module = module.to(dtype).eval()
    given = torch.tensor([[0, 1, 2, 3], [1, 2, 3, 4]])
    return module, Cost.from_module(module, nn.functional.cross_entropy, [(given, torch.tensor([0, 3]))])


def lengths_of_filters(name: str, value: Tensor) -> list[float]:
    """Spell out, by plain loops, what one filter is: the other road to what `random` normalises."""
    if name == "back.weight":  # (6 in, 2 out each, kernel) in 2 groups: the first 3 inputs make outputs 0 and 1
        return [float(value[group * 3 : group * 3 + 3, out].norm()) for group in range(2) for out in range(2)]
    if name == "plain_back.weight":
        return [float(value[:, out].norm()) for out in range(4)]
    return [float(row.norm()) for row in value]


# along


def test_along_names_have_own_values_as_coordinates_and_tensors_a_factor() -> None:
    module = network()
    cost = Cost.from_module(module, nn.functional.mse_loss, batched(*columns(), 60))
    ways = along(cost, "0.weight[1, -1]", "2")
    assert ways.origin is not None and ways.names == ("0.weight[1, -1]", "2, times")
    own = vectors.own(dict(module.named_parameters()))
    at = vectors.own(own)
    point = vectors.moved(vectors.moved(ways.origin, ways[0], by=0.37), ways[1], by=2.0)
    at["0.weight"][1, 2] = 0.37
    expected = at | {"2.weight": at["2.weight"] * 2, "2.bias": at["2.bias"] * 2}
    assert_params(point, expected, CLOSED_FORM)
    here = vectors.moved(vectors.moved(ways.origin, ways[0], by=float(own["0.weight"][1, 2])), ways[1], by=1.0)
    assert_params(here, own, CLOSED_FORM, "the module's own place")
    assert "own value" in ways.told and "factor" in ways.told


def test_along_one_number_is_what_plane_makes_of_its_name() -> None:
    ways = along(trial(), "m", "b", at=START)
    assert ways.origin is not None and vectors.norm(ways.origin) == 0
    reach = ((-1, 1), (0, 2))
    by_name = plane(trial(), at=START, along=("m", "b"), reach=reach, points=5)
    by_way = plane(trial(), at=ways.origin, along=ways, reach=reach, points=5)
    assert by_way.costs.equal(by_name.costs) and by_way.names == by_name.names


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        ((), "no parameter is named"),
        (("n",), "no parameter of the cost is 'n'"),
        (("w[0]",), r"no element \[0\] in 'w', whose shape is \(2, 2\)"),
        (("w[0, 2]",), r"no element \[0, 2\]"),
        (("w[0, 1]", "w"), "'w' and a name before it both move 'w'"),
        (("z",), "'z' is zero here"),
        (("*[0, 0]",), "is 'w' and 'z', so .* is no one number"),
    ],
)
def test_along_refuses(names: tuple[str, ...], sentence: str) -> None:
    at = {"w": torch.ones(2, 2), "z": torch.zeros(3)}
    with pytest.raises(SteepestError, match=f"directions.along: .*{sentence}"):
        along(quadratic(at), *names, at=at)


# layers


@pytest.mark.parametrize(
    ("layers", "moved"),
    [
        ("body", {"body.weight"}),
        ("body.weight", {"body.weight"}),
        (["*back"], set()),
        ("*back.weight", {"back.weight", "plain_back.weight"}),
        ("head", {"words.weight"}),
        ("att*.out_proj.*", {"attention.out_proj.weight"}),
        (["body", "words"], {"body.weight", "words.weight"}),
    ],
)
def test_layers_move_what_they_name_and_a_restriction_is_the_same_direction_with_zeros(
    layers: str | list[str], moved: set[str]
) -> None:
    _, cost = every()
    if not moved:
        with pytest.raises(SteepestError, match=r"no parameter of the cost is '\*back'"):
            random(cost, layers=layers)
        return
    whole, ways = random(cost, seed=3), random(cost, seed=3, layers=layers)
    for full, way in zip(whole, ways, strict=True):
        assert {name for name, value in way.items() if bool(value.any())} == moved
        assert all(way[name].equal(full[name]) for name in moved)
    assert "alone" in ways.told and "alone" not in whole.told


def test_layers_that_are_not_there_or_held_are_refused() -> None:
    _, cost = every()
    with pytest.raises(SteepestError, match=r"'boddy'.*Did you mean 'body'"):
        random(cost, layers="boddy")
    with pytest.raises(SteepestError, match=r"'frozen' or in it. It is frozen"):
        sharpest(cost, layers="frozen")
    with pytest.raises(SteepestError, match="names no parameter"):
        gradient(cost, layers=[])


# between


def test_between_puts_the_models_at_the_corners() -> None:
    shapes = {"w": (3, 2), "b": (2,)}
    models = [drawn_like(shapes, seed) for seed in range(3)]
    ways = between(*models)
    assert ways.origin is not None and ways.reach == ((-0.25, 1.25), (-0.25, 1.25))
    for index in (0, 1):
        assert_params(vectors.moved(ways.origin, ways[index], by=1.0), models[index + 1], CLOSED_FORM)
    apart = [vectors.flat(model) - vectors.flat(models[0]) for model in models[1:]]
    assert_close(ways.norms, torch.stack([v.norm() for v in apart]), CLOSED_FORM)
    assert_close(ways.cosines[0, 1], torch.cosine_similarity(apart[0], apart[1], dim=0), CLOSED_FORM)
    cut = plane(quadratic(models[0]), at=ways.origin, along=ways, reach=((0, 1), (0, 1)), points=2)
    for place, model in zip(((0, 0), (1, 0), (0, 1)), models, strict=True):
        assert_close(cut.costs[place], vectors.norm(model) ** 2, CLOSED_FORM)
    only = between(models[0], models[1], layers="b")
    assert not only[0]["w"].any() and only[0]["b"].equal(ways[0]["b"]) and "in b alone" in only.told


def test_between_takes_modules_of_which_frozen_parameters_and_buffers_are_left_out() -> None:
    (first, cost), (second, _) = every(), every()
    with torch.no_grad():
        second.body.weight += 1
    ways = between(first, second)
    assert tuple(ways[0]) == cost.names and float(ways.norms[0]) == pytest.approx(4.0)


def _models(**changed: Tensor) -> Params:
    return {"w": torch.tensor([1.0, 2.0, 3.0])} | changed


@pytest.mark.parametrize(
    ("models", "sentence"),
    [
        ((_models(), _models()), "the first model and the second are equal"),
        ((_models(), _models(w=torch.ones(2))), r"second model has 'w' of shape \(2,\), and the first .* \(3,\)"),
        ((_models(), _models(v=torch.ones(1))), "has 'v' .* and the first has none"),
        ((_models(v=torch.ones(1)), _models()), "second model has no 'v'"),
        ((_models(), _models(w=torch.zeros(3)), _models(w=torch.tensor([3.0, 6.0, 9.0]))), r"line \(cosine -1.0000000"),
        ((_models(), _models(w=torch.tensor([1.0, math.nan, 3.0]))), "second model is not finite in 'w'"),
        ((_models(n=torch.tensor(1)), _models(n=torch.tensor(2))), "int64, no parameter. A state_dict"),
    ],
)
def test_between_refuses(models: tuple[Params, ...], sentence: str) -> None:
    with pytest.raises(SteepestError, match=f"directions.between: .*{sentence}"):
        between(*models)


# random

MOVED = {
    "words.weight": 5,
    "attention.in_proj_weight": 12,
    "attention.out_proj.weight": 4,
    "convolution.weight": 6,
    "back.weight": 4,
    "plain_back.weight": 4,
    "body.weight": 4,
}


def test_every_filter_is_as_long_as_the_models_and_biases_and_norms_are_held() -> None:
    module, cost = every()
    at = dict(module.named_parameters())
    ways = random(cost)
    assert set(ways[0]) == set(cost.names) and not any("frozen" in name for name in ways[0])
    for way in ways:
        for name, value in way.items():
            if name not in MOVED:
                assert not value.any(), name
                continue
            found, own = (torch.tensor(lengths_of_filters(name, v.detach())) for v in (value, at[name]))
            assert len(found) == MOVED[name]
            assert_close(found / own, torch.ones(len(own)), SINGLE, name)
    assert abs(float(ways.cosines[0, 1])) < 0.5
    for word in (
        "random directions of seed 0",
        "12 rows of MultiheadAttention",
        "6 filters of Conv1d",
        "8 filters of ConvTranspose1d",
        "5 rows of Embedding",
        "4 norm parameters (24 numbers)",
        "7 biases (39 numbers)",
        "1 vector (4 numbers)",
        "2 parameters of the module are held",
    ):
        assert word in ways.told, (word, ways.told)


def test_what_moves_is_named_and_counted_as_it_is() -> None:
    net = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 1))
    cost = Cost.from_module(net, nn.functional.mse_loss, [(torch.ones(4, 2), torch.ones(4, 1))])
    head = random(cost, layers="2").told
    assert head.startswith("random directions of seed 0, in 2.weight alone, each filter"), head
    assert head.endswith(": 1 row of Linear; 1 bias (1 number) is not moved"), head
    whole = random(cost).told
    assert whole.endswith(": 9 rows of Linear; 2 biases (9 numbers) are not moved") and "alone" not in whole, whole


def test_whoever_waits_for_the_sharpest_hears_how_many_products_are_done() -> None:
    heard: list[int] = []
    sharpest(Cost.from_function(lambda m, b: 3 * m**2 - b**2, dtype=torch.float64), at=START, tell=heard.append)
    assert heard == list(range(len(heard))) and heard


def test_a_seed_is_the_same_direction_in_every_dtype_and_touches_no_global_generator() -> None:
    torch.manual_seed(0)
    before = torch.get_rng_state()
    wide, narrow = random(every(torch.float64)[1], seed=5), random(every(torch.float32)[1], seed=5)
    assert narrow[0]["body.weight"].dtype is torch.float32
    for left, right in zip(wide, narrow, strict=True):
        assert_params(right, left, SINGLE)
    again, other = random(every()[1], seed=5), random(every()[1], seed=6)
    assert all(again[k][n].equal(wide[k][n]) for k in (0, 1) for n in wide[0])
    assert not other[0]["body.weight"].equal(wide[0]["body.weight"])
    assert random(every()[1], seed=5, count=1)[0]["body.weight"].equal(wide[0]["body.weight"])
    torch.manual_seed(0)
    assert torch.get_rng_state().equal(before)


def test_zero_filters_stay_zero() -> None:
    module, cost = every()
    with torch.no_grad():
        module.body.weight[2] = 0
        module.back.weight[:3, 1] = 0
    ways = random(cost)
    assert not ways[0]["body.weight"][2].any() and not ways[0]["back.weight"][:3, 1].any()
    assert bool(torch.stack([value.isfinite().all() for value in ways[0].values()]).all())
    assert "2 filters of zeros stay zero" in ways.told


def test_a_cost_without_a_module_has_rows_by_shape() -> None:
    at = drawn_like({"w": (3, 4, 2), "b": (3,)})
    ways = random(quadratic(at), at=at)
    assert_close(ways[0]["w"].flatten(1).norm(dim=1), at["w"].flatten(1).norm(dim=1), CLOSED_FORM)
    assert not ways[0]["b"].any() and "3 rows; 1 vector (3 numbers) is not moved" in ways.told
    tensors, raw = random(quadratic(at), at=at, normalised="tensor"), random(quadratic(at), at=at, normalised=None)
    for name, value in at.items():
        assert_close(tensors[0][name].norm(), value.norm(), CLOSED_FORM, name)
        assert_close(
            torch.cosine_similarity(tensors[0][name].flatten(), raw[0][name].flatten(), dim=0), 1.0, CLOSED_FORM
        )
    generator = torch.Generator().manual_seed(0)
    assert raw[0]["w"].equal(torch.randn(3, 4, 2, generator=generator, dtype=torch.float64))


def test_where_all_are_biases_tensors_are_taken_whole_and_numbers_by_their_size() -> None:
    at = {"weights": torch.tensor([3.0, 4.0]), "intercept": torch.tensor(2.0)}
    ways = random(quadratic(at), at=at)
    raw = random(quadratic(at), at=at, normalised=None)
    assert_close(ways[0]["weights"].norm(), 5.0, SINGLE)
    assert_close(ways[0]["intercept"], raw[0]["intercept"] * 2, SINGLE)
    assert "taken whole" in ways.told
    two, drawn = random(trial(), at=START), random(trial(), at=START, normalised=None)
    for way, normal in zip(two, drawn, strict=True):
        assert_params(way, {"m": 0.9 * normal["m"], "b": 0.1 * normal["b"]}, CLOSED_FORM)


def test_random_refuses_what_would_be_no_plane() -> None:
    zeros = {"m": torch.tensor(0.0), "b": torch.tensor(0.0)}
    with pytest.raises(SteepestError, match="0 numbers would move, too few for 2 directions"):
        random(quadratic(zeros), at=zeros)
    line = Cost.from_module(nn.Linear(1, 1), nn.functional.mse_loss, [(torch.ones(2, 1), torch.zeros(2, 1))])
    with pytest.raises(SteepestError, match="1 number would move"):
        random(line)
    pair = {"w": torch.tensor([[1.0], [2.0]])}  # two rows of one number each: nothing but signs is left
    outcomes = set()
    for seed in range(8):
        try:
            outcomes.add(abs(round(float(random(quadratic(pair), at=pair, seed=seed).cosines[0, 1]), 3)))
        except SteepestError as complaint:
            assert "are parallel (cosine" in str(complaint) and "another seed" in str(complaint)
            outcomes.add(1.0)
    assert outcomes == {0.6, 1.0}
    with pytest.raises(SteepestError, match="There are: 'filter', 'tensor'"):
        random(trial(), at=START, normalised="layer")  # pyright: ignore[reportArgumentType]
    with pytest.raises(SteepestError, match=r"'b' is not finite at this place. Is it the end of a run that diverged"):
        random(trial(), at={"m": 1.0, "b": math.inf})
    with pytest.raises(SteepestError, match="no place is given"):
        random(trial())
    with pytest.raises(SteepestError, match="count is 0"):
        random(trial(), at=START, count=0)


# principal


def wandered(steps: int, size: int, seed: int = 1) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(steps, size, generator=generator, dtype=torch.float64).cumsum(dim=0)


def cut_up(path: Tensor) -> list[Params]:
    """A path of 12 k numbers as the parameters of two layers."""
    rows = path.shape[1] // 12
    return [{"a": row[: 8 * rows].reshape(rows, 8), "b": row[8 * rows :].clone()} for row in path]


def test_principal_directions_are_those_of_a_singular_value_decomposition(monkeypatch: pytest.MonkeyPatch) -> None:
    path = wandered(30, 48) + 1e3
    monkeypatch.setattr(motion, "BLOCK_NUMBERS", 30 * 5)  # five numbers at a time: blocks end inside a tensor
    ways = principal(walked(cut_up(path)), count=3)
    _, values, rows = torch.linalg.svd(path - path.mean(dim=0), full_matrices=False)
    assert ways.shares is not None and ways.origin is not None and ways.reach is not None
    assert_close(ways.shares, values[:3].square() / values.square().sum(), 1e3 * CLOSED_FORM)
    found = torch.stack([vectors.flat(way) for way in ways])
    assert_close((found @ rows[:3].T).abs(), torch.eye(3), TAPPED)
    assert_close(ways.cosines, torch.eye(3), TAPPED)
    assert_close(ways.norms, torch.ones(3), CLOSED_FORM * 10)
    assert_params(ways.origin, cut_up(path)[-1], CLOSED_FORM)
    places = (path - path[-1]) @ found.T
    for index, (low, high) in enumerate(ways.reach):
        wide = float(places[:, index].max() - places[:, index].min())
        assert_close(
            torch.tensor([low, high]),
            torch.tensor([float(places[:, index].min()) - 0.15 * wide, float(places[:, index].max()) + 0.15 * wide]),
            TAPPED,
        )


def test_the_null_is_what_a_random_walk_really_gives() -> None:
    for steps in (3, 12, 200):
        null = motion.random_walk_shares(steps, 2)
        simulated = principal(walked(cut_up(wandered(steps, 12_000)))).shares
        assert simulated is not None
        assert (simulated - null).abs().max() < 0.01, (steps, simulated, null)
    assert_close(motion.random_walk_shares(5, 4).sum(), 1.0, CLOSED_FORM)
    assert_close(motion.random_walk_shares(10**6, 1), torch.tensor([6 / math.pi**2]), TAPPED)
    told = principal(walked(cut_up(wandered(200, 12_000)))).told
    assert "gives 61 % + 15 %" in told and "Antognini" in told


def test_memory_is_steps_squared_and_a_block_and_long_runs_are_thinned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(motion, "BLOCK_NUMBERS", 4_000)
    seen: list[int] = []
    blocks = motion._blocks  # pyright: ignore[reportPrivateUsage]

    def watched(points: list[Params], end: int, names: list[str]) -> Iterator[tuple[str, slice, Tensor]]:
        for name, part, block in blocks(points, end, names):
            seen.append(block.numel())
            yield name, part, block

    monkeypatch.setattr(motion, "_blocks", watched)
    path = wandered(2_500, 24)
    ways = principal(walked(cut_up(path)))
    assert max(seen) <= 4_000 and sum(seen) == 2 * 1_000 * 24
    assert "1,000 steps of the 2,500 recorded, evenly spaced" in ways.told
    assert ways.origin is not None and vectors.flat(ways.origin).equal(path[-1])
    _, values, rows = torch.linalg.svd(path - path.mean(dim=0), full_matrices=False)
    assert abs(float(vectors.flat(ways[0]) @ rows[0])) > 0.999
    assert ways.shares is not None and abs(float(ways.shares[0] - values[0] ** 2 / values.square().sum())) < 0.01


def test_several_runs_share_their_directions_and_the_first_ends_at_the_origin() -> None:
    first, second = wandered(20, 24, seed=1), wandered(35, 24, seed=2)
    ways = principal(walked(cut_up(first)), walked(cut_up(second)))
    both = torch.cat([first, second])
    _, values, rows = torch.linalg.svd(both - both.mean(dim=0), full_matrices=False)
    found = torch.stack([vectors.flat(way) for way in ways])
    assert_close((found @ rows[:2].T).abs(), torch.eye(2), TAPPED)
    assert ways.shares is not None and ways.origin is not None and ways.reach is not None
    assert_close(ways.shares, values[:2].square() / values.square().sum(), CLOSED_FORM)
    assert vectors.flat(ways.origin).equal(first[-1])
    places = (both - first[-1]) @ found.T
    for index, (low, high) in enumerate(ways.reach):
        assert low < float(places[:, index].min()) and high > float(places[:, index].max())
    assert "55 steps of 2 runs" in ways.told and "random walk" not in ways.told
    with pytest.raises(SteepestError, match="run 1 has other parameters than run 0: 'a'"):
        principal(walked(cut_up(first)), walked([{"b": torch.ones(8)}] * 4))


def test_principal_of_chosen_layers_and_of_a_run_that_diverged() -> None:
    path = wandered(20, 24)
    only = principal(walked(cut_up(path)), layers="b")
    _, _, rows = torch.linalg.svd(path[:, 16:] - path[:, 16:].mean(dim=0), full_matrices=False)
    assert not only[0]["a"].any() and abs(float(only[0]["b"] @ rows[0])) == pytest.approx(1.0)
    run = descend(trial(), START, learning_rate=0.2, epochs=2_000)
    assert run.outcome is Outcome.DIVERGED
    broken = walked([*cut_up(path), {"a": torch.full((2, 8), math.inf).double(), "b": torch.ones(8).double()}])
    ways = principal(broken)
    assert "1 step not finite left out" in ways.told
    assert ways[0]["a"].equal(principal(walked(cut_up(path)))[0]["a"])
    assert all(math.isfinite(norm) for norm in principal(run, count=1).norms)


def test_principal_refuses_what_does_not_move_that_much() -> None:
    still = {"m": torch.tensor(1.0), "b": torch.tensor(2.0)}
    with pytest.raises(SteepestError, match="2 steps that can be used, and 2 directions need at least 3"):
        principal(walked([still, still]))
    nowhere = walked([{name: value * math.nan for name, value in still.items()}] * 4)
    with pytest.raises(SteepestError, match="no step of run 0 is finite"):
        principal(nowhere, walked([still] * 5))
    with pytest.raises(SteepestError, match="the run does not move"):
        principal(walked([still] * 5))
    place = torch.tensor([[0.1, -0.3]], dtype=torch.float64) * torch.arange(7)[:, None] + 1
    straight = [{"m": m, "b": b} for m, b in place]
    with pytest.raises(SteepestError, match="moves in 1 direction only"):  # float32 rounds it off its line
        principal(walked([{name: value.float() for name, value in point.items()} for point in straight]))
    with pytest.raises(SteepestError, match=r"moves in 1 direction only.*straight line.*count=1"):
        principal(walked(straight))
    (way,) = principal(walked(straight), count=1)
    assert_params(way, {"m": way["m"], "b": -3 * way["m"]}, CLOSED_FORM)


# sharpest and gradient


def test_sharpest_are_the_known_eigenvectors_of_a_bowl() -> None:
    eigenvalues = [50.0, 20.0, 3.0, -7.0, -0.5]
    cost = bowl(eigenvalues)
    at = {"w": torch.ones(5, dtype=torch.float64)}
    hessian = torch.autograd.functional.hessian(lambda w: cost.value({"w": w}), at["w"])
    assert isinstance(hessian, Tensor)
    for ways, expected in (
        (sharpest(cost, at=at, count=3), [50.0, 20.0, 3.0]),
        (sharpest(cost, at=at, count=3, ends="both"), [50.0, 20.0, -7.0]),
    ):
        assert ways.residuals is not None
        for way, value, residual in zip(ways, expected, ways.residuals.tolist(), strict=True):
            off = float((hessian @ way["w"] - value * way["w"]).norm())
            assert off < 1e-9 and residual < 1e-9
        assert_close(ways.norms, torch.ones(3), CLOSED_FORM)
        assert abs(float(ways.cosines[0, 2])) < 1e-6
    ways = sharpest(cost, at=at, count=3, ends="both")
    assert ways.names == ("sharpest (bends 50)", "sharpest, no. 2 (bends 20)", "most negative (bends -7)")
    assert "bends 50 ± " in ways.told and "-7 ± " in ways.told


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
def test_the_residual_stated_holds_for_the_direction_used(dtype: torch.dtype) -> None:
    inputs, targets = (values.to(dtype) for values in columns())
    cost = Cost.from_module(network().to(dtype), nn.functional.mse_loss, batched(inputs, targets, 60))
    at = drawn_like({name: tuple(value.shape) for name, value in cost.zeros().items()}, dtype=dtype)
    ways = sharpest(cost, at=at, ends="both")
    assert ways.residuals is not None
    for way, stated in zip(ways, ways.residuals.tolist(), strict=True):
        image = cost.product(at, way)
        value = vectors.dot(way, image) / vectors.dot(way, way)
        off = vectors.norm(vectors.moved(image, way, by=-value)) / abs(value)
        assert off <= stated + (1e-5 if dtype is torch.float32 else 1e-12), (off, stated)
    assert max(ways.residuals.tolist()) < 1e-3


def test_sharpest_of_chosen_layers_is_that_of_the_block() -> None:
    module = network()
    cost = Cost.from_module(module, nn.functional.mse_loss, batched(*columns(), 60))
    ways = sharpest(cost, layers="2", count=1)
    assert not ways[0]["0.weight"].any() and not ways[0]["0.bias"].any()

    def of_last(flat: Tensor) -> Tensor:
        params = vectors.own(dict(module.named_parameters()))
        hidden = torch.tanh(columns()[0] @ params["0.weight"].T + params["0.bias"])
        return (hidden @ flat[:4] + flat[4] - columns()[1]).square().mean()

    last = torch.cat([value.detach().flatten() for value in module.get_submodule("2").parameters()])
    hessian = torch.autograd.functional.hessian(of_last, last)
    assert isinstance(hessian, Tensor)
    values, columns_ = torch.linalg.eigh(hessian)
    found = torch.cat([ways[0]["2.weight"].flatten(), ways[0]["2.bias"]])
    assert_close((found @ columns_[:, -1]).abs(), 1.0, TAPPED)
    assert f"bends {float(values[-1]):.4g}" in ways.told and "in 2.weight and 2.bias alone" in ways.told


def test_sharpest_by_lanczos_beyond_the_exact_sizes() -> None:
    scale = torch.linspace(0, 1, 3_000, dtype=torch.float64)
    scale[7], scale[11] = 40.0, -9.0
    like = {"w": torch.zeros(3_000, dtype=torch.float64)}
    cost = Cost.from_function(lambda w: (scale * w * w).sum() / 2, like=like)
    ways = sharpest(cost, at=like, ends="both")
    assert_close(ways[0]["w"][7].abs(), 1.0, TAPPED)
    assert_close(ways[1]["w"][11].abs(), 1.0, TAPPED)
    assert "Lanczos" in ways.told and ways.names[1].startswith("most negative (bends -9")
    with pytest.raises(SteepestError, match="2 directions are asked for, and 1 numbers"):
        sharpest(Cost.from_function(lambda m: m**2), at={"m": 1.0})
    with pytest.raises(SteepestError, match="no ends 'smallest'"):
        sharpest(cost, at=like, ends="smallest")  # pyright: ignore[reportArgumentType]


def test_a_residual_is_not_understated_where_lanczos_stops_early_or_a_direction_is_rounded() -> None:
    scale = torch.linspace(-1, 1, 3_000, dtype=torch.float64)
    like = {"w": torch.zeros(3_000, dtype=torch.float64)}
    early = sharpest(Cost.from_function(lambda w: (scale * w * w).sum() / 2, like=like), at=like, count=1, products=9)
    value = float(scale @ early[0]["w"].square())
    off = float(((scale - value) * early[0]["w"]).norm())
    assert early.residuals is not None and "not settled" in early.told
    assert_close(early.residuals[0], off / value, SINGLE)
    assert off / value > 1e-3 and f"{value:.4g} ± {off:.1g}" in early.told

    bend = torch.tensor([[2.0, 0.5], [0.5, 1.0]])  # exact in float32, its eigenvectors are not
    rounded = sharpest(
        Cost.from_function(lambda w: w @ bend @ w / 2, like={"w": torch.zeros(2)}), at={"w": torch.ones(2)}
    )
    assert rounded.residuals is not None
    for way, stated in zip(rounded, rounded.residuals.tolist(), strict=True):
        wide = way["w"].double()
        image = bend.double() @ wide
        off = float((image - (wide @ image) / (wide @ wide) * wide).norm() / image.norm())
        assert 1e-10 < off < stated < 1e-6


def test_the_gradients_coordinate_is_a_learning_rate() -> None:
    way = gradient(trial(), at=START)
    step = descend(trial(), START, learning_rate=0.01, epochs=1).end
    assert_params(vectors.moved(trial().params(START), way[0], by=0.01), step, CLOSED_FORM)
    with pytest.raises(SteepestError, match=r"length 0. Is it a stationary point"):
        gradient(saddle(), at={"x": 0.0, "y": 0.0})
    assert not gradient(saddle(), at={"x": 1.0, "y": 1.0}, layers="y")[0]["x"].any()


# reach


def counted(function: Callable[[Tensor], Tensor]) -> tuple[Callable[[Tensor], Tensor], list[int]]:
    asked: list[int] = []

    def ask(places: Tensor) -> Tensor:
        asked.append(len(places))
        return function(places)

    return ask, asked


def test_a_bowl_is_reached_where_its_formula_says() -> None:
    ask, asked = counted(lambda p: 2 + 0.5 * (p * p * torch.tensor([1e-3, 4e4])).sum(dim=1))
    found = reach_for_rise(ask, (0.0, 0.0))
    for (low, high), bend in zip(found.reach, (1e-3, 4e4), strict=True):
        exact = math.sqrt(2 * 18 / bend)
        for end in (-low, high):
            assert exact / 1.1 < end < exact * 1.1
    assert sum(asked) <= 25 and f"found by {sum(asked)} costs" in found.told and "ten times" in found.told


@pytest.mark.parametrize(
    "function",
    [lambda x: x.abs(), lambda x: x**4, lambda x: x.exp(), lambda x: (x - 3) ** 2, lambda x: x**2 - 9 * x],
    ids=["kink", "quartic", "exponential", "beside the minimum", "falling first"],
)
@pytest.mark.parametrize("rise", [1e-4, 1.0, 50.0])
def test_both_ends_have_the_change_asked_for_or_say_why_not(function: Callable[[Tensor], Tensor], rise: float) -> None:
    ask, asked = counted(lambda p: function(p[:, 0]))
    found = reach_for_rise(ask, (0.0,), rise=rise)
    for end in found.reach[0]:
        change = abs(float(function(torch.tensor(end).double()) - function(torch.tensor(0.0).double())))
        assert rise / 1.2 - 1e-9 <= change <= rise * 1.2 + 1e-9 or "changes by" in found.told, (end, change)
    assert sum(asked) <= 1 + 2 * 14
    assert found.reach == reach_for_rise(lambda p: function(p[:, 0]), (0.0,), rise=rise).reach


def test_ends_that_are_flat_level_off_or_break_are_said() -> None:
    flat = reach_for_rise(lambda p: p[:, 0] * 0 + 3, (0.0,))
    assert flat.reach == ((-1.0, 1.0),) and "down direction 0 it is flat up to 4,096" in flat.told
    level = reach_for_rise(lambda p: 1 + p[:, 0].abs().tanh(), (0.0,), names=("valley",))
    assert "up valley it changes by 1 at most" in level.told and 1.4 < level.reach[0][1] < 8.0
    broken = reach_for_rise(lambda p: torch.where(p[:, 0] < 2.5, 1 + p[:, 0] * p[:, 0], math.nan), (0.0,), rise=100)
    low, high = broken.reach[0]
    assert 9 < -low < 11 and 2.1 < high < 2.5 and "up direction 0 it is not finite at 2." in broken.told
    assert "down" not in broken.told
    tiny = reach_for_rise(lambda p: torch.where(p[:, 0].abs() < 0.01, 1 + 1e6 * p[:, 0] ** 2, math.inf), (0.0,))
    assert 0.0027 < tiny.reach[0][1] < 0.0034
    jump = reach_for_rise(lambda p: 1 + 100.0 * (p[:, 0].abs() > 0.3), (0.0,))
    assert "it jumps, and changes by 100" in jump.told and 0.3 < jump.reach[0][1] < 0.36


def test_named_parameters_are_reached_about_their_own_values() -> None:
    cost = trial()
    ways = along(cost, "m", "b", at=START)
    assert ways.origin is not None
    ask = Ask(cost, ways.origin, list(ways))
    found = reach_for_rise(ask, (0.9, 0.1))
    for index, (low, high) in enumerate(found.reach):
        assert low < (0.9, 0.1)[index] < high
        for end in (low, high):
            place = torch.tensor([[0.9, 0.1]], dtype=torch.float64)
            place[0, index] = end
            change = abs(float(ask(place)[0]) - 19.675475)
            assert 9 * 19.675475 / 1.2 <= change <= 9 * 19.675475 * 1.2


def test_a_cost_of_zero_has_the_change_one_unit_away_and_a_broken_centre_is_refused() -> None:
    found = reach_for_rise(lambda p: (p * p).sum(dim=1), (0.0, 0.0))
    assert found.reach == ((-1.0, 1.0), (-1.0, 1.0)) and "changed by 1 from 0 at the centre" in found.told
    with pytest.raises(SteepestError, match="the cost at the centre is nan"):
        reach_for_rise(lambda p: p[:, 0] * math.nan, (0.0,))
    with pytest.raises(SteepestError, match="the rise is -1"):
        reach_for_rise(lambda p: p[:, 0], (0.0,), rise=-1)


def test_what_is_known_of_directions_is_plain_data() -> None:
    ways = sharpest(saddle(), at={"x": 1.0, "y": 1.0}, ends="both")
    assert isinstance(ways, Directions)
    told = ways.to_dict()
    assert told["names"] == ["sharpest (bends 2)", "most negative (bends -2)"] and told["norms"] == [1.0, 1.0]


def test_a_cost_that_bends_nowhere_has_no_sharpest_direction() -> None:
    flat = Cost.from_function(lambda w: w.sum(), like={"w": torch.zeros(3)})
    with pytest.raises(SteepestError, match="the cost bends in no direction here"):
        sharpest(flat, at={"w": torch.ones(3)})


def test_directions_of_one_eigenvalue_are_said_to_be_any() -> None:
    told = [
        sharpest(
            Cost.from_function(lambda w, s=scale: (s * w * w).sum(), like={"w": torch.zeros(3)}),
            at={"w": torch.ones(3)},
        ).told
        for scale in (torch.ones(3), torch.tensor([3.0, 2.0, 1.0]))
    ]
    assert ["any mixture of their directions" in each for each in told] == [True, False]


def test_a_state_dict_with_running_statistics_is_no_place() -> None:
    module = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3), nn.Linear(3, 1)).eval()
    cost = Cost.from_module(module, nn.functional.mse_loss, [(torch.ones(4, 2), torch.ones(4, 1))])
    with pytest.raises(SteepestError, match=r"'1\.running_mean' is a buffer, no parameter of the cost"):
        random(cost, at=module.state_dict())
    with pytest.raises(SteepestError, match=r"plane: '1\.running_mean' is a buffer"):
        plane(cost, at=module.state_dict(), along=random(cost), points=3)
