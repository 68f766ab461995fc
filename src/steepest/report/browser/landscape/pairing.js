// With more than two parameters: which two are shown, and which nudge matters, as bars.

import { fill, html, say, set } from "../core/elements.js";
import { full, shown } from "../core/numbers.js";
import { word } from "../words/words.js";

/** @typedef {import("../core/state.js").State} State */

const MOST = 12;

/** @param {State} state */
export function pairing(state) {
  const names = state.names;
  const selects = /** @type {const} */ ([0, 1]).map((side) => html("select", {
    class: side ? "two" : "one",
    onchange: (/** @type {any} */ { target }) => choose(state, side, Number(target.value)),
  }, names.map((name, i) => html("option", { value: i }, name.length > 40 ? `${name.slice(0, 39)}…` : name))));
  const labels = selects.map((select) => ({ text: html("span"), select }));
  const choice = html("p", { class: "row choice" },
    labels.map(({ text, select }) => html("label", {}, text, " ", select)));
  const title = html("h3"), help = html("p", { class: "help" }), list = html("ul"), rest = html("p", { class: "note" });
  const bars = html("div", { class: "nudges" }, title, help, list, rest);
  /** @type {{row: HTMLElement, button: HTMLButtonElement, bar: HTMLElement, value: HTMLElement}[]} */
  const rows = [];
  /** @type {number[]} */
  let order = [];

  const arrange = () => {
    // The largest at the start of the walk, and not again at each step: bars that change places cannot be compared.
    const { gradients, size } = state.walk;
    const size0 = (/** @type {number} */ i) => Math.abs(gradients[i]) || 0;
    order = [...names.keys()].sort((a, b) => size0(b) - size0(a)).slice(0, MOST);
    for (const i of state.get("pair")) if (!order.includes(i)) order.splice(-1, 1, i);
    order = order.slice(0, Math.min(MOST, size));
    rows.length = 0;
    fill(list, order.map((i) => {
      const bar = html("span", { class: "bar" }), value = html("span", { class: "value" });
      const button = html("button", { type: "button", "data-lights": `p${i} g${i}`, onclick: () => lead(state, i) },
        html("span", { class: "label", title: names[i] }, names[i]),
        html("span", { class: "track", "aria-hidden": "true" }, bar), value);
      rows.push({ row: button, button, bar, value });
      return html("li", {}, button);
    }));
  };

  return {
    choice, bars, arrange,

    words() {
      say(labels[0].text, word("landscape.first"));
      say(labels[1].text, word("landscape.second"));
      say(title, word("landscape.nudges"));
      say(help, word("landscape.nudges.help"));
    },

    chosen() {
      const pair = state.get("pair");
      selects.forEach((select, side) => (select.value = String(pair[side])));
      if (pair.some((i) => !order.includes(i))) arrange();
      order.forEach((i, k) => set(rows[k].button, {
        "aria-pressed": String(pair.includes(i)), class: i === pair[0] ? "one" : i === pair[1] ? "two" : null,
      }));
    },

    step() {
      const { gradient } = state.step, frozen = state.get("frozen");
      let scale = 0, summed = 0;
      for (const slope of gradient) if (Number.isFinite(slope)) scale = Math.max(scale, Math.abs(slope));
      order.forEach((i, k) => {
        const nudge = -gradient[i], share = Math.max(-1, Math.min(1, nudge / scale || 0));
        const { bar, value, button } = rows[k];
        const style = `left:${50 + Math.min(0, share) * 50}%;width:${Math.abs(share) * 50}%`;
        set(bar, { style, class: frozen[i] ? "bar frozen" : "bar" });
        say(value, frozen[i] ? word("landscape.frozen") : shown(nudge));
        set(value, { title: full(nudge) });
        set(button, { class: i === state.get("pair")[0] ? "one" : i === state.get("pair")[1] ? "two" : null });
      });
      gradient.forEach((slope, i) => { if (!order.includes(i)) summed += slope * slope; });
      say(rest, order.length < names.length
        ? word("landscape.nudges.rest", { count: names.length - order.length, length: shown(Math.sqrt(summed)) }) : "");
      set(bars, { class: state.stale ? "nudges old" : "nudges" });
    },
  };
}

/**
 * If it was the other one already, the two change places.
 * @param {State} state @param {0 | 1} side @param {number} i
 */
function choose(state, side, i) {
  const pair = state.get("pair"), other = pair[1 - side] === i ? pair[side] : pair[1 - side];
  state.set({ pair: side ? [other, i] : [i, other] });
}

/** The newest comes first, the older of the two goes. @param {State} state @param {number} i */
function lead(state, i) {
  const [first] = state.get("pair");
  if (i !== first) state.set({ pair: [i, first] });
}
