// The spectrum of the Hessian: eigenvalues with how far each may be off, and how all of them are spread.

import { Frame } from "../core/axes.js";
import { fill, html, say, set, svg } from "../core/elements.js";
import { full, shown, whole } from "../core/numbers.js";
import { whileNear } from "../core/near.js";
import { thread } from "../charts/thread.js";
import { word } from "../words/words.js";

/** @typedef {import("../core/state.js").State} State */

/** Fewer eigenvalues than these are said in words already. */
const FEWEST = 3;
/** Densities below this share of the highest are nothing but a Gaussian's foot. */
const FOOT = 1e-6;
const MOST_ROWS = 40;

/** @param {HTMLElement} place @param {State} state */
export function mountSpectrum(place, state) {
  const { curvature, density } = state.data, values = /** @type {number[]} */ (curvature?.eigenvalues ?? []);
  if (!density && (state.live || values.length < FEWEST)) {
    place.hidden = true;
    return;
  }
  const title = html("h2"), help = html("p", { class: "help" }), picture = html("div", { class: "picture" });
  const frame = new Frame(picture, { label: "", height: (width) => (width < 480 ? 240 : 300), redraw: () => draw(), left: density ? 66 : 24 });
  const band = svg("path", { class: "band" }), curve = svg("path", { class: "curve" }), sticks = svg("g", { class: "sticks" });
  const limit = svg("line", { class: "limit" }), limitName = svg("text", { class: "limit-name" });
  frame.marks.append(band, curve, sticks, limit, limitName);
  const key = html("ul", { class: "key" }), notes = html("ul", { class: "notes" });
  const summary = html("summary"), table = html("div", { class: "scroll", role: "region", tabindex: 0 });
  place.append(title, help, picture, key, notes, html("details", {}, summary, table));

  function draw() {
    if (!frame.width) return;
    const residuals = /** @type {number[]} */ (curvature?.residuals ?? []), rate = state.walk.rate;
    const grid = /** @type {number[]} */ (density?.grid ?? []), tall = Math.max(...(density?.density ?? [1]));
    let low = Math.min(0, ...values, ...grid.slice(0, 1)), high = Math.max(0, ...values, ...grid.slice(-1));
    const stable = rate > 0 ? 2 / rate : Infinity, near = stable < high + 2 * (high - low);
    if (near) high = Math.max(high, stable);
    const room = 0.04 * (high - low || 1);
    [low, high] = [low - room, high + room];
    frame.limits({
      x: [low, high], y: density ? [FOOT * tall, 3 * tall] : [0, 1], logY: Boolean(density), xName: word("spectrum.eigenvalue"),
      yName: density ? word("spectrum.density") : "",
    });
    if (!density) for (const text of frame.grid.querySelectorAll("text[text-anchor=end], line")) text.remove();
    const base = frame.height - frame.margin.bottom, { top } = frame.margin;
    const up = (/** @type {number} */ share) => frame.y(Math.max(FOOT * tall, Math.min(3 * tall, share))).toFixed(1);
    const seen = (/** @type {number} */ k) => density.density[k] > FOOT * tall ? Number(up(density.density[k])) : NaN;
    set(curve, { d: density ? thread(grid.length, (k) => frame.x(grid[k]), seen) : null });
    const edge = (/** @type {number} */ sign) => grid.map((value, k) => `${frame.x(value).toFixed(1)} ${up(density.density[k] + sign * (density.spread[k] ?? 0))}`);
    set(band, { d: density ? `M${[...edge(1), ...edge(-1).reverse()].join("L")}Z` : null });
    const high0 = density ? base - 0.25 * (base - top) : top + 14;
    fill(sticks, values.flatMap((value, k) => {
      const x = frame.x(value), off = Math.abs(frame.x(value + residuals[k]) - x);
      return [svg("line", { x1: x, x2: x, y1: base, y2: high0, class: value < 0 ? "down" : "" }),
        off >= 1 ? svg("path", { class: "off", d: `M${x - off} ${high0 - 4}v8M${x - off} ${high0}h${2 * off}M${x + off} ${high0 - 4}v8` }) : null];
    }));
    for (const part of [limit, limitName]) set(part, { display: near ? null : "none" });
    if (near) {
      const x = frame.x(stable), toTheLeft = x > frame.width / 2;
      set(limit, { x1: x, x2: x, y1: top, y2: base });
      set(limitName, { x: x + (toTheLeft ? -6 : 6), y: top + 12, "text-anchor": toTheLeft ? "end" : "start" });
      say(limitName, word("spectrum.limit", { rate: shown(rate) }));
    }
    const mark = (/** @type {string} */ name, /** @type {string} */ text) => html("li", {}, html("span", { class: `mark ${name}`, "aria-hidden": "true" }), text);
    fill(key,
      values.length > 0 && mark("stick", word(curvature.partial ? "spectrum.ends" : "spectrum.all", { count: whole(values.length) })),
      values.some((value) => value < 0) && mark("stick down", word("spectrum.negative")),
      density && mark("curve", word("spectrum.spread", { width: shown(density.width, 2) })),
    );
    const worst = Math.max(0, ...residuals);
    fill(notes,
      values.length > 0 && html("li", {}, word("spectrum.residual", { worst: shown(worst, 2) })),
      curvature && html("li", {}, word("cuts.method", { method: curvature.method })),
      density && html("li", {}, word("cuts.method", { method: density.method })),
    );
    set(frame.svg, { "aria-label": word("spectrum.alt", { low: shown(Math.min(...values, ...grid)), high: shown(Math.max(...values, ...grid)) }) });
    const some = values.length > MOST_ROWS ? [...values.keys()].filter((k) => k < MOST_ROWS / 2 || k >= values.length - MOST_ROWS / 2) : [...values.keys()];
    fill(table, html("table", { class: "numbers" },
      html("thead", {}, html("tr", {}, ["#", word("spectrum.eigenvalue"), word("spectrum.off")].map((text) => html("th", { scope: "col" }, text)))),
      html("tbody", {}, some.map((k) => html("tr", {}, html("th", { scope: "row" }, k + 1),
        html("td", { title: full(values[k]) }, shown(values[k], 6)), html("td", { title: full(residuals[k]) }, shown(residuals[k], 2)))))));
    table.parentElement?.toggleAttribute("hidden", !values.length);
  }

  const redraw = whileNear(place, () => draw());
  state.on(["run", "walk"], () => {
    say(title, word("spectrum.title"));
    say(help, word("spectrum.help"));
    say(summary, word("spectrum.table"));
    set(table, { "aria-label": word("spectrum.table") });
    redraw();
  });
}
