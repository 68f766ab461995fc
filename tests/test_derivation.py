"""The derivation by hand: the lesson's numbers, three roads to each line, lines that must be refused."""

from __future__ import annotations

import ast
import json
import math
import re
from collections.abc import Mapping
from dataclasses import replace
from itertools import product
from typing import Any
from xml.etree import ElementTree

import matplotlib.mathtext
import pytest
import sympy
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from steepest.derivation import Derivation, Line, by_hand, cost_of, derive
from steepest.derivation import expressions as ex
from steepest.derivation.printing import plain
from steepest.derivation.problem import Problem, read
from steepest.derivation.proof import Proof, prepare
from steepest.derivation.roads import _cost, _in_float64, proved
from steepest.derivation.rules import written
from steepest.errors import SteepestError

EXACT = 1e-12  # float64, a sum of eight terms: a few units in the last place
CLOSE = 1e-9  # float64 through exp and tanh, relative to terms of the size of one

X = torch.arange(8, dtype=torch.float64)
Y = torch.tensor([1.86, 1.31, 0.62, 0.33, 0.09, -0.67, -1.23, -1.37], dtype=torch.float64)
START = {"m": 0.9, "b": 0.1}
# (dC/dm, dC/db) of each example alone, from the notebook on the gradient of one point
SINGLE_POINTS = [
    (0.0, -3.52),
    (-0.62, -0.62),
    (5.12, 2.56),
    (14.82, 4.94),
    (28.88, 7.22),
    (52.70, 10.54),
    (80.76, 13.46),
    (108.78, 15.54),
]
STRANGE = [
    "drug dosage (mL)",
    "</script><script>alert(1)</script>",
    "$x_1^2$ & 50% #~\\{}",
    "__import__('os').system('true')",
    "a" * 60,
    "line\nbreak\x00\ud800",
    "",
]


def tensors(**values: Any) -> dict[str, Tensor]:
    return {name: torch.as_tensor(value, dtype=torch.float64) for name, value in values.items()}


def case(model: str, *, rows: int = 6, seed: int = 0, activation: str = "tanh") -> dict[str, Any]:
    """Make random arguments for `derive`."""
    generator = torch.Generator().manual_seed(seed)

    def draw(*shape: int) -> Tensor:
        return torch.randn(shape, generator=generator, dtype=torch.float64)

    features = {"linear": 3, "logistic": 2, "hidden layer": 2}.get(model, 1)
    names = {"polynomial": ["c0", "c1", "c2", "c3"]}.get(model, [*(f"w{k}" for k in range(1, features + 1)), "b"])
    params = {name: draw() for name in names}
    if model == "hidden layer":
        params = {"W": draw(3, features), "b": draw(3), "v": draw(3), "c": draw()}
    inputs, targets = draw(rows, features), draw(rows)
    if model == "logistic":
        targets = (targets > 0).double()
    made = {"model": model, "params": params, "inputs": inputs, "targets": targets}
    return {**made, "activation": activation} if model == "hidden layer" else made


CASES = {
    f"{model}, {activation + ', ' if activation else ''}{rows} rows": case(
        model, rows=rows, activation=activation or "tanh"
    )
    for (model, activation), rows in product(
        [("linear", ""), ("polynomial", ""), ("logistic", ""), ("hidden layer", "tanh"), ("hidden layer", "sigmoid")],
        [1, 3, 40],
    )
}
every_case = pytest.mark.parametrize("arguments", CASES.values(), ids=CASES)


def prepared(arguments: Mapping[str, Any]) -> tuple[Problem, Proof]:
    problem = _in_float64(read(**{"activation": "tanh", **arguments}))
    return problem, prepare(problem, _cost)


def as_params(gradient: Mapping[str, Derivation]) -> dict[str, Tensor]:
    return {name: torch.as_tensor(one.value, dtype=torch.float64) for name, one in gradient.items()}


def assert_same(found: Mapping[str, Tensor], wanted: Mapping[str, Tensor], tolerance: float) -> None:
    assert list(found) == list(wanted)
    for name, value in wanted.items():
        torch.testing.assert_close(found[name], value, rtol=tolerance, atol=tolerance)


