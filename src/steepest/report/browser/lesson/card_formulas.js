// The formula of each phase, in the run's own symbols, and the line of PyTorch that does it.

import {
  fence, fraction, indexed, name, number, operator, pairOf, parameter, power, row, signsOf, slopeBy, sum,
} from "./formulas.js";

/** @typedef {import("../core/state.js").State} State */

const MANY = 4;
/** A model with more parameters is written with its first and last term. */

/** @type {((state: State) => string)[]} by phase */
export const CODE = [
  (state) => !state.live ? "estimate = model(inputs)"
    : state.names.length - Number(state.data.live.intercept) > 1
      ? `estimate = x @ w${state.data.live.intercept ? " + b" : ""}`
      : `estimate = ${state.data.live.intercept ? "m * x + b" : "m * x"}`,
  (state) => state.live ? "cost = ((estimate - y) ** 2).mean()" : "cost = loss(estimate, targets)",
  () => "cost.backward()",
  () => "optimizer.step()",
];

/** @param {State} state @param {1 | 2 | 3 | 4} phase @returns {Node[]} */
export function formulaOf(state, phase) {
  if (phase === 1) return state.live ? estimate(state) : [list(state), operator("↦"), name("C"), fence(list(state))];
  if (phase === 2) return state.live ? cost(state) : [name("C"), operator("="), name("C"), fence(list(state))];
  if (phase === 3) return state.live ? slope(state) : [operator("∇"), name("C"), fence(list(state))];
  return adjustment(state);
}

/** @param {State} state */
function estimate(state) {
  const { intercept } = state.data.live, signs = signsOf(state), features = signs.length - Number(intercept);
  const shownTerms = signs.length <= MANY ? [...signs.keys()] : [0, 1, signs.length - 1];
  const terms = shownTerms.map((i, place) => {
    const symbol = parameter(state, i, signs);
    const term = i < features ? row(symbol, input(state, i, features)) : symbol;
    const gap = place && i - shownTerms[place - 1] > 1;
    return [place ? operator("+") : null, gap ? [operator("⋯"), operator("+")] : null, term];
  });
  return [indexed("ŷ", ["i"], { "data-lights": "estimate" }), operator("="), row(terms.flat(2))];
}

/** @param {State} state @param {number} i @param {number} features */
function input(state, i, features) {
  // Standardised inputs have a letter of their own, as they are other numbers.
  return indexed(state.get("standardise") ? "z" : "x", ["i", features > 1 ? String(i + 1) : ""]);
}

/** @param {State} state */
function cost(state) {
  const mean = [fraction(number("1"), name("n")), sum(), power(residual(), "2")];
  const size = power(row(operator("|"), name("w"), operator("|")), "2");
  return [
    name("C", { "data-lights": "cost" }), operator("="), ...mean,
    ...(state.data.live.ridge ? [operator("+"), name("r"), size] : []),
  ];
}

function residual() {
  return fence(indexed("ŷ", ["i"], { "data-lights": "estimate" }), operator("−"), indexed("y", ["i"]));
}

/** The slope by the first of the pair. @param {State} state */
function slope(state) {
  const [first] = state.get("pair"), features = state.names.length - Number(state.data.live.intercept);
  const penalty = [operator("+"), number("2"), name("r"), parameter(state, first)];
  return [
    slopeBy(state, first), operator("="), fraction(number("2"), name("n")), sum(), residual(),
    first < features ? input(state, first, features) : row(),
    ...(state.data.live.ridge && first < features ? penalty : []),
  ];
}

/** @param {State} state */
function adjustment(state) {
  const rate = name("α", { "data-lights": "rate", class: "next" });
  if (!state.names.length) return [name("θ"), operator("←"), name("θ"), operator("−"), rate, operator("∇"), name("C")];
  const [first] = state.get("pair");
  return [
    parameter(state, first), operator("←"), parameter(state, first), operator("−"), rate, slopeBy(state, first),
  ];
}

/** @param {State} state */
function list(state) {
  const signs = signsOf(state);
  if (!signs.length) return name("θ");
  const kept = signs.length <= MANY ? [...signs.keys()] : pairOf(state);
  const shownSigns = kept.flatMap((i, place) => [place ? operator(",") : null, parameter(state, i, signs)]);
  return row(shownSigns, kept.length < signs.length ? [operator(","), operator("…")] : null);
}

