// Cuts through the cost along one parameter each, with the tangent whose slope is the gradient's component.

import { Frame, cut } from "../core/axes.js";
import { STAR, tickName } from "./box.js";
import { costAt } from "../core/engine.js";
import { fill, say, set, svg } from "../core/elements.js";
import { shown } from "../core/numbers.js";
import { trilobite } from "./trilobite.js";
import { word } from "../words/words.js";

/** @typedef {import("../core/state.js").State} State */
/** @typedef {import("./ground.js").Ground} Ground */
/** @typedef {[number, number]} Span */

/** Half of a tangent, as a share of the frame. */
const TANGENT = 0.16;
const POINTS = 80;
const ROOM = 1.06;
/** A tap is shown under the cane if it is within so many pixels: a cane is not longer. */
const CANE = 42;

/**
 * The cost along one parameter through a point; the others held.
 * @param {State} state @param {Ground | null} ground @param {0 | 1} side @param {Float64Array} here
 */
export function costAlong(state, ground, side, here) {
  const bowl = state.bowl;
  if (bowl) {
    const point = Float64Array.from(here), i = state.get("pair")[side];
    return (/** @type {number} */ value) => {
      point[i] = value;
      return costAt(bowl, point);
    };
  }
  if (ground) {
    const { xs, ys, costs, pair } = ground, rows = ys.length, across = side === 0;
    const line = nearest(across ? ys : xs, here[pair[1 - side]]), values = across ? xs : ys;
    return between(values, values.map((_, k) => costs[across ? k * rows + line : line * rows + k]));
  }
  const { params, costs } = state.walk, order = [...costs.keys()].sort((a, b) => params[a] - params[b]);
  return between(Float64Array.from(order, (k) => params[k]), Float64Array.from(order, (k) => costs[k]));
}

/** @param {Float64Array} values @param {number} value */
function nearest(values, value) {
  let best = 0;
  values.forEach((other, k) => { if (Math.abs(other - value) < Math.abs(values[best] - value)) best = k; });
  return best;
}

/** Straight between known points, nothing beside them. @param {Float64Array} xs @param {Float64Array} ys */
function between(xs, ys) {
  return (/** @type {number} */ x) => {
    let k = 0;
    while (k < xs.length - 2 && xs[k + 1] < x) k++;
    if (x < xs[0] || x > xs[xs.length - 1] || xs.length < 2) return xs[0] === x ? ys[0] : NaN;
    return ys[k] + ((x - xs[k]) / (xs[k + 1] - xs[k] || 1)) * (ys[k + 1] - ys[k]);
  };
}

/** One cut, in a part of the picture. */
class Cut {
  /** @param {0 | 1} side */
  constructor(side) {
    this.side = side;
    this.clip = svg("rect");
    const id = `cut-${side}`, path = (/** @type {string} */ name) => svg("path", { class: name, fill: "none" });
    this.grid = svg("g", { class: "grid", "aria-hidden": "true" });
    this.curve = path(`curve ${side ? "two" : "one"}`);
    this.tangent = svg("line", { class: "tangent" });
    this.slope = svg("text", { class: "slope next", "text-anchor": "middle" });
    this.low = svg("path", { class: "lowest", d: STAR });
    this.lowText = svg("text", { class: "low", "text-anchor": "middle" });
    this.here = svg("circle", { class: "here", r: 4 });
    this.walker = trilobite("side");
    this.right = true;
    this.element = svg("g", {}, svg("clipPath", { id }, this.clip), this.grid,
      svg("g", { "clip-path": `url(#${id})` }, this.curve, this.low, this.tangent),
      this.lowText, this.here, this.walker.element, this.slope);
    // The axes of the page's frames, inside a picture that is there already.
    /** @type {Frame} */
    this.frame = Object.assign(Object.create(Frame.prototype), {
      margin: { left: 56, bottom: 38, top: 20, right: 14 }, width: 0, height: 0, logX: false, logY: false,
      spanX: [0, 1], spanY: [0, 1], grid: this.grid,
    });
  }

