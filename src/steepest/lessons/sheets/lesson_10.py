"""Lesson 10, noise: an epoch's batches, a loader that is known by its log, and what a falling rate does."""

from __future__ import annotations

import functools
import itertools
from collections import Counter
from collections.abc import Callable
from random import Random
from typing import Any

import torch
from torch import Tensor

from steepest.lessons.answers import Case, tensor, try_numbers
from steepest.lessons.exercise import Exercise, Given, Prediction
from steepest.lessons.mistakes import mistake
from steepest.lessons.reply import Mistake
from steepest.lessons.sheets.cores import one_core
from steepest.lessons.sheets.numbers import RATE, START, cost_of, listed, slopes, trial

PATIENTS = 8000
SIZE = 32
ROUNDS = 1000
WALKS = 100
HIDDEN = ((12, 4), (10, 4), (23, 5), (7, 7), (3, 8))
"""Patients and batch size of each hidden epoch; the last batch is not always a full one."""


def many(patients: int = PATIENTS, seed: int = 42) -> tuple[Tensor, Tensor]:
    """Make a larger trial: dosages from 0 to 8 mL, scores from the line m = -0.5, b = 2, with noise of size 1."""
    chance = torch.Generator().manual_seed(seed)
    x = torch.linspace(0, 8, patients, dtype=torch.float64)
    return x, 2 - 0.5 * x + torch.randn(patients, generator=chance, dtype=torch.float64)


def expected(m: Tensor, b: Tensor) -> Tensor:
    """What a line costs on new patients, on average: 1 for their noise, the rest for how far it is from the truth.

    With u = m + 0.5 and v = b - 2, and x spread evenly from 0 to 8: `1 + u^2 * 64 / 3 + 8 u v + v^2`.
    """
    u, v = m + 0.5, b - 2
    return 1 + 64 / 3 * u**2 + 8 * u * v + v**2


@one_core()
def noise(size: int, batches: int = 2000) -> float:
    """How far the gradient of a batch lies from that of all patients, at the start: root of the mean square."""
    x, y = many()
    over = START["m"] * x + START["b"] - y
    single = torch.stack([2 * over * x, 2 * over], dim=1)
    drawn = torch.randint(len(x), (batches, size), generator=torch.Generator().manual_seed(size))
    return float((single[drawn].mean(1) - single.mean(0)).square().sum(1).mean().sqrt())


@functools.lru_cache(maxsize=8)
@one_core()
def ends(rate: float, keep: float = 1.0) -> Tensor:
    """Where 100 walks over fresh batches end: each one's expected cost, after 1000 rounds of 32 patients.

    After each round the rate is multiplied by `keep`.
    """
    x, y = many()
    chance = torch.Generator().manual_seed(1)
    m, b = (torch.full((WALKS, 1), START[name], dtype=torch.float64) for name in ("m", "b"))
    for _ in range(ROUNDS):
        batch = torch.randint(len(x), (WALKS, SIZE), generator=chance)
        over = m * x[batch] + b - y[batch]
        slope_m, slope_b = (2 * over * x[batch]).mean(1, keepdim=True), (2 * over).mean(1, keepdim=True)
        m, b = m - rate * slope_m, b - rate * slope_b
        rate = rate * keep
    return expected(m[:, 0], b[:, 0])


def one_by_one(order: range, x: Tensor, y: Tensor) -> float:
    """The cost of all patients after one epoch of batches of one, in this order."""
    m, b = START["m"], START["b"]
    for one in order:
        by_m, by_b = slopes(m, b, x[one : one + 1], y[one : one + 1])
        m, b = m - RATE * by_m, b - RATE * by_b
    return cost_of(m, b, x, y)


def _batches(answer: Callable[..., Any], n: int, size: int, seed: int) -> list[list[int]] | Mistake:
    """Call a learner's function, and read what comes as lists of whole numbers; a loop without end is cut off."""
    try:
        came = answer(n, size, seed)
        made = [
            [tensor(one) for one in itertools.islice(batch, 2 * n + 2)]
            for batch in itertools.islice(iter(came), 2 * n + 2)
        ]
    except (Exception, SystemExit) as error:  # whatever a learner's code raises is told
        if isinstance(error, TypeError) and "iter" in str(error):
            return mistake("wrong type", "Batches are asked for, each a list of indices, and that is not what came.")
        words = str(error).partition("\n")[0]
        return mistake(
            "exception",
            f"With n = {n}, size = {size} your function stopped with {type(error).__name__}: {words or 'no words'}.",
        )
    flat = [one for batch in made for one in batch]
    if not flat:
        return mistake("nothing came back", f"With n = {n}, size = {size} there is no index in what came back.")
    if any(one.numel() != 1 or float(one) % 1 for one in flat):
        return mistake("wrong type", "A batch has something in it that is no index: indices are whole numbers.")
    return [[int(one) for one in batch] for batch in made]