# The lesson's numbers


def test_the_trial_gradient_at_the_start() -> None:
    gradient = derive("linear", START, X, Y)
    assert gradient["m"].value == pytest.approx(36.305, rel=EXACT)
    assert gradient["b"].value == pytest.approx(6.265, rel=EXACT)


def test_each_point_alone_and_their_mean_is_the_batch() -> None:
    singles = [derive("linear", START, x, y) for x, y in zip(X, Y, strict=True)]
    for single, (slope, intercept) in zip(singles, SINGLE_POINTS, strict=True):
        assert single["m"].value == pytest.approx(slope, rel=EXACT, abs=EXACT)
        assert single["b"].value == pytest.approx(intercept, rel=EXACT)
    batch = derive("linear", START, X, Y)
    for name in START:
        assert math.fsum(float(single[name].value) for single in singles) / 8 == pytest.approx(batch[name].value)


def test_statquest_walks_down_the_sum_of_squares() -> None:
    x, y = tensors(x=[0.5, 2.3, 2.9], y=[1.4, 1.9, 3.2]).values()
    intercept = 0.0
    slopes, intercepts = [], []
    for _ in range(3):
        slope = 3 * float(derive("linear", {"m": 0.64, "b": intercept}, x, y, only="b")["b"].value)
        intercept -= 0.1 * slope
        slopes.append(slope)
        intercepts.append(intercept)
    # StatQuest sums where the lesson averages, hence the factor 3; its digits are rounded to four
    assert slopes == pytest.approx([-5.704, -2.2816, -0.91264], abs=1e-9)
    assert intercepts == pytest.approx([0.5704, 0.7986, 0.8898], abs=5e-5)
    both = derive("linear", {"slope": 1.0, "intercept": 0.0}, x, y)
    assert [3 * float(both[name].value) for name in both] == pytest.approx([-0.8, -1.6])


# Three roads: the lines, autograd, sympy


@every_case
def test_derived_by_hand_and_autograd_agree(arguments: dict[str, Any]) -> None:
    cost = cost_of(**arguments)
    wanted = cost.value_and_gradient(arguments["params"])[1]
    assert_same(as_params(derive(**arguments)), wanted, CLOSE)
    assert_same(by_hand(**arguments)(arguments["params"]), wanted, CLOSE)
    assert cost.examples == len(arguments["targets"])


@settings(max_examples=25, deadline=None)
@given(
    model=st.sampled_from(["linear", "polynomial", "logistic", "hidden layer"]),
    rows=st.integers(1, 20),
    seed=st.integers(0, 2**31),
    activation=st.sampled_from(["tanh", "sigmoid"]),
)
def test_any_random_problem_agrees(model: str, rows: int, seed: int, activation: str) -> None:
    arguments = case(model, rows=rows, seed=seed, activation=activation)
    gradient = derive(**arguments)
    assert_same(as_params(gradient), cost_of(**arguments).value_and_gradient(arguments["params"])[1], CLOSE)


@settings(max_examples=15, deadline=None)
@given(scale=st.sampled_from([1e-8, 1e-3, 1e3, 1e8]), offset=st.sampled_from([0.0, 1e6]), seed=st.integers(0, 999))
def test_no_true_line_is_refused_whatever_the_scale_of_the_data(scale: float, offset: float, seed: int) -> None:
    for model in ("linear", "polynomial", "logistic", "hidden layer"):
        arguments = case(model, seed=seed)
        arguments["inputs"] = (arguments["inputs"] + offset) * scale
        if model != "logistic":
            arguments["targets"] = arguments["targets"] * scale + offset
        derive(**arguments)


def test_at_the_minimum_nothing_but_rounding_is_left() -> None:
    fitted = torch.linalg.lstsq(torch.stack([X, torch.ones(8).double()], 1), Y[:, None]).solution[:, 0]
    gradient = derive("linear", dict(zip("mb", fitted, strict=True)), X, Y)
    assert [one.value for one in gradient.values()] == pytest.approx([0, 0], abs=1e-13)


