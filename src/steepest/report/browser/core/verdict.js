// The verdict on a walk down a bowl: against the limit 2 / sharpness, with the number that proves it.

import { epochsUntil, flatness, shares } from "./engine.js";

/** @typedef {import("./state.js").State} State */
/** @typedef {"diverging" | "climbing" | "settled" | "crawling" | "zigzag" | "descending" | "unclear"} Rule */

// The thresholds of steepest.diagnosis, which a test compares.
export const LIMIT = 2;
export const ZIGZAG = 1.3;
export const SLOW = 100;
export const NOTHING_LEFT = 1e-7;
export const NEAR = 1e-3;

/**
 * @param {State} state
 * @returns {{rule: Rule, bad: boolean, facts: Record<string, number>}}
 */
export function verdict(state) {
  const { walk, modes } = state, { rate } = walk, last = walk.count - 1;
  if (!modes) throw new TypeError("a verdict here needs a bowl");
  const sharpness = modes.values[0] ?? 0, ratio = rate * sharpness;
  const gradient = (/** @type {number} */ index) => walk.gradients.subarray(index * walk.size, (index + 1) * walk.size);
  const held = shares(modes, gradient(0)), height = sum(held);
  const facts = {
    rate, ratio, limit: 2 / sharpness, factor: Math.abs(1 - ratio), start: walk.costs[0], end: walk.costs[last],
    epochs: last, needed: epochsUntil(modes, held, rate, NEAR * height),
  };
  if (!(height > 0)) return { rule: "settled", bad: false, facts: { ...facts, left: 0 } };
  if (rate <= 0) return { rule: "climbing", bad: true, facts };
  if (ratio > LIMIT) return { rule: "diverging", bad: true, facts };
  if (last === 0) return { rule: "unclear", bad: false, facts };
  const now = shares(modes, gradient(last)), left = sum(now);
  const slowest = now.indexOf(Math.max(...now));
  const life = halfLife(Math.abs(1 - rate * modes.values[slowest]));
  const known = { ...facts, left, life, flat: modes.values[slowest] };
  const rest = left <= Math.max(NOTHING_LEFT * (walk.costs[0] - walk.costs[last]), 2.2e-16 * Math.abs(walk.costs[last]));
  if (rest || walk.outcome === "settled") return { rule: "settled", bad: false, facts: known };
  if (life > SLOW && !(rate * modes.values[slowest] > 1)) return { rule: "crawling", bad: true, facts: known };
  if (ratio > ZIGZAG && held[0] > NOTHING_LEFT * height) return { rule: "zigzag", bad: false, facts: known };
  return { rule: "descending", bad: false, facts: known };
}

/**
 * The zones of the learning rate for these data, each up to its end.
 * @param {import("./engine.js").Modes} modes
 * @returns {{name: "crawl" | "good" | "zigzag" | "cliff", end: number}[]}
 */
export function zones(modes) {
  const sharpness = modes.values[0], smallest = modes.values[modes.values.length - 1];
  const bends = smallest > flatness(modes) ? smallest : sharpness;
  // Below this rate the flattest mode takes more than 100 epochs to halve its distance.
  const slow = Math.min((1 - 0.5 ** (1 / SLOW)) / bends, ZIGZAG / sharpness);
  return [
    { name: "crawl", end: slow },
    { name: "good", end: ZIGZAG / sharpness },
    { name: "zigzag", end: LIMIT / sharpness },
    { name: "cliff", end: Infinity },
  ];
}

/** After how many epochs a distance that is multiplied by this factor has halved. @param {number} factor */
export function halfLife(factor) {
  return factor === 0 ? 0 : factor < 1 ? Math.log(0.5) / Math.log(factor) : Infinity;
}

/** @param {Iterable<number>} values */
function sum(values) {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
