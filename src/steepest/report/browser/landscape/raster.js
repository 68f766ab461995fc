// A raster with a z-buffer: the triangles of a grid, each pixel that of the nearest, without a GPU.

import { LIGHTS, LINES, TONES, colourTable } from "./colours.js";

/**
 * A grid of points on the screen, by columns: entry `i * rows + j`. A point whose `tone` is NaN leaves a hole.
 * @typedef {object} Mesh
 * @property {number} columns
 * @property {number} rows
 * @property {Float64Array} x pixels
 * @property {Float64Array} y pixels
 * @property {Float64Array} depth the less, the nearer
 * @property {Float64Array} tone index of the colour, from 0 to TONES - 1
 * @property {Float64Array} light from 0 to LIGHTS - 1
 * @property {Float64Array} marks the height line nearest to each of MARKS heights from 0 to 1
 */

/**
 * @typedef {object} Target
 * @property {number} width
 * @property {number} height
 * @property {Uint32Array} pixels
 * @property {Float32Array} depth
 */

/** So finely is told which height line is nearest. */
export const MARKS = 1024;
/** Where the ground rises by more than this share of the height in a pixel, lines would be a grey veil. */
const STEEPEST = 0.025;
/** Rounding must not leave a gap between two triangles. */
const SEAM = 1e-6;

/** @param {Target} target @param {Mesh} mesh @param {number} [thick] pixels of a height line */
export function raster(target, mesh, thick = 1) {
  target.pixels.fill(0);
  target.depth.fill(Infinity);
  const { columns, rows, tone } = mesh;
  for (let i = 0; i + 1 < columns; i++)
    for (let j = 0; j + 1 < rows; j++) {
      const a = i * rows + j, b = a + rows, c = a + 1, d = b + 1;
      if (tone[a] + tone[b] + tone[c] + tone[d] >= 0) {
        triangle(target, mesh, a, b, d, thick);
        triangle(target, mesh, a, d, c, thick);
      }
    }
}

/**
 * @param {Target} target @param {Mesh} mesh @param {number} a @param {number} b @param {number} c @param {number} thick
 */
function triangle(target, mesh, a, b, c, thick) {
  const { x, y, depth, tone, light, marks } = mesh, { width, height, pixels } = target;
  const ax = x[a], ay = y[a], bx = x[b] - ax, by = y[b] - ay, cx = x[c] - ax, cy = y[c] - ay, area = bx * cy - cx * by;
  if (area === 0) return;
  // Whatever is interpolated is a plane over the screen: its slopes along x and y, of the second and the third corner.
  const xb = cy / area, xc = -by / area, yb = -cx / area, yc = bx / area;
  const za = depth[a], zb = depth[b] - za, zc = depth[c] - za, zx = zb * xb + zc * xc, zy = zb * yb + zc * yc;
  const ta = tone[a], tb = tone[b] - ta, tc = tone[c] - ta, tx = tb * xb + tc * xc, ty = tb * yb + tc * yc;
  const sa = light[a], sb = light[b] - sa, sc = light[c] - sa, sx = sb * xb + sc * xc, sy = sb * yb + sc * yc;
  const slope = Math.hypot(tx, ty) / (TONES - 1), lined = slope > 0 && slope < STEEPEST;
  const apart = lined ? 1 / slope : 0, reach = thick / 2 + 0.5;
  const table = colourTable(), nearest = target.depth;
  const top = Math.max(0, Math.ceil(ay + Math.min(0, by, cy) - 0.5));
  const bottom = Math.min(height - 1, Math.floor(ay + Math.max(0, by, cy) - 0.5));
  for (let row = top; row <= bottom; row++) {
    const v = row + 0.5 - ay;
    // Where the row crosses the three sides; 0 / 0, along a side, is neither less nor more.
    const one = v / by, two = v / cy, three = (v - by) / (cy - by);
    const atOne = bx * one, atTwo = cx * two, atThree = bx + (cx - bx) * three;
    let low = Infinity, high = -Infinity;
    if (one >= 0 && one <= 1) low = high = atOne;
    if (two >= 0 && two <= 1) { low = atTwo < low ? atTwo : low; high = atTwo > high ? atTwo : high; }
    if (three >= 0 && three <= 1) { low = atThree < low ? atThree : low; high = atThree > high ? atThree : high; }
    const first = Math.max(0, Math.ceil(ax + low - 0.5 - SEAM));
    const last = Math.min(width - 1, Math.floor(ax + high - 0.5 + SEAM));
    if (!(first <= last)) continue;
    const u = first + 0.5 - ax;
    let z = za + zx * u + zy * v, t = ta + tx * u + ty * v, s = sa + sx * u + sy * v;
    for (let index = row * width + first, end = row * width + last; index <= end; index++) {
      if (z < nearest[index]) {
        nearest[index] = z;
        const tint = t <= 0 ? 0 : t >= TONES - 1 ? TONES - 1 : (t + 0.5) | 0;
        const bright = s <= 0 ? 0 : s >= LIGHTS - 1 ? LIGHTS - 1 : (s + 0.5) | 0;
        let line = 0;
        if (lined) {
          const height = t <= 0 ? 0 : t / (TONES - 1), mark = marks[height >= 1 ? MARKS - 1 : (height * MARKS) | 0];
          const cover = reach - (height > mark ? height - mark : mark - height) * apart;
          if (cover > 0) line = cover >= 1 ? LINES - 1 : (cover * (LINES - 1) + 0.5) | 0;
        }
        pixels[index] = table[tint + TONES * (bright + LIGHTS * line)];
      }
      z += zx; t += tx; s += sx;
    }
  }
}
