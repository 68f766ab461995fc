// Heights as decades: the logarithm of the cost itself, in which a log slice was refined and its error is stated.

import { ticks } from "../core/axes.js";
import { Heights } from "../landscape/heights.js";

/** Ladders of round costs, the finest first: leading digits, and of how many powers of ten one is taken. */
const LADDERS = /** @type {const} */ ([
  [[1, 2, 3, 4, 5, 6, 7, 8, 9], 1], [[1, 2, 5], 1], [[1, 3], 1], [[1], 1], [[1], 2], [[1], 3], [[1], 5], [[1], 10], [[1], 25],
]);

export class Decades extends Heights {
  /** @param {number} floor above 0 @param {number} high */
  constructor(floor, high) {
    super("log", floor, high > floor ? high : floor * 10);
  }

  /** @override @param {number} cost */
  of(cost) {
    return cost > 0 ? Math.max(0, Math.log(cost / this.floor) / Math.log(this.high / this.floor)) : NaN;
  }

  /** @override @param {number} apart @returns {number[]} */
  round(apart) {
    const { floor, high } = this, first = Math.floor(Math.log10(floor)), last = Math.ceil(Math.log10(high));
    if (high / floor < 3) return ticks([floor, high], 1 / apart).filter((cost) => cost > floor && cost < high);
    for (const [digits, every] of LADDERS) {
      const found = [];
      for (let power = Math.ceil(first / every) * every; power <= last; power += every)
        for (const digit of digits) {
          const cost = Number(`${digit}e${power}`);
          if (cost > floor && cost < high) found.push(cost);
        }
      const heights = found.map((cost) => this.of(cost));
      if (heights.every((height, k) => k === 0 || height - heights[k - 1] >= apart)) return found;
    }
    return [];
  }
}
