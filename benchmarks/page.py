"""What the page costs in a browser without a GPU: a step, a turn of the surface, the first move; beside plotly's.

Needs a Chromium and playwright; plotly is measured where it is installed (`pip install plotly`), and is no dependency.
"""

from __future__ import annotations

import importlib.util
import statistics
import sys
import tempfile
import time
from pathlib import Path

import torch
from measure import section, time_of

from steepest import clinical_trial, descend, plane, write_report
from steepest.slices import reach_around

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
from browser import CHROMIUM, FLAGS

# Work and layout, then the frame on the screen: both in milliseconds, each from the moment the hand moved.
OURS = """async ([what, count]) => {
  const work = [], shown = [];
  for (let k = 0; k < count; k++) {
    await new Promise(done => requestAnimationFrame(done));
    const began = performance.now();
    if (what === "step") steepest.set({at: 3 + k, phase: 3});
    else steepest.set({camera: {...steepest.get("camera"), turn: steepest.get("camera").turn + 0.02}});
    steepest.flush();
    document.body.getBoundingClientRect();
    work.push(performance.now() - began);
    await new Promise(done => requestAnimationFrame(() => setTimeout(done)));
    shown.push(performance.now() - began);
  }
  return [work, shown];
}"""

PLOTLYS = """async ([what, count]) => {
  const work = [], shown = [], place = document.getElementById("plot");
  for (let k = 0; k < count; k++) {
    await new Promise(done => requestAnimationFrame(done));
    const began = performance.now();
    const so = values => [values.slice(0, 4 + k)], turn = 0.5 + 0.02 * k;
    const eye = {x: 1.8 * Math.cos(turn), y: 1.8 * Math.sin(turn), z: 1};
    if (what === "step") await Plotly.restyle(place, {x: so(xs), y: so(ys), z: so(zs)}, [1]);
    else await Plotly.relayout(place, {"scene.camera.eye": eye});
    document.body.getBoundingClientRect();
    work.push(performance.now() - began);
    await new Promise(done => requestAnimationFrame(() => setTimeout(done)));
    shown.push(performance.now() - began);
  }
  return [work, shown];
}"""


def ours(folder: Path) -> Path:
    table = clinical_trial()
    inputs, targets = table.tensors()
    cost = table.cost()
    run = descend(cost, {"m": 0.9, "b": 0.1}, learning_rate=0.01, epochs=1001)
    path = folder / "steepest.html"
    x_name, y_name = table.features[0], table.target
    return write_report(path, run, cost=cost, inputs=inputs, targets=targets, x_name=x_name, y_name=y_name)


def plotlys(folder: Path) -> Path:
    """The same surface and path, and nothing beside them."""
    import plotly.graph_objects as go  # pyright: ignore[reportMissingImports]

    cost = clinical_trial().cost()
    run = descend(cost, {"m": 0.9, "b": 0.1}, learning_rate=0.01, epochs=1001)
    reach = reach_around(run, at=run.start, along=("m", "b"), minimum=cost.minimum)
    cut = plane(cost, at=run.start, along=("m", "b"), reach=reach, points=61)
    heights = (cut.costs - float(cost.value(cost.minimum))).sqrt()
    path = {name: run.path(name).tolist() for name in ("m", "b")}
    zs = (run.costs - float(cost.value(cost.minimum))).clamp(min=0).sqrt().tolist()
    figure = go.Figure(
        [
            go.Surface(x=cut.coordinates[0].tolist(), y=cut.coordinates[1].tolist(), z=heights.T.tolist()),
            go.Scatter3d(x=path["m"][:3], y=path["b"][:3], z=zs[:3], mode="lines+markers"),
        ]
    )
    file = folder / "plotly.html"
    figure.write_html(file, div_id="plot", include_plotlyjs=True)
    script = f"<script>const xs = {path['m']}, ys = {path['b']}, zs = {zs};</script>"
    file.write_text(file.read_text(encoding="utf-8").replace("</body>", f"{script}</body>"), encoding="utf-8")
    return file


def measured(path: Path, code: str, ready: str, count: int, runs: int) -> list[str]:
    from playwright.sync_api import sync_playwright

    found: dict[str, list[float]] = {"step": [], "step shown": [], "turn": [], "turn shown": [], "first": []}
    with sync_playwright() as play:
        for _ in range(runs):
            browser = play.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            began = time.perf_counter()
            page.goto(path.as_uri())
            page.wait_for_selector(ready, state="attached")
            page.evaluate(code, ["step", 1])
            found["first"].append(1000 * (time.perf_counter() - began))
            page.wait_for_timeout(500)
            for what in ("step", "turn"):
                work, shown = page.evaluate(code, [what, count])
                found[what].append(statistics.median(work))
                found[f"{what} shown"].append(statistics.median(shown))
            browser.close()
    return [time_of(statistics.median(values) / 1000) for values in found.values()]


if __name__ == "__main__":
    quick = "--quick" in sys.argv
    count, runs = (5, 1) if quick else (40, 5)
    torch.set_num_threads(1)
    if CHROMIUM is None:
        raise SystemExit("no Chromium here: install the package chromium")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        pages = [("steepest's page: five views, cards, curve", ours(folder), OURS, "html.ready")]
        if importlib.util.find_spec("plotly"):
            pages.append(("plotly: the surface and its path alone", plotlys(folder), PLOTLYS, "#plot .main-svg"))
        rows = [
            (who, f"{path.stat().st_size / 1000:,.0f} kB", *measured(path, code, ready, count, runs))
            for who, path, code, ready in pages
        ]
    section(
        "The page, at 1440 by 900 in Chromium without a GPU",
        "A step moves path, trilobite, fit, curve and numbers; a turn draws the surface anew. Work is script and "
        "layout, shown is until the frame is on the screen (a frame lasts 16.7 ms); the first move counts from opening "
        "the file.",
        ("who", "file", "step, work", "step, shown", "turn, work", "turn, shown", "opened and moved"),
        rows,
    )
