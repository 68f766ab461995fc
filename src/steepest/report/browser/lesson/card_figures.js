// The numbers on the four cards: made once, then only their texts change; each can be asked where it came from.

import { html, say, set } from "../core/elements.js";
import { examplesAt } from "./examples.js";
import { brief, hue, pairOf, shortened, signsOf, textOf } from "./formulas.js";
import { full, shown, whole } from "../core/numbers.js";
import { word } from "../words/words.js";

/** @typedef {import("../core/state.js").State} State */
/** @typedef {import("./whence.js").Topic} Topic */
/** @typedef {{elements: HTMLElement[], update: () => void}} Figures */
/** @typedef {(topic: Topic) => void} Ask */

const DIGITS = 6, NARROWER = 5;
const ESTIMATES = 3;
const UNKNOWN = "—";

/** @param {State} state @param {1 | 2 | 3 | 4} phase @param {Ask} ask @returns {Figures} */
export function figuresOf(state, phase, ask) {
  return [forwardPass, cost, gradient, adjustment][phase - 1](state, ask);
}

/**
 * A number that can be asked where it came from; where nothing is known of that, it is text.
 * @param {State} state @param {Ask} ask @param {Topic} topic @param {string} lights
 */
function figure(state, ask, topic, lights) {
  const element = state.live
    ? html("button", {
      type: "button", class: "figure", "data-lights": lights, "data-asks": `${topic.kind} ${topic.index}`,
      "aria-expanded": "false", onclick: () => ask(topic),
    })
    : html("span", { class: "figure", "data-lights": lights });
  return {
    element,
    /** @param {number | null} value @param {{stale?: boolean, digits?: number}} [how] */
    say(value, { stale = false, digits = DIGITS } = {}) {
      say(element, value === null ? UNKNOWN : shown(value, digits));
      set(element, { title: value === null ? null : full(value) });
      element.classList.toggle("stale", stale && value !== null);
      if (element instanceof HTMLButtonElement) element.disabled = value === null || stale;
    },
  };
}

/**
 * What a line is about: a parameter's symbol and, where that is another, its name.
 * @param {State} state @param {number} index @param {string} lights
 */
function label(state, index, lights) {
  const { letter, below } = signsOf(state)[index], name = state.names[index], own = letter + below === name;
  return html("span", { class: `symbol ${hue(state, index)}`, "data-lights": lights, title: name },
    textOf({ letter, below }), own || !state.live ? null : html("bdi", { class: "note" }, ` ${shortened(name)}`));
}

/** @param {State} state @param {Ask} ask @returns {Figures} */
function forwardPass(state, ask) {
  const params = pairOf(state).map((index) => ({
    index, figure: figure(state, ask, { kind: "parameter", index }, `p${index}`),
  }));
  const first = html("p", { class: "line" }, params.map(({ index, figure }) =>
    [label(state, index, `p${index}`), " ", figure.element, " "]).flat());
  const rows = Math.min(ESTIMATES, (state.live && state.points?.targets.length) || 0);
  const estimates = Array.from({ length: rows }, (_, row) =>
    figure(state, ask, { kind: "estimate", index: row }, `row${row} estimate`));
  const count = state.live ? state.data.live.examples : 0;
  const second = html("p", { class: "line" },
    rows ? [html("span", { class: "data", "data-lights": "estimate" }, "ŷ"), " "] : null,
    estimates.map(({ element }) => [element, " "]).flat(), count > rows && rows ? "… " : null,
    html("span", { class: "note" }, !state.names.length || !state.live ? word("cards.recorded")
      : rows ? word(count === 1 ? "cards.estimate" : "cards.estimates", { count: whole(count) }) : word("cards.rows", { count: whole(count) })));
  return {
    elements: [first, second],
    update: () => {
      const here = state.step.params, known = rows ? examplesAt(state, here) : null;
      for (const { index, figure } of params) figure.say(here[index]);
      estimates.forEach((figure, row) => figure.say(known ? known.estimates[row] : null, { digits: 4 }));
    },
  };
}

/** @param {State} state @param {Ask} ask @returns {Figures} */
function cost(state, ask) {
  const figured = figure(state, ask, { kind: "cost", index: 0 }, "cost");
  const squares = html("p", { class: "line note" });
  return {
    elements: [html("p", { class: "line big" }, html("span", { class: "symbol" }, "C"), " ", figured.element), squares],
    update: () => {
      const waits = state.get("phase") < 2, at = state.get("at");
      figured.say(waits ? (at ? state.walk.costs[at - 1] : null) : state.step.cost, { stale: waits });
      const known = waits || !state.live ? null : examplesAt(state, state.step.params);
      const few = known?.residuals.slice(0, 2).map((residual) => brief(residual * residual, 4)).join(", ");
      say(squares, waits && at ? word("cards.before") : known ? word(known.examples === 1 ? "cards.square" : "cards.squares", {
        count: whole(known.examples), few: few + (known.examples > 2 ? ",\u00a0…" : ""),
      }) : "");
    },
  };
}

