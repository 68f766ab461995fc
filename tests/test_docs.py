"""What the README shows is what happens."""

import contextlib
import io
import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_python_example_runs_and_says_what_it_should() -> None:
    blocks = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    assert len(blocks) == 2
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(blocks[0], {})  # noqa: S102  # our own README
    assert "cost 19.6755 to 0.0194758: ran out of epochs after 1001" in printed.getvalue()
    assert "All roads agree" in printed.getvalue() and "0.0549" in printed.getvalue()


def test_every_file_that_the_readme_names_is_there() -> None:
    links = re.findall(r"\]\((?!http)([^)#]+)\)", README)
    assert links and not [link for link in links if not (ROOT / link).exists()]


def test_no_address_of_a_registry_and_no_path_of_one_machine() -> None:
    for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "Makefile", "constraints.txt", "pyproject.toml"):
        text = (ROOT / name).read_text(encoding="utf-8")
        assert not re.search(r"download\.pytorch|pypi\.org|file://|/(work|root|home|opt)/", text), name


def test_the_two_lines_in_the_readers_own_loop_are_enough() -> None:
    import torch

    import steepest

    _, lines = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    first, second = lines.splitlines()
    model = torch.nn.Linear(3, 1)
    optimizer = torch.optim.Adam(model.parameters())
    world = {"steepest": steepest, "model": model, "optimizer": optimizer}
    exec(first, world)  # noqa: S102  # our own README
    for _ in range(3):
        optimizer.zero_grad()
        loss = model(torch.ones(4, 3)).square().mean()
        loss.backward()
        exec(second, world | {"loss": loss})  # noqa: S102  # our own README
        optimizer.step()
    assert len(world["watch"].trajectory().steps) == 3
    world["watch"].close()
