"""The lessons run as their readers run them, say what they assert, and are the notebooks of their sources."""

import ast
import re
from functools import cache
from pathlib import Path
from typing import Any

import jupytext
import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).parent.parent
SOURCES = sorted((ROOT / "lessons").glob("[0-9]*.py"))
SECONDS = 60
UNSOLVED = "    return m, b  # your work goes here\n"
ROUND = """\
    slope_m = ({factor} * (m * dosage + b - forgetfulness) * dosage).{together}()
    {early}
    slope_b = ({factor} * (m * dosage + b - forgetfulness)).{together}()
    return {m} {sign} learning_rate * slope_m, b {sign} learning_rate * slope_b
"""
RIGHT = {"factor": 2, "together": "mean", "early": "", "m": "m", "sign": "-"}
EARLY = {"early": "old, m = m, m - learning_rate * slope_m", "m": "old"}
ANSWERS = {
    UNSOLVED: "Nothing has moved yet",
    ROUND.format_map(RIGHT): "Right, from all five starts",
    ROUND.format_map(RIGHT | {"sign": "+"}): "You went uphill: subtract",
    ROUND.format_map(RIGHT | {"together": "sum"}): "That is the sum: take the mean",
    ROUND.format_map(RIGHT | {"factor": 1}): "Is the factor 2 missing?",
    ROUND.format_map(RIGHT | EARLY): "You used the new m for b: slopes first",
    "    return 0.0, 0.0\n": "Not yet: look at the start m = 0.9, b = 0.1",
}
SAYS = {"01_the_four_steps": "m = -0.4681258499622345 and b = 1.7542961835861206"}
"""Lines to the last bit, as the original lesson's loop ends; the lesson itself asks for 5 digits on any machine."""

NUMBER = re.compile(r"(?<![\w.])-?\d+(?:\.\d+)?(?:e[+-]?\d+)?(?!\w)")


@cache
def told(path: Path) -> Any:
    return jupytext.read(path)


def normalised(notebook: Any) -> list[tuple[str, str, list[str]]]:
    return [(cell.cell_type, cell.source, cell.metadata.get("tags", [])) for cell in notebook.cells]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_the_notebook_is_the_one_made_from_its_source(path: Path) -> None:
    notebook = jupytext.read(path.with_suffix(".ipynb"))
    assert normalised(notebook) == normalised(told(path)), "run the command at the end of lessons/README.md"
    assert notebook.metadata.kernelspec.name == "python3"
    assert not [cell for cell in notebook.cells if cell.get("outputs") or cell.get("execution_count")]
    nbformat.validate(notebook)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_the_lesson_opens_elsewhere_and_names_no_registry(path: Path) -> None:
    first, second = told(path).cells[:2]
    assert "colab-badge.svg" in first.source and first.source.startswith(f"# {int(path.stem[:2])} ")
    assert 'REPOSITORY = ""' in second.source and "except ModuleNotFoundError:" in second.source
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"pypi\.org|download\.pytorch|file://|/(work|root|home|opt)/", text)
    assert not re.search(r"^(torch|random|np|numpy)\S*seed\(", text, re.MULTILINE)
    code = [line for cell in told(path).cells if cell.cell_type == "code" for line in cell.source.splitlines()]
    assert max(map(len, code)) <= 100
    assert f"({path.stem}.ipynb)" in (ROOT / "lessons" / "README.md").read_text(encoding="utf-8")


def asserted(source: str) -> list[float]:
    """The numbers inside the assert statements of a cell."""
    source = re.sub(r"^%", "#", source, flags=re.MULTILINE)
    found = []
    for statement in ast.walk(ast.parse(source)):
        if isinstance(statement, ast.Assert):
            for node in ast.walk(statement):
                minus = isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub)
                number = node.operand if isinstance(node, ast.UnaryOp) and minus else node
                if isinstance(number, ast.Constant) and isinstance(number.value, int | float):
                    found.append(-number.value if minus else number.value)
    return found


def unasserted(printed: str, numbers: list[float]) -> list[str]:
    """The numbers that are printed and not asserted, to the digits that are printed or to 5 significant ones."""

    def same(text: str, number: float) -> bool:
        decimals = len(text.partition("e")[0].partition(".")[2])
        return abs(float(text) - number) <= max(0.5001 * 10.0**-decimals, 1e-5 * abs(number)) * (decimals > 0)

    return [text for text in NUMBER.findall(printed) if not any(same(text, n) or float(text) == n for n in numbers)]


def test_a_number_that_is_not_asserted_is_found() -> None:
    numbers = asserted("%matplotlib inline\nassert agree([x, y], [36.305, -6.265]) and epochs == 1001\nz = 7.0")
    assert set(numbers) == {36.305, -6.265, 6.265, 1001}
    assert unasserted("36.31 and -6.265 after 1001", numbers) == []
    assert unasserted("m is 36.4, 7.0 after 1002, 1e-07", numbers) == ["36.4", "7.0", "1002", "1e-07"]


def texts(cell: Any, stream: str) -> str:
    return "".join(output.text for output in cell.outputs if output.get("name") == stream)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_the_lesson_runs_and_every_printed_number_is_asserted(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("IPYTHONDIR", "JUPYTER_RUNTIME_DIR", "JUPYTER_DATA_DIR", "JUPYTER_CONFIG_DIR"):
        monkeypatch.setenv(name, str(tmp_path / "jupyter"))
    monkeypatch.setenv("JUPYTER_PREFER_ENV_PATH", "1")
    monkeypatch.delenv("MPLBACKEND", raising=False)
    notebook = jupytext.read(path.with_suffix(".ipynb"))
    lesson = [cell for cell in notebook.cells if cell.cell_type == "code"]
    (exercise,) = (cell for cell in lesson if "exercise" in cell.metadata.get("tags", []))
    assert exercise.source.count(UNSOLVED) == 1
    answers = [nbformat.v4.new_code_cell(exercise.source.replace(UNSOLVED, answer)) for answer in ANSWERS]
    notebook.cells += answers

    NotebookClient(
        notebook, timeout=SECONDS, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}
    ).execute()

    warned = [texts(cell, "stderr") for cell in notebook.cells if cell.cell_type == "code" and texts(cell, "stderr")]
    assert not warned, "a reader would see this"
    for cell, following in zip(lesson, [*lesson[1:], None], strict=True):
        numbers = asserted(cell.source) + ([] if following is None else asserted(following.source))
        assert not unasserted(texts(cell, "stdout"), numbers), cell.source
    assert [texts(cell, "stdout").strip() for cell in answers] == list(ANSWERS.values())
    assert SAYS[path.stem] in "".join(texts(cell, "stdout") for cell in lesson)
    shown = [kind for cell in lesson for output in cell.outputs for kind in output.get("data", {})]
    assert shown.count("image/png") >= 5 and shown.count("text/html") >= 3, "figures, both derivations, page"
    assert shown.count("image/gif") == 1, "the film"
    assert [file.name for file in tmp_path.iterdir()] in ([], ["jupyter"])
