// Hands on the picture: turning it, and setting the start, by mouse, touch and keys.

import { TILTS } from "./camera.js";

/** @typedef {import("../core/state.js").State} State */

/** Pixels that a click may move. */
const STILL = 4;
const TURN = 0.008;
const KEY_TURN = 0.12;
/** An arrow key moves the start by this share of the frame. */
const NUDGE = 1 / 50;

/** @param {State} state @param {number} by @param {number} up radians @param {{turn: number, tilt: number}} [from] */
export function turn(state, by, up, from = state.get("camera")) {
  state.set({ camera: { turn: from.turn + by, tilt: Math.max(TILTS[0], Math.min(TILTS[1], from.tilt + up)) } });
}

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
  /** @type {{x: number, y: number, moved: boolean, turn: number, tilt: number, id: number} | null} */
  let held = null;
  const at = (/** @type {PointerEvent} */ event) => {
    const box = place.getBoundingClientRect();
    return pick(event.clientX - box.left, event.clientY - box.top);
  };
  const set = (/** @type {PointerEvent} */ event) => {
    const found = at(event);
    if (found) startAt(state, state.get("pair"), found);
  };
  place.addEventListener("pointerdown", (event) => {
    if (event.button || /** @type {Element} */ (event.target).closest("button")) return;
    held = { x: event.clientX, y: event.clientY, moved: false, id: event.pointerId, ...state.get("camera") };
  });
  place.addEventListener("pointermove", (event) => {
    if (!held || held.id !== event.pointerId) return;
    const dx = event.clientX - held.x, dy = event.clientY - held.y;
    if (!held.moved && Math.hypot(dx, dy) <= STILL) return;
    if (!held.moved) place.setPointerCapture(event.pointerId);
    held.moved = true;
    if (state.get("look") === "surface") turn(state, dx * TURN, dy * TURN, held);
    else if (state.get("look") === "contour") set(event);
  });
  place.addEventListener("pointerup", (event) => {
    if (held && !held.moved && state.get("look") !== "slices") {
      set(event);
      said();
    }
    held = null;
  });
  place.addEventListener("pointercancel", () => (held = null));
  place.addEventListener("keydown", (event) => {
    /** @type {Record<string, [number, number]>} */
    const ways = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
    const way = ways[event.key], frame = reach();
    if (!way || event.target !== place || event.altKey || event.ctrlKey || event.metaKey) return;
    const look = state.get("look");
    if (look === "surface") turn(state, way[0] * KEY_TURN, way[1] * KEY_TURN);
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
