// A plane as a surface: seen from a camera, with its holes, and the runs at their own costs above or below it.

import { fill, set, svg } from "../core/elements.js";
import { drawTicks, drawWalls, MARGINS, STAR } from "../landscape/box.js";
import { perspective } from "../landscape/camera.js";
import { drawHoles, holeAt } from "../landscape/holes.js";
import { within } from "../landscape/reach.js";
import { Scene } from "../landscape/scene.js";
import { Thread } from "../landscape/trail.js";
import { RUN_LOOKS } from "../landscape/walks.js";
import { extremes } from "./cut_data.js";
import { boxOf, groundOf } from "./cut_ground.js";
import { CutPath } from "./cut_path.js";

/** @typedef {import("./cut_data.js").Cut} Cut */
/** @typedef {import("../landscape/ground.js").Ground} Ground */

/**
 * @typedef {object} Told what a surface shows
 * @property {Cut} cut
 * @property {Float64Array} values
 * @property {import("../landscape/heights.js").Heights | null} heights of the colours
 * @property {ArrayLike<number>[] | null} costs of each run; null where the picture is of something else
 * @property {number} run
 * @property {string} name of what is drawn
 * @property {boolean} places whether to show where it was measured
 */

export class CutSurface {
  /** @param {import("../landscape/sheet.js").Sheet} sheet @param {import("../core/axes.js").Frame} frame */
  constructor(sheet, frame) {
    this.sheet = sheet;
    this.frame = frame;
    /** @type {Told | null} */ this.told = null;
    /** @type {Scene | null} */ this.scene = null;
    /** @type {CutPath | null} */ this.path = null;
    /** @type {{path: CutPath, halo: SVGElement, line: SVGElement}[]} */ this.others = [];
    /** @type {{mark: SVGElement, a: number, b: number, cost: number}[]} */ this.standing = [];
    const path = (/** @type {string} */ name) => svg("path", { class: name, fill: "none" });
    this.runs = svg("g");
    this.dots = svg("g", { class: "places" });
    this.under = path("stem under");
    this.stemHalo = path("stem halo");
    this.stems = path("stem");
    this.behind = path("behind");
    this.halo = path("halo");
    this.core = path("core");
    this.ends = svg("g", { class: "ends" });
    this.lowest = svg("path", { class: "lowest", d: STAR });
    this.model = svg("path", { class: "model", d: "M-7 0H7M0 -7V7" });
    this.nowStem = path("stem now-stem");
    this.here = svg("g", { class: "now" }, svg("circle", { r: 6 }), svg("circle", { r: 2 }));
    this.element = svg("g", {}, this.dots, this.runs, this.under, this.behind, this.stemHalo, this.stems, this.halo,
      this.core, this.lowest, this.model, this.ends, this.nowStem, this.here);
  }

  /** Another plane, other numbers, or another run. @param {Told} told */
  lay(told) {
    const { cut, values, heights, costs, run } = told;
    this.told = told;
    this.path = this.scene = null;
    [this.others, this.standing] = [[], []];
    for (const part of [this.runs, this.ends, this.dots]) fill(part);
    if (!heights) return;
    const ground = groundOf(cut, values, heights), box = boxOf(heights, costs ? costsOver(cut, costs, ground) : []);
    this.scene = new Scene(ground, heights, true, box);
    for (const [which, laid] of cut.paths.entries()) {
      if (!laid) continue;
      // Of another measure the run's own values were not recorded: then it lies on the plane.
      const own = costs?.[which] ?? laid.coordinates.map(([x, y]) => ground.cost(x ?? NaN, y ?? NaN));
      const path = new CutPath(laid, own, ground, box), { colour, dash } = RUN_LOOKS[(which + 4) % RUN_LOOKS.length];
      if (which === run) this.path = path;
      else this.others.push({
        path, halo: svg("path", { class: "halo" }), line: svg("path", { class: "run", stroke: colour, "stroke-dasharray": dash }),
      });
    }
    fill(this.runs, this.others.flatMap(({ halo, line }) => [halo, line]));
    this.#stand(told, ground);
  }

