"""The page: offline, a user's words stay words, its data read back, and its states are said."""

import json
import math
import re
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
import torch
from costs import START, X, Y, network, rosenbrock
from pictures import DIVERGED, FLOOR, LOST, RUN, STILL, TRIAL, made
from torch import Tensor

from steepest.cost import Cost
from steepest.descent import descend
from steepest.errors import SteepestError
from steepest.report import report_data, write_report
from steepest.report.bundle import fingerprint
from steepest.report.page import shown
from steepest.report.thinning import chosen, kept
from steepest.trajectory import Outcome, Step, Trajectory

LESSON: dict[str, Any] = {"cost": TRIAL, "inputs": X, "targets": Y, "x_name": "dosage", "y_name": "forgetfulness"}

HOSTILE = [
    "</script><script>alert(1)</script>",
    "<!--<script>",
    "a' onmouseover='x' \"><img src=x onerror=alert(1)>",
    "]]>&lt;&amp;&#60;",
    "dose\u202egnp.exe\u2066\u200f",
    "👩\u200d🔬 認知症 ‎مقدار",
    "$\\frac{x_1}{2}$ % \\input{/etc/passwd} {{ 7 * 7 }} {% raw %}",
    "W" * 300,
    "line\nbreak\x00\x1b\ud800",
    "__proto__",
]

QUIET_TAGS = {
    "html", "head", "meta", "link", "title", "style", "body", "main", "h1", "h2", "h3", "p", "section", "div", "dl",
    "dt", "dd", "bdi", "strong", "details", "summary", "figure", "img", "table", "thead", "tbody", "tr", "th", "td",
    "script", "header", "noscript",
}  # fmt: skip
MATH_TAGS = {
    "math", "mrow", "mi", "mo", "mn", "mtext", "mfrac", "msub", "msup", "msubsup", "mover", "munder", "munderover",
    "mspace",
}  # fmt: skip
ATTRIBUTES = {
    "lang", "charset", "http-equiv", "content", "name", "rel", "href", "class", "role", "tabindex", "aria-label",
    "scope", "title", "src", "width", "height", "alt", "type", "id", "style", "colspan", "display", "stretchy",
    "accent", "mathvariant", "columnalign", "data-numbers", "data-parameter", "data-rule",
}  # fmt: skip
ADDRESSES = {"src", "href", "srcset", "action", "formaction", "data", "poster", "background", "ping", "cite", "xmlns"}


