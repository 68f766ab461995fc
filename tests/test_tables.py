"""Tables: the same numbers from every source, in bounded pieces, and one clear sentence where there are none."""

from __future__ import annotations

import datetime
import gc
import gzip
import io
import itertools
import math
import random
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
import torch

from steepest.cost import Cost
from steepest.errors import SteepestError
from steepest.tables import Table, clinical_trial, read
from steepest.tables import blocks as blocks_module
from steepest.tables import frames as frames_module
from steepest.tables import review as review_module
from steepest.tables import text as text_module

ROWS = 300


def columns(rows: int = ROWS) -> dict[str, list[float]]:
    """Make two features with noise and a target, with numbers that need all their digits."""
    dice = random.Random(7)
    x = [dice.gauss(0, 1) for _ in range(rows)]
    z = [dice.gauss(50, 9) for _ in range(rows)]
    y = [3 * a - 0.25 * b + 2 + dice.gauss(0, 0.1) for a, b in zip(x, z, strict=True)]
    return {"x": x, "z": z, "y": y}


def written(folder: Path, text: str | bytes, name: str = "trial.csv") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def delimited(table: dict[str, list[Any]], delimiter: str = ",") -> str:
    lines = [list(table), *zip(*table.values(), strict=True)]
    return "".join(delimiter.join(str(cell) for cell in line) + "\n" for line in lines)


def complaint(source: Any, *, target: str | None = "y", **options: Any) -> str:
    """Read the table and make its cost; give back what is said against it."""
    with pytest.raises(SteepestError) as caught:
        read(source, target=target, **options).cost()
    said = str(caught.value)
    assert "\n" not in said
    assert said.endswith((".", "?"))
    return said


