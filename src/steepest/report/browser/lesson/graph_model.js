// The cost of a linear model as a graph: what each node is made of, its value, and its gradient by the chain rule.

import { examplesAt, leverOf } from "./examples.js";
import { hue, pairOf, signsOf, textOf } from "./formulas.js";

/** @typedef {import("../core/state.js").State} State */

/**
 * A node; `column` counts from the data to the cost, `lane` across.
 * @typedef {object} GraphNode
 * @property {string} key @property {string} label @property {number} column @property {number} lane
 * @property {string} colour @property {string} lights
 * @property {boolean} data whether it is given, so that no gradient is asked for
 */

/**
 * @typedef {object} GraphEdge
 * @property {string} from @property {string} to
 * @property {string} slope what the local slope is, as a formula; empty where no gradient flows
 */

/**
 * @typedef {object} Graph
 * @property {GraphNode[]} nodes @property {GraphEdge[]} edges @property {number} columns @property {number} lanes
 * @property {number[]} shares the parameters that are shown @property {boolean} others whether there are more
 */

/**
 * Values and gradients by node, local slopes by edge.
 * @typedef {object} GraphValues
 * @property {Record<string, number>} forward
 * @property {Record<string, number>} backward
 * @property {Record<string, number>} local
 */

const COLUMNS = 6;

/** The nodes and edges: the pair's two parameters, and the others as one. @param {State} state @returns {Graph} */
export function graphOf(state) {
  const signs = signsOf(state), features = signs.length - Number(state.data.live.intercept);
  const pair = pairOf(state), others = signs.length > pair.length;
  /** @type {GraphNode[]} */
  const nodes = [];
  /** @type {GraphEdge[]} */
  const edges = [];
  let lane = 0;
  /** @type {(key: string, label: string, column: number, lane: number, more?: Partial<GraphNode>) => void} */
  const node = (key, label, column, at, more = {}) =>
    nodes.push({ key, label, column, lane: at, colour: "", lights: key, data: false, ...more });
  const letter = state.get("standardise") ? "z" : "x";
  for (const index of pair) {
    const text = textOf(signs[index]), own = { colour: hue(state, index), lights: `p${index} g${index}` };
    if (index < features) {
      const input = features > 1 ? textOf({ letter, below: String(index + 1) }) : letter;
      node(`x${index}`, input, 0, lane, { data: true, lights: "data" });
      node(`p${index}`, text, 0, lane + 1, own);
      node(`t${index}`, `${text} · ${input}`, 1, lane + 0.5, { lights: "" });
      edges.push(
        { from: `x${index}`, to: `t${index}`, slope: "" }, { from: `p${index}`, to: `t${index}`, slope: input },
        { from: `t${index}`, to: "estimate", slope: "1" },
      );
      lane += 2;
    } else {
      node(`p${index}`, text, 1, lane, own);
      edges.push({ from: `p${index}`, to: "estimate", slope: "1" });
      lane += 1;
    }
  }
  if (others) {
    node("others", "+ …", 1, Math.min(lane, 3), { lights: "" });
    edges.push({ from: "others", to: "estimate", slope: "1" });
    lane = Math.min(lane + 1, 4);
  }
  // Two products and the others share the breadth of four leaves: a phone has room for no more.
  const within = nodes.filter(({ column }) => column === 1);
  if (lane === 4) within.forEach((one, place) => (one.lane = within.length === 3 ? place * 1.5 : one.lane));
  const lanes = Math.max(lane, 3), middle = (lanes - 1) / 2;
  node("estimate", "ŷ", 2, middle - 0.5);
  node("target", "y", 2, middle + 0.5, { data: true, lights: "data" });
  node("residual", "ŷ − y", 3, middle);
  node("square", "(ŷ − y)²", 4, middle, { lights: "" });
  node("cost", "C", 5, middle);
  edges.push(
    { from: "estimate", to: "residual", slope: "1" }, { from: "target", to: "residual", slope: "" },
    { from: "residual", to: "square", slope: "2 (ŷ − y)" }, { from: "square", to: "cost", slope: "1 / n" },
  );
  return { nodes, edges, columns: COLUMNS, lanes, shares: pair, others };
}

/**
 * Forward and backward through the graph for one example; for all of them (null) the mean of the values forward and
 * the sum of the gradients backward, as `.grad` collects them.
 * @param {State} state @param {Graph} graph @param {number | null} row @returns {GraphValues | null}
 */
export function valuesOf(state, graph, row) {
  const { params, cost } = state.step, known = examplesAt(state, params);
  if (!known) return null;
  if (row !== null) return throughOne(state, graph, row, known, params, cost);
  /** @type {GraphValues} */
  const total = { forward: {}, backward: {}, local: {} };
  const count = known.targets.length;
  for (let example = 0; example < count; example++) {
    const one = throughOne(state, graph, example, known, params, cost);
    for (const key in one.forward) total.forward[key] = (total.forward[key] ?? 0) + one.forward[key] / count;
    for (const key in one.backward) total.backward[key] = (total.backward[key] ?? 0) + one.backward[key];
  }
  total.forward.cost = cost;
  for (const index of graph.shares) total.forward[`p${index}`] = params[index];
  total.backward.cost = 1;
  return total;
}

/**
 * @param {State} state @param {Graph} graph @param {number} row @param {import("./examples.js").Examples} known
 * @param {ArrayLike<number>} params @param {number} cost @returns {GraphValues}
 */
function throughOne(state, graph, row, known, params, cost) {
  const estimate = known.estimates[row], residual = known.residuals[row];
  /** @type {Record<string, number>} */
  const forward = { estimate, target: known.targets[row], residual, square: residual * residual, cost };
  /** @type {Record<string, number>} */
  const local = {
    "square cost": 1 / known.examples, "residual square": 2 * residual, "estimate residual": 1, "others estimate": 1,
  };
  // Backward: each node hands what arrived at it, times the local slope, to those it was made of.
  const square = local["square cost"], atResidual = square * local["residual square"];
  /** @type {Record<string, number>} */
  const backward = { cost: 1, square, residual: atResidual, estimate: atResidual };
  let rest = estimate;
  for (const index of graph.shares) {
    const lever = leverOf(known, row, index), key = `p${index}`;
    forward[key] = params[index];
    rest -= params[index] * lever;
    if (index < known.inputs[row].length) {
      forward[`x${index}`] = lever;
      forward[`t${index}`] = params[index] * lever;
      backward[`t${index}`] = atResidual;
      local[`${key} t${index}`] = lever;
      local[`t${index} estimate`] = 1;
    } else local[`${key} estimate`] = 1;
    backward[key] = atResidual * lever;
  }
  if (graph.others) [forward.others, backward.others] = [rest, atResidual];
  return { forward, backward, local };
}

/**
 * Each example's share of a slope; they add up to it.
 * @param {State} state @param {number} index @returns {number[]}
 */
export function sharesOf(state, index) {
  const known = examplesAt(state, state.step.params);
  return known?.residuals.map((residual, row) => (2 / known.examples) * residual * leverOf(known, row, index)) ?? [];
}

/**
 * From the cost back to the parameters: the order in which gradients flow.
 * @param {Graph} graph @returns {GraphEdge[]}
 */
export function wayBack(graph) {
  const column = (/** @type {string} */ key) => graph.nodes.find((node) => node.key === key)?.column ?? 0;
  return graph.edges.filter(({ slope }) => slope)
    .sort((a, b) => column(b.to) - column(a.to) || column(b.from) - column(a.from));
}
