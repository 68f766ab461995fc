"""What the README shows is what happens."""

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_every_file_that_the_readme_names_is_there() -> None:
    links = re.findall(r"\]\((?!http)([^)#]+)\)", README)
    assert links and not [link for link in links if not (ROOT / link).exists()]


def test_no_address_of_a_registry_and_no_path_of_one_machine() -> None:
    for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "Makefile", "constraints.txt", "pyproject.toml"):
        text = (ROOT / name).read_text(encoding="utf-8")
        assert not re.search(r"download\.pytorch|pypi\.org|file://|/(work|root|home|opt)/", text), name


def test_every_figure_in_the_readmes_table_was_measured() -> None:
    measured = (ROOT / "benchmarks" / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| [^|]+ \| ([^|]+) \| [^|]*benchmarks/\w+\.py` \|$", README, re.MULTILINE)
    figures = [figure for row in rows for figure in re.findall(r"\d[\d,.]*\d(?: (?:ms|s|kB))?", row)]
    assert len(rows) >= 5 and figures
    missing = [figure for figure in figures if figure not in measured]
    assert not missing, f"not in benchmarks/README.md: {missing}"
