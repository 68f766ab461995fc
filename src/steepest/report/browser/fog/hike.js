// The blind hike: where it may tap, what it has felt and paid, and whether it is in the valley.

import { costAt, lowest } from "../core/engine.js";
import { COMPASS, DIRECTIONS, felt, reached, slopes } from "./taps.js";

/** @typedef {import("../core/state.js").State} State */
/** @typedef {import("./taps.js").Direction} Direction */

export const REACHES = [0.1, 0.01, 1e-3, 1e-4, 1e-5, 1e-6];
/** In the valley: the cost is so near to the lowest. */
const VALLEY = 1e-2;

export class Hike {
  /** How far the cane reaches. */
  reach = 0.01;
  /** To be in the valley within so many forward passes. */
  goal = 100;
  moves = 0;
  /** After how many forward passes it was in the valley; 0 before. */
  arrived = 0;
  /** @type {Float64Array | null} */ #began = null;
  #revealed = "";

  /** @param {State} state */
  constructor(state) {
    this.state = state;
  }

  get pair() {
    return this.state.get("pair");
  }

  /** Whether each parameter of the pair may move. @returns {[boolean, boolean]} */
  get free() {
    const [one, two] = this.pair, frozen = this.state.get("frozen");
    return [!frozen[one], one !== two && !frozen[two]];
  }

  get taps() {
    return this.state.get("taps");
  }

  /** The cost where it stands, if it was felt. */
  get cost() {
    return felt(this.taps, this.state.here);
  }

  /** Directions without a frozen part. */
  get open() {
    return DIRECTIONS.filter((way) => COMPASS[way].every((part, axis) => !part || this.free[axis]));
  }

  /** @param {Direction} way @param {number} [reach] */
  target(way, reach = this.reach) {
    return reached(this.state.here, this.pair, way, reach);
  }

  /** @param {Direction} way */
  feltAt(way) {
    return felt(this.taps, this.target(way));
  }

  get slopes() {
    return slopes(this.taps, this.state.here, this.pair, { free: this.free, step: this.reach });
  }

  /** Of taps ahead alone, with each reach. */
  get shrinking() {
    return REACHES.map((step) => slopes(this.taps, this.state.here, this.pair, { free: this.free, step, ahead: true }));
  }

  /** The lowest of the taps around it, if it is lower than where it stands. */
  get lower() {
    let best = null, least = this.cost ?? -Infinity;
    for (const way of this.open) {
      const cost = this.feltAt(way);
      if (cost !== undefined && cost < least) [best, least] = [this.target(way), cost];
    }
    return best;
  }

  /** The true slopes along the pair, once they were paid for here. @returns {[number, number] | null} */
  get gradient() {
    const { bowl, here } = this.state;
    if (!bowl || this.#revealed !== here.join()) return null;
    const gradient = new Float64Array(bowl.size), [one, two] = this.pair, [first, second] = this.free;
    costAt(bowl, here, gradient);
    return [first ? gradient[one] : 0, second ? gradient[two] : 0];
  }

  /** Near the lowest that the pair can reach: it walks along these two only. */
  get inValley() {
    const { bowl, here } = this.state;
    if (!bowl) return false;
    const held = Array(bowl.size).fill(true);
    this.free.forEach((free, axis) => free && (held[this.pair[axis]] = false));
    return costAt(bowl, here) - costAt(bowl, lowest(bowl, here, held)) <= VALLEY;
  }

  /**
   * Pay one forward pass for each place that was not felt yet; where it stands is one of them.
   * @param {number[][]} places
   */
  tap(places) {
    const { bowl, here } = this.state;
    if (!bowl) return;
    this.#began ??= this.state.get("start");
    const taps = [...this.taps];
    for (const params of [Array.from(here), ...places])
      if (felt(taps, params) === undefined) taps.push({ params, cost: costAt(bowl, params) });
    this.state.set({ taps, playing: false });
  }

  tapAround() {
    this.tap(this.open.map((way) => this.target(way)));
  }

  tapAhead() {
    const ways = /** @type {Direction[]} */ (["E", "N"]).filter((_, axis) => this.free[axis]);
    this.tap(REACHES.flatMap((reach) => ways.map((way) => this.target(way, reach))));
  }

  /** @param {ArrayLike<number> | null} params */
  walk(params) {
    if (!params) return;
    this.moves++;
    this.state.set({ start: Float64Array.from(params), at: 0, phase: 3, playing: false });
  }

  /** Adjust by the slopes that were felt, as the descent does by the gradient. */
  walkAlong() {
    const there = Array.from(this.state.here);
    this.slopes.forEach((slope, axis) => {
      if (this.free[axis]) there[this.pair[axis]] -= this.state.get("rate") * (slope ?? 0);
    });
    this.walk(there);
  }

  reveal() {
    this.#revealed = this.state.here.join();
    this.state.set({ backward: this.state.get("backward") + 1 });
  }

  begin() {
    this.state.set({ taps: [], backward: 0, start: this.#began ?? this.state.get("start"), at: 0, phase: 3 });
    this.moves = this.arrived = 0;
    this.#revealed = "";
    this.#began = null;
  }

  /** Forget what was never felt on this ground: taps of other data, or in other units. */
  forget() {
    const { bowl } = this.state, taps = bowl ? this.taps.filter((tap) => tap.cost === costAt(bowl, tap.params)) : [];
    if (taps.length < this.taps.length) this.state.set({ taps });
  }
}