def in_sympy(  # noqa: PLR0911, PLR0912 - one case for each kind of expression
    expression: ex.Expression, at: Mapping[str, int], sizes: Mapping[str, int], kept: str = ""
) -> Any:
    """Write one entry of an expression in sympy, sums in full; the named symbol `kept` stays a symbol."""

    def inside(part: ex.Expression, **moved: int) -> Any:
        return in_sympy(part, {**at, **moved}, sizes, kept)

    def entry(symbol: ex.Symbol) -> sympy.Symbol:
        return sympy.Symbol(f"{symbol.key} " + "".join(f"{axis}{at[axis]}" for axis in symbol.axes))

    match expression:
        case ex.Number(value):
            return sympy.Integer(int(value))
        case ex.Symbol(key="n"):
            return sympy.Integer(sizes["i"])
        case ex.Named() if expression.key != kept:
            return inside(expression.definition)
        case ex.Symbol():
            return entry(expression)
        case ex.Add(terms):
            return sympy.Add(*map(inside, terms))
        case ex.Multiply(factors):
            return sympy.Mul(*map(inside, factors))
        case ex.Negative(term):
            return -inside(term)
        case ex.Transposed(body):
            return inside(body)
        case ex.Divide(top, bottom):
            return inside(top) / inside(bottom)
        case ex.Power(base, exponent):
            return inside(base) ** exponent
        case ex.Apply(function, argument):
            of = inside(argument)
            return {"ln": sympy.log, "tanh": sympy.tanh, "sigmoid": lambda z: 1 / (1 + sympy.exp(-z))}[function](of)
        case ex.Sum(index, body):
            return sympy.Add(*(inside(body, **{index: place}) for place in range(sizes[index])))
        case ex.Derivative(body, by):
            if not isinstance(by, ex.Named):
                return sympy.diff(inside(body), entry(by))
            slope = sympy.diff(in_sympy(body, at, sizes, by.key), entry(by))
            everywhere = product(*(range(sizes[axis]) for axis in by.axes))
            places = [{**at, **dict(zip(by.axes, place, strict=True))} for place in everywhere]
            values = {in_sympy(by, place, sizes, by.key): in_sympy(by, place, sizes) for place in places}
            return slope.subs(values)
    raise TypeError(type(expression))


@pytest.mark.parametrize("model", ["linear", "polynomial", "logistic", "hidden layer"])
@pytest.mark.parametrize("rows", [1, 2])
def test_every_line_is_what_sympy_differentiates(model: str, rows: int) -> None:
    arguments = case(model, rows=rows)
    problem, _ = prepared(arguments)
    sizes = {"i": rows, "j": 3, "k": 2}
    at = {"j": 1, "k": 0}
    point: dict[Any, Any] = {}
    for name in problem.params:
        lines = written(problem, name)
        cost = in_sympy(lines[0].right, at, sizes)
        for place, symbol in enumerate(sorted(cost.free_symbols, key=str)):
            point[symbol] = sympy.Rational(place + 3, 2 * place + 5)
        symbol = in_sympy(problem.symbol(name), at, sizes)
        wanted = sympy.diff(cost, symbol).subs(point).evalf(40)
        for line in lines[1:]:
            found = in_sympy(line.right, at, sizes).subs(point).evalf(40)
            assert abs(found - wanted) < 1e-30, (line, found, wanted)


# Lines that must be refused


@every_case
def test_a_factor_two_on_any_line_is_refused(arguments: dict[str, Any]) -> None:
    problem, proof = prepared(arguments)
    for name in problem.params:
        lines = written(problem, name)
        for place, line in enumerate(lines):
            wrong = [*lines[:place], replace(line, right=2 * line.right), *lines[place + 1 :]]
            with pytest.raises(SteepestError, match=rf"line {place + 1} of the derivation for '{name}'.*= 2\)"):
                proved(problem, name, proof, tuple(wrong))


