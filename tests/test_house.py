"""The house keeps its shape: floors, file sizes, the README's table, a light import, and what never happens."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "src" / "steepest"
LARGEST = 400

README = (ROOT / "README.md").read_text(encoding="utf-8")
TABLE = re.findall(r"^\| `src/steepest/([\w/]+?)(?:\.py|/)` \|", README, re.MULTILINE)
"""The floors, from the ground up, in the order of the README's table: the only place where that order is written."""

FILES = sorted(SOURCE.rglob("*.py"))


def floor(path: Path) -> str:
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


def imported(path: Path) -> set[str]:
    """Floors that a file imports, wherever in the file: an import inside a function is one, too."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "steepest":
            parts = node.module.split(".")[1:]
            found |= {parts[0]} if parts else {alias.name for alias in node.names}
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[1] for alias in node.names if alias.name.startswith("steepest.")}
    return found - {"__version__"}


def test_the_readmes_table_names_every_floor_once() -> None:
    assert sorted(TABLE) == sorted({floor(path) for path in FILES} - {"__init__"})


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_a_floor_imports_only_what_stands_above_it(path: Path) -> None:
    if path == SOURCE / "__init__.py":
        return
    own = TABLE.index(floor(path))
    wrong = {name for name in imported(path) - {floor(path)} if name not in TABLE or TABLE.index(name) > own}
    assert not wrong, f"{path.name} imports {wrong}, which stand below it in the README's table"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_no_file_is_two_ideas(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LARGEST


def test_no_file_bears_the_name_of_a_public_function() -> None:
    import steepest

    functions = {name for name in steepest.__all__ if name not in ("directions", "draw", "lessons", "vectors")}
    assert not functions & {floor(path) for path in FILES}


def test_every_public_name_is_there_and_says_what_it_is() -> None:
    import steepest

    for name in steepest.__all__:
        assert getattr(steepest, name).__doc__, name
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = steepest.nothing


LIGHT = """
import sys
{what}
heavy = {{"torch", "matplotlib", "polars", "numpy", "narwhals"}} & set(sys.modules)
sys.exit(f"imported: {{heavy}}" if heavy else 0)
"""


@pytest.mark.parametrize(
    "what",
    [
        "import steepest",
        "import steepest.cli",
        "import steepest.cli.app as a\ntry: a.app(['--help'])\nexcept SystemExit: pass",
        "import steepest.cli.app as a\ntry: a.app(['descend', '--help'])\nexcept SystemExit: pass",
    ],
    ids=["import", "command line", "help", "help of a command"],
)
def test_nothing_heavy_is_imported_before_it_is_used(what: str) -> None:
    done = subprocess.run([sys.executable, "-c", LIGHT.format(what=what)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


QUIET = """
import logging, random, torch, numpy, matplotlib, warnings
before = (torch.get_rng_state(), random.getstate(), numpy.random.get_state()[1].tolist(), torch.get_default_dtype(),
          dict(matplotlib.rcParams), list(logging.root.handlers))
import steepest
for name in steepest.__all__: getattr(steepest, name)
after = (torch.get_rng_state(), random.getstate(), numpy.random.get_state()[1].tolist(), torch.get_default_dtype(),
         dict(matplotlib.rcParams), list(logging.root.handlers))
assert before[0].equal(after[0]) and before[1:] == after[1:]
"""


def test_the_import_is_quiet() -> None:
    done = subprocess.run([sys.executable, "-c", QUIET], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_nothing_runs_code_from_a_file() -> None:
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import | ast.ImportFrom):
                names = [alias.name for alias in node.names] + [getattr(node, "module", "") or ""]
                assert not {"pickle", "dill", "joblib", "marshal", "shelve"} & set(names), path
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id not in ("eval", "exec", "sympify", "parse_expr"), path


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_nothing_is_left_undone(path: Path) -> None:
    assert not re.search(r"\b(TODO|FIXME|XXX|HACK)\b", path.read_text(encoding="utf-8"))