/** @param {State} state @param {Ask} ask @returns {Figures} */
function gradient(state, ask) {
  const slopes = pairOf(state).map((index) => ({
    index, figure: figure(state, ask, { kind: "slope", index }, `g${index} gradient`),
  }));
  const note = html("p", { class: "line note" });
  // Of a huge model the length of the gradient is all that was recorded.
  const reach = slopes.length ? null : figure(state, ask, { kind: "cost", index: 0 }, "gradient");
  const lines = slopes.map(({ index, figure }) => html("p", { class: "line" },
    html("span", { class: `symbol ${hue(state, index)}` }, "∂C/∂"), label(state, index, `g${index}`), " ",
    figure.element,
    state.get("frozen")[index] ? html("span", { class: "note" }, ` ${word("cards.held")}`) : null));
  return {
    elements: [...lines, ...(reach ? [html("p", { class: "line" }, "|∇C| ", reach.element)] : []), note],
    update: () => {
      const { walk } = state, at = state.get("at"), phase = state.get("phase"), waits = phase < 3;
      const from = waits ? at - 1 : at, stale = waits || state.stale;
      for (const { index, figure } of slopes)
        figure.say(from < 0 ? null : walk.gradients[from * walk.size + index], { stale });
      reach?.say(from < 0 ? null : state.runs[state.get("run")].gradient_lengths[from], { stale });
      note.classList.toggle("next", state.stale);
      set(note, { title: state.stale ? word("cards.stale.why") : null });
      say(note, waits ? (from < 0 ? "" : word("cards.before")) : state.stale ? word("cards.stale") : length(state));
    },
  };
}

/** How long the gradient is: of all parameters. @param {State} state */
function length(state) {
  const { gradient } = state.step, recorded = state.runs[state.get("run")].gradient_lengths;
  const value = state.names.length ? Math.hypot(...gradient) : recorded[state.get("at")], count = state.data.parameters;
  return word(count > 2 ? "cards.length.all" : "cards.length", { value: shown(value), count: whole(count) });
}

/** @param {State} state @param {Ask} ask @returns {Figures} */
function adjustment(state, ask) {
  const lines = pairOf(state).map((index) => {
    const before = html("span", { "data-lights": `p${index}` }), sign = html("span", {});
    const change = figure(state, ask, { kind: "change", index }, `next g${index}`);
    const after = html("span", { class: hue(state, index), "data-lights": `next p${index}` });
    return {
      index, before, sign, change, after, element: html("p", { class: "line change" }, label(state, index, `p${index}`),
        html("span", {}, before, " ", sign, " ", change.element, " → ", after)),
    };
  });
  const note = html("p", { class: "line note" });
  return {
    elements: [...lines.map(({ element }) => element), note],
    update: () => {
      const { walk } = state, { params, gradient, epoch } = state.step, { rate } = walk, at = state.get("at");
      const next = state.here, done = state.stale;
      let plain = true;
      for (const { index, before, sign, change, after } of lines) {
        const by = rate * gradient[index], held = state.live && state.get("frozen")[index];
        // A recorded run may be thinned, or made by another optimiser: then only where it went is known.
        const explained = !done || Math.abs(params[index] - by - next[index]) <= 1e-5 * Math.max(Math.abs(by), 1e-9);
        plain &&= held || explained;
        say(before, shown(params[index], NARROWER));
        set(before, { title: full(params[index]) });
        say(sign, held || !explained || !done ? "" : by < 0 ? "+" : "−");
        change.element.hidden = held || !explained || !done;
        change.say(Math.abs(by), { digits: NARROWER });
        say(after, held ? word("cards.held") : done ? shown(next[index], NARROWER) : UNKNOWN);
        set(after, { title: done ? full(next[index]) : null });
      }
      const end = at >= walk.count - 1;
      say(note, end ? word("cards.end") : !lines.length ? word("cards.rate", { rate: brief(rate) })
        : plain ? word("cards.by", { rate: brief(rate) })
          : word("cards.next", { from: whole(epoch), to: whole(walk.epochs[at + 1]) }));
    },
  };
}