def test_a_missing_inner_derivative_is_refused_and_named() -> None:
    problem, proof = prepared({"model": "linear", "params": START, "inputs": X, "targets": Y})
    lines = written(problem, "m")
    total = lines[8].right
    assert repr(total) == "(2/n) Σᵢ (ŷᵢ − yᵢ) xᵢ"
    residual = written(problem, "b")[8].right
    wrong = (*lines[:8], replace(lines[8], right=residual))
    with pytest.raises(SteepestError, match=r"line 9 .*'m' \(everything collected\) gives .*autograd"):
        proved(problem, "m", proof, wrong)


def test_a_symbol_given_a_second_meaning_is_refused() -> None:
    problem, proof = prepared({"model": "linear", "params": START, "inputs": X, "targets": Y})
    lines = written(problem, "m")
    (estimate,) = lines[0].where
    other = replace(estimate, definition=estimate.definition + 1)
    y, x = ex.Symbol("y", "i", "y", ("i",)), ex.Symbol("x1", "i", "x", ("i",))
    n = ex.Symbol("n", "", "n")
    wrong = replace(lines[-1], right=ex.Divide(ex.Number(2), n) * ex.Sum("i", (other - y) * x))
    with pytest.raises(SteepestError, match="line 9"):
        proved(problem, "m", proof, (*lines[:-1], wrong))


def test_a_wrong_number_is_refused() -> None:
    _, proof = prepared({"model": "linear", "params": START, "inputs": X, "targets": Y})
    right = derive("linear", START, X, Y)["m"].lines
    wrong = replace(right[-1], right=ex.Number(36.3051))
    with pytest.raises(SteepestError, match=r"line 12 .*gives 36.3051, autograd 36.305"):
        proof.hold("m", (*right[:-1], wrong))


def test_a_line_that_is_not_a_number_is_refused() -> None:
    problem, proof = prepared({"model": "linear", "params": START, "inputs": X, "targets": Y})
    lines = written(problem, "m")
    wrong = replace(lines[3], right=ex.Number(math.nan))
    with pytest.raises(SteepestError, match=r"line 4 .*nan"):
        proved(problem, "m", proof, (*lines[:3], wrong, *lines[4:]))


# What is written


def test_the_board_for_the_trial() -> None:
    shown = [line.text() for line in derive("linear", START, X, Y)["m"].lines]
    assert shown == [
        "C = (1/n) Σᵢ (ŷᵢ − yᵢ)²   with ŷᵢ = m xᵢ + b",
        "∂C/∂m = ∂/∂m [(1/n) Σᵢ (ŷᵢ − yᵢ)²]",
        "∂C/∂m = (1/n) · ∂/∂m Σᵢ (ŷᵢ − yᵢ)²",
        "∂C/∂m = (1/n) Σᵢ ∂/∂m [(ŷᵢ − yᵢ)²]",
        "∂C/∂m = (1/n) Σᵢ 2 (ŷᵢ − yᵢ) · ∂/∂m (ŷᵢ − yᵢ)",
        "∂C/∂m = (1/n) Σᵢ 2 (ŷᵢ − yᵢ) · ∂/∂m (m xᵢ + b − yᵢ)",
        "∂C/∂m = (1/n) Σᵢ 2 (ŷᵢ − yᵢ) (∂/∂m [m xᵢ] + ∂b/∂m − ∂yᵢ/∂m)",
        "∂C/∂m = (1/n) Σᵢ 2 (ŷᵢ − yᵢ) (xᵢ + 0 − 0)",
        "∂C/∂m = (2/n) Σᵢ (ŷᵢ − yᵢ) xᵢ",
        "∂C/∂m = (2/8) ((0.1 − 1.86)·0 + (1 − 1.31)·1 + (1.9 − 0.62)·2 + (2.8 − 0.33)·3 + (3.7 − 0.09)·4"
        " + (4.6 − (−0.67))·5 + (5.5 − (−1.23))·6 + (6.4 − (−1.37))·7)",
        "∂C/∂m = (2/8) (0 − 0.31 + 2.56 + 7.41 + 14.44 + 26.35 + 40.38 + 54.39)",
        "∂C/∂m = 36.305",
    ]


