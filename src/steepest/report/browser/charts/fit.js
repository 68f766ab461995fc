// Data and fit: points, line, residual sticks and squares; points and both ends of the line can be dragged.

import { fill, html, say, set } from "../core/elements.js";
import { describeHands, takeHold } from "./fit_hands.js";
import { FitPicture, MOST_SQUARES } from "./fit_picture.js";
import { full, shown, whole } from "../core/numbers.js";
import { Swing } from "./swing.js";
import { word } from "../words/words.js";

/** @typedef {import("../core/state.js").State} State */

const ROWS = 30;
/** So many points at most are told in the table. */

/** @param {HTMLElement} place @param {State} state */
export function mountFit(place, state) {
  if (!state.points || !state.live) {
    place.hidden = true;
    return;
  }
  const title = html("h2"), help = html("p", { class: "help" }), identity = html("span", { class: "identity" });
  const swatch = html("span", { class: "square-swatch", "aria-hidden": "true" });
  const holder = html("div"), keys = html("p", { class: "seen-only-by-readers", id: "fit-keys" });
  const named = { line: html("span"), next: html("span"), best: html("span") };
  const legend = html("p", { class: "legend" }, ...Object.entries(named).map(([name, text]) =>
    html("span", { class: `item ${name}` }, html("span", { class: "dash", "aria-hidden": "true" }), text)));
  const back = html("button", { type: "button", onclick: () => state.set({ moved: [] }) });
  const note = html("p", { class: "note" }), summary = html("summary"), table = html("table", { class: "numbers" });
  const details = html("details", { ontoggle: () => tell() }, summary, html("div", { class: "scroll" }, table));
  place.append(
    html("div", { class: "head" },
      title, html("span", { class: "sum", "data-lights": "cost" }, swatch, identity), back),
    help, holder, keys, html("div", { class: "foot" }, legend, details), note,
  );
  const picture = new FitPicture(holder, state, () => draw(true));
  const swing = new Swing((own) => picture.draw(picture.of(own)));
  takeHold(picture, state, () => draw(true));
  describeHands(picture, "fit-keys");

  /** @param {boolean} [anew] whether the axes may change, and nothing swings */
  function draw(anew = false) {
    if (!picture.frame.width) return;
    if (anew) picture.layOut(state.inOwnUnits(state.get("start")));
    const { size, params, count } = state.walk, next = state.get("at") + 1;
    const ghost = state.get("phase") === 3 && next < count ? params.subarray(next * size, (next + 1) * size) : null;
    picture.beside(picture.ghost, ghost && state.inOwnUnits(ghost));
    picture.beside(picture.best, state.lowest && state.inOwnUnits(state.lowest));
    if (picture.one) picture.markOrigins();
    set(legend.querySelector(".next") ?? legend, { hidden: !ghost || !picture.one });
    swing.to(state.inOwnUnits(state.here), state.get("at") * 4 + state.get("phase"), anew || picture.held);
    const told = sum(state);
    say(identity, told.text);
    set(identity, { title: told.title, class: told.agree ? "identity" : "identity bad" });
    const mean = shown(told.mean), cost = shown(told.cost), own = state.inOwnUnits(state.here);
    const line = picture.one ? ` ${word("fit.alt_line", { m: shown(own[0]), b: shown(own[1] ?? 0) })}` : "";
    set(picture.frame.svg, { "aria-label": word("fit.alt", { count: whole(picture.count), mean, cost }) + line });
    back.hidden = !state.get("moved").length;
    tell();
  }

  /** The table, while it is open. */
  function tell() {
    if (!details.open) return;
    const { inputs, targets } = /** @type {NonNullable<State["points"]>} */ (state.points);
    const estimates = picture.of(state.inOwnUnits(state.here)), { x_names: names, y_name: target } = state.data;
    const heads = [word("fit.row"), ...(picture.one ? names : []), target, word("fit.estimate"),
      word("fit.residual"), word("fit.square")];
    const cell = (/** @type {number} */ value) => html("td", { title: full(value) }, shown(value));
    fill(table,
      picture.count > ROWS && html("caption", {}, word("fit.table_first", { count: ROWS })),
      html("thead", {}, html("tr", {}, heads.map((name) => html("th", { scope: "col" }, name)))),
      html("tbody", {}, inputs.slice(0, ROWS).map((input, row) => {
        const estimate = picture.one ? estimates.m * input[0] + estimates.b : estimates.up[row];
        const missed = estimate - targets[row];
        return html("tr", { "data-lights": `row${row}` }, html("th", { scope: "row" }, row + 1),
          picture.one && cell(input[0]), cell(targets[row]), cell(estimate), cell(missed), cell(missed * missed));
      })));
  }

  function speak() {
    say(title, word("fit.title"));
    say(help, word(picture.one ? "fit.help" : "fit.help_many"));
    say(named.line, word(picture.one ? "fit.line" : "fit.diagonal"));
    say(named.next, word("fit.next"));
    say(named.best, word(state.get("frozen").some(Boolean) ? "fit.best_frozen" : "fit.best"));
    set(legend.querySelector(".best") ?? legend, { hidden: !picture.one });
    say(back, word("fit.put_back"));
    say(keys, word("fit.keys"));
    say(summary, word("fit.table"));
    const drawn = whole(picture.count), examples = whole(state.data.points.examples);
    const lines = [];
    if (picture.count < state.data.points.examples) {
      lines.push(word("fit.sample", { drawn, examples }));
      if (picture.grips.length) lines.push(word("fit.sample_drag", { examples }));
    }
    if (!picture.few) lines.push(word("fit.no_squares", { most: MOST_SQUARES }));
    say(note, lines.join(" "));
    note.hidden = !lines.length;
  }

  state.on(["points", "walk", "at", "phase", "lowest", "start", "standardise", "frozen", "moved"], (changed) => {
    if (changed.has("language") || changed.has("frozen")) speak();
    if (changed.has("language")) picture.laid = false;
    draw(["points", "start", "standardise", "language"].some((key) => changed.has(key)));
  });
}

/**
 * The cost by two roads: the mean of the squares of the points that are here, and the bowl of the numbers kept of all.
 * @param {State} state
 */
function sum(state) {
  const { inputs, targets } = /** @type {NonNullable<State["points"]>} */ (state.points);
  const { live, points } = state.data, own = state.inOwnUnits(state.here), features = state.data.x_names.length;
  let squares = 0;
  inputs.forEach((input, row) => {
    let missed = (live.intercept ? own[features] : 0) - targets[row];
    for (let i = 0; i < features; i++) missed += input[i] * own[i];
    squares += missed * missed;
  });
  const mean = squares / inputs.length, cost = state.walk.costs[state.get("at") + (state.stale ? 1 : 0)];
  const all = inputs.length === points.examples, penalty = live.ridge ? cost - mean : 0;
  const agree = !all || live.ridge > 0 || mean === cost || !Number.isFinite(cost + mean) ||
    Math.abs(mean - cost) <= 1e-9 * Math.max(mean, cost) + 1e-12 * (state.walk.costs[0] || 0);
  const values = { mean: shown(mean), cost: shown(cost), penalty: shown(penalty), examples: whole(points.examples) };
  let key = state.stale ? "fit.identity_after" : "fit.identity";
  if (!all) key = live.ridge ? "fit.identity_sample_ridge" : "fit.identity_sample";
  else if (live.ridge) key = "fit.identity_ridge";
  else if (!agree) key = "fit.identity_broken";
  const title = all && !live.ridge ? word("fit.two_roads", { mean: full(mean), cost: full(cost) }) : full(cost);
  return { mean, cost, agree, title, text: word(key, values) };
}