def lowest(table: Table) -> list[float]:
    return [float(value) for value in table.cost().minimum.values()]


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make every buffer so small that a short table takes many of them."""
    monkeypatch.setattr(text_module, "BLOCK_BYTES", 100)
    monkeypatch.setattr(text_module, "HEAD_BYTES", 60)
    monkeypatch.setattr(text_module, "HEAD_ROWS", 3)
    monkeypatch.setattr(blocks_module, "BLOCK_NUMBERS", 12)


def stdin(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(content)))


# The lesson's table


def test_clinical_trial_is_exact() -> None:
    table = clinical_trial()
    cost = table.cost()
    minimum = cost.minimum
    assert (table.name, table.target, table.features) == ("clinical trial", "Forgetfulness", ("Drug dosage (mL)",))
    assert table.parameter_names == cost.names == ("m", "b")
    assert float(minimum["m"]) == pytest.approx(-0.46928571428571, abs=1e-13)
    assert float(minimum["b"]) == pytest.approx(1.76, abs=1e-13)
    assert float(cost.value(minimum)) == pytest.approx(0.0194660714285714, abs=1e-14)
    assert (table.rows, table.dropped) == (8, 0)


def test_clinical_trial_needs_no_polars() -> None:
    code = "import sys; from steepest.tables import clinical_trial as t; t().cost(); print('polars' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "False"


def test_what_a_caller_does_to_a_batch_does_not_change_the_table() -> None:
    table = clinical_trial()
    for inputs, targets in table.batches():
        inputs.zero_()
        targets.zero_()
    table.sample()[0].zero_()
    assert float(table.tensors()[1].sum()) == pytest.approx(0.94)
    assert float(table.sample()[0].sum()) == 28


# The same numbers from every source


def everything(folder: Path, monkeypatch: pytest.MonkeyPatch, given: dict[str, list[float]]) -> dict[str, Table]:
    frame = pl.DataFrame(given)
    frame.write_parquet(folder / "a.parquet", row_group_size=70)
    stdin(monkeypatch, delimited(given).encode())
    sources: dict[str, Any] = {
        "csv": written(folder, delimited(given)),
        "string": str(written(folder, delimited(given), "b.CSV")),
        "crlf": written(folder, delimited(given).replace("\n", "\r\n"), "c.csv"),
        "bom": written(folder, b"\xef\xbb\xbf" + delimited(given).encode(), "d.csv"),
        "tsv": written(folder, delimited(given, "\t"), "e.tsv"),
        "semicolon": written(folder, delimited(given, ";"), "f.csv"),
        "comma": written(folder, delimited(given, ";").replace(".", ","), "g.csv"),
        "comma and tab": written(folder, delimited(given, "\t").replace(".", ","), "h.txt"),
        "quoted": written(folder, delimited(given, '","').replace("\n", '"\n"')[:-1].join(['"', ""]), "i.csv"),
        "spaces": written(folder, delimited(given, " , "), "j.csv"),
        "gz": written(folder, gzip.compress(delimited(given).encode()), "k.csv.gz"),
        "parquet": folder / "a.parquet",
        "stdin": "-",
        "polars": frame,
        "lazy": frame.lazy(),
        "pandas": pd.DataFrame(given),
        "pyarrow": frame.to_arrow(),
        "dict of lists": given,
        "dict of tensors": {
            name: torch.tensor(values, dtype=torch.float64, requires_grad=True) for name, values in given.items()
        },
        "dict of arrays": {name: np.array(values) for name, values in given.items()},
        "dict of series": {"x": pl.Series(given["x"]), "z": pd.Series(given["z"]), "y": tuple(given["y"])},
        "decimal": pl.DataFrame({name: [Decimal(repr(v)) for v in values] for name, values in given.items()}),
        "decimal objects": {name: [Decimal(repr(v)) for v in values] for name, values in given.items()},
        "objects": pd.DataFrame({name: pd.Series(values, dtype=object) for name, values in given.items()}),
    }
    return {kind: read(source, target="y") for kind, source in sources.items()}


def test_every_source_gives_the_same_minimum(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given = columns()
    inputs = torch.tensor([given["x"], given["z"]], dtype=torch.float64).T
    expected = Cost.least_squares(inputs, torch.tensor(given["y"], dtype=torch.float64)).minimum
    expected = [*expected["weights"].tolist(), float(expected["intercept"])]
    for kind, table in everything(tmp_path, monkeypatch, given).items():
        assert table.features == ("x", "z"), kind
        torch.testing.assert_close(table.tensors()[0], inputs, rtol=1e-15, atol=0, msg=kind)
        assert lowest(table) == pytest.approx(expected, abs=1e-12, rel=1e-12), kind
        assert (table.rows, table.dropped, table.left_out) == (ROWS, 0, {}), kind


@pytest.mark.usefixtures("small")
def test_every_source_gives_the_same_minimum_in_small_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given = columns()
    for kind, table in everything(tmp_path, monkeypatch, given).items():
        assert len(list(table.batches())) >= ROWS / 4, kind
        assert table.tensors()[1].tolist() == pytest.approx(given["y"], rel=1e-15), kind


def test_names_of_sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = {kind: table.name for kind, table in everything(tmp_path, monkeypatch, columns(9)).items()}
    assert names["csv"] == "trial.csv"
    assert names["gz"] == "k.csv.gz"
    assert names["stdin"] == "standard input"
    assert names["pandas"] == names["polars"] == names["dict of lists"] == "dataframe"


def test_integers_and_booleans_are_numbers(tmp_path: Path) -> None:
    flags = [True, False, True, True]
    expected = [[1.0, 5.0], [0.0, 6.0], [1.0, 7.0], [1.0, 9.0]]
    given = {"flag": flags, "count": [5, 6, 7, 9], "y": [1, 2, 4, 8]}
    frame = pl.DataFrame(given)
    frame.write_parquet(tmp_path / "a.parquet")
    sources = [given, frame, pd.DataFrame(given), frame.to_arrow(), tmp_path / "a.parquet"]
    sources += [written(tmp_path, delimited(given)), written(tmp_path, delimited(given).lower(), "lower.csv")]
    sources += [{**given, "flag": torch.tensor(flags)}, pd.DataFrame(given).astype({"flag": object})]
    for source in sources:
        assert read(source, target="y").tensors()[0].tolist() == expected


def test_a_pass_can_be_repeated_and_two_can_be_interleaved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_module, "BLOCK_BYTES", 1000)
    stdin(monkeypatch, delimited(columns()).encode())
    for table in (read("-", target="y"), read(written(tmp_path, delimited(columns())), target="y")):
        pairs = list(zip(table.batches(), table.batches(), strict=True))
        assert len(pairs) > 5
        assert all(torch.equal(left[0], right[0]) for left, right in pairs)
        assert [float(value) for value in table.cost().minimum.values()] == lowest(table)


def test_batches_are_float64_on_the_cpu_laid_out_by_column(tmp_path: Path) -> None:
    pl.DataFrame(columns()).write_parquet(tmp_path / "a.parquet")
    for source in (columns(), tmp_path / "a.parquet", written(tmp_path, delimited(columns()))):
        for inputs, targets in read(source, target="y").batches():
            assert inputs.dtype == targets.dtype == torch.float64
            assert inputs.shape == (ROWS, 2)
            assert targets.shape == (ROWS,)
            assert inputs.stride(0) == targets.stride(0) == 1
    for inputs, _ in clinical_trial().batches():
        assert inputs.stride(0) == 1
    holed = {**columns(), "x": [None, *columns()["x"][1:]]}
    for inputs, _ in read(holed, target="y", drop_empty=True).batches():
        assert inputs.stride(0) == 1


def test_tensors_take_a_dtype() -> None:
    inputs, targets = read(columns(), target="y").tensors(dtype=torch.float32)
    assert inputs.dtype == targets.dtype == torch.float32
    assert inputs.shape == (ROWS, 2)


def test_larger_than_one_batch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = 70_001  # more than the moments' pilot, too
    x = torch.arange(rows, dtype=torch.float64)
    given = {"x": x, "s": torch.sin(x), "y": 2 * x + torch.sin(x) * 3 - 1}
    frame = pl.DataFrame({name: column.numpy() for name, column in given.items()})
    frame.write_csv(tmp_path / "a.csv")
    frame.write_parquet(tmp_path / "a.parquet", row_group_size=10_000)
    monkeypatch.setattr(text_module, "BLOCK_BYTES", 2**18)
    monkeypatch.setattr(blocks_module, "BLOCK_NUMBERS", 2**16)
    monkeypatch.setattr(frames_module, "SLICE_NUMBERS", 2**15)
    for source in (tmp_path / "a.csv", tmp_path / "a.parquet", frame, given):
        table = read(source, target="y")
        assert lowest(table) == pytest.approx([2, 3, -1], abs=1e-8)
        assert table.rows == rows
        assert len(list(table.batches())) >= 3
        assert torch.equal(table.tensors()[0][:, 0], x)


def test_more_than_ten_thousand_columns(tmp_path: Path) -> None:
    count = 10_001
    header = ",".join(f"c{i}" for i in range(count))
    lines = [",".join(str((i * (row + 2)) % 97) for i in range(count)) for row in range(5)]
    path = written(tmp_path, "\n".join([header, *lines]))
    assert len(read(path, target="c1").features) == count - 1
    inputs, _ = read(path, target="c1").tensors()
    assert inputs.shape == (5, count - 1)
    assert inputs[3, 4000] == (4001 * 5) % 97
    assert read(path, target="c1", features=["c9000", "c7"]).tensors()[0][0].tolist() == [18000 % 97, 14]


# Headers, delimiters, decimal commas


@pytest.mark.parametrize(
    ("text", "features"),
    [
        ('"Dose, mL";y\n0,5;1,86\n1,5;1\n', ("Dose, mL",)),
        ("Dose, mL;y\n0,5;1,86\n1,5;1\n", ("Dose, mL",)),
        ("Dose, in mL, a day, oral;y\n0,5;1,86\n1,5;1\n", ("Dose, in mL, a day, oral",)),
        ("Dose, mL\ty\n0.5\t1.86\n1.5\t1\n", ("Dose, mL",)),
        (" x , y \n0.5,1.86\n1.5,1\n", ("x",)),
        ('"x\nin lines",y\n0.5,1.86\n1.5,1\n', ("x\nin lines",)),
        ("\n\nx,y\n0.5,1.86\n1.5,1\n\n\n", ("x",)),
        (",y\n0.5,1.86\n1.5,1\n", ("column 1",)),
        ("x,y\n.5,+186e-2\n1.5E0,1.\n", ("x",)),
        ("x,y\n 0.5\t,1.86 \n1.5,1", ("x",)),
        ('x",y\n0.5,1.86\n1.5,1', ('x"',)),
    ],
)
def test_headers_and_numbers_as_people_write_them(tmp_path: Path, text: str, features: tuple[str, ...]) -> None:
    table = read(written(tmp_path, text), target="y")
    assert table.features == features
    inputs, targets = table.tensors()
    assert inputs[:, 0].tolist() == [0.5, 1.5]
    assert targets.tolist() == [1.86, 1.0]


def test_a_point_in_a_table_with_decimal_commas_is_not_read_as_one(tmp_path: Path) -> None:
    said = complaint(written(tmp_path, "x;y\n" + "1,5;2\n2,5;1\n" * 999 + "1.234;5\n"))
    assert "column 'x' has the text '1.234' in row 1999" in said
    table = read(written(tmp_path, "x;people;y\n1.5;1,250;2\n2.5;3,100;1\n"), target="y")
    assert (table.tensors()[0].tolist(), table.left_out) == ([[1.5], [2.5]], {"people": "text, such as '1,250'"})
    path = written(tmp_path, "x;who;y\n1,5;A.;2\n2,5;B.;1\n")
    assert read(path, target="y").tensors()[0].tolist() == [[1.5], [2.5]]


def test_row_numbers_and_text_and_dates_are_left_out(tmp_path: Path) -> None:
    frame = pd.DataFrame({"x": [1.0, 2.5, 4.0], "y": [1, 2, 4], "who": ["Ann", "Bo", "3"], "on": ["2026-11-24"] * 3})
    frame.to_csv(tmp_path / "a.csv")
    table = read(tmp_path / "a.csv", target="y")
    assert table.features == ("x",)
    assert table.left_out == {"column 1": "row numbers", "who": "text", "on": "date"}
    again = read(pd.read_csv(tmp_path / "a.csv"), target="y")
    assert again.features == ("x",)
    assert again.left_out == {"Unnamed: 0": "row numbers", "who": "text", "on": "date"}
    asked = read(tmp_path / "a.csv", target="y", features=["column 1"])
    assert asked.tensors()[0].tolist() == [[0], [1], [2]]
    assert asked.left_out == {}
    frame.index = pd.Index([1, 2, 3])
    frame.to_csv(tmp_path / "a.csv")
    assert read(tmp_path / "a.csv", target="y").left_out["column 1"] == "row numbers"
    frame.index = pd.Index([10, 25, 30])
    frame.to_csv(tmp_path / "a.csv")
    assert read(tmp_path / "a.csv", target="y").features == ("column 1", "x")


def test_typed_columns_that_are_no_numbers_are_left_out(tmp_path: Path) -> None:
    frame = pl.DataFrame(
        {
            "x": [1.0, 2.0, 4.0],
            "when": [datetime.date(2026, 11, day) for day in (1, 2, 3)],
            "at": [datetime.datetime(2026, 11, day) for day in (1, 2, 3)],
            "group": pl.Series(["a", "b", "a"], dtype=pl.Categorical),
            "postcode": ["01099", "01127", "10115"],
            "nothing": pl.Series([None, None, None]),
            "many": [[1], [2], [3]],
            "y": [3.0, 5.0, 9.0],
        }
    )
    frame.write_parquet(tmp_path / "a.parquet")
    whys = {"when": "date", "at": "date", "group": "text", "postcode": "numbers stored as text", "nothing": "empty"}
    for source in (frame, tmp_path / "a.parquet"):
        table = read(source, target="y")
        assert table.features == ("x",)
        assert table.left_out == {**whys, "many": "of type List(Int64)"}
    table = read(frame.drop("many").to_pandas(), target="y")
    assert table.features == ("x",)
    assert table.left_out == whys
    assert read(frame, target="y", features=["postcode"]).tensors()[0][:, 0].tolist() == [1099, 1127, 10115]


def test_an_empty_column_is_left_out_and_named(tmp_path: Path) -> None:
    table = read(written(tmp_path, "x,y,\n1,2,\n2,3,\n4,4,\n"), target="y")
    assert (table.features, table.left_out) == (("x",), {"column 3": "empty"})


def test_repr_and_parameter_names() -> None:
    table = read(columns(), target="y")
    assert repr(table) == "Table('dataframe': 'y' from 'x' and 'z')"
    assert table.parameter_names == table.cost().names == ("x", "z", "intercept")
    assert table.cost(intercept=False).names == ("x", "z")
    assert read(columns(), target="y", features="z").cost(intercept=False).names == ("m",)
    assert read(columns(), target="y", features=["z", "x"]).tensors()[0][0].tolist() == [
        columns()["z"][0],
        columns()["x"][0],
    ]


def test_cost_passes_its_options_on() -> None:
    table = read(columns(), target="y")
    cost = table.cost(ridge=0.5, standardise=True)
    assert (cost.ridge, cost.standardise) == (0.5, True)


# Empty cells


def test_empty_cells_are_counted_over_the_whole_column(tmp_path: Path) -> None:
    rows = [f"{i},{i % 7},{i * i}" for i in range(30)]
    rows[16], rows[20], rows[29] = ",2,256", "NA,6,400", " ,1,841"
    said = complaint(written(tmp_path, "\n".join(["dose,z,y", *rows])))
    assert said == (
        "trial.csv: column 'dose' has 3 empty cells (first: row 17 of the data). "
        "Fill or drop them, or pass --drop-empty (drop_empty=True) to leave those rows out."
    )


@pytest.mark.usefixtures("small")
def test_empty_cells_are_counted_over_all_pieces(tmp_path: Path) -> None:
    table: dict[str, list[Any]] = dict(columns())
    table["x"][50] = table["x"][200] = table["z"][250] = ""
    said = complaint(written(tmp_path, delimited(table)))
    assert "column 'x' has 2 empty cells (first: row 51 of the data), and 1 more column has some" in said
    empty = {name: [None if cell == "" else cell for cell in column] for name, column in table.items()}
    for source in (empty, pl.DataFrame(empty), pd.DataFrame(empty), pl.DataFrame(empty).to_arrow()):
        assert "column 'x' has 2 empty cells (first: row 51 of the data)" in complaint(source)


def test_an_empty_target_is_complained_about_too() -> None:
    assert "column 'y' has 1 empty cell (first: row 2 of the data)" in complaint({"x": [1, 2, 3], "y": [1, None, 3]})


def test_what_pandas_calls_nan_is_an_empty_cell() -> None:
    for x in (pd.Series([1, None, 4.0]), pd.Series(["1", None, "4"]), pd.Series([1, math.nan, 4.0], dtype=object)):
        frame = pd.DataFrame({"x": x, "y": [1, 2, 3]})
        assert "column 'x' has 1 empty cell (first: row 2 of the data)" in complaint(frame, features=["x"])
        assert read(frame, target="y", features=["x"], drop_empty=True).tensors()[0].tolist() == [[1], [4]]


@pytest.mark.parametrize("size", [16, 2**20])
def test_drop_empty_leaves_those_rows_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    monkeypatch.setattr(text_module, "BLOCK_BYTES", size)
    monkeypatch.setattr(blocks_module, "BLOCK_NUMBERS", size)
    path = written(tmp_path, "x,z,y\n1,2,3\n,5,6\n7,8,10\nn/a,,inf\n1,1,0\n2,5,\n")
    table = read(path, target="y", drop_empty=True)
    assert table.rows is None
    assert table.tensors()[0].tolist() == [[1, 2], [7, 8], [1, 1]]
    assert (table.rows, table.dropped) == (3, 3)
    assert table.cost().examples == 3
    holed = pd.DataFrame({"x": [1, None, 7.0], "z": pd.array([2, 5, None], dtype="Int64"), "y": [3, 6, 10]})
    assert read(holed, target="y", drop_empty=True).tensors()[0].tolist() == [[1, 2]]


def test_drop_empty_that_leaves_nothing() -> None:
    said = complaint({"x": [1, None], "y": [None, 2]}, drop_empty=True)
    assert "every one of the 2 rows has an empty cell" in said
    assert "only one row without empty cells" in complaint({"x": [1, None], "y": [1, 2]}, drop_empty=True)


# NaN, infinity


@pytest.mark.usefixtures("small")
def test_nan_and_infinity_are_named_with_column_and_row(tmp_path: Path) -> None:
    for value, shown in ((math.nan, "nan"), (math.inf, "inf"), (-math.inf, "-inf")):
        given = columns()
        given["z"][123] = value
        expected = f"column 'z' has {shown} in row 124"
        assert expected in complaint(given)
        assert expected in complaint(pl.DataFrame(given))
        assert expected in complaint(written(tmp_path, delimited(given)))
    assert "column 'y' has inf in row 2" in complaint(written(tmp_path, "x,y\n1,2\n2,1e999\n3,4\n"))


def test_rows_are_counted_in_the_file_also_after_dropped_ones() -> None:
    said = complaint({"x": [1, None, 3, math.inf], "y": [1, 2, 3, 4]}, drop_empty=True)
    assert "column 'x' has inf in row 4" in said


def test_huge_numbers_whose_sum_overflows_are_no_infinity() -> None:
    table = read({"x": [1e308, 1.5e308, -3.0], "y": [1, 2, 4]}, target="y")
    assert table.tensors()[0][1, 0] == 1.5e308


# Text among numbers


def test_stray_text_is_named_with_column_row_and_value(tmp_path: Path) -> None:
    given: dict[str, list[Any]] = dict(columns())
    given["z"][41] = "about 50"
    sources = [written(tmp_path, delimited(given)), given, pd.DataFrame(given)]
    for source in sources:
        assert "column 'z' has the text 'about 50' in row 42 of the data, where a number should be" in complaint(source)
    both = {"x": [1, 2, "c", "d"], "a": [1, 2, 3, "b"], "y": [1, 2, 3, 4]}
    assert "column 'x' has the text 'c' in row 3" in complaint(both)
    long = written(tmp_path, "x,y\n1,2\n2,3\n" + "a" * 200 + ",4\n")
    assert "'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa...' in row 3" in complaint(long)


@pytest.mark.parametrize("text", ["two", '"two"', '"1,5"', "1_000", "5%", "0x10", "true"])
def test_text_far_down_is_found(tmp_path: Path, text: str) -> None:
    rows = "".join(f'{i},"{i * 3 % 11}",{i % 13}\n' for i in range(5000))
    path = written(tmp_path, f"x,z,y\n{rows}7,{text},5\n{rows}")
    bare = text.strip('"')
    assert f"column 'z' has the text '{bare}' in row 5001" in complaint(path)


@pytest.mark.usefixtures("small")
def test_text_beyond_the_head_of_any_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frames_module, "HEAD_ROWS", 3)
    given: dict[str, list[Any]] = dict(columns())
    given["z"][200] = "x"
    frame = pd.DataFrame(given).astype({"z": object})
    for source in (written(tmp_path, delimited(given)), frame):
        assert "column 'z' has the text 'x' in row 201" in complaint(source)
    monkeypatch.setattr(frames_module, "SLICE_NUMBERS", 1)
    given = {name: column * 20 for name, column in columns().items()}
    given["z"][4500] = "x"
    assert "column 'z' has the text 'x' in row 4501" in complaint(given)
    strings = pl.DataFrame({**given, "z": [str(cell) for cell in given["z"]]})
    assert "column 'z' has the text 'x' in row 4501" in complaint(strings, features=["z"])


def test_mostly_numbers_is_never_left_out_as_text(tmp_path: Path) -> None:
    assert "the text 'abc' in row 1" in complaint(written(tmp_path, "x,y\nabc,1\n2,2\n3,4\n"))
    assert "the text 'abc' in row 3" in complaint(pl.DataFrame({"x": ["1", "2", "abc"], "y": [1, 2, 3]}))


def test_a_text_column_that_was_asked_for(tmp_path: Path) -> None:
    path = written(tmp_path, "who,on,x,y\nAnn,2026-11-24,1,2\nBo,2026-11-25,2,3\n")
    assert "the feature 'who' is text, not numbers. Choose a column of numbers" in complaint(path, features=["who"])
    assert "the target 'on' is date, not numbers" in complaint(path, target="on")


def test_stray_words_in_a_column_of_booleans(tmp_path: Path) -> None:
    path = written(tmp_path, "x,y\n" + "true,1\nfalse,2\n" * 999 + "maybe,3\n")
    assert "column 'x' has the text 'maybe' in row 1999" in complaint(path)


# Lines


def test_ragged_lines(tmp_path: Path) -> None:
    many = complaint(written(tmp_path, "x,y\n1,2\n3,4,5\n6,7\n"))
    assert "row 2 of the data has 3 fields, the header has 2. Too many: the delimiter is ','" in many
    few = complaint(written(tmp_path, "x,z,y\n1,2,3\n3,4\n6,7,8\n"))
    assert "row 2 of the data has 2 fields, the header has 3. Too few" in few
    assert "row 1 of the data has 1 field, the header has 2" in complaint(written(tmp_path, "x;y\n1\n3;4\n"))
    assert "the delimiter is a tab" in complaint(written(tmp_path, "x\ty\n1\t2\t3\n3\t4\n", "a.tsv"))


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("size", [100, 2**20])
@pytest.mark.parametrize(("line", "fields"), [("1,2", 2), ("1,2,3,4", 4), ("1", 1)])
def test_ragged_lines_far_down(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str, fields: int, size: int
) -> None:
    monkeypatch.setattr(text_module, "BLOCK_BYTES", size)
    lines = delimited(columns()).splitlines()
    path = written(tmp_path, "\n".join([*lines[:151], line, *lines[151:]]))
    table = read(path, target="y")
    with pytest.raises(SteepestError, match=f"row 151 of the data has {fields} field"):
        table.cost()
    written(tmp_path, "\n".join([*lines, ",,"]))
    with pytest.raises(SteepestError, match=f"column 'x' has 1 empty cell .first: row {ROWS + 1}"):
        table.cost()


def test_a_short_line_is_empty_cells_where_these_are_dropped(tmp_path: Path) -> None:
    lines = delimited(columns(2000)).splitlines()
    table = read(written(tmp_path, "\n".join([*lines, "1,2"])), target="y", drop_empty=True)
    table.cost()
    assert (table.rows, table.dropped) == (2000, 1)


def test_a_blank_line_is_a_row_of_empty_cells(tmp_path: Path) -> None:
    for text in ("x,y\n1,2\n\n3,4\n5,5\n", "x,y\n1,2\n\n3,4\n5,a\n"):
        said = complaint(written(tmp_path, text))
        assert (
            "column 'x' has 1 empty cell (first: row 2 of the data), and 1 more column" in said
            or "'a' in row 4" in said
        )
    for text in ("x,y\n1,2\n\n3,4\n5,6\n", "x,y\n1,2\n3,4\n\n5,6\n\n"):
        assert read(written(tmp_path, text), target="y", drop_empty=True).tensors()[0][:, 0].tolist() == [1, 3, 5]


@pytest.mark.parametrize("size", [8, 20, 50, 2**20])
def test_quotations_may_have_line_breaks_and_marks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    monkeypatch.setattr(text_module, "BLOCK_BYTES", size)
    monkeypatch.setattr(text_module, "HEAD_BYTES", size)
    said = ["two\nlines", 'a "mark"', "plain", 'line\n"and" mark', ",\n,", "end"]
    quoted = ['"' + text.replace('"', '""') + '"' for text in said]
    body = "".join(f"{i},{text},{i * i}\n" for i, text in enumerate(quoted * 3))
    table = read(written(tmp_path, "x,note,y\n" + body), target="y")
    assert table.tensors()[0][:, 0].tolist() == list(range(18))


@pytest.mark.parametrize("size", [8, 2**20])
def test_marks_outside_quotations_lose_no_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    monkeypatch.setattr(text_module, "BLOCK_BYTES", size)
    notes = ['5" pipe', "pipe", '6" pipe', '"7" pipe"', '"8" pipe"', "end"]
    body = "".join(f"{i},{note},{i * i}\n" for i, note in enumerate(notes))
    table = read(written(tmp_path, "x,note,y\n" + body), target="y")
    assert table.tensors()[0][:, 0].tolist() == list(range(6))
    polars_takes_two_rows_for_one = 'x,note,y\n1,"5" pipe",1\n2,"6" pipe",4\n3,end,9\n4,end,16\n'
    path = written(tmp_path, polars_takes_two_rows_for_one)
    assert read(path, target="y").tensors()[0][:, 0].tolist() == [1, 2, 3, 4]


# Files that are none


def test_no_such_file(tmp_path: Path) -> None:
    written(tmp_path, "x,y\n1,2\n")
    written(tmp_path, "", "notes.md")
    said = complaint(tmp_path / "trail.csv")
    assert said.startswith("trail.csv: there is no such file in")
    assert "Did you mean 'trial.csv'?" in said
    assert "notes.md" not in said
    assert "no folder" in complaint(tmp_path / "nowhere" / "trial.csv")
    (tmp_path / "bare").mkdir()
    assert "There is no table in that folder" in complaint(tmp_path / "bare" / "trial.csv")
    assert "it is a folder. There are: 'trial.csv'" in complaint(tmp_path)


def test_unknown_suffix(tmp_path: Path) -> None:
    assert "'.xlsx' is no kind of table known here. Save it as CSV or Parquet" in complaint(
        written(tmp_path, "x", "a.xlsx")
    )
    assert "has no suffix" in complaint(written(tmp_path, "x", "table"))
    assert read(written(tmp_path, "x,y\n1,2\n", "v1.5.csv"), target="y").features == ("x",)


def test_corrupt_files(tmp_path: Path) -> None:
    assert "no readable Parquet file" in complaint(written(tmp_path, "x,y\n1,2\n" * 99, "a.parquet"))
    pl.DataFrame(columns(5000)).write_parquet(tmp_path / "b.parquet")
    content = bytearray((tmp_path / "b.parquet").read_bytes())
    assert "no readable Parquet file" in complaint(written(tmp_path, bytes(content[:5000]), "c.parquet"))
    content[3000:40000] = b"\xff" * 37000
    assert "no readable Parquet file" in complaint(written(tmp_path, bytes(content), "d.parquet"))
    packed = gzip.compress(delimited(columns()).encode())
    assert "cannot be read" in complaint(written(tmp_path, packed[:500], "e.csv.gz"))
    assert "cannot be read" in complaint(written(tmp_path, "x,y\n1,2\n", "f.csv.gz"))
    assert "a Parquet file. End its name in .parquet" in complaint(written(tmp_path, bytes(content), "g.csv"))
    assert "packed by gzip. End its name in .csv.gz" in complaint(written(tmp_path, packed, "h.csv"))
    assert "a workbook" in complaint(written(tmp_path, b"PK\x03\x04" + bytes(99), "i.csv"))
    assert "not text in UTF-8" in complaint(written(tmp_path, "x,y\n1,2\n".encode("utf-16"), "j.csv"))


def test_a_file_that_goes_away(tmp_path: Path) -> None:
    path = written(tmp_path, delimited(columns()))
    table = read(path, target="y")
    path.unlink()
    with pytest.raises(SteepestError, match=r"trial\.csv: it cannot be read: No such file or directory"):
        table.cost()


@pytest.mark.parametrize("content", ["", "\n", "\r\n\n", " \n", "\ufeff", "\ufeff\n"])
def test_empty_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str) -> None:
    assert "trial.csv: it is empty" in complaint(written(tmp_path, content))
    assert "empty.parquet: it is empty" in complaint(written(tmp_path, "", "empty.parquet"))
    stdin(monkeypatch, content.encode())
    assert "standard input: it is empty" in complaint("-")


def test_no_rows(tmp_path: Path) -> None:
    for text in ("x,y", "x,y\n", "x,y\r\n\r\n\r\n"):
        assert "there is a header and not one row" in complaint(written(tmp_path, text))
    nothing = pl.DataFrame({"x": [], "y": []}, schema={"x": pl.Float64, "y": pl.Float64})
    nothing.write_parquet(tmp_path / "a.parquet")
    for source in (nothing, nothing.to_pandas(), tmp_path / "a.parquet", {"x": [], "y": []}, {}):
        assert "there are columns and not one row" in complaint(source)


@pytest.mark.parametrize(
    ("content", "where"),
    [
        ("Größe,y\n1,2\n".encode("latin-1"), "byte 0xf6 in the header"),
        ("x,y,note\n1,2,a\n2,3,ü\n".encode("latin-1"), "byte 0xfc in row 2"),
        ("x,y\n1,2\n".encode("utf-16"), "UTF-16"),
        (b"x,y\n" + b"1,2\n2,5\n" * 1000 + b"\xa01,2\n", "byte 0xa0 in row 2001"),
    ],
)
def test_not_utf8(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes, where: str) -> None:
    monkeypatch.setattr(text_module, "HEAD_BYTES", 64)
    said = complaint(written(tmp_path, content))
    assert "not text in UTF-8" in said
    assert where in said
    assert "Save it as CSV in UTF-8" in said


def test_old_macintosh_lines(tmp_path: Path) -> None:
    assert "carriage returns only" in complaint(written(tmp_path, "x,y\r1,2\r3,4\r"))


def test_no_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    assert "standard input: there is no standard input here" in complaint("-")


def test_standard_input_leaves_nothing_open(monkeypatch: pytest.MonkeyPatch) -> None:
    stdin(monkeypatch, b"x,y\n1,2\n2,3\n3,5\n")
    table = read("-", target="y")
    assert lowest(table) == lowest(table)
    del table
    gc.collect()  # an open file would be a ResourceWarning, and that an error


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ([1, 2], "the source is a list, which is no table"),
        (3, "the source is a int, which is no table"),
        (torch.zeros(3, 2), "the source is a Tensor, which is no table"),
        ({"x": [1, 2, 3], "y": [1, 2]}, "the columns differ in length: 'x' 3, 'y' 2"),
        ({"x": torch.zeros(3, 2), "y": [1, 2, 3]}, "column 'x' has shape (3, 2)"),
        ({"x": torch.tensor(1.0), "y": [1]}, "column 'x' has shape ()"),
        ({"x": 3, "y": [1, 2, 3]}, "column 'x' is a int"),
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), "two columns have the same name"),
        (pd.DataFrame([[1, 2]]), "a column is called 0, which is no text"),
    ],
)
def test_things_that_are_no_table(source: Any, words: str) -> None:
    said = complaint(source)
    assert said.startswith("dataframe: ")
    assert words in said


# Columns that were asked for, or not


@pytest.mark.parametrize(
    ("text", "options", "words"),
    [
        ("dose,score\n1,2\n", {"target": None}, "no target is given. Say which of the two, 'dose' and 'score'"),
        ("a,b,c,who\n1,2,3,Al\n", {"target": None}, "no target is given. Say which column is explained"),
        ("a,b,c,who\n1,2,3,Al\n", {"target": None}, "There are: 'a', 'b', 'c'."),
        ("who\nAl\n", {"target": None}, "no column holds numbers"),
        ("dose,score\n1,2\n", {"target": "scroe"}, "no column 'scroe' to be the target. Did you mean 'score'?"),
        ("1,2\n3,4\n", {"target": "y"}, "The first line seems to be data"),
        ("x,y\n1,2\n", {"features": ["X"]}, "no column 'X' to be a feature. Did you mean 'x'?"),
        ("x,y\n1,2\n", {"features": ["x", "y"]}, "'y' is the target and a feature as well"),
        ("x,y\n1,2\n", {"features": ["x", "x"]}, "the feature 'x' is given twice"),
        ("x,y\n1,2\n", {"features": []}, "no feature is given"),
        ("who,y\nAl,2\n", {}, "no column of numbers is left to explain 'y': 'who' (text)"),
        ("y\n2\n", {}, "no column of numbers is left to explain 'y': there is no other"),
        ("x,z,x,y\n1,2,3,4\n", {}, "two columns are called 'x', number 1 and number 3"),
        ("x,,,y\n1,2,3,4\n", {"features": ["column 4"]}, "no column 'column 4'"),
        ("column 2,,y\n1,2,3\n", {}, "two columns are called 'column 2'"),
    ],
)
def test_columns_asked_for(tmp_path: Path, text: str, options: dict[str, Any], words: str) -> None:
    said = complaint(written(tmp_path, text), **options)
    assert said.startswith("trial.csv: ")
    assert words in said


def test_a_feature_called_intercept() -> None:
    given = {"intercept": [1, 2, 4], "z": [1, 5, 2], "y": [1, 2, 3]}
    assert "a feature is called 'intercept'" in complaint(given)
    assert read(given, target="y").cost(intercept=False).names == ("intercept", "z")
    assert read(given, target="y", features=["intercept"]).cost().names == ("m", "b")


# Tables that no model can be fitted to


def test_one_row(tmp_path: Path) -> None:
    assert "there is only one row." in complaint(written(tmp_path, "x,y\n1,2\n"))


@pytest.mark.parametrize("rows", [3, 100])
@pytest.mark.parametrize("value", [0.0, 0.1, -7e11, 1e-300])
def test_constant_columns(monkeypatch: pytest.MonkeyPatch, rows: int, value: float) -> None:
    monkeypatch.setattr(blocks_module, "BLOCK_NUMBERS", 90)
    x = torch.arange(rows, dtype=torch.float64)
    flat = torch.full((rows,), value, dtype=torch.float64)
    bent = x.square()
    said = complaint({"x": x, "c": flat, "y": bent})
    assert f"column 'c' is {value:g} in every row" in said
    assert "Leave it out of the features" in said
    assert "columns 'c' and 'd' are constant" in complaint({"x": x, "c": flat, "d": flat + 1, "y": bent})
    assert f"the target 'y' is {value:g} in every row" in complaint({"x": x, "y": flat})
    for row in (0, rows // 2, rows // 2 + 1, rows - 1):
        changed = flat.clone()
        changed[row] = 1 + value * (1 + 2**-52)
        read({"x": x, "c": changed, "y": bent}, target="y").cost(ridge=1.0)


def test_without_an_intercept_one_constant_column_is_one() -> None:
    given = {"x": [1, 2, 4.5], "one": [1, 1, 1], "y": [1, 3, 4]}
    minimum = read(given, target="y").cost(intercept=False).minimum
    line = read(given, target="y", features=["x"]).cost().minimum
    assert float(minimum["x"]) == pytest.approx(float(line["m"]))
    assert float(minimum["one"]) == pytest.approx(float(line["b"]))
    with pytest.raises(SteepestError, match="column 'two' is column 'one' in other units"):
        read({**given, "two": [2, 2, 2]}, target="y").cost(intercept=False)
    with pytest.raises(SteepestError, match="column 'nil' is 0 in every row"):
        read({**given, "nil": [0, 0, 0]}, target="y").cost(intercept=False)


@pytest.mark.parametrize("rows", [40, 70_000])
def test_twins(rows: int) -> None:
    torch.manual_seed(3)
    x, z, y = torch.randn(3, rows, dtype=torch.float64).unbind()
    x = x + 1e4
    said = complaint({"x": x, "z": z, "again": x, "y": y})
    assert "columns 'x' and 'again' are the same" in said
    assert "ridge" in said
    inches = complaint({"z": z, "cm": x, "inch": x / 2.54, "y": y})
    assert "column 'inch' is column 'cm' in other units ('inch' = 0.393701 'cm')" in inches
    fahrenheit = complaint({"C": z, "x": x, "F": z * 1.8 + 32, "y": y})
    assert "('F' = 1.8 'C' + 32)" in fahrenheit
    assert "('minus' = -1 'z' - 3)" in complaint({"z": z, "minus": -3 - z, "y": y})
    read({"x": x, "z": z, "again": x, "y": y}, target="y").cost(ridge=0.1)


@pytest.mark.parametrize("rows", [40, 70_000])
def test_near_twins_are_no_twins(rows: int) -> None:
    torch.manual_seed(3)
    x, z, y = torch.randn(3, rows, dtype=torch.float64).unbind()
    read({"x": x, "almost": x + 1e-5 * z, "y": y}, target="y").cost()
    corrected = x.clone()
    corrected[rows // 2 + 1] += 0.1  # a single row, which no sample need contain
    read({"x": x, "corrected": corrected, "y": y}, target="y").cost()


def test_two_rows_make_no_twins() -> None:
    read({"x": [1, 2], "z": [3, 5], "y": [1, 4]}, target="y").cost()


def test_torch_has_its_threads_back() -> None:
    threads = torch.get_num_threads()
    try:
        torch.set_num_threads(2)
        clinical_trial().cost()
        complaint({"x": [1, math.nan], "y": [1, 2]})
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(threads)


def test_without_an_intercept_an_offset_tells_columns_apart() -> None:
    given = {"x": [1.0, 2.0, 4.5, 6.0], "shifted": [3.0, 4.0, 6.5, 8.0], "y": [1, 3, 4, 6]}
    assert "in other units ('shifted' = 1 'x' + 2)" in complaint(given)
    read(given, target="y").cost(intercept=False)
    with pytest.raises(SteepestError, match=r"\('twice' = 2 'x'\)"):
        read({**given, "twice": [2, 4, 9, 12]}, target="y").cost(intercept=False)


def test_a_twin_among_many_columns(tmp_path: Path) -> None:
    values = torch.randn(50, 700, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    given = {f"c{i}": values[:, i] for i in range(700)}
    given["c650"] = values[:, 600] * 3
    assert "column 'c650' is column 'c600' in other units" in complaint(given, target="c0")


# The sample


def test_the_sample_is_spread_evenly_over_the_whole_table(monkeypatch: pytest.MonkeyPatch) -> None:
    for rows, batch in itertools.product((1, 2, 1999, 2000, 2001, 4001, 100_003), (2**19, 3000)):
        monkeypatch.setattr(blocks_module, "BLOCK_NUMBERS", batch)
        index = torch.arange(rows, dtype=torch.float64)
        inputs, targets = read({"x": index, "y": index * 2}, target="y").sample()
        steps = inputs[:, 0].diff().unique()
        assert inputs.shape == (len(targets), 1)
        assert min(rows, 1000) <= len(targets) <= review_module.SAMPLE_ROWS
        assert inputs[0, 0] == 0
        assert len(steps) <= 1
        assert rows - inputs[-1, 0] <= (steps[0] if len(steps) else 1)
        assert torch.equal(targets, 2 * inputs[:, 0])


def test_the_sample_takes_no_second_reading(tmp_path: Path) -> None:
    path = written(tmp_path, delimited(columns()))
    table = read(path, target="y")
    table.cost()
    path.unlink()
    assert table.sample()[1].tolist() == columns()["y"]


def test_a_broken_off_reading_is_not_taken_for_a_whole_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks_module, "BLOCK_NUMBERS", 30)
    table = read(columns(), target="y")
    for _ in table.batches():
        break
    assert table.rows is None
    assert len(table.sample()[1]) == ROWS
    assert table.rows == ROWS


def test_what_stands_in_cells_of_a_spreadsheet_is_named(tmp_path: Path) -> None:
    for amount in ('"83,407.14"', "€83407", "$12", "1'200", "44.2%", "12.5 €"):
        path = written(tmp_path, f"area,price\n1,{amount}\n2,{amount}\n")
        said = complaint(path, target="price")
        assert f"'price' is text, such as '{amount.strip(chr(34))}', not numbers. Thousands are set apart" in said
        assert "Write plain digits with a point" in said
    said = complaint(written(tmp_path, "area,price\n1,cheap\n2,dear\n"), target="price")
    assert "the target 'price' is text, not numbers. Choose a column of numbers. There are: 'area'" in said
    read_dates = read(written(tmp_path, "on,x,y\n2026-11-24,1,2\n2026-11-25,2,4\n"), target="y")
    assert read_dates.left_out == {"on": "date"}


def test_lines_above_the_names_and_unknown_delimiters(tmp_path: Path) -> None:
    said = complaint(written(tmp_path, "# by our tool\n# 2024\nx,y\n1,2\n3,4\n"))
    assert "The first line, '# by our tool', is taken for the names" in said
    assert "Remove what stands above the names" in said
    assert read(written(tmp_path, "x|y\n1|2\n3|5\n"), target="y").tensors()[0].tolist() == [[1.0], [3.0]]
    said = complaint(written(tmp_path, "x y\n1 2\n3 4\n"))
    assert "Columns are told apart by commas, semicolons, tabs or '|', and here is none of them" in said


def test_an_address_is_not_fetched_and_a_folder_is_no_table(tmp_path: Path) -> None:
    said = complaint("https://example.org/houses.csv")
    assert said == (
        "'https://example.org/houses.csv' is an address, and nothing is fetched from any network. "
        "Download the file, and give the path to it."
    )
    (tmp_path / "old.csv").mkdir()
    written(tmp_path, "x,y\n1,2\n2,4\n", "new.csv")
    said = complaint(tmp_path / "missing.csv")
    assert "'new.csv'" in said and "'old.csv'" not in said
