"""What the README shows is what happens."""

import contextlib
import io
import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_python_example_runs_and_says_what_it_should() -> None:
    blocks = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    assert len(blocks) == 1
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
