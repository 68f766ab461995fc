// The learning rate: a logarithmic slider over the zones that the curvature of these data makes, and the cliff.

import { fill, html, say, set } from "../core/elements.js";
import { shown } from "../core/numbers.js";
import { zones } from "../core/verdict.js";
import { word } from "../words/words.js";

/** The slider reaches so far below and above the limit. */
const BELOW = 5e-3;
const ABOVE = 2;
const STEPS = 3000;

/** @param {HTMLElement} place @param {import("../core/state.js").State} state */
export function mountRate(place, state) {
  if (!state.live) {
    place.hidden = true;
    return;
  }
  const reach = () => {
    const limit = state.limit ?? 1;
    return [limit * BELOW, limit * ABOVE];
  };
  const part = (/** @type {number} */ rate) => {
    const [low, high] = reach();
    return Math.max(0, Math.min(1, Math.log(rate / low) / Math.log(high / low)));
  };
  const change = (/** @type {number} */ rate) => state.set({ rate, playing: false });
  const name = html("label", { for: "rate-slider" });
  const slider = html("input", {
    type: "range", id: "rate-slider", min: 0, max: STEPS, step: 1, "data-lights": "rate",
    oninput: () => {
      const [low, high] = reach();
      change(Number((low * (high / low) ** (Number(slider.value) / STEPS)).toPrecision(4)));
    },
  });
  const exact = html("input", {
    type: "number", step: "any", "data-lights": "rate",
    onchange: () => Number.isFinite(exact.valueAsNumber) && exact.valueAsNumber !== 0 && change(exact.valueAsNumber),
  });
  const best = html("button", { type: "button", onclick: () => {
    const values = state.modes?.values;
    if (values?.length) change(2 / (values[0] + values[values.length - 1]));
  } });
  const strip = html("div", { class: "zones", "aria-hidden": "true" }), help = html("p", { class: "help" });
  const cliff = html("span", { class: "cliff-mark" });
  place.classList.add("bar");
  place.append(
    html("div", { class: "row" }, name, exact, best),
    html("div", { class: "rate-track" }, strip, slider, cliff),
    help,
  );

  state.on(["limit", "modes"], () => {
    const { modes, limit } = state, [low, high] = reach();
    say(help, limit === null ? word("rate.flat") : word("rate.help", { limit: shown(limit) }));
    set(strip, { hidden: limit === null });
    say(cliff, limit === null ? "" : word("rate.limit", { limit: shown(limit) }));
    if (limit === null || !modes) return;
    cliff.style.setProperty("--at", String(part(limit)));
    let from = low;
    fill(strip, zones(modes).map((zone) => {
      const to = Math.max(from, Math.min(high, zone.end)), share = part(to) - part(from);
      from = to;
      const made = html("span", { class: zone.name }, share > 0.05 ? word(`rate.${zone.name}`) : "");
      made.style.flexGrow = String(share);
      return made;
    }));
  });
  state.on(["rate", "limit"], () => {
    const rate = state.get("rate");
    say(name, word("rate.label"));
    say(best, word("rate.best"));
    slider.value = String(Math.round(part(rate) * STEPS));
    set(slider, { "aria-valuetext": shown(rate) });
    set(exact, { "aria-label": word("rate.exact") });
    if (document.activeElement !== exact) exact.value = String(rate);
  });
}
