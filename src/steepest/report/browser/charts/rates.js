// The curve from learning rate to epochs needed, with the cliff at the limit, the best rate and a dot to pull.

import { Frame } from "../core/axes.js";
import { fill, html, say, set, svg } from "../core/elements.js";
import { bestRate, fallFrom, needed, THOUSANDTH } from "./finish.js";
import { full, shown, whole } from "../core/numbers.js";
import { thread } from "./thread.js";
import { word } from "../words/words.js";

/** @typedef {import("../core/state.js").State} State */

const BELOW = 300;
const BEYOND = 1.7;
/** The picture goes from the limit / 300 to 1.7 of it. */

/** Two hundred rates, even by their logarithm, denser towards the limit. @param {number} limit @returns {number[]} */
export function ladder(limit) {
  const even = Array.from({ length: 140 }, (_, k) => (limit / BELOW) * (0.9 * BELOW) ** (k / 139));
  return [...even, ...Array.from({ length: 60 }, (_, k) => limit * (1 - 10 ** (-1 - (3 * (k + 1)) / 60)))];
}

/** @param {HTMLElement} place @param {State} state */
export function mountRates(place, state) {
  const title = html("h3"), help = html("p", { class: "help" }), holder = html("div", { class: "chart" });
  const options = ["share", "absolute"].map((value) => html("option", { value }));
  const measure = html("select", { onchange: () => draw() }, options), asked = html("span");
  const told = html("p"), exactly = html("p", { class: "note" }), summary = html("summary");
  const table = html("table", { class: "numbers" });
  const details = html("details", { ontoggle: () => tell() }, summary, html("div", { class: "scroll" }, table));
  place.append(title, help, html("label", { class: "row" }, asked, measure), holder, told, exactly, details);

  const path = svg("path", { class: "needs" }), cliff = svg("rect", { fill: "url(#cliff-hatch)" });
  const limitLine = svg("line", { class: "limit" });
  const limitName = svg("text", { class: "limit-name", "text-anchor": "end" });
  const grows = svg("text", { class: "limit-name", "text-anchor": "middle" }), clip = svg("rect");
  const best = svg("path", { class: "best" }), bestName = svg("text", { class: "best-name", "text-anchor": "end" });
  const dot = svg("circle", { class: "dot", r: 6 });
  const marker = svg("g", { class: "marker", role: "slider", tabindex: 0, "data-lights": "rate" },
    svg("circle", { class: "grip", r: 16 }), dot);
  const height = (/** @type {number} */ width) => (width < 420 ? 230 : 260);
  const frame = new Frame(holder, { label: "", height, redraw: () => draw(), left: 58 });
  set(frame.svg, { role: "group" });
  frame.marks.append(
    svg("defs", {}, svg("clipPath", { id: "rates-clip" }, clip), svg("pattern", {
      id: "cliff-hatch", width: 8, height: 8, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)",
    }, svg("line", { x1: 0, x2: 0, y1: 0, y2: 8, class: "hatch" }))),
    cliff, limitLine, svg("g", { "clip-path": "url(#rates-clip)" }, path), limitName, grows, best, bestName, marker,
  );

  /** @type {{fall: import("./finish.js").Fall, above: number, limit: number} | null} */
  let known = null;

  function draw() {
    const { bowl, modes, limit } = state;
    if (!frame.width || !bowl || !modes) return;
    const fall = fallFrom(bowl, state.get("start"), state.get("frozen"), modes);
    const above = measure.value === "absolute" ? THOUSANDTH : THOUSANDTH * fall.height;
    known = limit !== null && fall.height > above ? { fall, above, limit } : null;
    holder.hidden = details.hidden = exactly.hidden = !known;
    if (!known || limit === null) return say(told, word("rates.there"));
    const rates = ladder(limit), needs = rates.map((rate) => needed(fall, rate, above));
    const finite = needs.filter(Number.isFinite);
    const most = Math.max(2, needs[0] < Infinity ? needs[0] : Math.max(...finite));
    const { left, right, top, bottom } = frame.margin, low = frame.height - bottom, far = frame.width - right;
    frame.limits({
      x: [limit / BELOW, limit * BEYOND], y: [Math.max(0.7, Math.min(...finite) / 2), most * 1.5],
      logX: true, logY: true, xName: word("compare.rate"), yName: word("compare.epochs"),
    });
    set(clip, { x: left, y: top, width: far - left, height: low - top });
    const up = (/** @type {number} */ epochs) => Math.max(-1e4, frame.y(Math.max(epochs, 0.7)));
    set(path, { d: thread(rates.length, (i) => frame.x(rates[i]), (i) => up(needs[i])) });
    const edge = frame.x(limit);
    set(cliff, { x: edge, y: top, width: far - edge, height: low - top });
    set(limitLine, { x1: edge, x2: edge, y1: top, y2: low });
    set(limitName, { x: edge - 6, y: top + 13 });
    say(limitName, word("rates.limit", { rate: shown(limit) }));
    set(grows, { x: (edge + far) / 2, y: low - 8 });
    say(grows, far - edge > 50 ? word("rates.cliff") : "");
    const found = bestRate(fall, rates, above), x = frame.x(found.rate), y = up(found.epochs);
    set(best, { d: `M${x} ${y - 7}l7 7l-7 7l-7 -7Z` });
    set(bestName, { x: x - 8, y: Math.min(low - 6, y + 20) });
    say(bestName, word("rates.best_short", { rate: plain(found.rate), epochs: counted(found.epochs) }));
    const rate = state.get("rate"), here = needed(fall, rate, above);
    set(dot, { class: Number.isFinite(here) ? "dot" : "dot out" });
    const across = Math.max(left, Math.min(far, rate > 0 ? frame.x(rate) : left));
    set(marker, {
      transform: `translate(${across} ${Math.max(top, Math.min(low, up(here)))})`,
      "aria-valuenow": rate, "aria-valuetext": `${plain(rate)}: ${counted(here)}`,
      "aria-valuemin": frame.spanX[0], "aria-valuemax": frame.spanX[1],
    });
    const sentences = [word("rates.here", { rate: plain(rate), epochs: counted(here) }),
      word("rates.best", { rate: plain(found.rate), epochs: counted(found.epochs) })].join(" ");
    say(told, sentences);
    const ends = word("rates.limit", { rate: shown(limit) });
    set(frame.svg, { "aria-label": `${word("rates.title")}. ${sentences} ${ends}.` });
    say(exactly, word("rates.exactly", { above: shown(above), floor: shown(fall.floor), height: shown(fall.height) }));
    set(exactly, { title: `${full(above)}; ${full(fall.floor)}; ${full(fall.height)}` });
    tell();
  }

  /** The table, while it is open. */
  function tell() {
    if (!details.open || !known) return;
    const { fall, above, limit } = known;
    const rates = [];
    for (let power = Math.floor(Math.log10(limit)) - 2; power <= Math.ceil(Math.log10(limit)); power++)
      for (const mantissa of [1, 2, 3, 5, 7]) rates.push(Number(`${mantissa}e${power}`));
    const rows = [...rates.filter((rate) => rate < limit * 1.5), state.get("rate")].sort((one, two) => one - two);
    fill(table, html("thead", {}, html("tr", {}, html("th", { scope: "col" }, word("compare.rate")),
      html("th", { scope: "col" }, word("compare.epochs")))),
      html("tbody", {}, [...new Set(rows)].map((rate) => html("tr", {}, html("th", { scope: "row" }, plain(rate)),
        html("td", {}, finished(needed(fall, rate, above)))))));
  }

  const pull = (/** @type {PointerEvent} */ event) => {
    const [low, high] = frame.spanX, rate = Math.max(low, Math.min(high, frame.at(event)[0]));
    state.set({ rate: Number(rate.toPrecision(3)) });
  };
  let pulling = false;
  frame.svg.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    pulling = true;
    frame.svg.setPointerCapture(event.pointerId);
    pull(event);
  });
  frame.svg.addEventListener("pointermove", (event) => pulling && pull(event));
  for (const ending of ["pointerup", "pointercancel"]) frame.svg.addEventListener(ending, () => (pulling = false));
  marker.addEventListener("keydown", (event) => {
    const factor = { ArrowRight: 1.02, ArrowUp: 1.02, ArrowLeft: 1 / 1.02, ArrowDown: 1 / 1.02, PageUp: 1.25,
      PageDown: 0.8 }[event.key];
    if (factor === undefined) return;
    state.set({ rate: Number((state.get("rate") * factor).toPrecision(4)) });
    event.preventDefault();
    event.stopPropagation();
  });

  state.on(["modes", "walk"], () => {
    say(title, word("rates.title"));
    say(help, word("rates.help"));
    say(asked, word("rates.measure"));
    for (const option of options) say(option, word(`rates.${option.value}`));
    say(summary, word("rates.table"));
    set(marker, { "aria-label": word("rates.dot") });
    draw();
  });
}

/** A rate without the zeros at its end, as one types it. @param {number} rate */
export function plain(rate) {
  return shown(rate).replace(/(\.\d*?)0+$/, "$1").replace(/\.$/, "");
}

/** @param {number} epochs */
export function finished(epochs) {
  return Number.isFinite(epochs) ? whole(epochs) : word("compare.never");
}

/** @param {number} epochs */
function counted(epochs) {
  return Number.isFinite(epochs) ? word("rates.count", { epochs: whole(epochs) }) : word("compare.never");
}
