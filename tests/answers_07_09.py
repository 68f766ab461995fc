"""Forms that an answer to lessons 7 to 9 may have, right ones and wrong ones."""

import math
from collections.abc import Callable
from typing import Any

import torch

from steepest.lessons.sheets.lesson_07 import Value


def engine(**other: Any) -> type:
    """The engine of lesson 7, but for the methods given; every number it makes is of the same kind."""

    class Mine(Value):
        def __init__(self, data: Any, parents: Any = ()) -> None:
            super().__init__(data, parents)

        def __add__(self, other: Any) -> Any:
            return Mine(self.data + other.data, ((self, 1.0), (other, 1.0)))

        def __sub__(self, other: Any) -> Any:
            return Mine(self.data - other.data, ((self, 1.0), (other, -1.0)))

        def __mul__(self, other: Any) -> Any:
            return Mine(self.data * other.data, ((self, other.data), (other, self.data)))

        def tanh(self) -> Any:
            return Mine(math.tanh(self.data), ((self, 1 - math.tanh(self.data) ** 2),))

    for name, method in other.items():
        setattr(Mine, name, method)
    return Mine


class Closures:
    """Another build altogether: each number keeps a function that passes its slope on, as in micrograd."""

    def __init__(self, data: float, made_from: tuple[Any, ...] = ()) -> None:
        self.data, self.grad, self.made_from = data, 0, made_from
        self.passing: Callable[[], None] = lambda: None

    def _by(self, value: float, *pairs: tuple[Any, float]) -> Any:
        out = Closures(value, tuple(parent for parent, _ in pairs))

        def passing() -> None:
            for parent, slope in pairs:
                parent.grad += slope * out.grad

        out.passing = passing
        return out

    def __add__(self, other: Any) -> Any:
        return self._by(self.data + other.data, (self, 1), (other, 1))

    def __sub__(self, other: Any) -> Any:
        return self._by(self.data - other.data, (self, 1), (other, -1))

    def __mul__(self, other: Any) -> Any:
        return self._by(self.data * other.data, (self, other.data), (other, self.data))

    def tanh(self) -> Any:
        out = math.tanh(self.data)
        return self._by(out, (self, (1 - out) * (1 + out)))

    def backward(self) -> None:
        order: list[Any] = []

        def visit(value: Any) -> None:
            if value not in order:
                for parent in value.made_from:
                    visit(parent)
                order.append(value)

        visit(self)
        self.grad = 1
        for value in order[::-1]:
            value.passing()


def walking(passing: Callable[[Any, float, float], None], first: float = 1.0) -> Callable[[Any], None]:
    """A backward() that passes slopes on in the right order, in a way of its own."""

    def backward(self: Any) -> None:
        order: list[Any] = []

        def visit(value: Any) -> None:
            if value not in order:
                for parent, _ in value.parents:
                    visit(parent)
                order.append(value)

        visit(self)
        self.grad = first
        for value in order[::-1]:
            for parent, slope in value.parents:
                passing(parent, slope, value.grad)

    return backward


def overwriting(parent: Any, slope: float, behind: float) -> None:
    parent.grad = slope * behind


def own_slope_only(parent: Any, slope: float, behind: float) -> None:
    parent.grad += slope


def nothing_passed(parent: Any, slope: float, behind: float) -> None:
    parent.grad = 0.0 * slope


def adding(parent: Any, slope: float, behind: float) -> None:
    parent.grad += slope * behind


def at_once(self: Any) -> None:
    """Passes on whatever has arrived, and again with each arrival."""
    if not self.grad:
        self.grad = 1.0
    for parent, slope in self.parents:
        parent.grad += slope * self.grad
        at_once(parent)


def loop(zeroed: str, extra: int = 0) -> Callable[..., Any]:
    """The loop of lesson 7, with its gradients emptied somewhere."""

    def rounds(m: Any, b: Any, x: Any, y: Any, epochs: int) -> Any:
        leaves = [torch.tensor(value, dtype=x.dtype, requires_grad=True) for value in (m, b)]
        optimizer = torch.optim.SGD(leaves, lr=0.01)
        for _ in range(epochs + extra):
            cost = ((leaves[0] * x + leaves[1] - y) ** 2).mean()
            if zeroed == "before":
                optimizer.zero_grad()
            cost.backward()
            if zeroed == "between":
                optimizer.zero_grad()
            optimizer.step()
            if zeroed == "after":
                for leaf in leaves:
                    leaf.grad = None
        return leaves

    return rounds


def power(rounds: int = 300, of: Callable[[float], float] = lambda sharpness: 2 / sharpness) -> Callable[..., Any]:
    def limit(product: Any, vector: Any) -> Any:
        for _ in range(rounds):
            vector = product(vector) / product(vector).norm()
        return of(float(product(vector).norm()))

    return limit


def from_columns(product: Any, vector: Any) -> Any:
    table = torch.stack([product(axis) for axis in torch.eye(len(vector), dtype=vector.dtype)])
    return 2 / torch.linalg.eigvalsh(table)[-1]


def smallest(product: Any, vector: Any) -> Any:
    table = torch.stack([product(axis) for axis in torch.eye(len(vector), dtype=vector.dtype)])
    return 2 / torch.linalg.eigvalsh(table)[0]


def trace(product: Any, vector: Any) -> Any:
    return 2 / sum(product(axis) @ axis for axis in torch.eye(len(vector), dtype=vector.dtype))


def ball(how: str = "", more: int = 0) -> Callable[..., Any]:
    def heavy(slope: Any, place: Any, rate: float, factor: float, epochs: int) -> Any:
        velocity = 0 * place
        for _ in range(epochs + more):
            if how == "look":
                velocity = factor * velocity - rate * slope(place + factor * velocity)
            elif how == "damped":
                velocity = factor * velocity - rate * (1 - factor) * slope(place)
            else:
                velocity = {"plain": 0, "kept": 1}.get(how, factor) * velocity - rate * slope(place)
            place = place - velocity if how == "uphill" else place + velocity
        return place

    return heavy


def by_torch(slope: Any, place: Any, rate: float, factor: float, epochs: int) -> Any:
    leaf = place.clone().requires_grad_()
    optimizer = torch.optim.SGD([leaf], lr=rate, momentum=factor)
    for _ in range(epochs):
        leaf.grad = slope(leaf.detach())
        optimizer.step()
    return leaf


def newton(gradient: Any, m: float, b: float) -> Any:
    by_m, by_b = gradient(m, b)
    return m - (2 * by_m - 7 * by_b) / 21, b - (-7 * by_m + 35 * by_b) / 21


def conjugate(gradient: Any, m: float, b: float) -> Any:
    """Two steps, and no knowledge of the bend but what two more gradients tell."""
    place = torch.tensor([m, b], dtype=torch.float64)

    def slope(at: Any) -> Any:
        return torch.tensor(gradient(*at.tolist()), dtype=torch.float64)

    rest = -slope(place)
    way = rest
    for _ in range(2):
        bent = slope(place + way) - slope(place)
        size = (rest @ rest) / (way @ bent)
        place = place + size * way
        left = rest - size * bent
        way = left + (left @ left) / (rest @ rest) * way
        rest = left
    return place


def plain(epochs: int, rate: float = 0.01) -> Callable[..., Any]:
    def walk(gradient: Any, m: float, b: float) -> Any:
        for _ in range(epochs):
            by_m, by_b = gradient(m, b)
            m, b = m - rate * by_m, b - rate * by_b
        return m, b

    return walk
