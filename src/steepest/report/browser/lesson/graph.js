// The computation graph of the cost: forward values and backward gradients node by node, for one example or for all.

import { fill, html, say, set } from "../core/elements.js";
import { examplesAt, rowsWritten } from "./examples.js";
import { brief, hue, signsOf, textOf } from "./formulas.js";
import { graphOf, sharesOf, valuesOf, wayBack } from "./graph_model.js";
import { pictureOf } from "./graph_picture.js";
import { whileNear } from "../core/near.js";
import { full, shown, whole } from "../core/numbers.js";
import { word } from "../words/words.js";

/** @typedef {import("../core/state.js").State} State */
/** @typedef {import("./graph_model.js").GraphEdge} GraphEdge */

const PAUSE = 1100;
const MOST_ROWS = 50;

/** @param {HTMLElement} place @param {State} state */
export function mountGraph(place, state) {
  const rows = state.points?.targets.length ?? 0;
  // A penalty on the weights would be a second road to the cost, which this graph does not have.
  place.hidden = !state.live || !rows || Boolean(state.data.live.ridge);
  if (place.hidden) return;
  const sampled = rows < state.data.live.examples;
  let row = rows - 1, all = false, walked = 0, timer = 0;
  /** @type {GraphEdge | null} */
  let chosen = null;
  let graph = graphOf(state);
  const symbol = (/** @type {number} */ index) => textOf(signsOf(state)[index]);

  const heading = html("h2"), help = html("p", { class: "help" });
  const which = html("input", { type: "number", min: 0, max: rows - 1, step: 1, value: row, onchange: () => {
    const asked = Math.round(Number(which.value));
    row = Math.max(0, Math.min(rows - 1, Number.isFinite(asked) ? asked : 0));
    which.value = String(row);
    update();
  } });
  const every = html("input", { type: "checkbox", onchange: () => ((all = every.checked), update()) });
  const whichLabel = html("span"), everyLabel = html("span");
  const walk = html("button", { type: "button", onclick: () => back() });
  const canvas = html("div", { class: "graph-place" });
  const words = html("p", { class: "chain", role: "status" });
  const sums = html("div", { class: "shares" });
  const summary = html("summary"), table = html("div", { class: "scroll" });
  const twin = html("details", { ontoggle: () => update() }, summary, table);
  place.append(heading, help, html("div", { class: "row" }, html("label", { class: "row" }, whichLabel, which),
    sampled ? null : html("label", { class: "row" }, every, everyLabel), walk), canvas, words, sums, twin);

  let picture = pictureOf(graph, 900, choose);
  const draw = () => {
    graph = graphOf(state);
    picture = pictureOf(graph, Math.max(300, canvas.clientWidth || 900), choose);
    fill(canvas, picture.element);
    update();
  };

  /** @param {GraphEdge | null} edge */
  function choose(edge) {
    stop();
    chosen = edge;
    update();
  }
  function stop() {
    clearTimeout(timer);
    walked = 0;
  }
  /** One edge further back; on by itself, unless motion is not wanted: then each press is an edge. */
  function back() {
    const way = wayBack(graph);
    clearTimeout(timer);
    if (walked >= way.length) walked = 0;
    chosen = way[walked++];
    update();
    if (walked < way.length && !matchMedia("(prefers-reduced-motion: reduce)").matches) timer = setTimeout(back, PAUSE);
  }

  const update = () => {
    const values = valuesOf(state, graph, all ? null : row);
    if (!values) return;
    const reached = walked ? new Set(["cost", ...wayBack(graph).slice(0, walked).map(({ from }) => from)]) : null;
    picture.update(values, reached);
    picture.choose(chosen);
    set(picture.element, { "aria-label": word("graph.label", {
      which: all ? word("graph.every") : word("graph.row", { row }), cost: shown(state.step.cost),
      slopes: graph.shares.map((index) => `${symbol(index)} ${shown(values.backward[`p${index}`])}`).join(", "),
    }) });
    which.disabled = all;
    say(help, word(all ? "graph.help.all" : "graph.help"));
    say(words, chosen ? chain(chosen, values) : word("graph.ask"));
    share();
    if (twin.open) tabled();
  };

  /**
   * The chain rule at one edge, in words.
   * @param {GraphEdge} edge @param {import("./graph_model.js").GraphValues} values
   */
  function chain(edge, values) {
    const label = (/** @type {string} */ key) => graph.nodes.find((node) => node.key === key)?.label ?? key;
    const local = values.local[`${edge.from} ${edge.to}`];
    const known = { from: label(edge.from), to: label(edge.to), formula: edge.slope };
    if (local === undefined) return word("graph.chain.all", { ...known, result: shown(values.backward[edge.from]) });
    return word(/^p\d/.test(edge.from) ? "graph.chain.end" : "graph.chain", {
      ...known, slope: edge.slope === "1" ? "1" : `${edge.slope} = ${shown(local)}`, local: shown(local),
      arrives: shown(values.backward[edge.to]), result: shown(values.backward[edge.from]),
    });
  }

  /** What all examples add to a parameter's slope. */
  function share() {
    const { gradient } = state.step, count = whole(state.data.live.examples);
    fill(sums, graph.shares.map((index) => {
      const shares = sharesOf(state, index), written = rowsWritten(shares.length);
      const parts = written.flatMap((example, place) => {
        const gap = sampled || (place && example - written[place - 1] > 1);
        const value = shares[example], text = brief(place ? Math.abs(value) : value, 5);
        return [
          place ? (value < 0 ? " − " : " + ") : "", gap && place === written.length - 1 ? "⋯ + " : "",
          html(!all && example === row ? "mark" : "span", { "data-lights": `row${example}`, title: full(value) }, text),
        ];
      });
      const colour = hue(state, index);
      return html("p", {}, html("b", { class: colour, "data-lights": `g${index} gradient` }, `∂C/∂${symbol(index)}`),
        " = ", parts, " = ", html("b", { class: colour, title: full(gradient[index]) }, brief(gradient[index])));
    }), html("p", { class: "note" }, word("graph.shares", { count })));
  }

  function tabled() {
    const known = examplesAt(state, state.step.params);
    if (!known) return;
    const names = graph.shares.map(symbol);
    const shares = graph.shares.map((index) => sharesOf(state, index));
    const few = known.targets.slice(0, MOST_ROWS);
    const heads = ["graph.example", "graph.estimate", "graph.target", "graph.square"].map((key) => word(key));
    fill(table, html("table", { class: "numbers" },
      html("thead", {}, html("tr", {}, [
        ...heads, ...names.map((name) => word("graph.single", { name })),
        ...names.map((name) => word("graph.share", { name })),
      ].map((text) => html("th", { scope: "col" }, text)))),
      html("tbody", {}, few.map((target, example) => html("tr", { "data-lights": `row${example}` },
        html("th", { scope: "row" }, String(example)),
        [
          known.estimates[example], target, known.residuals[example] ** 2,
          ...shares.map((share) => share[example] * known.examples), ...shares.map((share) => share[example]),
        ].map((value) => html("td", { title: full(value) }, shown(value))))))));
    const more = known.examples - few.length;
    if (more) table.append(html("p", { class: "note" }, word("graph.more", { count: whole(more) })));
  }

  const tell = () => {
    say(heading, word("graph.title"));
    say(whichLabel, word("graph.which"));
    say(everyLabel, word("graph.all", { count: whole(rows) }));
    say(walk, word("graph.walk"));
    say(summary, word("graph.table"));
  };
  const changedNow = whileNear(place, update);
  let width = 0;
  new ResizeObserver(() => {
    if (canvas.clientWidth === width) return;
    width = canvas.clientWidth;
    draw();
  }).observe(canvas);
  state.on(["at", "walk", "points", "pair", "standardise"], (changed) => {
    if (changed.has("pair") || changed.has("standardise")) chosen = null;
    if (changed.has("language") || !heading.firstChild) tell();
    if (changed.has("pair") || changed.has("standardise")) draw();
    changedNow();
  });
}
