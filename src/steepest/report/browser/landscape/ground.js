// The ground of the picture: costs on a grid over two parameters, computed here or as they were recorded.

import { costAt } from "../core/engine.js";

/** @typedef {import("../core/state.js").State} State */
/** @typedef {import("./reach.js").Reach} Reach */

/**
 * @typedef {object} Ground
 * @property {[number, number]} pair
 * @property {Reach} reach
 * @property {Float64Array} xs
 * @property {Float64Array} ys
 * @property {Float64Array} costs entry `i * ys.length + j`; NaN where it is not finite
 * @property {number} floor
 * @property {number} high
 * @property {(a: number, b: number) => number} cost on the ground: the others held where they are lowest
 * @property {boolean} holes
 */

/** Points along each side of a grid that is computed here. */
const POINTS = 81;

/** @param {State} state @param {[number, number]} pair @param {Reach} reach @returns {Ground} */
export function liveGround(state, pair, reach) {
  const bowl = /** @type {import("../core/engine.js").Bowl} */ (state.bowl);
  const point = Float64Array.from(/** @type {Float64Array} */ (state.lowest));
  const bottom = [point[pair[0]], point[pair[1]]];
  const cost = (/** @type {number} */ a, /** @type {number} */ b) => {
    point[pair[0]] = a;
    point[pair[1]] = b;
    return costAt(bowl, point);
  };
  const xs = places(reach.x, bottom[0]), ys = places(reach.y, bottom[1]);
  const floor = state.floor ?? 0;
  return filled({ pair, reach, xs, ys, cost, floor }, (i, j) => cost(xs[i], ys[j]));
}

/**
 * Even places, one of them moved to the lowest point, so that the grid has it.
 * @param {[number, number]} span @param {number} lowest
 */
function places([low, high], lowest) {
  const found = Float64Array.from({ length: POINTS }, (_, k) => low + ((high - low) * k) / (POINTS - 1));
  const nearest = Math.round(((lowest - low) / (high - low)) * (POINTS - 1));
  if (nearest > 0 && nearest < POINTS - 1) found[nearest] = lowest;
  return found;
}

/** @param {State} state @returns {Ground | null} the slice that was recorded */
export function recordedGround(state) {
  const slice = state.data.slice;
  if (!slice || slice.coordinates.length !== 2 || !state.data.pair) return null;
  const [xs, ys] = slice.coordinates.map((/** @type {number[]} */ values) => Float64Array.from(values));
  /** @type {Reach} */
  const reach = { x: [xs[0], xs[xs.length - 1]], y: [ys[0], ys[ys.length - 1]] };
  const cost = (/** @type {number} */ a, /** @type {number} */ b) => between(ground, a, b);
  const ground = filled(
    { pair: state.data.pair, reach, xs, ys, cost, floor: state.data.lowest_cost ?? Infinity },
    (i, j) => slice.costs[i][j] ?? NaN,
  );
  return ground;
}

/**
 * @param {Omit<Ground, "costs" | "high" | "holes">} known @param {(i: number, j: number) => number} at
 * @returns {Ground}
 */
function filled(known, at) {
  const { xs, ys } = known, costs = new Float64Array(xs.length * ys.length);
  let { floor } = known, high = -Infinity, holes = false;
  for (let i = 0; i < xs.length; i++)
    for (let j = 0; j < ys.length; j++) {
      const cost = at(i, j), finite = Number.isFinite(cost);
      costs[i * ys.length + j] = finite ? cost : NaN;
      if (!finite) holes = true;
      else [floor, high] = [Math.min(floor, cost), Math.max(high, cost)];
    }
  return { ...known, costs, floor: Number.isFinite(floor) ? floor : 0, high: Math.max(high, floor), holes };
}

/** The cost between the points of a grid. @param {Ground} ground @param {number} a @param {number} b */
function between({ xs, ys, costs }, a, b) {
  const place = (/** @type {Float64Array} */ values, /** @type {number} */ value) => {
    const share = ((value - values[0]) / (values[values.length - 1] - values[0])) * (values.length - 1);
    const low = Math.max(0, Math.min(values.length - 2, Math.floor(share)));
    return { low, part: share - low };
  };
  const i = place(xs, a), j = place(ys, b);
  const side = (/** @type {number} */ k) =>
    costs[(i.low + k) * ys.length + j.low] * (1 - j.part) + costs[(i.low + k) * ys.length + j.low + 1] * j.part;
  return side(0) * (1 - i.part) + side(1) * i.part;
}
