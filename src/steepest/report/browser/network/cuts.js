// Slices of any cost, measured beforehand: which one, how it is looked at, how sure it is, and the runs laid on it.

import { cut, Frame } from "../core/axes.js";
import { viridis } from "../landscape/colours.js";
import { tickName } from "../landscape/box.js";
import { fill, html, say, set } from "../core/elements.js";
import { full, shown } from "../core/numbers.js";
import { whileNear } from "../core/near.js";
import { recorded } from "../core/state.js";
import { markEnglish } from "../desk/english.js";
import { Sheet } from "../landscape/sheet.js";
import { drags, turnButtons, turnByKey, WAYS } from "../landscape/turning.js";
import { word } from "../words/words.js";
import { cutOf, extremes, nearestOn } from "./cut_data.js";
import { heightsOf } from "./cut_ground.js";
import { keyOf } from "./cut_key.js";
import { CutLine, CutMap } from "./cut_map.js";
import { notesOf } from "./cut_notes.js";
import { readingAt, readOut, stepOut, valueAt } from "./cut_reading.js";
import { CutSurface } from "./cut_surface.js";
import { table } from "./cut_table.js";

/** @typedef {import("../core/state.js").State} State */

const SCALES = /** @type {const} */ (["linear", "log"]);
const LOOKS = /** @type {const} */ (["surface", "contour"]);
/** So many colours tell a scale apart. */
const SHADES = 12;
/** How far apart numbers on the bar of colours stand, as shares of it: on a wide one, and on a narrow one. */
const APART = { wide: 0.09, narrow: 0.2 };

