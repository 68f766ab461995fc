// The canvas under a picture: drawn soft while hands move it, and sharp at rest.

import { Buffers } from "./scene.js";

/** How long after the last movement the picture is drawn sharp, in ms. */
const REST = 160;
const SHARP = 2;

/** @typedef {(context: CanvasRenderingContext2D, ratio: number, buffers: Buffers) => void} Draw */

export class Sheet {
  /** @param {HTMLCanvasElement} canvas */
  constructor(canvas) {
    this.canvas = canvas;
    this.context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    this.buffers = new Buffers();
    this.rest = 0;
  }

  /** @param {{width: number, height: number}} size of the page's pixels @param {Draw} draw */
  show(size, draw) {
    this.#paint(size, draw, Math.min(SHARP, devicePixelRatio >= 2 ? devicePixelRatio / 2 : devicePixelRatio));
    clearTimeout(this.rest);
    this.rest = setTimeout(() => this.#paint(size, draw, SHARP), REST);
  }

  /** Nothing on it. @param {{width: number, height: number}} size */
  clear(size) {
    clearTimeout(this.rest);
    this.#paint(size, () => {}, 1);
  }

  /** @param {{width: number, height: number}} size @param {Draw} draw @param {number} ratio */
  #paint({ width, height }, draw, ratio) {
    const { canvas, context } = this, pixels = { width: Math.round(width * ratio), height: Math.round(height * ratio) };
    for (const side of /** @type {const} */ (["width", "height"]))
      if (canvas[side] !== pixels[side]) canvas[side] = pixels[side];
    [canvas.style.width, canvas.style.height] = [`${width}px`, `${height}px`];
    context.clearRect(0, 0, canvas.width, canvas.height);
    draw(context, ratio, this.buffers);
  }
}
