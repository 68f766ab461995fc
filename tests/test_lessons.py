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

from steepest.lessons.course import COURSE
from steepest.lessons.sheets import EXERCISES, PREDICTIONS

ROOT = Path(__file__).parent.parent
SOURCES = sorted((ROOT / "lessons").glob("[0-9]*.py"))
SECONDS = 60
WIDEST = 110
HEADINGS = ["Predict", "Touch", "Numbers", "Break it", "Build it", "Check"]
FREE = 12
"""Whole numbers up to this one may stand in prose without an assert: patients, lessons, sides of a table."""

NUMBER = re.compile(r"(?<![\w.])-?\d+(?:\.\d+)?(?:e[+-]?\d+)?(?!\w)")
each_lesson = pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)


@cache
def told(path: Path) -> Any:
    return jupytext.read(path)


def code(path: Path) -> list[str]:
    """The code of each cell; a line that is for the notebook and not for Python becomes a comment."""
    cells = [cell.source for cell in told(path).cells if cell.cell_type == "code"]
    return [re.sub(r"^%", "#", source, flags=re.MULTILINE) for source in cells]


def prose(path: Path) -> str:
    return "\n\n".join(cell.source for cell in told(path).cells if cell.cell_type == "markdown")


def normalised(notebook: Any) -> list[tuple[str, str, list[str]]]:
    return [(cell.cell_type, cell.source, cell.metadata.get("tags", [])) for cell in notebook.cells]


@each_lesson
def test_the_notebook_is_the_one_made_from_its_source(path: Path) -> None:
    notebook = jupytext.read(path.with_suffix(".ipynb"))
    assert normalised(notebook) == normalised(told(path)), "run the command in lessons/README.md"
    assert notebook.metadata.kernelspec.name == "python3"
    assert not [cell for cell in notebook.cells if cell.get("outputs") or cell.get("execution_count")]
    nbformat.validate(notebook)


@each_lesson
def test_the_lesson_follows_the_pattern(path: Path) -> None:
    lesson = COURSE[int(path.stem[:2])]
    first, guard = told(path).cells[:2]
    assert path.stem == lesson.file and first.source.startswith(f"# {lesson.number} {lesson.title}\n")
    assert "colab-badge.svg" in first.source and "**Story.**" in first.source
    assert guard.source == told(SOURCES[0]).cells[1].source and "except ModuleNotFoundError:" in guard.source
    assert re.findall(r"^## (.*)$", prose(path), re.MULTILINE) == HEADINGS
    assert [cell.metadata.get("tags", []) for cell in told(path).cells][-1] == ["asserts"]
    assert told(path).cells[-1].metadata.get("jupyter", {}).get("source_hidden")
    assert any("exercise" in cell.metadata.get("tags", []) for cell in told(path).cells)
    row = f"| {lesson.number} | [{lesson.title}]({path.stem}.ipynb) | {lesson.tangible} |"
    assert row in (ROOT / "lessons" / "README.md").read_text(encoding="utf-8")


@each_lesson
def test_the_lesson_asks_what_its_sheet_has_and_explains_what_it_asks(path: Path) -> None:
    number, text = int(path.stem[:2]), path.read_text(encoding="utf-8")
    asked, explained = (set(re.findall(rf'lessons\.{verb}\("([^"]+)"', text)) for verb in ("predict", "explain"))
    assert asked == explained and asked and all(PREDICTIONS[name].lesson == number for name in asked)
    mentioned = set(re.findall(r'lessons\.(?:check|task)\("([^"]+)"', text))
    assert mentioned == {name for name, exercise in EXERCISES.items() if exercise.lesson == number}


def arguments(source: str) -> dict[str, list[str]]:
    """The functions that a cell defines, with the names of their arguments."""
    found = [node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)]
    return {node.name: [argument.arg for argument in node.args.args] for node in found}


@each_lesson
def test_what_is_to_be_filled_in_has_the_shape_of_its_solution(path: Path) -> None:
    cells = [cell.source for cell in told(path).cells if "exercise" in cell.metadata.get("tags", [])]
    to_fill = {name: names for cell in cells for name, names in arguments(cell).items()}
    checked = dict(re.findall(r'lessons\.check\("([^"]+)", (\w+)[,)]', "\n".join(code(path))))
    for exercise, function in checked.items():
        if function in to_fill:
            assert to_fill[function] in arguments(EXERCISES[exercise].solution).values(), exercise
    assert set(to_fill) <= set(checked.values())