/** @param {HTMLElement} place @param {State} state */
export function mountCuts(place, state) {
  const cuts = state.data.cuts.map(cutOf), told = [...place.querySelectorAll(":scope > .judged-cut")];
  const title = /** @type {HTMLElement} */ (place.querySelector("h2"));
  const ran = state.runs.map((run) => recorded(run));
  let places = false;
  /** @type {import("./cut_reading.js").Reading | null} */
  let reading = null;
  const chosen = () => /** @type {import("./cut_data.js").Cut} */ (cuts[state.get("cut")]);
  const grid = () => chosen().grids[state.get("metric")], run = () => state.get("run");
  const flat = () => chosen().axes.length === 2, upright = () => flat() && state.get("look") === "surface";
  const mine = () => ({ laid: chosen().paths[run()], epochs: ran[run()].epochs, costs: ran[run()].costs });

  const help = html("p", { class: "help" });
  const button = (/** @type {() => void} */ onclick, text = "") => html("button", { type: "button", onclick }, text);
  const tabs = cuts.map((/** @type {any} */ { name }, /** @type {number} */ k) =>
    button(() => state.set({ cut: k, metric: 0, scale: "own" }), cut(name, 40)));
  const group = html("div", { class: "tabs", role: "group" }, cuts.length > 1 && tabs);
  const looks = LOOKS.map((look) => button(() => state.set({ look })));
  const lookGroup = html("div", { class: "choices looks", role: "group" }, looks);
  const scales = SCALES.map((scale) => button(() => state.set({ scale })));
  const scaleGroup = html("div", { class: "choices heights", role: "group" }, scales);
  const select = html("select", { onchange: () => state.set({ metric: Number(select.value) }) }), selectText = html("span");
  const selectLabel = html("label", {}, selectText, " ", select);
  const box = html("input", { type: "checkbox", onchange: () => { places = box.checked; draw(); } }), boxText = html("span");
  const boxLabel = html("label", {}, box, " ", boxText);
  const canvas = html("canvas", { "aria-hidden": "true" }), turns = turnButtons(state);
  const picture = html("div", { class: "picture", tabindex: 0, role: "group" }, canvas);
  const frame = new Frame(picture, {
    label: "", height: (width) => Math.min(560, Math.max(280, 0.6 * width)), redraw: () => draw(), left: 52, bottom: 38,
  });
  const sheet = new Sheet(canvas), surface = new CutSurface(sheet, frame), map = new CutMap(sheet, frame);
  const line = new CutLine(frame);
  const cross = html("div", { class: "cross", hidden: true });
  picture.append(cross, turns.element);
  const shades = html("div", { class: "shades", "aria-hidden": "true" }), barTicks = html("div", { class: "ticks" });
  const barName = html("span"), bar = html("div", { class: "bar" }, barName, html("div", {}, shades, barTicks));
  const key = html("ul", { class: "key" }), readout = html("p", { class: "readout", role: "status" });
  const onPath = html("p", { class: "readout" }), notes = html("ul", { class: "notes" });
  const twin = table();
  const left = html("div", {}, picture, bar, key, readout, onPath, twin.element), right = html("div", {}, notes, told);
  title.after(help, html("div", { class: "row controls" }, group, lookGroup, selectLabel, scaleGroup, boxLabel),
    html("div", { class: "sides" }, left, right));
  markEnglish(state, told, notes);

  const stops = Array.from({ length: SHADES + 1 }, (_, k) => `rgb(${viridis(k / SHADES).map(Math.round).join(" ")})`);
  set(shades, { style: `background: linear-gradient(to right, ${stops.join(", ")})` });

  /** @param {Float64Array} values */
  const positive = (values) => extremes(values)[0] > 0;
  const log = () => (state.get("scale") === "own" ? chosen().scale : state.get("scale")) === "log" && positive(grid().values);
  const quantityName = () => grid().name ?? word("cuts.cost");

  function words() {
    say(title, word("cuts.title"));
    set(group, { "aria-label": word("cuts.which") });
    set(lookGroup, { "aria-label": word("cuts.look") });
    set(scaleGroup, { "aria-label": word("cuts.scale") });
    LOOKS.forEach((look, k) => say(looks[k], word(`landscape.${look}`)));
    SCALES.forEach((scale, k) => say(scales[k], word(`cuts.${scale}`)));
    say(selectText, word("cuts.quantity"));
    say(boxText, word("cuts.places"));
    turns.words();
  }

  /** What the controls say and offer. */
  function control() {
    const { grids } = chosen(), { values } = grid(), now = upright();
    tabs.forEach((/** @type {HTMLElement} */ tab, /** @type {number} */ k) =>
      set(tab, { "aria-pressed": String(k === state.get("cut")) }));
    told.forEach((part, k) => set(part, { hidden: k !== state.get("cut") }));
    fill(select, grids.map(({ name }, k) => html("option", { value: k }, cut(name ?? word("cuts.cost"), 40))));
    select.value = String(state.get("metric"));
    selectLabel.hidden = grids.length < 2;
    boxLabel.hidden = !chosen().places;
    lookGroup.hidden = !flat() || state.names.length === 1;
    looks.forEach((look, k) => set(look, { "aria-pressed": String((LOOKS[k] === "surface") === now) }));
    scales.forEach((scale, k) => {
      set(scale, { "aria-pressed": String((SCALES[k] === "log") === log()) });
      scale.disabled = SCALES[k] === "log" && !positive(values);
      set(scale, { title: scale.disabled ? word("cuts.no_log") : null });
    });
    turns.element.hidden = !now;
    picture.className = `picture ${now ? "surface" : flat() ? "flat" : ""}`;
    say(help, word(now ? "cuts.help_surface" : flat() ? "cuts.help" : "cuts.help_line"));
    set(picture, { "aria-label": word(now ? "cuts.picture_surface" : "cuts.picture") });
    fill(frame.marks, (now ? surface : flat() ? map : line).element);
    canvas.hidden = bar.hidden = !flat();
  }

  function draw() {
    if (!frame.width) return;
    control();
    const { axes, names, intervals } = chosen(), { values } = grid(), { laid, costs } = mine();
    const cost = state.get("metric") === 0, [low, high] = extremes(values);
    const heights = flat() ? heightsOf(values, log() ? "log" : "linear") : null, half = cost ? intervals : null;
    const [x, y] = axes.map((axis) => /** @type {[number, number]} */ ([axis[0], axis[axis.length - 1]]));
    if (upright()) {
      const own = cost ? ran.map((other) => other.costs) : null;
      surface.lay({ cut: chosen(), values, heights, costs: own, run: run(), name: quantityName(), places });
      surface.draw(state.get("camera"));
    } else frame.limits({
      x, y: flat() ? y : limits(values, half, log()), xName: names[0], yName: flat() ? names[1] : quantityName(),
      logY: !flat() && log(),
    });
    const over = cost && laid ? { coordinates: laid.coordinates, costs } : null;
    if (!flat()) line.lay(chosen(), values, half, places, over);
    else if (!upright()) {
      map.ground(chosen(), values, heights);
      map.lay(chosen(), run(), places, values);
    }
    if (flat()) drawBar(heights);
    set(frame.svg, { "aria-label": word(upright() ? "cuts.alt_surface" : flat() ? "cuts.alt" : "cuts.alt_line", {
      first: names[0], second: names[1] ?? "", quantity: quantityName(), low: shown(low), high: shown(high),
    }) });
    const path = upright() ? surface.path : null;
    fill(key, keyOf(chosen(), { values, run: run(), runs: state.runs.length, cost, path, quantity: quantityName() }));
    fill(notes, notesOf(chosen(), run(), { flat: flat(), cost }).map((text) => html("li", {}, text)));
    point();
    step();
    twin.show(chosen(), values, quantityName());
  }

  /** The same from elsewhere. */
  function turned() {
    if (!frame.width || !upright()) return;
    surface.draw(state.get("camera"));
    point();
    step();
  }

  /** @param {Float64Array} values @param {Float64Array | null} half @param {boolean} logged @returns {[number, number]} */
  function limits(values, half, logged) {
    const ends = half ? [...values].flatMap((value, k) => [value, value - half[k], value + half[k]]) : [...values];
    const usable = Float64Array.from(ends.filter((value) => !logged || value > 0)), [low, high] = extremes(usable);
    if (low > high) return [0, 1];
    if (logged) return [low / 1.1, Math.max(high * 1.1, low * 1.3)];
    const room = 0.06 * (high - low || Math.abs(high) || 1);
    return [low - room, high + room];
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

  /** Where on the picture a place is, at a cost. @param {number[]} at @param {number} cost */
  function spot(at, cost) {
    if (upright()) return surface.spot(at, cost);
    const y = flat() ? frame.y(at[1]) : frame.logY && !(cost > 0) ? NaN : frame.y(cost);
    return { x: frame.x(at[0]), y };
  }

  /** What is under the hand, in words, and marked. */
  function point() {
    cross.hidden = !reading;
    if (!reading) return say(readout, word(upright() ? "cuts.point_surface" : "cuts.point"));
    const value = valueAt(chosen(), grid().values, reading), onPlane = reading.step === undefined || state.get("metric");
    const { x, y } = spot(reading.place, onPlane ? value : mine().costs[/** @type {number} */ (reading.step)]);
    set(cross, {
      style: `left:${x}px;top:${Number.isFinite(y) ? y : frame.height / 2}px`,
      "data-place": reading.place.join(" "), "data-value": value, "data-step": reading.step,
    });
    return say(readout, readOut(chosen(), reading, mine()));
  }

  /** Where the run that is played back is now, and what is drawn there. */
  function step() {
    // A walk that goes on in the page is not the one that was laid on the slice.
    const { laid, costs } = mine(), at = state.get("at"), now = state.live ? null : laid?.coordinates[at];
    if (upright()) surface.step(now ? at : null);
    else if (flat()) map.step(now ?? undefined);
    else line.step(state.get("metric") || !now ? undefined : now, costs[at]);
    onPath.hidden = !now;
    if (now) say(onPath, stepOut(chosen(), at, mine()));
  }

  /** @param {PointerEvent} event */
  function hover(event) {
    if (/** @type {Element} */ (event.target).closest("button")) return;
    const edge = picture.getBoundingClientRect(), x = event.clientX - edge.left, y = event.clientY - edge.top;
    const under = upright() ? surface.pick(x, y) : frame.at(event).slice(0, chosen().axes.length);
    const { laid, costs } = mine(), inside = under?.every((value, side) => {
      const axis = chosen().axes[side];
      return value >= axis[0] && value <= axis[axis.length - 1];
    });
    const off = (/** @type {number[]} */ at, /** @type {number} */ cost) => {
      const seen = spot(at, cost);
      return Math.hypot(seen.x - x, seen.y - y);
    };
    reading = readingAt(chosen(), inside ? under : null, {
      off, run: state.get("metric") ? null : laid, costs,
      beside: (at, cost) => (flat() ? off(at, upright() ? cost : NaN) : Math.abs(spot(at, cost).x - x)),
    }, grid().values) ?? reading;
    point();
  }

  drags(picture, state, { turns: upright, dragged: hover, clicked: hover });
  picture.addEventListener("pointermove", (event) => { if (!event.buttons) hover(event); });
  picture.addEventListener("keydown", (event) => {
    const way = WAYS[event.key];
    if (!way || event.target !== picture || event.altKey || event.ctrlKey || event.metaKey) return;
    if (upright() && !event.shiftKey) turnByKey(state, way);
    else {
      const { axes } = chosen(), from = reading?.place ?? [0, 0];
      const at = axes.map((axis, side) =>
        Math.max(0, Math.min(axis.length - 1, nearestOn(axis, from[side]) + (reading ? way[side] : 0))));
      reading = { place: axes.map((axis, side) => axis[at[side]]), point: at };
      point();
    }
    event.preventDefault();
    event.stopPropagation();
  });

  let anew = true, known = "";
  const redraw = whileNear(place, () => {
    if (anew) draw();
    else turned();
    anew = false;
  });
  state.on(["run", "walk", "look", "cut", "metric", "scale", "camera"], (changed) => {
    anew ||= [...changed].some((name) => name !== "camera");
    const now = `${state.get("cut")} ${run()}`;
    if (known !== now) reading = null;
    known = now;
    if (changed.has("language") || changed.has("cut")) words();
    redraw();
  });
  state.on(["at"], (changed) => changed.has("walk") || step());
}
