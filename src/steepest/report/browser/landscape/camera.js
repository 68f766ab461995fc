// Where a point of the box stands on the screen: seen from a turned and tilted camera, or on a map from above.

/**
 * The box reaches from -1 to 1 along both parameters, and from 0 to 1 upwards.
 * @typedef {{x: number, y: number, depth: number}} Spot on the screen; the less the depth, the nearer
 * @typedef {(u: number, v: number, h: number) => Spot} Pose
 */

/** The height of the box, against half its width. */
const TALL = 1.05;
/** How much nearer things grow: 0 would be a parallel view. */
const NEARNESS = 0.09;
/** A wide picture is used by a box as much wider than deep, at most. */
const WIDEST = 1.45;

export const TILTS = /** @type {const} */ ([0.12, 1.5]);

/**
 * @param {{turn: number, tilt: number}} camera radians
 * @param {{width: number, height: number, left: number, right: number, top: number, bottom: number}} room
 * @returns {Pose}
 */
export function perspective({ turn, tilt }, room) {
  const along = Math.cos(turn), aside = Math.sin(turn);
  const flat = Math.sin(tilt), steep = Math.cos(tilt);
  const wide = room.width - room.left - room.right, high = room.height - room.top - room.bottom;
  // The size suits every turn, so that the box does not breathe while it is turned.
  const radius = Math.SQRT2 * (1 + NEARNESS / 2), tall = 2 * radius * flat + TALL * steep;
  const scale = Math.min(high / tall, wide / (2 * radius));
  const stretched = Math.min(wide / (2 * radius), scale * WIDEST);
  const centre = room.left + wide / 2, middle = room.top + high / 2 + (TALL * steep * scale) / 2;
  return (u, v, h) => {
    const across = u * along - v * aside, away = u * aside + v * along;
    const depth = away * steep - h * TALL * flat, near = 1 / (1 + NEARNESS * depth);
    const up = h * TALL * steep + away * flat;
    return { x: centre + stretched * across * near, y: middle - scale * up * near, depth };
  };
}

/**
 * From above, in the frame's own axes.
 * @param {{x: (a: number) => number, y: (b: number) => number}} frame whose spans are those of the box
 * @param {{x: [number, number], y: [number, number]}} reach @returns {Pose}
 */
export function map(frame, reach) {
  const at = (/** @type {number} */ share, /** @type {[number, number]} */ [low, high]) =>
    low + ((share + 1) / 2) * (high - low);
  return (u, v) => ({ x: frame.x(at(u, reach.x)), y: frame.y(at(v, reach.y)), depth: 0 });
}
