// The runs that came with the page, side by side: which of them is shown can be chosen.

import { fill, html, say } from "../core/elements.js";
import { bowlOfData, fallFrom, needed, THOUSANDTH } from "./finish.js";
import { full, shown, whole } from "../core/numbers.js";
import { finished, plain } from "./rates.js";
import { recorded } from "../core/state.js";
import { word } from "../words/words.js";

/** @typedef {import("../core/state.js").State} State */

/** @param {HTMLElement} place @param {State} state */
export function mountRuns(place, state) {
  const title = html("h3"), help = html("p", { class: "help" }), table = html("table", { class: "numbers runs" });
  place.append(title, help, html("div", { class: "scroll", role: "region", tabindex: 0, "aria-label": "" }, table));

  /** @param {number} index */
  function choose(index) {
    if (!state.live) return state.set({ run: index, at: 0 });
    // A recorded start is written in the parameters that were walked then.
    state.standardise(state.data.live.standardised);
    const { params, size, rate } = recorded(state.runs[index]);
    state.set({ run: index, start: params.slice(0, size), rate, at: 0 });
  }

  state.on(["run"], () => {
    say(title, word("runs.title"));
    say(help, word("runs.help"));
    const heads = ["runs.shown", "runs.label", "compare.rate", "compare.epochs", "compare.end", "runs.verdict",
      "compare.to_finish"].map((key) => word(key));
    table.parentElement?.setAttribute("aria-label", word("runs.title"));
    fill(table, html("thead", {}, html("tr", {}, heads.map((head) => html("th", { scope: "col" }, head)))),
      html("tbody", {}, state.runs.map((run, index) => {
        const label = run.label || word("runs.first"), end = run.costs.at(-1), [finding] = run.findings;
        const radio = html("input", { type: "radio", name: "run", "aria-label": word("runs.show", { label }),
          onchange: () => choose(index) });
        radio.checked = index === state.get("run");
        return html("tr", {},
          html("td", {}, html("label", {}, radio)), html("th", { scope: "row" }, html("bdi", {}, label)),
          html("td", { title: full(run.rate) }, plain(run.rate)), html("td", {}, whole(run.last_epoch)),
          html("td", { title: full(end) }, shown(end)), html("td", { title: finding?.claim }, finding?.rule ?? "—"),
          html("td", {}, toFinish(state, run)));
      })));
  });
}

/**
 * Epochs to a thousandth of the first height: exact on a bowl, else as recorded.
 * @param {State} state @param {any} run
 */
function toFinish(state, run) {
  if (state.live && run.params) {
    const bowl = bowlOfData(state, state.data.live.standardised, []);
    const fall = fallFrom(bowl, run.params.map((/** @type {number[]} */ column) => column[0]));
    return finished(needed(fall, run.rate, THOUSANDTH * fall.height));
  }
  const lowest = state.data.lowest_cost;
  if (lowest === null || run.costs[0] === null) return word("compare.unknown");
  const near = run.costs.findIndex((/** @type {number | null} */ cost) =>
    cost !== null && cost - lowest < THOUSANDTH * (run.costs[0] - lowest));
  if (near < 0) return word("runs.not_reached");
  const exact = near === 0 || run.epochs[near] - run.epochs[near - 1] === 1, epochs = whole(run.epochs[near]);
  return exact ? epochs : word("runs.at_most", { epochs });
}
