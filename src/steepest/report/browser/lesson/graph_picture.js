// The graph as a picture: boxes with the value above and the gradient below, edges with their local slope.

import { say, set, svg } from "../core/elements.js";
import { brief } from "./formulas.js";
import { full, shown } from "../core/numbers.js";

/** @typedef {import("./graph_model.js").Graph} Graph */
/** @typedef {import("./graph_model.js").GraphEdge} GraphEdge */
/** @typedef {import("./graph_model.js").GraphValues} GraphValues */

const NARROW = 720;
const HEIGHT = 68;
const GLYPH = 7.2;
/** About as wide is a digit, in pixels. */

/**
 * @param {Graph} graph @param {number} width in pixels
 * @param {(edge: GraphEdge) => void} ask called when an edge's slope is chosen
 * @returns {{
 *   element: SVGElement,
 *   update: (values: GraphValues, reached: Set<string> | null) => void,
 *   choose: (edge: GraphEdge | null) => void,
 * }}
 */
export function pictureOf(graph, width, ask) {
  const across = width >= NARROW, { columns, lanes } = graph;
  const box = across ? Math.min(124, (width / columns) * 0.58) : Math.min(104, width / lanes - 4);
  const pitch = across ? (width - box - 2) / (columns - 1) : HEIGHT + 48;
  const lanePitch = across ? HEIGHT + 18 : (width - box - 2) / (lanes - 1);
  const height = across ? (lanes - 1) * lanePitch + HEIGHT + 8 : (columns - 1) * pitch + HEIGHT + 8;
  /** @param {{column: number, lane: number}} node middle of its box */
  const middle = ({ column, lane }) => across
    ? { x: box / 2 + 1 + column * pitch, y: 4 + HEIGHT / 2 + lane * lanePitch }
    : { x: box / 2 + 1 + lane * lanePitch, y: 4 + HEIGHT / 2 + column * pitch };
  /** A number in its box, drawn closer where it is too long. @param {SVGElement} element @param {string} words */
  const fitted = (element, words) => {
    if (element.textContent === words) return;
    say(element, words);
    const long = words.length * GLYPH > box - 6;
    set(element, { textLength: long ? box - 8 : null, lengthAdjust: long ? "spacingAndGlyphs" : null });
  };
  const by = new Map(graph.nodes.map((node) => [node.key, node]));

  const edges = graph.edges.map((edge) => {
    const [from, to] = [by.get(edge.from), by.get(edge.to)].map((node) => middle(node ?? { column: 0, lane: 0 }));
    const start = across ? { x: from.x + box / 2, y: from.y } : { x: from.x, y: from.y + HEIGHT / 2 };
    const end = across ? { x: to.x - box / 2, y: to.y } : { x: to.x, y: to.y - HEIGHT / 2 };
    const kind = edge.slope ? "edge" : "edge given";
    const line = svg("line", { x1: start.x, y1: start.y, x2: end.x, y2: end.y, class: kind });
    if (!edge.slope) return { edge, element: line, text: null, ground: null, middle: 0 };
    const at = { x: (start.x + end.x) / 2, y: (start.y + end.y) / 2 };
    const text = svg("text", { x: at.x, y: at.y + 4, "text-anchor": "middle" });
    const ground = svg("rect", { y: at.y - 9, height: 18, class: "ground" });
    const group = svg("g", {
      class: "slope", tabindex: 0, role: "button", "data-edge": `${edge.from} ${edge.to}`,
      onclick: () => ask(edge),
      onkeydown: (event) => {
        if (event.key !== "Enter" && event.key !== " ") return;
        event.preventDefault();
        ask(edge);
      },
    }, line, svg("rect", { x: at.x - 32, y: at.y - 22, width: 64, height: 44, class: "reach" }), ground, text);
    return { edge, element: group, text, ground, middle: at.x };
  });

  const nodes = graph.nodes.map((node) => {
    const { x, y } = middle(node), left = x - box / 2;
    const value = svg("text", { x, y: y - 15, "text-anchor": "middle", class: "value" });
    const slope = svg("text", { x, y: y + 26, "text-anchor": "middle", class: "back" });
    const title = svg("title");
    const kind = `node ${node.data ? "given" : ""} ${node.colour}`;
    const element = svg("g", { class: kind, "data-lights": node.lights, "data-node": node.key },
      title, svg("rect", { x: left, y: y - HEIGHT / 2, width: box, height: HEIGHT, rx: 8 }), value,
      svg("text", { x, y: y + 6, "text-anchor": "middle", class: "label" }, node.label), slope);
    return { node, value, slope, title, element };
  });

  const element = svg("svg", { class: "frame graph", width, height, viewBox: `0 0 ${width} ${height}`, role: "group" },
    svg("g", {}, edges.map(({ element }) => element)), svg("g", {}, nodes.map(({ element }) => element)));
  return {
    element,
    update: (values, reached) => {
      for (const { node, value, slope, title } of nodes) {
        const forward = values.forward[node.key], backward = values.backward[node.key];
        const known = backward !== undefined && (!reached || reached.has(node.key));
        fitted(value, forward === undefined ? "" : shown(forward));
        fitted(slope, node.data ? "" : known ? `← ${brief(backward, 4)}` : "← …");
        say(title, `${node.label} = ${full(forward)}${known ? `, ∂C/∂ = ${full(backward)}` : ""}`);
      }
      for (const { edge, element, text, ground, middle } of edges) {
        if (!text || !ground) continue;
        const local = values.local[`${edge.from} ${edge.to}`];
        const words = `× ${local === undefined ? edge.slope : brief(local, 4)}`, wide = words.length * GLYPH + 4;
        say(text, words);
        set(ground, { x: middle - wide / 2, width: wide });
        const [from, to] = [edge.from, edge.to].map((key) => by.get(key)?.label);
        const value = local === undefined ? "" : ` = ${shown(local)}`;
        set(element, { "aria-label": `${from} → ${to}: ${edge.slope}${value}` });
      }
    },
    choose: (chosen) => {
      for (const { edge, element } of edges) element.classList.toggle("chosen", edge === chosen);
    },
  };
}
