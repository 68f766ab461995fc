// Where it starts, what is held, in which units it walks, how long; and how the page speaks.

import { fill, html, say, set } from "../core/elements.js";
import { modes, standardised } from "../core/engine.js";
import { shown, typed } from "../core/numbers.js";
import { LANGUAGES, word } from "../words/words.js";

/** So many parameters have a field of their own; the others are set by the start that was recorded. */
const MOST = 12;

/** @param {HTMLElement} place @param {import("../core/state.js").State} state */
export function mountSettings(place, state) {
  const title = html("h2"), fields = html("div", { class: "row fields" }), more = html("div", { class: "row" });
  const condition = html("p", { class: "note" });
  place.append(title, fields, more, condition);

  const language = html("select", { onchange: () => state.set({ language: language.value }) },
    Object.entries(LANGUAGES).map(([key, name]) => html("option", { value: key, lang: key }, name)));
  const trilobite = box(() => state.set({ trilobite: trilobite.input.checked }));
  const spoken = html("span");
  const always = [trilobite.label, html("label", { class: "row" }, spoken, language)];

  /** @type {{name: string, index: number, text: HTMLElement, input: HTMLInputElement, hold: ReturnType<typeof box>}[]} */
  const starts = [];
  const standardise = box(() => state.standardise(standardise.input.checked));
  const epochsName = html("span");
  const epochs = html("input", { type: "number", min: 0, step: 1, max: state.mostEpochs, class: "short", onchange: () => {
    const value = Math.round(epochs.valueAsNumber);
    if (value >= 0) state.set({ epochs: Math.min(value, state.mostEpochs) });
  } });
  const random = html("button", { type: "button", onclick: () => begin(state, state.settings.start.map(around(state))) });
  const recorded = html("button", { type: "button", onclick: () => {
    const first = state.recorded;
    state.set({ frozen: Array(state.names.length).fill(false), rate: first.rate, moved: [], run: 0 });
    const was = Boolean(state.data.live.standardised);
    state.set({ standardise: was });
    begin(state, first.params.slice(0, first.size));
  } });
  if (state.live) {
    state.names.slice(0, MOST).forEach((name, index) => {
      const text = html("span"), hold = box(() => {
        const frozen = state.get("frozen").slice();
        frozen[index] = hold.input.checked;
        state.set({ frozen });
      });
      const input = html("input", { type: "number", step: "any", "data-lights": `p${index}`, onchange: () => {
        const start = state.get("start").slice();
        if (Number.isFinite(input.valueAsNumber)) start[index] = input.valueAsNumber;
        begin(state, start);
      } });
      starts.push({ name, index, text, input, hold });
    });
    fill(fields, starts.map(({ text, input, hold }) => html("div", { class: "row field" }, html("label", { class: "row" }, text, input), hold.label)));
    fill(more, random, recorded, html("label", { class: "row" }, epochsName, epochs), standardise.label, ...always);
  } else fill(more, ...always);

  state.on(["start", "frozen", "standardise", "epochs", "trilobite", "pair", "moved"], () => {
    say(title, word("settings.title"));
    set(title, { hidden: !state.live });
    const [one, two] = state.get("pair");
    for (const { name, index, text, input, hold } of starts) {
      say(text, word("settings.start", { name: name.slice(0, 60) }));
      text.className = index === one ? "one" : index === two ? "two" : "";
      if (document.activeElement !== input) input.value = typed(state.get("start")[index]);
      say(hold.text, word("settings.frozen", { name: starts.length > 4 ? "" : name.slice(0, 30) }).trim());
      hold.input.checked = state.get("frozen")[index];
    }
    say(random, word("settings.random"));
    say(recorded, word("settings.recorded"));
    say(standardise.text, word("settings.standardise"));
    standardise.input.checked = state.get("standardise");
    say(epochsName, word("settings.epochs"));
    if (document.activeElement !== epochs) epochs.value = String(state.get("epochs"));
    say(trilobite.text, word("settings.trilobite"));
    trilobite.input.checked = state.get("trilobite");
    say(spoken, word("settings.language"));
    language.value = state.get("language");
  });
  state.on(["modes"], () => {
    const { bowl } = state;
    set(condition, { hidden: !bowl || state.get("standardise") });
    if (bowl && !state.get("standardise"))
      say(condition, word("settings.condition", {
        now: shown(ratio(state.modes)), then: shown(ratio(modes(standardised(bowl, state.scale), state.get("frozen")))),
      }));
  });
}

/** Start anew from a place, and stand there. @param {import("../core/state.js").State} state @param {Float64Array} start */
function begin(state, start) {
  state.set({ start, at: 0, phase: 3, playing: false });
}

/** A checkbox in its label. @param {() => void} onchange */
function box(onchange) {
  const input = html("input", { type: "checkbox", onchange }), text = html("span");
  return { input, text, label: html("label", { class: "row" }, input, text) };
}

/** Anywhere within twice the way from the recorded start to the lowest point. @param {import("../core/state.js").State} state */
function around(state) {
  const low = state.lowest ?? state.settings.start, first = state.recorded.params;
  return (/** @type {number} */ _, /** @type {number} */ index) => {
    const wide = Math.abs(low[index] - first[index]) || Math.abs(low[index]) || 1;
    return Number((low[index] + (2 * Math.random() - 1) * 1.5 * wide).toPrecision(4));
  };
}

/** @param {import("../core/engine.js").Modes | null} known */
function ratio(known) {
  return known?.values.length ? known.values[0] / known.values[known.values.length - 1] : NaN;
}
