// How far the picture reaches along its two parameters: limits that stand still while time and rate move.

import { lowest, walk } from "../core/engine.js";
import { inUnits, otherRuns } from "./walks.js";

/** @typedef {import("../core/state.js").State} State */
/** @typedef {[number, number]} Span */
/** @typedef {{x: Span, y: Span}} Reach */

const MARGIN = 0.14;
/** A rate that zigzags and still arrives, as a share of 1 / sharpness: its turns are to have room. */
const LIVELY = 1.5;
const EPOCHS = 40;
/** So many times farther than at first at most, when zoomed out. */
const FARTHEST = 1e9;

/** The places a picture must show: start, lowest point, and the paths of descents that arrive. @param {State} state */
function needed(state) {
  const { bowl, modes, walk: shown } = state, size = state.names.length;
  /** @type {ArrayLike<number>[]} */
  const points = [state.live ? state.get("start") : shown.params.subarray(0, size)];
  if (state.lowest) points.push(state.lowest);
  const keep = (/** @type {import("../core/engine.js").Walk} */ { params, count }) => {
    for (let index = 0; index < count; index++) points.push(params.subarray(index * size, (index + 1) * size));
  };
  if (bowl && modes?.values[0]) {
    const { start, frozen } = state.settings;
    if (frozen.some(Boolean)) points.push(lowest(bowl, start));
    keep(walk(bowl, { start, frozen, rate: LIVELY / modes.values[0], epochs: EPOCHS }));
  }
  const calm = (/** @type {import("../core/engine.js").Walk} */ run) =>
    run.outcome === "diverged" ? { ...run, count: Math.min(1, run.count) } : run;
  for (const run of otherRuns(state)) keep(calm(run.walk));
  keep(calm(inUnits(state, state.recorded)));
  return points;
}

/** @param {ArrayLike<number>[]} points @param {number} which @param {number} margin @returns {Span} */
function span(points, which, margin) {
  let low = Infinity, high = -Infinity;
  for (const point of points)
    if (Math.abs(point[which]) < 1e100) [low, high] = [Math.min(low, point[which]), Math.max(high, point[which])];
  if (!(low <= high)) [low, high] = [0, 0];
  let width = high - low;
  if (width <= 1e-9 * Math.max(Math.abs(low), Math.abs(high))) {
    width = Math.max(Math.abs(low), Math.abs(high)) || 1;
    [low, high] = [low - width / 2, high + width / 2];
  }
  return [low - margin * width, high + margin * width];
}

/** @param {Span} outer @param {Span} inner */
function holds([low, high], inner) {
  return low <= inner[0] && inner[1] <= high;
}

/**
 * The limits for two parameters; those it had, if what must be seen is within them and not lost in them.
 * @param {State} state @param {[number, number]} pair @param {Reach | null} before @returns {Reach}
 */
export function reachOf(state, pair, before) {
  const points = needed(state), sides = /** @type {const} */ (["x", "y"]);
  const tight = { x: span(points, pair[0], 0), y: span(points, pair[1], 0) };
  const wide = { x: span(points, pair[0], MARGIN), y: span(points, pair[1], MARGIN) };
  const width = (/** @type {Span} */ [low, high]) => high - low;
  if (before && sides.every((side) => holds(before[side], tight[side]) && width(wide[side]) > width(before[side]) / 8))
    return before;
  return wide;
}

/**
 * All of the walk that is finite, up to a cap.
 * @param {State} state @param {[number, number]} pair @param {Reach} usual
 */
export function reachOfAll(state, pair, usual) {
  const { params, count, size, costs } = state.walk;
  const corner = (/** @type {0 | 1} */ end) => Float64Array.from({ length: size }, (_, i) =>
    (i === pair[1] ? usual.y : usual.x)[end]);
  /** @type {ArrayLike<number>[]} */
  const points = [corner(0), corner(1)];
  const far = pair.map((_, k) => { const [low, high] = k ? usual.y : usual.x; return (high - low) * FARTHEST; });
  for (let index = 0; index < count; index++) {
    const point = params.subarray(index * size, (index + 1) * size);
    if (Number.isFinite(costs[index]) && pair.every((i, k) => Math.abs(point[i]) < far[k])) points.push(point);
  }
  return { x: span(points, pair[0], MARGIN), y: span(points, pair[1], MARGIN) };
}

/** @param {Reach} reach @param {number} a @param {number} b */
export function within({ x, y }, a, b) {
  return a >= x[0] && a <= x[1] && b >= y[0] && b <= y[1];
}
