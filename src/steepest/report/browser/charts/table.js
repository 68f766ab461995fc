// The table of steps: thinned by the same rule as in Python, or every step in pages; a row leads to its step.

import { fill, html, say, set } from "../core/elements.js";
import { full, shown, whole } from "../core/numbers.js";
import { word } from "../words/words.js";

/** @typedef {import("../core/state.js").State} State */
/** @typedef {import("../core/engine.js").Walk} Walk */

// As in steepest.report.thinning, with which a test compares.
const FIRST = 20;
const LAST = 5;
const MANTISSAS = [1, 2, 3, 5, 7];
const PAGE = 25;
const MOST_COLUMNS = 6;

/** The steps that the table shows, by their index. @param {Walk} walk @returns {number[]} */
export function chosen({ count, epochs, costs }) {
  if (count <= 2 * FIRST) return Array.from({ length: count }, (_, index) => index);
  const picked = new Set([0]), last = epochs[count - 1];
  for (let index = 0; index < FIRST; index++) picked.add(index);
  for (let index = count - LAST; index < count; index++) picked.add(index);
  for (let power = 1; power <= last; power *= 10)
    for (const mantissa of MANTISSAS)
      if (mantissa * power <= last) picked.add(firstFrom(epochs, mantissa * power));
  const lost = costs.findIndex((cost) => !Number.isFinite(cost));
  if (lost > 0) picked.add(lost);
  return [...picked].sort((one, two) => one - two);
}

/**
 * The first index whose value is not less, among rising values.
 * @param {ArrayLike<number>} values @param {number} sought
 */
function firstFrom(values, sought) {
  let low = 0, high = values.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[middle] < sought) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** @param {HTMLElement} place @param {State} state */
export function mountTable(place, state) {
  const title = html("h2"), help = html("p", { class: "help" }), rule = html("p", { class: "note" });
  const head = html("thead"), body = html("tbody");
  const table = html("table", { class: "numbers steps" }, head, body);
  const scroll = html("div", { class: "scroll", role: "region", tabindex: 0 }, table);
  /** @type {number | null} where the window of every step begins; null while all of the walk is shown, thinned */
  let from = null;
  const every = html("button", { type: "button", onclick: () => show(from === null ? state.get("at") : null) });
  const before = html("button", { type: "button", onclick: () => show(Math.max(0, (from ?? 0) - PAGE)) });
  const after = html("button", { type: "button", onclick: () => show((from ?? 0) + PAGE) });
  place.append(title, help, html("div", { class: "row" }, every, before, after), scroll, rule);
  /** @type {Map<number, HTMLTableRowElement>} */
  const rows = new Map();
  /** The row of the step that is shown, where the rule would leave it out. @type {number | null} */
  let extra = null;
  /** @type {number[]} */ let columns = [];

  body.addEventListener("click", (event) => {
    const row = /** @type {Element} */ (event.target).closest("tr");
    if (row) state.go(Number(row.dataset.index));
  });

  /** @param {number | null} start */
  function show(start) {
    from = start;
    draw();
  }

  function draw() {
    const { walk, names } = state, [one, two] = state.get("pair");
    const order = [...new Set([one, two, ...names.keys()])].filter((i) => i >= 0 && i < names.length).sort((a, b) => {
      const first = [one, two].includes(a), second = [one, two].includes(b);
      return first === second ? a - b : first ? -1 : 1;
    });
    columns = order.slice(0, MOST_COLUMNS);
    const colour = (/** @type {number} */ i) => (i === one ? "one" : i === two ? "two" : null);
    fill(head, html("tr", {},
      html("th", { scope: "col" }, word("table.epoch")),
      html("th", { scope: "col", "data-lights": "cost" }, word("table.cost")),
      columns.map((i) =>
        html("th", { scope: "col", "data-lights": `p${i}` }, html("bdi", { class: colour(i) }, names[i]))),
      columns.map((i) => html("th", { scope: "col", "data-lights": `gradient g${i}` },
        html("span", { class: "next" }, "∂C/∂"), html("bdi", { class: colour(i) }, names[i]))),
      !names.length && html("th", { scope: "col", "data-lights": "gradient" }, word("table.length"))));
    const picked = from === null ? chosen(walk)
      : Array.from({ length: Math.max(0, Math.min(PAGE, walk.count - from)) }, (_, index) => (from ?? 0) + index);
    rows.clear();
    extra = null;
    for (const index of picked) rows.set(index, rowOf(index));
    fill(body, ...rows.values());
    mark();
    write(picked);
  }

  /** @param {number[]} picked */
  function write(picked) {
    const { walk, names } = state, count = whole(walk.count), lines = [];
    if (from !== null)
      lines.push(word("table.window",
        { from: whole(walk.epochs[picked[0]]), to: whole(walk.epochs[picked[picked.length - 1]]), count }));
    else if (picked.length === walk.count) lines.push(word(walk.count > 1 ? "table.all" : "table.only", { count }));
    else lines.push(word("table.rule", { shown: whole(picked.length), count }));
    if (!state.live) lines.push(word("table.replay"), state.runs[state.get("run")].rule);
    if (!names.length) lines.push(word("table.no_params"));
    else if (columns.length < names.length)
      lines.push(word("table.fewer", { shown: columns.length, count: names.length }));
    say(rule, lines.join(" "));
    say(every, word(from === null ? "table.every" : "table.thinned"));
    every.hidden = from === null && picked.length === walk.count;
    for (const button of [before, after]) button.hidden = from === null;
    before.disabled = from === 0;
    after.disabled = from !== null && from + PAGE >= walk.count;
  }

  /** @param {number} index */
  function rowOf(index) {
    const { walk } = state, at = index * walk.size, epoch = whole(walk.epochs[index]);
    const cell = (/** @type {number} */ value, /** @type {string} */ lights) =>
      html("td", { title: full(value), "data-lights": lights }, shown(value));
    const go = html("button", { type: "button", class: "plain", "aria-label": word("table.go", { epoch }) }, epoch);
    return html("tr", { "data-index": index },
      html("th", { scope: "row" }, go),
      cell(walk.costs[index], "cost"),
      columns.map((i) => cell(walk.params[at + i], `p${i}`)),
      columns.map((i) => cell(walk.gradients[at + i], `gradient g${i}`)),
      !state.names.length && cell(state.runs[state.get("run")].gradient_lengths[index], "gradient"));
  }

  /** Show where the descent stands: all that a step changes. */
  function mark() {
    const at = state.get("at");
    if (extra !== null && extra !== at) {
      rows.get(extra)?.remove();
      rows.delete(extra);
      extra = null;
    }
    if (!rows.has(at) && from === null) {
      const row = rowOf(at), next = [...rows.keys()].filter((index) => index > at);
      body.insertBefore(row, rows.get(Math.min(...next)) ?? null);
      rows.set(at, row);
      extra = at;
    }
    body.querySelector("[aria-current]")?.removeAttribute("aria-current");
    rows.get(at)?.setAttribute("aria-current", "step");
  }

  state.on(["walk", "pair"], (changed) => {
    say(title, word("table.title"));
    say(help, word("table.help"));
    say(before, word("table.before"));
    say(after, word("table.after"));
    set(scroll, { "aria-label": word("table.title") });
    if (from !== null && (changed.has("walk") && from >= state.walk.count)) from = null;
    draw();
  });
  state.on(["at"], (changed) => {
    if (!changed.has("walk") && !changed.has("language")) mark();
  });
}
