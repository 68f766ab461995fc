// The axes around the surface: walls behind it, ticks and names on the side of the eye.

import { cut, ticks } from "../core/axes.js";
import { fill, set, svg } from "../core/elements.js";
import { shown } from "../core/numbers.js";

/** @typedef {import("./scene.js").Scene} Scene */
/** @typedef {import("./camera.js").Pose} Pose */
/** @typedef {[number, number, number]} Point */

/** The sign of a lowest point. */
export const STAR = "M0 -8 L2.2 -2.6 8 -2.4 3.5 1.2 5 7 0 3.6 -5 7 -3.5 1.2 -8 -2.4 -2.2 -2.6Z";

/** Pixels that a number on a height line needs. */
const EDGE = 9;
/** A letter of a name is about so many pixels wide. */
const LETTER = 8;
/** And so much of it stands above the line. */
const ASCENT = 12;
/** Faint on light paper and on dark: a picture may be taken to the other. */
const WALL = "rgba(128, 128, 132, .36)";

/** What ticks and names around the box need. */
export const MARGINS = { left: 54, right: 16, top: 18, bottom: 34 };

const CORNERS = [[-1, -1], [1, -1], [1, 1], [-1, 1]];

/** A tick's number, without needless zeros. @param {number} value */
export function tickName(value) {
  return shown(value, 4).replace(/(\.\d*?)0+(?= |$)/, "$1").replace(/\.(?= |$)/, "");
}

/** The corner nearest to the eye; the walls are those that do not touch it. @param {Pose} pose */
function nearest(pose) {
  const away = (/** @type {number[]} */ [u, v]) => pose(u, v, 0).depth;
  return CORNERS.reduce((best, corner) => (away(corner) < away(best) ? corner : best));
}

/** @param {Scene} scene */
function marksOf({ ground, box }) {
  const side = (/** @type {[number, number]} */ span) =>
    ticks(span, 5).map((value) => ({ value, at: ((value - span[0]) / (span[1] - span[0])) * 2 - 1 }));
  const up = box.round(0.13).map((value) => ({ value, at: box.of(value) }));
  return { x: side(ground.reach.x), y: side(ground.reach.y), up };
}

/**
 * The walls, drawn behind the surface.
 * @param {CanvasRenderingContext2D} context @param {Pose} pose @param {Scene} scene
 * @param {number} ratio pixels of the canvas to one of the page
 */
export function drawWalls(context, pose, scene, ratio) {
  const [nearU, nearV] = nearest(pose), marks = marksOf(scene);
  context.strokeStyle = WALL;
  context.lineWidth = ratio;
  context.beginPath();
  const line = (/** @type {Point[]} */ ...points) => points.forEach(([u, v, h], index) => {
    const spot = pose(u, v, h);
    if (index) context.lineTo(spot.x * ratio, spot.y * ratio);
    else context.moveTo(spot.x * ratio, spot.y * ratio);
  });
  for (const { at } of marks.up) line([nearU, -nearV, at], [-nearU, -nearV, at], [-nearU, nearV, at]);
  for (const { at } of marks.x) line([at, nearV, 0], [at, -nearV, 0], [at, -nearV, 1]);
  for (const { at } of marks.y) line([nearU, at, 0], [-nearU, at, 0], [-nearU, at, 1]);
  line([-1, -1, 0], [1, -1, 0], [1, 1, 0], [-1, 1, 0], [-1, -1, 0]);
  line([nearU, -nearV, 0], [nearU, -nearV, 1], [-nearU, -nearV, 1], [-nearU, nearV, 1], [-nearU, nearV, 0]);
  line([-nearU, -nearV, 0], [-nearU, -nearV, 1]);
  context.stroke();
}

/**
 * Ticks and names.
 * @param {SVGElement} place @param {Scene} scene @param {{x: string, y: string, cost: string}} names
 * @param {{width: number, height: number, lights: [string, string]}} how
 */
