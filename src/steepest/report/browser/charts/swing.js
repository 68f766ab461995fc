// One step of the line, shown once as a swing; nothing swings under a hand that scrubs, or where motion is unwanted.

const LASTS = 420;
/** Milliseconds. */
const HURRIED = 300;
/** Of changes that come faster than this, in milliseconds, each is shown at once. */

export class Swing {
  #asked = 0;
  #last = -Infinity;
  #place = NaN;
  /** @type {Float64Array | null} */ #now = null;

  /** @param {(values: Float64Array) => void} draw */
  constructor(draw) {
    this.draw = draw;
    this.still = matchMedia("(prefers-reduced-motion: reduce)");
  }

  /**
   * Draw these values: by a swing from those before where a person went one step on.
   * @param {Float64Array} values @param {number} place epoch and phase, counted in phases @param {boolean} atOnce
   */
  to(values, place, atOnce) {
    cancelAnimationFrame(this.#asked);
    const from = this.#now, time = performance.now(), near = Math.abs(place - this.#place);
    const swings = from && !atOnce && !this.still.matches && near > 0 && near <= 4 && time - this.#last > HURRIED &&
      from.length === values.length && values.every(Number.isFinite) && from.every(Number.isFinite) &&
      values.some((value, i) => value !== from[i]);
    this.#last = time;
    this.#place = place;
    if (!swings) {
      this.#now = values;
      this.draw(values);
      return;
    }
    const frame = (/** @type {number} */ now) => {
      const part = Math.min(1, Math.max(0, (now - time) / LASTS)), eased = part * part * (3 - 2 * part);
      this.#now = values.map((value, i) => (part < 1 ? from[i] + eased * (value - from[i]) : value));
      this.draw(this.#now);
      if (part < 1) this.#asked = requestAnimationFrame(frame);
    };
    frame(time);
  }
}
