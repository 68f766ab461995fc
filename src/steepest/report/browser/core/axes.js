// A frame with two axes that fits its place at any width, and stands still until it is told other limits.

import { fill, set, svg } from "./elements.js";
import { shown } from "./numbers.js";

/** @typedef {[number, number]} Span */

/** Pixels: what an upright axis name takes at the left, and the width of a figure of 12 pixels. */
const BESIDE_NAME = 26;
const LETTER = 7;

/** Round places between two ends, at most so many. @param {Span} span @param {number} most @returns {number[]} */
export function ticks([low, high], most) {
  const rough = (high - low) / Math.max(1, most);
  if (!(rough > 0) || !Number.isFinite(rough)) return [low];
  const size = 10 ** Math.floor(Math.log10(rough)), step = size * ([1, 2, 5, 10].find((k) => k * size >= rough) ?? 10);
  const places = [];
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + 1e-9 * step; k++) places.push(Number((k * step).toPrecision(12)));
  return places;
}

/** Powers of ten between two ends, at most so many. @param {Span} span @param {number} most @returns {number[]} */
export function powers([low, high], most) {
  const first = Math.ceil(Math.log10(low) - 1e-9), last = Math.floor(Math.log10(high) + 1e-9);
  if (last - first < 1) return ticks([low, high], most).filter((place) => place > 0);
  const every = Math.max(1, Math.ceil((last - first + 1) / most)), places = [];
  for (let power = first; power <= last; power += every) places.push(10 ** power);
  return places;
}

export class Frame {
  /**
   * @param {HTMLElement} place
   * @param {{label: string, height: (width: number) => number, redraw: () => void, left?: number, bottom?: number,
   *          top?: number, right?: number}} how `label` is read out instead of the picture
   */
  constructor(place, { label, height, redraw, left = 52, bottom = 36, top = 10, right = 12 }) {
    this.margin = { left, bottom, top, right };
    this.least = left;
    this.width = this.height = 0;
    this.logX = this.logY = false;
    /** @type {Span} */ this.spanX = [0, 1];
    /** @type {Span} */ this.spanY = [0, 1];
    this.grid = svg("g", { class: "grid", "aria-hidden": "true" });
    this.marks = svg("g", { class: "marks" });
    this.svg = svg("svg", { class: "frame", role: "img", "aria-label": label }, this.grid, this.marks);
    place.append(this.svg);
    const fit = () => {
      const width = Math.max(160, Math.floor(place.clientWidth)), tall = Math.floor(height(width));
      if (width === this.width && tall === this.height) return;
      [this.width, this.height] = [width, tall];
      set(this.svg, { width, height: tall, viewBox: `0 0 ${width} ${tall}` });
      redraw();
    };
    this.observer = new ResizeObserver(fit);
    this.observer.observe(place);
    queueMicrotask(fit);
  }

  /** Lay the axes out anew. @param {{x: Span, y: Span, xName: string, yName: string, logX?: boolean, logY?: boolean}} to */
  limits({ x, y, xName, yName, logX = false, logY = false }) {
    Object.assign(this, { spanX: x, spanY: y, logX, logY });
    const across = (logX ? powers : ticks)(x, this.width / 70), up = (logY ? powers : ticks)(y, this.height / 45);
    const widest = Math.max(...up.map((value) => tickName(value, logY).length));
    if (this.least) this.margin.left = Math.max(this.least, BESIDE_NAME + LETTER * widest);
    const { left, bottom, top, right } = this.margin, low = this.height - bottom, far = this.width - right;
    fill(
      this.grid,
      up.map((value) => svg("line", { x1: left, x2: far, y1: this.y(value), y2: this.y(value) })),
      across.map((value) => svg("line", { y1: top, y2: low, x1: this.x(value), x2: this.x(value) })),
      up.map((value) => svg("text", { x: left - 6, y: this.y(value) + 4, "text-anchor": "end" }, tickName(value, logY))),
      across.map((value) => svg("text", { x: this.x(value), y: low + 16, "text-anchor": "middle" }, tickName(value, logX))),
      svg("text", { class: "name", x: (left + far) / 2, y: this.height - 4, "text-anchor": "middle" }, cut(xName, this.width / 7)),
      svg("text", { class: "name", transform: `translate(12 ${(top + low) / 2}) rotate(-90)`, "text-anchor": "middle" }, cut(yName, this.height / 8)),
    );
  }

  /** @param {number} value */
  x(value) {
    const { left, right } = this.margin;
    return left + part(value, this.spanX, this.logX) * (this.width - left - right);
  }

  /** @param {number} value */
  y(value) {
    const { bottom, top } = this.margin;
    return this.height - bottom - part(value, this.spanY, this.logY) * (this.height - bottom - top);
  }

  /** The place in the data of a place on the screen. @param {{clientX: number, clientY: number}} event @returns {Span} */
  at({ clientX, clientY }) {
    const box = this.svg.getBoundingClientRect(), { left, right, bottom, top } = this.margin;
    const across = ((clientX - box.left) * (this.width / box.width) - left) / (this.width - left - right);
    const up = (this.height - bottom - (clientY - box.top) * (this.height / box.height)) / (this.height - bottom - top);
    return [whole(across, this.spanX, this.logX), whole(up, this.spanY, this.logY)];
  }
}

/** @param {number} value @param {Span} span @param {boolean} log */
function part(value, [low, high], log) {
  return log ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low);
}

/** @param {number} share @param {Span} span @param {boolean} log */
function whole(share, [low, high], log) {
  return log ? low * (high / low) ** share : low + share * (high - low);
}

/** @param {number} value @param {boolean} log */
function tickName(value, log) {
  if (log && (value < 1e-3 || value > 1e4)) return shown(value, 1).replace("1 × ", "");
  return shown(value, 6).replace(/(\.\d*?)0+$/, "$1").replace(/\.$/, "");
}

/** A name that fits its axis; the whole of it is its title elsewhere. @param {string} name @param {number} most */
export function cut(name, most) {
  return name.length <= most ? name : `${name.slice(0, Math.max(1, Math.floor(most) - 1))}…`;
}
