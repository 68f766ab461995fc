"""One run, one verdict: what `steepest descend` prints is what `steepest diagnose` says of the run it saved."""

import sqlite3
from pathlib import Path

import pytest
import torch
from test_cli import document, run
from tolerances import CLOSED_FORM

from steepest import Cost, SteepestError, Trajectory, curvature_at, descend, diagnose
from steepest.cli import kept as attached
from steepest.cli.kept import keep_curvature, kept_curvature

PATH = "runs/clinical-trial/run.steepest"
WALK = ("descend", "--no-figures", "--learning-rate", "0.002", "--epochs", "25", "--start", "m=-0.5,b=1.0")


def test_descend_and_diagnose_say_the_same_of_one_run(tmp_path: Path) -> None:
    walked = document(run(*WALK, "--json", folder=tmp_path))
    done = run("diagnose", PATH, "--json", folder=tmp_path)
    judged = document(done)
    assert judged["with_curvature"]
    for said, again in zip(walked["verdict"], judged["findings"], strict=True):
        assert {**said, "evidence": 0} == {**again, "evidence": 0}
        assert said["evidence"] == pytest.approx(again["evidence"], rel=CLOSED_FORM)
    assert judged["findings"][0]["rule"] == "crawling" and done.returncode == 1
    (alone,) = diagnose(Trajectory.load(tmp_path / PATH))
    assert alone.rule == "descending", "without the curvature it would be told otherwise: the case is one that matters"
    told = run("diagnose", PATH, folder=tmp_path).stdout
    assert "Judged with the curvature" in told and "recorded path alone" not in told
    assert sorted(path.name for path in (tmp_path / PATH).parent.iterdir()) == ["run.steepest"]


def test_a_run_that_keeps_no_curvature_is_judged_by_its_path_and_says_so(tmp_path: Path) -> None:
    cost = Cost.from_function(lambda m, b: m**2 + b**2 / 100, dtype=torch.float64)
    path = tmp_path / "run.steepest"
    walked = descend(cost, {"m": 1.0, "b": 1.0}, learning_rate=0.01, epochs=30, save=path)
    found = document(run("diagnose", path.name, "--json", folder=tmp_path))
    assert not found["with_curvature"] and found["findings"] == [f.to_dict() for f in diagnose(walked)]
    assert "curvature_at(cost, run.end)" in run("diagnose", path.name, folder=tmp_path).stdout
    assert kept_curvature(path) is None


def test_the_curvature_comes_back_to_the_same_bits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cost = Cost.from_function(lambda m, b: m**2 - b**2 / 7, dtype=torch.float64)
    path = tmp_path / "run.steepest"
    descend(cost, {"m": 1.0, "b": 1.0}, learning_rate=0.01, epochs=3, save=path)
    curvature = curvature_at(cost, {"m": 1.0, "b": 1.0})
    assert curvature.condition_number is None and curvature.why
    keep_curvature(path, None)
    assert kept_curvature(path) is None
    keep_curvature(path, curvature)
    read = kept_curvature(path)
    assert read is not None and read.to_dict() == curvature.to_dict() and read.names == curvature.names
    for name in ("eigenvalues", "directions", "residuals"):
        assert getattr(read, name).equal(getattr(curvature, name))
    assert Trajectory.load(path).epochs == 3, "the run itself is read as ever"
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE attached SET data = x'00'")
    with pytest.raises(SteepestError, match="the curvature that it keeps is damaged"):
        kept_curvature(path)
    assert run("diagnose", path.name, folder=tmp_path).returncode == 2
    other = tmp_path / "large.steepest"
    descend(cost, {"m": 1.0, "b": 1.0}, learning_rate=0.01, epochs=3, save=other)
    monkeypatch.setattr(attached, "LARGEST", 8)
    keep_curvature(other, curvature)
    assert kept_curvature(other) is None
