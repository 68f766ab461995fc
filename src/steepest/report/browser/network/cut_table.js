// Some of a slice's numbers as a table, every digit of each as its title.

import { fill, html, say, set } from "../core/elements.js";
import { full, shown } from "../core/numbers.js";
import { tickName } from "../landscape/box.js";
import { word } from "../words/words.js";

const ROWS = 7;

export function table() {
  const summary = html("summary"), place = html("div", { class: "scroll", role: "region", tabindex: 0 });
  const element = html("details", {}, summary, place);
  let write = () => {};
  element.addEventListener("toggle", () => element.open && write());
  return {
    element,
    /** @param {import("./cut_data.js").Cut} cut @param {Float64Array} values @param {string} quantity */
    show({ axes, names }, values, quantity) {
      say(summary, word("cuts.table"));
      set(place, { "aria-label": word("cuts.table") });
      write = () => {
        const some = (/** @type {Float64Array} */ axis, /** @type {number} */ most) => {
          const count = Math.min(most, axis.length);
          return Array.from({ length: count }, (_, k) => Math.round((k * (axis.length - 1)) / (count - 1)));
        };
        const flat = axes.length === 2, rows = axes[1]?.length ?? 1, across = some(axes[0], flat ? ROWS : 3 * ROWS);
        const cell = (/** @type {number} */ value) => html("td", { title: full(value) }, shown(value));
        const head = (/** @type {number} */ value, /** @type {string} */ scope) => html("th", { scope, title: full(value) }, tickName(value));
        const heads = flat ? [html("th", { scope: "col" }, `${names[1]} ↓  ${names[0]} →`), across.map((i) => head(axes[0][i], "col"))].flat()
          : [html("th", { scope: "col" }, names[0]), html("th", { scope: "col" }, quantity)];
        const body = flat
          ? some(axes[1], ROWS).reverse().map((j) => html("tr", {}, head(axes[1][j], "row"), across.map((i) => cell(values[i * rows + j]))))
          : across.map((i) => html("tr", {}, head(axes[0][i], "row"), cell(values[i])));
        fill(place, html("table", { class: "numbers" }, html("thead", {}, html("tr", {}, heads)), html("tbody", {}, body)));
      };
      if (element.open) write();
    },
  };
}