export function drawTicks(place, scene, names, { width, height, lights }) {
  const { pose } = scene, [nearU, nearV] = nearest(pose), marks = marksOf(scene);
  const middle = pose(0, 0, 0), steep = Math.abs(pose(0, 0, 0).y - pose(0, 0, 1).y);
  /** @type {(point: Point, said: string, facts?: import("../core/elements.js").Facts) => SVGElement} */
  const text = (point, said, facts = {}) => {
    const { x, y } = pose(...point), far = (x - middle.x) / 40;
    return svg("text", { x, y: y + 4, "text-anchor": far > 1 ? "start" : far < -1 ? "end" : "middle", ...facts }, said);
  };
  /** No part of it outside the picture. @type {typeof text} */
  const inside = (point, said, facts) => {
    const found = text(point, said, facts), anchor = found.getAttribute("text-anchor"), wide = said.length * LETTER + 4;
    const before = anchor === "end" ? wide : anchor === "start" ? 0 : wide / 2;
    return /** @type {SVGElement} */ (set(found, {
      x: Math.max(before, Math.min(width - wide + before, Number(found.getAttribute("x")))),
      y: Math.min(height - 5, Number(found.getAttribute("y"))),
    }));
  };
  const pillars = /** @type {const} */ ([[nearU, -nearV], [-nearU, nearV]]).map(([u, v]) => pose(u, v, 0).x);
  /** @type {Point} */
  const pillar = pillars[0] < pillars[1] ? [nearU, -nearV, 0] : [-nearU, nearV, 0];
  const long = width / 26;
  /**
   * A long name stands on two lines.
   * @type {(point: Point, name: string, facts: import("../core/elements.js").Facts) => SVGElement[]}
   */
  const named = (point, name, facts) => {
    const rows = twoLines(name, long, width / 18);
    return rows.map((row, k) => /** @type {SVGElement} */ (set(inside(point, row, facts), { dy: k ? 14 : null })));
  };
  /** Names stand beyond the longest tick. @param {{value: number}[]} along */
  const beyond = (along) => 1.2 + 0.03 * Math.max(4, ...along.map(({ value }) => tickName(value).length));
  const numbers = told([
    steep > 60 ? marks.up.map(({ value, at }) => {
      const { x, y } = pose(pillar[0], pillar[1], at);
      return svg("text", { x: x - 6, y: y + 4, "text-anchor": "end" }, tickName(value));
    }) : [],
    marks.x.map(({ value, at }) => inside([at, nearV * 1.09, 0], tickName(value))),
    marks.y.map(({ value, at }) => inside([nearU * 1.09, at, 0], tickName(value))),
  ].flat());
  const first = named([0, nearV * beyond(marks.x), 0], names.x, { class: "name one", "data-lights": lights[0] });
  const second = named([nearU * beyond(marks.y), 0, 0], names.y, { class: "name two", "data-lights": lights[1] });
  let left = apart(second, apart(first, numbers, height), height, first);
  if (first.some((one) => second.some((two) => covers(one, two)))) {
    const [one, two] = boxOf(first[0]).left < boxOf(second[0]).left ? [first, second] : [second, first];
    for (const row of one) set(row, { x: 2, "text-anchor": "start" });
    for (const row of two) set(row, { x: width - 2, "text-anchor": "end" });
    left = left.filter((number) => ![...one, ...two].some((row) => covers(row, number)));
  }
  fill(
    place,
    left, first, second,
    svg("text", { x: 4, y: 14, class: "name", "data-lights": "cost" }, names.cost),
  );
}

/** About where a text is. @param {SVGElement} text */
function boxOf(text) {
  const at = (/** @type {string} */ name) => Number(text.getAttribute(name));
  const wide = (text.textContent?.length ?? 0) * (LETTER - 1) + 4, anchor = text.getAttribute("text-anchor");
  const left = at("x") - (anchor === "end" ? wide : anchor === "start" ? 0 : wide / 2), base = at("y") + at("dy");
  return { left, right: left + wide, top: base - ASCENT, bottom: base + 5 };
}

