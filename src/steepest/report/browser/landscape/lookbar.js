// The controls around the landscape: how it is looked at, how it is turned, its key, and its edge.

import { cut } from "../core/axes.js";
import { STAR } from "./box.js";
import { fill, html, say, set, svg } from "../core/elements.js";
import { shown } from "../core/numbers.js";
import { turnButtons } from "./turning.js";
import { word } from "../words/words.js";

/** @typedef {import("../core/state.js").State} State */

const LOOKS = /** @type {const} */ (["surface", "contour", "slices"]);
const HEIGHTS = /** @type {const} */ (["linear", "root", "log"]);

/** @param {State} state @param {boolean} single whether there is one parameter only */
export function lookbar(state, single) {
  const looks = LOOKS.map((look) => html("button", { type: "button", onclick: () => state.set({ look }) }));
  const kinds = HEIGHTS.map((height) => html("button", { type: "button", onclick: () => state.set({ height }) }));
  const turns = turnButtons(state);
  const edgeText = html("span"), zoom = html("button", { type: "button" });
  const group = (/** @type {string} */ name, /** @type {HTMLElement[]} */ ...buttons) =>
    html("div", { class: `choices ${name}`, role: "group" }, buttons);
  let said = "", far = true;
  const bar = {
    looks: group("looks", ...looks), heights: group("heights", ...kinds), turns: turns.element,
    edge: html("div", { class: "edge", hidden: true }, edgeText, " ", zoom),
    key: html("ul", { class: "key" }),
    /** @type {(far: boolean) => void} */
    onZoom: () => {},

    words() {
      const look = state.get("look");
      LOOKS.forEach((name, k) => {
        say(looks[k], word(`landscape.${name}`));
        set(looks[k], { "aria-pressed": String(look === name) });
      });
      HEIGHTS.forEach((name, k) => {
        say(kinds[k], word(`landscape.${name}`));
        set(kinds[k], { "aria-pressed": String(state.get("height") === name) });
      });
      turns.words();
      set(bar.looks, { "aria-label": word("landscape.look") });
      set(bar.heights, { "aria-label": word("landscape.height") });
      bar.looks.hidden = single;
      bar.heights.hidden = look === "slices";
      bar.turns.hidden = look !== "surface";
      said = "";
    },

    /**
     * What the marks mean; made anew only when it says something else.
     * @param {{capped: boolean, bottom: boolean, length: number, look: string, holes: boolean,
     *          runs: {label: string, number: number, look: {colour: string, dash: string}}[]}} now
     */
    keys({ capped, bottom, length, look, holes, runs }) {
      const fog = state.get("fog"), cuts = look === "slices";
      const { run, language } = state.settings;
      const wanted = [capped, bottom, length, look, holes, fog, runs.length, run, language].join();
      if (wanted === said) return;
      said = wanted;
      const arrow = word(capped ? "landscape.key.capped" : "landscape.key.arrow", { length: shown(length, 1) });
      fill(bar.key,
        cuts && item(word("landscape.key.tangent"), [line("tangent")], "gradient"),
        !cuts && item(word("landscape.key.path"), [line("path halo"), line("path core")]),
        !cuts && !fog && item(word("landscape.key.next"), [svg("g", { class: "ghost" }, dot(5.5), dot(1.5))], "next"),
        !cuts && !fog && item(arrow, [svg("g", { class: "arrow" }, line("shaft"), point("tip"))], "gradient"),
        (cuts || bottom) && item(word("landscape.key.lowest"),
          [svg("path", { class: "lowest", transform: "translate(13 7) scale(.85)", d: STAR })]),
        !cuts && fog && item(word("landscape.key.tap"), [svg("g", { class: "tap" }, dot(4))]),
        !cuts && runs.map(({ label, number, look: { colour, dash } }) => item(cut(label || `#${number + 1}`, 28),
          [line("path halo"), line("run", { stroke: colour, "stroke-dasharray": dash })])),
        !cuts && holes &&
          html("li", {}, html("span", { class: "mark hole", "aria-hidden": "true" }), word("landscape.holes")),
      );
    },

    /** @param {{out: {name: string, value: string, epoch: number} | null, zoomed: boolean, canZoom: boolean}} now */
    showEdge({ out, zoomed, canZoom }) {
      bar.edge.hidden = !out && !zoomed;
      say(edgeText, out ? word("landscape.left", { ...out, name: cut(out.name, 24) }) : "");
      far = !zoomed;
      zoom.hidden = !canZoom || state.get("look") === "slices" && !zoomed && !out;
      say(zoom, word(zoomed ? "landscape.near" : "landscape.far"));
    },
  };
  zoom.addEventListener("click", () => bar.onZoom(far));
  return bar;
}

/** An entry of the key. @param {string} text @param {SVGElement[]} marks @param {string | null} [lights] */
function item(text, marks, lights = null) {
  const picture = svg("svg", { width: 26, height: 14, viewBox: "0 0 26 14", "aria-hidden": "true" }, marks);
  return html("li", { "data-lights": lights }, picture, text);
}

/** @param {string} name @param {import("../core/elements.js").Facts} [facts] */
function line(name, facts = {}) {
  return svg("path", { class: name, d: "M1 7H25", fill: "none", ...facts });
}

/** @param {string} name */
function point(name) {
  return svg("path", { class: name, d: "M26 7L17 2.5V11.5Z" });
}

/** @param {number} r */
function dot(r) {
  return svg("circle", { cx: 13, cy: 7, r });
}