class Reader(HTMLParser):
    """What a browser would see: elements with their attributes, words, and what stands in the script element."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.words, self.comments = "", 0
        self.scripts: list[str] = []
        self._inside = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        self._inside = tag
        if tag == "script":
            self.scripts.append("")

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside == "script":
            self.scripts[-1] += data
        elif self._inside != "style":
            self.words += data

    def handle_comment(self, data: str) -> None:
        self.comments += 1

    @property
    def data(self) -> str:
        """What is embedded of the run."""
        return self.scripts[0]

    def count(self, tag: str) -> int:
        return Counter(name for name, _ in self.elements)[tag]


def page(folder: Path, run: Trajectory, **given: Any) -> Reader:
    text = write_report(folder / "run.html", run, force=True, **given).read_text(encoding="utf-8")
    assert_offline(text)
    return Reader(text)


def assert_offline(text: str) -> None:
    """No address but data:, one script, the one whose hash the policy names, and a policy that forbids all else."""
    read = Reader(text)
    policies = [facts["content"] for _, facts in read.elements if facts.get("http-equiv") == "Content-Security-Policy"]
    assert len(policies) == 1
    rules = dict(rule.strip().split(" ", 1) for rule in policies[0].split(";"))
    assert rules["default-src"] == "'none'" and rules["img-src"] == "data: blob:"
    assert rules["script-src"] == fingerprint(read.scripts[2]) and set(rules) <= {
        "default-src", "script-src", "img-src", "style-src", "base-uri", "form-action",
    }  # fmt: skip
    for tag, facts in read.elements:
        assert tag in QUIET_TAGS | MATH_TAGS, f"<{tag}> is not expected"
        for name, value in facts.items():
            assert name in ATTRIBUTES, f"{name} of <{tag}> is not expected"
            if name in ADDRESSES:
                assert value.startswith("data:"), f"{name}={value[:60]!r} of <{tag}>"
                assert not re.search(r"https?:", value[:100])
        if tag == "img":
            assert facts["alt"] and facts["src"].startswith("data:image/png;base64,")
    data = {"type": "application/json"}
    kinds = [facts for tag, facts in read.elements if tag == "script"]
    assert kinds == [data | {"id": "run"}, data | {"id": "drawing"}, {"type": "module"}] and read.comments == 0
    sheet = text[text.index("<style>") : text.index("</style>")]
    assert not re.search(r"url\(|@import|//", sheet)


@pytest.fixture(scope="module")
def lesson(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Reader]:
    path = write_report(tmp_path_factory.mktemp("page") / "trial.html", RUN, **LESSON)
    text = path.read_text(encoding="utf-8")
    return text, Reader(text)


def test_the_lessons_page_is_whole_offline_and_small(lesson: tuple[str, Reader]) -> None:
    text, read = lesson
    assert_offline(text)
    assert len(text.encode()) < 600_000
    assert read.count("img") == 3 and read.count("h1") == 1 and read.count("math") > 20
    assert read.count("figure") == read.count("img") <= read.count("table")
    for words in ("forgetfulness from dosage", "crawling", "36.305", "everything collected", "63.175", "0.05491"):
        assert words in read.words, words
    assert "What is not shown" not in read.words


@pytest.mark.parametrize(
    "planted",
    [
        '<img alt="a" src="https://example.org/a.png">',
        '<img alt="a" src="//example.org/a.png">',
        "<script>alert(1)</script>",
        '<p onclick="alert(1)">',
        "<iframe></iframe>",
        "<!-- hidden -->",
        '<a href="javascript:alert(1)">',
    ],
)
def test_the_check_for_offline_pages_can_fail(lesson: tuple[str, Reader], planted: str) -> None:
    text = lesson[0]
    with pytest.raises((AssertionError, KeyError)):
        assert_offline(text.replace("<main>", f"<main>{planted}"))
    with pytest.raises(AssertionError):
        assert_offline(text.replace("default-src 'none'", "default-src *"))


def test_the_data_inside_are_those_of_report_data(lesson: tuple[str, Reader]) -> None:
    read = lesson[1]
    inside = json.loads(read.data)
    assert inside == json.loads(json.dumps(report_data(RUN, **LESSON), allow_nan=False))
    (run,) = inside["runs"]
    assert run["names"] == ["m", "b"] and run["last_epoch"] == 1001 and run["rate"] == 0.01
    assert run["costs"] == [RUN.steps[epoch].cost for epoch in run["epochs"]]
    assert run["params"][1] == [RUN.steps[epoch].params["b"] for epoch in run["epochs"]]
    assert run["gradients"][0] == [RUN.steps[epoch].gradient["m"] for epoch in run["epochs"]]
    assert inside["lowest_cost"] == inside["live"]["floor"] == FLOOR and inside["not_finite"] == {}
    assert inside["derivation"]["m"]["value"] == pytest.approx(36.305)
    assert inside["slice"] is None and inside["pair"] == [0, 1]  # a page of a bowl makes its own
    assert inside["points"] == {"inputs": X[:, None].tolist(), "targets": Y.tolist(), "examples": 8}


@pytest.mark.parametrize("pair", [*zip(HOSTILE[::2], HOSTILE[1::2], strict=True)], ids=range(len(HOSTILE) // 2))
def test_a_users_words_stay_words(tmp_path: Path, pair: tuple[str, str]) -> None:
    name, other = pair
    cost = Cost.least_squares(X, Y, names=pair)
    run = descend(cost, dict(zip(pair, START.values(), strict=True)), learning_rate=0.01, epochs=3)
    run = replace(run, because=f"stopped: {name}")
    read = page(tmp_path, run, cost=cost, inputs=X, targets=Y, x_name=f"x {other}", y_name=name, title=other)
    assert read.words.count(shown(name)) >= 6 and read.words.count(shown(other)) >= 6
    assert any(shown(name) in facts.get("alt", "") for _, facts in read.elements)
    assert not re.search("[\u202a-\u202e\u2066-\u2069\u200e\u200f\x00]", read.words)
    inside = json.loads(read.data)
    assert inside["title"] == other and inside["runs"][0]["names"] == [name, other]
    assert not set("<>&") & set(read.data)


def test_the_run_alone_gives_curve_table_and_verdict(tmp_path: Path) -> None:
    read = page(tmp_path, RUN)
    assert read.count("img") == 1 and read.count("math") == 0
    assert "1,001" in read.words and "34 of 1,002 steps" in read.words and json.loads(read.data)["live"] is None
    assert "How the cost bends" not in read.words


def test_one_step(tmp_path: Path) -> None:
    read = page(tmp_path, STILL, **LESSON)
    assert "The only step." in read.words and read.count("img") == 3


@pytest.mark.parametrize("run", [DIVERGED, LOST], ids=["diverged", "not finite"])
def test_a_run_that_diverged(tmp_path: Path, run: Trajectory) -> None:
    read = page(tmp_path, run, **LESSON)
    assert "It diverged" in read.words and read.count("img") == 3
    assert any(facts.get("class") == "verdict bad" for _, facts in read.elements)


def test_what_is_not_finite_is_shown_and_flagged(tmp_path: Path) -> None:
    run = made(2.0, 1.0, math.nan, math.inf, -math.inf)
    read = page(tmp_path, run)
    assert all(f">{sign}</td>" in (tmp_path / "run.html").read_text(encoding="utf-8") for sign in ("NaN", "∞", "−∞"))
    inside = json.loads(read.data, parse_constant=pytest.fail)
    assert inside["runs"][0]["costs"] == [2.0, 1.0, None, None, None]
    flags = inside["not_finite"]
    assert [flags[f"runs[0].costs[{index}]"] for index in (2, 3, 4)] == ["NaN", "Infinity", "-Infinity"]
    assert "not finite at 3 steps" in read.words


def test_a_run_without_one_finite_cost_claims_no_model(tmp_path: Path) -> None:
    read = page(tmp_path, made(math.nan), inputs=X, targets=Y)
    assert read.count("math") == 0 and read.count("img") == 1
    assert "has no finite cost" in read.words


def test_a_long_run_is_thinned_by_the_rule_it_states(tmp_path: Path) -> None:
    point = {"m": torch.tensor(0.0)}
    steps = tuple(Step(epoch, 1 + 1 / (1 + epoch), point, point, 0.1) for epoch in range(100_000))
    run = Trajectory(steps, Outcome.OUT_OF_EPOCHS, "made up")
    read = page(tmp_path, run)
    epochs = [steps[index].epoch for index in chosen(run)]
    assert epochs[:21] == list(range(21)) and epochs[-5:] == list(range(99_995, 100_000))
    assert epochs[21:-5] == [30, 50, 70, *(k * 10**p for p in (2, 3, 4) for k in (1, 2, 3, 5, 7))]
    assert f"{len(epochs)} of 100,000 steps: the first 20;" in read.words and read.count("tr") == len(epochs) + 1
    (played,) = json.loads(read.data)["runs"]
    assert 350 <= len(played["epochs"]) <= 400 and played["epochs"][-5:] == epochs[-5:]
    assert f"{len(played['epochs'])} of 100,000 steps: the first 20, the last 5, the lowest" in played["rule"]
    lost = replace(run, steps=(*steps[:777], replace(steps[777], cost=math.nan), *steps[778:]))
    assert 777 in chosen(lost) and 777 in kept(lost, 100)
    spiked = replace(run, steps=(*steps[:54_321], replace(steps[54_321], cost=9.0), *steps[54_322:]))
    assert 54_321 in kept(spiked, 100)


def test_a_run_of_every_so_many_epochs_says_so() -> None:
    run = replace(RUN, steps=RUN.steps[::4], every=4)
    (told,) = report_data(run)["runs"]
    assert "every 4th epoch was kept" in told["rule"]
    assert {epoch % 4 for epoch in told["epochs"]} == {0}


def test_a_file_is_not_overwritten_unless_forced(tmp_path: Path) -> None:
    path = tmp_path / "run.html"
    path.write_text("mine", encoding="utf-8")
    with pytest.raises(SteepestError, match=r"write_report: '.*' is there already. Replace it with --force"):
        write_report(path, RUN)
    assert path.read_text(encoding="utf-8") == "mine"
    write_report(path, RUN, force=True)
    assert path.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    with pytest.raises(SteepestError, match="there is no folder"):
        write_report(tmp_path / "nowhere" / "run.html", RUN)
    with pytest.raises(SteepestError, match="is a folder"):
        write_report(tmp_path, RUN, force=True)


def linear_of(inputs: Tensor) -> Cost:
    return Cost.from_function(lambda m, b: (m * inputs + b - Y).abs().mean(), dtype=torch.float64)


def test_no_derivation_of_another_cost_is_shown(tmp_path: Path) -> None:
    cost = linear_of(X)
    run = descend(cost, START, learning_rate=0.01, epochs=5)
    read = page(tmp_path, run, cost=cost, inputs=X, targets=Y)
    assert read.count("math") == 0 and read.count("img") == 2
    assert "not the mean squared errors of a linear model" in read.words


def test_a_curved_cost_a_network_and_several_features(tmp_path: Path) -> None:
    curved = rosenbrock()
    run = descend(curved, {"x": -1.0, "y": 1.0}, learning_rate=0.001, epochs=50)
    assert page(tmp_path, run, cost=curved).count("img") == 2

    generator = torch.Generator().manual_seed(3)
    inputs = torch.randn(30, 3, generator=generator, dtype=torch.float64)
    targets = inputs @ torch.tensor([0.1, -2.0, 0.1], dtype=torch.float64) + 1
    net = Cost.from_module(network(), torch.nn.functional.mse_loss, [(inputs, targets[:, None])])
    run = descend(net, dict(network().named_parameters()), learning_rate=0.01, epochs=3)
    read = page(tmp_path, run, cost=net)
    assert "6 of 21 parameters have columns" in read.words and "a plane is spanned by two" in read.words
    inside = json.loads(read.data)
    assert inside["slice"] is None and inside["live"] is None and len(inside["runs"][0]["names"]) == 21

    names = ["p", "q", "r", "b"]
    bowl = Cost.least_squares(inputs, targets, names=names)
    run = descend(bowl, dict.fromkeys(names, 0.0), learning_rate=0.1, epochs=50)
    read = page(tmp_path, run, cost=bowl, inputs=inputs, targets=targets)
    assert read.count("img") == 3 and json.loads(read.data)["pair"] == [1, 3]
    assert "20 of 30 examples" in read.words
    assert report_data(run, cost=bowl, along=("r", "b"))["pair"] == [2, 3]
    told = report_data(run, inputs=inputs, targets=targets, along=("r", "b"))
    assert list(told["derivation"]) == ["r", "b"], "the derivation is of what is shown"


def test_parts_that_do_not_belong_are_refused() -> None:
    with pytest.raises(SteepestError, match=r"report_data: the run has a parameter 'm', and the cost has none"):
        report_data(RUN, cost=rosenbrock())
    with pytest.raises(SteepestError, match="belong together"):
        report_data(RUN, inputs=X)
    with pytest.raises(SteepestError, match="8 inputs and 7 targets"):
        report_data(RUN, inputs=X, targets=Y[:7])
    with pytest.raises(SteepestError, match="there is no parameter 'k'"):
        report_data(RUN, cost=TRIAL, along=("m", "k"))
    with pytest.raises(SteepestError, match=r"write_report: the first argument is a run\. Give the file first"):
        write_report(RUN, "run.html")  # pyright: ignore[reportArgumentType]


def test_many_parameters_are_left_out_of_the_data_and_it_is_said() -> None:
    point = {"w": torch.zeros(2000)}
    steps = tuple(Step(epoch, 1.0, point, {"w": torch.ones(2000)}, 0.1) for epoch in range(3))
    told = report_data(Trajectory(steps, Outcome.OUT_OF_EPOCHS, "made up"))
    (run,) = told["runs"]
    assert run["names"] == [] and run["params"] is None and told["parameters"] == 2000
    assert run["gradient_lengths"][0] == pytest.approx(2000**0.5)


def test_a_standardised_run_is_told_in_both_units(tmp_path: Path) -> None:
    cost = Cost.least_squares(X, Y, standardise=True)
    run = descend(cost, {"m": 0.0, "b": 0.0}, learning_rate=0.3, epochs=50)
    read = page(tmp_path, run, cost=cost, inputs=X, targets=Y)
    inside = json.loads(read.data)
    assert inside["live"]["standardised"] and read.count("math") > 20 and read.count("img") == 3
    assert inside["live"]["lowest"] == pytest.approx([float(value) for value in TRIAL.minimum.values()], rel=1e-12)
    assert inside["lowest"] == pytest.approx([float(value) for value in cost.minimum.values()])


def test_a_cost_of_more_rows_than_were_given_says_so() -> None:
    x = torch.linspace(0, 8, 100_000, dtype=torch.float64)
    y = -0.5 * x + 2 + torch.sin(1e4 * x)
    cost = Cost.least_squares(x, y)
    run = descend(cost, START, learning_rate=0.01, epochs=3)
    sample = report_data(run, cost=cost, inputs=x[::100], targets=y[::100])
    assert sample["points"]["examples"] == 100_000 and len(sample["points"]["targets"]) == 1000
    assert sample["live"] is not None and sample["derivation"] is None
    whole = report_data(run, inputs=x, targets=y)
    assert whole["points"]["examples"] == 100_000 and len(whole["points"]["targets"]) == 1000
    assert whole["live"]["floor"] == pytest.approx(sample["live"]["floor"], rel=1e-12)


def test_weights_without_names_of_their_own_are_told_one_by_one(tmp_path: Path) -> None:
    inputs = torch.stack([X, (X - 3) ** 2], dim=1)
    cost = Cost.least_squares(inputs, Y)
    run = descend(cost, {"weights": torch.tensor([0.5, 0.0]), "intercept": 1.0}, learning_rate=0.001, epochs=20)
    inside = json.loads(page(tmp_path, run, cost=cost, inputs=inputs, targets=Y).data)
    assert inside["runs"][0]["names"] == ["weights[0]", "weights[1]", "intercept"] and inside["live"] is not None
    assert inside["runs"][0]["costs"] == run.costs.tolist()


def test_several_runs_are_told_by_their_names() -> None:
    other = descend(TRIAL, START, learning_rate=0.05, epochs=30)
    told = report_data({"slow": RUN, "fast": other}, cost=TRIAL)
    assert [(run["label"], run["rate"], run["last_epoch"]) for run in told["runs"]] == [
        ("slow", 0.01, 1001),
        ("fast", 0.05, 30),
    ]
    assert [run["findings"][0]["rule"] for run in told["runs"]] == ["crawling", "descending"]
    with pytest.raises(SteepestError, match=r"run 'odd' has parameters x, y; 'slow' has m, b"):
        report_data({"slow": RUN, "odd": descend(rosenbrock(), {"x": 0.0, "y": 0.0}, learning_rate=0.001, epochs=1)})
    with pytest.raises(SteepestError, match="there is no run"):
        report_data({})
