// The scene: the ground seen from somewhere, drawn once, and asked where a point of it is on the screen.

import { PLAIN, TONES } from "./colours.js";
import { MARKS, raster } from "./raster.js";

/** @typedef {import("./ground.js").Ground} Ground */
/** @typedef {import("./heights.js").Heights} Heights */
/** @typedef {import("./camera.js").Spot} Spot */

/**
 * So much behind the surface, in half widths of the box, a point still lies on it: the grid is straight between points.
 */
const SKIN = 0.035;
/** Where the light comes from: right, back and above. */
const LIGHT = [0.35, 0.45, 0.82];
const CONTRAST = 11;

/**
 * What of the grid stays while the camera moves.
 * @param {Ground} ground @param {Heights} heights of the colours @param {boolean} lit @param {Heights} box
 */
export function relief({ xs, ys, costs, reach }, heights, lit, box) {
  const columns = xs.length, rows = ys.length, count = columns * rows;
  const made = () => new Float64Array(count);
  const marks = heights.nearest(MARKS);
  const mesh = { columns, rows, x: made(), y: made(), depth: made(), tone: made(), light: made(), marks };
  const u = xs.map((a) => share(a, reach.x)), v = ys.map((b) => share(b, reach.y)), h = made();
  for (let k = 0; k < count; k++) {
    h[k] = box.of(costs[k]);
    mesh.tone[k] = (box === heights ? h[k] : heights.of(costs[k])) * (TONES - 1);
  }
  for (let i = 0; i < columns; i++)
    for (let j = 0; j < rows; j++) {
      const k = i * rows + j;
      mesh.light[k] = PLAIN;
      if (!lit) continue;
      const west = i ? -rows : 0, east = i + 1 < columns ? rows : 0, south = j ? -1 : 0, north = j + 1 < rows ? 1 : 0;
      const along = (h[k + east] - h[k + west]) / (u[i + Math.sign(east)] - u[i + Math.sign(west)]);
      const aside = (h[k + north] - h[k + south]) / (v[j + north] - v[j + south]);
      const facing = (LIGHT[2] - along * LIGHT[0] - aside * LIGHT[1]) / Math.hypot(1, along, aside);
      mesh.light[k] = Number.isFinite(facing) ? PLAIN - 4 + CONTRAST * (facing - 0.5) : PLAIN;
    }
  return { mesh, u, v, h };
}

/** @param {number} value @param {[number, number]} span @returns {number} from -1 to 1 */
function share(value, [low, high]) {
  return ((value - low) / (high - low)) * 2 - 1;
}

export class Scene {
  /**
   * @param {Ground} ground @param {Heights} heights of the colours and height lines @param {boolean} lit
   * @param {Heights} [box] in which it stands: taller than the ground, where a path floats above or below it
   */
  constructor(ground, heights, lit, box = heights) {
    this.ground = ground;
    this.heights = heights;
    this.lit = lit;
    this.box = box;
    this.relief = relief(ground, heights, lit, box);
    /** @type {import("./camera.js").Pose} */
    this.pose = () => ({ x: 0, y: 0, depth: 0 });
    this.ratio = 1;
    /** @type {import("./raster.js").Target | null} */
    this.target = null;
  }

  /**
   * Draw the ground as it is seen now.
   * @param {CanvasRenderingContext2D} context @param {import("./camera.js").Pose} pose
   * @param {number} ratio pixels of the canvas to one of the page @param {Buffers} buffers
   */
  draw(context, pose, ratio, buffers) {
    const { mesh, u, v, h } = this.relief, { rows } = mesh, { width, height } = context.canvas;
    this.pose = pose;
    this.ratio = ratio;
    for (let i = 0; i < u.length; i++)
      for (let j = 0; j < v.length; j++) {
        const k = i * rows + j, spot = pose(u[i], v[j], h[k]);
        mesh.x[k] = spot.x * ratio;
        mesh.y[k] = spot.y * ratio;
        mesh.depth[k] = spot.depth;
      }
    this.target = buffers.of(width, height);
    raster(this.target, mesh, Math.max(1, ratio * 0.8));
    buffers.show(context);
  }