@each_lesson
def test_the_lesson_opens_elsewhere_and_names_no_registry(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"pypi\.org|download\.pytorch|file://|/(work|root|home|opt)/", text)
    assert not re.search(r"^(torch|random|np|numpy)\S*seed\(", text, re.MULTILINE)
    lines = [line for source in code(path)[:-1] for line in source.splitlines()]
    assert max(map(len, lines)) <= WIDEST, "a reader would scroll sideways"


def asserted(source: str) -> list[float]:
    """The numbers inside the assert statements of a cell."""
    found = []
    for statement in ast.walk(ast.parse(source)):
        if isinstance(statement, ast.Assert):
            assert [node for node in ast.walk(statement) if isinstance(node, ast.Name)], ast.unparse(statement)
            for node in ast.walk(statement):
                minus = isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub)
                number = node.operand if isinstance(node, ast.UnaryOp) and minus else node
                value = number.value if isinstance(number, ast.Constant) else None
                if isinstance(value, int | float) and not isinstance(value, bool):
                    found.append(-value if minus else value)
    return found


def unasserted(text: str, numbers: list[float]) -> list[str]:
    """The numbers of a text that are not asserted, to the decimals that the text shows."""
    text = re.sub(r"\]\([^)]*\)|https?://\S+|\bseed[= ]\d+|\((?:1[6-9]|20)\d\d\)", " ", text)

    def same(shown: str, number: float) -> bool:
        decimals = len(shown.partition("e")[0].partition(".")[2])
        near = decimals > 0 and "e" not in shown and abs(float(shown) - number) <= 0.5001 * 10.0**-decimals
        return near or float(shown) == number

    def free(shown: str) -> bool:
        return "." not in shown and "e" not in shown and abs(int(shown)) <= FREE

    return [shown for shown in NUMBER.findall(text) if not free(shown) and not any(same(shown, n) for n in numbers)]


def test_a_number_that_is_not_asserted_is_found() -> None:
    numbers = asserted("assert agree([x, y], [36.305, -6.265]) and epochs == 1001\nz = 7.5")
    assert set(numbers) == {36.305, -6.265, 6.265, 1001}
    assert unasserted("36.31 and -6.265 after 1001, of 8 (1847) [5](notes/77.md) seed=17", numbers) == []
    assert unasserted("m is 36.4, 7.5 after 1002, 1e-07, 13 of `36.3051`", numbers) == [
        *("36.4", "7.5", "1002", "1e-07", "13", "36.3051")
    ]
    with pytest.raises(AssertionError, match="1 == 1"):
        asserted("assert 1 == 1")


@each_lesson
def test_every_number_in_the_prose_is_asserted(path: Path) -> None:
    numbers = [number for source in code(path) for number in asserted(source)]
    assert not unasserted(prose(path), numbers)
    text = (ROOT / "lessons" / "guide" / f"{path.stem[:2]}.md").read_text(encoding="utf-8")
    minutes = text[text.index("## Minutes") : text.index("## Misconceptions")]  # a plan, not a measurement
    assert not unasserted(text.replace(minutes, " "), numbers)
    assert text.startswith(f"# {COURSE[int(path.stem[:2])].title}\n")
    assert re.findall(r"^## (.*)$", text, re.MULTILINE) == ["Goal", "Minutes", "Misconceptions", "Ask them", "Next"]


def texts(cell: Any, stream: str) -> str:
    return "".join(output.text for output in cell.outputs if output.get("name") == stream)


@each_lesson
def test_the_lesson_runs(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("IPYTHONDIR", "JUPYTER_RUNTIME_DIR", "JUPYTER_DATA_DIR", "JUPYTER_CONFIG_DIR"):
        monkeypatch.setenv(name, str(tmp_path / "jupyter"))
    monkeypatch.setenv("JUPYTER_PREFER_ENV_PATH", "1")
    monkeypatch.delenv("MPLBACKEND", raising=False)
    notebook = jupytext.read(path.with_suffix(".ipynb"))
    NotebookClient(
        notebook, timeout=SECONDS, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}
    ).execute()
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert not [texts(cell, "stderr") for cell in cells if texts(cell, "stderr")], "a reader would see this"
    shown = [kind for cell in cells for output in cell.outputs for kind in output.get("data", {})]
    assert "image/png" in shown or "text/html" in shown
    replies = [output["data"].get("text/plain", "") for cell in cells for output in cell.outputs if "data" in output]
    assert any(reply.startswith("Not yet") for reply in replies), "what is to be filled in is right already"
    assert [file.name for file in tmp_path.iterdir()] in ([], ["jupyter"]), "nothing is left in the reader's folder"


def test_the_four_steps_end_at_the_original_lessons_last_digit() -> None:
    last = code(ROOT / "lessons" / "05-the-four-steps.py")[-1]
    assert "[-0.4681258499622345, 1.7542961835861206]" in last
