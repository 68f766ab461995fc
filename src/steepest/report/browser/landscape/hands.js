// Hands on the picture: turning it, and setting the start, by mouse, touch and keys.

import { drags, turnByKey, WAYS } from "./turning.js";

/** @typedef {import("../core/state.js").State} State */

/** An arrow key moves the start by this share of the frame. */
const NUDGE = 1 / 50;

/**
 * Start somewhere else along the two parameters; the others stay.
 * @param {State} state @param {[number, number]} pair @param {[number, number]} to
 */
export function startAt(state, pair, to) {
  if (!state.live) return;
  const start = Float64Array.from(state.get("start"));
  pair.forEach((i, side) => (start[i] = to[side]));
  state.set({ start, at: 0, phase: 3 });
}

/**
 * @param {HTMLElement} place @param {State} state
 * @param {{pick: (x: number, y: number) => [number, number] | null, reach: () => import("./reach.js").Reach | null,
 *          said: () => void}} picture `pick` gives the parameters under a place of the picture
 */
export function hands(place, state, { pick, reach, said }) {
  const set = (/** @type {PointerEvent} */ event) => {
    const box = place.getBoundingClientRect(), found = pick(event.clientX - box.left, event.clientY - box.top);
    if (found) startAt(state, state.get("pair"), found);
  };
  drags(place, state, {
    turns: () => state.get("look") === "surface",
    dragged: (event) => state.get("look") === "contour" && set(event),
    clicked(event) {
      if (state.get("look") === "slices") return;
      set(event);
      said();
    },
  });
  place.addEventListener("keydown", (event) => {
    const way = WAYS[event.key], frame = reach();
    if (!way || event.target !== place || event.altKey || event.ctrlKey || event.metaKey) return;
    const look = state.get("look");
    if (look === "surface") turnByKey(state, way);
    else if (look === "contour" && state.live && frame) {
      const start = state.get("start"), pair = state.get("pair");
      const moved = [frame.x, frame.y].map(([low, high], side) =>
        Math.max(low, Math.min(high, start[pair[side]] + way[side] * NUDGE * (high - low))));
      startAt(state, pair, [moved[0], moved[1]]);
      said();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  });
}
