"""The command line as a person, a pipe and a script meet it."""

import contextlib
import io
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from steepest.cli import main
from steepest.trajectory import Outcome, Trajectory

STEEPEST = [sys.executable, "-c", "from steepest.cli import main; main()"]


def run(
    *arguments: str, folder: Path, given: str | None = None, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run a command in this process where nothing speaks against it: torch is imported once, not fifty times."""
    if given is not None or environment:
        return alone(*arguments, folder=folder, given=given, **environment)
    streams = io.StringIO(), io.StringIO()
    with (
        contextlib.chdir(folder),
        contextlib.redirect_stdout(streams[0]),
        contextlib.redirect_stderr(streams[1]),
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr(sys, "argv", ["steepest", *arguments])
        patch.setenv("COLUMNS", "160")
        for name in ("NO_COLOR", "FORCE_COLOR"):
            patch.delenv(name, raising=False)
        with pytest.raises(SystemExit) as ended:
            main()
    code = ended.value.code
    status = code if isinstance(code, int) else int(code is not None)
    return subprocess.CompletedProcess(arguments, status, streams[0].getvalue(), streams[1].getvalue())


def alone(
    *arguments: str, folder: Path, given: str | None = None, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run a command in a process of its own, as a shell does."""
    clean = {key: value for key, value in os.environ.items() if key not in ("NO_COLOR", "FORCE_COLOR", "COLUMNS")}
    return subprocess.run(
        [*STEEPEST, *arguments],
        cwd=folder,
        input=given,
        capture_output=True,
        text=True,
        check=False,
        env=clean | {"COLUMNS": "160"} | environment,
    )


def document(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    return json.loads(done.stdout, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))


@pytest.fixture
def houses(tmp_path: Path) -> Path:
    lines = ["area,rooms,town,price"]
    lines += [
        f"{50 + 3 * i},{1 + i % 4},{'north' if i % 2 else 'south'},{1000 + 90 * i + 7 * (i % 5)}" for i in range(30)
    ]
    path = tmp_path / "houses.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


def test_the_lesson_from_one_command(tmp_path: Path) -> None:
    done = alone("descend", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    out = done.stdout
    assert "Forgetfulness from Drug dosage (mL)" in out
    assert re.search(r"1 forward pass +ŷ = m x \+ b +gives +0\.1, 1, 1\.9, 2\.8, 3\.7, 4\.6, 5\.5, 6\.4\n", out)
    assert "19.675475" in out and "∂C/∂m = 36.305" in out and "∂C/∂b = 6.265" in out
    assert "m = 0.9 - 0.01 × 36.305 = 0.53695" in out and "b = 0.1 - 0.01 × 6.265 = 0.03735" in out
    assert "ran out of epochs after 1001" in out
    assert re.search(r"m +-0\.468126 +-0\.469286 +0\.00116", out) and re.search(r"b +1\.7543 +1\.76 ", out)
    assert "condition number 63.17" in out and "every 119.9 epochs" in out and "limit 0.0549097" in out
    folder = tmp_path / "runs" / "clinical-trial"
    assert sorted(path.name for path in folder.iterdir()) == ["contour.png", "cost.png", "fit.png", "run.steepest"]
    assert Trajectory.load(folder / "run.steepest").epochs == 1001


def test_one_json_document_and_nothing_else(tmp_path: Path) -> None:
    done = run("descend", "--json", "--no-figures", folder=tmp_path)
    found = document(done)
    assert found["outcome"] == "out of epochs" and found["epochs"] == 1001
    assert found["cost"] == pytest.approx(0.01947583792506026) and found["learning_rate"] == 0.01
    assert found["parameters"] == {"m": pytest.approx(-0.4681258415206655), "b": pytest.approx(1.7542961685434577)}
    assert found["gradient"]["m"] == pytest.approx(0.0006687265809116466)
    assert found["learning_rate_limit"] == pytest.approx(0.05490968295857898)
    assert found["condition_number"] == pytest.approx(63.17464705574249)
    assert found["exact"]["parameters"] == {"m": pytest.approx(-0.46928571428571), "b": pytest.approx(1.76)}
    assert found["seconds"] > 0 and "Epoch 0" in done.stderr


def test_float32_prints_the_lessons_digits(tmp_path: Path) -> None:
    found = document(run("descend", "--json", "--no-figures", "--dtype", "float32", folder=tmp_path))
    assert found["parameters"] == {"m": -0.4681258499622345, "b": 1.7542961835861206}


def test_the_plain_walk_is_the_same_walk(tmp_path: Path) -> None:
    plain = document(run("descend", "--json", "--no-figures", "--plain", folder=tmp_path))
    exact = document(run("descend", "--json", "--no-figures", "--force", folder=tmp_path))
    for name, value in exact["parameters"].items():
        assert plain["parameters"][name] == pytest.approx(value, rel=1e-12)


def test_divergence_is_told_and_exits_with_1(tmp_path: Path) -> None:
    done = run("descend", "--learning-rate", "0.06", folder=tmp_path)
    assert done.returncode == 1 and "the learning rate 0.06 is above the limit 0.0549" in done.stdout
    found = document(run("descend", "--learning-rate", "1", "--json", "--force", folder=tmp_path))
    assert found["outcome"] == "diverged" and found["cost"] is None and "cost" in found["not_finite"]


def test_a_table_of_ones_own(houses: Path) -> None:
    done = run("descend", "houses.csv", "--target", "price", "--standardise", folder=houses.parent)
    assert done.returncode == 0, done.stderr
    assert "price from area, rooms" in done.stdout and "left out: town (text" in done.stdout
    assert "auto: 2 / (smallest + largest eigenvalue" in done.stdout and "settled at epoch" in done.stdout
    found = document(
        run("descend", "houses.csv", "--target", "price", "--json", "--standardise", "--force", folder=houses.parent)
    )
    exact = found["exact"]["parameters"]
    assert list(exact) == ["area", "rooms", "intercept"] == list(found["parameters"])
    for name, value in exact.items():
        assert found["parameters"][name] == pytest.approx(value, rel=1e-6), name


def test_standard_input(houses: Path) -> None:
    given = houses.read_text()
    piped = document(
        run("descend", "-", "--target", "price", "--json", "--no-figures", folder=houses.parent, given=given)
    )
    filed = document(run("descend", "houses.csv", "--target", "price", "--json", "--no-figures", folder=houses.parent))
    assert piped["parameters"] == filed["parameters"] and piped["table"] == "standard input"


def test_without_standardising_auto_says_that_nothing_arrives_in_time(houses: Path) -> None:
    found = document(run("descend", "houses.csv", "--target", "price", "--json", "--no-figures", folder=houses.parent))
    assert "no fixed rate arrives in 1000 epochs" in found["learning_rate_why"]
    assert found["learning_rate"] < found["learning_rate_limit"] and found["outcome"] == "out of epochs"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["descend", "none.csv", "--target", "y"], "no such file"),
        (["descend", "houses.csv", "--target", "prise"], "Did you mean 'price'?"),
        (["descend", "houses.csv"], "target"),
        (["descend", "--target", "price"], "no table was given"),
        (["descend", "--learning-rate", "fast"], "--learning-rate fast is not a number"),
        (["descend", "--learning-rate", "0"], "--learning-rate 0: nothing could be learnt"),
        (["descend", "--start", "m=0.9,c=1"], "no parameter 'c'"),
        (["descend", "--start", "m"], "not name=value"),
        (["descend", "--dtype", "float8"], "--dtype float8"),
        (["descend", "--device", "nowhere"], "--device nowhere"),
        (["descend", "-o", "houses.csv"], "'houses.csv' is a file, and no folder"),
        (["descend", "-o", "houses.csv/runs"], "cannot be made"),
        (["descend", "--learning-rate", "0,01"], "--learning-rate 0,01 is not a number. Write it with a point: 0.01"),
        (["descend", "--lr", "0.01"], "--lr is called --learning-rate here. Write --learning-rate 0.01"),
        (["check", "--at", "m="], "--at: 'm=' is not name=value"),
        (["line", "m", "--at", "m="], "--at: 'm=' is not name=value"),
        (["plane", "m", "m"], "the parameter 'm' is named twice. Name two, or cut a line: `steepest line m`"),
        (["check", "--derivation", "song"], "--derivation song"),
        (["check", "--by-hand", "m=1"], "'b' has no value"),
    ],
)
def test_bad_requests_are_one_message_and_exit_with_2(houses: Path, arguments: list[str], words: str) -> None:
    done = run(*arguments, folder=houses.parent)
    assert done.returncode == 2 and words in done.stderr, done.stderr
    assert "Traceback" not in done.stderr and done.stdout == ""
    assert done.stderr.startswith("steepest: ") and done.stderr.count("\n") == 1


