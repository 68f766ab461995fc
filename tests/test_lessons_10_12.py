"""The exercises of lessons 10 to 12 accept right answers in several forms, name each mistake, and count rightly."""

import math
import random
import re
import sys
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import torch
from tolerances import CLOSED_FORM, assert_close
from torch import Tensor, nn
from torch.utils.data import DataLoader

from steepest import lessons
from steepest.lessons.mistakes import HINTS
from steepest.lessons.sheets import EXERCISES, PREDICTIONS, lesson_10, lesson_11, lesson_12

MINE = {name: exercise for name, exercise in EXERCISES.items() if exercise.lesson in (10, 11, 12)}


def dealt(n: int, size: int, seed: int) -> list[Tensor]:
    return list(torch.randperm(n, generator=torch.Generator().manual_seed(seed)).split(size))


def one_at_a_time(n: int, size: int, seed: int) -> Iterator[list[int]]:
    order = np.random.default_rng(seed).permutation(n)
    batch: list[int] = []
    for index in order:
        batch.append(index)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


def loaded(n: int, size: int, seed: int) -> Any:
    source = torch.Generator().manual_seed(seed)
    return DataLoader(range(n), batch_size=size, shuffle=True, generator=source)  # pyright: ignore[reportArgumentType]


def cut(order: list[int], size: int) -> list[list[int]]:
    return [order[at : at + size] for at in range(0, len(order), size)]


def shuffled(n: int, seed: object) -> list[int]:
    return random.Random(str(seed)).sample(range(n), n)


