// Where there is no number: never filled, but hatched on the floor below, so that a hole is seen to be one.

/** @typedef {import("./scene.js").Scene} Scene */
/** @typedef {import("./camera.js").Pose} Pose */
/** @typedef {[number, number]} Pair from -1 to 1 along both parameters */

/** Pixels from one stroke of the hatching to the next. */
const APART = 7;
/** Seen on light paper and on dark. */
const INK = "rgba(128, 128, 132, .95)";

/** Whether a cell has a corner without a number. @param {Scene} scene @param {number} i @param {number} j */
function empty({ relief: { mesh: { rows, tone } } }, i, j) {
  const a = i * rows + j;
  return Number.isNaN(tone[a] + tone[a + 1] + tone[a + rows] + tone[a + rows + 1]);
}

/**
 * Hatch the floor under holes, before the surface is drawn over it.
 * @param {CanvasRenderingContext2D} context @param {Pose} pose @param {Scene} scene
 * @param {number} ratio pixels of the canvas to one of the page
 */
export function drawHoles(context, pose, scene, ratio) {
  if (!scene.ground.holes) return;
  const { u, v } = scene.relief, { width, height } = context.canvas;
  context.save();
  context.beginPath();
  for (let i = 0; i + 1 < u.length; i++)
    for (let j = 0; j + 1 < v.length; j++) {
      if (!empty(scene, i, j)) continue;
      const from = j;
      while (j + 2 < v.length && empty(scene, i, j + 1)) j++;
      const corners = [[u[i], v[from]], [u[i + 1], v[from]], [u[i + 1], v[j + 1]], [u[i], v[j + 1]]];
      corners.forEach(([across, along], k) => {
        const { x, y } = pose(across, along, 0);
        context[k ? "lineTo" : "moveTo"](x * ratio, y * ratio);
      });
      context.closePath();
    }
  context.clip();
  context.beginPath();
  for (let x = -height; x < width; x += APART * ratio) {
    context.moveTo(x, height);
    context.lineTo(x + height, 0);
  }
  context.strokeStyle = INK;
  context.lineWidth = 1.5 * ratio;
  context.stroke();
  context.restore();
}

/**
 * The two parameters of a hole's floor under a place on the screen.
 * @param {Scene} scene @param {number} x @param {number} y @returns {Pair | null}
 */
export function holeAt(scene, x, y) {
  if (!scene.ground.holes) return null;
  const { pose, relief: { u, v }, ground: { xs, ys } } = scene;
  for (let i = 0; i + 1 < u.length; i++)
    for (let j = 0; j + 1 < v.length; j++) {
      if (!empty(scene, i, j)) continue;
      const from = pose(u[i], v[j], 0), east = pose(u[i + 1], v[j], 0), north = pose(u[i], v[j + 1], 0);
      const ex = east.x - from.x, ey = east.y - from.y, nx = north.x - from.x, ny = north.y - from.y;
      const area = ex * ny - nx * ey, dx = x - from.x, dy = y - from.y;
      const one = (dx * ny - nx * dy) / area, two = (ex * dy - dx * ey) / area;
      if (one >= 0 && one <= 1 && two >= 0 && two <= 1)
        return [xs[i] + one * (xs[i + 1] - xs[i]), ys[j] + two * (ys[j + 1] - ys[j])];
    }
  return null;
}
