// Every number by two roads: what is compared with what, and how far apart they are.

import { costAt, modes } from "../core/engine.js";

/** @typedef {import("../core/state.js").State} State */

/**
 * @typedef {object} Check
 * @property {string} what its key among the words
 * @property {number} one by this road
 * @property {number} other by that one
 * @property {number} apart relative to what is compared
 * @property {number} allowed beyond rounding, or the shortness of a step
 * @property {Record<string, string | number>} [names] for the words
 * @property {string} [lights] the quantity that it is about
 */

/** Float64 rounds at 1e-16; a thousand epochs, or a sum over a thousand points, gather no more than this. */
const ROUNDING = 1e-11;
/** What a recorded run of this kind of float gathers: a thousand last digits. @param {number} eps */
const gathered = (eps) => Math.max(ROUNDING, 1000 * eps);
/** Central differences of a bowl have no error but rounding, divided by the step. */
const TAPPING = 1e-7;

/** @param {number} one @param {number} other @param {number} [scale] */
const apart = (one, other, scale = Math.max(Math.abs(one), Math.abs(other))) =>
  one === other ? 0 : Math.abs(one - other) / (scale || 1);

/**
 * The page's own walk against the one that PyTorch recorded, where they set out alike.
 * @param {State} state @returns {Check[]}
 */
export function againstRecorded(state) {
  const { recorded, walk, settings } = state, { size } = recorded;
  const begun = [...recorded.params.subarray(0, size)].every((value, i) => value === settings.start[i]);
  const alike = begun && settings.rate === recorded.rate && settings.run === 0 && !settings.moved.length
    && !settings.frozen.includes(true) && settings.standardise === Boolean(state.data.live.standardised);
  if (!alike) return [];
  const { kind, eps } = state.runs[0];
  /** @type {Check} */
  const cost = { what: "check.walk_cost", one: NaN, other: NaN, apart: -1, allowed: gathered(eps) };
  const place = { ...cost, what: "check.walk_params" };
  const lowest = Math.abs(state.floor ?? 0);
  let epochs = 0;
  for (let index = 0; index < recorded.count; index++) {
    const at = recorded.epochs[index] - recorded.epochs[0];
    if (at >= walk.count || !Number.isFinite(recorded.costs[index])) continue;
    epochs++;
    note(cost, walk.costs[at], recorded.costs[index], Math.max(recorded.costs[index], lowest));
    for (let i = 0; i < size; i++)
      note(place, walk.params[at * size + i], recorded.params[index * size + i]);
  }
  return [cost, place].map((check) => ({ ...check, names: { epochs, kind } }));
}

/**
 * Keep the pair that is farthest apart.
 * @param {Check} check @param {number} one @param {number} other @param {number} [scale]
 */
function note(check, one, other, scale) {
  const far = apart(one, other, scale);
  if (far > check.apart) Object.assign(check, { one, other, apart: far });
}

/**
 * @param {string} what @param {number} one @param {number} other @param {number} [scale]
 * @returns {Check}
 */
function compared(what, one, other, scale) {
  return { what, one, other, apart: apart(one, other, scale), allowed: ROUNDING };
}

/** What is shown at this step, by other roads. @param {State} state @returns {Check[]} */
export function ofTheStep(state) {
  const { bowl, step } = state;
  if (!bowl || !Number.isFinite(step.cost)) return [];
  const long = Math.hypot(...step.gradient), checks = [];
  const points = overPoints(state, step.params);
  if (points) checks.push({ ...compared("check.cost", step.cost, points.cost), lights: "cost" });
  for (const index of new Set(state.get("pair"))) {
    const one = step.gradient[index], reach = 1e-3 * Math.max(1, Math.abs(step.params[index]));
    const names = { name: state.names[index] }, lights = `g${index}`;
    const at = (/** @type {number} */ by) =>
      costAt(bowl, step.params.map((value, i) => (i === index ? value + by : value)));
    // Where a slope is nearly zero, the costs on both sides are nearly equal, and rounding is all that is left of them.
    const scale = Math.max(long, (1e-8 * step.cost) / reach);
    const tapped = compared("check.tapped", one, (at(reach) - at(-reach)) / (2 * reach), scale);
    checks.push({ ...tapped, allowed: TAPPING, names, lights });
    if (points) {
      // At the minimum a slope is a difference of large terms, and only they can tell what is small.
      const whole = Math.max(long, points.terms[index]);
      checks.push({ ...compared("check.mean", one, points.gradient[index], whole), names, lights });
    }
  }
  return checks;
}

