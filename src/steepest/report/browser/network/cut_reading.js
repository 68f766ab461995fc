// What is under a hand: a step of the run, a point of the grid, a measured place beside it, or a place between them.

import { shown, whole } from "../core/numbers.js";
import { word } from "../words/words.js";
import { between, indexOf, nearestOn } from "./cut_data.js";

/** @typedef {import("./cut_data.js").Cut} Cut */
/** @typedef {(place: number[], cost: number) => number} Off so many pixels */

/**
 * @typedef {object} Reading
 * @property {number[]} place its coordinates
 * @property {number[]} [point] how many entries along each axis, of a point of the grid
 * @property {number} [node] which of the measured places, beside the grid
 * @property {number} [step] of the run that is laid on the slice
 */

/** So near, in pixels, a hand is at a point; a step is asked for more often than what is around it. */
const NEAR = 6, NEAR_STEP = 8;

/**
 * @param {Cut} cut @param {number[] | null} place under the hand
 * @param {{off: Off, beside: Off, run: import("./cut_data.js").Laid | null, costs: ArrayLike<number>}} seen
 *   how far the hand is off a step at its cost, and beside a point of the picture
 * @param {Float64Array} values of what is drawn
 * @returns {Reading | null}
 */
export function readingAt(cut, place, { off, beside, run, costs }, values) {
  const { axes, places, measured } = cut;
  /** @type {(count: number, far: (k: number) => number, most: number) => number} */
  const nearest = (count, far, most) => {
    let best = -1, least = most;
    for (let k = 0; k < count; k++) {
      const now = far(k);
      if (now <= least) [best, least] = [k, now];
    }
    return best;
  };
  if (run) {
    const step = nearest(run.coordinates.length, (k) => {
      const at = run.coordinates[k];
      return at.some((value) => value === null) ? NaN : off(/** @type {number[]} */ (at), costs[k]);
    }, NEAR_STEP);
    if (step >= 0) return { place: /** @type {number[]} */ (run.coordinates[step]), step };
  }
  if (!place) return null;
  const point = axes.map((axis, side) => nearestOn(axis, place[side])), at = axes.map((axis, side) => axis[point[side]]);
  if (beside(at, values[indexOf(axes, point)]) <= NEAR) return { place: at, point };
  if (places && measured) {
    const size = axes.length, placeOf = (/** @type {number} */ k) => [...places.subarray(k * size, (k + 1) * size)];
    const node = nearest(measured.length, (k) => beside(placeOf(k), between(axes, values, placeOf(k))), NEAR);
    if (node >= 0) return { place: placeOf(node), node };
  }
  return { place };
}

/** The value of a grid where a reading is. @param {Cut} cut @param {Float64Array} values @param {Reading} reading */
export function valueAt({ axes }, values, { place, point }) {
  return point ? values[indexOf(axes, point)] : between(axes, values, place);
}

/**
 * @typedef {object} Ran a run as it was recorded
 * @property {import("./cut_data.js").Laid | null} laid
 * @property {ArrayLike<number>} epochs
 * @property {ArrayLike<number>} costs
 */

/**
 * In words: where it is, all that was measured there, and how it is known.
 * @param {Cut} cut @param {Reading} reading @param {Ran} run
 */
export function readOut(cut, reading, run) {
  const { names, grids: [{ values }, ...others], intervals, known, measured } = cut;
  const { place, point, node, step } = reading;
  const where = place.map((at, side) => `${names[side]} = ${shown(at)}`).join(", ");
  const beside = others.map(({ name, values: grid }) => `${name} ${shown(valueAt(cut, grid, reading), 6)}`).join(", ");
  const drawn = beside && word("cuts.drawn_there", { values: beside });
  if (step !== undefined) return `${stepOut(cut, step, run)} ${where}${drawn && `; ${drawn}`}.`;
  const index = point ? indexOf(cut.axes, point) : -1;
  const sure = node !== undefined || (point && (!known || known.has(index)));
  const how = word(sure ? "cuts.measured" : known ? "cuts.interpolated" : "cuts.straight");
  const half = intervals && point ? ` ± ${shown(intervals[index], 2)}` : "";
  // Beside the grid only the cost is the measured one; whatever else was measured there is known between its points.
  const cost = node !== undefined && measured ? measured[node] : valueAt(cut, values, reading);
  const what = `${where}: ${word("cuts.cost")} ${shown(cost, 6)}${half}`;
  return node !== undefined ? `${what} (${how})${drawn && `; ${drawn}`}` : `${what}${beside && `, ${beside}`} (${how})`;
}

/** A step, its own cost, and the plane's under it. @param {Cut} cut @param {number} step @param {Ran} run */
export function stepOut(cut, step, { laid, epochs, costs }) {
  const place = (laid?.coordinates[step] ?? []).map((value) => value ?? NaN);
  const drawn = between(cut.axes, cut.grids[0].values, place);
  return word(Number.isFinite(drawn) ? "cuts.step" : "cuts.step_out", {
    epoch: whole(epochs[step]), cost: shown(costs[step]), drawn: shown(drawn), far: shown(laid?.distances[step], 3),
  });
}
