// The landscape in words and numbers: what the picture says, and its costs as a table.

import { tickName } from "./box.js";
import { fill, html, say } from "../core/elements.js";
import { full, shown } from "../core/numbers.js";
import { word } from "../words/words.js";

/** @typedef {import("../core/state.js").State} State */

const ROWS = 7;
const MOST_NAMED = 4;

/** Where it stands, its cost, and where the step leads. @param {State} state */
export function told(state) {
  const { names } = state, { gradient, cost, epoch } = state.step, here = state.here, rate = state.walk.rate;
  const few = names.slice(0, MOST_NAMED), values = few.map((name, i) => `${name} ${shown(here[i])}`).join(", ");
  const frozen = state.get("frozen");
  const moves = few.map((name, i) => `${name} ${shown(frozen[i] ? 0 : -rate * gradient[i])}`).join(", ");
  const more = names.length > MOST_NAMED ? word("landscape.more", { count: names.length - MOST_NAMED }) : "";
  if (state.stale) return word("landscape.told.stale", { epoch, values: values + more });
  return word("landscape.told", { epoch, values: values + more, cost: shown(cost), moves: moves + more });
}

/** @param {State} state */
export function twin(state) {
  const summary = html("summary"), place = html("div", { class: "scroll", role: "region", tabindex: 0 });
  const element = html("details", {}, summary, place);
  /** @type {import("./ground.js").Ground | null} */
  let ground = null;
  const show = () => {
    if (!element.open || !ground) return;
    const { reach, pair, cost } = ground, [first, second] = pair.map((i) => state.names[i]);
    const along = (/** @type {[number, number]} */ [low, high]) =>
      Array.from({ length: ROWS }, (_, k) => low + ((high - low) * k) / (ROWS - 1));
    const across = along(reach.x), corner = html("th", { scope: "col" }, `${second} ↓  ${first} →`);
    const number = (/** @type {number} */ value) => html("td", { title: full(value) }, shown(value));
    fill(place, html("table", { class: "numbers" },
      html("caption", {}, word("landscape.table.caption", { first, second })),
      html("thead", {}, html("tr", {}, corner, across.map((a) =>
        html("th", { scope: "col", class: "one", title: full(a) }, tickName(a))))),
      html("tbody", {}, along(reach.y).reverse().map((b) => html("tr", {},
        html("th", { scope: "row", class: "two", title: full(b) }, tickName(b)),
        across.map((a) => number(cost(a, b))))))));
  };
  element.addEventListener("toggle", show);
  return {
    element,
    words() {
      say(summary, word("landscape.table"));
      place.setAttribute("aria-label", word("landscape.table"));
      show();
    },
    /** @param {import("./ground.js").Ground | null} of */
    lay(of) {
      ground = of;
      element.hidden = !of;
      show();
    },
  };
}
