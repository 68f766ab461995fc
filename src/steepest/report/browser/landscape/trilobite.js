// The blind trilobite, from the drawing that comes with the page: from above, or standing on a curve.

import { set, svg } from "../core/elements.js";

/** @typedef {[number, number]} Spot */
/** @typedef {{path: string, fill: string | null, width: number, ink: string}} Shape */
/**
 * @typedef {object} Figure
 * @property {Shape[]} shapes
 * @property {Spot} hand
 * @property {Spot} tip
 * @property {number[]} hips
 * @property {number} belly
 * @property {number} ground
 * @property {Spot[]} hem
 */

const BOX = 100;
const HALO = 5;
/** On a steeper slope the legs make up for the rest, so that it stays upright. */
const STEEPEST_TILT = Math.PI / 4;
/** Steeper than this it clings with its nose, and its feet hang in the air: it is not to be lifted off the picture. */
const CLIFF = 1.7;
const INK = "#33231a", PAPER = "#fff", RED = "#d55e00";

/** @returns {Record<"side" | "above", Figure>} */
function poses() {
  return JSON.parse(document.getElementById("drawing")?.textContent ?? "{}");
}

/**
 * A trilobite that can be stood somewhere again and again; hidden from screen readers, never in a pointer's way.
 * @param {"side" | "above"} pose
 */
export function trilobite(pose) {
  const figure = poses()[pose];
  const part = (/** @type {Shape} */ { path, fill, width, ink }, /** @type {boolean} */ halo) => svg("path", {
    d: path, fill: halo ? "none" : fill ?? "none",
    stroke: halo ? PAPER : ink, "stroke-width": width + (halo ? HALO : 0),
  });
  const limb = (/** @type {number} */ width, /** @type {string} */ ink = INK) => ({ path: "", fill: null, width, ink });
  const [x, y] = figure?.hand ?? [0, 0];
  const arm = { ...limb(3.4), path: `M ${x - 13} ${y + 10} C ${x - 7} ${y + 10} ${x - 2} ${y + 6} ${x} ${y}` };
  const legs = figure ? figure.hips.map(() => limb(3.4)) : [];
  const shapes = figure ? [...legs, ...figure.shapes, arm, limb(5), limb(2.4, PAPER), limb(2.8, RED)] : [];
  // All of the halo first, so that it lies behind the whole trilobite.
  const lines = [true, false].map((halo) => shapes.map((shape) => part(shape, halo)));
  const element = svg("g", {
    class: "trilobite", "aria-hidden": "true", "pointer-events": "none",
    "stroke-linecap": "round", "stroke-linejoin": "round",
  }, ...lines);
  const reach = (/** @type {number[]} */ which, /** @type {string} */ path) => {
    for (const layer of lines) for (const index of which) set(layer[index], { d: path });
  };
  /** A white cane with a red end, from a little above the hand. @param {Spot} tip */
  const cane = (tip) => {
    const from = (/** @type {number} */ share) =>
      `M ${near(x + share * (tip[0] - x))} ${near(y + share * (tip[1] - y))} L ${near(tip[0])} ${near(tip[1])}`;
    const last = shapes.length - 1;
    reach([last - 2, last - 1], from(-0.45));
    reach([last], from(0.75));
  };
  if (figure) cane(figure.tip);

  return {
    element,

    /**
     * With the tip of its cane on a place, `size` wide.
     * @param {number} tipX @param {number} tipY @param {number} size
     */
    stand(tipX, tipY, size) {
      if (!figure) return;
      const scale = size / BOX, x = near(tipX - figure.tip[0] * scale), y = near(tipY - figure.tip[1] * scale);
      set(element, { transform: `translate(${x} ${y}) scale(${scale})` });
    },

    /**
     * From the side, on a curve: its nose at a place across, every foot on the ground, its cane on a tap.
     * @param {(x: number) => number} ground the curve, y on the screen of an x on the screen
     * @param {{x: number, tip: number, right: boolean, size: number}} how places across; it looks right or left
     */
    standOn(ground, { x: noseX, tip, right, size }) {
      if (!figure) return;
      const scale = size / BOX, way = right ? 1 : -1, nose = Math.abs(tip - noseX) > 1 ? 86 : figure.tip[0] + 4;
      // Heights in the drawing's units, upwards.
      const level = -ground(noseX) / scale;
      const earth = (/** @type {number} */ across) => {
        const reach = CLIFF * Math.abs(across - nose), there = -ground(noseX + way * (across - nose) * scale) / scale;
        return Math.max(level - reach, Math.min(level + reach, there));
      };
      const rear = figure.hips[0], front = figure.hips[figure.hips.length - 1], pivot = (rear + front) / 2;
      const steep = Math.atan2(earth(front) - earth(rear), front - rear);
      const tilt = Math.max(-STEEPEST_TILT, Math.min(STEEPEST_TILT, steep)), c = Math.cos(tilt), s = Math.sin(tilt);
      const turned = (/** @type {Spot} */ [across, down]) => {
        const a = across - pivot, b = figure.ground - down;
        return [a * c - b * s + pivot, a * s + b * c];
      };
      const hips = figure.hips.map((hip) => turned([hip, figure.belly]));
      const clear = hips.map(([a, b]) => earth(a) - b + 0.6 * (figure.ground - figure.belly));
      const lift = Math.max(...clear, ...figure.hem.map(turned).map(([a, b]) => earth(a) - b));
      const inDrawing = (/** @type {number} */ across, /** @type {number} */ up) => {
        const a = across - pivot, b = up - lift;
        return /** @type {Spot} */ ([pivot + a * c + b * s, figure.ground + a * s - b * c]);
      };
      figure.hips.forEach((hip, index) => {
        const [a] = hips[index], [footX, footY] = inDrawing(a - 2, earth(a - 2));
        reach([index], `M ${hip} ${figure.belly} L ${near(footX)} ${near(footY)} L ${near(footX + 4)} ${near(footY)}`);
      });
      const tipAcross = nose + (way * (tip - noseX)) / scale;
      cane(inDrawing(tipAcross, earth(tipAcross)));
      const move = [
        `translate(${near(noseX)} 0) scale(${way * scale} ${scale}) translate(${-nose} ${near(-lift)})`,
        `translate(${pivot} 0) rotate(${near((-tilt * 180) / Math.PI)}) translate(${-pivot} ${-figure.ground})`];
      set(element, { transform: move.join(" ") });
    },
  };
}

/** @param {number} value */
function near(value) {
  return Number(value.toFixed(2));
}
