// How the numbers of this page were checked: each by two roads, live.

import { againstRecorded, ofTheBowl, ofTheRecord, ofTheStep } from "./checking.js";
import { html, say, set } from "../core/elements.js";
import { full, shown, whole } from "../core/numbers.js";
import { word } from "../words/words.js";

/** @typedef {import("./checking.js").Check} Check */

/** @param {HTMLElement} place @param {import("../core/state.js").State} state */
export function mountChecks(place, state) {
  if (!state.names.length) {
    place.hidden = true;
    return;
  }
  const title = html("h2"), help = html("p", { class: "help" }), note = html("p", { class: "note" });
  const heads = ["what", "one", "other", "apart", "agrees"]
    .map((name) => ({ name, cell: html("th", { scope: "col" }) }));
  const body = html("tbody");
  const table = html("table", { class: "numbers checks" },
    html("thead", {}, html("tr", {}, heads.map(({ cell }) => cell))), body);
  const scroll = html("div", { class: "scroll", role: "region", tabindex: 0 }, table);
  place.append(title, help, scroll, note);

  /** @type {{cells: HTMLElement[], row: HTMLElement}[]} */
  const rows = [];
  /** What holds for the walk and for the bowl is not asked again at every step. @type {Check[]} */
  let walked = [];
  /** @type {Check[]} */
  let bent = [];
  const show = () => {
    const checks = state.live ? [...walked, ...ofTheStep(state), ...bent] : walked;
    while (rows.length < checks.length) {
      const cells = [html("th", { scope: "row" }), html("td"), html("td"), html("td"), html("td")];
      const row = html("tr", {}, cells);
      body.append(row);
      rows.push({ cells, row });
    }
    rows.forEach(({ cells, row }, index) => {
      const check = checks[index];
      row.hidden = !check;
      if (!check) return;
      const good = check.apart <= check.allowed, { name = "", kind = "", ...others } = check.names ?? {};
      row.className = good ? "good" : "bad";
      set(row, { "data-check": check.what, "data-apart": check.apart, "data-lights": check.lights });
      const counted = Object.fromEntries(Object.entries(others).map(([key, value]) => [key, whole(Number(value))]));
      say(cells[0], word(check.what, { ...counted, kind, name: String(name).slice(0, 40) }));
      [check.one, check.other, check.apart].forEach((value, column) => {
        say(cells[column + 1], shown(value, column === 2 ? 2 : 6));
        set(cells[column + 1], { title: full(value) });
      });
      say(cells[4], word(good ? "check.yes" : "check.no"));
    });
    const short = state.live ? (walked.length ? "" : "check.other_walk") : "check.replay";
    say(note, short ? word(short) : "");
  };
  state.on(["walk", "at", "pair", "modes", "floor", "bowl"], (changed) => {
    if (changed.has("walk") || changed.has("run")) walked = state.live ? againstRecorded(state) : ofTheRecord(state);
    if (changed.has("bowl") || changed.has("modes") || changed.has("floor")) bent = state.live ? ofTheBowl(state) : [];
    if (changed.has("language") || !title.textContent) {
      say(title, word("check.title"));
      say(help, word("check.help"));
      set(scroll, { "aria-label": word("check.title") });
      for (const { name, cell } of heads) say(cell, word(`check.head_${name}`));
    }
    show();
  });
}
