// The cost by epoch: of the whole walk, the lowest cost there is, other runs, and a marker that can be pulled along.

import { cut, Frame } from "../core/axes.js";
import { fill, html, say, set, svg } from "../core/elements.js";
import { shares } from "../core/engine.js";
import { full, shown, whole } from "../core/numbers.js";
import { ends } from "./squares.js";
import { nearestIndex, spread, thread } from "./thread.js";
import { halfLife } from "../core/verdict.js";
import { word } from "../words/words.js";

/** @typedef {import("../core/state.js").State} State */
/** @typedef {"log" | "linear" | "above"} Scale */

const BEYOND = { log: 1000, above: 1000, linear: 3 };
/** Above so many times its first height a curve has left the picture, until all of it is asked for. */

const FOOT = 0.17;
/** This share of the height stays free under the lowest cost, for its name: no curve is ever there. */
const NARROW = 24;
const WIDE = 92;
/** Pixels to the right of the picture: without and with names of runs there. */

/** @param {HTMLElement} place @param {State} state */
export function mountCurve(place, state) {
  /** @type {Scale} */
  let scale = positive(state) ? "log" : "linear";
  let zoomed = false;
  const title = html("h2"), help = html("p", { class: "help" }), holder = html("div");
  const tabs = /** @type {Scale[]} */ (["log", "linear", "above"]).map((name) => ({
    name, button: html("button", { type: "button", onclick: () => choose(name) }),
  }));
  const group = html("span", { class: "tabs", role: "group" }, tabs.map(({ button }) => button));
  const all = html("button", { type: "button", onclick: () => ((zoomed = !zoomed), draw()) });
  place.append(html("div", { class: "head" }, title, group, all), help, holder);

  const clip = svg("rect"), others = svg("g"), names = svg("g"), flat = svg("line", { class: "flat" });
  const flatName = svg("text", { class: "flat-name" });
  const floor = svg("line", { class: "floor" }), floorName = svg("text", { class: "floor-name", "text-anchor": "end" });
  const path = svg("path", { class: "costs", "data-lights": "cost" }), lost = svg("path", { class: "lost" });
  const edge = html("p", { class: "edge" });
  const stem = svg("line", { class: "stem" }), dot = svg("circle", { class: "dot", r: 5 });
  const told = svg("text", { class: "told" });
  const marker = svg("g", { class: "marker", role: "slider", tabindex: 0, "data-lights": "cost" }, stem, dot, told);
  const height = (/** @type {number} */ width) => (width < 420 ? 190 : 172);
  const frame = new Frame(holder, { label: "", height, redraw: () => draw(), left: 66, right: NARROW });
  set(frame.svg, { role: "group" });
  frame.marks.append(
    svg("defs", {}, svg("clipPath", { id: "curve-clip" }, clip)),
    svg("g", { "clip-path": "url(#curve-clip)" }, others, flat, floor, path),
    lost, names, floorName, flatName, marker,
  );
  holder.classList.add("picture");
  holder.append(edge);

  /** @param {Scale} name */
  function choose(name) {
    scale = name;
    zoomed = false;
    draw();
  }

  /** The height in the picture of a cost; NaN where it has none. @param {number} cost */
  function heightOf(cost) {
    const value = scale === "above" ? cost - (state.floor ?? 0) : cost;
    if (!Number.isFinite(value) || (scale !== "linear" && !(value > 0))) return NaN;
    return Math.max(-1e4, frame.y(value));
  }

  function draw() {
    if (!frame.width) return;
    const { walk, floor: lowest } = state, runs = state.runs.filter((_, i) => i !== state.get("run"));
    const first = walk.costs[0] - (scale === "above" ? lowest ?? 0 : 0);
    const { limits, beyond } = heights(runs, first);
    frame.margin.right = runs.length ? WIDE : NARROW;
    const last = Math.max(walk.epochs[walk.count - 1], ...runs.map((run) => run.epochs.at(-1)), 1);
    frame.limits({
      x: [0, last], y: limits, logY: scale !== "linear", xName: word("curve.epoch"),
      yName: word(scale === "above" ? "curve.above_cost" : "curve.cost"),
    });
    const { left, top, right, bottom } = frame.margin, far = frame.width - right, low = frame.height - bottom;
    set(clip, { x: left, y: top, width: far - left, height: low - top });
    set(path, { d: thread(walk.count, (i) => frame.x(walk.epochs[i]), (i) => heightOf(walk.costs[i])) });
    drawOthers(runs);
    const seen = scale !== "above" && lowest !== null && (scale === "linear" || lowest > 0);
    const y = seen ? frame.y(/** @type {number} */ (lowest)) : 0;
    for (const part of [floor, floorName]) set(part, { visibility: seen ? null : "hidden" });
    if (seen) {
      set(floor, { x1: left, x2: far, y1: y, y2: y });
      set(floorName, { x: far - 4, y: y + 14 });
      floorName.textContent = word("curve.floor", { cost: shown(lowest) });
    }
    drawFlat();
    drawEdge(beyond);
    for (const { name, button } of tabs) {
      set(button, { "aria-pressed": String(scale === name) });
      button.disabled = name === "log" ? !positive(state) : name === "above" && lowest === null;
    }
    say(all, word(zoomed ? "curve.less" : "curve.all"));
    all.hidden = !zoomed && beyond < 0;
    const replay = state.live ? lowest === null ? "curve.help_no_floor" : "curve.help" : "curve.help_replay";
    say(help, word(scale === "above" ? "curve.above_help" : replay));
    const end = walk.count - 1;
    set(frame.svg, { "aria-label": word("curve.alt", {
      first: shown(walk.costs[0]), from: whole(walk.epochs[0]),
      last: shown(walk.costs[end]), to: whole(walk.epochs[end]),
    }) });
    mark();
  }

  /**
   * The limits of the picture, and the index from which the curve is above them.
   * @param {any[]} runs @param {number} first the first height
   */
  function heights(runs, first) {
    const { walk, floor: lowest } = state, less = scale === "above" ? lowest ?? 0 : 0;
    const log = scale !== "linear", highest = first > 0 && !zoomed ? BEYOND[scale] * first : Infinity;
    const usable = function* () {
      for (const costs of [walk.costs, ...runs.map((run) => run.costs)])
        for (const cost of costs)
          if (cost !== null && cost - less <= highest && (!log || cost - less > 0)) yield cost - less;
      if (scale !== "above" && lowest !== null && (!log || lowest > 0)) yield lowest;
    };
    let [low, high] = ends(usable());
    if (log) {
      high = Math.min(Math.max(high * 1.7, low * 10), low * 1e300);
      low = scale === "above" ? 10 ** Math.floor(Math.log10(Math.max(low, 1e-15 * first, 1e-300)))
        : low * (low / high) ** FOOT;
    } else [low, high] = [low - FOOT * (high - low), high + 0.06 * (high - low || Math.abs(high) || 1)];
    const beyond = walk.costs.findIndex((cost) => cost - less > high);
    return { limits: /** @type {[number, number]} */ ([low, high]), beyond };
  }

  /** The other runs, each with its name where it ends. @param {any[]} runs */
  function drawOthers(runs) {
    const { right, top, bottom } = frame.margin, low = frame.height - bottom, own = state.runs[state.get("run")];
    const seen = (/** @type {number | null} */ cost) => cost !== null && Number.isFinite(heightOf(cost));
    const last = [...runs.map((run) => run.costs.findLast(seen)), state.walk.costs.findLast(seen)];
    const ending = last.map((cost) => Math.max(top, Math.min(low, heightOf(cost ?? NaN) || top)) + 4);
    const labels = spread(ending, 14, top + 4, low + 4), x = frame.width - right + 5;
    fill(others, runs.map((run, i) => svg("path", { class: `other other${i % 4}`, d: thread(
      run.epochs.length, (at) => frame.x(run.epochs[at]), (at) => heightOf(run.costs[at] ?? NaN)) })));
    fill(names, runs.length > 0 && [...runs, own].map((run, i) => svg("text", {
      class: i < runs.length ? "other-name" : "own-name", y: labels[i], x,
    }, svg("title", {}, run.label), cut(run.label || word("curve.recorded"), 13))));
  }

  /** What the flattest direction alone would do, where the height above the minimum is drawn. */
  function drawFlat() {
    const { modes, walk } = state;
    let shows = false;
    if (scale === "above" && modes && walk.count > 2) {
      const held = shares(modes, walk.gradients.subarray(0, walk.size));
      const factors = modes.values.map((value) => Math.abs(1 - walk.rate * value));
      const slowest = factors.reduce((best, factor, k) => (held[k] > 0 && !(factor < factors[best]) ? k : best), 0);
      const life = halfLife(factors[slowest]), end = walk.count - 1;
      const drop = held[slowest] * factors[slowest] ** (2 * end), [least] = frame.spanY;
      if (held[slowest] > least && Number.isFinite(life) && life > 0) {
        // Where it is below the picture, the line ends at the lower edge.
        const until = drop > least ? end : Math.log(least / held[slowest]) / (2 * Math.log(factors[slowest]));
        const y2 = frame.y(Math.max(drop, least)), x2 = frame.x(until);
        set(flat, { x1: frame.x(0), y1: frame.y(held[slowest]), x2, y2 });
        set(flatName, { x: frame.margin.left + 6, y: frame.height - frame.margin.bottom - 7 });
        flatName.textContent = word("curve.flat", { life: shown(life) });
        shows = true;
      }
    }
    for (const part of [flat, flatName]) set(part, { visibility: shows ? null : "hidden" });
  }

  /** Say where the curve leaves the picture, and where its numbers end. @param {number} beyond */
  function drawEdge(beyond) {
    const { costs, epochs } = state.walk, none = costs.findIndex((cost) => !Number.isFinite(cost));
    const leaves = beyond >= 0 && (none < 0 || beyond < none), values = {
      epoch: whole(epochs[Math.max(0, beyond)]), lost: whole(epochs[Math.max(0, none)]), value: shown(ends(costs)[1]),
    };
    const text = leaves ? word(none < 0 ? "curve.leaves" : "curve.lost_beyond", values)
      : none < 0 ? "" : word("curve.lost", values);
    const top = frame.margin.top + 4, end = none < 0 ? beyond : none - 1;
    const shows = none >= 0 || beyond >= 0, x = frame.x(epochs[Math.max(0, leaves ? beyond : end)]);
    const y = leaves || end < 0 ? top : heightOf(costs[end]) || top;
    set(lost, { visibility: shows ? null : "hidden", d: `M${x - 5} ${y - 5}l10 10m0 -10l-10 10` });
    say(edge, text);
  }

  /** The marker alone: all that a step changes. */
  function mark() {
    if (!frame.width) return;
    const { epoch, cost } = state.step, { top, bottom, right } = frame.margin, x = frame.x(epoch), y = heightOf(cost);
    const low = frame.height - bottom, toTheLeft = x > frame.width - right - 130;
    set(stem, { x1: x, x2: x, y1: top, y2: low });
    const inside = Number.isNaN(y) ? (cost > 0 ? top : low) : Math.max(top, Math.min(low, y));
    set(dot, { cx: x, cy: inside, class: inside === y ? "dot" : "dot out" });
    // Falling curves leave the upper right free; where words are there already, the lower.
    set(told, {
      x: x + (toTheLeft ? -9 : 9), "text-anchor": toTheLeft ? "end" : "start",
      y: edge.textContent ? low - 34 : top + 12,
    });
    const text = word("curve.here", { epoch: whole(epoch), cost: shown(cost) });
    say(told, text);
    set(marker, {
      "aria-valuenow": epoch, "aria-valuetext": `${text} (${full(cost)})`, "aria-valuemin": state.walk.epochs[0],
      "aria-valuemax": state.walk.epochs[state.walk.count - 1],
    });
  }

  let scrubbing = false;
  const scrub = (/** @type {PointerEvent} */ event) => state.go(nearestIndex(state.walk.epochs, frame.at(event)[0]));
  frame.svg.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    scrubbing = true;
    frame.svg.setPointerCapture(event.pointerId);
    scrub(event);
  });
  frame.svg.addEventListener("pointermove", (event) => scrubbing && scrub(event));
  for (const ending of ["pointerup", "pointercancel"]) frame.svg.addEventListener(ending, () => (scrubbing = false));
  marker.addEventListener("keydown", (event) => {
    const at = state.get("at"), last = state.walk.count - 1, far = Math.max(10, Math.round(last / 10));
    const to = { ArrowLeft: at - 1, ArrowDown: at - 1, ArrowRight: at + 1, ArrowUp: at + 1, PageUp: at + far,
      PageDown: at - far, Home: 0, End: last }[event.key];
    if (to === undefined) return;
    state.go(to);
    event.preventDefault();
    event.stopPropagation();
  });

  function speak() {
    say(title, word("curve.title"));
    set(group, { "aria-label": word("curve.scale") });
    set(marker, { "aria-label": word("curve.marker") });
    for (const { name, button } of tabs) say(button, word(`curve.${name}`));
  }

  state.on(["walk", "floor", "run"], (changed) => {
    if (changed.has("language") || !title.textContent) speak();
    if (scale === "log" && !positive(state)) scale = "linear";
    draw();
  });
  state.on(["at"], (changed) => changed.has("walk") || mark());
}

/** Whether all costs that are numbers have a logarithm. @param {State} state */
function positive(state) {
  return state.walk.costs.every((cost) => cost > 0 || !Number.isFinite(cost));
}