def _fault(made: list[list[int]], n: int, size: int) -> Mistake | None:  # noqa: PLR0911 - one for each mistake
    flat = [one for batch in made for one in batch]
    where = f"With n = {n}, size = {size}"
    if beyond := [one for one in flat if not 0 <= one < n]:
        return mistake("off the end", f"{where} the index {beyond[0]} came, and they go from 0 to {n - 1}.")
    if len(made) > 1 and all(batch == made[0] for batch in made):
        return mistake("same batch", f"{where} all {len(made)} batches are the same {len(set(made[0]))} patients.")
    most, times = Counter(flat).most_common(1)[0]
    missing = sorted(set(range(n)) - set(flat))
    if times > 1:
        return mistake(
            "drawn with replacement",
            f"{where} patient {most} came {times} times and {len(missing)} did not come at all.",
        )
    if missing and len(missing) == n % size:
        return mistake("last batch dropped", f"{where} the last {len(missing)} never came: {n} is not {size} * k.")
    if missing:
        return mistake("examples missing", f"{where} only {len(set(flat))} of {n} patients came.")
    if any(len(batch) != size for batch in made[:-1]) or len(made) != -(-n // size):
        return mistake(
            "wrong batch size", f"{where} the batches have {listed([float(len(batch)) for batch in made])} patients."
        )
    return None


def _epoch(answer: Any, given: Given, chance: Random) -> Mistake | str:  # noqa: PLR0911 - one for each mistake
    if not callable(answer):
        return mistake("wrong type", "A function is asked for: give its name, without brackets.")
    in_order, alike = True, True
    for n, size in HIDDEN:
        seeds = chance.sample(range(10**6), 3)
        orders = []
        for seed in (seeds[0], seeds[0], *seeds[1:]):
            made = _batches(answer, n, size, seed)
            if isinstance(made, Mistake):
                return made
            if fault := _fault(made, n, size):
                return fault
            orders.append([one for batch in made for one in batch])
        if orders[0] != orders[1]:
            return mistake("not repeatable", f"Two calls with the seed {seeds[0]} gave different orders.")
        in_order = in_order and all(order == sorted(order) for order in orders)
        alike = alike and all(order == orders[0] for order in orders)
    if in_order:
        return mistake("not shuffled", "Every epoch goes through the patients as they stand in the table.")
    if alike:
        return mistake("the same order every epoch", "Another seed gives the same order.")
    return f"In all {4 * len(HIDDEN)} hidden epochs each patient came exactly once, shuffled, in batches of the size."


LOADERS = ("same", "shuffled", "drawn")


def _logged(how: str, x: Tensor, y: Tensor, chance: Random) -> list[float]:
    """The costs of the batches of rounds 51 to 60, of a loop that starts where the trial does."""
    m, b, costs = START["m"], START["b"], []
    order = chance.sample(range(len(x)), len(x))
    for index in range(60):
        at = 0 if how == "same" else index * SIZE
        batch = chance.choices(range(len(x)), k=SIZE) if how == "drawn" else order[at : at + SIZE]
        costs.append(cost_of(m, b, x[batch], y[batch]))
        by = slopes(m, b, x[batch], y[batch])
        m, b = m - RATE * by[0], b - RATE * by[1]
    return costs[50:]


def _logs(chance: Random | None) -> Given:
    chance = chance or Random(10)
    x, y = many(2000, seed=chance.getrandbits(30))
    kinds = chance.sample(LOADERS, len(LOADERS))
    logs = dict(zip("ABC", (_logged(how, x, y, chance) for how in kinds), strict=True))
    table = "; ".join(f"{letter}: {', '.join(f'{cost:.3f}' for cost in costs)}" for letter, costs in logs.items())
    return {"table": table, "logs": logs, "right": "ABC"[kinds.index("same")]}


def _loader(answer: Any, given: Given, chance: Random) -> Mistake | str:
    said = str(answer).strip().upper()
    if said not in given["logs"]:
        return mistake("wrong type", f"One of the letters A, B, C is asked for, and '{str(answer)[:40]}' came.")
    costs = given["logs"][said]
    jump = max(abs(one - other) for one, other in itertools.pairwise(costs))
    if said == given["right"]:
        return f"From one round to the next its cost changes by {jump:.3f} at most: it is the same batch each time."
    return mistake("noise for a fault", f"The cost of {said} jumps by up to {jump:.3f} from one round to the next.")


def _cloud(chance: Random | None) -> Given:
    singles = (-2.0, 4.0, 10.0, 12.0) if chance is None else tuple(float(chance.randint(-9, 15)) for _ in range(4))
    means = [(one + other) / 2 for one, other in itertools.combinations(singles, 2)]
    right = (sum(means) / len(means), min(means), max(means))
    return {"singles": listed(singles), "slopes": list(singles), "means": means, "right": right}


def _by_hand(answer: Any, given: Given, chance: Random) -> Mistake | str:
    right = given["right"]
    case = Case({"slopes": given["slopes"]}, right, {"sum for mean": [2 * value for value in right]})
    return try_numbers(answer, case) or "The mean of the cloud is the slope of all four: on average a batch is right."


EXERCISES = (
    Exercise(
        "epoch",
        10,
        "Write a function batches(n, size, seed) that returns one epoch: a list of batches, each a list of indices "
        "from 0 to n - 1. Every index comes exactly once, in an order that the seed decides; every batch has `size` of "
        "them, but for the last, which has what is left.",
        "Shuffle all the indices once, then cut the list into pieces.",
        "def batches(n, size, seed):\n"
        "    import random\n"
        "    order = list(range(n))\n"
        "    random.Random(seed).shuffle(order)\n"
        "    return [order[first:first + size] for first in range(0, n, size)]",
        _epoch,
    ),
    Exercise(
        "loader log",
        10,
        "Three loops fit a line to 2000 patients, 32 in each round. These are the costs of their batches in rounds "
        "51 to 60. {table}. One of the three gets the same 32 patients in every round. Which?",
        "A new batch brings new noise. Whose costs have none?",
        "See the key.",
        _loader,
        _logs,
        lambda given: str(given["right"]),
    ),
    Exercise(
        "cloud by hand",
        10,
        "With pencil and paper. Four patients have the single slopes {singles}. Write down the slope of every batch of "
        "two of them, six in all. Answer with (the mean of the six, the smallest, the largest).",
        "The slope of a batch is the mean of its single slopes.",
        "See the key.",
        _by_hand,
        _cloud,
        lambda given: f"{listed(given['right'])} (the six: {listed(given['means'])})",
    ),
)


def _noise() -> tuple[str, str]:
    one, four = noise(SIZE), noise(4 * SIZE)
    return "half as far", (
        f"Batches of {SIZE} lie {one:.2f} from the true gradient, batches of {4 * SIZE} lie {four:.2f} from it, "
        f"{four / one:.2f} of that. The noise falls with the square root of the batch size, so half of it costs four "
        "times the work."
    )


def _order() -> tuple[str, str]:
    _, x, y = trial()
    up, down = (one_by_one(order, x, y) for order in (range(8), range(7, -1, -1)))
    return "another cost", f"In the order 0 to 7 mL it ends at {up:.5f}, from 7 to 0 mL at {down:.5f}."


def _seen() -> tuple[float, str]:
    rounds = PATIENTS // SIZE
    drawn = torch.randint(PATIENTS, (rounds * SIZE,), generator=torch.Generator().manual_seed(0))
    seen = len(drawn.unique())
    return float(seen), (
        f"{seen} of {PATIENTS}, {seen / PATIENTS:.1%}. Each patient is missed with the chance "
        f"(1 - 1/{PATIENTS})**{PATIENTS} = {(1 - 1 / PATIENTS) ** PATIENTS:.4f}, and {PATIENTS - seen} were."
    )


def _falling() -> tuple[str, str]:
    falling, steady = ends(0.02, 0.995), ends(0.01)
    word = "the falling rate" if falling.mean() < steady.mean() else "the steady rate"
    return word, (
        f"Over {WALKS} walks, the falling rate ends at {float(falling.mean()):.4f} on average (the best possible is "
        f"1), the steady rate at {float(steady.mean()):.4f}. The falling rates add up to 3.97 only, the steady ones to "
        f"{ROUNDS * RATE:g}: the first walk stops before it has arrived."
    )


PREDICTIONS = (
    Prediction(
        "four times the batch",
        10,
        "A batch has four times as many patients. How far from the true gradient is its gradient then, typically?",
        _noise,
        ("as far", "half as far", "a quarter as far"),
    ),
    Prediction(
        "order of the patients",
        10,
        "One patient at a time, all eight once: from 0 to 7 mL, or from 7 to 0 mL. Do both end at the same cost?",
        _order,
        ("the same cost", "another cost"),
    ),
    Prediction(
        "different patients seen",
        10,
        "8000 draws with putting back, from 8000 patients. How many different ones were seen?",
        _seen,
        share=0.05,
    ),
    Prediction(
        "which rate ends nearer",
        10,
        "1000 rounds of fresh batches: with a rate that falls from 0.02, or with a steady 0.01. Which ends nearer to "
        "the truth, on average?",
        _falling,
        ("the falling rate", "the steady rate"),
    ),
)
