// Where a number came from: the sum written out, and the independent roads that lead to the same number.

import { html, math } from "../core/elements.js";
import {
  examplesAt, leverOf, penaltyAt, costByExamples, recordedHere, rowsWritten, slopeByExamples, slopeByTaps,
} from "./examples.js";
import {
  brief, fence, fenced, fraction, indexed, name, number, operator, parameter, power, row, signsOf, slopeBy,
  termsInNumbers, textOf,
} from "./formulas.js";
import { full, shown, whole } from "../core/numbers.js";
import { word } from "../words/words.js";

/** @typedef {import("../core/state.js").State} State */
/** @typedef {import("../core/elements.js").Child} Child */
/**
 * @typedef {{kind: "parameter" | "estimate" | "cost" | "slope" | "change", index: number}} Topic what is asked about
 */

const TERMS = 6;
/** More terms of an estimate than these are not written out. */

/** @param {State} state @param {Topic} topic @returns {Node[]} */
export function whence(state, topic) {
  switch (topic.kind) {
    case "parameter": return ofParameter(state, topic.index);
    case "estimate": return ofEstimate(state, topic.index);
    case "cost": return ofCost(state);
    case "slope": return ofSlope(state, topic.index);
    case "change": return ofChange(state, topic.index);
  }
}

/** @param {State} state @param {number} index */
function ofParameter(state, index) {
  const sign = textOf(signsOf(state)[index]), known = { name: state.names[index], sign };
  return [html("p", {}, state.get("at") ? word("whence.parameter", known) : word("whence.start", known))];
}

/** @param {State} state @param {number} example */
function ofEstimate(state, example) {
  const { params } = state.step, known = examplesAt(state, params);
  if (!known) return [];
  const features = known.inputs[0].length, signs = signsOf(state);
  /** @type {Child[]} */
  const parts = [];
  for (let i = 0; i < params.length; i++) {
    if (params.length > TERMS && i >= TERMS - 2 && i < params.length - 1) {
      if (i === TERMS - 2) parts.push(operator("+"), operator("⋯"));
      continue;
    }
    if (i) parts.push(operator("+"));
    const value = number(i ? fenced(params[i]) : brief(params[i]), { title: textOf(signs[i]) });
    value.setAttribute("class", parameter(state, i, signs).getAttribute("class") ?? "");
    parts.push(i < features ? row(value, operator("·"), number(fenced(known.inputs[example][i]))) : value);
  }
  return [
    html("p", {}, math("math", {}, indexed("ŷ", [String(example)]), operator("="), parts, operator("="),
      number(brief(known.estimates[example])))),
    html("p", { class: "note" }, word("whence.estimate", {
      row: example, target: shown(known.targets[example]), residual: shown(known.residuals[example]),
    })),
  ];
}

/** @param {State} state */
function ofCost(state) {
  const { params, cost } = state.step, known = examplesAt(state, params);
  /** @type {Node[]} */
  const lines = [];
  if (known) {
    const rows = rowsWritten(known.residuals.length), last = rows.length - 1;
    const gap = rows.length < known.examples;
    const terms = rows.map((example, place) => [
      place ? operator("+") : null, gap && place && place === last ? [operator("⋯"), operator("+")] : null,
      power(fence(number(brief(known.estimates[example])), operator("−"), number(fenced(known.targets[example]))), "2"),
    ]);
    lines.push(html("p", { class: "scroll" }, math("math", {}, name("C"), operator("="),
      fraction(number("1"), number(whole(known.examples))), fence(terms.flat(2)), ...withPenalty(state, "C"),
      operator("="), number(brief(cost)))));
  }
  return [...lines, roads([
    ["whence.road.engine", cost],
    ["whence.road.examples", costByExamples(state, params)],
    ["whence.road.torch", recordedHere(state)?.cost],
  ])];
}

/** @param {State} state @param {"C" | number} of the cost, or a slope @returns {Element[]} */
function withPenalty(state, of) {
  const { params } = state.step, penalty = penaltyAt(state, params);
  if (!state.data.live.ridge) return [];
  const value = of === "C" ? penalty.cost : 2 * penalty.weights[of] * params[of];
  return [operator("+"), number(fenced(value), { title: word("whence.penalty") })];
}

/** @param {State} state @param {number} index */
function ofSlope(state, index) {
  const { params, gradient } = state.step, known = examplesAt(state, params);
  /** @type {Node[]} */
  const lines = [];
  if (known) {
    const rows = rowsWritten(known.residuals.length);
    const terms = termsInNumbers(rows, rows.length < known.examples, index < known.inputs[0].length);
    terms.update(rows.map((example) => ({
      estimate: known.estimates[example], target: known.targets[example], input: leverOf(known, example, index),
    })));
    lines.push(html("p", { class: "scroll" }, math("math", {}, slopeBy(state, index), operator("="),
      fraction(number("2"), number(whole(known.examples))), terms.element, ...withPenalty(state, index), operator("="),
      number(brief(gradient[index])))));
  }
  const taps = slopeByTaps(state, params, index);
  lines.push(roads([
    ["whence.road.engine", gradient[index]],
    ["whence.road.derived", slopeByExamples(state, params, index)],
    ["whence.road.taps", taps?.slope],
    ["whence.road.autograd", recordedHere(state)?.gradient[index]],
  ]));
  if (taps) lines.push(html("p", { class: "note" }, word("whence.taps", { reach: shown(taps.reach, 2) })));
  return lines;
}

/** @param {State} state @param {number} index */
function ofChange(state, index) {
  const { params, gradient } = state.step, { rate } = state.walk;
  const before = params[index], after = before - rate * gradient[index], symbol = parameter(state, index);
  if (state.get("frozen")[index]) return [html("p", {}, word("whence.held"))];
  return [
    html("p", {}, math("math", {}, symbol, operator("="), number(brief(before)), operator("−"), number(brief(rate)),
      operator("·"), number(fenced(gradient[index])), operator("="), number(brief(before)), operator("−"),
      number(fenced(rate * gradient[index])), operator("="), number(brief(after)))),
    html("p", { class: "note" }, word("whence.change", { full: full(after) })),
  ];
}

/**
 * The same number by several roads, and by how much each differs from the first.
 * @param {[string, number | null | undefined][]} given
 */
function roads(given) {
  const known = given.filter(([, value]) => value !== null && value !== undefined);
  const [[, first]] = known;
  return html("table", { class: "numbers roads" },
    html("thead", {}, html("tr", {}, ["whence.road", "whence.value", "whence.difference"].map((key) =>
      html("th", { scope: "col" }, word(key))))),
    html("tbody", {}, known.map(([road, value], place) => html("tr", {},
      html("th", { scope: "row" }, word(road)),
      html("td", { title: full(value) }, shown(value, 12)),
      html("td", {}, place && known.length > 1 ? shown(Number(value) - Number(first), 2) : "")))));
}