def drawn(n: int, size: int, seed: int) -> list[list[int]]:
    source = random.Random(seed)
    return [source.choices(range(n), k=size) for _ in range(-(-n // size))]


def endless(n: int, size: int, seed: int) -> Iterator[list[int]]:
    while True:
        yield shuffled(n, seed)[:size]


def without_end(n: int, size: int, seed: int) -> Iterator[list[int]]:
    while True:
        yield from cut(shuffled(n, seed), size)


def signs(hessian: Tensor) -> str:
    values = np.linalg.eigvalsh(hessian.numpy())
    up, down = (values > 1e-9).any(), (values < -1e-9).any()
    if up and down:
        return "saddle"
    return "cannot tell" if (abs(values) <= 1e-9).any() else "minimum" if up else "maximum"


def pivots(hessian: Tensor) -> str:
    """By the signs of the leading minors (Sylvester), another road to minimum and maximum."""
    size = len(hessian)
    minors = [float(torch.linalg.det(hessian[:k, :k])) for k in range(1, size + 1)]
    if all(minor > 1e-12 for minor in minors):
        return "minimum"
    if all((-1) ** k * minor > 1e-12 for k, minor in enumerate(minors, start=1)):
        return "maximum"
    return signs(hessian)


def orthogonal(units: int, inputs: int) -> Tensor:
    return nn.init.xavier_normal_(torch.empty(units, inputs))


def manual(model: nn.Module, x: Tensor, y: Tensor, epochs: int, learning_rate: float) -> list[Tensor]:
    costs = []
    for _ in range(epochs):
        cost = nn.functional.mse_loss(model(x)[:, 0], y)
        slopes = torch.autograd.grad(cost, list(model.parameters()))
        with torch.no_grad():
            for value, slope in zip(model.parameters(), slopes, strict=True):
                value.sub_(learning_rate * slope)
        costs.append(cost)
    return costs


def loop(how: str = "") -> Callable[..., Any]:
    """A training loop, broken in the named way."""

    def train(model: nn.Module, x: Tensor, y: Tensor, epochs: int, learning_rate: float) -> list[float]:
        held = list(model.parameters())[:1] if how == "forgotten" else model.parameters()
        rate = 0.0 if how == "still" else learning_rate
        optimizer = torch.optim.SGD(held, lr=rate, maximize=how == "uphill")
        costs, first = [], None
        for _ in range(epochs):
            estimate = model(x) if how == "broadcasting" else model(x).flatten()
            squares = (estimate - y) ** 2
            cost = squares.sum() if how == "sum" else squares.mean()
            if how != "uncleared":
                model.zero_grad()
            cost.backward()
            if how == "stale":
                first = first or [value.grad.clone() for value in model.parameters() if value.grad is not None]
                for value, slope in zip(model.parameters(), first, strict=True):
                    value.grad = slope.clone()
            optimizer.step()
            after = ((model(x).flatten() - y) ** 2).mean()
            costs.append(float(after if how == "late" else cost))
        return costs

    return train


RIGHT: list[tuple[str, Any]] = [
    ("epoch", dealt),
    ("epoch", one_at_a_time),
    ("epoch", loaded),
    ("epoch", lambda n, size, seed: cut(shuffled(n, seed), size)),
    ("epoch", lambda n, size, seed: np.split(np.random.default_rng(seed).permutation(n), range(size, n, size))),
    ("loader log", "a"),
    ("loader log", " A "),
    ("cloud by hand", (6, 1, 11)),
    ("cloud by hand", torch.tensor([6.0, 1.0, 11.0])),
    ("kind of flat place", signs),
    ("kind of flat place", pivots),
    ("break the symmetry", orthogonal),
    ("break the symmetry", lambda units, inputs: np.random.default_rng(0).normal(size=(units, inputs))),
    (
        "break the symmetry",
        lambda units, inputs: [[i + 1.0 if j == 0 else 0.5 for j in range(inputs)] for i in range(units)],
    ),
    ("kind by hand", "saddle"),
    ("kind by hand", "Saddle "),
    ("train", loop()),
    ("train", manual),
    ("train", lambda *given: torch.stack([cost.detach() for cost in manual(*given)])),
    ("price of taps", (7883, 7884)),
    ("price of taps", [7883.0, 7884]),
]

WRONG: list[tuple[str, Any, str]] = [
    ("epoch", lambda n, size, seed: [list(range(min(n, size)))] * -(-n // size), "same batch"),
    ("epoch", endless, "same batch"),
    ("epoch", drawn, "drawn with replacement"),
    ("epoch", without_end, "drawn with replacement"),
    ("epoch", lambda n, size, seed: cut(shuffled(n, seed), size)[: n // size], "last batch dropped"),
    ("epoch", lambda n, size, seed: cut(shuffled(n, seed), size)[:1], "examples missing"),
    ("epoch", lambda n, size, seed: cut(shuffled(n, seed), size + 1), "wrong batch size"),
    ("epoch", lambda n, size, seed: [shuffled(n, seed)], "wrong batch size"),
    ("epoch", lambda n, size, seed: cut([one + 1 for one in shuffled(n, seed)], size), "off the end"),
    ("epoch", lambda n, size, seed: cut(list(range(n)), size), "not shuffled"),
    ("epoch", lambda n, size, seed: cut(shuffled(n, 0), size), "the same order every epoch"),
    ("epoch", lambda n, size, seed: cut(random.sample(range(n), n), size), "not repeatable"),
    ("epoch", lambda n, size, seed: shuffled(n, seed), "wrong type"),
    ("epoch", lambda n, size, seed: [[0.5]], "wrong type"),
    ("epoch", lambda n, size, seed: None, "wrong type"),
    ("epoch", lambda n, size, seed: [], "nothing came back"),
    ("epoch", lambda n, size: [], "exception"),
    ("epoch", lambda n, size, seed: sys.exit(), "exception"),
    ("epoch", [[0, 1]], "wrong type"),
    ("loader log", "B", "noise for a fault"),
    ("loader log", "D", "wrong type"),
    ("cloud by hand", (12, 2, 22), "sum for mean"),
    ("cloud by hand", (6, 4, 11), ""),
    ("cloud by hand", "six", "wrong type"),
    ("kind of flat place", lambda hessian: "minimum", "flat for lowest"),
    ("kind of flat place", lambda hessian: signs(-hessian), "upside down"),
    ("kind of flat place", lambda hessian: signs(torch.diag(torch.diag(hessian))), "looks along the axes only"),
    (
        "kind of flat place",
        lesson_11.WAYS["looks at the determinant only"],
        "looks at the determinant only",
    ),
    (
        "kind of flat place",
        lambda hessian: {"cannot tell": "minimum" if hessian.trace() > 0 else "maximum"}.get(
            signs(hessian), signs(hessian)
        ),
        "zero for positive",
    ),
    (
        "kind of flat place",
        lambda hessian: "cannot tell" if abs(torch.linalg.det(hessian)) < 1e-9 else signs(hessian),
        "a zero hides the saddle",
    ),
    ("kind of flat place", lambda hessian: "maximum", ""),
    ("kind of flat place", lambda hessian: "valley", "wrong type"),
    ("kind of flat place", lambda hessian: None, "nothing came back"),
    ("kind of flat place", lambda hessian: hessian[7, 7], "exception"),
    ("kind of flat place", lambda hessian: signs(hessian.mul_(2)), "changed in place"),
    ("kind of flat place", "saddle", "wrong type"),
    ("break the symmetry", torch.zeros, "all zero"),
    ("break the symmetry", torch.ones, "all alike"),
    ("break the symmetry", lambda units, inputs: torch.randn(1, inputs).expand(units, inputs), "all alike"),
    ("break the symmetry", lambda units, inputs: 1000 * torch.randn(units, inputs), "too large"),
    ("break the symmetry", lambda units, inputs: torch.randn(inputs, units), "wrong shape"),
    ("break the symmetry", lambda units, inputs: torch.randn(units, inputs) / 0, "not finite"),
    ("break the symmetry", lambda units, inputs: None, "nothing came back"),
    ("break the symmetry", lambda units, inputs: "random", "wrong type"),
    ("break the symmetry", lambda units: torch.randn(units, 2), "exception"),
    ("break the symmetry", torch.randn(2, 2), "wrong type"),
    ("kind by hand", "minimum", "looks along the axes only"),
    ("kind by hand", "maximum", ""),
    ("kind by hand", "a hill", "wrong type"),
    ("train", loop("uncleared"), "uncleared gradient"),
    ("train", loop("broadcasting"), "broadcasting"),
    ("train", loop("sum"), "sum for mean"),
    ("train", loop("uphill"), "uphill"),
    ("train", loop("still"), "nothing moved"),
    ("train", loop("stale"), "stale gradient"),
    ("train", loop("forgotten"), "forgotten parameter"),
    ("train", loop("late"), "measured too late"),
    ("train", lambda *given: loop()(*given)[-1], "wrong shape"),
    ("train", lambda model, x, y, epochs, rate: None, "nothing came back"),
    ("train", lambda model, x, y, epochs, rate: model(x, y), "exception"),
    ("train", lambda model, x, y: [], "wrong type"),
    ("price of taps", (7870, 7871), "biases forgotten"),
    ("price of taps", (7883, 7883), "where it stands"),
    ("price of taps", (7883, 2 * 7883), "both sides tapped"),
    ("price of taps", (7884, 7883), "swapped parameters"),
]


@pytest.mark.parametrize(("name", "answer"), RIGHT, ids=[f"{i} {name}" for i, (name, _) in enumerate(RIGHT)])
def test_a_right_answer_passes_in_whatever_form(name: str, answer: Any) -> None:
    reply = lessons.check(name, answer)
    assert reply.passed and str(reply).startswith("Right. "), reply


@pytest.mark.parametrize(
    ("name", "answer", "mistake"), WRONG, ids=[f"{i} {name}: {mistake}" for i, (name, _, mistake) in enumerate(WRONG)]
)
@pytest.mark.filterwarnings("ignore:Using a target size")
def test_a_mistake_is_named(name: str, answer: Any, mistake: str) -> None:
    reply = lessons.check(name, answer)
    assert not reply.passed and reply.mistake == mistake, reply
    assert reply.hint and len(reply.claim) > 15 and "\n" not in reply.claim
    if len(worked := str(reply.solution())) > 8:  # a letter or a word is in any sentence
        assert worked not in str(reply)


def test_both_lists_cover_every_exercise() -> None:
    assert {name for name, _ in RIGHT} == {name for name, _, _ in WRONG} == set(MINE)
    assert {name for _, _, name in WRONG} - {""} <= set(HINTS)
    assert set(lesson_11.WAYS) | set(lesson_12.WAYS) <= {name for _, _, name in WRONG}


KEYS: dict[str, Callable[[str], Any]] = {
    "loader log": str,
    "cloud by hand": lambda key: [float(part) for part in key.partition(" (")[0].split(",")],
    "kind by hand": lambda key: key.partition(":")[0],
    "price of taps": lambda key: [float(part) for part in key.split(",")],
}


@pytest.mark.parametrize("name", MINE)
@pytest.mark.parametrize("seed", [None, 1, 17, 99])
def test_the_solution_or_the_key_of_a_seed_is_right(name: str, seed: int | None) -> None:
    worked = str(lessons.solution(name, seed=seed))
    if name in KEYS:
        assert lessons.check(name, KEYS[name](worked), seed=seed).passed
        assert len({lessons.task(name, seed=number) for number in range(8)}) > 5
    else:
        world: dict[str, Any] = {}
        exec(worked, world)  # noqa: S102  # our own solution
        answer = next(value for key, value in world.items() if not key.startswith("__"))
        assert lessons.check(name, answer, seed=seed).passed
    assert (name in KEYS) == bool(MINE[name].key)


def test_hidden_flat_places_have_the_eigenvalues_they_were_made_of() -> None:
    for values in lesson_11.HIDDEN:
        found = np.linalg.eigvalsh(lesson_11.turned(values, random.Random(3)).numpy())
        assert_close(torch.tensor(found), torch.tensor(sorted(values), dtype=torch.float64), CLOSED_FORM)
    assert {signs(torch.diag(torch.tensor(values))) for values in lesson_11.HIDDEN} == set(lesson_11.KINDS)


def test_every_prediction_is_explained_with_a_number() -> None:
    for prediction in PREDICTIONS.values():
        if prediction.lesson in (10, 11, 12):
            found, why = prediction.found()
            assert re.search(r"\d", why), prediction.name
            assert not prediction.choices or found in prediction.choices, prediction.name
    assert PREDICTIONS["passes by taps"].found()[0] == 100_481
    assert PREDICTIONS["beside the saddle"].found()[0] == 76 == math.ceil(math.log(1e6) / math.log(1.2))


def test_noise_falls_with_the_root_of_the_batch() -> None:
    x, y = lesson_10.many()
    over = 0.9 * x + 0.1 - y
    spread = math.sqrt(float(torch.var(2 * over * x, correction=0) + torch.var(2 * over, correction=0)))
    for size in (1, 16, 256):
        assert_close(lesson_10.noise(size), spread / math.sqrt(size), 0.03, f"batch of {size}")


def test_the_expected_cost_of_a_line_is_the_integral() -> None:
    x = torch.linspace(0, 8, 200_001, dtype=torch.float64)
    m, b = torch.tensor(-0.258, dtype=torch.float64), torch.tensor(0.702, dtype=torch.float64)
    squares = ((m * x + b) - (2 - 0.5 * x)) ** 2
    integral = 1 + torch.trapezoid(squares, x) / 8
    assert_close(lesson_10.expected(m, b), integral, 1e-8)
    assert_close(float(integral), 1.421, 1e-3)


def test_a_falling_rate_stops_before_it_has_arrived() -> None:
    falling, steady, fast = (lesson_10.ends(*rate) for rate in ((0.02, 0.995), (0.01,), (0.02,)))
    # On average, and with small rates, the walk along the flat direction shrinks by 1 - rate * eigenvalue each round.
    hessian = 2 * torch.tensor([[64 / 3, 4], [4, 1]], dtype=torch.float64)
    values, vectors = torch.linalg.eigh(hessian)
    gap = vectors.T @ torch.tensor([1.4, -1.9], dtype=torch.float64)
    left = math.prod(1 - 0.02 * 0.995**round * float(values[0]) for round in range(1000))
    without_noise = 1 + 0.5 * float(values[0]) * float(gap[0] * left) ** 2
    assert_close(float(falling.mean()), without_noise, 2e-3)
    assert steady.mean() + 3 * steady.std() / 10 < falling.mean()
    assert falling.std() < steady.std() < fast.std()


def test_one_by_one_is_torchs_sgd_in_that_order() -> None:
    x, y = (
        torch.arange(8, dtype=torch.float64),
        torch.tensor([1.86, 1.31, 0.62, 0.33, 0.09, -0.67, -1.23, -1.37]).double(),
    )
    for order, told in ((range(8), 1.19222), (range(7, -1, -1), 1.17855)):
        line = [torch.tensor(value, dtype=torch.float64, requires_grad=True) for value in (0.9, 0.1)]
        optimizer = torch.optim.SGD(line, lr=0.01)
        for one in order:
            optimizer.zero_grad()
            ((line[0] * x[one] + line[1] - y[one]) ** 2).backward()
            optimizer.step()
        cost = float(((line[0] * x + line[1] - y) ** 2).mean().detach())
        assert_close(lesson_10.one_by_one(order, x, y), cost, 1e-6)
        assert_close(cost, told, 1e-5)


def test_minima_among_random_flat_places_are_as_rare_as_the_theory_says() -> None:
    exact = {1: 1 / 2, 2: (2 - math.sqrt(2)) / 4, 3: (math.pi - 2 * math.sqrt(2)) / (4 * math.pi)}
    for size, share in exact.items():
        error = math.sqrt(share * (1 - share) / lesson_11.PLACES)
        assert abs(lesson_11.share_of_minima(size) - share) < 4 * error
    shares = [lesson_11.share_of_minima(size) for size in range(1, 7)]
    assert shares == sorted(shares, reverse=True) and shares[-1] == 0


def test_a_thousand_starts_end_at_the_least_squares_line() -> None:
    x, y = (
        torch.arange(8, dtype=torch.float64),
        torch.tensor([1.86, 1.31, 0.62, 0.33, 0.09, -0.67, -1.23, -1.37]).double(),
    )
    line = torch.linalg.lstsq(torch.stack([x, torch.ones_like(x)], dim=1), y).solution
    found = lesson_11.thousand()
    assert found.shape == (1000, 2) and float((found - line).abs().max()) < 1e-6
    assert float((found.max(0).values - found.min(0).values).max()) < 1e-8


def test_units_that_begin_alike_stay_alike_and_others_do_not() -> None:
    assert lesson_11.parted(torch.full((3, 2), 0.4, dtype=torch.float64)) == 0
    assert lesson_11.parted(torch.tensor([[0.4, 0.1], [-0.3, 0.2]], dtype=torch.float64)) > 0.1


def test_fewer_walks_are_stuck_where_there_are_more_parameters() -> None:
    assert lesson_11.stuck(2) > 10 > lesson_11.stuck(8) == 0


def test_adam_and_the_watched_run_have_the_known_numbers() -> None:
    for rate, told in ((0.001, 2.34371), (0.01, 0.021726), (0.1, 0.0194661)):
        assert_close(lesson_12.adam(rate)[1000], told, 2e-5)
    assert PREDICTIONS["watched or not"].found()[0] == "the same bits"


def test_taps_count_one_pass_a_parameter_and_agree_with_autograd() -> None:
    model, (x, y) = lesson_12.OneColumn(3, seed=4), (torch.rand(6, 3).double(), torch.rand(6, 1).double())
    before = [value.detach().clone() for value in model.parameters()]
    slopes, passes = lesson_12.tapped(model, x, y, h=1e-7)
    assert passes == 5 and all(torch.equal(*pair) for pair in zip(before, model.parameters(), strict=True))
    exact = torch.autograd.grad(nn.functional.mse_loss(model(x), y), list(model.parameters()))
    assert_close(slopes, torch.cat([slope.reshape(-1) for slope in exact]), 1e-5)
