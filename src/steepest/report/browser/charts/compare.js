// Several runs, or several learning rates, side by side.

import { html, say } from "../core/elements.js";
import { mountRace } from "./race.js";
import { mountRates } from "./rates.js";
import { mountRuns } from "./runs.js";
import { word } from "../words/words.js";

/** @param {HTMLElement} place @param {import("../core/state.js").State} state */
export function mountCompare(place, state) {
  const several = state.runs.length > 1;
  place.hidden = !several && !state.live;
  if (place.hidden) return;
  const title = html("h2");
  place.append(title);
  const part = (/** @type {string} */ id) => place.appendChild(html("div", { id: `compare-${id}`, class: "part" }));
  if (several) mountRuns(part("runs"), state);
  if (state.live) {
    const pair = place.appendChild(html("div", { class: "pair" }));
    mountRates(pair.appendChild(part("rates")), state);
    mountRace(pair.appendChild(part("race")), state);
  }
  state.on([], () => say(title, word("compare.title")));
}
