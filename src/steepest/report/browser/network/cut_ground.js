// The ground of a plane's picture, and how high its box is: so that also a path that floats above or below has room.

import { Heights } from "../landscape/heights.js";
import { between, extremes } from "./cut_data.js";
import { Decades } from "./decades.js";

/** @typedef {import("./cut_data.js").Cut} Cut */

/** By so many times the relief of the plane the box is taller at each end, at most: else the plane would lie flat. */
const MORE = 1;

/** Heights for numbers in a scale; null where none is finite. @param {Float64Array} values @param {"linear" | "log"} scale */
export function heightsOf(values, scale) {
  const [low, high] = extremes(values);
  if (low > high) return null;
  return scale === "log" && low > 0 ? new Decades(low, high) : new Heights("linear", low, high);
}

/**
 * The ground of a scene. @param {Cut} cut @param {Float64Array} values @param {Heights} heights
 * @returns {import("../landscape/ground.js").Ground}
 */
export function groundOf(cut, values, heights) {
  const [xs, ys] = cut.axes, costs = values.map((cost) => (Number.isFinite(cost) ? cost : NaN));
  return {
    pair: [0, 1], reach: { x: [xs[0], xs[xs.length - 1]], y: [ys[0], ys[ys.length - 1]] }, xs, ys, costs,
    floor: heights.floor, high: heights.high, holes: costs.some(Number.isNaN),
    cost: (a, b) => between(cut.axes, costs, [a, b]),
  };
}

/** A box for heights, and for costs that are not too far above or below. @param {Heights} heights @param {number[]} costs */
export function boxOf(heights, costs) {
  const log = heights.kind === "log", { floor } = heights, high = floor + heights.range, ratio = (high / floor) ** MORE;
  const least = log ? floor / ratio : floor - MORE * heights.range, most = log ? high * ratio : high + MORE * heights.range;
  const near = costs.filter((cost) => cost >= least && cost <= most);
  const low = Math.min(floor, ...near), top = Math.max(high, ...near);
  if (low === floor && top === high) return heights;
  return log ? new Decades(low, top) : new Heights("linear", low, top);
}
