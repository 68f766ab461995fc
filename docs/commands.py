"""Write docs/reference/commands.md: the help of every command, as it is printed."""

from __future__ import annotations

from pathlib import Path

from typer.main import get_command
from typer.testing import CliRunner

from steepest.cli.app import app

PAGE = Path(__file__).parent / "reference" / "commands.md"


def page() -> str:
    """The whole page, from the commands themselves."""
    commands = get_command(app).commands  # pyright: ignore[reportAttributeAccessIssue]
    parts = [
        "# Commands",
        "Exit status: 0 done, 1 the answer is bad news, 2 bad request, 130 interrupted after saving.",
    ]
    for name in commands:
        printed = CliRunner().invoke(app, [name, "--help"], env={"COLUMNS": "100", "NO_COLOR": "1"}).output
        parts += [f"## steepest {name}", f"```\n{printed.strip()}\n```"]
    return "\n\n".join(parts) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