  /** Where a point stands on the screen. @param {number} a @param {number} b @param {number} cost @returns {Spot} */
  spot(a, b, cost) {
    const { reach } = this.ground;
    return this.pose(share(a, reach.x), share(b, reach.y), this.box.of(cost));
  }

  /** Whether the surface is in front of a point. @param {Spot} spot */
  hides({ x, y, depth }) {
    if (!this.target) return false;
    const column = Math.round(x * this.ratio - 0.5), row = Math.round(y * this.ratio - 0.5);
    const { width, height } = this.target;
    if (column < 0 || row < 0 || column >= width || row >= height) return false;
    return this.target.depth[row * width + column] < depth - SKIN;
  }

  /**
   * The two parameters under a place on the screen: of the nearest triangle there.
   * @param {number} x @param {number} y
   */
  pick(x, y) {
    const { mesh } = this.relief, { rows, columns } = mesh, { xs, ys } = this.ground;
    const px = x * this.ratio, py = y * this.ratio;
    /** @type {{depth: number, a: number, b: number} | null} */
    let found = null;
    const corners = [[0, 0], [1, 0], [1, 1], [0, 1]];
    for (let i = 0; i + 1 < columns; i++)
      for (let j = 0; j + 1 < rows; j++) {
        // Most cells lie elsewhere, and a hand that hovers asks often.
        const k = i * rows + j, [p, q, r, s] = [mesh.x[k], mesh.x[k + 1], mesh.x[k + rows], mesh.x[k + rows + 1]];
        if ((p < px && q < px && r < px && s < px) || (p > px && q > px && r > px && s > px)) continue;
        for (const half of [[0, 1, 2], [0, 2, 3]]) {
          const [a, b, c] = half.map((corner) => (i + corners[corner][0]) * rows + j + corners[corner][1]);
          const ax = mesh.x[a], bx = mesh.x[b] - ax, cx = mesh.x[c] - ax;
          const ay = mesh.y[a], by = mesh.y[b] - ay, cy = mesh.y[c] - ay;
          const dx = px - ax, dy = py - ay, area = bx * cy - cx * by;
          const second = (dx * cy - cx * dy) / area, third = (bx * dy - dx * by) / area;
          if (!(second >= 0 && third >= 0 && second + third <= 1)) continue;
          if (Number.isNaN(mesh.tone[a] + mesh.tone[b] + mesh.tone[c])) continue;
          const mixed = (/** @type {number[]} */ at) => at[0] + second * (at[1] - at[0]) + third * (at[2] - at[0]);
          const depth = mixed([mesh.depth[a], mesh.depth[b], mesh.depth[c]]);
          if (found && found.depth <= depth) continue;
          const [a0, b0] = [half.map((k) => xs[i + corners[k][0]]), half.map((k) => ys[j + corners[k][1]])];
          found = { depth, a: mixed(a0), b: mixed(b0) };
        }
      }
    return found;
  }
}

/** Pixels and depths of a picture, kept from one drawing to the next. */
export class Buffers {
  /** @type {ImageData | null} */ #image = null;
  /** @type {import("./raster.js").Target | null} */ #target = null;
  #own = document.createElement("canvas");

  /** @param {number} width @param {number} height @returns {import("./raster.js").Target} */
  of(width, height) {
    if (this.#target?.width === width && this.#target.height === height) return this.#target;
    this.#image = new ImageData(width, height);
    this.#own.width = width;
    this.#own.height = height;
    const pixels = new Uint32Array(this.#image.data.buffer);
    return (this.#target = { width, height, pixels, depth: new Float32Array(width * height) });
  }

  /**
   * Lay the pixels over what is there: the box behind the surface shows through.
   * @param {CanvasRenderingContext2D} context
   */
  show(context) {
    if (!this.#image) return;
    this.#own.getContext("2d")?.putImageData(this.#image, 0, 0);
    context.drawImage(this.#own, 0, 0);
  }
}
