// The examples one by one: estimates, residuals and each one's share, by the formulas and not by the engine's bowl.

import { costAt } from "../core/engine.js";

/** @typedef {import("../core/state.js").State} State */

/**
 * @typedef {object} Examples
 * @property {number[][]} inputs as the model is given them: standardised ones if standardised parameters are walked
 * @property {number[]} targets
 * @property {number[]} estimates
 * @property {number[]} residuals estimate − target
 * @property {number} examples how many there are in all
 * @property {boolean} whole whether all of them are here, and not a sample
 */

const LONGEST_SUM = 8;
/** Longer sums are written with their first and last terms only, as on the board of derivation/roads.py. */

/** @type {WeakMap<object, number[][]>} */
const standardised = new WeakMap();

/** The inputs of the model. @param {State} state @returns {number[][] | null} */
function inputsOf(state) {
  const { points } = state;
  if (!points || !state.get("standardise")) return points && points.inputs;
  const known = standardised.get(points);
  if (known) return known;
  const { mean, deviation, intercept } = state.scale;
  const rows = points.inputs.map((given) =>
    given.map((value, i) => (value - (intercept ? mean[i] : 0)) / (deviation[i] || 1)));
  standardised.set(points, rows);
  return rows;
}

/**
 * The forward pass at these parameters; null where the rows are not in the page.
 * @param {State} state @param {ArrayLike<number>} params @returns {Examples | null}
 */
export function examplesAt(state, params) {
  const inputs = state.live ? inputsOf(state) : null;
  if (!inputs || !state.points) return null;
  const { targets } = state.points, examples = state.data.live.examples;
  const estimates = inputs.map((given) => estimateOf(state, params, given));
  return {
    inputs, targets, estimates, examples, whole: targets.length === examples,
    residuals: estimates.map((estimate, row) => estimate - targets[row]),
  };
}

/** @param {State} state @param {ArrayLike<number>} params @param {number[]} given */
function estimateOf(state, params, given) {
  let estimate = state.data.live.intercept ? params[params.length - 1] : 0;
  for (let i = 0; i < given.length; i++) estimate += params[i] * given[i];
  return estimate;
}

/**
 * What the estimate of an example grows by, for one of a parameter: its input, or 1 for the intercept.
 * @param {Examples} known @param {number} row @param {number} index
 */
export function leverOf(known, row, index) {
  return index < known.inputs[row].length ? known.inputs[row][index] : 1;
}

/**
 * The penalty on large weights, and how heavy each parameter is in it.
 * @param {State} state @param {ArrayLike<number>} params
 */
export function penaltyAt(state, params) {
  const { ridge, standardised: within, deviation, intercept } = state.data.live;
  const features = params.length - Number(intercept);
  const weights = Array.from(params, (_, i) => {
    if (!ridge || i >= features) return 0;
    if (state.get("standardise") === within) return ridge;
    return ridge * (within ? deviation[i] || 1 : 1 / (deviation[i] || 1)) ** 2;
  });
  return { weights, cost: weights.reduce((total, weight, i) => total + weight * params[i] ** 2, 0) };
}

/** The cost, example by example. @param {State} state @param {ArrayLike<number>} params */
export function costByExamples(state, params) {
  const known = examplesAt(state, params);
  if (!known?.whole) return null;
  const squares = known.residuals.reduce((total, residual) => total + residual * residual, 0);
  return squares / known.examples + penaltyAt(state, params).cost;
}

/**
 * A slope by the derived formula, example by example.
 * @param {State} state @param {ArrayLike<number>} params @param {number} index
 */
export function slopeByExamples(state, params, index) {
  const known = examplesAt(state, params);
  if (!known?.whole) return null;
  const total = known.residuals.reduce((sum, residual, row) => sum + residual * leverOf(known, row, index), 0);
  return (2 / known.examples) * total + 2 * penaltyAt(state, params).weights[index] * params[index];
}

/**
 * A slope by two taps, one on either side.
 * @param {State} state @param {ArrayLike<number>} params @param {number} index
 */
export function slopeByTaps(state, params, index) {
  if (!state.bowl) return null;
  const reach = 2 ** -7 * Math.max(1, Math.abs(params[index]));
  const cost = (/** @type {number} */ by) => {
    const moved = Float64Array.from(params);
    moved[index] += by;
    return costByExamples(state, moved) ?? (state.bowl ? costAt(state.bowl, moved) : NaN);
  };
  return { slope: (cost(reach) - cost(-reach)) / (2 * reach), reach };
}

/** What PyTorch measured at the step that is shown, where this is still the recorded walk. @param {State} state */
export function recordedHere(state) {
  const [run] = state.data.runs, { start, rate, standardise, frozen, moved } = state.settings;
  if (!state.live || !run.params || moved.length || standardise !== state.data.live.standardised) return null;
  if (frozen.some(Boolean) || rate !== run.rate) return null;
  if (start.some((value, i) => value !== run.params[i][0])) return null;
  const index = run.epochs.indexOf(state.step.epoch + run.epochs[0]);
  if (index < 0) return null;
  return { cost: run.costs[index], gradient: run.gradients.map((/** @type {number[]} */ column) => column[index]) };
}

/** Which rows are written of a long sum: the first ones and the last. @param {number} rows */
export function rowsWritten(rows) {
  return rows <= LONGEST_SUM ? [...Array(rows).keys()] : [0, 1, 2, rows - 1];
}