  /**
   * @param {{x: number, y: number, width: number, height: number}} room @param {Span} across @param {Span} up
   * @param {string} name @param {string} costName @param {string} lights
   */
  lay({ x, y, width, height }, across, up, name, costName, lights) {
    set(this.element, { transform: `translate(${x} ${y})` });
    Object.assign(this.frame, { width, height });
    this.frame.limits({ x: across, y: up, xName: name, yName: costName });
    const texts = this.grid.querySelectorAll(".name");
    set(texts[0], { class: `name ${this.side ? "two" : "one"}`, "data-lights": lights });
    const { left, top, right, bottom } = this.frame.margin;
    set(this.clip, { x: left, y: top, width: width - left - right, height: height - top - bottom });
  }

  /** @param {State} state @param {Ground | null} ground @param {number} size */
  step(state, ground, size) {
    const { frame } = this, i = state.get("pair")[this.side], here = state.here[i], [low, high] = frame.spanX;
    const cost = costAlong(state, ground, this.side, state.here);
    const x = (/** @type {number} */ value) => frame.x(value).toFixed(2);
    const y = (/** @type {number} */ value) => clamped(frame.y(value));
    if (state.bowl) {
      // A parabola is a curve of one control point: where the tangents of its two ends meet.
      const middle = (low + high) / 2, corner = 2 * cost(middle) - (cost(low) + cost(high)) / 2;
      set(this.curve, { d: `M${x(low)} ${y(cost(low))}Q${x(middle)} ${y(corner)} ${x(high)} ${y(cost(high))}` });
      this.#showLowest(lowestOf(cost, low, high), cost);
    } else {
      let d = "", best = NaN;
      for (let k = 0; k <= POINTS; k++) {
        const value = low + ((high - low) * k) / POINTS, there = cost(value);
        if (!Number.isFinite(there)) continue;
        if (!(cost(best) <= there)) best = value;
        d += `${d ? "L" : "M"}${x(value)} ${y(there)}`;
      }
      set(this.curve, { d });
      this.#showLowest(best, cost);
    }
    this.#showTangent(state, i);
    const seen = here >= low && here <= high && Number.isFinite(cost(here)) && frame.y(cost(here)) > 0;
    set(this.here, { display: seen ? null : "none" });
    set(this.walker.element, { display: seen && state.get("trilobite") ? null : "none" });
    if (!seen) return;
    set(this.here, { cx: x(here), cy: y(cost(here)) });
    const slope = state.step.gradient[i];
    if (slope !== 0 && !state.stale) this.right = slope < 0;
    const felt = state.get("taps").at(-1)?.params[i], tip = felt === undefined ? frame.x(here) : frame.x(felt);
    const inner = (/** @type {number} */ at) => {
      const { left, right, bottom } = frame.margin, share = (at - left) / (frame.width - left - right);
      const there = frame.y(cost(low + Math.max(0, Math.min(1, share)) * (high - low)));
      return Number.isFinite(there) ? Math.max(-frame.height, there) : frame.height - bottom;
    };
    const near = Math.abs(tip - frame.x(here)) < CANE ? tip : frame.x(here);
    this.walker.standOn(inner, { x: frame.x(here), tip: near, right: this.right, size });
  }

