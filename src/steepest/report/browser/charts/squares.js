// Where the squares of the residuals lie, what part of a line is in a frame, and which limits show the data.

/**
 * A box of the screen: left, top, right, bottom.
 * @typedef {[number, number, number, number]} Box
 */

/**
 * The square beside a stick, as wide as the stick is long: on the side that the line turns away from, so that it
 * crosses neither the line nor a neighbour's square; on the other side where the frame has no room for it there.
 * @param {number} x where the stick stands, in pixels @param {number} point its end at the point
 * @param {number} line its end at the line @param {number} rise of the line, in pixels down per pixel
 * @param {Box} box
 */
export function squareBeside(x, point, line, rise, [left, , right]) {
  const size = Math.abs(point - line);
  // A point above a line that falls to the right has its square on the right.
  let toTheRight = (point < line) === rise >= 0;
  if (toTheRight && x + size > right && x - size >= left) toTheRight = false;
  else if (!toTheRight && x - size < left && x + size <= right) toTheRight = true;
  return { x: toTheRight ? x : x - size, y: Math.min(point, line), size };
}

/**
 * The part of the line y = m x + b that is in a frame; null where all of it is out.
 * @param {number} m @param {number} b @param {[number, number]} across @param {[number, number]} up
 * @returns {[[number, number], [number, number]] | null}
 */
export function inFrame(m, b, [left, right], [low, high]) {
  let from = left, to = right;
  if (m !== 0) {
    const crossings = [(low - b) / m, (high - b) / m].sort((one, two) => one - two);
    from = Math.max(from, crossings[0]);
    to = Math.min(to, crossings[1]);
  } else if (!(b >= low && b <= high)) return null;
  if (!(to > from)) return null;
  const held = (/** @type {number} */ y) => Math.max(low, Math.min(high, y));
  return [[from, held(m * from + b)], [to, held(m * to + b)]];
}

/** The ends of the numbers among some values. @param {Iterable<number>} values @returns {[number, number]} */
export function ends(values) {
  let low = Infinity, high = -Infinity;
  for (const value of values)
    if (Number.isFinite(value)) {
      if (value < low) low = value;
      if (value > high) high = value;
    }
  return low <= high ? [low, high] : [0, 1];
}

/**
 * A span with some air at both ends.
 * @param {[number, number]} span @param {number} air a share of it @returns {[number, number]}
 */
export function aired([low, high], air) {
  const more = (high - low) * air || Math.abs(high) * air || 1;
  return [low - more, high + more];
}

/**
 * Limits that show the targets, and the estimates too unless these are far out: up to so many times as far.
 * @param {[number, number]} targets @param {[number, number]} estimates @returns {[number, number]}
 */
export function within([low, high], estimates) {
  const far = 4 * (high - low || Math.abs(high) || 1);
  return [
    Math.max(low - far, Math.min(low, estimates[0])),
    Math.min(high + far, Math.max(high, estimates[1])),
  ];
}
