// What moves over the ground: path, ghost of the next landing, gradient arrow, lowest point, and the trilobite.

import { STAR } from "./box.js";
import { costAt } from "../core/engine.js";
import { fill, set, svg } from "../core/elements.js";
import { within } from "./reach.js";
import { Thread, trail } from "./trail.js";
import { trilobite } from "./trilobite.js";
import { Veil } from "./veil.js";
import { otherRuns } from "./walks.js";

/** @typedef {import("../core/state.js").State} State */
/** @typedef {import("./scene.js").Scene} Scene */
/** @typedef {{a: number, b: number, cost: number}} Place */

/**
 * @typedef {object} Rival a run beside the one that is shown
 * @property {import("../core/engine.js").Walk} walk
 * @property {Thread} rival
 * @property {SVGElement} element
 * @property {SVGElement} halo
 * @property {SVGElement} line
 * @property {SVGElement} end
 */

/** The longest arrow, in half widths of the frame; what is longer is cut short, and that is said. */
const LONGEST = 0.9;
const BENDS = 10;
/** A step is walked in so many ms, if the one before was at least so long ago. */
const WALK = 400, APART = 250;

export class Overlay {
  /** @param {SVGElement} marks @param {State} state */
  constructor(marks, state) {
    this.state = state;
    /** @type {Scene | null} */ this.scene = null;
    /** @type {Thread | null} */ this.thread = null;
    /** @type {{a: number, b: number, index: number} | null} */ this.out = null;
    this.capped = false;
    this.bottom = false;
    /** @type {Rival[]} */ this.rivals = [];
    const path = (/** @type {string} */ name) => svg("path", { class: name, fill: "none" });
    this.veil = new Veil();
    this.numbers = svg("g", { "aria-hidden": "true" });
    this.others = svg("g", { class: "runs" });
    this.ahead = path("path ahead");
    this.behind = path("path behind");
    this.halo = path("path halo");
    this.core = path("path core");
    this.dots = path("path dots");
    this.lowest = svg("path", { class: "lowest", d: STAR });
    this.ghost = svg("g", { class: "ghost", "data-lights": "next" },
      svg("path", { class: "leap" }), svg("circle", { r: 6.5 }), svg("circle", { r: 1.5 }));
    this.arrow = svg("g", { class: "arrow", "data-lights": "gradient" },
      path("shaft halo"), path("shaft"), svg("path", { class: "tip" }));
    this.exit = svg("path", { class: "exit", d: "M-6 -6 L6 6 M6 -6 L-6 6" });
    this.here = svg("circle", { class: "here", r: 4 });
    this.walker = trilobite("above");
    fill(marks, this.numbers, this.others, this.ahead, this.behind, this.halo, this.core, this.dots,
      this.lowest, this.exit, this.veil.taps, this.walker.element, this.ghost, this.arrow, this.here);
    this.stood = -1;
    this.when = -Infinity;
    this.moving = 0;
  }