  /** @param {number} value @param {(value: number) => number} cost */
  #showLowest(value, cost) {
    const { frame } = this, [low, high] = frame.spanX;
    const seen = value >= low && value <= high && Number.isFinite(cost(value));
    set(this.low, { display: seen ? null : "none" });
    set(this.lowText, { display: seen ? null : "none" });
    if (!seen) return;
    const x = frame.x(value), y = frame.y(cost(value));
    set(this.low, { transform: `translate(${x.toFixed(1)} ${clamped(y)})` });
    const below = y + 20 < frame.height - frame.margin.bottom;
    set(this.lowText, { x: x.toFixed(1), y: (below ? y + 20 : y - 12).toFixed(1), display: y < 0 ? "none" : null });
    say(this.lowText, tickName(value));
  }

  /** @param {State} state @param {number} i */
  #showTangent(state, i) {
    const { frame } = this, { params, gradient, cost } = state.step, slope = gradient[i], [low, high] = frame.spanX;
    // After the adjustment the slope belongs to another place: nobody has measured it here.
    const inside = params[i] >= low && params[i] <= high;
    const drawn = !state.stale && inside && Number.isFinite(slope) && Number.isFinite(cost);
    set(this.tangent, { display: drawn ? null : "none" });
    set(this.slope, { display: drawn ? null : "none", "data-lights": `g${i} gradient` });
    if (!drawn) return;
    const reach = TANGENT * (high - low), steep = Math.abs(frame.y(cost + slope * reach) - frame.y(cost));
    const part = Math.min(1, (0.45 * frame.height) / (steep || 1)) * reach;
    set(this.tangent, {
      x1: frame.x(params[i] - part), y1: frame.y(cost - slope * part),
      x2: frame.x(params[i] + part), y2: frame.y(cost + slope * part),
    });
    const { left, right } = frame.margin, side = params[i] > (low + high) / 2 ? -1 : 1;
    const x = Math.max(left + 40, Math.min(frame.width - right - 40, frame.x(params[i]) + side * 58));
    set(this.slope, { x: x.toFixed(1), y: Math.max(34, frame.y(cost) - 44).toFixed(1) });
    say(this.slope, `${state.get("frozen")[i] ? `${word("landscape.frozen")}: ` : ""}${shown(slope)}`);
  }
}

/** @param {number} y */
function clamped(y) {
  return Math.max(-1e5, Math.min(1e5, y)).toFixed(2);
}

/**
 * The lowest point of a parabola, of three of its points.
 * @param {(value: number) => number} cost @param {number} low @param {number} high
 */
function lowestOf(cost, low, high) {
  const half = (high - low) / 2, middle = low + half, bend = cost(low) - 2 * cost(middle) + cost(high);
  return bend > 0 ? middle - (half * (cost(high) - cost(low))) / (2 * bend) : NaN;
}

export class Slices {
  constructor() {
    this.cuts = [new Cut(0), new Cut(1)];
    this.element = svg("g", { class: "cuts" }, this.cuts.map(({ element }) => element));
    this.size = 44;
  }

  /**
   * @param {State} state @param {Ground | null} ground @param {import("./reach.js").Reach} reach
   * @param {{width: number, height: number}} size @param {string} costName
   */
  lay(state, ground, reach, { width, height }, costName) {
    const pair = state.get("pair"), many = pair[0] === pair[1] ? 1 : 2, below = width < 480;
    const room = { width: below ? width : width / many, height: below ? height / many : height };
    this.size = below ? 34 : 44;
    set(this.cuts[1].element, { display: many === 2 ? null : "none" });
    const spans = [reach.x, reach.y].slice(0, many), start = state.walk.params.slice(0, state.walk.size);
    const ends = spans.flatMap(([low, high], side) => {
      const cost = costAlong(state, ground, side ? 1 : 0, start);
      return Array.from({ length: POINTS + 1 }, (_, k) => cost(low + ((high - low) * k) / POINTS));
    }).filter(Number.isFinite);
    const floor = Math.min(state.floor ?? Infinity, ...ends), tall = Math.max(floor, ...ends) - floor || 1;
    /** @type {Span} */
    const up = Number.isFinite(floor) ? [floor - 0.08 * tall, floor + ROOM * tall] : [0, 1];
    spans.forEach((span, side) => this.cuts[side].lay(
      { ...room, x: below ? 0 : side * room.width, y: below ? side * room.height : 0 }, span, up,
      cut(state.names[pair[side]], room.width / 11), costName, `p${pair[side]}`,
    ));
    this.many = many;
  }

  /** @param {State} state @param {Ground | null} ground */
  step(state, ground) {
    for (const one of this.cuts.slice(0, this.many)) one.step(state, ground, this.size);
  }

  many = 2;

  /** Nothing is left behind. */
  clear() {
    for (const { grid } of this.cuts) fill(grid);
  }
}
