// How many epochs a descent needs, worked out from the curvature of the bowl without walking.

import { bowlOf, costAt, epochsUntil, exchanged, flatness, lowest, modes, shares, standardised } from "../core/engine.js";

/** @typedef {import("../core/state.js").State} State */
/** @typedef {import("../core/engine.js").Bowl} Bowl */
/** @typedef {import("../core/engine.js").Modes} Modes */

export const THOUSANDTH = 1e-3;

/**
 * What there is to fall: the height above the minimum, and the part of it that each mode holds.
 * @typedef {{modes: Modes, held: Float64Array, height: number, floor: number}} Fall
 */

/**
 * @param {Bowl} bowl @param {ArrayLike<number>} start @param {ArrayLike<boolean>} [frozen] @param {Modes} [known]
 * @returns {Fall}
 */
export function fallFrom(bowl, start, frozen, known = modes(bowl, frozen)) {
  const gradient = new Float64Array(bowl.size), flat = flatness(known);
  costAt(bowl, start, gradient);
  // Along a flat direction nothing falls; what is left of a gradient there is rounding.
  const held = shares(known, gradient).map((share, k) => (known.values[k] > flat ? share : 0));
  return {
    modes: known, held, height: held.reduce((sum, share) => sum + share, 0),
    floor: costAt(bowl, lowest(bowl, start, frozen, known)),
  };
}

/** The first epoch less than `above` over the minimum. @param {Fall} fall @param {number} rate @param {number} above */
export function needed(fall, rate, above) {
  return rate > 0 ? epochsUntil(fall.modes, fall.held, rate, above) : fall.height < above ? 0 : Infinity;
}

/**
 * The rate that needs the fewest epochs, of three significant digits; found among those given, then between neighbours.
 * @param {Fall} fall @param {number[]} rates rising @param {number} above
 */
export function bestRate(fall, rates, above) {
  const epochs = rates.map((rate) => needed(fall, rate, above)), best = epochs.indexOf(Math.min(...epochs));
  const low = rates[Math.max(0, best - 1)], high = rates[Math.min(rates.length - 1, best + 1)];
  let found = { rate: rates[best], epochs: epochs[best] };
  for (let k = 0; k <= 80; k++) {
    const rate = Number((low + ((high - low) * k) / 80).toPrecision(3)), needs = needed(fall, rate, above);
    if (needs < found.epochs || (needs === found.epochs && k === 0)) found = { rate, epochs: needs };
  }
  return { rate: Number(found.rate.toPrecision(3)), epochs: needed(fall, Number(found.rate.toPrecision(3)), above) };
}

/** The bowl of the data with what was dragged, standardised or not. @param {State} state @param {boolean} standard */
export function bowlFor(state, standard) {
  if (state.bowl && standard === state.get("standardise")) return state.bowl;
  return bowlOfData(state, standard, state.get("moved"));
}

/** @param {State} state @param {boolean} standard @param {{row: number, input: number, target: number}[]} moved */
export function bowlOfData(state, standard, moved) {
  const { live, points } = state.data;
  let bowl = bowlOf(live.factor, live.lowest, live.floor);
  for (const { row, input, target } of moved) {
    const old = { inputs: points.inputs[row], target: points.targets[row] };
    bowl = exchanged(bowl, live.examples, old, { inputs: [input], target }, live.intercept);
  }
  return standard ? standardised(bowl, state.scale) : bowl;
}