def test_text_is_aligned_and_names_each_rule() -> None:
    derivation = derive("linear", START, X, Y)["m"]
    rows = derivation.text().splitlines()
    assert len({row.index("=") for row in rows if "=" in row[:8]}) == 1
    assert all(line.rule in derivation.text() for line in derivation.lines)
    assert "36.305" not in derivation.text(numbers=False)
    assert str(derivation) == derivation.text()
    assert "given parameters and 3 random points, on all 8 examples." in " ".join(rows[-2:])


def test_one_example_has_no_sum_no_mean_and_no_index() -> None:
    for model in ("linear", "polynomial", "logistic", "hidden layer"):
        for derivation in derive(**case(model, rows=1)).values():
            assert not re.search("Σᵢ|ᵢ|/n|⋯", derivation.text()), derivation.text()


def test_a_hidden_layer_ends_in_vectors_with_their_shapes() -> None:
    gradient = derive(**case("hidden layer"))
    last = {name: [line for line in one.lines if not line.numbers][-1] for name, one in gradient.items()}
    assert last["W"].text() == "∂C/∂W = Σᵢ δᵢ⁽¹⁾ xᵢᵀ"
    assert last["W"].rule == "all entries at once: (3,) times (2,) transposed is (3, 2)"
    assert [last[name].text() for name in "bvc"] == [
        "∂C/∂b = Σᵢ δᵢ⁽¹⁾",
        "∂C/∂v = Σᵢ δᵢ⁽²⁾ hᵢ",
        "∂C/∂c = Σᵢ δᵢ⁽²⁾",
    ]
    value = gradient["W"].value
    assert isinstance(value, Tensor) and value.shape == (3, 2)


def worth(text: str) -> float:
    """Compute a printed line of numbers, from its characters alone."""
    text = re.sub(r"×10([⁻⁰¹²³⁴-⁹]+)", lambda found: "e" + found[1].translate(DIGITS), text)
    text = re.sub(r"([0-9)])([⁰¹²³⁴-⁹]+)", lambda found: f"{found[1]}**{found[2].translate(DIGITS)}", text)
    text = text.replace("−", "-").replace("·", "*")
    text = re.sub(r"([0-9)]) \(", r"\1*(", text)
    operations = {ast.Add: lambda a, b: a + b, ast.Sub: lambda a, b: a - b, ast.Mult: lambda a, b: a * b}
    operations |= {ast.Div: lambda a, b: a / b, ast.Pow: lambda a, b: a**b}

    def evaluated(node: ast.expr) -> float:
        match node:
            case ast.BinOp(left, operation, right):
                return operations[type(operation)](evaluated(left), evaluated(right))
            case ast.UnaryOp(ast.USub(), operand):
                return -evaluated(operand)
            case ast.Constant(int(value) | float(value)):
                return value
        raise ValueError(ast.dump(node))

    return evaluated(ast.parse(text, mode="eval").body)


DIGITS = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")


@pytest.mark.parametrize("model", ["linear", "polynomial", "logistic", "hidden layer"])
@pytest.mark.parametrize("rows", [1, 7])
def test_what_is_printed_adds_up(model: str, rows: int) -> None:
    for derivation in derive(**case(model, rows=rows)).values():
        if isinstance(derivation.value, float):
            for line in derivation.lines:
                if line.numbers:  # every printed number is rounded to six digits
                    assert worth(line.text().split(" = ")[1]) == pytest.approx(derivation.value, rel=1e-4, abs=1e-4)


def test_numbers_are_printed_as_people_write_them() -> None:
    shown = {
        36.305000000000001: "36.305",
        -1.37: "−1.37",
        -0.0: "0",
        1 / 3: "0.333333",
        1.5e-7: "1.5×10⁻⁷",
        -2e20: "−2×10²⁰",
        8_000_000.0: "8000000",
        math.nan: "NaN",
        -math.inf: "−∞",
    }
    assert {value: repr(ex.Number(value)) for value in shown} == shown


