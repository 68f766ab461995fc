// The one state of the page. Views subscribe to what they show; whatever follows from it is derived here, once.

import { bowlOf, costAt, exchanged, lowest, modes, scaled, standardised, unscaled, walk } from "./engine.js";

/** @typedef {import("./engine.js").Walk} Walk */

/**
 * What can be changed, by `set`.
 * @typedef {object} Settings
 * @property {Float64Array} start in the parameters that are walked (standardised ones if `standardise`)
 * @property {number} rate learning rate
 * @property {number} epochs how many adjustments are walked
 * @property {boolean[]} frozen by parameter
 * @property {boolean} standardise
 * @property {{row: number, input: number, target: number}[]} moved points that were dragged: of one feature only
 * @property {number} at index of the step that is shown
 * @property {1 | 2 | 3 | 4} phase forward pass, cost, gradient, adjust; 4 shows the parameters after the adjustment
 * @property {[number, number]} pair the two parameters of the surface
 * @property {"surface" | "contour" | "slices"} look
 * @property {"linear" | "root" | "log"} height
 * @property {number} cut which of the slices that were measured beforehand
 * @property {number} metric what of it: 0 the cost, then what was measured beside it
 * @property {"own" | "linear" | "log"} scale of it; its own, until another is chosen
 * @property {{turn: number, tilt: number}} camera radians
 * @property {boolean} playing
 * @property {number} speed epochs a second
 * @property {boolean} trilobite
 * @property {boolean} fog
 * @property {{params: number[], cost: number}[]} taps
 * @property {number} backward how many gradients were paid for in the fog
 * @property {boolean} presenting
 * @property {boolean} predicting
 * @property {boolean} guessed false while a guess is awaited: then nothing runs
 * @property {string[]} hidden controls that a teacher hid
 * @property {string} language
 * @property {number} run which of the compared runs is shown; 0 the first
 */

/**
 * What follows from the settings.
 * @typedef {object} Derived
 * @property {import("./engine.js").Bowl | null} bowl
 * @property {import("./engine.js").Modes | null} modes over the parameters that are not frozen
 * @property {Float64Array | null} lowest the lowest point that can be reached
 * @property {number | null} floor its cost
 * @property {number | null} limit 2 / sharpness
 * @property {Walk} walk
 * @property {{inputs: number[][], targets: number[]} | null} points with what was dragged, in the data's own units
 */

/** From what each derived thing follows. */
const FOLLOWS = {
  points: ["moved"],
  bowl: ["moved", "standardise"],
  modes: ["moved", "standardise", "frozen"],
  lowest: ["moved", "standardise", "frozen", "start"],
  floor: ["moved", "standardise", "frozen", "start"],
  limit: ["moved", "standardise", "frozen"],
  walk: ["moved", "standardise", "frozen", "start", "rate", "epochs", "run"],
};

/** So many multiplications at most are spent on one walk, that the hand is never waited for. */
const DEAREST = 5e7;

/** @typedef {keyof Settings | keyof Derived} Key */

export class State {
  /** @type {Map<string, any>} */ #known = new Map();
  /** @type {{keys: Set<string>, run: (changed: Set<string>) => void}[]} */ #views = [];
  /** @type {Set<string>} */ #changed = new Set();
  #asked = 0;

  /** @param {any} data the plain data of the page, as steepest.report_data gives them */
  constructor(data) {
    this.data = data;
    this.live = data.live !== null;
    /** @type {any[]} */
    this.runs = data.runs;
    /** @type {string[]} names of the parameters, one a number */
    this.names = data.runs[0].names;
    const first = recorded(data.runs[0]);
    const size = this.names.length;
    this.recorded = first;
    /** @type {Settings} */
    this.settings = {
      start: first.params.slice(0, size), rate: first.rate, epochs: data.runs[0].epochs.at(-1) - data.runs[0].epochs[0],
      frozen: Array(size).fill(false), standardise: data.live?.standardised ?? false, moved: [],
      at: 0, phase: 3, pair: data.pair ?? [0, Math.min(1, size - 1)], look: size === 1 ? "slices" : "surface",
      height: "root", cut: 0, metric: 0, scale: "own", camera: { turn: -0.9, tilt: 0.62 }, playing: false, speed: 12, trilobite: true, fog: false,
      taps: [], backward: 0, presenting: false, predicting: false, guessed: true, hidden: [], language: "en", run: 0,
    };
    if (this.live) this.settings.epochs = Math.min(this.settings.epochs, this.mostEpochs);
  }

  /** How many epochs can be walked here while the hand moves. */
  get mostEpochs() {
    return Math.max(10, Math.min(100_000, Math.floor(DEAREST / this.names.length ** 2)));
  }

  /** @template {keyof Settings} K @param {K} key @returns {Settings[K]} */
  get(key) {
    return this.settings[key];
  }

