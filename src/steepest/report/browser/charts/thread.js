// A long row of numbers as a line of few points: in each column of pixels its first, lowest, highest and last are kept.

/**
 * The path through points; it breaks where a number is missing.
 * @param {number} count @param {(index: number) => number} x in pixels, rising @param {(index: number) => number} y
 * @returns {string}
 */
export function thread(count, x, y) {
  let path = "", pen = "M", column = NaN;
  /** @typedef {{x: number, first: number, low: number, high: number, last: number}} Column */
  /** @type {Column & {lowAt: number, highAt: number} | null} */ let held = null;
  const put = (/** @type {number} */ across, /** @type {number} */ up) => {
    path += `${pen}${across.toFixed(1)} ${up.toFixed(1)}`;
    pen = "L";
  };
  const flush = () => {
    if (!held) return;
    put(held.x, held.first);
    const [early, late] = held.lowAt < held.highAt ? [held.low, held.high] : [held.high, held.low];
    if (early !== held.first) put(held.x, early);
    if (late !== early) put(held.x, late);
    if (held.last !== late) put(held.x, held.last);
    held = null;
  };
  for (let index = 0; index < count; index++) {
    const up = y(index), across = x(index);
    if (!Number.isFinite(up)) {
      flush();
      pen = "M";
      column = NaN;
      continue;
    }
    if (!held || Math.round(across) !== column) {
      flush();
      column = Math.round(across);
      held = { first: up, low: up, high: up, last: up, x: across, lowAt: index, highAt: index };
      continue;
    }
    held.last = up;
    if (up < held.low) [held.low, held.lowAt] = [up, index];
    if (up > held.high) [held.high, held.highAt] = [up, index];
  }
  flush();
  return path;
}

/** The index whose value is nearest, among rising values. @param {ArrayLike<number>} values @param {number} sought */
export function nearestIndex(values, sought) {
  let low = 0, high = values.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (values[middle] <= sought) low = middle;
    else high = middle;
  }
  return sought - values[low] <= values[high] - sought ? low : high;
}

/**
 * Let labels stand at these heights, moved apart where they would touch.
 * @param {number[]} heights @param {number} apart @param {number} [top] @param {number} [bottom]
 */
export function spread(heights, apart, top = -Infinity, bottom = Infinity) {
  const order = heights.map((_, i) => i).sort((one, two) => heights[one] - heights[two]);
  const placed = heights.slice();
  let least = top;
  for (const i of order) {
    placed[i] = Math.max(placed[i], least);
    least = placed[i] + apart;
  }
  let most = bottom;
  for (const i of order.reverse()) {
    placed[i] = Math.min(placed[i], most);
    most = placed[i] - apart;
  }
  return placed;
}