def test_long_data_are_shown_by_their_ends_and_counted_in_full() -> None:
    x = torch.linspace(0, 8, 1_000_000)
    y = 2 - x / 2
    derivation = derive("linear", tensors(m=0.9, b=0.1), x, y)["m"]
    exact = 2 * float(((0.9 * x.double() + 0.1 - y.double()) * x.double()).mean())
    assert derivation.value == pytest.approx(exact, rel=1e-12)
    (numbers,) = (line for line in derivation.lines if line.rule == "with the numbers, n = 1000000")
    assert numbers.text().count("⋯") == 1 and numbers.text().count("·") == 4
    assert "16 of 1000000 examples" in derivation.checked
    assert len(derivation.text()) < 3000


def test_many_features_are_shortened_around_the_parameter_in_question() -> None:
    params = {f"column number {place}": 0.1 for place in range(1, 31)}
    derivation = derive("linear", params, torch.ones(4, 29), torch.zeros(4), only="column number 17")
    (text,) = (one.text() for one in derivation["column number 17"].lines if one.rule == "the estimate written out")
    assert text.endswith("(w₁ xᵢ₁ + w₂ xᵢ₂ + ⋯ + w₁₇ xᵢ₁₇ + ⋯ + b − yᵢ)")
    assert "w₁₇ stands for 'column number 17'" in derivation["column number 17"].text()


def test_bad_mathematics_is_shown() -> None:
    lost = derive("linear", {"m": math.nan, "b": 0.1}, X, Y)["m"]
    assert math.isnan(float(lost.value)) and "NaN" in lost.text()
    assert "nothing at the given parameters" in lost.checked
    far = derive("linear", {"m": 1e200, "b": 0.1}, X, Y)["m"]
    assert far.value == pytest.approx(3.5e201)


def test_a_saturated_logistic_says_where_its_lines_were_checked() -> None:
    arguments = case("logistic")
    arguments["params"] = {"w1": torch.tensor(400.0), "w2": torch.tensor(400.0), "b": torch.tensor(0.0)}
    derivation = derive(**arguments)["w1"]
    assert "too near 0 or 1" in derivation.checked
    wanted = cost_of(**arguments).value_and_gradient(tensors(**arguments["params"]))[1]["w1"]
    assert derivation.value == pytest.approx(float(wanted))


# LaTeX, MathML, plain data


def balanced(latex: str) -> bool:
    depth = 0
    for sign in re.sub(r"\\[{}]", "", latex):
        depth += {"{": 1, "}": -1}.get(sign, 0)
        if depth < 0:
            return False
    return depth == 0 and latex.count(r"\left") == latex.count(r"\right")


@every_case
def test_latex_is_balanced_and_mathml_is_xml(arguments: dict[str, Any]) -> None:
    for derivation in derive(**arguments).values():
        assert balanced(derivation.latex())
        assert derivation.latex().count(r"\\" + "\n") == len(derivation.lines) - 1
        root = ElementTree.fromstring(derivation.mathml())
        assert root.tag == "{http://www.w3.org/1998/Math/MathML}math"
        arity = {"mfrac": 2, "msub": 2, "msup": 2, "msubsup": 3, "munder": 2, "munderover": 3}
        for node in root.iter():
            name = node.tag.rpartition("}")[2]
            assert name not in arity or len(node) == arity[name], name
            assert name not in ("mi", "mn", "mo") or node.text, name
        for line in derivation.lines:
            assert balanced(line.latex())
            ElementTree.fromstring(line.mathml())
        ElementTree.fromstring(f"<div>{derivation._repr_html_()}</div>")


@pytest.mark.parametrize("model", ["linear", "polynomial", "logistic", "hidden layer"])
def test_matplotlib_can_set_every_line(model: str) -> None:
    parser = matplotlib.mathtext.MathTextParser("path")
    for derivation in derive(**case(model)).values():
        for line in derivation.lines:
            if "bmatrix" not in line.latex():  # mathtext knows no matrices
                parser.parse(f"${line.latex()}$")


