// Slices of any cost, measured beforehand: which one, in which scale, how sure it is, and the runs laid on it.

import { cut, Frame } from "../core/axes.js";
import { tickName } from "../landscape/box.js";
import { viridis } from "../landscape/colours.js";
import { fill, html, say, set } from "../core/elements.js";
import { full, shown, whole } from "../core/numbers.js";
import { whileNear } from "../core/near.js";
import { word } from "../words/words.js";
import { between, cutOf, extremes, nearestOn } from "./cut_data.js";
import { CutLine, CutMap, heightsOf } from "./cut_map.js";
import { notesOf } from "./cut_notes.js";

/** @typedef {import("../core/state.js").State} State */

const ROWS = 7;
const SCALES = /** @type {const} */ (["linear", "log"]);
/** So many colours tell a scale apart. */
const SHADES = 12;
/** How far apart numbers on the bar of colours stand, as shares of it: on a wide one, and on a narrow one. */
const APART = { wide: 0.09, narrow: 0.2 };

/** @param {HTMLElement} place @param {State} state */
export function mountCuts(place, state) {
  const cuts = state.data.cuts.map(cutOf), told = [...place.querySelectorAll(":scope > .judged-cut")];
  const title = /** @type {HTMLElement} */ (place.querySelector("h2"));
  let which = 0, quantity = 0, places = false, scale = cuts[0].scale;
  /** @type {number[]} */
  let cursor = [];
  const chosen = () => /** @type {import("./cut_data.js").Cut} */ (cuts[which]), grid = () => chosen().grids[quantity];

  const help = html("p", { class: "help" });
  const tabs = cuts.map((/** @type {any} */ { name }, /** @type {number} */ k) =>
    html("button", { type: "button", onclick: () => choose(k) }, cut(name, 40)));
  const group = html("div", { class: "tabs", role: "group" }, cuts.length > 1 && tabs);
  const scales = SCALES.map((name) => html("button", { type: "button", onclick: () => { scale = name; draw(); } }));
  const scaleGroup = html("span", { class: "tabs", role: "group" }, scales);
  const select = html("select", { onchange: () => { quantity = Number(select.value); draw(); } }), selectText = html("span");
  const selectLabel = html("label", {}, selectText, " ", select);
  const box = html("input", { type: "checkbox", onchange: () => { places = box.checked; draw(); } }), boxText = html("span");
  const boxLabel = html("label", {}, box, " ", boxText);
  const canvas = html("canvas", { "aria-hidden": "true" });
  const picture = html("div", { class: "picture", tabindex: 0, role: "group" }, canvas);
  const frame = new Frame(picture, {
    label: "", height: (width) => Math.min(560, Math.max(280, 0.6 * width)), redraw: () => draw(), left: 52, bottom: 38,
  });
  const map = new CutMap(canvas, frame), line = new CutLine(frame);
  const cross = html("div", { class: "cross", hidden: true });
  frame.marks.append(map.element, line.element);
  picture.append(cross);
  const shades = html("div", { class: "shades", "aria-hidden": "true" }), barTicks = html("div", { class: "ticks" });
  const barName = html("span"), bar = html("div", { class: "bar" }, barName, html("div", {}, shades, barTicks));
  const key = html("ul", { class: "key" }), readout = html("p", { class: "readout", role: "status" });
  const onPath = html("p", { class: "readout" }), notes = html("ul", { class: "notes" });
  const summary = html("summary"), table = html("div", { class: "scroll", role: "region", tabindex: 0 });
  const twin = html("details", {}, summary, table);
  const left = html("div", {}, picture, bar, key, readout, onPath, twin), right = html("div", {}, notes);
  title.after(help, html("div", { class: "row controls" }, group, selectLabel, scaleGroup, boxLabel),
    html("div", { class: "sides" }, left, right));
  right.append(...told);
  twin.addEventListener("toggle", () => tabulate());

  const stops = Array.from({ length: SHADES + 1 }, (_, k) => `rgb(${viridis(k / SHADES).map(Math.round).join(" ")})`);
  set(shades, { style: `background: linear-gradient(to right, ${stops.join(", ")})` });

  /** @param {number} k */
  function choose(k) {
    [which, quantity, cursor] = [k, 0, []];
    scale = chosen().scale;
    draw();
  }

  /** @param {Float64Array} values */
  const positive = (values) => extremes(values)[0] > 0;
  const quantityName = () => grid().name ?? word("cuts.cost");

  function words() {
    say(title, word("cuts.title"));
    set(group, { "aria-label": word("cuts.which") });
    set(scaleGroup, { "aria-label": word("cuts.scale") });
    scales.forEach((button, k) => say(button, word(`cuts.${SCALES[k]}`)));
    say(selectText, word("cuts.quantity"));
    say(boxText, word("cuts.places"));
    say(summary, word("cuts.table"));
    set(table, { "aria-label": word("cuts.table") });
    set(picture, { "aria-label": word("cuts.picture") });
  }

  function draw() {
    if (!frame.width) return;
    const { axes, names, grids, intervals } = chosen(), { values } = grid(), flat = axes.length === 2;
    const log = scale === "log" && positive(values), heights = flat ? heightsOf(values, log ? "log" : "linear") : null;
    tabs.forEach((/** @type {HTMLElement} */ button, /** @type {number} */ k) => set(button, { "aria-pressed": String(k === which) }));
    told.forEach((part, k) => set(part, { hidden: k !== which }));
    fill(select, grids.map(({ name }, k) => html("option", { value: k }, cut(name ?? word("cuts.cost"), 40))));
    select.value = String(quantity);
    selectLabel.hidden = grids.length < 2;
    boxLabel.hidden = !chosen().places;
    scales.forEach((button, k) => {
      set(button, { "aria-pressed": String((SCALES[k] === "log") === log) });
      button.disabled = SCALES[k] === "log" && !positive(values);
      set(button, { title: button.disabled ? word("cuts.no_log") : null });
    });
    picture.classList.toggle("flat", flat);
    say(help, word(flat ? "cuts.help" : "cuts.help_line"));
    set(map.element, { display: flat ? null : "none" });
    set(line.element, { display: flat ? "none" : null });
    canvas.hidden = bar.hidden = !flat;
    const [x, y] = axes.map((axis) => /** @type {[number, number]} */ ([axis[0], axis[axis.length - 1]]));
    frame.limits({
      x, y: flat ? y : limits(values, quantity ? null : intervals, log), xName: names[0], yName: flat ? names[1] : quantityName(),
      logY: !flat && log,
    });
    const run = state.get("run");
    if (flat) {
      map.ground(chosen(), values, heights);
      map.lay(chosen(), run, places, values);
      drawBar(heights);
    } else line.lay(chosen(), values, quantity ? null : intervals, places, quantity ? null : recordedCosts());
    set(frame.svg, { "aria-label": word(flat ? "cuts.alt" : "cuts.alt_line", {
      first: names[0], second: names[1] ?? "", quantity: quantityName(), low: shown(extremes(values)[0]), high: shown(extremes(values)[1]),
    }) });
    drawKey(flat);
    fill(notes, notesOf(chosen(), run, { flat, cost: quantity === 0 }).map((text) => html("li", {}, text)));
    point();
    step();
    tabulate();
  }

  /** @param {Float64Array} values @param {Float64Array | null} half @param {boolean} log @returns {[number, number]} */
  function limits(values, half, log) {
    const ends = half ? [...values].flatMap((value, k) => [value, value - half[k], value + half[k]]) : [...values];
    const usable = Float64Array.from(ends.filter((value) => !log || value > 0)), [low, high] = extremes(usable);
    if (low > high) return [0, 1];
    if (log) return [low / 1.1, Math.max(high * 1.1, low * 1.3)];
    const room = 0.06 * (high - low || Math.abs(high) || 1);
    return [low - room, high + room];
  }

  function recordedCosts() {
    const laid = chosen().paths[state.get("run")];
    return laid && { coordinates: laid.coordinates, costs: (state.live ? state.recorded : state.walk).costs };
  }

  /** @param {import("../landscape/heights.js").Heights | null} heights */
  function drawBar(heights) {
    say(barName, quantityName());
    if (!heights) return fill(barTicks);
    const apart = frame.width < 480 ? APART.narrow : APART.wide, ends = [heights.floor, heights.high];
    const inner = heights.round(apart).filter((cost) => heights.of(cost) > apart && heights.of(cost) < 1 - apart);
    fill(barTicks, [...ends, ...(heights.high > heights.floor ? inner : [])].map((cost, k) =>
      html("span", { title: full(cost), class: k === 0 ? "first" : k === 1 ? "last" : "", style: `left:${100 * heights.of(cost)}%` }, tickName(Number(cost.toPrecision(3))))));
    return undefined;
  }

  /** @param {boolean} flat */
  function drawKey(flat) {
    const { values } = grid(), { paths, centred } = chosen(), lost = values.filter((value) => !Number.isFinite(value));
    const nan = lost.filter(Number.isNaN).length, mark = (/** @type {string} */ name, /** @type {string} */ text) =>
      html("li", {}, html("span", { class: `mark ${name}`, "aria-hidden": "true" }), text);
    fill(key,
      lost.length > 0 && mark("hole", word("cuts.holes", { nan: whole(nan), infinite: whole(lost.length - nan), count: whole(values.length) })),
      flat && lost.length < values.length && mark("star", word("cuts.lowest")),
      flat && centred && mark("model", word("cuts.model")),
      paths[state.get("run")] && mark(flat ? "core" : "dashes", word(flat ? "cuts.path" : "cuts.path_line")),
      flat && (paths[state.get("run")]?.distances.some((value) => (value ?? 0) > 0) ?? false) && mark("disc", word("cuts.disc", {
        far: shown(Math.max(...(paths[state.get("run")]?.distances ?? []).map((value) => value ?? 0)), 3),
      })),
      flat && paths.filter(Boolean).length > 1 && state.runs.length > 1 && html("li", {}, word("cuts.others")),
    );
  }

  /** The number under the hand. */
  function point() {
    const { axes, names, grids, intervals } = chosen();
    cross.hidden = !cursor.length;
    if (!cursor.length) return say(readout, word("cuts.point"));
    const index = cursor.length === 1 ? cursor[0] : cursor[0] * axes[1].length + cursor[1], value = grid().values[index];
    const y = axes.length === 2 ? frame.y(axes[1][cursor[1]]) : frame.y(value);
    set(cross, { style: `left:${frame.x(axes[0][cursor[0]])}px;top:${Number.isFinite(y) ? y : frame.height / 2}px` });
    const where = cursor.map((at, side) => `${names[side]} ${shown(axes[side][at])}`).join(", ");
    const what = grids.map(({ name, values }, k) =>
      `${name ?? word("cuts.cost")} ${shown(values[index], 6)}${k === 0 && intervals ? ` ± ${shown(intervals[index], 2)}` : ""}`).join(", ");
    return say(readout, `${where}: ${what}`);
  }

  /** Where the run that is played back is now, and what is drawn there. */
  function step() {
    // A walk that goes on in the page is not the one that was laid on the slice.
    const laid = state.live ? null : chosen().paths[state.get("run")], at = state.get("at"), place = laid?.coordinates[at], { epochs, costs } = state.walk;
    if (chosen().axes.length === 2) map.step(place);
    else line.step(quantity ? undefined : place, costs[at]);
    onPath.hidden = !laid;
    if (!laid || !place) return;
    const there = place.some((value) => value === null) ? NaN : between(chosen().axes, chosen().grids[0].values, /** @type {number[]} */ (place));
    say(onPath, word(Number.isFinite(there) ? "cuts.step" : "cuts.step_out", {
      epoch: whole(epochs[at]), cost: shown(costs[at]), drawn: shown(there), far: shown(laid.distances[at], 3),
    }));
  }

  function tabulate() {
    if (!twin.open) return;
    const { axes, names } = chosen(), { values } = grid(), some = (/** @type {Float64Array} */ axis, /** @type {number} */ most) => {
      const count = Math.min(most, axis.length);
      return Array.from({ length: count }, (_, k) => Math.round((k * (axis.length - 1)) / (count - 1)));
    };
    const cell = (/** @type {number} */ value) => html("td", { title: full(value) }, shown(value));
    const across = some(axes[0], axes.length === 2 ? ROWS : 3 * ROWS), flat = axes.length === 2, rows = axes[1]?.length ?? 1;
    const head = (/** @type {number} */ value, /** @type {string} */ scope) => html("th", { scope, title: full(value) }, tickName(value));
    fill(table, flat
      ? html("table", { class: "numbers" }, html("thead", {}, html("tr", {}, html("th", { scope: "col" }, `${names[1]} ↓  ${names[0]} →`),
        across.map((i) => head(axes[0][i], "col")))),
      html("tbody", {}, some(axes[1], ROWS).reverse().map((j) => html("tr", {}, head(axes[1][j], "row"), across.map((i) => cell(values[i * rows + j]))))))
      : html("table", { class: "numbers" }, html("thead", {}, html("tr", {}, html("th", { scope: "col" }, names[0]), html("th", { scope: "col" }, quantityName()))),
        html("tbody", {}, across.map((i) => html("tr", {}, head(axes[0][i], "row"), cell(values[i]))))));
  }

  picture.addEventListener("pointermove", (event) => {
    const spot = frame.at(event);
    cursor = chosen().axes.map((axis, side) => nearestOn(axis, spot[side]));
    point();
  });
  picture.addEventListener("keydown", (event) => {
    const by = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
    if (!by) return;
    const { axes } = chosen();
    if (!cursor.length) cursor = axes.map((axis) => nearestOn(axis, Math.max(axis[0], Math.min(0, axis[axis.length - 1]))));
    else cursor = axes.map((axis, side) => Math.max(0, Math.min(axis.length - 1, cursor[side] + by[side])));
    point();
    event.preventDefault();
    event.stopPropagation();
  });

  const redraw = whileNear(place, () => draw());
  state.on(["run", "walk"], () => {
    words();
    redraw();
  });
  state.on(["at"], (changed) => changed.has("walk") || step());
}
