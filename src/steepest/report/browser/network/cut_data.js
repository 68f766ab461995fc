// A slice as it was measured: axes and grids of numbers, NaN and infinities in them, and runs laid on it.

/**
 * @typedef {object} Laid
 * @property {(number | null)[][]} coordinates of each step that is played back
 * @property {(number | null)[]} distances off the slice
 * @property {number | null} share of the motion that the slice holds
 */

/**
 * @typedef {object} Cut
 * @property {string} name
 * @property {string[]} names of the axes
 * @property {Float64Array[]} axes
 * @property {{name: string | null, values: Float64Array}[]} grids the cost, whose name is null, then what is beside it
 * @property {Float64Array | null} intervals half-widths of the costs
 * @property {Float64Array | null} places where the cost was measured, if not at each point
 * @property {Float64Array | null} measured the costs there
 * @property {Set<number> | null} known points of the grid that are such places
 * @property {"linear" | "log"} scale
 * @property {number | null} error at places held out, in the scale
 * @property {string} about
 * @property {string} method
 * @property {boolean} centred whether 0 is the model: not where there is none, nor on the axis of a parameter's own value
 * @property {(Laid | null)[]} paths one a run
 * @property {string} missing
 */

/** So far apart, as a share of the axis, two places are one: what rounding leaves. */
const SAME = 1e-9;

/** @param {any} plain @returns {Cut} */
export function cutOf(plain) {
  const axes = plain.coordinates.map((/** @type {number[]} */ values) => Float64Array.from(values));
  const places = plain.places && unpacked(plain.places);
  return {
    name: plain.name, names: plain.names, axes, scale: plain.scale, error: plain.held_out_error,
    about: plain.about, method: plain.method, paths: plain.paths, missing: plain.missing, centred: plain.centred,
    grids: [{ name: null, values: unpacked(plain.costs) },
      ...Object.entries(plain.beside).map(([name, values]) => ({ name, values: unpacked(/** @type {string} */ (values)) }))],
    intervals: plain.intervals && unpacked(plain.intervals),
    places, measured: plain.measured && unpacked(plain.measured), known: places && knownOf(axes, places),
  };
}

/** Points of the grid that are measured places. @param {Float64Array[]} axes @param {Float64Array} places */
function knownOf(axes, places) {
  const known = new Set();
  for (let k = 0; k < places.length; k += axes.length) {
    const point = axes.map((axis, side) => nearestOn(axis, places[k + side]));
    const same = point.every((at, side) =>
      Math.abs(axes[side][at] - places[k + side]) <= SAME * Math.abs(axes[side][axes[side].length - 1] - axes[side][0]));
    if (same) known.add(indexOf(axes, point));
  }
  return known;
}

/** @param {Float64Array[]} axes @param {number[]} point how many entries along each axis */
export function indexOf(axes, point) {
  return point.length === 1 ? point[0] : point[0] * axes[1].length + point[1];
}

/** Numbers of base64, eight bytes each, the lowest first. @param {string} text */
function unpacked(text) {
  const bytes = Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0)), view = new DataView(bytes.buffer);
  return Float64Array.from({ length: bytes.length / 8 }, (_, k) => view.getFloat64(8 * k, true));
}

/** Lowest and highest of the numbers that are finite. @param {Float64Array} values @returns {[number, number]} */
export function extremes(values) {
  let low = Infinity, high = -Infinity;
  for (const value of values) if (Number.isFinite(value)) [low, high] = [Math.min(low, value), Math.max(high, value)];
  return [low, high];
}

/** @param {Float64Array} axis rising @param {number} value @returns {number} the index of the nearest entry */
export function nearestOn(axis, value) {
  let best = 0;
  axis.forEach((other, k) => { if (Math.abs(other - value) < Math.abs(axis[best] - value)) best = k; });
  return best;
}

/**
 * What is drawn at a place: straight between the points of the grid; NaN beside it.
 * @param {Float64Array[]} axes @param {Float64Array} values @param {number[]} place
 */
export function between(axes, values, place) {
  const found = axes.map((axis, side) => {
    const at = place[side], last = axis.length - 1;
    if (!(at >= axis[0] && at <= axis[last])) return null;
    let low = 0;
    while (low < last - 1 && axis[low + 1] <= at) low++;
    return { low, part: (at - axis[low]) / (axis[low + 1] - axis[low]) };
  });
  const [first, second] = found;
  if (!first || second === null) return NaN;
  if (!second) return values[first.low] + first.part * (values[first.low + 1] - values[first.low]);
  const rows = axes[1].length;
  const side = (/** @type {number} */ k) => {
    const from = (first.low + k) * rows + second.low;
    return values[from] * (1 - second.part) + values[from + 1] * second.part;
  };
  return side(0) * (1 - first.part) + side(1) * first.part;
}