  /** Change settings; those who show them are told before the next frame. @param {Partial<Settings>} changes */
  set(changes) {
    for (const [key, value] of Object.entries(changes)) {
      if (Object.is(this.settings[/** @type {keyof Settings} */ (key)], value)) continue;
      /** @type {any} */ (this.settings)[key] = value;
      this.#changed.add(key);
      for (const [derived, from] of Object.entries(FOLLOWS))
        if (from.includes(key)) {
          this.#known.delete(derived);
          this.#changed.add(derived);
        }
    }
    if (this.#changed.has("walk")) {
      const last = this.walk.count - 1;
      if (this.settings.at > last) this.set({ at: last });
    }
    if (this.#changed.size && !this.#asked) this.#asked = requestAnimationFrame(() => this.flush());
  }

  /** Tell the views now what has changed since the last frame. */
  flush() {
    cancelAnimationFrame(this.#asked);
    this.#asked = 0;
    const changed = this.#changed;
    this.#changed = new Set();
    if (changed.size) for (const view of this.#views) if ([...changed].some((key) => view.keys.has(key))) view.run(changed);
  }

  /**
   * Call a view now, and whenever one of the keys has changed.
   * @param {Key[]} keys @param {(changed: Set<string>) => void} run
   */
  on(keys, run) {
    this.#views.push({ keys: new Set([...keys, "language"]), run });
    run(new Set(keys));
  }

  /** @template T @param {string} key @param {() => T} make @returns {T} */
  #once(key, make) {
    if (!this.#known.has(key)) this.#known.set(key, make());
    return this.#known.get(key);
  }

  /** @returns {Derived["points"]} */
  get points() {
    return this.#once("points", () => {
      const given = this.data.points;
      if (!given) return null;
      const inputs = given.inputs.slice(), targets = given.targets.slice();
      for (const { row, input, target } of this.settings.moved) [inputs[row], targets[row]] = [[input], target];
      return { inputs, targets };
    });
  }

  /** Mean and deviation of the inputs, which standardised parameters are measured with; those of the data as loaded. */
  get scale() {
    const { mean, deviation, intercept } = this.data.live;
    return { mean, deviation, intercept };
  }

  /** @returns {Derived["bowl"]} */
  get bowl() {
    return this.#once("bowl", () => {
      const live = this.data.live;
      if (!live) return null;
      let bowl = bowlOf(live.factor, live.lowest, live.floor);
      for (const { row, input, target } of this.settings.moved) {
        const old = { inputs: this.data.points.inputs[row], target: this.data.points.targets[row] };
        bowl = exchanged(bowl, live.examples, old, { inputs: [input], target }, live.intercept);
      }
      return this.settings.standardise ? standardised(bowl, this.scale) : bowl;
    });
  }

  /** @returns {Derived["modes"]} */
  get modes() {
    return this.#once("modes", () => this.bowl && modes(this.bowl, this.settings.frozen));
  }

  /** @returns {Derived["lowest"]} */
  get lowest() {
    return this.#once("lowest", () => {
      if (this.bowl && this.modes) return lowest(this.bowl, this.settings.start, this.settings.frozen, this.modes);
      return this.data.lowest && Float64Array.from(this.data.lowest);
    });
  }

  /** @returns {Derived["floor"]} */
  get floor() {
    return this.#once("floor", () =>
      this.bowl && this.lowest ? costAt(this.bowl, this.lowest) : this.data.lowest_cost);
  }

  /** @returns {Derived["limit"]} */
  get limit() {
    return this.#once("limit", () => {
      const sharpness = this.modes ? this.modes.values[0] : this.data.curvature?.sharpness;
      return sharpness > 0 ? 2 / sharpness : null;
    });
  }

  /** @returns {Walk} */
  get walk() {
    return this.#once("walk", () => {
      if (this.bowl) return walk(this.bowl, this.settings);
      return recorded(this.runs[this.settings.run]);
    });
  }

  /** The step that is shown: what was measured at it, before its adjustment. */
  get step() {
    const { size, epochs, costs, params, gradients } = this.walk, at = this.settings.at;
    return {
      epoch: epochs[at],
      cost: costs[at],
      params: params.subarray(at * size, (at + 1) * size),
      gradient: gradients.subarray(at * size, (at + 1) * size),
    };
  }

  /** Whether the gradient belongs to parameters that have been adjusted since. */
  get stale() {
    return this.settings.phase === 4 && this.settings.at < this.walk.count - 1;
  }

  /** Where the descent stands: after the adjustment in phase 4, else where it measures. @returns {Float64Array} */
  get here() {
    const { size, params } = this.walk, at = this.settings.at + (this.stale ? 1 : 0);
    return params.subarray(at * size, (at + 1) * size);
  }

  /** The same in the data's own units. @param {ArrayLike<number>} params */
  inOwnUnits(params) {
    return this.settings.standardise && this.live ? unscaled(params, this.scale) : Float64Array.from(params);
  }

  /** Walk in standardised parameters, or in the data's own: from the same place. @param {boolean} on */
  standardise(on) {
    if (!this.live || on === this.settings.standardise) return;
    const start = on ? scaled(this.settings.start, this.scale) : unscaled(this.settings.start, this.scale);
    this.set({ standardise: on, start });
  }

  /** Go on by phases: the gradient of the next step is that of its own parameters. @param {number} by */
  advance(by) {
    const last = this.walk.count - 1;
    const total = Math.max(0, Math.min(last * 4 + 2, this.settings.at * 4 + this.settings.phase - 1 + by));
    this.set({ at: Math.floor(total / 4), phase: /** @type {1 | 2 | 3 | 4} */ ((total % 4) + 1) });
  }

  /** Go to a step, all of it measured. @param {number} index */
  go(index) {
    this.set({ at: Math.max(0, Math.min(this.walk.count - 1, Math.round(index))), phase: 3 });
  }
}

/** A walk, of the columns of a recorded run; null stands for a number that is not finite. @param {any} run @returns {Walk} */
export function recorded(run) {
  const size = run.names.length, count = run.epochs.length;
  const laid = (/** @type {(number | null)[][] | null} */ columns) => {
    const rows = new Float64Array(count * size).fill(NaN);
    columns?.forEach((column, i) => column.forEach((value, row) => (rows[row * size + i] = value ?? NaN)));
    return rows;
  };
  return {
    size, count, epochs: run.epochs, rate: run.rate, outcome: run.outcome,
    costs: Float64Array.from(run.costs, (cost) => cost ?? NaN),
    params: laid(run.params), gradients: laid(run.gradients),
  };
}