/** The shape of the bowl: its lowest point and its sharpness. @param {State} state @returns {Check[]} */
export function ofTheBowl(state) {
  const { bowl, floor, lowest, modes: known } = state, checks = [];
  if (!bowl || !known?.values.length || floor === null || !lowest) return [];
  const points = overPoints(state, lowest);
  if (points) checks.push(compared("check.floor", floor, points.cost, Math.max(floor, 1e-12 * points.targets)));
  const [value] = known.values, along = known.directions[0], frozen = state.get("frozen");
  const bent = Array.from(along, (_, i) => {
    let sum = 0;
    if (!frozen[i]) for (let j = 0; j < bowl.size; j++) sum += 2 * bowl.matrix[i * bowl.size + j] * along[j];
    return sum;
  });
  const residual = Math.hypot(...bent.map((part, i) => part - value * along[i]));
  checks.push({ ...compared("check.residual", value, Math.hypot(...bent)), apart: residual / value });
  const recorded = state.data.curvature?.sharpness, units = state.data.live.standardised;
  if (recorded && !state.get("moved").length && state.get("standardise") === units) {
    checks.push(compared("check.sharpness", modes(bowl).values[0], recorded));
  }
  return checks;
}

/**
 * Cost and gradient summed over the points themselves, if every one is here.
 * @param {State} state @param {ArrayLike<number>} params
 */
function overPoints(state, params) {
  const { points } = state, { ridge, intercept } = state.data.live, { mean, deviation } = state.scale;
  if (!points || state.data.points.examples !== points.targets.length || ridge) return null;
  const size = params.length, rows = points.targets.length, features = size - (intercept ? 1 : 0);
  const gradient = new Float64Array(size), terms = new Float64Array(size), z = new Float64Array(size).fill(1);
  const units = state.get("standardise");
  let cost = 0, targets = 0;
  for (let row = 0; row < rows; row++) {
    let residual = -points.targets[row];
    for (let i = 0; i < size; i++) {
      if (i < features) z[i] = units ? (points.inputs[row][i] - mean[i]) / (deviation[i] || 1) : points.inputs[row][i];
      residual += z[i] * params[i];
    }
    cost += (residual * residual) / rows;
    targets += points.targets[row] ** 2 / rows;
    for (let i = 0; i < size; i++) {
      gradient[i] += (2 * residual * z[i]) / rows;
      terms[i] += Math.abs(2 * residual * z[i]) / rows;
    }
  }
  return { cost, gradient, terms, targets };
}

/** What a recorded run lets be checked without its cost. @param {State} state @returns {Check[]} */
export function ofTheRecord(state) {
  const { walk, runs } = state, { size, count, epochs } = walk, lengths = runs[state.get("run")].gradient_lengths;
  if (!size) return [];
  /** @type {Check} */
  const adjusted = {
    what: "check.adjusted", one: NaN, other: NaN, apart: -1, allowed: gathered(runs[state.get("run")].eps),
  };
  const long = { ...adjusted, what: "check.length" }, fall = { ...adjusted, what: "check.fall", allowed: Infinity };
  let steps = 0, shortest = Infinity;
  for (let k = 0; k < count; k++) {
    const slope = walk.gradients.subarray(k * size, (k + 1) * size), length = Math.hypot(...slope);
    if (!Number.isFinite(length) || !Number.isFinite(walk.costs[k])) continue;
    if (Number.isFinite(lengths?.[k])) note(long, length, lengths[k]);
    if (k + 1 >= count || epochs[k + 1] !== epochs[k] + 1 || !Number.isFinite(walk.costs[k + 1])) continue;
    steps++;
    let predicted = 0;
    for (let i = 0; i < size; i++) {
      const from = walk.params[k * size + i], to = walk.params[(k + 1) * size + i];
      const next = walk.gradients[(k + 1) * size + i];
      note(adjusted, from - walk.rate * slope[i], to, Math.max(Math.abs(from), Math.abs(to)));
      predicted += ((slope[i] + next) / 2) * (to - from);
    }
    // The shorter the step, the truer; but not so short that the fall is lost in rounding.
    const fell = walk.costs[k + 1] - walk.costs[k], size_ = Math.abs(fell) / Math.abs(walk.costs[k]);
    if (size_ > 1e-9 && size_ < shortest) {
      shortest = size_;
      Object.assign(fall, { one: predicted, other: fell, apart: apart(predicted, fell), allowed: 0.01 });
    }
  }
  return [adjusted, long, fall].filter(({ apart }) => apart >= 0).map((check) => ({ ...check, names: { steps } }));
}