def test_an_unknown_option_exits_with_2(tmp_path: Path) -> None:
    done = run("descend", "--speed", "9", folder=tmp_path)
    assert done.returncode == 2 and "--speed" in done.stderr and "Traceback" not in done.stderr


def test_a_run_is_not_overwritten_unasked(tmp_path: Path) -> None:
    first = run("descend", "--no-figures", "-q", folder=tmp_path)
    again = run("descend", "--no-figures", "-q", folder=tmp_path)
    assert first.returncode == 0 and again.returncode == 2 and "--resume" in again.stderr and "--force" in again.stderr
    assert run("descend", "--no-figures", "-q", "--force", folder=tmp_path).returncode == 0
    assert run("descend", "--no-figures", "-q", "--resume", folder=tmp_path).stdout == first.stdout


def test_quiet_and_verbose(tmp_path: Path) -> None:
    quiet = run("descend", "-q", "--no-figures", folder=tmp_path).stdout
    assert quiet.count("\n") == 1 and "ran out of epochs" in quiet
    assert run("descend", "-v", "--no-figures", "--force", folder=tmp_path).stdout.count("forward pass") == 10
    assert run("descend", "--no-figures", "--force", folder=tmp_path).stdout.count("forward pass") == 2


def test_colour_only_where_it_is_wanted(tmp_path: Path) -> None:
    plain = run("descend", "--no-figures", folder=tmp_path)
    forced = run("descend", "--no-figures", "--force", folder=tmp_path, FORCE_COLOR="1")
    refused = run("descend", "--no-figures", "--force", folder=tmp_path, FORCE_COLOR="1", NO_COLOR="1")
    assert "\x1b[" not in plain.stdout and "\x1b[" in forced.stdout
    assert not re.search(r"\x1b\[[0-9;]*3[0-9]", refused.stdout)