  /** Marks that stand somewhere on the ground, or over it. @param {Told} told @param {Ground} ground */
  #stand({ cut, values, costs, places }, ground) {
    /** @type {(mark: SVGElement, a: number, b: number, cost: number) => SVGElement} */
    const at = (mark, a, b, cost) => {
      this.standing.push({ mark, a, b, cost });
      return mark;
    };
    const end = (/** @type {string} */ name, facts = {}) => svg("circle", { class: name, r: 2.6, ...facts });
    if (costs && this.path) fill(this.ends, this.path.stems.flatMap(({ step, a, b, cost, drawn }) => {
      const facts = { "data-step": step, "data-cost": cost, "data-drawn": drawn };
      return [at(end("base", facts), a, b, drawn), at(end("top", facts), a, b, cost)];
    }));
    const known = (places && cut.places) || new Float64Array();
    fill(this.dots, Array.from({ length: known.length / 2 }, (_, k) => {
      const [a, b] = known.subarray(2 * k, 2 * k + 2);
      return at(svg("circle", { r: 1.7 }), a, b, ground.cost(a, b));
    }));
    const [low] = extremes(values), lowest = values.indexOf(low), rows = cut.axes[1].length;
    at(this.lowest, cut.axes[0][Math.floor(lowest / rows)], cut.axes[1][lowest % rows], low);
    at(this.model, 0, 0, cut.centred ? ground.cost(0, 0) : NaN);
  }

  /** Draw it as it is seen now. @param {{turn: number, tilt: number}} camera */
  draw(camera) {
    const { scene, frame, told, path } = this, { width, height } = frame;
    this.sheet.canvas.style.clipPath = "none";
    if (!scene || !told) {
      fill(frame.grid);
      this.sheet.clear(frame);
      return;
    }
    const pose = perspective(camera, { width, height, ...MARGINS });
    this.sheet.show(frame, (context, ratio, buffers) => {
      drawWalls(context, pose, scene, ratio);
      drawHoles(context, pose, scene, ratio);
      scene.draw(context, pose, ratio, buffers);
    });
    const [x, y] = told.cut.names;
    drawTicks(frame.grid, scene, { x, y, cost: told.name }, { width, height, lights: ["", ""] });
    for (const other of this.others) {
      const d = new Thread(other.path.beads, scene).seen.join("");
      for (const part of [other.halo, other.line]) set(part, { d });
    }
    const mine = path && new Thread(path.beads, scene), d = mine?.seen.join("") ?? "";
    const hung = path && told.costs && new Thread(path.hang(path.stems), scene), stems = hung?.seen.join("") ?? "";
    set(this.halo, { d });
    set(this.core, { d, class: told.costs ? "core" : "core shadow" });
    set(this.behind, { d: mine?.hidden.join("") ?? "" });
    for (const part of [this.stems, this.stemHalo]) set(part, { d: stems });
    set(this.under, { d: hung?.hidden.join("") ?? "" });
    for (const { mark, a, b, cost } of this.standing) {
      const spot = scene.spot(a, b, cost), seen = Number.isFinite(spot.y) && (mark === this.lowest || !scene.hides(spot));
      const x1 = spot.x.toFixed(1), y1 = spot.y.toFixed(1);
      set(mark, !seen ? { display: "none" } : mark.tagName === "circle" ? { display: null, cx: x1, cy: y1 }
        : { display: null, transform: `translate(${x1} ${y1})` });
    }
  }

  /** Where the run is now. @param {number | null} step */
  step(step) {
    const { scene, path } = this, found = path?.steps.find((one) => one.step === step);
    set(this.here, { display: scene && found ? null : "none" });
    set(this.nowStem, { d: "" });
    if (!scene || !found) return;
    const top = scene.spot(found.a, found.b, found.cost), foot = scene.spot(found.a, found.b, found.drawn);
    const at = (/** @type {import("../landscape/camera.js").Spot} */ { x, y }) => `${x.toFixed(1)} ${y.toFixed(1)}`;
    set(this.here, { transform: `translate(${at(top)})` });
    if (Number.isFinite(foot.y)) set(this.nowStem, { d: `M${at(top)}L${at(foot)}` });
  }

  /** The place on the plane under a place of the picture. @param {number} x @param {number} y @returns {number[] | null} */
  pick(x, y) {
    const found = this.scene?.pick(x, y);
    return found ? [found.a, found.b] : this.scene && holeAt(this.scene, x, y);
  }

  /** Where a place is seen; without a number, on the floor. @param {number[]} place @param {number} cost */
  spot([a, b], cost) {
    if (!this.scene) return { x: NaN, y: NaN };
    return this.scene.spot(a, b, Number.isFinite(cost) ? cost : this.scene.box.floor);
  }
}

/** What the runs had while they were over the ground. @param {Cut} cut @param {ArrayLike<number>[]} costs @param {Ground} ground */
function costsOver({ paths }, costs, { reach }) {
  return paths.flatMap((laid, run) => (laid?.coordinates ?? []).flatMap(([x, y], step) =>
    within(reach, x ?? NaN, y ?? NaN) ? [costs[run][step]] : []));
}
