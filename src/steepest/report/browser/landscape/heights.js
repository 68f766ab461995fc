// How high a cost is drawn: itself, its root or its logarithm above the floor; and round costs for height lines.

import { ticks } from "../core/axes.js";

/** @typedef {"linear" | "root" | "log"} Kind */

/** The logarithm is that of the cost above the floor, plus this share of its range: the floor itself has none. */
const OFFSET = 1e-3;
const NICE = [1, 2, 3, 5, 7];

export class Heights {
  /** @param {Kind} kind @param {number} floor @param {number} high the highest cost of the box */
  constructor(kind, floor, high) {
    this.kind = kind;
    this.floor = floor;
    this.high = high;
    this.range = high > floor ? high - floor : Math.abs(floor) || 1;
    /** A round number, because it is stated. */
    this.offset = Number((this.range * OFFSET).toPrecision(1));
    this.levels = this.round(0.075);
    this.marks = this.levels.map((cost) => this.of(cost));
  }

  /** The height, from 0 to 1, of a cost; more where it is above the box. @param {number} cost */
  of(cost) {
    const above = Math.max(0, cost - this.floor) / this.range;
    if (this.kind === "root") return Math.sqrt(above);
    if (this.kind === "linear") return above;
    const small = this.offset / this.range;
    return Math.log1p(above / small) / Math.log1p(1 / small);
  }

  /**
   * The height line nearest to each of so many heights from 0 to 1; NaN where there is none.
   * @param {number} count
   */
  nearest(count) {
    const { marks } = this, found = new Float64Array(count).fill(NaN);
    for (let k = 0, next = 0; k < count && marks.length; k++) {
      const height = (k + 0.5) / count;
      while (next + 1 < marks.length && marks[next + 1] - height < height - marks[next]) next++;
      found[k] = marks[next];
    }
    return found;
  }

  /** Round costs within the box, at least so far apart in height. @param {number} apart @returns {number[]} */
  round(apart) {
    const { floor, range } = this;
    if (this.kind === "linear") return ticks([floor, floor + range], 1 / apart).filter((cost) => cost > floor);
    // Round costs where the floor is near zero; else the round ones that are nearest to a round number above the floor.
    const base = floor >= 0 && floor < 0.1 * range ? 0 : floor, top = Math.floor(Math.log10(range)) + 1;
    const found = [];
    let last = 1 + apart / 2;
    for (let power = top; power > top - 7; power--)
      for (let k = NICE.length - 1; k >= 0; k--) {
        const size = 10 ** power, cost = Number((Math.round(base / size + NICE[k]) * size).toPrecision(12));
        const height = this.of(cost);
        if (cost <= floor || height > last - apart || height < apart / 2) continue;
        found.unshift(cost);
        last = height;
      }
    return found;
  }
}