def test_a_reader_that_has_seen_enough(tmp_path: Path) -> None:
    command = " ".join(["'" + part + "'" for part in STEEPEST]) + " descend -v --no-figures | head -1"
    done = subprocess.run(["bash", "-c", command], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stdout.count("\n") == 1 and "Traceback" not in done.stderr and "Exception" not in done.stderr


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_stopped_saved_and_resumed(tmp_path: Path, sent: signal.Signals) -> None:
    path = tmp_path / "runs" / "clinical-trial" / "run.steepest"
    arguments = ["descend", "--learning-rate", "1e-7", "--epochs", "300000", "--no-figures"]
    process = subprocess.Popen([*STEEPEST, *arguments], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    for _ in range(2000):
        if path.exists() and path.with_name("run.steepest-wal").exists():
            break
        time.sleep(0.01)
    time.sleep(0.3)
    process.send_signal(sent)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert b"interrupted after epoch" in out and b"--resume" in err
    stopped = Trajectory.load(path)
    assert stopped.outcome is Outcome.INTERRUPTED and 0 < stopped.epochs < 300_000
    more = str(stopped.epochs + 10)
    resumed = run(*arguments[:3], "--epochs", more, "--no-figures", "--resume", "--json", folder=tmp_path)
    whole = run(*arguments[:3], "--epochs", more, "--no-figures", "-o", "other", "--json", folder=tmp_path)
    assert document(resumed)["parameters"] == document(whole)["parameters"]


def test_check_puts_the_roads_side_by_side(tmp_path: Path) -> None:
    done = run("check", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "All roads agree" in done.stdout and "power rule" in done.stdout and "36.305" in done.stdout
    assert re.search(r"E \+0\.36480", done.stdout) and re.search(r"SW -0\.29974", done.stdout)


def test_check_names_what_is_wrong_with_an_answer(tmp_path: Path) -> None:
    done = run("check", "--by-hand", "m=72.61,b=-6.265", "-q", folder=tmp_path)
    assert done.returncode == 1 and "The roads disagree" in done.stdout
    assert "a factor 2 counted twice?" in done.stdout and "the sign turned round?" in done.stdout
    found = document(run("check", "--by-hand", "m=72.61,b=6.265", "--json", folder=tmp_path))
    assert not found["agrees"] and found["rows"][0]["ratio"] == pytest.approx(2)
    assert found["by_statistics"]["m"] == pytest.approx(36.305) and found["compass"]["E"] == pytest.approx(0.3648)


def test_check_on_ones_own_table_and_other_forms(houses: Path) -> None:
    assert run("check", "houses.csv", "--target", "price", folder=houses.parent).returncode == 0
    assert run("check", "--derivation", "latex", folder=houses.parent).stdout.startswith("\\begin")
    assert run("check", "--derivation", "mathml", folder=houses.parent).stdout.startswith("<math")
    assert run("check", "--dtype", "float32", "-q", folder=houses.parent).returncode == 0


def test_curvature(tmp_path: Path) -> None:
    out = run("curvature", folder=tmp_path).stdout
    assert "36.4234" in out and "0.0549097" in out and "18.6158" in out and "diverges" in out
    found = document(run("curvature", "--json", folder=tmp_path))
    assert found["eigenvalues"] == pytest.approx([36.423448328934924, 0.5765516710650793])
    assert found["above_minimum_by_mode"] == pytest.approx([18.6158, 1.0402], abs=1e-4)
    assert document(run("curvature", "--standardise", "--json", folder=tmp_path))["condition_number"] == pytest.approx(
        1
    )


def test_diagnose_reads_a_run_and_exits_with_1_on_bad_news(tmp_path: Path) -> None:
    run("descend", "--learning-rate", "0.06", "--no-figures", "-q", folder=tmp_path)
    path = "runs/clinical-trial/run.steepest"
    done = run("diagnose", path, folder=tmp_path)
    assert done.returncode == 1 and done.stdout.count("diverging") == 1 and "0.05491" in done.stdout
    found = document(run("diagnose", path, "--json", folder=tmp_path))
    assert found["bad"] and found["findings"][0]["rule"] == "diverging"
    run("descend", "--learning-rate", "0.05", "--epochs", "400", "--force", "--no-figures", "-q", folder=tmp_path)
    assert run("diagnose", path, folder=tmp_path).returncode == 0
    assert run("diagnose", "none.steepest", folder=tmp_path).returncode == 2


def test_draw_makes_every_picture_of_the_lesson(tmp_path: Path) -> None:
    run("descend", "--no-figures", "-q", folder=tmp_path)
    path = "runs/clinical-trial/run.steepest"
    done = run("draw", path, "-o", "pictures", folder=tmp_path)
    names = ["animation", "contour", "cost", "fit", "gradients", "rates", "slope", "squares", "steps", "surface"]
    assert done.returncode == 0 and sorted(file.stem for file in (tmp_path / "pictures").iterdir()) == names
    assert run("draw", path, "-o", "pictures", folder=tmp_path).returncode == 2
    again = run("draw", path, "-o", "pictures", "--what", "fit,cost", "--force", folder=tmp_path)
    assert again.stdout == "pictures/fit.png\npictures/cost.png\n"
    assert "Did you mean 'contour'" in run("draw", path, "--what", "contur", folder=tmp_path).stderr


def test_draw_refuses_a_run_of_another_table(houses: Path) -> None:
    run("descend", "houses.csv", "--target", "price", "--no-figures", "-q", folder=houses.parent)
    path = "runs/houses/run.steepest"
    assert run("draw", path, folder=houses.parent).returncode == 2
    assert run("draw", path, "houses.csv", "--target", "price", folder=houses.parent).returncode == 0
    assert (
        "the run has parameters area, rooms"
        in run("draw", path, "houses.csv", "--target", "area", folder=houses.parent).stderr
    )
    houses.write_text(houses.read_text().replace(",1000\n", ",9000\n"))
    assert (
        "the run starts at the cost"
        in run("draw", path, "houses.csv", "--target", "price", folder=houses.parent).stderr
    )


def test_report_writes_one_page(houses: Path) -> None:
    run("descend", "--no-figures", "-q", folder=houses.parent)
    done = run("report", "runs/clinical-trial/run.steepest", folder=houses.parent)
    assert done.returncode == 0 and done.stdout == "runs/clinical-trial/report.html\n", done.stderr
    page = (houses.parent / "runs" / "clinical-trial" / "report.html").read_text()
    assert "Forgetfulness from Drug dosage (mL)" in page and "crawling" in page and "<math" in page
    assert run("report", "runs/clinical-trial/run.steepest", folder=houses.parent).returncode == 2
    run("descend", "houses.csv", "--target", "price", "--no-figures", "-q", folder=houses.parent)
    arguments = ["report", "runs/houses/run.steepest", "houses.csv", "--target", "price", "-o", "houses.html"]
    assert run(*arguments, folder=houses.parent).stdout == "houses.html\n"
    assert '"pair":[0,2]' in (houses.parent / "houses.html").read_text(), "area and intercept, as the contour shows"


def test_report_compares_runs_and_descend_writes_one(tmp_path: Path) -> None:
    done = run("descend", "-o", "slow", "--report", "--no-figures", folder=tmp_path)
    assert done.returncode == 0 and "slow/report.html" in done.stdout and (tmp_path / "slow" / "report.html").exists()
    run("descend", "-o", "fast", "--learning-rate", "0.05", "--no-figures", "-q", folder=tmp_path)
    runs = ["slow/run.steepest", "fast/run.steepest"]
    assert run("report", *runs, "-o", "race.html", folder=tmp_path).stdout == "race.html\n"
    page = (tmp_path / "race.html").read_text()
    assert '"label":"slow"' in page and '"label":"fast"' in page
    done = run("report", runs[0], runs[0], "-o", "twice.html", folder=tmp_path)
    assert done.returncode == 2 and "a run is named twice" in done.stderr
    done = run("report", *runs, "absent.csv", "--target", "y", "-o", "none.html", folder=tmp_path)
    assert done.returncode == 2 and "absent.csv" in done.stderr


def test_cuts_through_the_cost(tmp_path: Path) -> None:
    assert run("line", "m", folder=tmp_path).stdout == "line-m.png\n"
    assert run("plane", "m", "b", "-o", "p.png", folder=tmp_path).stdout == "p.png\n"
    found = document(run("line", "b", "--at", "m=0,b=0", "--reach=-1:1", "--points", "3", "--json", folder=tmp_path))
    assert found["costs"] == pytest.approx([1.189475 + 2 * 0.1175 + 1, 1.189475, 1.189475 - 2 * 0.1175 + 1])
    for arguments, words in (
        (["line", "c"], "no parameter 'c'"),
        (["line", "m", "--reach", "1"], "not low:high"),
        (["plane", "m", "m"], "is named twice"),
        (["plane", "m", "b", "--reach", "0:1"], "1 reaches for 2"),
    ):
        done = run(*arguments, folder=tmp_path)
        assert done.returncode == 2 and words in done.stderr, done.stderr


def test_descend_ends_with_the_verdict(tmp_path: Path) -> None:
    out = run("descend", "--no-figures", folder=tmp_path).stdout
    assert "crawling: It still crawls along a flat direction: the distance takes 119.9 epochs to halve" in out
    assert "Try 0.053 instead of 0.01: about 112 epochs instead of 601" in out
    found = document(run("descend", "--no-figures", "--json", "--force", folder=tmp_path))
    assert found["verdict"][0]["rule"] == "crawling"


def test_doctor_recomputes_the_lesson(tmp_path: Path) -> None:
    done = run("doctor", "--json", folder=tmp_path)
    found = document(done)
    assert done.returncode == 0 and found["healthy"] and len(found["checks"]) == 5 and "torch" in found["versions"]
    assert run("doctor", folder=tmp_path).stdout.count("passed") == 5


def test_a_random_start_is_seeded(tmp_path: Path) -> None:
    ends = [
        document(
            run(
                "descend",
                "--start",
                "random",
                "--seed",
                seed,
                "--epochs",
                "1",
                "--json",
                "--no-figures",
                "--force",
                folder=tmp_path,
            )
        )["parameters"]
        for seed in ("1", "1", "2")
    ]
    assert ends[0] == ends[1] != ends[2]


def test_names_that_look_like_markup_are_shown_as_they_are(tmp_path: Path) -> None:
    rows = "\n".join(f"{i},{i * i},{3 * i + i % 3}" for i in range(9))
    (tmp_path / "odd.csv").write_text(f"[bold red]x[/],$\\frac{{a}}$ <b>,[link=http://x]y\n{rows}\n")
    done = run("descend", "odd.csv", "--target", "[link=http://x]y", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "[link=http://x]y from [bold red]x[/], $\\frac{a}$ <b>" in done.stdout


def test_version_and_help(tmp_path: Path) -> None:
    from steepest import __version__

    assert run("--version", folder=tmp_path).stdout == f"steepest {__version__}\n"
    top = run("-h", folder=tmp_path).stdout
    assert all(verb in top for verb in ("descend", "check", "curvature", "selftest", "doctor"))
    for verb in ("descend", "check", "curvature"):
        assert f"\n  steepest {verb}" in run(verb, "--help", folder=tmp_path).stdout.replace(
            "    steepest", "  steepest"
        )
