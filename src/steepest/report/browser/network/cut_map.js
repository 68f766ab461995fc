// A plane from above: colours and height lines of its costs, holes where there is no number, and runs over it.

import { lineNumbers, STAR } from "../landscape/box.js";
import { map } from "../landscape/camera.js";
import { fill, set, svg } from "../core/elements.js";
import { RUN_LOOKS } from "../landscape/walks.js";
import { Scene } from "../landscape/scene.js";
import { thread } from "../charts/thread.js";
import { between, extremes } from "./cut_data.js";
import { groundOf } from "./cut_ground.js";

/** @typedef {import("./cut_data.js").Cut} Cut */
/** @typedef {import("../core/axes.js").Frame} Frame */

/** Discs, the widest of so many pixels, show how far off the plane a run is; they stand so far apart at least. */
const WIDEST = 16;
const APART = 9;
/** Half of what a number on a height line takes: nearer to an edge it would be cut off. */
const ROOM = 18;

export class CutMap {
  /** @param {import("../landscape/sheet.js").Sheet} sheet @param {Frame} frame */
  constructor(sheet, frame) {
    this.sheet = sheet;
    this.frame = frame;
    this.clip = svg("rect");
    this.paths = svg("g", { "clip-path": "url(#cut-clip)" });
    this.dots = svg("g", { "clip-path": "url(#cut-clip)", class: "places" });
    this.numbers = svg("g");
    this.marks = svg("g", { "clip-path": "url(#cut-clip)" });
    this.here = svg("g", { class: "now" }, svg("circle", { r: 6 }), svg("circle", { r: 2 }));
    this.element = svg("g", {}, svg("defs", {}, svg("clipPath", { id: "cut-clip" }, this.clip)),
      // A clip moves with what it clips: the frame's stays on a parent that does not move.
      this.numbers, this.dots, this.paths, this.marks, svg("g", { "clip-path": "url(#cut-clip)" }, this.here));
  }

  /**
   * Colours and lines.
   * @param {Cut} cut @param {Float64Array} values @param {import("../landscape/heights.js").Heights | null} heights
   */
  ground(cut, values, heights) {
    const { frame } = this, { left, top, right, bottom } = frame.margin;
    const wide = frame.width - left - right, tall = frame.height - top - bottom;
    set(this.clip, { x: left, y: top, width: wide, height: tall });
    fill(this.numbers);
    const scene = heights && new Scene(groundOf(cut, values, heights), heights, false);
    if (scene) this.sheet.show(frame, (context, ratio, buffers) => scene.draw(context, map(frame, scene.ground.reach), ratio, buffers));
    else this.sheet.clear(frame);
    // The hatching behind is seen where there is no number, and nowhere beside the axes.
    this.sheet.canvas.style.clipPath = `inset(${top}px ${right}px ${bottom}px ${left}px)`;
    if (!scene) return;
    fill(this.numbers, lineNumbers(scene).filter((text) => {
      const x = Number(text.getAttribute("x"));
      return x > left + ROOM && x < frame.width - right - ROOM;
    }));
  }

  /**
   * The runs, the one that is shown last and in black; discs as wide as it is off the plane.
   * @param {Cut} cut @param {number} shown @param {boolean} places @param {Float64Array} values
   */
  lay(cut, shown, places, values) {
    const { frame } = this, order = [...cut.paths.keys()].filter((run) => run !== shown), mine = cut.paths[shown];
    const line = (/** @type {import("./cut_data.js").Laid} */ { coordinates }) => coordinates.reduce((path, [x, y]) =>
      x === null || y === null ? path : `${path}${path ? "L" : "M"}${frame.x(x).toFixed(1)} ${clamped(frame.y(y))}`, "");
    const most = Math.max(...(mine?.distances ?? []).map((value) => value ?? 0), 0);
    let last = [NaN, NaN];
    fill(this.paths,
      most > 0 && mine ? mine.coordinates.flatMap(([x, y], k) => {
        if (x === null || y === null || Math.hypot(frame.x(x) - last[0], frame.y(y) - last[1]) < APART) return [];
        last = [frame.x(x), frame.y(y)];
        return [svg("circle", { class: "off", cx: last[0], cy: clamped(last[1]), r: (WIDEST * (mine.distances[k] ?? 0)) / most })];
      }) : [],
      order.flatMap((run) => {
        const path = cut.paths[run], { colour, dash } = RUN_LOOKS[(run + 4) % RUN_LOOKS.length];
        return path ? [svg("path", { class: "halo", d: line(path) }), svg("path", { class: "run", d: line(path), stroke: colour, "stroke-dasharray": dash })] : [];
      }),
      mine ? [svg("path", { class: "halo", d: line(mine) }), svg("path", { class: "core", d: line(mine) })] : [],
    );
    const measured = cut.places, dots = [];
    if (places && measured)
      for (let k = 0; k < measured.length; k += 2)
        dots.push(svg("circle", { cx: frame.x(measured[k]), cy: frame.y(measured[k + 1]), r: 1.7 }));
    fill(this.dots, dots);
    const [low] = extremes(values), lowest = values.indexOf(low), rows = cut.axes[1].length;
    fill(this.marks,
      lowest >= 0 && svg("path", { class: "lowest", d: STAR, transform:
        `translate(${frame.x(cut.axes[0][Math.floor(lowest / rows)])} ${frame.y(cut.axes[1][lowest % rows])})` }),
      cut.centred && svg("path", { class: "model", d: "M-7 0H7M0 -7V7", transform: `translate(${frame.x(0)} ${frame.y(0)})` }),
    );
  }

