"""What a new user stumbled over on the command line, each held by a test."""

import subprocess
import sys
from pathlib import Path

import pytest
from test_cli import STEEPEST, alone, document, houses, run

__all__ = ["houses"]  # a fixture


def test_the_list_of_commands_says_each_whole(tmp_path: Path) -> None:
    commands = alone("--help", folder=tmp_path, COLUMNS="80").stdout.partition("Commands:")[2]
    assert len(commands.split("\n")) == 13 and "..." not in commands


def test_every_refusal_to_overwrite_is_worded_alike(tmp_path: Path) -> None:
    assert run("descend", "-q", "--report", folder=tmp_path).returncode == 0
    path = "runs/clinical-trial/run.steepest"
    asked = [("draw", path, "--what", "fit"), ("draw", path, "--what", "animation"), ("report", path)]
    asked += [("line", "m"), ("plane", "m", "b"), ("learn", "--worksheet", "5")]
    for command in asked:
        run(*command, folder=tmp_path)
        refused = run(*command, folder=tmp_path)
        said = " is there already. Replace it with --force (force=True), or name another place.\n"
        assert refused.returncode == 2 and refused.stderr.endswith(said), refused.stderr
        assert run(*command, "--force", folder=tmp_path).returncode == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_is_said_and_leaves_no_half_file(tmp_path: Path) -> None:
    assert run("descend", "-q", folder=tmp_path).returncode == 0
    run_file = "runs/clinical-trial/run.steepest"
    for name, most, command in [
        ("m.png", 4096, ["line", "m", "-o", "m.png"]),
        ("page.html", 200_000, ["report", run_file, "-o", "page.html"]),
        ("film/animation.gif", 200_000, ["draw", run_file, "--what", "animation", "-o", "film"]),
    ]:
        limit = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({most}, {most})); "
        done = subprocess.run(
            [sys.executable, "-c", limit + STEEPEST[2], *command],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 2 and f"'{name}' cannot be written: File too large. Free some space" in done.stderr
        assert not (tmp_path / name).exists()
    with Path("/dev/full").open("w") as full:
        done = subprocess.run([*STEEPEST, "learn"], stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 2 and "No space left on device. Free some space" in done.stderr


def test_a_run_is_found_by_its_folder(houses: Path) -> None:
    assert run("descend", "houses.csv", "--target", "price", "-q", folder=houses.parent).returncode == 0
    for path in ("runs/houses", "runs/houses/run.steepest"):
        done = run("diagnose", path, folder=houses.parent)
        assert done.returncode in (0, 1) and "refuted by" in done.stdout, done.stderr
        done = run("report", path, "houses.csv", "--target", "price", "--force", folder=houses.parent)
        assert done.stdout == "runs/houses/report.html\n", done.stderr
        done = run("draw", path, "houses.csv", "--target", "price", "--what", "fit", "--force", folder=houses.parent)
        assert done.stdout == "runs/houses/fit.png\n", done.stderr
    done = run("draw", "runs/houses", folder=houses.parent)
    assert done.returncode == 2
    assert "No table was named, so that the lesson's trial stands in. Name the table" in done.stderr


def test_at_rest_high_above_the_minimum_is_no_end(tmp_path: Path) -> None:
    rows = "".join(f"{1e9 * (20 + 9 * i % 47)},{1e-9 * (1 + i % 6)},{50 + i % 17 - i % 6}\n" for i in range(40))
    (tmp_path / "scales.csv").write_text("income,trace,score\n" + rows)
    said = run("descend", "scales.csv", "--target", "score", "--no-figures", folder=tmp_path).stdout
    assert "verdict settled" in said and "Nothing has to be changed" not in said
    assert "Yet the exact minimum is lower by" in said and "Walk with --standardise" in said
    again = run(
        "descend", "scales.csv", "--target", "score", "--no-figures", "--standardise", "--force", folder=tmp_path
    )
    assert "Yet the exact minimum" not in again.stdout
    assert "Yet the exact minimum" not in run("descend", "--epochs", "9999", "--no-figures", folder=tmp_path).stdout


def test_interrupted_before_anything_is_there_is_said(tmp_path: Path) -> None:
    script = "import steepest.cli.learn as learn, signal\n" + STEEPEST[2].replace(
        "main()", "learn._list = lambda *a, **k: signal.raise_signal(signal.SIGINT); main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, "learn"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr.strip()) == (130, "steepest: interrupted."), done.stderr


def test_a_reader_that_has_seen_enough_is_no_divergence(tmp_path: Path) -> None:
    command = subprocess.list2cmdline([*STEEPEST[:2]]) + f" '{STEEPEST[2]}' check | head -1; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stdout.splitlines()[-1] in ("141", "0") and not done.stderr, done


def test_a_run_goes_on_at_the_rate_it_began_with(houses: Path) -> None:
    asked = ["descend", "houses.csv", "--target", "price", "--features", "area", "--no-figures", "--json"]
    began = document(run(*asked, "--epochs", "7", folder=houses.parent))
    on = run(*asked, "--epochs", "5000", "--resume", folder=houses.parent)
    assert on.returncode == 0, on.stderr
    assert document(on)["learning_rate"] == began["learning_rate"] and document(on)["epochs"] > 7
    anew = document(run(*asked, "--epochs", "5000", "--force", folder=houses.parent))
    assert anew["learning_rate"] != began["learning_rate"], "the test would hold without the mending"
    both = run(*asked, "--resume", "--force", folder=houses.parent)
    assert both.returncode == 2 and "--force starts anew, --resume goes on. Give one of the two" in both.stderr