@pytest.mark.parametrize("name", STRANGE)
def test_a_strange_name_is_shown_and_never_obeyed(name: str) -> None:
    derivation = derive("linear", {name: 0.9, "b": 0.1}, X, Y)[name]
    assert derivation.parameter == name
    assert derivation.value == pytest.approx(36.305)
    formulas = "".join(line.latex() + line.mathml() + line.text() for line in derivation.lines)
    assert "∂C/∂m" in formulas
    assert not name or name not in formulas
    assert balanced(derivation.latex())
    for markup in (derivation.mathml(), f"<div>{derivation._repr_html_()}</div>"):
        root = ElementTree.fromstring(markup)
        assert not [node for node in root.iter() if "script" in node.tag]
        assert plain(name) in "".join(root.itertext())
    assert all(len(row) < 200 for row in derivation.text().splitlines())
    json.dumps(derivation.to_dict())


def test_latex_escapes_what_would_be_a_command() -> None:
    latex = derive("linear", {"$x_1$ & 5% \\input{a}": 0.9, "b": 0.1}, X, Y, only="b")["b"].latex()
    assert r"\text{\$x\_1\$ \& 5\% \textbackslash{}input\{a\}}" in latex


@pytest.mark.parametrize(
    ("names", "shown"),
    [
        (("dose", "age", "intercept"), "ŷᵢ = dose xᵢ₁ + age xᵢ₂ + intercept"),
        (("w1", "w2", "b"), "ŷᵢ = w₁ xᵢ₁ + w₂ xᵢ₂ + b"),
        (("x", "y", "n"), "ŷᵢ = w₁ xᵢ₁ + w₂ xᵢ₂ + b"),  # the board's own symbols
        (("w2", "w1 ", "c"), "ŷᵢ = w₁ xᵢ₁ + w₂ xᵢ₂ + b"),
    ],
)
def test_names_are_used_only_where_they_cannot_be_misread(names: tuple[str, ...], shown: str) -> None:
    derivation = derive("linear", dict.fromkeys(names, 0.5), torch.ones(4, 2), torch.zeros(4))[names[0]]
    assert derivation.lines[0].text().endswith(shown)


def test_plain_data() -> None:
    data = derive("linear", START, X, Y)["m"].to_dict()
    assert json.loads(json.dumps(data)) == data
    assert data["value"] == pytest.approx(36.305)
    assert set(data["lines"][0]) == {"rule", "text", "latex", "mathml", "numbers"}
    assert [line["numbers"] for line in data["lines"]] == [False] * 9 + [True] * 3
    matrix = derive(**case("hidden layer"), only="W")["W"].to_dict()["value"]
    assert len(matrix) == 3 and len(matrix[0]) == 2


def test_short_representations() -> None:
    derivation = derive("linear", START, X, Y)["m"]
    assert repr(derivation) == "Derivation('m', 12 lines, ending ∂C/∂m = 36.305)"
    assert isinstance(derivation.lines[-1], Line)
    assert repr(derivation.lines[-1]) == "Line('the result': ∂C/∂m = 36.305)"


# The plain function


def test_by_hand_keeps_the_dtype_and_takes_no_graph() -> None:
    gradient = by_hand("linear", START, X.float(), Y.float())
    for dtype in (torch.float32, torch.float64):
        found = gradient({name: torch.tensor(value, dtype=dtype).requires_grad_() for name, value in START.items()})
        assert found["m"].dtype == dtype and not found["m"].requires_grad
        assert float(found["m"]) == pytest.approx(36.305, rel=1e-6)
    exact = by_hand("linear", START, X, Y)(tensors(**START))
    assert_same(exact, tensors(m=36.305, b=6.265), EXACT)


def test_by_hand_gives_the_shapes_of_the_parameters() -> None:
    arguments = case("hidden layer", rows=1)
    found = by_hand(**arguments)(arguments["params"])
    assert {name: value.shape for name, value in found.items()} == {
        name: value.shape for name, value in arguments["params"].items()
    }


