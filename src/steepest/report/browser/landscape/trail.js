// A walk as beads on the ground: what of it is in the frame, close enough together to follow the surface.

/** @typedef {import("../core/engine.js").Walk} Walk */
/** @typedef {import("./ground.js").Ground} Ground */
/** @typedef {{a: number, b: number, cost: number, index: number, gap: boolean, step: boolean}} Bead towards a step */
/** @typedef {{a: number, b: number, index: number}} Exit where the way to a step leaves the frame */

/** Less than a pixel. */
const SHORT = 0.004;
/** A straight piece is divided, so that it bends with the surface. */
const PIECE = 0.07;
const MOST_PIECES = 24;
const MOST_BEADS = 2500;
/** Of a step so many times longer than half the frame, float64 no longer knows where it crosses it. */
const LONG = 1e6;

/**
 * @param {Walk} walk @param {Ground} ground
 * @param {(params: Float64Array) => number | null} costOf null where the page does not know
 * @param {number} [short] steps shorter than this share of half the frame are joined
 * @returns {{beads: Bead[], out: Exit | null}}
 */
export function trail(walk, { pair, reach }, costOf, short = SHORT) {
  const { size, count, params, costs } = walk;
  /** @type {Bead[]} */
  const beads = [];
  /** @type {Exit | null} */
  let out = null;
  const row = (/** @type {number} */ index) => params.subarray(index * size, (index + 1) * size);
  const wide = (reach.x[1] - reach.x[0]) / 2, deep = (reach.y[1] - reach.y[0]) / 2;
  const mixed = new Float64Array(size);
  /** @type {(from: number, to: number, part: number) => number} */
  const mix = (from, to, part) => {
    const one = row(from), two = row(to);
    for (let i = 0; i < size; i++) mixed[i] = one[i] + part * (two[i] - one[i]);
    return costOf(mixed) ?? costs[from] + part * (costs[to] - costs[from]);
  };
  /** @type {(from: number, to: number, part: number, gap: boolean) => void} */
  const bead = (from, to, part, gap) => {
    const cost = mix(from, to, part);
    beads.push({ a: mixed[pair[0]], b: mixed[pair[1]], cost, index: to, gap, step: part === 1 });
  };
  let from = 0;
  if (inside(row(0), pair, reach)) bead(0, 0, 1, true);
  for (let to = 1; to < count && beads.length < MOST_BEADS; to++) {
    const one = row(from), two = row(to);
    const length = Math.hypot((two[pair[0]] - one[pair[0]]) / wide, (two[pair[1]] - one[pair[1]]) / deep);
    if (!Number.isFinite(length)) break;
    if (length < short && to < count - 1) continue;
    const part = length < LONG ? clipped(one, two, pair, reach) : null;
    if (part) {
      const pieces = Math.max(1, Math.min(MOST_PIECES, Math.ceil((length * (part[1] - part[0])) / PIECE)));
      const gap = part[0] > 0 || !beads.length;
      if (gap) bead(from, to, part[0], true);
      for (let k = 1; k <= pieces; k++) bead(from, to, part[0] + ((part[1] - part[0]) * k) / pieces, false);
      if (part[1] < 1 && !out) out = { a: mixed[pair[0]], b: mixed[pair[1]], index: to };
    }
    from = to;
  }
  return { beads, out };
}

/** @param {Float64Array} point @param {[number, number]} pair @param {import("./reach.js").Reach} reach */
function inside(point, pair, { x, y }) {
  return point[pair[0]] >= x[0] && point[pair[0]] <= x[1] && point[pair[1]] >= y[0] && point[pair[1]] <= y[1];
}

/**
 * The part of a straight piece that is in the frame (Liang and Barsky, 1984).
 * @param {Float64Array} one @param {Float64Array} two @param {[number, number]} pair
 * @param {import("./reach.js").Reach} reach @returns {[number, number] | null}
 */
function clipped(one, two, pair, { x, y }) {
  let start = 0, end = 1;
  for (const [i, [low, high]] of /** @type {const} */ ([[pair[0], x], [pair[1], y]])) {
    const way = two[i] - one[i];
    if (way === 0 && (one[i] < low || one[i] > high)) return null;
    if (way === 0) continue;
    const first = (low - one[i]) / way, second = (high - one[i]) / way;
    start = Math.max(start, Math.min(first, second));
    end = Math.min(end, Math.max(first, second));
  }
  return start < end ? [start, end] : null;
}

/** Beads as they lie on the screen: for each what it adds to a path, whether seen or hidden by the surface. */
export class Thread {
  /** @param {Bead[]} beads @param {import("./scene.js").Scene} scene */
  constructor(beads, scene) {
    this.beads = beads;
    /** @type {string[]} */ this.seen = [];
    /** @type {string[]} */ this.hidden = [];
    /** @type {string[]} */ this.dots = [];
    let before = "", was = /** @type {boolean | null} */ (null), dot = { x: -100, y: -100 };
    for (const { a, b, cost, gap, step } of beads) {
      const spot = scene.spot(a, b, cost), here = `${spot.x.toFixed(1)} ${spot.y.toFixed(1)}`;
      const hides = scene.hides(spot);
      const piece = gap ? "" : was === hides ? `L${here}` : `M${before}L${here}`;
      this.seen.push(hides ? "" : gap ? `M${here}` : piece);
      this.hidden.push(!hides ? "" : gap ? `M${here}` : piece);
      // Dots closer than this would only thicken the line.
      const apart = step && !hides && Math.hypot(spot.x - dot.x, spot.y - dot.y) > 8;
      if (apart) dot = spot;
      this.dots.push(apart ? `M${here}h0` : "");
      before = here;
      was = hides;
    }
  }

  /** How many beads lead up to a step. @param {number} index */
  upTo(index) {
    let low = 0, high = this.beads.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.beads[middle].index <= index) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