  /** @param {(number | null)[] | undefined} place */
  step(place) {
    const seen = place && place[0] !== null && place[1] !== null;
    set(this.here, { display: seen ? null : "none",
      transform: seen ? `translate(${this.frame.x(Number(place[0]))} ${clamped(this.frame.y(Number(place[1])))})` : null });
  }
}

/** A line, for a slice with one direction. */
export class CutLine {
  /** @param {Frame} frame */
  constructor(frame) {
    this.frame = frame;
    this.clip = svg("rect");
    this.band = svg("path", { class: "band" });
    this.curve = svg("path", { class: "curve" });
    this.costs = svg("path", { class: "recorded" });
    this.dots = svg("g", { class: "places" });
    this.here = svg("g", { class: "now" }, svg("circle", { r: 6 }), svg("circle", { r: 2 }));
    this.element = svg("g", {}, svg("defs", {}, svg("clipPath", { id: "cut-line-clip" }, this.clip)),
      svg("g", { "clip-path": "url(#cut-line-clip)" }, this.band, this.curve, this.costs, this.dots, this.here));
  }

  /**
   * @param {Cut} cut @param {Float64Array} values @param {Float64Array | null} half @param {boolean} places
   * @param {{coordinates: (number | null)[][], costs: ArrayLike<number>} | null} run
   */
  lay(cut, values, half, places, run) {
    const { frame } = this, [axis] = cut.axes, { left, top, right, bottom } = frame.margin;
    set(this.clip, { x: left, y: top, width: frame.width - left - right, height: frame.height - top - bottom });
    const up = (/** @type {number} */ cost) => frame.logY && !(cost > 0) ? NaN : Number(clamped(frame.y(cost)));
    set(this.curve, { d: thread(axis.length, (k) => frame.x(axis[k]), (k) => up(values[k])) });
    const edge = (/** @type {number} */ sign) => [...axis.keys()].flatMap((k) => {
      const y = up(values[k] + sign * (half?.[k] ?? 0));
      return Number.isFinite(y) ? [`${frame.x(axis[k]).toFixed(1)} ${y}`] : [];
    });
    const both = half ? [...edge(1), ...edge(-1).reverse()] : [];
    set(this.band, { d: both.length ? `M${both.join("L")}Z` : null });
    set(this.costs, { d: run ? run.coordinates.reduce((path, [x], k) => {
      const y = up(run.costs[k]);
      return x === null || !Number.isFinite(y) ? path : `${path}${path ? "L" : "M"}${frame.x(x).toFixed(1)} ${y}`;
    }, "") : null });
    const at = (/** @type {number} */ x) => up(between(cut.axes, values, [x]));
    fill(this.dots, places && cut.places ? [...cut.places].flatMap((x) => Number.isFinite(at(x)) ? [svg("circle", { cx: frame.x(x), cy: at(x), r: 2.5 })] : []) : []);
  }

  /** @param {(number | null)[] | undefined} place @param {number} cost */
  step(place, cost) {
    const x = place?.[0], seen = typeof x === "number" && Number.isFinite(cost) && (!this.frame.logY || cost > 0);
    set(this.here, { display: seen ? null : "none", transform: seen ? `translate(${this.frame.x(x)} ${clamped(this.frame.y(cost))})` : null });
  }
}

/** @param {number} y */
function clamped(y) {
  return Math.max(-1e5, Math.min(1e5, y)).toFixed(1);
}
