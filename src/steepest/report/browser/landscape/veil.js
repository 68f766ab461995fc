// The fog: a veil over the ground, with a hole around every tap and around where it stands, and the costs felt there.

import { fill, set, svg } from "../core/elements.js";
import { shown } from "../core/numbers.js";

/** @typedef {import("../core/state.js").State} State */
/** @typedef {import("./scene.js").Scene} Scene */

/** A hole is so wide, as a share of the picture. */
const HOLE = 0.055;
const NUMBERS = 12;

export class Veil {
  constructor() {
    this.holes = svg("g");
    this.sheet = svg("rect", { x: 0, y: 0, class: "veil", mask: "url(#veil-holes)" });
    this.whole = svg("rect", { x: 0, y: 0, fill: "white" });
    this.element = svg("g", { "aria-hidden": "true", "pointer-events": "none" },
      svg("radialGradient", { id: "veil-edge" },
        svg("stop", { offset: "0.6", "stop-color": "black" }),
        svg("stop", { offset: "1", "stop-color": "black", "stop-opacity": 0 })),
      svg("mask", { id: "veil-holes", maskUnits: "userSpaceOnUse", x: 0, y: 0 }, this.whole, this.holes), this.sheet);
    this.taps = svg("g", { class: "taps" });
  }

  /** @param {State} state @param {Scene | null} scene @param {{width: number, height: number}} size */
  show(state, scene, { width, height }) {
    const on = state.get("fog") && scene !== null;
    set(this.element, { display: on ? null : "none" });
    set(this.taps, { display: on ? null : "none" });
    if (!on) return;
    const mask = /** @type {Element} */ (this.holes.parentNode);
    for (const sheet of [this.sheet, this.whole, mask]) set(sheet, { width, height });
    const [one, two] = scene.ground.pair, taps = state.get("taps");
    const places = taps.map(({ params, cost }) => ({ ...scene.spot(params[one], params[two], cost), cost }));
    const here = state.here, cost = scene.ground.cost(here[one], here[two]);
    const spots = [...places, scene.spot(here[one], here[two], cost)];
    const r = Math.max(16, HOLE * Math.min(width, 1.6 * height));
    fill(this.holes, spots.filter(({ x, y }) => Number.isFinite(x + y))
      .map(({ x, y }) => svg("circle", { cx: x, cy: y, r, fill: "url(#veil-edge)" })));
    fill(this.taps,
      places.map(({ x, y }) => svg("circle", { class: "tap", cx: x, cy: y, r: 3.5 })),
      places.slice(-NUMBERS).map(({ x, y, cost: felt }) =>
        svg("text", { x, y: y - 8, "text-anchor": "middle" }, shown(felt))),
    );
  }
}
