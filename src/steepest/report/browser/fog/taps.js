// What the cane feels: finite differences of the cost at one place, each a forward pass.

/** The eight directions of the compass, as parts of a step along the first and the second parameter. */
export const COMPASS = /** @type {const} */ ({
  NW: [-1, 1], N: [0, 1], NE: [1, 1], W: [-1, 0], E: [1, 0], SW: [-1, -1], S: [0, -1], SE: [1, -1],
});

/** @typedef {keyof typeof COMPASS} Direction */
/** @typedef {{params: number[], cost: number}} Tap */

export const DIRECTIONS = /** @type {Direction[]} */ (Object.keys(COMPASS));

/**
 * The place that is reached in a direction; along a diagonal the step is as long as along an axis.
 * @param {ArrayLike<number>} here @param {[number, number]} pair @param {Direction} direction @param {number} step
 */
export function reached(here, pair, direction, step) {
  const params = Array.from(here), [east, north] = COMPASS[direction], long = step / Math.hypot(east, north);
  params[pair[0]] += east * long;
  if (north) params[pair[1]] += north * long;
  return params;
}

/** The cost that was felt at a place, if it was tapped. @param {Tap[]} taps @param {ArrayLike<number>} params */
export function felt(taps, params) {
  return taps.findLast((tap) => tap.params.every((value, i) => value === params[i]))?.cost;
}

/**
 * The slopes along both axes, as far as taps with this step tell; null where they do not.
 * Central differences where both sides were tapped, else that of one side.
 * @param {Tap[]} taps @param {ArrayLike<number>} here @param {[number, number]} pair
 * @param {{free: [boolean, boolean], step: number, ahead?: boolean}} how `free`: whether each of the two may move
 *   (along the other nothing is felt); `ahead`: by the taps to the east and to the north alone
 * @returns {[number | null, number | null]}
 */
export function slopes(taps, here, pair, { free, step, ahead = false }) {
  const cost = felt(taps, here);
  const along = (/** @type {Direction} */ front, /** @type {Direction} */ back, /** @type {number} */ axis) => {
    const there = reached(here, pair, front, step), behind = reached(here, pair, back, step);
    const up = felt(taps, there), down = ahead ? undefined : felt(taps, behind), from = here[pair[axis]];
    // Over the step as float64 made it: 0.9 + 1e-6 is not exactly a millionth more.
    const far = there[pair[axis]] - from, near = behind[pair[axis]] - from;
    if (up !== undefined && down !== undefined) return (up - down) / (far - near);
    if (cost === undefined) return null;
    return up !== undefined ? (up - cost) / far : down !== undefined ? (down - cost) / near : null;
  };
  return [free[0] ? along("E", "W", 0) : 0, free[1] ? along("N", "S", 1) : 0];
}

/** The angle between two arrows in degrees. @param {ArrayLike<number>} one @param {ArrayLike<number>} other */
export function angle(one, other) {
  const cross = one[0] * other[1] - one[1] * other[0], dot = one[0] * other[0] + one[1] * other[1];
  return (Math.abs(Math.atan2(cross, dot)) * 180) / Math.PI;
}
