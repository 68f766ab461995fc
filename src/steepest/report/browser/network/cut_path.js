// A run beside a plane: each step at the cost that it had, and a stem from there to the plane's own cost below.

import { within } from "../landscape/reach.js";
import { trail } from "../landscape/trail.js";

/** @typedef {import("../landscape/ground.js").Ground} Ground */
/** @typedef {import("../landscape/heights.js").Heights} Heights */
/** @typedef {import("../landscape/trail.js").Bead} Bead */
/** @typedef {{step: number, a: number, b: number, cost: number, drawn: number}} Stem */

/** Stems stand so far apart at least, in half widths of the box. */
const APART = 0.11;
const PIECES = 6;

/** Steps that have a place on the plane, and a cost that the box has room for. */
export class CutPath {
  /**
   * @param {import("./cut_data.js").Laid} laid @param {ArrayLike<number>} costs of the run, at each step
   * @param {Ground} ground @param {Heights} box
   */
  constructor({ coordinates }, costs, ground, box) {
    this.box = box;
    const top = box.floor + box.range;
    /** @type {Stem[]} */ this.steps = [];
    /** How many steps are over the plane, and higher or lower than the box. */
    this.beyond = 0;
    /** @type {Bead[]} */ this.beads = [];
    let first = 0;
    for (let step = 0; step <= coordinates.length; step++) {
      const [x, y] = coordinates[step] ?? [null, null], cost = costs[step];
      const a = x ?? NaN, b = y ?? NaN, fits = cost >= box.floor && cost <= top, over = within(ground.reach, a, b);
      if (over && fits) this.steps.push({ step, a, b, cost, drawn: ground.cost(a, b) });
      else if (over) this.beyond++;
      if (Number.isFinite(a + b) && fits) continue;
      if (step > first) this.beads.push(...beadsOf(coordinates.slice(first, step), costs, first, ground));
      first = step + 1;
    }
    this.stems = apart(this.steps, ground, box);
  }

  /** Stems as beads, from the run's cost to the plane's. @param {Stem[]} stems @returns {Bead[]} */
  hang(stems) {
    const log = this.box.kind === "log";
    return stems.flatMap(({ step, a, b, cost, drawn }) => Array.from({ length: PIECES + 1 }, (_, k) => {
      const part = k / PIECES, between = log ? cost * (drawn / cost) ** part : cost + part * (drawn - cost);
      return { a, b, cost: k === PIECES ? drawn : between, index: step, gap: k === 0, step: false };
    }));
  }
}

/**
 * @param {(number | null)[][]} places @param {ArrayLike<number>} costs @param {number} first @param {Ground} ground
 * @returns {Bead[]}
 */
function beadsOf(places, costs, first, ground) {
  const walk = {
    size: 2, count: places.length, params: Float64Array.from(places.flat(), Number), epochs: [], rate: NaN,
    outcome: /** @type {const} */ ("settled"), costs: Float64Array.from(places, (_, k) => costs[first + k]), gradients: new Float64Array(),
  };
  // Nearly still over the plane, a run may still fall a long way: no step is left out.
  return trail(walk, ground, () => null, 0).beads.map((bead) => ({ ...bead, index: bead.index + first }));
}

/**
 * Steps whose stems can be told apart, the first and the last among them.
 * @param {Stem[]} steps @param {Ground} ground @param {Heights} box
 */
function apart(steps, { reach }, box) {
  /** @type {Stem[]} */
  const found = [];
  const wide = (reach.x[1] - reach.x[0]) / 2, deep = (reach.y[1] - reach.y[0]) / 2;
  const far = (/** @type {Stem} */ one, /** @type {Stem} */ two) =>
    Math.hypot((one.a - two.a) / wide, (one.b - two.b) / deep) >= APART ||
    Math.abs(box.of(one.cost) - box.of(two.cost)) >= APART;
  steps.filter(({ drawn }) => Number.isFinite(drawn)).forEach((step, k, all) => {
    if (k === all.length - 1 && found.length > 1 && !far(step, found[found.length - 1])) found.pop();
    if (k === 0 || k === all.length - 1 || far(step, found[found.length - 1])) found.push(step);
  });
  return found;
}
