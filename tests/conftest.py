"""Fixtures of more than one test module."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from browser import chromium
from costs import X, Y
from pictures import RUN, TRIAL

from steepest.report import write_report

__all__ = ["chromium"]

LESSON: dict[str, Any] = {
    "cost": TRIAL, "inputs": X, "targets": Y, "x_name": "Drug dosage (mL)", "y_name": "Forgetfulness",
}  # fmt: skip


@pytest.fixture(scope="session")
def trial_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The clinical trial's page: 1,001 epochs at 0.01."""
    return write_report(tmp_path_factory.mktemp("page") / "trial.html", RUN, **LESSON)


@pytest.fixture(scope="session")
def paged(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Write any other page; the arguments are those of write_report."""
    folder, count = tmp_path_factory.mktemp("pages"), iter(range(1000))

    def write(run: Any, **given: Any) -> Path:
        return write_report(folder / f"{next(count)}.html", run, **given)

    return write
