"""`steepest learn`: the list, copies that never overwrite, worksheets with keys that pass, complaints in a sentence."""

import json
import os
import re
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from steepest import lessons
from steepest.cli import learn as door
from steepest.errors import SteepestError
from steepest.lessons import copies, course, progress

ROOT = Path(__file__).parent.parent
app = typer.Typer()
app.command()(door.learn)


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def said(*arguments: str) -> str:
    done = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


def refused(*arguments: str) -> str:
    with pytest.raises(SteepestError) as complaint:
        CliRunner().invoke(app, arguments, catch_exceptions=False)
    return str(complaint.value)


def test_the_list_has_every_lesson_with_what_it_makes_tangible() -> None:
    text = said()
    for lesson in course.COURSE.values():
        assert f"{lesson.number:02d}  {lesson.title}" in text and lesson.tangible in text
    rows = json.loads(said("--json"))["lessons"]
    assert [row["lesson"] for row in rows] == list(range(1, 13))
    assert rows[4]["exercises"] == list(lessons.exercises(5)) and rows[4]["passed"] == []
    assert not list(Path().iterdir()), "a list leaves nothing behind"


def test_a_copy_never_overwrites_and_the_list_shows_progress() -> None:
    first = Path(said("05").splitlines()[1])
    assert first.read_bytes() == (ROOT / "lessons" / "05-the-four-steps.ipynb").read_bytes()
    first.write_text("my work", encoding="utf-8")
    second = Path(json.loads(said("5", "--json"))["copy"])
    assert first.read_text(encoding="utf-8") == "my work" and second.name == "05-the-four-steps-2.ipynb"
    assert copies.worked_on(course.COURSE[5], first.parent) == second
    os.utime(second, ns=(1, 1))
    assert copies.worked_on(course.COURSE[5], first.parent) == first, "the one worked on last"
    assert f"Your earlier one stays as it is: {first}" in said("5") and "steepest learn 1 copies" in said()
    progress.note("one round", first.parent)
    assert re.search(r"05  The four steps +1 of 3 passed  forward", said())
    said("6", "-o", "elsewhere")
    assert progress.passed(Path("elsewhere")) == [] and progress.passed(first.parent) == ["one round"]


def test_beside_the_copies_the_record_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    said("6")
    monkeypatch.chdir(copies.FOLDER)
    lessons.check("gradient of b", "mean(2*(m*x + b - y))")
    assert "1 of 4 passed" in said()
    assert Path(json.loads(said("6", "--json"))["copy"]) == Path("06-derive-it-yourself-2.ipynb")


def test_a_worksheet_and_its_key_have_the_numbers_of_the_seed() -> None:
    sheet, key = (Path(line).read_text(encoding="utf-8") for line in said("--worksheet", "5", "--seed", "17").split())
    task = lessons.task("a round by hand", seed=17)
    assert task in sheet and str(lessons.solution("a round by hand", seed=17)) in key
    assert str(lessons.solution("a round by hand", seed=17)) not in sheet and "def one_round" not in sheet
    assert "def one_round" in key and "learning_rate * slope_m" in key
    own = lessons.worksheet(5)
    assert task not in own and lessons.task("a round by hand") in own
    for page in (sheet, key, own):
        assert not re.search(r"https?:|<script|src=", page) and page.startswith("<!doctype html>")
    assert "is there already" in refused("--worksheet", "5", "--seed", "17")
    said("--worksheet", "5", "--seed", "17", "--force")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["13"], "lesson: there is no lesson '13'. Give a number from 1 to 12."),
        (["../05"], "lesson: there is no lesson '../05'. Give a number from 1 to 12."),
        (["05-the-five-steps"], "lesson: there is no lesson '05-the-five-steps'. Give a number from 1 to 12."),
        (["--seed", "3"], "--seed: it belongs to --worksheet. Give --worksheet LESSON with it."),
        (["--open"], "--open: no lesson is named. Name one: steepest learn 1 --open."),
        (["5", "--worksheet", "5"], "--worksheet: a worksheet and a copy are asked for at once."),
    ],
)
def test_a_request_that_makes_no_sense_gets_one_sentence(arguments: list[str], sentence: str) -> None:
    assert refused(*arguments).startswith(sentence)


def test_a_file_in_the_way_and_a_missing_notebook_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("taken").write_text("", encoding="utf-8")
    assert "'taken' is a file" in refused("5", "-o", "taken")
    monkeypatch.setattr(course, "home", lambda: Path("nowhere"))
    assert "has no notebook in this installation" in refused("5")
    assert not copies.FOLDER.exists()


def test_opening_asks_jupyter_or_says_that_it_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert "Jupyter is not installed" in refused("5", "--open")
    assert (copies.FOLDER / "05-the-four-steps.ipynb").is_file(), "the copy is made all the same"
    asked: list[list[str]] = []

    class Done:
        returncode = 0

    def run(command: list[str], **options: object) -> Done:
        asked.append(command)
        return Done()

    monkeypatch.setattr("importlib.util.find_spec", lambda name: object())
    monkeypatch.setattr("subprocess.run", run)
    said("5", "--open")
    assert asked == [[sys.executable, "-m", "jupyterlab", "05-the-four-steps.ipynb"]], "no second copy"


def test_the_help_imports_nothing_heavy_and_has_examples() -> None:
    text = CliRunner().invoke(app, ["--help"]).stdout
    assert "--worksheet" in text and "steepest learn 05" in text


def test_a_wheel_finds_its_notebooks_inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inside = tmp_path / "steepest" / "lessons" / "notebooks"
    inside.mkdir(parents=True)
    monkeypatch.setattr(course, "__file__", str(inside.parent / "course.py"))
    assert course.home() == inside
    assert course.notebook(course.COURSE[5]) is None
    (inside / "05-the-four-steps.ipynb").touch()
    assert course.notebook(course.COURSE[5]) == inside / "05-the-four-steps.ipynb"