  /** Cost of parameters, where the page can compute it. @param {Float64Array} params */
  #cost(params) {
    return this.state.bowl && costAt(this.state.bowl, params);
  }

  /** The ground was drawn anew, or the walk is another. @param {Scene} scene */
  lay(scene) {
    const { state } = this, { ground } = scene;
    this.scene = scene;
    const laid = trail(state.walk, ground, (params) => this.#cost(params));
    this.thread = new Thread(laid.beads, scene);
    this.out = laid.out;
    const fog = state.get("fog");
    this.rivals = otherRuns(state).map(({ walk, look, label }) => {
      const { beads } = trail(walk, ground, (params) => this.#cost(params));
      const rival = new Thread(beads, scene), d = rival.seen.join("");
      const stroke = { class: "run", stroke: look.colour, "stroke-dasharray": look.dash, fill: "none" };
      const halo = svg("path", { class: "path halo", fill: "none" }), line = svg("path", stroke);
      const end = svg("circle", { class: "run-end", r: 4, fill: look.colour });
      const whole = svg("path", { ...stroke, class: "run whole", d });
      const element = svg("g", {}, svg("title", {}, label), whole, halo, line, end);
      return { walk, rival, element, halo, line, end };
    });
    fill(this.others, this.rivals.map(({ element }) => element));
    const low = state.lowest, [one, two] = ground.pair;
    this.bottom = low !== null && !fog && within(ground.reach, low[one], low[two]);
    set(this.lowest, { display: this.bottom ? null : "none" });
    if (low && this.bottom) {
      const { x, y } = scene.spot(low[one], low[two], state.floor ?? ground.floor);
      set(this.lowest, { transform: `translate(${x.toFixed(1)} ${y.toFixed(1)})` });
    }
  }

  /**
   * The step that is shown is another.
   * @param {{length: number, size: number}} how `length` of the arrow to one of the gradient, and the trilobite's size
   */
  step({ length, size }) {
    const { state, scene, thread } = this;
    if (!scene || !thread) return;
    const fog = state.get("fog"), stands = state.get("at") + (state.stale ? 1 : 0), count = thread.upTo(stands);
    const so = thread.seen.slice(0, count).join("");
    set(this.halo, { d: so });
    set(this.core, { d: so });
    set(this.behind, { d: thread.hidden.slice(0, count).join("") });
    set(this.dots, { d: thread.dots.slice(0, Math.min(count, 400)).join("") });
    const joint = count > 0 && count < thread.beads.length ? firstOf(thread, count) : "";
    // What goes on from here comes first: the other list then begins with a move of its own.
    const [first, second] = thread.hidden[count] ? [thread.hidden, thread.seen] : [thread.seen, thread.hidden];
    set(this.ahead, { d: fog ? "" : joint + first.slice(count).join("") + second.slice(count).join("") });
    this.#showRivals(scene, state.walk.epochs[stands]);
    this.#showExit(scene, stands);
    this.#showGhost(scene, fog);
    this.#showArrow(scene, length, fog);
    this.veil.show(state, scene, this.room);
    this.#walk(scene, stands, size);
  }

  /** Size of the picture, for the veil. */
  room = { width: 0, height: 0 };

  /** The other runs, as far as they are at the same epoch. @param {Scene} scene @param {number} epoch */
  #showRivals(scene, epoch) {
    for (const { walk, rival, halo, line, end } of this.rivals) {
      let last = 0;
      while (last + 1 < walk.count && walk.epochs[last + 1] <= epoch) last++;
      const count = rival.upTo(last), d = rival.seen.slice(0, count).join(""), bead = rival.beads[count - 1];
      set(halo, { d });
      set(line, { d });
      set(end, { display: bead ? null : "none" });
      if (!bead) continue;
      const { x, y } = scene.spot(bead.a, bead.b, bead.cost);
      set(end, { cx: x.toFixed(1), cy: y.toFixed(1) });
    }
  }

  /** @param {Scene} scene @param {number} stands */
  #showExit(scene, stands) {
    const out = this.out && this.out.index <= stands ? this.out : null;
    set(this.exit, { display: out ? null : "none" });
    if (!out) return;
    const { x, y } = scene.spot(out.a, out.b, scene.ground.cost(out.a, out.b));
    set(this.exit, { transform: `translate(${x.toFixed(1)} ${y.toFixed(1)})` });
  }

  /**
   * A place of parameters, at its own cost.
   * @param {Scene} scene @param {Float64Array} params @param {number} [known] @returns {Place}
   */
  #place({ ground }, params, known) {
    const a = params[ground.pair[0]], b = params[ground.pair[1]];
    return { a, b, cost: this.#cost(params) ?? known ?? ground.cost(a, b) };
  }

  /**
   * Where the next adjustment leads; null where that is not known, or has been done.
   * @returns {{params: Float64Array, cost: number | undefined} | null}
   */
  next() {
    const { state } = this, { size, params, costs, count, rate } = state.walk, at = state.get("at");
    if (state.stale) return null;
    if (at + 1 < count) return { params: params.subarray((at + 1) * size, (at + 2) * size), cost: costs[at + 1] };
    if (!state.live) return null;
    const { params: here, gradient } = state.step, frozen = state.get("frozen");
    return { params: here.map((value, i) => (frozen[i] ? value : value - rate * gradient[i])), cost: undefined };
  }

  /** @param {Scene} scene @param {boolean} fog */
  #showGhost(scene, fog) {
    const next = fog ? null : this.next(), { ground } = scene;
    const place = next && this.#place(scene, next.params, next.cost);
    const seen = place && within(ground.reach, place.a, place.b) && Number.isFinite(place.cost);
    set(this.ghost, { display: seen ? null : "none" });
    if (!seen) return;
    const { params, cost } = this.state.step, from = this.#place(scene, params, cost);
    const start = scene.spot(from.a, from.b, from.cost), to = scene.spot(place.a, place.b, place.cost);
    const [leap, ring, dot] = this.ghost.children;
    set(leap, { d: `M${start.x.toFixed(1)} ${start.y.toFixed(1)}L${to.x.toFixed(1)} ${to.y.toFixed(1)}` });
    for (const circle of [ring, dot]) set(circle, { cx: to.x.toFixed(1), cy: to.y.toFixed(1) });
  }

  /** @param {Scene} scene @param {number} length @param {boolean} fog */
  #showArrow(scene, length, fog) {
    const { state } = this, { params, gradient, cost } = state.step, { ground } = scene, [one, two] = ground.pair;
    const frozen = state.get("frozen"), { x, y } = ground.reach;
    let da = frozen[one] ? 0 : -length * gradient[one], db = frozen[two] ? 0 : -length * gradient[two];
    const long = Math.hypot((2 * da) / (x[1] - x[0]), (2 * db) / (y[1] - y[0]));
    this.capped = long > LONGEST;
    if (this.capped) [da, db] = [(da * LONGEST) / long, (db * LONGEST) / long];
    const drawn = !fog && long > 0.004 && Number.isFinite(long) && within(ground.reach, params[one], params[two]);
    this.capped &&= drawn;
    set(this.arrow, { display: drawn ? null : "none", class: state.stale ? "arrow stale" : "arrow" });
    if (!drawn) return;
    const moved = Float64Array.from(params);
    /** @type {import("./camera.js").Spot[]} */
    const spots = [];
    for (let k = 0; k <= BENDS; k++) {
      moved[one] = params[one] + (da * k) / BENDS;
      moved[two] = params[two] + (db * k) / BENDS;
      if (!within(ground.reach, moved[one], moved[two])) break;
      const place = this.#place(scene, moved, state.live ? undefined : k ? undefined : cost);
      spots.push(scene.spot(place.a, place.b, place.cost));
    }
    const [halo, shaft, tip] = this.arrow.children, last = spots.length - 1, head = spots[last];
    const back = spots.findLast((spot) => Math.hypot(spot.x - head.x, spot.y - head.y) > 9) ?? spots[0];
    const angle = Math.atan2(head.y - back.y, head.x - back.x);
    const size = Math.min(11, Math.hypot(head.x - spots[0].x, head.y - spots[0].y));
    const d = spots.map((spot, k) => `${k ? "L" : "M"}${spot.x.toFixed(1)} ${spot.y.toFixed(1)}`).join("");
    set(halo, { d });
    set(shaft, { d });
    set(tip, {
      d: [0, 2.7, -2.7].map((turn, k) => {
        const far = k ? size : 2, x = head.x + far * Math.cos(angle + turn), y = head.y + far * Math.sin(angle + turn);
        return `${k ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`;
      }).join("") + "Z",
    });
  }

  /**
   * Stand where the descent stands; one step on, walk there.
   * @param {Scene} scene @param {number} stands @param {number} size
   */
  #walk(scene, stands, size) {
    const { state } = this, { size: many, params, costs } = state.walk, now = performance.now();
    const row = (/** @type {number} */ index) => params.slice(index * many, (index + 1) * many);
    const calm = !state.get("playing") || state.get("speed") <= 2;
    const slow = calm && now - this.when > APART && !matchMedia("(prefers-reduced-motion: reduce)").matches;
    const walks = slow && stands === this.stood + 1;
    if (stands !== this.stood) this.when = now;
    cancelAnimationFrame(this.moving);
    this.moving = 0;
    const from = row(Math.max(0, stands - 1)), to = row(stands);
    const stand = (/** @type {number} */ part) => {
      const point = to.map((value, i) => from[i] + part * (value - from[i]));
      const place = this.#place(scene, point, costs[stands]);
      const seen = within(scene.ground.reach, place.a, place.b) && Number.isFinite(place.cost);
      set(this.here, { display: seen ? null : "none" });
      set(this.walker.element, { display: seen && state.get("trilobite") ? null : "none" });
      if (!seen) return;
      const { x, y } = scene.spot(place.a, place.b, place.cost);
      set(this.here, { cx: x.toFixed(1), cy: y.toFixed(1) });
      this.walker.stand(x, y, size);
    };
    this.stood = stands;
    stand(1);
    if (!walks) return;
    const frame = (/** @type {number} */ time) => {
      const part = Math.min(1, Math.max(0, (time - now) / WALK));
      stand(part * part * (3 - 2 * part));
      if (part < 1) this.moving = requestAnimationFrame(frame);
    };
    // Whoever asks now, a film for one, is shown where it will stand; it sets out before anything is painted.
    queueMicrotask(() => {
      if (this.stood !== stands || this.moving) return;
      stand(0);
      this.moving = requestAnimationFrame(frame);
    });
  }
}

/** Where the rest of the path begins. @param {Thread} thread @param {number} count */
function firstOf(thread, count) {
  const place = (thread.seen[count - 1] || thread.hidden[count - 1]).match(/[-\d.]+ [-\d.]+$/);
  return thread.beads[count].gap || !place ? "" : `M${place[0]}`;
}