/** @param {SVGElement} one @param {SVGElement} other */
function covers(one, other) {
  const a = boxOf(one), b = boxOf(other);
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}

/** Numbers that can be told apart. @param {SVGElement[]} numbers */
function told(numbers) {
  /** @type {SVGElement[]} */
  const kept = [];
  for (const number of numbers) if (!kept.some((other) => covers(number, other))) kept.push(number);
  return kept;
}

/**
 * Move a name down until it covers no number and no other name; where the picture ends, the number goes.
 * @param {SVGElement[]} rows of the name @param {SVGElement[]} numbers @param {number} height @param {SVGElement[]} others
 * @returns {SVGElement[]} the numbers that stay
 */
function apart(rows, numbers, height, others = []) {
  const hidden = (/** @type {SVGElement} */ other) => rows.some((row) => covers(row, other));
  const last = rows[rows.length - 1];
  for (let tries = 0; tries < 12; tries++) {
    const covered = [...numbers, ...others].filter(hidden);
    if (!covered.length) return numbers;
    const under = Math.max(...covered.map((other) => boxOf(other).bottom)) + 1;
    const by = Math.min(under - boxOf(rows[0]).top, height - boxOf(last).bottom);
    if (!(by > 0)) break;
    for (const row of rows) set(row, { y: Number(row.getAttribute("y")) + by });
  }
  return numbers.filter((number) => !hidden(number));
}

/**
 * A name on one line, if it has no more letters than `most`; else broken at the blank nearest to its middle.
 * @param {string} name @param {number} most @param {number} each letters of each of two lines
 */
function twoLines(name, most, each) {
  if (name.length <= most) return [name];
  const far = (/** @type {number} */ at) => Math.abs(at - name.length / 2);
  const blank = [...name.matchAll(/ /g)].map(({ index }) => index).sort((one, other) => far(one) - far(other))[0];
  return blank > 0 ? [cut(name.slice(0, blank), each), cut(name.slice(blank + 1), each)] : [cut(name, most)];
}

/**
 * Numbers on some height lines of the map, along the way from the lowest point to the farthest corner.
 * @param {Scene} scene
 */
export function lineNumbers({ ground, heights, pose }) {
  const { xs, ys, costs, reach } = ground;
  let lowest = 0;
  costs.forEach((cost, k) => { if (cost < costs[lowest] || Number.isNaN(costs[lowest])) lowest = k; });
  const from = [xs[Math.floor(lowest / ys.length)], ys[lowest % ys.length]];
  /** @type {(value: number, span: [number, number]) => number} */
  const share = (value, [low, high]) => ((value - low) / (high - low)) * 2 - 1;
  /** @type {{x: number, y: number, level: number}[]} */
  const found = [];
  const top = pose(0, 1, 0).y, bottom = pose(0, -1, 0).y;
  for (const [u, v] of CORNERS) {
    const to = [reach.x[(u + 1) / 2], reach.y[(v + 1) / 2]];
    let last = null, passed = ground.cost(from[0], from[1]);
    for (let k = 1; k < 192; k++) {
      // Not up to the corner: there a number would be cut off.
      const a = from[0] + ((to[0] - from[0]) * k) / 200, b = from[1] + ((to[1] - from[1]) * k) / 200;
      const cost = ground.cost(a, b), level = heights.levels.find((value) => passed < value && cost >= value);
      passed = cost;
      if (level === undefined) continue;
      const spot = pose(share(a, reach.x), share(b, reach.y), 0);
      // Nor at the edge, which would cut it in two.
      if (Math.abs(spot.y - top) < EDGE || Math.abs(spot.y - bottom) < EDGE) continue;
      if (k < 4 || last && Math.hypot(spot.x - last.x, spot.y - last.y) < 46) continue;
      if (found.some((other) => Math.hypot(spot.x - other.x, spot.y - other.y) < 60)) continue;
      last = spot;
      found.push({ ...spot, level });
    }
  }
  return found.map(({ x, y, level }) =>
    svg("text", { class: "level", x, y: y + 4, "text-anchor": "middle" }, tickName(level)));
}