def test_a_caller_without_gradients_gets_the_same() -> None:
    with torch.no_grad():
        assert derive("linear", START, X, Y)["m"].value == pytest.approx(36.305)


def test_random_numbers_of_the_caller_are_left_alone() -> None:
    torch.manual_seed(3)
    before = torch.get_rng_state()
    derive(**case("hidden layer"))
    assert torch.equal(torch.get_rng_state(), before)


# Complaints


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"model": "linaer"}, r"derive: there is no model 'linaer'. Did you mean 'linear'\?"),
        ({"only": "mm"}, r"there is no parameter 'mm'. Did you mean 'm'\?"),
        ({"targets": Y[:5]}, r"inputs have shape \(8,\) and targets \(5,\)"),
        ({"targets": Y.reshape(2, 4)}, r"targets \(2, 4\)"),
        ({"inputs": X.reshape(2, 2, 2)}, r"inputs have shape \(2, 2, 2\)"),
        ({"inputs": X[:0], "targets": Y[:0]}, "there are no examples"),
        ({"inputs": torch.where(X == 3, math.nan, X)}, r"the inputs hold 1 NaN .*first: row 3"),
        ({"targets": torch.where(X > 5, math.inf, Y)}, r"the targets hold 2 NaN or infinite .*first: row 6"),
        ({"inputs": [0.0, 1.0]}, "the inputs are list, not a tensor"),
        ({"targets": Y.to(torch.complex128)}, "the targets are complex"),
        ({"params": {"m": 1.0}}, r"1 parameters \('m'\) and 1 features"),
        ({"params": {"m": 1.0, "b": "two"}}, "parameter 'b' is 'two', which is not a number"),
        ({"params": {"m": torch.ones(1), "b": 0.0}}, r"parameter 'm' has shape \(1,\), and this model needs \(\)"),
        ({"params": {"m": torch.tensor(1j), "b": 0.0}}, "parameter 'm' is complex"),
        ({"model": "polynomial", "params": {}}, "a polynomial needs coefficients"),
        ({"model": "polynomial", "inputs": torch.ones(8, 2)}, "the inputs of a polynomial have 2 features"),
        ({"model": "logistic"}, r"the targets of a logistic model reach from -1.37 to 1.86"),
        ({"model": "hidden layer"}, "A hidden layer has four"),
        ({"activation": "tahn"}, "Did you mean 'tanh'"),
        ({"targets": Y * 1e200}, "not a finite number even at small parameters"),
    ],
)
def test_bad_requests_are_refused_with_a_sentence(change: dict[str, Any], message: str) -> None:
    arguments: dict[str, Any] = {"model": "linear", "params": START, "inputs": X, "targets": Y, **change}
    with pytest.raises(SteepestError, match=message):
        derive(**arguments)


def test_wrong_layer_shapes_are_refused() -> None:
    arguments = case("hidden layer")
    for name, wrong in {"W": torch.ones(3), "b": torch.ones(2), "v": torch.ones(3, 1), "c": torch.ones(1)}.items():
        with pytest.raises(SteepestError, match=f"parameter '{name}' has shape"):
            derive(**{**arguments, "params": {**arguments["params"], name: wrong}})


def test_by_hand_refuses_other_parameters_than_it_was_made_for() -> None:
    gradient = by_hand("linear", START, X, Y)
    with pytest.raises(SteepestError, match=r"by_hand: there is no parameter 'slope'"):
        gradient({"slope": 1.0})
    with pytest.raises(SteepestError, match="parameter 'b' has no value"):
        gradient({"m": 1.0})
    with pytest.raises(SteepestError, match=r"'m' has shape \(2,\)"):
        gradient({"m": torch.ones(2), "b": 0.0})


def test_a_column_of_targets_is_the_same_as_a_row() -> None:
    column = derive("linear", START, X[:, None], Y[:, None])
    assert column["m"].value == pytest.approx(36.305)
